/**
 * Time as a port. Nothing outside `host/` and the simulator reads the system's clock: who needs the time, or to be woken
 * later, is handed a Clock. Under the simulator's clock a whole cluster runs through a day in milliseconds.
 */
import { flat } from './flat.ts';

export interface Clock {
  /** Milliseconds since the epoch (wall-clock time, may jump). */
  now(): number;
  /** Milliseconds that only ever grow, for measuring how long something took. */
  monotonic(): number;
  /** Calls `fire` once, `delayMs` from now, unless disposed before. A pending timer does not keep the process alive. */
  after(delayMs: number, fire: () => void): Disposable;
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as the signal aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    const abort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

let lastSecond = 0;
let lastText = '1970-01-01T00:00:00Z';

/** RFC 3339 with seconds, as `metav1.Time` is written. The text of the last second is kept: every write asks for it. */
export function rfc3339(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastText = flat([new Date(ms).toISOString().slice(0, 19), 'Z']);
    lastSecond = second;
  }
  return lastText;
}

/** RFC 3339 with microseconds, as `metav1.MicroTime` is written. */
export function rfc3339Micro(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
