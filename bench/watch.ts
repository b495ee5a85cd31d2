/**
 * How fast watch events reach many watchers over HTTPS, with the embedded store:
 *
 *     node bench/watch.ts [--watchers 100] [--events 2000] [--writers 16] [--processes 1]
 *
 * Server, writer and watchers are processes of their own; watchers count events and look no further into them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { configMap, message, Requests, startServer, timed, type Target } from './api-load.ts';

const { values: flags } = parseArgs({
  options: {
    watchers: { type: 'string', default: '100' },
    events: { type: 'string', default: '2000' },
    writers: { type: 'string', default: '16' },
    processes: { type: 'string', default: '1' },
    watch: { type: 'string', default: '' },
  },
});

const path = '/api/v1/namespaces/default/configmaps';
const eventEnd = Buffer.from('}\n');

interface Watched {
  readonly events: number;
  readonly bytes: number;
  readonly lastMs: number;
}

/** The process of some watchers: tells when all are there, and when each has had its events. */
function watchEvents({ target, watchers, events }: { target: Target; watchers: number; events: number }): void {
  let ready = 0;
  let seen = 0;
  let bytes = 0;
  for (let i = 0; i < watchers; i++) {
    const socket = tls.connect({
      host: '127.0.0.1',
      port: target.port,
      ca: target.ca,
      cert: target.cert,
      key: target.key,
      ALPNProtocols: ['http/1.1'],
    });
    socket.write(`GET ${path}?watch=1&resourceVersion=1 HTTP/1.1\r\nHost: a\r\n\r\n`);
    let begun = false;
    socket.on('data', (chunk: Buffer) => {
      if (!begun) {
        begun = true;
        if (++ready === watchers) process.send?.('ready');
      }
      bytes += chunk.length;
      for (let at = chunk.indexOf(eventEnd); at >= 0; at = chunk.indexOf(eventEnd, at + 2)) seen += 1;
      if (seen >= events * watchers) {
        process.send?.({ events: seen, bytes, lastMs: performance.timeOrigin + performance.now() } satisfies Watched);
        seen = Number.NEGATIVE_INFINITY;
      }
    });
  }
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function main(): Promise<void> {
  const [watchers, events, writers, processes] = [flags.watchers, flags.events, flags.writers, flags.processes].map(
    Number,
  ) as [number, number, number, number];
  await using server = await startServer();
  const perProcess = Math.ceil(watchers / processes);
  const children: ChildProcess[] = [];
  for (let i = 0; i < processes; i++) {
    const work = JSON.stringify({ target: server.target, watchers: perProcess, events });
    children.push(
      spawn(process.execPath, [fileURLToPath(import.meta.url), '--watch', work], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    );
  }
  await Promise.all(children.map((child) => message(child)));
  const cpuBefore = cpuSeconds(server.pid);
  const startedMs = performance.timeOrigin + performance.now();
  const all = Promise.all(children.map((child) => message<Watched>(child)));
  const requests = new Requests(server.target);
  const writing = await timed(events, writers, (i) => requests.send('POST', path, configMap(`w-${i}`, i)));
  const watched = await all;
  const seconds = (Math.max(...watched.map(({ lastMs }) => lastMs)) - startedMs) / 1000;
  const bytes = watched.reduce((sum, one) => sum + one.bytes, 0);
  console.table({
    [`${perProcess * processes} watchers × ${events} events`]: {
      'events/s': Math.round((perProcess * processes * events) / seconds),
      'MB/s': Math.round(bytes / seconds / 1e6),
      'creates/s': Math.round(writing.perSecond),
      'create p99 ms': Math.round(writing.p99Ms * 10) / 10,
      'server CPU s': Math.round((cpuSeconds(server.pid) - cpuBefore) * 100) / 100,
      'wall s': Math.round(seconds * 100) / 100,
      failed: writing.failed,
    },
  });
  for (const child of children) child.kill();
}

if (flags.watch === '') await main();
else watchEvents(JSON.parse(flags.watch) as Parameters<typeof watchEvents>[0]);
