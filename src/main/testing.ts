/**
 * A whole control plane inside a test process: `await using cluster = await startCluster()`.
 *
 * The API server and the store are the real ones, in memory. With a virtual clock nothing happens until `advance`; with
 * `https` there is a real endpoint on loopback and a kubeconfig for any client.
 */
import { setImmediate } from 'node:timers/promises';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import {
  bootstrap,
  composeServer,
  keepServer,
  signKeptToken,
  stamp,
  type ComposedServer,
  type InProcessClient,
} from '../apiserver/mod.ts';
import {
  deepFreeze,
  HostError,
  seededRandom,
  silentLog,
  VirtualClock,
  type Clock,
  type Log,
  type Random,
} from '../base/mod.ts';
import { EventRecorder, InformerCache, type Client } from '../client/mod.ts';
import { controllerUser, startControllers } from '../controllers/mod.ts';
import { passingTokenKeys, signatureProblem } from '../host/pki/mod.ts';
import type { Route } from '../host/http/mod.ts';
import { systemClock, systemRandom } from '../host/system.ts';
import type { Behaviour } from '../kubelet/mod.ts';
import { usualConfig, type UserInfo } from '../machinery/mod.ts';
import { Scheduler } from '../scheduler/mod.ts';
import { defaultLimits, LocalStore, type Store, type StoreLimits } from '../store/mod.ts';
import { clusterAddresses, usualNetworks } from './networks.ts';
import { SimulatedNode } from './simulated-node.ts';
import type { TestEndpoint } from './testing-endpoint.ts';
import { LateWebClients } from './web-clients.ts';

export interface TestClusterOptions {
  /** `virtual`: time stands still until `advance`; from then on the seed decides everything. */
  readonly clock?: 'real' | 'virtual';
  readonly seed?: number;
  readonly log?: Log;
  /** Serves HTTPS on a free port of the loopback, with keys that live as long as the cluster. */
  readonly https?: boolean;
  /** Upstream's flags for authentication and authorization, e.g. `authorization-mode`; with `https`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Nodes without containers; 1 unless said otherwise. They are called node-0, node-1, ... */
  readonly nodes?: number;
  /** How containers on them behave, unless an annotation of their pod says otherwise. */
  readonly behaviour?: Partial<Behaviour>;
  /** Serves the versions that upstream has dropped too: `extensions/v1beta1`, `batch/v2alpha1`, … */
  readonly legacyApis?: boolean;
  /** How much history is kept, for tests of what happens when it is gone. */
  readonly history?: Partial<StoreLimits>;
  /** Where connections to pods and extension API servers go; with `https`. */
  readonly route?: Route;
}

/** Where the API server says that it is: nowhere, because Endpoints cannot name the loopback, on which it really is. */
const advertisedAddress = '192.0.2.1';

/** What these plugins ask for or add, only controllers provide and take away again. */
const withoutControllers = [
  'ServiceAccount',
  'TaintNodesByCondition',
  'StorageObjectInUseProtection',
  'PodGroupProtection',
];

const admin: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

interface HostWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface TestClusterParts {
  readonly clock: Clock;
  readonly virtual: VirtualClock | undefined;
  readonly api: ComposedServer;
  readonly store: LocalStore;
  readonly log: Log;
  readonly endpoint: TestEndpoint | undefined;
  readonly webClients: LateWebClients;
}

export class TestCluster implements AsyncDisposable {
  readonly clock: Clock;
  readonly client: Client;
  readonly cache: InformerCache;
  readonly api: ComposedServer;
  readonly store: Store;
  readonly nodes: SimulatedNode[] = [];
  readonly #stack = new AsyncDisposableStack();
  readonly #virtual: VirtualClock | undefined;
  readonly #endpoint: TestEndpoint | undefined;
  readonly #webClients: LateWebClients;

  private constructor({ clock, virtual, api, store, log, endpoint, webClients }: TestClusterParts) {
    this.clock = clock;
    this.#virtual = virtual;
    this.api = api;
    this.store = store;
    this.#endpoint = endpoint;
    this.#webClients = webClients;
    this.client = api.client(admin);
    this.cache = new InformerCache({ client: api.clientOfAll(admin), clock, log });
  }

