/**
 * What lies between a socket that pushes and a reader that pulls. The queue never refuses an item; it says when it is
 * full, and whoever feeds it stops reading its socket until `relieved` is called. One reader.
 */
import type { HostError } from '../../base/mod.ts';

/** What a queued chunk costs beyond its bytes, so that a flood of tiny chunks fills a queue too. */
const CHUNK_COST = 64;
const QUEUE_BYTES_MAX = 256 * 1024;

export interface PullQueueOptions<T> {
  cost(item: T): number;
  readonly costMax: number;
  /** There is room again after the queue was full. */
  relieved(): void;
}

type Waiting<T> = { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void };

export class PullQueue<T> implements AsyncIterableIterator<T, undefined> {
  #items: T[] = [];
  #cost = 0;
  #state: 'open' | 'ended' | 'discarding' = 'open';
  #error: HostError | undefined;
  #waiting: Waiting<T> | undefined;
  readonly #options: PullQueueOptions<T>;

  constructor(options: PullQueueOptions<T>) {
    this.#options = options;
  }

  get full(): boolean {
    return this.#cost >= this.#options.costMax;
  }

  push(item: T): void {
    if (this.#state !== 'open') return;
    if (this.#waiting) return this.#settle((waiting) => waiting.resolve({ value: item, done: false }));
    this.#items.push(item);
    this.#cost += this.#options.cost(item);
  }

  /** The sender has nothing more. What is queued can still be read. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#settle((waiting) => waiting.resolve({ value: undefined, done: true }));
  }

  /** The sender is gone. What is queued can still be read; then comes the error. */
  fail(error: HostError): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#error = error;
    this.#settle((waiting) => waiting.reject(error));
  }

  /** Nobody will read any more: drops what is queued and what is still to come. */
  discard(): void {
    const wasFull = this.full;
    this.#state = 'discarding';
    this.#items = [];
    this.#cost = 0;
    this.#settle((waiting) => waiting.resolve({ value: undefined, done: true }));
    if (wasFull) this.#options.relieved();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift();
    if (item !== undefined) {
      const wasFull = this.full;
      this.#cost -= this.#options.cost(item);
      if (wasFull && !this.full) this.#options.relieved();
      return Promise.resolve({ value: item, done: false });
    }
    if (this.#state === 'discarding') return Promise.resolve({ value: undefined, done: true });
    if (this.#error) return Promise.reject(this.#error);
    if (this.#state === 'ended') return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.discard();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle(settle: (waiting: Waiting<T>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) settle(waiting);
  }
}

/** A queue of chunks, full at a quarter of a megabyte. */
export class ByteQueue extends PullQueue<Uint8Array> {
  constructor(relieved: () => void) {
    super({ cost: (chunk) => chunk.byteLength + CHUNK_COST, costMax: QUEUE_BYTES_MAX, relieved });
  }

  override push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    // A small slice would keep the whole read buffer that it was cut from alive.
    super.push(chunk.byteLength * 4 < chunk.buffer.byteLength ? new Uint8Array(chunk) : chunk);
  }
}
