/** What is compiled of configurations in the store. An object is compiled once per revision, a request pays for nothing else. */
import type { DeepReadonly, JsonObject, Tree } from '../../../base/mod.ts';
import type { Kind, KubeObject } from '../../../machinery/mod.ts';
import type { Entry, Store } from '../../../store/mod.ts';

export class CompiledObjects<T extends KubeObject, C> {
  readonly #store: Store;
  readonly #collection: string;
  readonly #compile: (object: DeepReadonly<T>) => C;
  readonly #compiled = new WeakMap<JsonObject, C>();
  #seen: Tree<Entry> | undefined;
  #all: readonly C[] = [];

  constructor(store: Store, kind: Kind<T>, compile: (object: DeepReadonly<T>) => C) {
    this.#store = store;
    this.#collection = kind.collection ?? '';
    this.#compile = compile;
  }

  /** Of the newest state, in the order of their names; the same list for as long as nothing changes. */
  get all(): readonly C[] {
    const tree = this.#store.head.collection(this.#collection);
    if (tree === this.#seen) return this.#all;
    this.#seen = tree;
    if (tree.size > 0 || this.#all.length > 0) this.#all = tree.values().map(({ value }) => this.#compiledOf(value));
    return this.#all;
  }

  #compiledOf(value: JsonObject): C {
    const known = this.#compiled.get(value);
    if (known !== undefined) return known;
    const compiled = this.#compile(value as unknown as DeepReadonly<T>);
    this.#compiled.set(value, compiled);
    return compiled;
  }
}
