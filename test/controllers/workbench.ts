/** A cluster in this process for the tests of controllers: virtual time, the controllers asked for, pods that come up. */
import { HollowKubelet } from '../../sim/hollow-kubelet.ts';
import { UnreliableClient } from '../../sim/unreliable-client.ts';
import {
  deployments,
  events,
  namespaces,
  pods,
  replicaSets,
  type Deployment,
  type Pod,
  type ReplicaSet,
} from '../../src/api/mod.ts';
import { seededRandom, type DeepReadonly, type Log } from '../../src/base/mod.ts';
import { InformerCache, type Client } from '../../src/client/mod.ts';
import { controllerUser, startControllers, type StartOptions } from '../../src/controllers/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';

export interface Workbench extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly kubelet: HollowKubelet;
  /** Ends the controllers where they are and starts new ones that know nothing. */
  restart(): Promise<void>;
  /** Makes an unreliable connection a good one. */
  heal(): void;
  /** Plans that were carried out, as text: the trace of a run. */
  readonly trace: string[];
}

export interface WorkbenchOptions extends Partial<Omit<StartOptions, 'enabled'>> {
  readonly seed?: number;
  /** Names of controllers; all of them unless said otherwise. */
  readonly controllers?: readonly string[];
  readonly startMs?: number;
  readonly log?: Log;
  /** The controllers' connection to the API server is bad until it is healed. */
  readonly unreliable?: boolean;
}

export async function workbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const { seed = 1, controllers, startMs = 1000, log, unreliable = false, ...rest } = options;
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await startApiServer({ clock: 'virtual', seed, ...(log === undefined ? {} : { log }) }));
  const { clock, cache, client } = cluster;
  const trace: string[] = [];
  const random = seededRandom(seed);
  const connections: UnreliableClient[] = [];
  const clientFor = (account: string): Client => {
    const own = cluster.as({ ...controllerUser(account), groups: ['system:masters'] });
    if (!unreliable) return own;
    const connection = new UnreliableClient({ client: own, clock, random });
    connections.push(connection);
    return connection;
  };
  const onPlan = (controller: string, key: string, plan: { actions: readonly object[]; after?: readonly object[] }) =>
    void trace.push(`${clock.now()} ${controller} ${key} ${JSON.stringify([plan.actions, plan.after])}`);
  const start = async (): Promise<AsyncDisposable> => {
    const running = new AsyncDisposableStack();
    const world = { client: clientFor('kube-controller-manager'), clock, log: log ?? silent };
    const own = unreliable ? running.use(new InformerCache(world)) : cache;
    const enabled = ({ name }: { name: string }): boolean => controllers?.includes(name) ?? true;
    const starting = startControllers(
      { clientFor, cache: own, resources: cluster.api.server.registry, clock, log: log ?? silent, onPlan },
      { rootCa: 'the CA', ...rest, enabled },
    );
    // Lists over a bad connection take time, which passes only while somebody advances it.
    if (unreliable) await cluster.advance(60_000);
    running.use(await starting);
    return running;
  };
  let running = await start();
  stack.defer(() => running[Symbol.asyncDispose]());
  const restart = async (): Promise<void> => {
    const ending = running[Symbol.asyncDispose]();
    await cluster.advance(1000);
    await ending;
    running = await start();
  };
  const kubelet = stack.use(new HollowKubelet({ client, cache, clock, startMs }));
  const owned = stack.move();
  const heal = (): void => connections.forEach((connection) => void (connection.healed = true));
  return { cluster, kubelet, trace, heal, restart, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

/** What is in the namespace `default`, by short functions. */
export async function podsOf({ client }: TestCluster, namespace = 'default'): Promise<readonly DeepReadonly<Pod>[]> {
  return (await client.list(pods, { namespace })).items;
}

export async function setsOf({ client }: TestCluster): Promise<readonly DeepReadonly<ReplicaSet>[]> {
  const { items } = await client.list(replicaSets, { namespace: 'default' });
  return items.toSorted((a, b) => revision(a) - revision(b));
}

export function revision({ metadata }: DeepReadonly<ReplicaSet>): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

export async function deploymentOf({ client }: TestCluster, name = 'web'): Promise<DeepReadonly<Deployment>> {
  return client.get(deployments, { namespace: 'default', name });
}

/** `reason: message` of the events about an object, or about all. */
export async function eventsOf({ client }: TestCluster, name?: string): Promise<readonly string[]> {
  const { items } = await client.list(events);
  return items
    .filter(({ involvedObject }) => name === undefined || involvedObject.name === name)
    .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`);
}

export async function namespaceNames({ client }: TestCluster): Promise<readonly string[]> {
  return (await client.list(namespaces)).items.map(({ metadata }) => metadata.name ?? '');
}

export interface WebOptions {
  readonly replicas?: number;
  readonly image?: string;
  readonly annotations?: Record<string, string>;
  readonly spec?: Partial<NonNullable<Deployment['spec']>>;
}

/** The Deployment `web`; every pod names a node, so that its deletion takes its time. */
export function web({ replicas = 3, image = 'web:1', annotations, spec }: WebOptions = {}): Deployment {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, ...(annotations === undefined ? {} : { annotations }) },
        spec: { nodeName: 'node-1', containers: [{ name: 'web', image }] },
      },
      ...spec,
    },
  };
}

/** Changes the image of `web`, which begins a rollout. */
export async function setImage(
  { client }: TestCluster,
  image: string,
  annotations?: Record<string, string | null>,
): Promise<void> {
  const template = {
    spec: { containers: [{ name: 'web', image }] },
    ...(annotations === undefined ? {} : { metadata: { annotations } }),
  };
  await client.patch(
    deployments,
    { namespace: 'default', name: 'web' },
    { type: 'strategic', body: { spec: { template } } },
  );
}
