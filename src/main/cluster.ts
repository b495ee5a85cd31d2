/**
 * Everything of a cluster in one process: store, API server, controllers, scheduler, and the node. Parts start side by side
 * where they do not need each other, and stop in the opposite order.
 */
import { nodes } from '../api/mod.ts';
import { accountIssuer, json, signKeptToken, type ComposedServer, type PathHandler } from '../apiserver/mod.ts';
import type { Log } from '../base/mod.ts';
import type { Progress } from '../cli/mod.ts';
import { EventRecorder, InformerCache, type Client } from '../client/mod.ts';
import { controllerUser, defaultControllerOptions, startControllers } from '../controllers/mod.ts';
import { HttpsNodeConnections } from '../host/http/mod.ts';
import type { CriRuntime } from '../host/cri/mod.ts';
import type { Pki } from '../host/pki/mod.ts';
import { systemClock, systemRandom } from '../host/system.ts';
import { usualConfig } from '../machinery/mod.ts';
import { Scheduler } from '../scheduler/mod.ts';
import { openAuth } from './auth.ts';
import { openRequests } from './requests.ts';
import { primaryAddress } from './addresses.ts';
import { ControlPlane } from './control-plane.ts';
import { openPki } from './kubeconfig-file.ts';
import { LocalNodes } from './node-connections.ts';
import { startNode, startRuntime } from './node.ts';
import { containerdProcess, runtimeEndpoint } from './runtime.ts';
import { clusterAddresses } from './networks.ts';
import type { ClusterPaths, ClusterSettings } from './settings.ts';
import { SimulatedNode } from './simulated-node.ts';
import { openStore } from './stores.ts';

export interface ClusterWorld {
  readonly settings: ClusterSettings;
  readonly paths: ClusterPaths;
  readonly log: Log;
  readonly progress: Progress;
  readonly onFatal: (error: Error) => void;
}

/** One part of the cluster as `kutter status` shows it. */
export interface ComponentState {
  readonly name: string;
  /** 0 when it does not run, or when it is not ours. */
  readonly pid: number;
  readonly ready: boolean;
  readonly address: string;
}

/** How a part of the cluster says what it is. */
interface Component {
  readonly name: string;
  readonly address: string;
  readonly pid: () => Promise<number | undefined>;
  readonly ready: () => Promise<boolean>;
}

/** A client of this process that acts as somebody. */
export type ClientFor = (username: string, groups: readonly string[]) => Client;

/** Where `kutter status` asks. */
export const componentsPath = '/kutter/components';

/** What the parts of a control plane are called here. */
const programs = { scheduler: 'scheduler', 'controller-manager': 'controllers' } as const;

const clock = systemClock;
const random = systemRandom;

export class Cluster implements AsyncDisposable {
  readonly #world: ClusterWorld;
  readonly #stack = new AsyncDisposableStack();
  readonly #components: Component[] = [];

  private constructor(world: ClusterWorld) {
    this.#world = world;
  }

