/** What people do to a cluster, at random but always valid. What always holds: the same seed does the same things. */
import {
  configMaps,
  deployments,
  namespaces,
  nodes,
  pods,
  services,
  type Deployment,
  type Pod,
  type PodSpec,
} from '../src/api/mod.ts';
import { HostError, type DeepReadonly, type Random } from '../src/base/mod.ts';
import { isApiError, type KubeObject, type Resource } from '../src/machinery/mod.ts';
import type { World } from './world.ts';

const appNames = ['web', 'api', 'db'];
/** Always with the strategy Recreate, and never orphaned: of several active sets that it adopts, upstream's controller rids it of none. */
const recreated = 'db';
const namespaceNames = ['default', 'team-a', 'team-b'];
/** What may be refused when others change the cluster at the same time. */
const refusals = [
  'NotFound',
  'AlreadyExists',
  'Invalid',
  'Conflict',
  'Forbidden',
  'ServiceUnavailable',
  'InternalError',
] as const;
const simulationFinalizer = 'simulation.example/hold';
const machinesMax = 6;
const beginnings = 4;

export class Workload {
  readonly #world: World;
  readonly #random: Random;
  #counter = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Something to work on. */
  async begin(): Promise<void> {
    await this.#do('begin', async () => {
      for (const name of namespaceNames.slice(1))
        await this.#world.asAdmin((client) => client.create(namespaces, { metadata: { name } }));
    });
    for (let i = 0; i < beginnings; i++) await this.#do('create a deployment', () => this.#createDeployment());
    for (let i = 0; i < beginnings; i++) await this.#do('create a service', () => this.#createService());
  }

  async step(): Promise<void> {
    const operations: readonly (readonly [weight: number, name: string, run: () => Promise<string | void>])[] = [
      [6, 'create a deployment', () => this.#createDeployment()],
      [6, 'scale', () => this.#patchDeployment({ spec: { replicas: this.#below(9) } })],
      [6, 'set an image', () => this.#setImage()],
      [2, 'pause or go on', () => this.#patchDeployment({ spec: { paused: this.#random.next() < 0.3 } })],
      [3, 'delete a deployment', () => this.#delete(deployments)],
      [3, 'create a pod', () => this.#createPod()],
      [4, 'delete a pod', () => this.#deletePod()],
      [3, 'create a service', () => this.#createService()],
      [1, 'delete a service', () => this.#delete(services)],
      [3, 'create owner and dependent', () => this.#createOwned()],
      [3, 'delete a config map', () => this.#delete(configMaps)],
      [2, 'take finalizers away', () => this.#release()],
      [2, 'create a namespace', () => this.#createNamespace()],
      [1, 'delete a namespace', () => this.#deleteNamespace()],
      [2, 'cordon or uncordon', () => this.#cordon()],
      [1, 'add a node', () => this.#addNode()],
      [1, 'remove a node', () => this.#removeNode()],
    ];
    let luck = this.#random.next() * operations.reduce((sum, [weight]) => sum + weight, 0);
    const [, name, run] = operations.find(([weight]) => (luck -= weight) < 0) ??
      operations[0] ?? [0, '', async () => ''];
    await this.#do(name, run);
  }

  /** Lifts what keeps the cluster from coming to rest by people's will: pauses, finalizers, bad images, cordons. */
  async relent(): Promise<void> {
    const world = this.#world;
    world.missingImages.length = 0;
    await world.during(this.#release());
    for (const deployment of this.#known(deployments)) {
      const body = { spec: { paused: false } };
      await world.during(
        world.asAdmin((client) => client.patch(deployments, keyOf(deployment), { type: 'merge', body })),
      );
    }
    for (const { name, removed } of world.machines)
      if (removed && world.history.objects(nodes).has(name))
        await world.during(world.asAdmin((client) => client.delete(nodes, { name })));
    for (const node of this.#known(nodes)) {
      const body = { spec: { unschedulable: null } };
      await world.during(world.asAdmin((client) => client.patch(nodes, keyOf(node), { type: 'merge', body })));
    }
  }

  async #do(name: string, run: () => Promise<string | void>): Promise<void> {
    try {
      this.#world.did(`${name} ${(await this.#world.during(run())) ?? ''}`);
    } catch (error) {
      if (!(error instanceof HostError) && !isApiError(error, ...refusals)) throw error;
      this.#world.did(`${name}: ${(error as Error).message}`);
    }
  }

  #below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }
  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }
  #known<T extends KubeObject>(resource: Resource<T>): readonly DeepReadonly<T>[] {
    return [...this.#world.history.objects(resource as unknown as Resource).entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object as DeepReadonly<T>);
  }
  /** One that is there and was not made by the system. */
  #any<T extends KubeObject>(resource: Resource<T>): DeepReadonly<T> {
    const own = this.#known(resource).filter(
      ({ metadata }) => namespaceNames.includes(metadata?.namespace ?? '') && metadata?.name !== 'kube-root-ca.crt',
    );
    const found = own[this.#below(own.length)];
    if (found === undefined) throw new HostError('NothingThere', `no ${resource.plural} yet`);
    return found;
  }

  #spec(): PodSpec {
    const cpu = this.#pick(['50m', '100m', '250m', '700m']);
    const memory = this.#pick(['32Mi', '64Mi', '256Mi']);
    const hostPort = this.#random.next() < 0.08 ? { hostPort: 8000 + this.#below(3) } : {};
    const ports = [{ containerPort: 80, ...hostPort }];
    return {
      containers: [{ name: 'main', image: `app:${this.#below(3)}`, resources: { requests: { cpu, memory } }, ports }],
      terminationGracePeriodSeconds: this.#pick([1, 5, 30]),
    };
  }

  async #createDeployment(): Promise<string> {
    const [name, namespace] = [this.#pick(appNames), this.#pick(namespaceNames)];
    const labels = { app: name };
    const type = name === recreated ? 'Recreate' : 'RollingUpdate';
    const deployment: Deployment = {
      metadata: { name, namespace },
      spec: {
        replicas: this.#below(8),
        selector: { matchLabels: labels },
        strategy: { type },
        template: { metadata: { labels }, spec: this.#spec() },
      },
    };
    await this.#world.asAdmin((client) => client.create(deployments, deployment));
    return `${namespace}/${name} ${deployment.spec?.replicas ?? 0} ${type}`;
  }

  async #patchDeployment(body: object): Promise<string> {
    const key = keyOf(this.#any(deployments));
    await this.#world.asAdmin((client) => client.patch(deployments, key, { type: 'strategic', body }));
    return `${key.namespace}/${key.name} ${JSON.stringify(body)}`;
  }

  #setImage(): Promise<string> {
    const containers = [{ name: 'main', image: `app:${this.#below(5)}` }];
    return this.#patchDeployment({ spec: { template: { spec: { containers } } } });
  }

  async #delete(resource: Resource): Promise<string> {
    const object = this.#any(resource);
    const key = keyOf(object);
    const policies = ['Background', 'Background', 'Foreground', ...(key.name === recreated ? [] : ['Orphan'])] as const;
    const propagationPolicy = this.#pick(policies) as 'Background' | 'Foreground' | 'Orphan';
    await this.#world.asAdmin((client) => client.delete(resource, key, { propagationPolicy }));
    return `${resource.plural} ${key.namespace}/${key.name} ${propagationPolicy}`;
  }

  async #createPod(): Promise<string> {
    const [name, namespace] = [`single-${this.#counter++}`, this.#pick(namespaceNames)];
    const labels = { app: this.#pick([...appNames, 'none']) };
    const restartPolicy = this.#pick(['Always', 'OnFailure', 'Never']);
    const ends = { exitAfterMs: 1000 + this.#below(20_000), exitCode: this.#below(2) };
    const annotations = { 'io.kutter.simulate': JSON.stringify(this.#random.next() < 0.5 ? ends : {}) };
    const pod: Pod = { metadata: { name, namespace, labels, annotations }, spec: { ...this.#spec(), restartPolicy } };
    await this.#world.asAdmin((client) => client.create(pods, pod));
    return `${namespace}/${name} ${restartPolicy} ${annotations['io.kutter.simulate']}`;
  }

  async #deletePod(): Promise<string> {
    const key = keyOf(this.#any(pods));
    const options = this.#random.next() < 0.3 ? { gracePeriodSeconds: 0 } : {};
    await this.#world.asAdmin((client) => client.delete(pods, key, options));
    return `${key.namespace}/${key.name} ${JSON.stringify(options)}`;
  }

  async #createService(): Promise<string> {
    const [app, namespace] = [this.#pick(appNames), this.#pick(namespaceNames)];
    const type = this.#pick(['ClusterIP', 'ClusterIP', 'NodePort']);
    const spec = { selector: { app }, type, ports: [{ port: 80 }] };
    await this.#world.asAdmin((client) => client.create(services, { metadata: { name: app, namespace }, spec }));
    return `${namespace}/${app} ${type}`;
  }

  async #createOwned(): Promise<string> {
    const [name, namespace] = [`owned-${this.#counter++}`, this.#pick(namespaceNames)];
    const owners = this.#known(configMaps).filter(
      ({ metadata }) => metadata?.namespace === namespace && metadata.name !== 'kube-root-ca.crt',
    );
    const owner = this.#random.next() < 0.7 ? owners[this.#below(owners.length)] : undefined;
    const ownerReferences =
      owner === undefined
        ? []
        : [
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              name: owner.metadata?.name ?? '',
              uid: owner.metadata?.uid ?? '',
              blockOwnerDeletion: this.#random.next() < 0.5,
            },
          ];
    const finalizers = this.#random.next() < 0.2 ? [simulationFinalizer] : [];
    const metadata = { name, namespace, ownerReferences, finalizers };
    await this.#world.asAdmin((client) => client.create(configMaps, { metadata }));
    return `${namespace}/${name} of ${owner?.metadata?.name ?? 'nobody'}`;
  }

  /** Whoever holds objects by a finalizer lets them go. */
  async #release(): Promise<void> {
    for (const { metadata } of this.#known(configMaps)) {
      if (metadata?.finalizers?.includes(simulationFinalizer) !== true) continue;
      const finalizers = metadata.finalizers.filter((finalizer) => finalizer !== simulationFinalizer);
      const body = { metadata: { finalizers, uid: metadata.uid } };
      const key = { namespace: metadata.namespace, name: metadata.name ?? '' };
      await this.#world.asAdmin((client) => client.patch(configMaps, key, { type: 'merge', body }));
    }
  }

  async #createNamespace(): Promise<string> {
    const name = this.#pick(namespaceNames.slice(1));
    await this.#world.asAdmin((client) => client.create(namespaces, { metadata: { name } }));
    return name;
  }

  async #deleteNamespace(): Promise<string> {
    const name = this.#pick(namespaceNames.slice(1));
    await this.#world.asAdmin((client) => client.delete(namespaces, { name }));
    return name;
  }

  async #cordon(): Promise<string> {
    const node = this.#known(nodes)[this.#below(this.#known(nodes).length)];
    if (node === undefined) throw new HostError('NothingThere', 'no nodes yet');
    const body = { spec: { unschedulable: node.spec?.unschedulable === true ? null : true } };
    await this.#world.asAdmin((client) => client.patch(nodes, keyOf(node), { type: 'merge', body }));
    return `${node.metadata.name ?? ''} ${JSON.stringify(body)}`;
  }

  async #addNode(): Promise<string> {
    if (this.#world.machines.length >= machinesMax) return 'not';
    return this.#world.addMachine().name;
  }

  /** The machine is switched off for good and its Node deleted. */
  async #removeNode(): Promise<string> {
    const running = this.#world.machines.filter(({ removed }) => !removed);
    const machine = running[this.#below(running.length)];
    if (machine === undefined || running.length < 3) return 'not';
    machine.remove();
    await this.#world.asAdmin((client) => client.delete(nodes, { name: machine.name }));
    return machine.name;
  }
}

function keyOf({ metadata }: DeepReadonly<KubeObject>): {
  readonly namespace: string | undefined;
  readonly name: string;
} {
  return { namespace: metadata?.namespace, name: metadata?.name ?? '' };
}
