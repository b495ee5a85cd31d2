/** What the API server's operations stand on: the store, the clock, the codec, admission. One value, made at start. */
import type { Clock, DeepReadonly, JsonObject, Log, Random } from '../base/mod.ts';
import type { Client } from '../client/mod.ts';
import type { ClusterConfig, HookContext, Kind, KubeObject, UserInfo } from '../machinery/mod.ts';
import type { Store } from '../store/mod.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission/admission.ts';
import type { AdmissionMetrics } from './admission/metrics.ts';
import { AdmissionSteps } from './admission/steps.ts';
import type { Authorizer } from './authz/authorizer.ts';
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
  readonly admissionMetrics: AdmissionMetrics;
  /** Everything that is served now. */
  readonly kinds: () => readonly Kind[];
  readonly authorizers: readonly Authorizer[];
  /** Writes as the API server itself. */
  readonly self: () => Client;
  /** Absent: no signature is looked at. */
  readonly signatureProblem?: HookContext['signatureProblem'] | undefined;
}

export class WriteWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly codec: Codec;
  readonly config: ClusterConfig;
  readonly admission: AdmissionSteps;
  readonly objects: ObjectReader;
  readonly signatureProblem: HookContext['signatureProblem'];
  readonly kinds: () => readonly Kind[];
  readonly #authorizers: readonly Authorizer[];
  readonly #self: () => Client;

  constructor(parts: WorldParts) {
    this.store = parts.store;
    this.clock = parts.clock;
    this.random = parts.random;
    this.log = parts.log;
    this.codec = parts.codec;
    this.config = parts.config;
    const { plugins, clock, admissionMetrics: metrics } = parts;
    this.admission = new AdmissionSteps({ plugins, clock, metrics });
    this.objects = new HeadReader(parts.store);
    this.kinds = parts.kinds;
    this.#authorizers = parts.authorizers;
    this.#self = parts.self;
    this.signatureProblem = parts.signatureProblem ?? noProblem;
  }

  context(operation: Operation): HookContext {
    return new OperationContext(this, operation);
  }

  admissionRequest(
    kind: Kind,
    operation: Operation,
    what: Pick<AdmissionRequest, 'operation' | 'name' | 'draft' | 'old' | 'deleteOptions'> & Partial<HasContext>,
  ): AdmissionRequest {
    const { version, subresource, namespace, options } = operation;
    // Named one by one: a copy that grows costs twice as much, and every write makes one.
    return {
      operation: what.operation,
      name: what.name,
      draft: what.draft,
      old: what.old,
      deleteOptions: what.deleteOptions,
      kind,
      version,
      options,
      subresource,
      namespace,
      dryRun: options.dryRun === true || isDryDeletion(what.deleteOptions),
      context: what.context ?? this.context(operation),
      annotate: operation.annotate ?? unheard,
      warn: operation.warn ?? unheard,
      alongside: undefined,
      phase: 'mutating',
      round: 0,
      reinvoke: false,
      clock: this.clock,
      objects: this.objects,
      kinds: this.kinds,
      authorizers: this.#authorizers,
      self: this.#self,
    };
  }
}

type HasContext = Pick<AdmissionRequest, 'context'>;

/** What hooks see of the operation and of the cluster. */
class OperationContext implements HookContext {
  readonly now: number;
  readonly random: Random;
  readonly user: UserInfo;
  readonly namespace: string | undefined;
  readonly config: ClusterConfig;
  readonly signatureProblem: HookContext['signatureProblem'];
  readonly #store: Store;

  constructor({ clock, random, config, store, signatureProblem }: WriteWorld, { user, namespace }: Operation) {
    this.now = clock.now();
    this.random = random;
    this.user = user;
    this.namespace = namespace;
    this.config = config;
    this.signatureProblem = signatureProblem;
    this.#store = store;
  }

  exists(collection: string, name: string): boolean {
    return this.#store.head.get(collection, name) !== undefined;
  }

  list(collection: string): readonly JsonObject[] {
    const found: JsonObject[] = [];
    this.#store.head.collection(collection).scan((entry) => void found.push(entry.value), '');
    return found;
  }
}

function isDryDeletion(options: JsonObject | undefined): boolean {
  const { dryRun } = options ?? {};
  return Array.isArray(dryRun) && dryRun.includes('All');
}

function noProblem(): undefined {
  return undefined;
}

/** Nobody audits the request, or nobody reads warnings. */
function unheard(): void {
  // Nothing to tell.
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
