/**
 * A client over a network in which everything goes wrong that can: requests and answers are late or lost, servers are
 * overloaded, watches lag, break and expire, and a component may be cut off altogether. The seed decides; `calm` ends it.
 *
 * What always holds: events of one watch come in order and without gaps; after `close` nothing is sent and nothing heard.
 */
import { HostError, sleep, type Clock, type DeepReadonly, type JsonObject, type Random } from '../src/base/mod.ts';
import type {
  Client,
  DeleteOptions,
  List,
  ListOptions,
  ObjectKey,
  Patch,
  WatchOptions,
  WatchSink,
  WriteOptions,
} from '../src/client/mod.ts';
import { ApiError, type KubeObject, type Resource, type UserInfo } from '../src/machinery/mod.ts';
import type { SimulatedServer } from './server.ts';

export interface Rates {
  readonly latencyMsMax: number;
  readonly lagMsMax: number;
  /** Shares of requests: those that never arrive, those whose answer is lost, those that the server turns away. */
  readonly lost: number;
  readonly unanswered: number;
  readonly refused: number;
  /** Shares of watch deliveries after which the watch breaks, or has expired. */
  readonly broken: number;
  readonly expired: number;
}

export const calmRates: Rates = {
  latencyMsMax: 2,
  lagMsMax: 2,
  lost: 0,
  unanswered: 0,
  refused: 0,
  broken: 0,
  expired: 0,
};

/** Hears what a watch delivers, to hold it against what was stored. */
export interface WatchWitness {
  watching(resource: Resource, options: WatchOptions): (key: DeepReadonly<KubeObject>, deleted: boolean) => void;
}

export interface SimulatedNetwork {
  readonly clock: Clock;
  readonly random: Random;
  readonly witness: WatchWitness;
  /** The server that answers now. */
  server(): Pick<SimulatedServer, 'call' | 'watch'> | undefined;
  rates: Rates;
  /** Names of those who are cut off. */
  readonly cutOff: Set<string>;
}

const timeoutMs = 10_000;

export class FaultyClient implements Client {
  readonly #network: SimulatedNetwork;
  readonly #name: string;
  readonly #user: UserInfo;
  readonly #watches = new Set<Disposable>();
  #closed = false;

  /** `name` is the machine or program that a partition cuts off; one name may have several clients. */
  constructor(network: SimulatedNetwork, name: string, user: UserInfo) {
    this.#network = network;
    this.#name = name;
    this.#user = user;
  }

  get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: { readonly subresource?: string },
  ): Promise<DeepReadonly<T>> {
    return this.#call((client) => client.get(resource, key, options));
  }
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<List<T>> {
    return this.#call((client) => client.list(resource, options));
  }
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<DeepReadonly<T>> {
    return this.#call((client) => client.create(resource, object, options));
  }
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<T>,
    options?: WriteOptions,
  ): Promise<DeepReadonly<T>> {
    const conflict = (): ApiError => ApiError.modified(resource, object.metadata?.name ?? '');
    return this.#call((client) => client.update(resource, object, options), conflict);
  }
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<DeepReadonly<T>> {
    return this.#call((client) => client.patch(resource, key, patch, options));
  }
  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<DeepReadonly<T> | undefined> {
    return this.#call((client) => client.delete(resource, key, options));
  }
  deleteCollection<T extends KubeObject>(resource: Resource<T>, options?: ListOptions & DeleteOptions): Promise<void> {
    return this.#call((client) => client.deleteCollection(resource, options));
  }
  raw(method: string, path: string, body?: JsonObject): Promise<unknown> {
    return this.#call((client) => client.raw(method, path, body));
  }

  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions, sink: WatchSink<T>): Disposable {
    const { clock, random, witness } = this.#network;
    const saw = witness.watching(resource, options);
    let dueMs = clock.monotonic();
    let over = false;
    let inner: Disposable | undefined;
    const stop = (): void => {
      over = true;
      inner?.[Symbol.dispose]();
      this.#watches.delete(handle);
    };
    const end = (error: unknown): void => {
      if (over) return;
      stop();
      sink.onEnd(error);
    };
    // Whatever order the timers fire in, the first that fires tells what came first.
    const waiting: (() => void)[] = [];
    const later = (what: () => void): void => {
      waiting.push(what);
      dueMs = Math.max(dueMs, clock.monotonic() + random.next() * this.#network.rates.lagMsMax);
      clock.after(dueMs - clock.monotonic(), () => {
        const next = waiting.shift();
        if (over) return;
        if (this.#isCutOff) return end(unreachable());
        next?.();
      });
    };
    const onEvents: WatchSink<T>['onEvents'] = (events, revision) => {
      for (const { type, object } of events) saw(object, type === 'DELETED');
      sink.onEvents(events, revision);
      const { broken, expired } = this.#network.rates;
      const luck = random.next();
      if (luck < broken) end(new HostError('ECONNRESET', 'the connection broke'));
      else if (luck < broken + expired) end(ApiError.expired('too old resource version'));
    };
    const handle = { [Symbol.dispose]: stop };
    this.#watches.add(handle);
    later(() => {
      const server = this.#network.server();
      if (server === undefined) return end(unreachable());
      inner = server.watch(this.#user, resource, {
        options,
        sink: {
          onEvents: (events, revision) => later(() => onEvents(events, revision)),
          onEnd: (error) => later(() => end(error)),
        },
      });
      if (over) inner[Symbol.dispose]();
    });
    return handle;
  }

  /** As when the program is killed: what is on its way never arrives. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  get #isCutOff(): boolean {
    return this.#network.cutOff.has(this.#name);
  }

  async #call<T>(call: (client: Client) => Promise<T>, conflict?: () => ApiError): Promise<T> {
    const { clock, random, rates } = this.#network;
    await this.#travel();
    const luck = random.next();
    if (luck < rates.lost) {
      await sleep(clock, random.next() * timeoutMs);
      throw new HostError('ETIMEDOUT', 'the request never arrived');
    }
    if (luck < rates.lost + rates.refused) throw refusal(random, conflict);
    const server = this.#network.server();
    if (server === undefined) throw unreachable();
    const answer = await server.call(this.#user, call);
    await this.#travel();
    if (luck > 1 - rates.unanswered) {
      await sleep(clock, random.next() * timeoutMs);
      throw new HostError('ETIMEDOUT', 'the answer was lost');
    }
    return answer;
  }

  async #travel(): Promise<void> {
    const { clock, random, rates } = this.#network;
    if (!this.#closed) await sleep(clock, random.next() * rates.latencyMsMax);
    if (this.#closed) throw new HostError('ECONNABORTED', 'the program was killed');
    if (!this.#isCutOff) return;
    await sleep(clock, timeoutMs);
    throw unreachable();
  }
}

function unreachable(): HostError {
  return new HostError('ECONNREFUSED', 'the API server cannot be reached');
}

function refusal(random: Random, conflict: (() => ApiError) | undefined): ApiError {
  const refusals = [
    () =>
      new ApiError('TooManyRequests', 'the server has received too many requests and has asked us to try again later'),
    () => new ApiError('InternalError', 'Internal error occurred: simulated'),
    () => new ApiError('ServiceUnavailable', 'the server is currently unable to handle the request'),
    () => new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout'),
    ...(conflict === undefined ? [] : [conflict]),
  ];
  return (refusals[Math.floor(random.next() * refusals.length)] as () => ApiError)();
}
