/**
 * Registers the node, says that it lives, and keeps its status true. What always holds: a node that is ready says so as
 * soon as it is; a heartbeat that fails is tried again at once and then ever more rarely; labels of others are kept.
 */
import { errorText, HostError, rfc3339Micro, type DeepReadonly } from '../base/mod.ts';
import { leases, nodes, type Lease, type Node, type NodeStatus } from '../api/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import { WorkQueue } from '../client/mod.ts';
import {
  networkProblem,
  nodeLabels,
  nodeObject,
  nodeStatus,
  nodeStatusChanged,
  type NodeInput,
} from './node-status.ts';
import type { Image, MachineFacts, NodeUsage, RuntimeStatus, RuntimeVersion } from './ports.ts';
import type { KubeletWorld } from './world.ts';

const leaseNamespace = 'kube-node-lease';
/** How often the runtime is asked how it does: often while the node is not ready, since everybody waits for it. */
const waitingMs = 100;
const steadyMs = 5_000;
const imagesEveryMs = 60_000;

export interface NodeAgentHooks {
  /** Why the pods' state cannot be followed; undefined when it can. */
  problem(): string | undefined;
  /** The node can take pods on its network now. */
  onNetworkReady(): void;
}

export class NodeAgent implements AsyncDisposable {
  readonly #world: KubeletWorld;
  readonly #machine: MachineFacts;
  readonly #hooks: NodeAgentHooks;
  readonly #queue: WorkQueue;
  #runtime: RuntimeStatus | undefined;
  #version: RuntimeVersion | undefined;
  #usage: NodeUsage | undefined;
  #images: readonly Image[] = [];
  #imagesAtMs = -Infinity;
  #node: DeepReadonly<Node> | undefined;
  #reportedAtMs = -Infinity;
  #lease: DeepReadonly<Lease> | undefined;
  #podCidr = '';

