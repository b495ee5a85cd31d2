/**
 * A live view of one resource: list once, then watch, with indexes. Objects are those of the transport (in process: the
 * store's own), so a view costs a tree of references.
 *
 * What always holds: the view is the state at `revision` for this resource; changes are applied, indexes included, before
 * subscribers hear of them; a lost watch is taken up where it was, or listed anew with the difference told as changes, of
 * which an object that was made again under its name is two.
 */
import { errorText, Tree, type Clock, type DeepReadonly, type Log } from '../base/mod.ts';
import { isApiError, keyOf, type KubeObject, type Resource } from '../machinery/mod.ts';
import type { Client, List } from './client.ts';

export interface ObjectChange<T> {
  readonly key: string;
  /** Undefined: the object is gone. */
  readonly object: DeepReadonly<T> | undefined;
  readonly previous: DeepReadonly<T> | undefined;
}

/** The index values of an object; an object without any is not in the index. */
export type IndexFunction<T> = (object: DeepReadonly<T>) => readonly string[];

/** What a plan may read of one resource. */
export interface ResourceView<T extends KubeObject> {
  readonly resource: Resource<T>;
  get(key: string): DeepReadonly<T> | undefined;
  /** All objects, or those of a namespace, in the order of their keys. */
  list(namespace?: string): readonly DeepReadonly<T>[];
  /** The objects that the named index files under `value`. Unknown index names are a bug. */
  index(name: string, value: string): readonly DeepReadonly<T>[];
  readonly size: number;
  /** The revision up to which the view is complete. */
  readonly revision: number;
}

export interface InformerOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface InformerWorld {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMinMs = 100;
const retryMaxMs = 30_000;

export class Informer<T extends KubeObject> implements ResourceView<T>, Disposable {
  readonly resource: Resource<T>;
  readonly #world: InformerWorld;
  readonly #options: InformerOptions;
  readonly #indexes = new Map<string, Index<T>>();
  readonly #subscribers = new Set<(changes: readonly ObjectChange<T>[]) => void>();
  readonly #waiting = new Set<{ readonly due: () => boolean; readonly resolve: () => void }>();
  #items = Tree.empty<DeepReadonly<T>>();
  #revision = -1;
  #watch: Disposable | undefined;
  #retry: Disposable | undefined;
  #failures = 0;
  #disposed = false;

  constructor(world: InformerWorld, resource: Resource<T>, options: InformerOptions = {}) {
    this.#world = world;
    this.resource = resource;
    this.#options = options;
  }

  start(): this {
    void this.#list();
    return this;
  }

  get synced(): boolean {
    return this.#revision >= 0;
  }
  get revision(): number {
    return this.#revision;
  }
  get size(): number {
    return this.#items.size;
  }

  get(key: string): DeepReadonly<T> | undefined {
    return this.#items.get(key);
  }

  list(namespace?: string): readonly DeepReadonly<T>[] {
    if (namespace === undefined) return this.#items.values();
    const out: DeepReadonly<T>[] = [];
    this.#items.scan((object) => void out.push(object), `${namespace}/`, `${namespace}0`);
    return out;
  }

  index(name: string, value: string): readonly DeepReadonly<T>[] {
    return this.#indexes.get(name)?.get(value) ?? [];
  }

  /** Adds an index over the objects there are and those to come. The same name again is the same index. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index = new Index(values);
    this.#items.scan((object, key) => index.change({ key, object, previous: undefined }));
    this.#indexes.set(name, index);
  }

  /** Calls back after each batch of changes; what is there already comes at once as the first batch. */
  subscribe(onChanges: (changes: readonly ObjectChange<T>[]) => void): Disposable {
    const existing: ObjectChange<T>[] = [];
    this.#items.scan((object, key) => void existing.push({ key, object, previous: undefined }));
    this.#subscribers.add(onChanges);
    if (existing.length > 0) onChanges(existing);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(onChanges) };
  }

  /** Resolves once the view is complete up to `revision`; 0 waits for the first list. */
  reached(revision: number): Promise<void> {
    return this.#until(() => this.#revision >= revision);
  }

  /** Resolves once the view has let go of the object that was deleted; one of the same name that came later does not count. */
  gone(key: string, uid: string): Promise<void> {
    return this.#until(() => this.get(key)?.metadata?.uid !== uid);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#watch?.[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
    // Nobody waits for a view that does not go on.
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #until(due: () => boolean): Promise<void> {
    if (this.#disposed || due()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ due, resolve }));
  }

  async #list(): Promise<void> {
    try {
      const items: DeepReadonly<T>[] = [];
      let page: List<T> | undefined;
      do {
        page = await this.#world.client.list(this.resource, {
          ...this.#options,
          limit: 5000,
          ...(page?.continue === undefined ? {} : { continue: page.continue }),
        });
        for (const item of page.items) items.push(item);
      } while (page.continue !== undefined && !this.#disposed);
      if (this.#disposed) return;
      this.#replace(items, Number(page.resourceVersion));
      this.#startWatch();
    } catch (error) {
      this.#again(() => void this.#list(), error);
    }
  }

