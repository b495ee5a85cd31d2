/**
 * Lets only so many in at a time, in the order in which they came, but those who are nearly done before those who begin:
 * under load pods are finished one after the other instead of all of them late.
 */
export class Gate {
  readonly #max: number;
  readonly #finishing: (() => void)[] = [];
  readonly #beginning: (() => void)[] = [];
  #inside = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async run<T>(work: () => Promise<T>, stage: 'beginning' | 'finishing' = 'beginning'): Promise<T> {
    const queue = stage === 'finishing' ? this.#finishing : this.#beginning;
    if (this.#inside >= this.#max) await new Promise<void>((resolve) => queue.push(resolve));
    else this.#inside += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, not freed: nobody overtakes who waits.
      const next = this.#finishing.shift() ?? this.#beginning.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
