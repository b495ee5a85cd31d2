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
  readonly #open = new Map<string, number>();
  #size = 0;

  /** All that are open. */
  get size(): number {
    return this.#size;
  }

  /** Counts a watch until it is disposed of; `told` is false for one that is told of few changes. */
  open(watched: Watched, told = true): Disposable {
    const key = keyOf(watched);
    const count = (by: number): void => {
      this.#size += by;
      if (!told) return;
      const now = (this.#open.get(key) ?? 0) + by;
      if (now === 0) this.#open.delete(key);
      else this.#open.set(key, now);
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
    const of = (watched: Watched): number => this.#open.get(keyOf(watched)) ?? 0;
    return (
      of({ collection }) +
      (namespace === undefined ? 0 : of({ collection, namespace })) +
      (name === undefined ? 0 : of({ collection, namespace, name }))
    );
  }
}

function keyOf({ collection, namespace = '', name = '' }: Watched): string {
  return `${collection} ${namespace} ${name}`;
}

/** Whether a watch is that of a kubelet. */
export function isOfOneNode(fieldSelector: string): boolean {
  return /(?:^|,)spec\.nodeName==?[^,=]/.test(fieldSelector);
}
