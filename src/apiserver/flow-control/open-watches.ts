/** The watches that are open, by collection: a change costs what it takes to tell them. */
export class OpenWatches {
  readonly #open = new Map<string, Set<object>>();

  get size(): number {
    let size = 0;
    for (const watches of this.#open.values()) size += watches.size;
    return size;
  }

  /** The collection's; a watch is in there for as long as it is open. */
  on(collection: string): Set<object> {
    let watches = this.#open.get(collection);
    if (watches === undefined) this.#open.set(collection, (watches = new Set()));
    return watches;
  }
}
