/**
 * What the benchmarks of the API share: a server in a process of its own, with the embedded store on disk, and requests to
 * it. `node bench/api-load.ts server` is that process; it prints how to reach it and ends with its parent.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { bootstrap, stamp } from '../src/apiserver/mod.ts';
import { silentLog } from '../src/base/mod.ts';
import { EmbeddedJournal } from '../src/host/journal/mod.ts';
import { systemClock, systemRandom } from '../src/host/system.ts';
import { usualConfig } from '../src/machinery/mod.ts';
import { TestEndpoint } from '../src/main/testing-endpoint.ts';
import { defaultLimits, LocalStore } from '../src/store/mod.ts';

export interface Target {
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Server extends AsyncDisposable {
  readonly target: Target;
  readonly pid: number;
}

const self = fileURLToPath(import.meta.url);

export async function startServer(): Promise<Server> {
  const child = spawn(process.execPath, [self, 'server'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const target = await message<Target>(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.disconnect();
    await ended;
  };
  return { target, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
}

export function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (value) => resolve(value as T));
    child.once('exit', (code) => reject(new Error(`a process of the benchmark ended with ${code}`)));
  });
}

async function serve(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'kutter-bench-'));
  const fatal = (error: Error): never => {
    throw error;
  };
  const journal = await EmbeddedJournal.open({ directory, onFatal: fatal });
  const store = await LocalStore.open({ clock: systemClock, limits: defaultLimits, stamp, journal });
  const endpoint = await TestEndpoint.start({
    store,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    config: usualConfig,
  });
  await bootstrap(endpoint.api);
  process.once('disconnect', () => {
    void endpoint[Symbol.asyncDispose]()
      .then(() => store.close())
      .finally(() => {
        rmSync(directory, { recursive: true });
        process.exit(0);
      });
  });
  const { certificate: cert, key } = endpoint.admin;
  process.send?.({ port: endpoint.port, ca: endpoint.ca, cert, key } satisfies Target);
}

export interface Answer {
  readonly status: number;
  readonly bytes: number;
}

export class Requests {
  readonly #target: Target;
  readonly #agent: https.Agent;

  constructor(target: Target) {
    this.#target = target;
    this.#agent = new https.Agent({ keepAlive: true, ca: target.ca, cert: target.cert, key: target.key });
  }

  send(method: string, url: string, body?: object, type = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const data = body === undefined ? undefined : JSON.stringify(body);
      const headers = data === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(data) };
      const sent = https.request(
        { host: '127.0.0.1', port: this.#target.port, method, path: url, agent: this.#agent, headers },
        (answer) => {
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => void (bytes += chunk.length));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes }));
        },
      );
      sent.on('error', reject).end(data);
    });
  }
}

export interface Timing {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** Runs `count` requests, `concurrency` at a time. */
export async function timed(
  count: number,
  concurrency: number,
  request: (i: number) => Promise<Answer>,
): Promise<Timing> {
  const latencies = new Float64Array(count);
  let next = 0;
  let failed = 0;
  const startedMs = performance.now();
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const sentMs = performance.now();
      if ((await request(i)).status >= 300) failed += 1;
      latencies[i] = performance.now() - sentMs;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - startedMs) / 1000;
  latencies.sort();
  const at = (share: number): number => latencies[Math.min(count - 1, Math.floor(count * share))] ?? 0;
  return { count, perSecond: count / seconds, p50Ms: at(0.5), p99Ms: at(0.99), failed };
}

export function configMap(name: string, i: number): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { app: `a${i % 10}` } },
    data: { k: 'x'.repeat(1500) },
  };
}

if (process.argv[1] === self && process.argv[2] === 'server') await serve();
