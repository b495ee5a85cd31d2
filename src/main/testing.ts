/**
 * A whole control plane inside a test process: `await using cluster = await startCluster()`.
 *
 * The API server and the store are the real ones, in memory. With a virtual clock nothing happens until `advance`; with
 * `https` there is a real endpoint and a kubeconfig for any client.
 */
import { setImmediate } from 'node:timers/promises';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import { namespaces } from '../api/mod.ts';
import { composeServer, stamp, type ComposedServer, type InProcessClient } from '../apiserver/mod.ts';
import { seededRandom, silentLog, VirtualClock, type Clock, type Log } from '../base/mod.ts';
import { InformerCache, type Client } from '../client/mod.ts';
import { systemClock, systemRandom } from '../host/system.ts';
import type { ClusterConfig, UserInfo } from '../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../store/mod.ts';

export interface TestClusterOptions {
  /** `virtual`: time stands still until `advance`; from then on the seed decides everything. */
  readonly clock?: 'real' | 'virtual';
  readonly seed?: number;
  readonly log?: Log;
}

export const defaultConfig: ClusterConfig = { serviceCidr: '10.96.0.0/16', nodePortRange: { first: 30000, last: 32767 }, clusterDomain: 'cluster.local' };

const admin: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

export class TestCluster implements AsyncDisposable {
  readonly clock: Clock;
  readonly client: Client;
  readonly cache: InformerCache;
  readonly api: ComposedServer;
  readonly #store: LocalStore;
  readonly #virtual: VirtualClock | undefined;

  private constructor(parts: { clock: Clock; virtual: VirtualClock | undefined; api: ComposedServer; store: LocalStore; log: Log }) {
    this.clock = parts.clock;
    this.#virtual = parts.virtual;
    this.api = parts.api;
    this.#store = parts.store;
    this.client = parts.api.client(admin);
    this.cache = new InformerCache({ client: this.client, clock: parts.clock, log: parts.log });
  }

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const virtual = options.clock === 'virtual' ? new VirtualClock({ rest: async () => void (await setImmediate()) }) : undefined;
    const clock = virtual ?? systemClock;
    const random = options.seed === undefined && virtual === undefined ? systemRandom : seededRandom(options.seed ?? 1);
    const log = options.log ?? silentLog;
    const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
    const api = composeServer({ store, clock, random, log, facts, config: defaultConfig }, { authorizers: [], posts: [] });
    const cluster = new TestCluster({ clock, virtual, api, store, log });
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) await cluster.client.create(namespaces, { metadata: { name } });
    return cluster;
  }

  /** A client that acts as somebody else. */
  as(user: UserInfo): InProcessClient {
    return this.api.client(user);
  }

  /** Lets virtual time pass. */
  async advance(ms: number): Promise<void> {
    await this.#virtual?.advance(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cache[Symbol.dispose]();
    await this.#store.close();
  }
}

export function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  return TestCluster.start(options);
}
