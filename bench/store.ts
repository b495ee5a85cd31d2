/**
 * The engines of the store side by side, each in a process of its own, under the same load: writers that each change one of
 * many objects by compare-and-swap and wait for the acknowledgement.
 *
 *     node bench/store.ts [--seconds 4] [--writers 64] [--keys 10000] [--bytes 2000] [--only embedded,etcd] [--checkpoint 1310720] [--page 8192]
 *
 * `own log` is what the embedded engine would be without SQLite: records appended to one file, synced on libuv's threads. It
 * cannot compact, check or lock anything and is here only to show what those cost. Numbers of different machines say
 * nothing; the ratios in one run do.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HostError, seededRandom, silentLog } from '../src/base/mod.ts';

import { EmbeddedJournal, LogDatabase, type DatabaseOptions } from '../src/host/journal/mod.ts';
import { systemClock, systemRandom } from '../src/host/system.ts';
import {
  defaultLimits,
  EtcdStore,
  LocalStore,
  type Journal,
  type JournalRecord,
  type Stamp,
  type Store,
} from '../src/store/mod.ts';
import { fetchPrograms } from '../tools/programs.ts';
import { EtcdServer, serving } from '../test/real/etcd-server.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    writers: { type: 'string', default: '64' },
    keys: { type: 'string', default: '10000' },
    bytes: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    checkpoint: { type: 'string', default: '' },
    page: { type: 'string', default: '' },
    engine: { type: 'string', default: '' },
    directory: { type: 'string', default: '' },
  },
});

const load = {
  seconds: Number(flags.seconds),
  writers: Number(flags.writers),
  keys: Number(flags.keys),
  bytes: Number(flags.bytes),
};
const tuning: Omit<DatabaseOptions, 'file'> = {
  ...(flags.checkpoint === '' ? {} : { checkpointBytes: Number(flags.checkpoint) }),
  ...(flags.page === '' ? {} : { pageSizeBytes: Number(flags.page) }),
};
const stamp: Stamp = (value, revision) => ({ ...value, metadata: { name: 'x', resourceVersion: String(revision) } });
const collection = '/registry/pods/';

interface Result {
  readonly engine: string;
  readonly commitsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly loopP99Ms: number;
  readonly cpuSeconds: number;
  /** What opening the engine added, before any load. */
  readonly openRssMb: number;
}

const fatal = (error: HostError): never => {
  throw error;
};

