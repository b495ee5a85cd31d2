/**
 * A queue of keys. What always holds: a key is in it at most once, is never handed out again before it is done, and comes
 * back if it was added meanwhile. Failed keys wait longer each time, up to a limit.
 */
import { AssertionError, type Clock } from '../base/mod.ts';

export interface QueueOptions {
  readonly clock: Clock;
  /** How many keys are worked on at a time. */
  readonly concurrency: number;
  /** Works on a key; rejecting is a failure, and the key comes back after a while. */
  readonly work: (key: string) => Promise<void>;
  /** After a key was worked on it rests this long before it is taken again: what happens meanwhile is dealt with at once. */
  readonly restMs?: number;
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
}

interface Wake {
  readonly atMs: number;
  readonly timer: Disposable;
}

export class WorkQueue implements AsyncDisposable {
  readonly #options: Required<QueueOptions>;
  readonly #ready = new Set<string>();
  readonly #active = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  readonly #wakes = new Map<string, Wake>();
  readonly #resting = new Map<string, Disposable>();
  #stopped = false;

  constructor(options: QueueOptions) {
    this.#options = { retryMinMs: 5, retryMaxMs: 300_000, restMs: 0, ...options };
  }

  /** Keys that wait or are worked on. */
  get length(): number {
    return this.#ready.size + this.#active.size;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#ready.add(key);
    this.#pump();
  }

  /** Adds the key at a time, or at the earlier time that it was to be added already. */
  addAt(key: string, atMs: number): void {
    if (this.#stopped) return;
    const planned = this.#wakes.get(key);
    if (planned !== undefined && planned.atMs <= atMs) return;
    planned?.timer[Symbol.dispose]();
    const fire = (): void => {
      this.#wakes.delete(key);
      this.add(key);
    };
    const timer = this.#options.clock.after(Math.max(0, atMs - this.#options.clock.now()), fire);
    this.#wakes.set(key, { atMs, timer });
  }

  /** Takes nothing more and resolves when what is being worked on is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#ready.clear();
    for (const { timer } of this.#wakes.values()) timer[Symbol.dispose]();
    this.#wakes.clear();
    for (const timer of this.#resting.values()) timer[Symbol.dispose]();
    this.#resting.clear();
    await Promise.all(this.#active.values());
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#active.size >= this.#options.concurrency) return;
      if (this.#active.has(key) || this.#resting.has(key)) continue;
      this.#ready.delete(key);
      this.#active.set(key, this.#run(key));
    }
  }

  async #run(key: string): Promise<void> {
    // Work starts in a turn of its own: whoever adds a key first finishes what it is doing.
    await Promise.resolve();
    try {
      await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      // A bug ends the process: working on would only hide it.
      if (error instanceof AssertionError) throw error;
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      const { clock, retryMinMs, retryMaxMs } = this.#options;
      this.addAt(key, clock.now() + Math.min(retryMaxMs, retryMinMs * 2 ** failures));
    }
    this.#active.delete(key);
    this.#rest(key);
    this.#pump();
  }

  #rest(key: string): void {
    const { clock, restMs } = this.#options;
    if (restMs === 0 || this.#stopped) return;
    const awake = (): void => {
      this.#resting.delete(key);
      this.#pump();
    };
    this.#resting.set(key, clock.after(restMs, awake));
  }
}
