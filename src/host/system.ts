/** The system's clock, randomness and log, behind the project's ports. */
import { randomBytes, randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock, Log, LogFields, Random } from '../base/mod.ts';

/** The longest delay that Node's timers take. */
const delayMaxMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(delayMaxMs, Math.max(0, delayMs)));
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Asking the system for a few bytes costs as much as for thousands. */
const pooledBytesMax = 64;

function pooledRandom(): Random {
  const pool = new Uint32Array(256);
  let used = pool.length;
  const bytes = new Uint8Array(4096);
  let taken = bytes.length;
  return {
    next() {
      if (used === pool.length) {
        randomFillSync(pool);
        used = 0;
      }
      return (pool[used++] ?? 0) / 4294967296;
    },
    bytes(count) {
      if (count > pooledBytesMax) return new Uint8Array(randomBytes(count));
      if (taken + count > bytes.length) {
        randomFillSync(bytes);
        taken = 0;
      }
      const given = bytes.slice(taken, taken + count);
      // What was handed out may become a key: it stays nowhere else.
      bytes.fill(0, taken, taken + count);
      taken += count;
      return given;
    },
  };
}

export const systemRandom: Random = pooledRandom();

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** One line of JSON an event: time, level, message, fields. */
export function jsonLog(write: (line: string) => void, least: LogLevel, fields: LogFields = {}): Log {
  const line = (level: LogLevel, message: string, more: LogFields = {}): void => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields, ...more })}\n`);
  };
  return {
    debug: (message, more) => line('debug', message, more),
    info: (message, more) => line('info', message, more),
    warn: (message, more) => line('warn', message, more),
    error: (message, more) => line('error', message, more),
    with: (more) => jsonLog(write, least, { ...fields, ...more }),
  };
}

/** Clocks and idle connections do not keep a process alive; this does. */
export function stayAlive(): Disposable {
  const timer = setInterval(() => undefined, delayMaxMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Resolves when the process is told to end. A second signal ends it at once. */
export function toldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

const startedAtMs = Date.now() - performance.now();

/** What this process uses of the machine. */
export function processFigures(): {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly startedAtMs: number;
} {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, startedAtMs };
}
