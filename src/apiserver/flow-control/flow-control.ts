/**
 * API priority and fairness: each request is of the first FlowSchema that it matches, takes seats of that schema's priority
 * level, and waits fairly for its turn or is refused when the level is busy.
 *
 * What always holds: the seats in use by all limited levels stay within the server's total, but for what rounding adds; the
 * objects `exempt` and `catch-all` are there even when the store holds none. Which schema a request is of is remembered by user
 * and the shape of the request, until an object changes.
 */
import { assert, type Clock, type DeepReadonly } from '../../base/mod.ts';
import {
  flowSchemas,
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
  priorityLevelConfigurations,
  type FlowSchema,
  type FlowSchemaSpec,
  type PriorityLevelConfiguration,
  type PriorityLevelConfigurationSpec,
} from '../../api/mod.ts';
import type { Kind, UserInfo } from '../../machinery/mod.ts';
import type { Store } from '../../store/mod.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { Registry } from '../registry.ts';
import { allocate, bounds, type Bounds, type Shares } from './allocation.ts';
import { FairQueues, FlowRejection, type RejectReason, type Seat, type Work } from './fair-queues.ts';
import type { OpenWatches } from './open-watches.ts';
import { ruleMatches, type FlowRequest } from './matching.ts';
import { deal } from './shuffle-sharding.ts';
import { changeWork, listWork, plainWork } from './work.ts';

export interface FlowControlParts {
  readonly store: Store;
  readonly clock: Clock;
  /** All seats together: upstream's `--max-requests-inflight` and `--max-mutating-requests-inflight`. */
  readonly seats: number;
  /** How long a request may wait for a seat. */
  readonly waitMaxMs: number;
  readonly registry: Registry;
  readonly watches: OpenWatches;
}

/** What a request that waits is shown by. */
export interface FlowTag {
  readonly schema: string;
  readonly distinguisher: string;
  readonly user: string;
  readonly info: RequestInfo;
  readonly method: string;
}

export interface SchemaState {
  readonly name: string;
  readonly uid: string;
  readonly spec: DeepReadonly<FlowSchemaSpec>;
  dispatched: number;
  readonly rejected: Map<RejectReason, number>;
  waitSeconds: number;
}

export interface LevelState {
  readonly name: string;
  readonly uid: string;
  readonly spec: DeepReadonly<PriorityLevelConfigurationSpec>;
  readonly queues: FairQueues<FlowTag>;
  bounds: Bounds;
  readonly counts: { dispatched: number; rejected: number; timedOut: number; cancelled: number };
}

/** All requests that take the same turns. */
export interface Flow {
  readonly schema: SchemaState;
  readonly level: LevelState;
  readonly distinguisher: string;
  readonly hand: readonly number[];
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

const borrowingPeriodMs = 10_000;
/** Shapes of requests that are remembered for one user; namespaces make them many. */
const shapesMax = 1_000;
const usersMax = 1_000;
const queueSizesOfNone = { queues: 0, handSize: 1, queueLengthMax: 0 };

export class FlowControl implements Disposable {
  readonly #parts: FlowControlParts;
  readonly #subscription: Disposable;
  #levels: ReadonlyMap<string, LevelState> = new Map();
  #schemas: readonly SchemaState[] = [];
  /** Levels that are gone or have other queues now, while requests of theirs run or wait. */
  #quiescing: LevelState[] = [];
  #known = new WeakMap<UserInfo, Map<string, Flow>>();
  /** The same by who it is: a token's user may be another object for every request. */
  readonly #knownUsers = new Map<string, Map<string, Flow>>();
  #timer: Disposable | undefined;

