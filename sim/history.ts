/**
 * All that ever became durable, as the simulator remembers it: the trace of a run, the present state of every object, and
 * what a watch must have delivered.
 */
import { assert, isJsonObject, type DeepReadonly } from '../src/base/mod.ts';
import type { WatchOptions } from '../src/client/mod.ts';
import type { KubeObject, Resource } from '../src/machinery/mod.ts';
import type { JournalRecord } from '../src/store/mod.ts';
import type { WatchWitness } from './faulty-client.ts';

export interface Happening {
  readonly revision: number;
  readonly collection: string;
  readonly name: string;
  readonly object: DeepReadonly<KubeObject>;
  readonly previous: DeepReadonly<KubeObject> | undefined;
  readonly deleted: boolean;
}

export class SimulatedHistory implements WatchWitness {
  /** One line for each change: what two runs of a seed must agree on. */
  readonly trace: string[] = [];
  readonly #logs = new Map<string, Happening[]>();
  readonly #objects = new Map<string, Map<string, DeepReadonly<KubeObject>>>();
  readonly #collections: ReadonlyMap<string, string>;
  readonly #onHappening: (happening: Happening) => void;
  #revision = 0;

  /** `collections` names the collection of each resource, by group and plural. */
  constructor(collections: ReadonlyMap<string, string>, onHappening: (happening: Happening) => void) {
    this.#collections = collections;
    this.#onHappening = onHappening;
  }

  get revision(): number {
    return this.#revision;
  }

  objects(resource: Resource): ReadonlyMap<string, DeepReadonly<KubeObject>> {
    return this.#objects.get(this.#collectionOf(resource)) ?? new Map<string, DeepReadonly<KubeObject>>();
  }

  /** Every object of every kind, with its collection. */
  *all(): Iterable<readonly [string, DeepReadonly<KubeObject>]> {
    for (const [collection, objects] of this.#objects)
      for (const object of objects.values()) yield [collection, object];
  }

  record(records: readonly JournalRecord[]): void {
    const fresh = records[0]?.revision ?? 0;
    assert(fresh > this.#revision, `revision ${fresh} came after ${this.#revision}`);
    for (const record of records) {
      const { revision, collection, name, deleted, bytes } = record;
      assert(revision >= this.#revision, `revision ${revision} came after ${this.#revision}`);
      this.#revision = revision;
      const text = new TextDecoder().decode(bytes);
      this.trace.push(`${revision} ${deleted ? 'deleted' : 'written'} ${collection} ${name} ${text}`);
      const parsed: unknown = JSON.parse(text);
      assert(isJsonObject(parsed), `what is stored of ${collection} ${name} is an object`);
      const object = parsed as unknown as KubeObject;
      const objects = this.#objects.get(collection) ?? new Map<string, DeepReadonly<KubeObject>>();
      this.#objects.set(collection, objects);
      const happening = { revision, collection, name, object, previous: objects.get(name), deleted };
      if (deleted) objects.delete(name);
      else objects.set(name, object);
      const log = this.#logs.get(collection) ?? [];
      this.#logs.set(collection, log);
      log.push(happening);
      this.#onHappening(happening);
    }
  }

  /** A watch of everything must deliver exactly what was stored; one with a selection at least in order. */
  watching(resource: Resource, options: WatchOptions): (object: DeepReadonly<KubeObject>, deleted: boolean) => void {
    const selective = [options.namespace, options.labelSelector, options.fieldSelector].some(
      (selection) => selection !== undefined,
    );
    const after = Number(options.resourceVersion);
    const log = this.#logs.get(this.#collectionOf(resource)) ?? [];
    this.#logs.set(this.#collectionOf(resource), log);
    let next = log.findIndex(({ revision }) => revision > after);
    let last = after;
    return (object, deleted) => {
      const { resourceVersion = '', namespace = '', name = '' } = object.metadata ?? {};
      const told = `${resourceVersion} of ${resource.plural} ${namespace}/${name}${deleted ? ' (deleted)' : ''}`;
      assert(Number(resourceVersion) > last, `a watch delivered ${told} after ${last}`);
      last = Number(resourceVersion);
      if (selective) return;
      if (next < 0) next = log.findIndex(({ revision }) => revision > after);
      const stored = log[next];
      assert(
        stored?.revision === last && stored.object.metadata?.name === name && stored.deleted === deleted,
        `a watch from ${after} delivered ${told}; stored was ${stored?.revision ?? 'nothing'} ${stored?.name ?? ''}`,
      );
      next += 1;
    };
  }

  #collectionOf({ group, plural }: Resource): string {
    return this.#collections.get(`${group}/${plural}`) ?? `${group}/${plural}`;
  }
}
