/**
 * Who wants what, for things that several owners may want at once: an nftables chain that many Services share, or an
 * address that two of them claim. What always holds: a key exists while somebody claims it, its value is that of whoever
 * claimed it first, and `take` tells every net change of values exactly once.
 */
export interface ValueChange {
  readonly key: string;
  /** Undefined: the key is new. */
  readonly before: string | undefined;
  /** Undefined: the key is gone. */
  readonly after: string | undefined;
}

export class Claims {
  readonly #claims = new Map<string, Map<string, string>>();
  /** The values at the last `take` of the keys that were touched since. */
  readonly #touched = new Map<string, string | undefined>();

  /** Every key with the value that counts. */
  *[Symbol.iterator](): IterableIterator<readonly [key: string, value: string]> {
    for (const key of this.#claims.keys()) yield [key, this.get(key) ?? ''];
  }

  get(key: string): string | undefined {
    return this.#claims.get(key)?.values().next().value;
  }

  claim(owner: string, key: string, value: string): void {
    const claims = this.#claims.get(key);
    if (claims?.get(owner) === value) return;
    this.#touch(key);
    if (claims === undefined) this.#claims.set(key, new Map([[owner, value]]));
    else claims.set(owner, value);
  }

  release(owner: string, key: string): void {
    const claims = this.#claims.get(key);
    if (claims?.has(owner) !== true) return;
    this.#touch(key);
    claims.delete(owner);
    if (claims.size === 0) this.#claims.delete(key);
  }

  take(): ValueChange[] {
    const changes: ValueChange[] = [];
    for (const [key, before] of this.#touched) {
      const after = this.get(key);
      if (before !== after) changes.push({ key, before, after });
    }
    this.#touched.clear();
    return changes;
  }

  /** Everything, as if nothing had been told before; `take` starts over from here. */
  takeAll(): ValueChange[] {
    this.#touched.clear();
    return [...this.#claims.keys()].map((key) => ({ key, before: undefined, after: this.get(key) }));
  }

  #touch(key: string): void {
    if (!this.#touched.has(key)) this.#touched.set(key, this.get(key));
  }
}
