/**
 * A clock that stands still until it is told to advance. For tests, the in-process cluster and the simulator.
 *
 * What always holds: timers fire in the order of their time, and of their arming where that is equal; while a timer fires,
 * `now()` is exactly the time it was armed for; everything that a timer set in motion has come to rest before the next one
 * fires. So a run depends on nothing but what the code under it does.
 */
import type { Clock } from './clock.ts';
import { assert } from './errors.ts';

export interface VirtualClockOptions {
  /**
   * Resolves when everything that can go on without time passing has gone on: a turn of the host's event loop
   * (`setImmediate`), after which the queue of microtasks is empty.
   */
  readonly rest: () => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly startMs?: number | undefined;
  /** How many timers may fire at one instant: more means that something re-arms itself without a delay. */
  readonly instantFiresMax?: number | undefined;
}

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly fire: () => void;
  disposed: boolean;
}

/** 2026-01-01T00:00:00Z: any fixed instant would do. */
const defaultStartMs = 1_767_225_600_000;

export class VirtualClock implements Clock {
  readonly #rest: () => Promise<void>;
  readonly #startMs: number;
  readonly #instantFiresMax: number;
  readonly #timers = new TimerHeap();
  #nowMs: number;
  #sequence = 0;
  #live = 0;
  #advancing = false;

  constructor(options: VirtualClockOptions) {
    this.#rest = options.rest;
    this.#startMs = options.startMs ?? defaultStartMs;
    this.#instantFiresMax = options.instantFiresMax ?? 100_000;
    this.#nowMs = this.#startMs;
  }

  now(): number {
    return Math.floor(this.#nowMs);
  }
  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, fire: () => void): Disposable {
    assert(Number.isFinite(delayMs), `a timer needs a finite delay, not ${delayMs}`);
    const timer: Timer = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence++,
      fire,
      disposed: false,
    };
    this.#timers.push(timer);
    this.#live += 1;
    return { [Symbol.dispose]: () => this.#dispose(timer) };
  }

  /** How many timers are armed. */
  get pending(): number {
    return this.#live;
  }

  /** When the next timer fires, in milliseconds since the epoch; undefined when none is armed. */
  get nextMs(): number | undefined {
    while (this.#timers.first?.disposed === true) this.#timers.pop();
    return this.#timers.first?.atMs;
  }

  /** Moves time on by `ms` and fires what becomes due, also what is armed on the way. Rejects with what a timer throws. */
  async advance(ms: number): Promise<void> {
    assert(ms >= 0 && Number.isFinite(ms), `time advances by a number of milliseconds, not by ${ms}`);
    await this.#advanceTo(this.#nowMs + ms, () => false);
  }

  /**
   * Lets time pass, from timer to timer, until `done` holds; at most `limitMs`. Without `done`, until no timer is armed.
   * Returns whether it came to that; the time is then that of the last timer fired.
   */
  async run(limitMs: number, done: () => boolean = () => this.#live === 0): Promise<boolean> {
    assert(limitMs >= 0 && Number.isFinite(limitMs), `a run needs a finite limit, not ${limitMs}`);
    return this.#advanceTo(this.#nowMs + limitMs, done);
  }

  async #advanceTo(targetMs: number, done: () => boolean): Promise<boolean> {
    assert(!this.#advancing, 'only one caller at a time advances a clock');
    this.#advancing = true;
    try {
      let fires = 0;
      await this.#rest();
      for (let next = this.nextMs; !done(); next = this.nextMs) {
        if (next === undefined || next > targetMs) {
          this.#nowMs = targetMs;
          return done();
        }
        fires = next > this.#nowMs ? 1 : fires + 1;
        assert(
          fires <= this.#instantFiresMax,
          `${fires} timers fired at one instant: one re-arms itself without a delay`,
        );
        this.#nowMs = next;
        const timer = this.#timers.pop() as Timer;
        this.#dispose(timer);
        timer.fire();
        await this.#rest();
      }
      return true;
    } finally {
      this.#advancing = false;
    }
  }

  #dispose(timer: Timer): void {
    if (!timer.disposed) this.#live -= 1;
    timer.disposed = true;
    this.#timers.forgetDisposed(this.#live);
  }
}

/** A binary heap: the parent of i is (i - 1) / 2, and fires before i does. */
class TimerHeap {
  #items: Timer[] = [];

  get first(): Timer | undefined {
    return this.#items[0];
  }

  /** Lets go of disposed timers once they outnumber the live ones. A sorted array is a heap. */
  forgetDisposed(live: number): void {
    if (this.#items.length <= 64 + 2 * live) return;
    this.#items = this.#items.filter(({ disposed }) => !disposed).sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  push(timer: Timer): void {
    const items = this.#items;
    let i = items.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = items[parent] as Timer;
      if (!isBefore(timer, above)) break;
      items[i] = above;
      i = parent;
    }
    items[i] = timer;
  }

  pop(): Timer | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let i = 0;
    for (let child = 1; child < items.length; child = 2 * i + 1) {
      const [left, right] = [items[child] as Timer, items[child + 1]];
      const smaller = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(smaller, last)) break;
      items[i] = smaller;
      i = smaller === left ? child : child + 1;
    }
    items[i] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