  constructor(parts: FlowControlParts) {
    this.#parts = parts;
    const watched = new Set([flowSchemas.collection, priorityLevelConfigurations.collection]);
    this.#configure();
    this.#subscription = parts.store.subscribe((events) => {
      if (events.some(({ entry }) => watched.has(entry.collection))) this.#configure();
    });
    this.#arm();
  }

  get levels(): readonly LevelState[] {
    return [...this.#levels.values(), ...this.#quiescing];
  }
  get schemas(): readonly SchemaState[] {
    return this.#schemas;
  }
  isQuiescing(level: LevelState): boolean {
    return this.#quiescing.includes(level);
  }

  /** Which flow a request is of. */
  flowOf(user: UserInfo, method: string, info: RequestInfo): Flow {
    const { resource, path } = info;
    const shape =
      resource === undefined
        ? `${method} ${path}`
        : `${resource.verb} ${resource.group} ${resource.resource} ${resource.subresource ?? ''} ${resource.namespace ?? (resource.resource === 'namespaces' ? (resource.name ?? '') : '')}`;
    let known = this.#known.get(user);
    if (known === undefined) this.#known.set(user, (known = this.#knownAs(user)));
    let flow = known.get(shape);
    if (flow === undefined) {
      if (known.size >= shapesMax) known.clear();
      known.set(shape, (flow = this.#classify(requestOf(user, method, info))));
    }
    return flow;
  }

  /** Takes seats for a request; a promise only if it must wait. Throws, or rejects with, FlowRejection. */
  enter(flow: Flow, tag: Omit<FlowTag, 'schema' | 'distinguisher'>, signal: () => AbortSignal): Seat | Promise<Seat> {
    const { schema, level, distinguisher, hand } = flow;
    const work = this.#work(level, tag.info);
    try {
      const entered = level.queues.enter({
        tag: { ...tag, schema: schema.name, distinguisher },
        hand,
        work,
        signal,
      });
      if (!(entered instanceof Promise)) {
        schema.dispatched += 1;
        level.counts.dispatched += 1;
        return entered;
      }
      return this.#waited(flow, entered);
    } catch (error) {
      if (error instanceof FlowRejection) reject(flow, error.reason);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
  }

  #knownAs({ username, groups }: UserInfo): Map<string, Flow> {
    const identity = [username, ...groups].join('\n');
    let known = this.#knownUsers.get(identity);
    if (known === undefined) {
      if (this.#knownUsers.size >= usersMax) this.#knownUsers.clear();
      this.#knownUsers.set(identity, (known = new Map()));
    }
    return known;
  }

  async #waited(flow: Flow, entered: Promise<Seat>): Promise<Seat> {
    const { clock } = this.#parts;
    const begun = clock.monotonic();
    try {
      const seat = await entered;
      flow.schema.dispatched += 1;
      flow.level.counts.dispatched += 1;
      return seat;
    } catch (error) {
      if (error instanceof FlowRejection) reject(flow, error.reason);
      throw error;
    } finally {
      flow.schema.waitSeconds += (clock.monotonic() - begun) / 1000;
    }
  }

  #work(level: LevelState, { resource, query }: RequestInfo): Work {
    if (resource === undefined || resource.verb === 'get') return plainWork();
    const { registry, store, watches } = this.#parts;
    const collection = registry.find(resource.group, resource.version, resource.resource)?.kind.collection;
    if (collection === undefined) return plainWork();
    const { nominal } = level.bounds;
    if (resource.verb !== 'list' && resource.verb !== 'watch')
      return resource.subresource !== undefined || resource.verb === 'deletecollection'
        ? plainWork()
        : changeWork(watches.on(collection).size, nominal);
    const all = store.current.collection(collection).size;
    const limit = Number(query.get('limit') ?? 0);
    const selects = query.has('labelSelector') || query.has('fieldSelector');
    // A selection looks at more than it finds; how many are in a namespace is not worth counting.
    return listWork(limit > 0 && !selects ? Math.min(limit, all) : all, nominal);
  }

  #classify(request: FlowRequest): Flow {
    const schema = this.#schemas.find(({ spec }) => (spec.rules ?? []).some((rule) => ruleMatches(rule, request)));
    // Everybody is authenticated or not, and `catch-all` names both.
    const found = schema ?? this.#schemas.at(-1);
    const level = this.#levels.get(found?.spec.priorityLevelConfiguration.name ?? '');
    assert(found !== undefined && level !== undefined, 'the mandatory schemas and levels are always there');
    const by = found.spec.distinguisherMethod?.type;
    const distinguisher = by === 'ByUser' ? request.user.username : by === 'ByNamespace' ? request.namespace : '';
    const { queues = 64, handSize = 8 } = level.spec.limited?.limitResponse?.queuing ?? {};
    return {
      schema: found,
      level,
      distinguisher,
      hand: level.queues.queues.length === 1 ? [0] : deal(`${found.name}|${distinguisher}`, queues, handSize),
      headers: {
        ...(found.uid === '' ? {} : { 'x-kubernetes-pf-flowschema-uid': found.uid }),
        ...(level.uid === '' ? {} : { 'x-kubernetes-pf-prioritylevel-uid': level.uid }),
      },
    };
  }

  /** Takes over the objects as they are now. */
  #configure(): void {
    this.#known = new WeakMap();
    this.#knownUsers.clear();
    const before = this.#levels;
    const levels = new Map<string, LevelState>();
    const { clock, waitMaxMs } = this.#parts;
    for (const { name, uid, spec } of this.#objects<PriorityLevelConfiguration>(
      priorityLevelConfigurations,
      mandatoryPriorityLevels,
    )) {
      const old = before.get(name);
      const queuing =
        spec.limited?.limitResponse?.type === 'Queue' ? (spec.limited.limitResponse.queuing ?? {}) : undefined;
      const shape =
        queuing === undefined
          ? queueSizesOfNone
          : {
              queues: queuing.queues ?? 64,
              handSize: queuing.handSize ?? 8,
              queueLengthMax: queuing.queueLengthLimit ?? 50,
            };
      const same = old !== undefined && old.queues.hasShape(shape);
      if (old !== undefined && !same) this.#quiescing.push(old);
      levels.set(name, {
        name,
        uid,
        spec,
        queues: same ? old.queues : new FairQueues(clock, shape, { limit: 0, waitMaxMs }),
        bounds: { nominal: 0, min: 0, max: 0 },
        counts: old?.counts ?? { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 },
      });
    }
    for (const old of before.values()) if (!levels.has(old.name)) this.#quiescing.push(old);
    this.#levels = levels;
    this.#setBounds();
    this.#configureSchemas(levels);
  }

  #configureSchemas(levels: ReadonlyMap<string, LevelState>): void {
    const known = new Map(this.#schemas.map((schema) => [schema.name, schema]));
    this.#schemas = this.#objects<FlowSchema>(flowSchemas, mandatoryFlowSchemas)
      .filter(({ spec }) => levels.has(spec.priorityLevelConfiguration.name))
      .map(({ name, uid, spec }) => {
        const { dispatched, rejected, waitSeconds } = known.get(name) ?? {
          dispatched: 0,
          rejected: new Map<RejectReason, number>(),
          waitSeconds: 0,
        };
        return { name, uid, spec, dispatched, rejected, waitSeconds };
      })
      .sort(
        (a, b) =>
          (a.spec.matchingPrecedence ?? 1000) - (b.spec.matchingPrecedence ?? 1000) || (a.name < b.name ? -1 : 1),
      );
  }

  /** Those of the store, and those that must be there. */
  #objects<T extends FlowSchema | PriorityLevelConfiguration>(
    kind: Kind<T>,
    mandatory: Readonly<Record<string, DeepReadonly<NonNullable<T['spec']>>>>,
  ): { readonly name: string; readonly uid: string; readonly spec: DeepReadonly<NonNullable<T['spec']>> }[] {
    const found = new Map(Object.entries(mandatory).map(([name, spec]) => [name, { name, uid: '', spec }]));
    this.#parts.store.current.collection(kind.collection ?? '').scan((entry) => {
      const { metadata, spec } = entry.value as unknown as DeepReadonly<T>;
      const name = metadata.name ?? '';
      if (spec !== undefined)
        found.set(name, { name, uid: metadata.uid ?? '', spec: spec as DeepReadonly<NonNullable<T['spec']>> });
    });
    return [...found.values()];
  }

  #setBounds(): void {
    const levels = [...this.#levels.values()];
    const all = bounds(
      this.#parts.seats,
      levels.map(({ spec }) => sharesOf(spec)),
    );
    for (const [i, level] of levels.entries()) {
      level.bounds = all[i] ?? level.bounds;
      level.queues.limit = level.spec.type === 'Exempt' ? Infinity : level.bounds.nominal;
    }
  }

  #arm(): void {
    this.#timer = this.#parts.clock.after(borrowingPeriodMs, () => {
      this.borrow();
      this.#arm();
    });
  }

  /** Lends what was not used to those who had use for it. */
  borrow(): void {
    const now = this.#parts.clock.monotonic();
    this.#quiescing = this.#quiescing.filter(({ queues }) => queues.executing + queues.waiting > 0);
    const demands = [...this.#levels.values()].map((level) => ({ level, demand: level.queues.demand.period(now) }));
    const exempt = demands
      .filter(({ level }) => level.spec.type === 'Exempt')
      .reduce((sum, { level, demand }) => sum + Math.max(level.bounds.min, demand.smooth), 0);
    const limited = demands.filter(({ level }) => level.spec.type !== 'Exempt');
    const seats = limited.reduce((sum, { level }) => sum + level.bounds.nominal, 0);
    const limits = allocate(
      Math.max(0, Math.min(seats, this.#parts.seats - exempt)),
      limited.map(({ level, demand }) => ({ ...level.bounds, ...demand })),
    );
    for (const [i, { level }] of limited.entries()) level.queues.limit = limits[i] ?? level.bounds.nominal;
  }
}

function reject({ schema, level }: Flow, reason: RejectReason): void {
  schema.rejected.set(reason, (schema.rejected.get(reason) ?? 0) + 1);
  if (reason === 'time-out') level.counts.timedOut += 1;
  else if (reason === 'cancelled') level.counts.cancelled += 1;
  else level.counts.rejected += 1;
}

function sharesOf({ type, limited, exempt }: DeepReadonly<PriorityLevelConfigurationSpec>): Shares {
  if (type === 'Exempt')
    return {
      shares: exempt?.nominalConcurrencyShares ?? 0,
      lendablePercent: exempt?.lendablePercent ?? 0,
      borrowingLimitPercent: undefined,
    };
  return {
    shares: limited?.nominalConcurrencyShares ?? 30,
    lendablePercent: limited?.lendablePercent ?? 0,
    borrowingLimitPercent: limited?.borrowingLimitPercent,
  };
}

function requestOf(user: UserInfo, method: string, { resource, path }: RequestInfo): FlowRequest {
  if (resource === undefined) return { user, verb: method.toLowerCase(), resource: undefined, namespace: '', path };
  const { verb, group, subresource = '', name = '' } = resource;
  // What is done to a namespace is done in it.
  const namespace = resource.namespace ?? (group === '' && resource.resource === 'namespaces' ? name : '');
  return { user, verb, resource: { group, resource: resource.resource, subresource }, namespace, path };
}
