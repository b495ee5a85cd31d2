/** The Node object and its status, as the kubelet writes them. Pure; reasons and messages are upstream's. */
import { jsonEqual, rfc3339, type DeepReadonly } from '../base/mod.ts';
import type { ContainerImage, Node, NodeAddress, NodeCondition, NodeStatus } from '../api/mod.ts';
import { parseQuantity, Quantity } from '../machinery/mod.ts';
import type { KubeletConfig } from './config.ts';
import type { Image, MachineFacts, NodeUsage, RuntimeStatus, RuntimeVersion } from './ports.ts';

export interface NodeInput {
  readonly config: KubeletConfig;
  readonly machine: MachineFacts;
  readonly usage: NodeUsage | undefined;
  readonly version: RuntimeVersion | undefined;
  /** Undefined: the runtime does not answer. */
  readonly runtime: RuntimeStatus | undefined;
  readonly images: readonly Image[];
  /** Why the pods' state cannot be followed. */
  readonly problem: string | undefined;
  readonly now: number;
}

const imagesMax = 50;
const namesPerImageMax = 5;

export function nodeLabels({ config, machine }: Pick<NodeInput, 'config' | 'machine'>): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': machine.operatingSystem,
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': config.nodeName,
    'kubernetes.io/os': machine.operatingSystem,
    ...config.nodeLabels,
  };
}

/** The object with which a node registers. */
export function nodeObject(input: NodeInput): Node {
  const { config } = input;
  const { taints, providerID } = config;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: config.nodeName,
      labels: nodeLabels(input),
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      ...(taints.length === 0 ? {} : { taints: taints.map((taint) => ({ ...taint })) }),
      ...(providerID === undefined ? {} : { providerID }),
    },
    status: nodeStatus(input, undefined),
  };
}

export function nodeStatus(input: NodeInput, old: DeepReadonly<NodeStatus> | undefined): NodeStatus {
  const { config, machine, version, runtime } = input;
  const capacity = capacityOf(input);
  return {
    capacity,
    allocatable: allocatableOf(capacity, config),
    addresses: addresses(input),
    conditions: conditions(input, old),
    daemonEndpoints: { kubeletEndpoint: { Port: config.port } },
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.systemUUID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: version === undefined ? '' : `${version.runtimeName}://${version.runtimeVersion}`,
      kubeletVersion: config.kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: machine.operatingSystem,
      architecture: machine.architecture,
      ...(machine.swapBytes > 0 ? { swap: { capacity: machine.swapBytes } } : {}),
    },
    images: imageList(input.images),
    ...(runtime === undefined || runtime.runtimeHandlers.length === 0
      ? {}
      : {
          runtimeHandlers: runtime.runtimeHandlers.map(({ name, features }) => ({
            name,
            ...(features === undefined ? {} : { features: { ...features } }),
          })),
        }),
  };
}

export function addresses({ config, machine }: Pick<NodeInput, 'config' | 'machine'>): NodeAddress[] {
  const ips = config.nodeIPs.length > 0 ? config.nodeIPs : machine.addresses.slice(0, 1);
  return [...ips.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: config.nodeName }];
}

function capacityOf({ config, machine, usage }: NodeInput): Record<string, string> {
  return {
    cpu: String(machine.cpus),
    'ephemeral-storage': kibi(usage?.filesystem.capacityBytes ?? 0),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: kibi(machine.memoryBytes),
    pods: String(config.podsMax),
  };
}

function kibi(bytes: number): string {
  return `${Math.trunc(bytes / 1024)}Ki`;
}

function allocatableOf(
  capacity: Readonly<Record<string, string>>,
  { reserved, evictionHard }: KubeletConfig,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(capacity).map(([name, text]) => {
      const total = parseQuantity(text);
      const kept = reserved[name] === undefined ? total : total.sub(parseQuantity(reserved[name]));
      if (name === 'memory')
        return [
          name,
          positive(kept.sub(new Quantity(BigInt(evictionHard.memoryBytes) * 1_000_000_000n, 'BinarySI'))).toString(),
        ];
      if (name === 'ephemeral-storage')
        return [name, String(Math.max(0, Math.trunc(kept.value() * (1 - evictionHard.diskFraction))))];
      return [name, positive(kept).toString()];
    }),
  );
}

