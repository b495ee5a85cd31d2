/** A cluster in this process for the tests of controllers: virtual time, the controllers asked for, pods that come up. */
import { calmRates, FaultyClient, type Rates, type SimulatedNetwork } from '../../sim/faulty-client.ts';
import { HollowKubelet } from '../../sim/hollow-kubelet.ts';
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
import { seededRandom, silentLog, type DeepReadonly, type Log } from '../../src/base/mod.ts';
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

const badRates: Rates = { ...calmRates, latencyMsMax: 20, lagMsMax: 200, lost: 0.05, unanswered: 0.05 };

export async function workbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const { seed = 1, controllers, startMs = 1000, log = silentLog, unreliable = false, ...rest } = options;
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await startApiServer({ clock: 'virtual', seed, log }));
  const { clock, cache, client } = cluster;
  const trace: string[] = [];
  const network: SimulatedNetwork = {
    clock,
    random: seededRandom(seed),
    witness: { watching: () => () => {} },
    server: () => ({
      call: (user, call) => call(cluster.as(user)),
      watch: (user, resource, { options: watched, sink }) => cluster.as(user).watch(resource, watched, sink),
    }),
    rates: badRates,
    cutOff: new Set(),
  };
  const clientFor = (account: string): Client => {
    const user = { ...controllerUser(account), groups: ['system:masters'] };
    return unreliable ? new FaultyClient(network, 'controllers', user) : cluster.as(user);
  };
  const onPlan = (controller: string, key: string, plan: { actions: readonly object[]; after?: readonly object[] }) =>
    void trace.push(`${clock.now()} ${controller} ${key} ${JSON.stringify([plan.actions, plan.after])}`);
  const start = async (): Promise<AsyncDisposable> => {
    const running = new AsyncDisposableStack();
    const world = { client: clientFor('kube-controller-manager'), clock, log };
    const own = unreliable ? running.use(new InformerCache(world)) : cache;
    const enabled = ({ name }: { name: string }): boolean => controllers?.includes(name) ?? true;
    const starting = startControllers(
      { clientFor, cache: own, resources: cluster.api.server.registry, clock, log, onPlan },
      { rootCa: 'the CA', ...rest, enabled },
    );
    await letAnswersCome();
    running.use(await starting);
    return running;
  };
  // Calls over a bad connection take time, which passes only while somebody advances it.
  const letAnswersCome = async (): Promise<void> => {
    if (unreliable) await cluster.advance(60_000);
  };
  const stop = async (): Promise<void> => {
    const ending = running[Symbol.asyncDispose]();
    await letAnswersCome();
    await ending;
  };
  let running = await start();
  stack.defer(stop);
  const restart = async (): Promise<void> => {
    await stop();
    running = await start();
  };
  const kubelet = stack.use(new HollowKubelet({ client, cache, clock, startMs }));
  const owned = stack.move();
  const heal = (): void => void (network.rates = calmRates);
  return { cluster, kubelet, trace, heal, restart, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

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
