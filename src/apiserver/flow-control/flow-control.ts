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
import { isTrue, type RequestInfo } from '../http/request-info.ts';
import type { Metrics } from '../metrics.ts';
import type { Registry } from '../registry.ts';
import { selectedName } from '../server.ts';
import { allocate, bounds, type Bounds, type Shares } from './allocation.ts';
import { FairQueues, FlowRejection, type RejectReason, type Seat, type Work } from './fair-queues.ts';
import type { OpenWatches } from './open-watches.ts';
import { ruleMatches, type FlowRequest } from './matching.ts';
import { ObjectSizes } from './object-sizes.ts';
import { deal } from './shuffle-sharding.ts';
import { Usage, UsageMetrics } from './usage.ts';
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
  readonly metrics: Metrics;
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
  readonly usage: Usage;
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
  readonly #sizes: ObjectSizes;
  readonly #usageMetrics: UsageMetrics;
  readonly #usages = new Map<string, Usage>();
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
    this.#sizes = new ObjectSizes(parts.store, parts.clock);
    this.#usageMetrics = new UsageMetrics(parts.metrics, () => this.#usages.values());
    const watched = new Set([flowSchemas.collection ?? '', priorityLevelConfigurations.collection ?? '']);
    this.#configure();
    this.#subscription = parts.store.subscribe(() => this.#configure(), watched);
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
    const { schema, level, usage, distinguisher, hand } = flow;
    const work = this.#work(level, tag.info);
    const seats = Math.max(work.seats, work.finalSeats);
    usage.estimated(seats);
    const isWatch = tag.info.resource?.verb === 'watch';
    try {
      const entered = level.queues.enter({
        tag: { ...tag, schema: schema.name, distinguisher },
        hand,
        work,
        signal,
      });
      if (entered instanceof Promise) return this.#waited(flow, entered, { seats, isWatch });
      return this.#begun(flow, entered, {
        seats,
        isWatch,
        waitedSeconds: queuingOf(level) === undefined ? undefined : 0,
      });
    } catch (error) {
      if (error instanceof FlowRejection) reject(flow, error.reason, undefined);
      throw error;
    }
  }

  #begun(
    { level, usage }: Flow,
    seat: Seat,
    { seats, isWatch, waitedSeconds }: Entering & { readonly waitedSeconds: number | undefined },
  ): Seat {
    level.counts.dispatched += 1;
    usage.dispatched(seats, waitedSeconds);
    const { begunMs } = seat;
    return {
      begunMs,
      release() {
        const endedMs = seat.release();
        usage.executed(seats, (endedMs - begunMs) / 1000, isWatch);
        return endedMs;
      },
    };
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

  async #waited(flow: Flow, entered: Promise<Seat>, entering: Entering): Promise<Seat> {
    const { clock } = this.#parts;
    const { level, usage } = flow;
    const begun = clock.monotonic();
    const waited = (): number => (clock.monotonic() - begun) / 1000;
    usage.queued(entering.seats, level.queues.waiting);
    try {
      const seat = await entered.finally(() => usage.left(entering.seats));
      return this.#begun(flow, seat, { ...entering, waitedSeconds: waited() });
    } catch (error) {
      if (error instanceof FlowRejection) reject(flow, error.reason, waited());
      throw error;
    }
  }

  #work(level: LevelState, { resource, query }: RequestInfo): Work {
    if (resource === undefined || resource.verb === 'get' || resource.verb === 'deletecollection') return plainWork();
    const { verb, namespace, name } = resource;
    // Of a watch only what it begins with costs something.
    if (verb === 'watch' && !isTrue(query.get('sendInitialEvents'))) return plainWork();
    const { registry, store, watches } = this.#parts;
    const collection = registry.find(resource.group, resource.version, resource.resource)?.kind.collection;
    if (collection === undefined) return plainWork();
    const { nominal } = level.bounds;
    if (verb !== 'list' && verb !== 'watch') {
      // To issue a token changes nothing.
      if (resource.resource === 'serviceaccounts' && resource.subresource === 'token') return plainWork();
      return changeWork(watches.telling({ collection, namespace, name }), nominal);
    }
    const objects = store.current.collection(collection).size;
    const listed = {
      objects,
      bytesEach: this.#sizes.average(collection),
      limit: Number(query.get('limit') ?? 0),
      single: name !== undefined || selectedName(query.get('fieldSelector') ?? '') !== '',
      selects: query.has('labelSelector') || query.has('fieldSelector'),
      past: verb === 'list' && wantsPast(query),
    };
    return listWork(listed, nominal);
  }

  #classify(request: FlowRequest): Flow {
    const schema = this.#schemas.find(({ spec }) => (spec.rules ?? []).some((rule) => ruleMatches(rule, request)));
    // Everybody is authenticated or not, and `catch-all` names both.
    const found = schema ?? this.#schemas.at(-1);
    const level = this.#levels.get(found?.spec.priorityLevelConfiguration.name ?? '');
    assert(found !== undefined && level !== undefined, 'the mandatory schemas and levels are always there');
    const by = found.spec.distinguisherMethod?.type;
    const distinguisher = by === 'ByUser' ? request.user.username : by === 'ByNamespace' ? request.namespace : '';
    const { queues = 64, handSize = 8 } = queuingOf(level) ?? {};
    return {
      schema: found,
      level,
      usage: this.#usageOf(found.name, level.name),
      distinguisher,
      hand: level.queues.queues.length === 1 ? [0] : deal(`${found.name}|${distinguisher}`, queues, handSize),
      headers: {
        ...(found.uid === '' ? {} : { 'x-kubernetes-pf-flowschema-uid': found.uid }),
        ...(level.uid === '' ? {} : { 'x-kubernetes-pf-prioritylevel-uid': level.uid }),
      },
    };
  }

  #usageOf(schema: string, level: string): Usage {
    const key = `${schema} ${level}`;
    let usage = this.#usages.get(key);
    if (usage === undefined) this.#usages.set(key, (usage = new Usage(this.#usageMetrics, schema, level)));
    return usage;
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
      const queuing = queuingOf({ spec });
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
    // Those that are gone are forgotten, unless something of them still runs.
    for (const [key, { executing, waiting }] of this.#usages) if (executing + waiting === 0) this.#usages.delete(key);
    this.#schemas = this.#objects<FlowSchema>(flowSchemas, mandatoryFlowSchemas)
      .filter(({ spec }) => levels.has(spec.priorityLevelConfiguration.name))
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

type Limited = NonNullable<PriorityLevelConfigurationSpec['limited']>;
type Queuing = NonNullable<NonNullable<Limited['limitResponse']>['queuing']>;

interface Entering {
  readonly seats: number;
  readonly isWatch: boolean;
}

/** How requests wait; undefined where none do. */
function queuingOf({ spec }: Pick<LevelState, 'spec'>): DeepReadonly<Queuing> | undefined {
  const { limitResponse } = spec.limited ?? {};
  return limitResponse?.type === 'Queue' ? (limitResponse.queuing ?? {}) : undefined;
}

/** Whether a list asks for a state that is over, or for the rest of one, which upstream's cache may not have. */
function wantsPast(query: URLSearchParams): boolean {
  const [match, version] = [query.get('resourceVersionMatch') ?? '', query.get('resourceVersion') ?? ''];
  if (match !== '') return match === 'Exact';
  if ((query.get('continue') ?? '') !== '') return true;
  return Number(query.get('limit') ?? 0) > 0 && version !== '' && version !== '0';
}

function reject({ usage, level }: Flow, reason: RejectReason, waitedSeconds: number | undefined): void {
  usage.rejected(reason, waitedSeconds);
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