  static async start(world: ClusterWorld): Promise<Cluster> {
    const cluster = new Cluster(world);
    try {
      await cluster.#start();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #start(): Promise<void> {
    const { settings, paths, log, progress } = this.#world;
    const stack = this.#stack;
    // Takes longest and needs nothing of the rest.
    const runtime = settings.nodes > 0 ? startRuntime(this.#world, stack) : undefined;
    runtime?.catch(() => undefined);
    const pki = await openPki(settings, paths);
    const localNodes = new LocalNodes(
      new HttpsNodeConnections({ ca: pki.ca, cert: pki.kubeletClient.certificate, key: pki.kubeletClient.key }),
    );
    const { api } = await progress.step('Start the API server', () => this.#controlPlane(pki, localNodes));
    const clientFor: ClientFor = (username, groups) =>
      api.client({ username, groups: [...groups, 'system:authenticated'] });
    const cache = stack.use(
      new InformerCache({
        client: api.clientOfAll({ username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }),
        clock,
        log,
      }),
    );
    await progress.step('Start controllers and scheduler', async () => {
      await this.#controllers(api, cache, pki);
      await this.#scheduler(clientFor, cache);
    });
    if (runtime !== undefined) {
      const started = await progress.step('Start containerd', () => runtime);
      await progress.step('Start the node', () =>
        startNode({ settings, paths, pki, localNodes, clientFor, cache, clock, random, log }, started, stack),
      );
      this.#nodeRan(cache, started);
    }
    if (settings.simulatedNodes > 0)
      await progress.step(`Start ${settings.simulatedNodes} simulated nodes`, () =>
        this.#simulatedNodes(clientFor, localNodes),
      );
  }

  async #controlPlane(pki: Pki, nodes: LocalNodes): Promise<ControlPlane> {
    const { settings, paths, log, onFatal } = this.#world;
    const handling = await openRequests(settings.requests ?? {}, { clock, random, log, stack: this.#stack });
    const { transformer } = handling;
    const store = await openStore(settings.store, { clock, random, log, directory: paths.store, onFatal, transformer });
    this.#stack.defer(() => store.close());
    const { serviceIp, gateway } = clusterAddresses(settings);
    const address = primaryAddress() ?? gateway;
    const connections = this.#stack.use(new DisposableStack());
    const issuer = accountIssuer(settings.clusterDomain);
    const auth = await openAuth(settings.auth ?? {}, { clock, random, log, issuer, connections });
    const plane = await ControlPlane.start({
      store,
      pki,
      config: {
        serviceCidr: settings.serviceCidr,
        nodePortRange: usualConfig.nodePortRange,
        clusterDomain: settings.clusterDomain,
      },
      clock,
      random,
      log,
      host: '0.0.0.0',
      port: settings.apiPort,
      advertise: address,
      auth,
      paths: [this.#componentsPath()],
      handling,
      apis: handling.apis,
      admission: handling.admission,
      health: handling.health,
      runsHere: (part) => this.#components.some(({ name }) => name === programs[part]),
      nodes,
    });
    this.#stack.use(plane);
    await plane.begin({ address, port: settings.apiPort, serviceIp });
    this.#ran('apiserver', {
      address: `https://127.0.0.1:${plane.http.port}`,
      ready: () => succeeds(Promise.resolve(store.sync())),
    });
    return plane;
  }

  async #controllers(api: ComposedServer, cache: InformerCache, pki: Pki): Promise<void> {
    const { log } = this.#world;
    const clientFor = (account: string): Client => api.clientOfAll(controllerUser(account));
    const nodes = { ...defaultControllerOptions.nodes, clusterCidr: this.#world.settings.podCidr };
    const { resources } = api;
    this.#stack.use(
      await startControllers(
        { clientFor, cache, resources, clock, log },
        {
          rootCa: pki.ca,
          certificates: pki.authority,
          signKeptToken: (claims) => signKeptToken(api.tokens?.keys ?? pki.tokens, claims),
          nodes,
        },
      ),
    );
    this.#ran('controllers');
  }

  async #scheduler(clientFor: ClientFor, cache: InformerCache): Promise<void> {
    const client = clientFor('system:kube-scheduler', []);
    const log = this.#world.log.with({ component: 'scheduler' });
    const events = new EventRecorder({ client, clock, log }, { component: 'default-scheduler' });
    this.#stack.use(await new Scheduler({ client, cache, events, clock, log }).start());
    this.#ran('scheduler');
  }

  async #simulatedNodes(clientFor: ClientFor, localNodes: LocalNodes): Promise<void> {
    const { settings, log } = this.#world;
    const { clusterDomain } = settings;
    for (let index = 0; index < settings.simulatedNodes; index++) {
      const name = `simulated-${index}`;
      const client = clientFor(`system:node:${name}`, ['system:nodes']);
      const node = new SimulatedNode({
        name,
        index,
        client,
        clock,
        random,
        log: log.with({ node: name }),
        clusterDomain,
      });
      this.#stack.use(await node.start());
      this.#stack.use(localNodes.add(name, node.server));
    }
  }

  #nodeRan(cache: InformerCache, runtime: CriRuntime): void {
    const { settings, paths } = this.#world;
    const own = settings.runtimeEndpoint === undefined;
    const { dnsIp, gateway } = clusterAddresses(settings);
    this.#ran(own ? 'containerd' : 'runtime', {
      address: runtimeEndpoint(settings, paths),
      pid: () => (own ? containerdProcess(settings, paths) : Promise.resolve(undefined)),
      ready: () => succeeds(runtime.status({ timeoutMs: 2000 })),
    });
    this.#ran('kubelet', {
      address: `https://${primaryAddress() ?? gateway}:10250`,
      ready: () => {
        const conditions = cache.informer(nodes).get(settings.nodeName)?.status?.conditions ?? [];
        return Promise.resolve(conditions.some(({ type, status }) => type === 'Ready' && status === 'True'));
      },
    });
    this.#ran('proxy');
    this.#ran('dns', { address: `${dnsIp}:53` });
  }

  /** A part that has started is ready unless it can say otherwise. */
  #ran(name: string, more: Partial<Omit<Component, 'name'>> = {}): void {
    const here = { address: '', pid: () => Promise.resolve(process.pid), ready: () => Promise.resolve(true) };
    this.#components.push({ name, ...here, ...more });
  }

  async #states(): Promise<ComponentState[]> {
    return Promise.all(
      this.#components.map(async ({ name, address, pid, ready }) => {
        const [number = 0, isReady] = await Promise.all([pid(), ready()]);
        return { name, pid: number, ready: isReady, address };
      }),
    );
  }

  #componentsPath(): PathHandler {
    return {
      serves: (path) => path === componentsPath,
      respond: async () => json({ components: await this.#states() }),
    };
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
