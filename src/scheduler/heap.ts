/**
 * A binary heap that knows where its items are, so that any of them can be taken out. The parent of i is (i - 1) / 2 and comes
 * before i does; an item is in it at most once. Push, pop and delete cost the logarithm of its size.
 */
export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    if (this.#places.has(item)) this.delete(item);
    this.#items.push(item);
    this.#up(item, this.#items.length - 1);
  }

  pop(): T | undefined {
    const { first } = this;
    if (first !== undefined) this.delete(first);
    return first;
  }

  delete(item: T): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    this.#places.delete(item);
    const last = this.#items.pop();
    if (last === undefined || last === item) return true;
    this.#up(last, this.#down(last, place));
    return true;
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }

  #up(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#items[parent] as T;
      if (!this.#before(item, above)) break;
      this.#put(above, place);
      place = parent;
    }
    this.#put(item, place);
  }

  /** Moves a hole down to where the item may stand; returns that place. */
  #down(item: T, from: number): number {
    let place = from;
    for (let child = 2 * place + 1; child < this.#items.length; child = 2 * place + 1) {
      const right = child + 1;
      const earlier =
        right < this.#items.length && this.#before(this.#items[right] as T, this.#items[child] as T) ? right : child;
      const below = this.#items[earlier] as T;
      if (!this.#before(below, item)) break;
      this.#put(below, place);
      place = earlier;
    }
    return place;
  }
}