  constructor(world: KubeletWorld, machine: MachineFacts, hooks: NodeAgentHooks) {
    this.#world = world;
    this.#machine = machine;
    this.#hooks = hooks;
    const { clock } = world;
    this.#queue = new WorkQueue({
      clock,
      concurrency: 3,
      work: (task) => this.#work(task),
      retryMinMs: 100,
      retryMaxMs: 7_000,
    });
  }

  /** Resolves when the node is registered. */
  async start(): Promise<void> {
    await this.#askRuntime();
    await this.#askUsage();
    await this.#register();
    const { nodeName } = this.#world.config;
    const informer = this.#world.cache.informer(nodes, { fieldSelector: `metadata.name=${nodeName}` });
    informer.subscribe((changes) => {
      for (const { object } of changes) this.#seen(object);
    });
    this.event('Normal', 'Starting', 'Starting kubelet.');
    for (const task of ['lease', 'status', 'runtime'] as const) this.#queue.add(task);
  }

  get node(): DeepReadonly<Node> | undefined {
    return this.#node;
  }

  get usage(): NodeUsage | undefined {
    return this.#usage;
  }

  get runtimeName(): string {
    return this.#version?.runtimeName ?? 'containerd';
  }

  networkProblem(): string | undefined {
    return networkProblem(this.#runtime);
  }

  /** The status is looked at again soon, e.g. because images changed. */
  wake(): void {
    this.#imagesAtMs = -Infinity;
    this.#queue.add('status');
  }

  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { nodeName } = this.#world.config;
    // Upstream names the node as its own uid, and tools look for it.
    const regarding = { kind: 'Node', apiVersion: 'v1', metadata: { name: nodeName, uid: nodeName } };
    void this.#world.events.record({ regarding, type, reason, message });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
  }

  async #work(task: string): Promise<void> {
    const { clock, config, log } = this.#world;
    try {
      if (task === 'lease') {
        await this.#renewLease();
        this.#queue.addAt('lease', clock.now() + config.leaseRenewMs);
      } else if (task === 'status') {
        await this.#askUsage();
        await this.#reportStatus();
        this.#queue.addAt('status', clock.now() + config.statusUpdateMs);
      } else {
        await this.#askRuntime();
        this.#queue.addAt('runtime', clock.now() + (this.networkProblem() === undefined ? steadyMs : waitingMs));
      }
    } catch (error) {
      log.warn('the node could not do its duty', { task, error: errorText(error) });
      throw error;
    }
  }

  #seen(node: DeepReadonly<Node> | undefined): void {
    const gone = node === undefined && this.#node !== undefined;
    this.#node = node;
    const podCidr = node?.spec?.podCIDR ?? '';
    if (podCidr !== '' && podCidr !== this.#podCidr) {
      this.#podCidr = podCidr;
      void this.#world.runtime.updatePodCIDR(podCidr).catch((error: unknown) => {
        this.#podCidr = '';
        this.#world.log.warn('could not tell the runtime the pod CIDR', { error: errorText(error) });
      });
      this.#queue.add('runtime');
    }
    // Somebody deleted the node while it lives: it registers again.
    if (gone) this.#queue.add('status');
  }

  async #register(): Promise<void> {
    const { client, config } = this.#world;
    const object = nodeObject(this.#input());
    try {
      this.#node = await client.create(nodes, object);
      this.#reportedAtMs = this.#world.clock.now();
      return;
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
    const existing = await client.get(nodes, { name: config.nodeName });
    this.#node = existing;
    const labels = nodeLabels({ config, machine: this.#machine });
    const differs = Object.entries(labels).some(([key, value]) => existing.metadata.labels?.[key] !== value);
    if (!differs) return;
    this.#node = await client.patch(
      nodes,
      { name: config.nodeName },
      { type: 'merge', body: { metadata: { labels } } },
      { fieldManager: 'kubelet' },
    );
  }

  #input(): NodeInput {
    const { config, clock } = this.#world;
    return {
      config,
      machine: this.#machine,
      usage: this.#usage,
      version: this.#version,
      runtime: this.#runtime,
      images: this.#images,
      problem: this.#hooks.problem(),
      now: clock.now(),
    };
  }

  async #askRuntime(): Promise<void> {
    const { runtime, log } = this.#world;
    const before = this.networkProblem();
    const wasUp = this.#runtime !== undefined;
    try {
      this.#version ??= await runtime.version();
      this.#runtime = await runtime.status();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (wasUp) log.warn('the container runtime does not answer', { error: errorText(error) });
      this.#runtime = undefined;
      this.#version = undefined;
    }
    const now = this.networkProblem();
    if (before === now && wasUp === (this.#runtime !== undefined)) return;
    if (now === undefined) this.#hooks.onNetworkReady();
    if (this.#node !== undefined) this.#queue.add('status');
  }

  async #askUsage(): Promise<void> {
    const { host, runtime, clock, log } = this.#world;
    try {
      this.#usage = await host.node.usage();
      if (clock.now() - this.#imagesAtMs < imagesEveryMs) return;
      this.#images = await runtime.listImages();
      this.#imagesAtMs = clock.now();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      log.warn('could not measure the node', { error: errorText(error) });
    }
  }

  async #reportStatus(): Promise<void> {
    const { client, clock, config } = this.#world;
    const name = config.nodeName;
    const node = this.#node;
    if (node === undefined) return await this.#register();
    const wanted = nodeStatus(this.#input(), node.status);
    const due = clock.now() - this.#reportedAtMs >= config.statusReportMs;
    if (!due && !nodeStatusChanged(node.status ?? {}, wanted)) return;
    const { addresses, ...rest } = wanted;
    const body = { status: { ...rest, addresses: [{ $patch: 'replace' }, ...(addresses ?? [])] } };
    try {
      const options = { subresource: 'status', fieldManager: 'kubelet' };
      this.#node = await client.patch(nodes, { name }, { type: 'strategic', body }, options);
    } catch (error) {
      // Deleted a moment ago: the next attempt registers it again.
      if (isApiError(error, 'NotFound')) this.#node = undefined;
      throw error;
    }
    this.#reportedAtMs = clock.now();
    this.#tellChanges(node.status, wanted);
  }

  /** An event for every condition that changed. */
  #tellChanges(before: DeepReadonly<NodeStatus> | undefined, after: NodeStatus): void {
    const names: Readonly<Record<string, readonly [onTrue: string, onFalse: string]>> = {
      MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
      DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
      PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
      Ready: ['NodeReady', 'NodeNotReady'],
    };
    for (const { type, status } of after.conditions ?? []) {
      const old = before?.conditions?.find((condition) => condition.type === type);
      const [onTrue = '', onFalse = ''] = names[type] ?? [];
      if (old?.status === status) continue;
      const reason = status === 'True' ? onTrue : onFalse;
      this.event('Normal', reason, `Node ${this.#world.config.nodeName} status is now: ${reason}`);
    }
  }

  async #renewLease(): Promise<void> {
    const { client, clock, config } = this.#world;
    const renewTime = rfc3339Micro(clock.now());
    const name = config.nodeName;
    if (this.#lease === undefined) {
      try {
        this.#lease = await client.get(leases, { namespace: leaseNamespace, name });
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
        this.#lease = await client.create(leases, this.#newLease(renewTime));
        return;
      }
    }
    const { spec = {}, metadata, ...rest } = this.#lease;
    const lease = {
      ...rest,
      metadata: this.#owned(metadata),
      spec: { ...spec, holderIdentity: name, leaseDurationSeconds: config.leaseSeconds, renewTime },
    };
    try {
      this.#lease = await client.update(leases, lease);
    } catch (error) {
      this.#lease = undefined;
      throw error;
    }
  }

  #newLease(renewTime: string): Lease {
    const { nodeName, leaseSeconds } = this.#world.config;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: this.#owned({ name: nodeName, namespace: leaseNamespace }) as Lease['metadata'],
      spec: { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime },
    };
  }

  /** The lease goes with its node. */
  #owned(metadata: DeepReadonly<Lease['metadata']>): DeepReadonly<Lease['metadata']> {
    const uid = this.#node?.metadata.uid;
    if (uid === undefined || metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) return metadata;
    return {
      ...metadata,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.#world.config.nodeName, uid }],
    };
  }
}
