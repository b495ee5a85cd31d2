/**
 * Events that are handed on in batches, beside the requests that they tell of. What comes faster than it can be handed on is
 * dropped once the buffer is full, and counted: auditing never holds up the server.
 */
import { errorText, sleep, type Clock, type Log } from '../../base/mod.ts';
import type { AuditBackend, AuditEvent } from './event.ts';

export interface BatchOptions {
  readonly bufferMax: number;
  readonly batchMax: number;
  readonly waitMaxMs: number;
  /** Batches a second, and how many at once after a quiet time; 0: no limit. */
  readonly perSecond: number;
  readonly burst: number;
}

export interface BatchWorld {
  readonly clock: Clock;
  readonly log: Log;
  /** Rejects when the batch is lost. */
  readonly send: (events: readonly AuditEvent[]) => Promise<void>;
  /** Events were lost: before they were sent, or while they were. */
  readonly onLost?: (events: number, when: 'buffered' | 'sent') => void;
}

export class AuditBatches implements AuditBackend {
  readonly #options: BatchOptions;
  readonly #world: BatchWorld;
  #buffer: AuditEvent[] = [];
  #timer: Disposable | undefined;
  #sending: Promise<void> | undefined;
  #tokens: number;
  #refilledMs: number;
  #dropped = 0;

  constructor(options: BatchOptions, world: BatchWorld) {
    this.#options = options;
    this.#world = world;
    this.#tokens = options.burst;
    this.#refilledMs = world.clock.monotonic();
  }

  get dropped(): number {
    return this.#dropped;
  }

  log(event: AuditEvent): true {
    const { bufferMax, batchMax, waitMaxMs } = this.#options;
    if (this.#buffer.length >= bufferMax) {
      this.#dropped += 1;
      // The first one is worth a line; the log must not fill where the buffer did.
      if (this.#dropped === 1) this.#world.log.error('audit buffer queue blocked: events are dropped', { bufferMax });
      this.#world.onLost?.(1, 'buffered');
      return true;
    }
    this.#buffer.push(event);
    if (this.#buffer.length >= batchMax) this.#sending ??= this.#send(batchMax);
    else this.#timer ??= this.#world.clock.after(waitMaxMs, () => void (this.#sending ??= this.#send(1)));
    return true;
  }

  async close(): Promise<void> {
    await this.#sending;
    await this.#send(1);
  }

  /** Batch after batch while there are so many events; all, when the time is up. */
  async #send(least: number): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    // Not before the caller has noted that this is under way.
    await Promise.resolve();
    while (this.#buffer.length >= Math.max(1, least)) {
      await this.#throttle();
      const batch = this.#buffer.splice(0, this.#options.batchMax);
      try {
        await this.#world.send(batch);
      } catch (error) {
        this.#dropped += batch.length;
        this.#world.onLost?.(batch.length, 'sent');
        this.#world.log.error('audit events are lost', { events: batch.length, error: errorText(error) });
      }
    }
    this.#sending = undefined;
    if (this.#buffer.length > 0)
      this.#timer ??= this.#world.clock.after(this.#options.waitMaxMs, () => void (this.#sending ??= this.#send(1)));
  }

  async #throttle(): Promise<void> {
    const { perSecond, burst } = this.#options;
    if (perSecond === 0) return;
    const { clock } = this.#world;
    for (;;) {
      const now = clock.monotonic();
      this.#tokens = Math.min(burst, this.#tokens + ((now - this.#refilledMs) / 1000) * perSecond);
      this.#refilledMs = now;
      if (this.#tokens >= 1) break;
      await sleep(clock, Math.ceil(((1 - this.#tokens) / perSecond) * 1000));
    }
    this.#tokens -= 1;
  }
}
