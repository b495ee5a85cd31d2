/** How large the objects of a collection are, about: looked at now and then, as upstream does, because they are many. */
import type { Clock } from '../../base/mod.ts';
import type { Store } from '../../store/mod.ts';

const freshMs = 60_000;
/** So many stand for all. */
const sampleMax = 100;

export class ObjectSizes {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly bytes: number; readonly atMs: number }>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The average in bytes; 0 where there are no objects. */
  average(collection: string): number {
    const now = this.#clock.monotonic();
    const known = this.#known.get(collection);
    if (known !== undefined && known.bytes > 0 && now - known.atMs < freshMs) return known.bytes;
    let bytes = 0;
    let count = 0;
    this.#store.current.collection(collection).scan((entry) => {
      bytes += entry.bytes.length;
      count += 1;
      return count < sampleMax;
    }, '');
    const average = count === 0 ? 0 : Math.ceil(bytes / count);
    this.#known.set(collection, { bytes: average, atMs: now });
    return average;
  }
}