function positive(quantity: Quantity): Quantity {
  return quantity.sign < 0 ? Quantity.of(0) : quantity;
}

interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

function conditions(input: NodeInput, old: DeepReadonly<NodeStatus> | undefined): NodeCondition[] {
  const { usage, machine, now } = input;
  const { memoryBytes, diskFraction, inodesFraction, pidsFraction } = input.config.evictionHard;
  const files = usage?.filesystem;
  const memory = usage !== undefined && usage.memoryAvailableBytes < memoryBytes;
  const disk =
    files !== undefined &&
    files.capacityBytes > 0 &&
    (files.availableBytes < files.capacityBytes * diskFraction ||
      (files.inodes > 0 && files.inodesFree < files.inodes * inodesFraction));
  const pids =
    usage !== undefined && machine.pidsMax > 0 && machine.pidsMax - usage.pids < machine.pidsMax * pidsFraction;
  const verdicts: Record<string, Verdict> = {
    MemoryPressure: memory
      ? { status: 'True', reason: 'KubeletHasInsufficientMemory', message: 'kubelet has insufficient memory available' }
      : { status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
    DiskPressure: disk
      ? { status: 'True', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }
      : { status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
    PIDPressure: pids
      ? { status: 'True', reason: 'KubeletHasInsufficientPID', message: 'kubelet has insufficient PID available' }
      : { status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
    Ready: ready(input),
  };
  const time = rfc3339(now);
  return Object.entries(verdicts).map(([type, { status, reason, message }]) => {
    const before = old?.conditions?.find((condition) => condition.type === type);
    const since = before?.status === status ? (before.lastTransitionTime ?? time) : time;
    return { type, status, lastHeartbeatTime: time, lastTransitionTime: since, reason, message };
  });
}

function ready({ runtime, problem }: NodeInput): Verdict {
  const problems: string[] = [];
  if (runtime === undefined) problems.push('container runtime is down');
  for (const { type, status, reason, message } of runtime?.conditions ?? []) {
    if (status) continue;
    if (type === 'NetworkReady')
      problems.push(`container runtime network not ready: NetworkReady=false reason:${reason} message:${message}`);
    if (type === 'RuntimeReady')
      problems.push(`container runtime not ready: RuntimeReady=false reason:${reason} message:${message}`);
  }
  if (problem !== undefined && runtime !== undefined) problems.push(`PLEG is not healthy: ${problem}`);
  if (problems.length === 0)
    return { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  const message = problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`;
  return { status: 'False', reason: 'KubeletNotReady', message };
}

/** Why pods cannot be given a network now; undefined when they can. */
export function networkProblem(runtime: RuntimeStatus | undefined): string | undefined {
  if (runtime === undefined) return 'container runtime is down';
  const network = runtime.conditions.find(({ type }) => type === 'NetworkReady');
  if (network === undefined || network.status) return undefined;
  return `container runtime network not ready: NetworkReady=false reason:${network.reason} message:${network.message}`;
}

function imageList(images: readonly Image[]): ContainerImage[] {
  return [...images]
    .sort((a, b) => b.size - a.size)
    .slice(0, imagesMax)
    .map(({ repoDigests, repoTags, size }) => ({
      names: [...repoDigests, ...repoTags].slice(0, namesPerImageMax),
      sizeBytes: size,
    }))
    .filter(({ names }) => names.length > 0);
}

/** Whether two statuses differ in more than the time of the heartbeat. */
export function nodeStatusChanged(a: DeepReadonly<NodeStatus>, b: DeepReadonly<NodeStatus>): boolean {
  const plain = ({ conditions: list = [], ...rest }: DeepReadonly<NodeStatus>): unknown => ({
    ...rest,
    conditions: list.map(({ lastHeartbeatTime: _, ...condition }) => condition),
  });
  const fields = Object.keys(b) as (keyof NodeStatus)[];
  const relevant = Object.fromEntries(fields.map((field) => [field, a[field]])) as DeepReadonly<NodeStatus>;
  return !jsonEqual(plain(relevant), plain(b));
}
