/** What the API server's operations stand on: the store, the clock, the codec, admission. One value, made at start. */
import type { Clock, DeepReadonly, JsonObject, Log, Random } from '../base/mod.ts';
import type { ClusterConfig, HookContext, Kind, KubeObject } from '../machinery/mod.ts';
import type { Store } from '../store/mod.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission/admission.ts';
import type { Codec } from './codec.ts';
import type { Operation } from './operation.ts';

export interface WorldParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly codec: Codec;
  readonly config: ClusterConfig;
  readonly plugins: readonly AdmissionPlugin[];
  /** Everything that is served now. */
  readonly kinds: () => readonly Kind[];
}

export class WriteWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly codec: Codec;
  readonly config: ClusterConfig;
  readonly admission: AdmissionChain;
  readonly objects: ObjectReader;
  readonly kinds: () => readonly Kind[];

  constructor(parts: WorldParts) {
    this.store = parts.store;
    this.clock = parts.clock;
    this.random = parts.random;
    this.log = parts.log;
    this.codec = parts.codec;
    this.config = parts.config;
    this.admission = new AdmissionChain(parts.plugins);
    this.objects = new HeadReader(parts.store);
    this.kinds = parts.kinds;
  }

  context(operation: Operation): HookContext {
    const { store, random, config } = this;
    return {
      now: this.clock.now(),
      random,
      user: operation.user,
      namespace: operation.namespace,
      exists: (collection, name) => store.head.get(collection, name) !== undefined,
      list(collection) {
        const found: JsonObject[] = [];
        store.head.collection(collection).scan((entry) => void found.push(entry.value), '');
        return found;
      },
      config,
    };
  }

  admissionRequest(
    kind: Kind,
    operation: Operation,
    what: Pick<AdmissionRequest, 'operation' | 'name' | 'draft' | 'old'>,
  ): AdmissionRequest {
    const { version, subresource, namespace, options } = operation;
    return {
      ...what,
      kind,
      version,
      options,
      subresource,
      namespace,
      dryRun: options.dryRun === true,
      context: this.context(operation),
      annotate: operation.annotate ?? unheard,
      clock: this.clock,
      objects: this.objects,
    };
  }
}

/** Nobody audits the request. */
function unheard(): void {
  // Nothing to tell.
}

/** The plugins in their order: all that change the object, then, on the result, all that judge it. */
class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins) await plugin.mutate?.(request);
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins) await plugin.validate?.(request);
  }
}

class HeadReader implements ObjectReader {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get<T extends KubeObject>(kind: Kind<T>, key: string): DeepReadonly<T> | undefined {
    return kind.collection === undefined
      ? undefined
      : (this.#store.head.get(kind.collection, key)?.value as DeepReadonly<T> | undefined);
  }

  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly DeepReadonly<T>[] {
    const out: DeepReadonly<T>[] = [];
    if (kind.collection === undefined) return out;
    const bounds: [string, string?] = namespace === undefined ? [''] : [`${namespace}/`, `${namespace}0`];
    this.#store.head
      .collection(kind.collection)
      .scan((entry) => void out.push(entry.value as DeepReadonly<T>), ...bounds);
    return out;
  }
}