  #startWatch(): void {
    if (this.#disposed) return;
    const { client } = this.#world;
    this.#watch = client.watch(
      this.resource,
      { ...this.#options, resourceVersion: String(this.#revision) },
      {
        onEvents: (events, revision) => {
          this.#failures = 0;
          this.#apply(
            events.map(({ type, object }) => ({ key: keyOf(object), object: type === 'DELETED' ? undefined : object })),
            revision,
          );
        },
        onEnd: (error) => {
          if (this.#disposed) return;
          if (isApiError(error, 'Expired', 'Gone')) void this.#list();
          else this.#again(() => this.#startWatch(), error);
        },
      },
    );
  }

  #again(what: () => void, error: unknown): void {
    if (this.#disposed) return;
    const delayMs = Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures++);
    this.#world.log.debug('watching failed, trying again', {
      resource: this.resource.plural,
      delayMs,
      error: errorText(error),
    });
    this.#retry = this.#world.clock.after(delayMs, what);
  }

  /** After a new list: the difference to what was known, as changes. */
  #replace(items: readonly DeepReadonly<T>[], revision: number): void {
    const next = new Map(items.map((object) => [keyOf(object), object]));
    const changes: Omit<ObjectChange<T>, 'previous'>[] = [];
    this.#items.scan((_, key) => {
      if (!next.has(key)) changes.push({ key, object: undefined });
    });
    for (const [key, object] of next) {
      const previous = this.#items.get(key)?.metadata;
      const { uid, resourceVersion } = object.metadata ?? {};
      // Deleted and made again unseen: whoever waits for the old one to go hears of both.
      if (previous !== undefined && previous.uid !== uid) changes.push({ key, object: undefined });
      if (previous?.resourceVersion !== resourceVersion || previous?.uid !== uid) changes.push({ key, object });
    }
    this.#failures = 0;
    this.#apply(changes, revision);
  }

  #apply(told: readonly Omit<ObjectChange<T>, 'previous'>[], revision: number): void {
    const changes: ObjectChange<T>[] = [];
    for (const { key, object } of told) {
      const change = { key, object, previous: this.#items.get(key) };
      this.#items = object === undefined ? this.#items.delete(key) : this.#items.set(key, object);
      for (const index of this.#indexes.values()) index.change(change);
      changes.push(change);
    }
    this.#revision = Math.max(revision, this.#revision);
    if (changes.length > 0) for (const subscriber of this.#subscribers) subscriber(changes);
    for (const waiting of this.#waiting) {
      if (!waiting.due()) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }
}

class Index<T> {
  readonly #values: IndexFunction<T>;
  readonly #filed = new Map<string, Map<string, DeepReadonly<T>>>();

  constructor(values: IndexFunction<T>) {
    this.#values = values;
  }

  get(value: string): readonly DeepReadonly<T>[] {
    const found = this.#filed.get(value);
    return found === undefined ? [] : [...found.values()];
  }

  change({ key, object, previous }: ObjectChange<T>): void {
    const now = object === undefined ? [] : this.#values(object);
    for (const value of previous === undefined ? [] : this.#values(previous)) {
      if (now.includes(value)) continue;
      const filed = this.#filed.get(value);
      filed?.delete(key);
      if (filed?.size === 0) this.#filed.delete(value);
    }
    for (const value of now) {
      const filed = this.#filed.get(value);
      if (filed === undefined) this.#filed.set(value, new Map([[key, object as DeepReadonly<T>]]));
      else filed.set(key, object as DeepReadonly<T>);
    }
  }
}

/** The informers of one process, shared: whoever asks for the same resource and selection gets the same one. */
export class InformerCache implements Disposable {
  readonly #world: InformerWorld;
  readonly #informers = new Map<string, Informer<KubeObject>>();

  constructor(world: InformerWorld) {
    this.#world = world;
  }

  informer<T extends KubeObject>(resource: Resource<T>, options: InformerOptions = {}): Informer<T> {
    const id = [
      resource.group,
      resource.version,
      resource.plural,
      options.namespace,
      options.labelSelector,
      options.fieldSelector,
    ].join('|');
    let informer = this.#informers.get(id);
    if (informer === undefined) {
      const named: Resource = resource;
      informer = new Informer(this.#world, named, options).start();
      this.#informers.set(id, informer);
    }
    return informer as unknown as Informer<T>;
  }

  /** Ends the view of a resource that is not served any more. */
  release({ group, version, plural }: Resource): void {
    const id = [group, version, plural, undefined, undefined, undefined].join('|');
    this.#informers.get(id)?.[Symbol.dispose]();
    this.#informers.delete(id);
  }

  /** Resolves once every informer asked for so far has its first list. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.reached(0)));
  }

  [Symbol.dispose](): void {
    for (const informer of this.#informers.values()) informer[Symbol.dispose]();
    this.#informers.clear();
  }
}
