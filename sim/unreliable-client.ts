/**
 * A client over a bad connection: answers take their time, some writes never arrive, of some only the answer is lost, and
 * watches lag behind. Everything is decided by the seed.
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
import type { KubeObject, Resource } from '../src/machinery/mod.ts';

export interface UnreliableOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly latencyMsMax?: number;
  readonly lagMsMax?: number;
  /** Shares of writes: those that never arrive, and those whose answer is lost. */
  readonly lost?: number;
  readonly unanswered?: number;
}

export class UnreliableClient implements Client {
  readonly #options: Required<UnreliableOptions>;
  /** From then on the connection is good. */
  healed = false;

  constructor(options: UnreliableOptions) {
    this.#options = { latencyMsMax: 20, lagMsMax: 200, lost: 0.05, unanswered: 0.05, ...options };
  }

  get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: { readonly subresource?: string },
  ): Promise<DeepReadonly<T>> {
    return this.#call(() => this.#options.client.get(resource, key, options));
  }
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<List<T>> {
    return this.#call(() => this.#options.client.list(resource, options));
  }
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<DeepReadonly<T>> {
    return this.#call(() => this.#options.client.create(resource, object, options));
  }
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<T>,
    options?: WriteOptions,
  ): Promise<DeepReadonly<T>> {
    return this.#call(() => this.#options.client.update(resource, object, options));
  }
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<DeepReadonly<T>> {
    return this.#call(() => this.#options.client.patch(resource, key, patch, options));
  }
  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<DeepReadonly<T> | undefined> {
    return this.#call(() => this.#options.client.delete(resource, key, options));
  }
  deleteCollection<T extends KubeObject>(resource: Resource<T>, options?: ListOptions & DeleteOptions): Promise<void> {
    return this.#call(() => this.#options.client.deleteCollection(resource, options));
  }
  raw(method: string, path: string, body?: JsonObject): Promise<unknown> {
    return this.#call(() => this.#options.client.raw(method, path, body));
  }

  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions, sink: WatchSink<T>): Disposable {
    const { client, clock, random, lagMsMax } = this.#options;
    let dueMs = clock.monotonic();
    let over = false;
    // Whatever order the timers fire in, the first that fires tells what came first.
    const waiting: (() => void)[] = [];
    const later = (what: () => void): void => {
      waiting.push(what);
      dueMs = Math.max(dueMs, clock.monotonic() + (this.healed ? 0 : random.next() * lagMsMax));
      clock.after(dueMs - clock.monotonic(), () => {
        const next = waiting.shift();
        if (!over) next?.();
      });
    };
    const watch = client.watch(resource, options, {
      onEvents: (events, revision) => later(() => sink.onEvents(events, revision)),
      onEnd: (error) => later(() => sink.onEnd(error)),
    });
    return {
      [Symbol.dispose]() {
        over = true;
        watch[Symbol.dispose]();
      },
    };
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    const { clock, random, latencyMsMax, lost, unanswered } = this.#options;
    if (this.healed) return call();
    await sleep(clock, random.next() * latencyMsMax);
    const luck = random.next();
    if (luck < lost) throw new HostError('Unreachable', 'the request never arrived');
    const answer = await call();
    await sleep(clock, random.next() * latencyMsMax);
    if (luck < lost + unanswered) throw new HostError('Unreachable', 'the answer was lost');
    return answer;
  }
}