/** The journal's file, written on the main thread. */
function mainThreadJournal(directory: string): Journal {
  const database = LogDatabase.open({ ...tuning, file: path.join(directory, 'store.db') });
  let closed = false;
  const compactAll = async (revision: number): Promise<void> => {
    while (!closed && database.compactStep(revision)) {
      database.checkpoint();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return {
    load: () => Promise.resolve({ records: [], revision: 0, compacted: 0 }),
    append: async (records) => {
      // After the acknowledgements of the group before have gone out.
      await new Promise((resolve) => setImmediate(resolve));
      database.append(records.map(({ bytes, ...row }) => ({ ...row, value: bytes })));
      setImmediate(() => database.checkpoint());
    },
    compact: compactAll,
    close: async () => {
      closed = true;
      // The last checkpoint is due now.
      await new Promise((resolve) => setImmediate(resolve));
      database.close();
    },
  };
}

/** The least that is durable. */
async function ownLogJournal(directory: string): Promise<Journal> {
  const file = await openFile(path.join(directory, 'log'), 'w', 0o600);
  return {
    load: () => Promise.resolve({ records: [], revision: 0, compacted: 0 }),
    append: async (records: readonly JournalRecord[]) => {
      const parts = records.flatMap(({ bytes, ...head }) => [Buffer.from(JSON.stringify(head)), bytes]);
      await file.writev(parts);
      await file.datasync();
    },
    compact: () => Promise.resolve(),
    close: () => file.close(),
  };
}

const journals: Record<string, (directory: string) => Promise<Journal | undefined>> = {
  memory: async () => undefined,
  embedded: (directory) => EmbeddedJournal.open({ directory, tuning, onFatal: fatal }),
  'SQLite on the main thread': async (directory) => mainThreadJournal(directory),
  'own log': ownLogJournal,
};

async function openEngine(engine: string, directory: string): Promise<Store> {
  const local = journals[engine];
  if (local !== undefined) {
    const journal = await local(directory);
    return LocalStore.open({ clock: systemClock, limits: defaultLimits, stamp, journal });
  }
  const { GrpcEtcdClient } = await import('../src/host/etcd/mod.ts');
  const client = new GrpcEtcdClient({ endpoints: [directory] });
  return EtcdStore.open({
    client,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    limits: defaultLimits,
    stamp,
    onFatal: fatal,
  });
}

function rssMb(): number {
  globalThis.gc?.();
  return Number(/Rss:\s+(\d+)/.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1] ?? 0) / 1024;
}

async function measure(engine: string, directory: string): Promise<Result> {
  const before = rssMb();
  const store = await openEngine(engine, directory);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const openRssMb = rssMb() - before;
  const text = 'x'.repeat(load.bytes);
  for (let i = 0; i < load.keys; i += 100) {
    const part = Array.from({ length: Math.min(100, load.keys - i) }, (_, k) => ({
      collection,
      name: `p${i + k}`,
      value: { n: 0, text },
    }));
    await store.commit(part);
  }
  const latencies: number[] = [];
  const random = seededRandom(7);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + load.seconds * 1000;
  const write = async (): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      const name = `p${Math.floor(random.next() * load.keys)}`;
      const current = store.head.get(collection, name);
      const n = Number(current?.value['n']) + 1;
      const { ok } = await store.commit([{ collection, name, expected: current?.revision ?? 0, value: { n, text } }]);
      const done = performance.now();
      if (ok) latencies.push(done - now);
      now = done;
    }
  };
  await Promise.all(Array.from({ length: load.writers }, write));
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const result: Result = {
    engine,
    commitsPerSecond: latencies.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    loopP99Ms: delay.percentile(99) / 1e6,
    cpuSeconds: (used.user + used.system) / 1e6 / seconds,
    openRssMb,
  };
  await store.close();
  return result;
}

function inOwnProcess(engine: string, directory: string): Promise<Result> {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(
    process.execPath,
    ['--expose-gc', self, ...process.argv.slice(2), '--engine', engine, '--directory', directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as Result);
      else reject(new HostError('Failed', `the run of ${engine} ended with ${code}`));
    });
  });
}

async function runEngine(engine: string): Promise<Result> {
  if (engine === 'etcd') {
    await using server = await EtcdServer.start();
    await serving(server.endpoint);
    return await inOwnProcess(engine, server.endpoint);
  }
  const directory = mkdtempSync(path.join(os.tmpdir(), 'bench-store-'));
  try {
    return await inOwnProcess(engine, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  await fetchPrograms((line) => console.log(line));
  const all = [...Object.keys(journals), 'etcd'];
  const engines = flags.only === '' ? all : flags.only.split(',');
  const results: Result[] = [];
  for (const engine of engines) results.push(await runEngine(engine));
  const base = results.find(({ engine }) => engine === 'embedded') ?? results[0];
  const number = (value: number, digits: number): string => value.toFixed(digits);
  console.log(
    `${load.writers} writers, ${load.keys} objects of ${load.bytes} bytes, ${load.seconds} s each, ${os.availableParallelism()} CPUs`,
  );
  console.table(
    results.map((result) => ({
      engine: result.engine,
      'commits/s': Math.round(result.commitsPerSecond),
      ratio: number(result.commitsPerSecond / (base?.commitsPerSecond ?? 1), 2),
      'p50 ms': number(result.p50Ms, 2),
      'p99 ms': number(result.p99Ms, 2),
      'max ms': number(result.maxMs, 1),
      'loop p99 ms': number(result.loopP99Ms, 1),
      CPUs: number(result.cpuSeconds, 2),
      'open RSS MB': number(result.openRssMb, 1),
    })),
  );
}

if (flags.engine === '') await main();
else process.stdout.write(JSON.stringify(await measure(flags.engine, flags.directory)));
