/**
 * A whole control plane inside a test process: `await using cluster = await startCluster()`.
 *
 * The API server and the store are the real ones, in memory. With a virtual clock nothing happens until `advance`; with
 * `https` there is a real endpoint on loopback and a kubeconfig for any client.
 */
import { setImmediate } from 'node:timers/promises';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import { namespaces } from '../api/mod.ts';
import { composeServer, stamp, type ComposedServer, type InProcessClient } from '../apiserver/mod.ts';
import { HostError, seededRandom, silentLog, VirtualClock, type Clock, type Log } from '../base/mod.ts';
import { InformerCache, type Client } from '../client/mod.ts';
import { systemClock, systemRandom } from '../host/system.ts';
import type { ClusterConfig, UserInfo } from '../machinery/mod.ts';
import { defaultLimits, LocalStore, type Store, type StoreLimits } from '../store/mod.ts';
import type { TestEndpoint } from './testing-endpoint.ts';

export interface TestClusterOptions {
  /** `virtual`: time stands still until `advance`; from then on the seed decides everything. */
  readonly clock?: 'real' | 'virtual';
  readonly seed?: number;
  readonly log?: Log;
  /** Serves HTTPS on a free port of the loopback, with keys that live as long as the cluster. */
  readonly https?: boolean;
  /** How much history is kept, for tests of what happens when it is gone. */
  readonly history?: Partial<StoreLimits>;
}

export const defaultConfig: ClusterConfig = {
  serviceCidr: '10.96.0.0/16',
  nodePortRange: { first: 30000, last: 32767 },
  clusterDomain: 'cluster.local',
};

const admin: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

interface TestClusterParts {
  readonly clock: Clock;
  readonly virtual: VirtualClock | undefined;
  readonly api: ComposedServer;
  readonly store: LocalStore;
  readonly log: Log;
  readonly endpoint: TestEndpoint | undefined;
}

export class TestCluster implements AsyncDisposable {
  readonly clock: Clock;
  readonly client: Client;
  readonly cache: InformerCache;
  readonly api: ComposedServer;
  readonly store: Store;
  readonly #virtual: VirtualClock | undefined;
  readonly #endpoint: TestEndpoint | undefined;

  private constructor({ clock, virtual, api, store, log, endpoint }: TestClusterParts) {
    this.clock = clock;
    this.#virtual = virtual;
    this.api = api;
    this.store = store;
    this.#endpoint = endpoint;
    this.client = api.client(admin);
    this.cache = new InformerCache({ client: this.client, clock, log });
  }

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const rest = async (): Promise<void> => await setImmediate();
    const virtual = options.clock === 'virtual' ? new VirtualClock({ rest }) : undefined;
    const clock = virtual ?? systemClock;
    const random = options.seed === undefined && virtual === undefined ? systemRandom : seededRandom(options.seed ?? 1);
    const log = options.log ?? silentLog;
    const store = await LocalStore.open({ clock, limits: { ...defaultLimits, ...options.history }, stamp });
    const world = { store, clock, random, log, config: defaultConfig };
    // Who needs no endpoint does not wait for TLS and HTTP to be loaded.
    const endpoint =
      options.https === true ? await (await import('./testing-endpoint.ts')).TestEndpoint.start(world) : undefined;
    const api = endpoint?.api ?? composeServer({ ...world, facts }, { authorizers: [], posts: [] });
    const cluster = new TestCluster({ clock, virtual, api, store, log, endpoint });
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
      await cluster.client.create(namespaces, { metadata: { name } });
    return cluster;
  }

  /** A client in this process that acts as somebody else. */
  as(user: UserInfo): InProcessClient {
    return this.api.client(user);
  }

  /** The HTTPS endpoint. Throws HostError for a cluster that was started without `https`. */
  get endpoint(): TestEndpoint {
    if (this.#endpoint === undefined)
      throw new HostError('NoEndpoint', 'this cluster has no HTTPS endpoint: start it with { https: true }');
    return this.#endpoint;
  }

  /** The text of a kubeconfig that makes its user an administrator. */
  kubeconfig(): string {
    return this.endpoint.kubeconfig();
  }

  /** Lets virtual time pass. */
  async advance(ms: number): Promise<void> {
    await this.#virtual?.advance(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cache[Symbol.dispose]();
    await this.#endpoint?.[Symbol.asyncDispose]();
    await this.store.close();
  }
}

export function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  return TestCluster.start(options);
}
