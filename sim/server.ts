/**
 * An API server that can die. What always holds: once it is dead no call is answered and no watch goes on, and nothing
 * that it still had in hand becomes durable.
 */
import facts from '../src/api/upstream/facts.json' with { type: 'json' };
import { bootstrap, composeServer, stamp, type ComposedServer } from '../src/apiserver/mod.ts';
import { deepFreeze, HostError, type Clock, type Log, type Random } from '../src/base/mod.ts';
import type { Client, WatchOptions, WatchSink } from '../src/client/mod.ts';
import { passingTokenKeys } from '../src/host/pki/mod.ts';
import { usualConfig, type KubeObject, type Resource, type UserInfo } from '../src/machinery/mod.ts';
import { LocalStore, type Journal, type StoreLimits } from '../src/store/mod.ts';

/** One for all servers of a process: to make a key costs more than to simulate a minute. */
const tokenKeys = passingTokenKeys();

export interface SimulatedServerOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: StoreLimits;
}

export class SimulatedServer {
  readonly store: LocalStore;
  readonly api: ComposedServer;
  readonly #calls = new Set<(error: unknown) => void>();
  #dead = false;

  private constructor(store: LocalStore, api: ComposedServer) {
    this.store = store;
    this.api = api;
  }

  static async open({ journal, clock, random, log, limits }: SimulatedServerOptions): Promise<SimulatedServer> {
    // Whoever changes an object that others see too fails here.
    const frozen: typeof stamp = (value, revision) => deepFreeze(stamp(value, revision));
    const store = await LocalStore.open({ clock, limits, stamp: frozen, journal });
    const parts = { posts: [] };
    const api = composeServer({ store, clock, random, log, facts, config: usualConfig, tokenKeys }, parts);
    return new SimulatedServer(store, api);
  }

  /** Resolves when it has what every cluster has. */
  async ready(): Promise<this> {
    await bootstrap(this.api);
    return this;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Lets `user` call; rejects when the server dies before it answers. */
  call<T>(user: UserInfo, call: (client: Client) => Promise<T>): Promise<T> {
    if (this.#dead) return Promise.reject(died());
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        this.#calls.delete(fail);
        reject(error);
      };
      this.#calls.add(fail);
      call(this.api.client(user)).then((answer) => {
        if (this.#calls.delete(fail)) resolve(answer);
      }, fail);
    });
  }

  watch<T extends KubeObject>(
    user: UserInfo,
    resource: Resource<T>,
    { options, sink }: { readonly options: WatchOptions; readonly sink: WatchSink<T> },
  ): Disposable {
    let over = false;
    const end = (error: unknown): void => {
      if (over) return;
      stop();
      sink.onEnd(error);
    };
    const stop = (): void => {
      over = true;
      this.#calls.delete(end);
      inner[Symbol.dispose]();
    };
    const inner = this.api.client(user).watch(resource, options, {
      onEvents: (events, revision) => {
        if (!over) sink.onEvents(events, revision);
      },
      onEnd: end,
    });
    this.#calls.add(end);
    return { [Symbol.dispose]: stop };
  }

  die(): void {
    this.#dead = true;
    for (const fail of this.#calls) fail(died());
    // It waits for a write that never ends; what matters is that it takes no new ones.
    void this.store.close();
  }
}

function died(): HostError {
  return new HostError('ECONNRESET', 'the API server is gone');
}
