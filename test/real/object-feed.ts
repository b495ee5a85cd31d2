/**
 * The few objects of a data plane test behind the client interface, without an API server: what is put here is listed
 * and watched like anything else. Only reading is served.
 */
import { TerminalError, type DeepReadonly, silentLog } from '../../src/base/mod.ts';
import { InformerCache, type Client, type List, type WatchOptions, type WatchSink } from '../../src/client/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import { keyOf, type KubeObject, type Resource } from '../../src/machinery/mod.ts';

export class ObjectFeed {
  readonly cache: InformerCache;
  readonly #objects = new Map<string, Map<string, DeepReadonly<KubeObject>>>();
  readonly #watches = new Map<string, Set<WatchSink<KubeObject>>>();
  #revision = 1;

  constructor() {
    this.cache = new InformerCache({ client: this.#client(), clock: systemClock, log: silentLog });
  }

  put<T extends KubeObject>(resource: Resource<T>, object: DeepReadonly<T>): void {
    const resourceVersion = String(++this.#revision);
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } } as DeepReadonly<KubeObject>;
    const type = this.#of(resource.plural).has(keyOf(stored)) ? 'MODIFIED' : 'ADDED';
    this.#of(resource.plural).set(keyOf(stored), stored);
    for (const sink of this.#watches.get(resource.plural) ?? [])
      sink.onEvents([{ type, object: stored }], this.#revision);
  }

  delete(resource: Resource, key: string): void {
    const object = this.#of(resource.plural).get(key);
    if (object === undefined) return;
    this.#of(resource.plural).delete(key);
    this.#revision++;
    const events = [{ type: 'DELETED' as const, object }];
    for (const sink of this.#watches.get(resource.plural) ?? []) sink.onEvents(events, this.#revision);
  }

  #of(plural: string): Map<string, DeepReadonly<KubeObject>> {
    let objects = this.#objects.get(plural);
    if (objects === undefined) this.#objects.set(plural, (objects = new Map()));
    return objects;
  }

  #client(): Client {
    const refuse = (): never => {
      throw new TerminalError('the feed only lists and watches');
    };
    return {
      list: async <T extends KubeObject>({ plural }: Resource<T>): Promise<List<T>> => ({
        items: [...this.#of(plural).values()] as unknown as DeepReadonly<T>[],
        resourceVersion: String(this.#revision),
      }),
      watch: <T extends KubeObject>({ plural }: Resource<T>, _: WatchOptions, sink: WatchSink<T>): Disposable => {
        const sinks = this.#watches.get(plural) ?? new Set();
        this.#watches.set(plural, sinks.add(sink));
        return { [Symbol.dispose]: () => void sinks.delete(sink) };
      },
      get: refuse,
      create: refuse,
      update: refuse,
      patch: refuse,
      delete: refuse,
      deleteCollection: refuse,
      raw: refuse,
    };
  }
}
