/**
 * Growing delays by key, as upstream's: the first failure waits the shortest time, each further one twice as long up to a
 * limit, and after twice the limit without one it starts over. The table is bounded.
 */
interface Entry {
  delayMs: number;
  updatedAtMs: number;
}

const entriesMax = 10_000;

export class Backoff {
  readonly #entries = new Map<string, Entry>();
  readonly initialMs: number;
  readonly maxMs: number;

  constructor(initialMs = 10_000, maxMs = 300_000) {
    this.initialMs = initialMs;
    this.maxMs = maxMs;
  }

  /** The current delay of the key; 0 without one. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Until when the key has to wait after something that happened at `sinceMs`; undefined when it need not. */
  waitUntil(key: string, sinceMs: number, now: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#expired(entry, sinceMs)) return undefined;
    const until = sinceMs + entry.delayMs;
    return now < until ? until : undefined;
  }

  /** A failure at `atMs`: the next delay is longer. */
  next(key: string, atMs: number, now: number): void {
    const entry = this.#entries.get(key);
    const fresh = entry === undefined || this.#expired(entry, atMs);
    const delayMs = fresh ? this.initialMs : Math.min(this.maxMs, entry.delayMs * 2);
    this.#entries.delete(key);
    this.#entries.set(key, { delayMs, updatedAtMs: now });
    if (this.#entries.size > entriesMax) this.#entries.delete(this.#entries.keys().next().value ?? '');
  }

  reset(key: string): void {
    this.#entries.delete(key);
  }

  #expired(entry: Entry, atMs: number): boolean {
    return atMs - entry.updatedAtMs > 2 * this.maxMs;
  }
}