  /** With `components`: controllers, a scheduler and nodes beside the API server. */
  static async start(options: TestClusterOptions, components: boolean): Promise<TestCluster> {
    const rest = async (): Promise<void> => await setImmediate();
    const virtual = options.clock === 'virtual' ? new VirtualClock({ rest }) : undefined;
    const clock = virtual ?? systemClock;
    const random = options.seed === undefined && virtual === undefined ? systemRandom : seededRandom(options.seed ?? 1);
    const log = options.log ?? silentLog;
    // Whoever changes an object that others see too fails here.
    const frozen: typeof stamp = (value, revision) => deepFreeze(stamp(value, revision));
    const store = await LocalStore.open({ clock, limits: { ...defaultLimits, ...options.history }, stamp: frozen });
    const admission = { disabled: components ? [] : withoutControllers };
    const runsHere = (): boolean => components;
    const { legacyApis, route } = options;
    const world = { store, clock, random, log, config: usualConfig, admission, runsHere, legacyApis, route };
    // Who needs no endpoint does not wait for TLS and HTTP to be loaded.
    const endpoint =
      options.https === true
        ? await (await import('./testing-endpoint.ts')).TestEndpoint.start(world, options.flags ?? {})
        : undefined;
    const webClients = new LateWebClients();
    const api =
      endpoint?.api ??
      composeServer(
        {
          ...world,
          facts,
          apis: { legacy: legacyApis === true },
          tokenKeys: passingTokenKeys(),
          signatureProblem,
          webClients,
        },
        { posts: [], admission, runsHere },
      );
    const cluster = new TestCluster({ clock, virtual, api, store, log, endpoint, webClients });
    const server = {
      address: advertisedAddress,
      port: endpoint?.port ?? 6443,
      serviceIp: clusterAddresses(usualNetworks).serviceIp,
    };
    await bootstrap(api, { server });
    cluster.#stack.use(keepServer(api, server));
    if (components) await cluster.#startComponents({ clock, random, log }, options);
    return cluster;
  }

  async #startComponents(
    { clock, random, log }: HostWorld,
    { nodes = 1, behaviour }: TestClusterOptions,
  ): Promise<void> {
    const { api, cache } = this;
    const { resources } = api;
    // Without an endpoint there is no certificate to trust; pods wait for the ConfigMap all the same.
    const rootCa = this.#endpoint?.ca ?? 'none';
    const clientFor = (account: string): Client => api.clientOfAll(controllerUser(account));
    const { tokens } = api;
    const signing = {
      ...(this.#endpoint === undefined ? {} : { certificates: this.#endpoint.authority }),
      ...(tokens === undefined
        ? {}
        : { signKeptToken: (claims: Parameters<typeof signKeptToken>[1]) => signKeptToken(tokens.keys, claims) }),
    };
    this.#stack.use(await startControllers({ clientFor, cache, resources, clock, log }, { rootCa, ...signing }));
    const client = this.as({ username: 'system:kube-scheduler', groups: ['system:authenticated'] });
    const events = new EventRecorder({ client, clock, log }, { component: 'default-scheduler' });
    this.#stack.use(await new Scheduler({ client, cache, events, clock, log }).start());
    for (let index = 0; index < nodes; index++) {
      const name = `node-${index}`;
      const own = this.as({ username: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] });
      const node = new SimulatedNode({
        name,
        index,
        client: own,
        clock,
        random,
        log,
        clusterDomain: usualConfig.clusterDomain,
        ...(behaviour === undefined ? {} : { behaviour }),
      });
      this.nodes.push(this.#stack.use(await node.start()));
      this.#endpoint?.nodes.add(name, node.server);
    }
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
    await this.#stack.disposeAsync();
    this.cache[Symbol.dispose]();
    await this.#endpoint?.[Symbol.asyncDispose]();
    this.api.typeChecks[Symbol.dispose]();
    await this.api.customResources[Symbol.asyncDispose]();
    await this.api.aggregation[Symbol.asyncDispose]();
    await this.#webClients[Symbol.asyncDispose]();
    await this.store.close();
  }
}

/** A complete cluster: API server, store, controllers, scheduler and simulated nodes. */
export function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  return TestCluster.start(options, true);
}

/** API server and store alone: nothing happens that the test does not do itself. */
export function startApiServer(options: Omit<TestClusterOptions, 'nodes' | 'behaviour'> = {}): Promise<TestCluster> {
  return TestCluster.start(options, false);
}

// What a test names in its calls: `cluster.client.create(deployments, …)`, and the types of the objects.
export * from '../api/mod.ts';
