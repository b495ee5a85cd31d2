/**
 * The watches that are open, by what they watch: a change costs what it takes to tell those that may want to know. Those that
 * wait for the pods of one node are many, and few of them are told of any pod: as upstream, they are left out.
 */
export interface Watched {
  readonly collection: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export class OpenWatches {
  /** By collection, and by what in it: most changes are of a collection that few watch. */
  readonly #open = new Map<string, Map<string, number>>();
  #size = 0;

  /** All that are open. */
  get size(): number {
    return this.#size;
  }

  /** Counts a watch until it is disposed of; `told` is false for one that is told of few changes. */
  open(watched: Watched, told = true): Disposable {
    const count = (by: number): void => {
      this.#size += by;
      if (told) this.#count(watched, by);
    };
    count(1);
    let closed = false;
    return {
      [Symbol.dispose]: () => {
        if (!closed) count(-1);
        closed = true;
      },
    };
  }

  /** How many may be told of a change of the object; of one that is created the name is not known. */
  telling({ collection, namespace, name }: Watched): number {
    const open = this.#open.get(collection);
    if (open === undefined) return 0;
    return (
      (open.get(keyOf()) ?? 0) +
      (namespace === undefined ? 0 : (open.get(keyOf(namespace)) ?? 0)) +
      (name === undefined ? 0 : (open.get(keyOf(namespace, name)) ?? 0))
    );
  }

  #count({ collection, namespace, name }: Watched, by: number): void {
    const key = keyOf(namespace, name);
    const open = this.#open.get(collection) ?? new Map<string, number>();
    const now = (open.get(key) ?? 0) + by;
    if (now === 0) open.delete(key);
    else open.set(key, now);
    if (open.size === 0) this.#open.delete(collection);
    else this.#open.set(collection, open);
  }
}

function keyOf(namespace = '', name = ''): string {
  return `${namespace} ${name}`;
}

/** Whether a watch is that of a kubelet. */
export function isOfOneNode(fieldSelector: string): boolean {
  return /(?:^|,)spec\.nodeName==?[^,=]/.test(fieldSelector);
}
