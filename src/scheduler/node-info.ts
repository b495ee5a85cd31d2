/**
 * A node with the pods on it and the sums over them, kept up to date pod by pod so that no cycle ever adds them up.
 *
 * What always holds: the sums are those of `pods`; a pod is on a node at most once (by uid); a node that is gone, or not yet
 * known, keeps its pods and has no `node`.
 */
import type { Node, Taint } from '../api/mod.ts';
import { assert, type DeepReadonly } from '../base/mod.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { requestsOf, type Requests } from './requests.ts';

const nothing: Requests = requestsOf(undefined);
const noTaints: readonly never[] = Object.freeze([]);
const noLabels: Readonly<Record<string, string>> = Object.freeze({});

export class NodeInfo {
  readonly name: string;
  readonly pods = new Map<string, PodInfo>();
  /** What the pods ask for, and what they count for in scores. */
  requestedMilliCpu = 0;
  requestedMemory = 0;
  requestedEphemeralStorage = 0;
  readonly requestedScalars = new Map<string, number>();
  scoredMilliCpu = 0;
  scoredMemory = 0;
  #lowestPriority: number | undefined;
  readonly #ports = new Map<string, PodInfo>();
  #node: DeepReadonly<Node> | undefined;
  /** Facts of the node object, undefined until it is known. */
  labels: Readonly<Record<string, string>> = noLabels;
  taints: readonly DeepReadonly<Taint>[] = noTaints;
  unschedulable = false;
  allocatable = nothing;
  allowedPods = 0;
  images: ReadonlyMap<string, number> = new Map();

  constructor(name: string, node?: DeepReadonly<Node>) {
    this.name = name;
    this.node = node;
  }

  get node(): DeepReadonly<Node> | undefined {
    return this.#node;
  }

  set node(node: DeepReadonly<Node> | undefined) {
    this.#node = node;
    // Without a prototype: any name may be asked for, and `constructor` is one of a label, too.
    this.labels = Object.assign(Object.create(null) as Record<string, string>, node?.metadata.labels);
    this.taints = node?.spec?.taints ?? noTaints;
    this.unschedulable = node?.spec?.unschedulable ?? false;
    this.allocatable = requestsOf(node?.status?.allocatable);
    this.allowedPods = this.allocatable.scalars?.get('pods') ?? 0;
    this.images = imagesOf(node);
  }

  add(pod: PodInfo): void {
    assert(!this.pods.has(pod.uid), `pod ${pod.key} is on node ${this.name} already`);
    this.pods.set(pod.uid, pod);
    if (this.#lowestPriority !== undefined && pod.priority < this.#lowestPriority) this.#lowestPriority = pod.priority;
    this.#count(pod, 1);
    if (pod.hostPorts.length > 0) this.#ports.set(pod.uid, pod);
  }

  /** Takes the pod away; false when it is not here. */
  remove(uid: string): boolean {
    const pod = this.pods.get(uid);
    if (pod === undefined) return false;
    this.pods.delete(uid);
    if (pod.priority === this.#lowestPriority) this.#lowestPriority = undefined;
    this.#count(pod, -1);
    this.#ports.delete(uid);
    return true;
  }

  /** Puts a newer state of a pod in the place of an older one that counts the same. */
  refresh(pod: PodInfo): void {
    assert(this.pods.has(pod.uid), `pod ${pod.key} is not on node ${this.name}`);
    this.pods.set(pod.uid, pod);
    if (this.#ports.has(pod.uid)) this.#ports.set(pod.uid, pod);
  }

  /** The lowest priority of the pods here; infinite when there are none. */
  get lowestPriority(): number {
    if (this.#lowestPriority !== undefined) return this.#lowestPriority;
    let lowest = Number.POSITIVE_INFINITY;
    for (const { priority } of this.pods.values()) if (priority < lowest) lowest = priority;
    return (this.#lowestPriority = lowest);
  }

  /** The pods here that take host ports. */
  get podsWithPorts(): Iterable<PodInfo> {
    return this.#ports.values();
  }

  /** The same node with other pods on it, for asking what would be. */
  whatIf(added: readonly PodInfo[], removed: readonly PodInfo[]): NodeInfo {
    const copy = new NodeInfo(this.name, this.#node);
    const gone = new Set(removed.map(({ uid }) => uid));
    for (const pod of this.pods.values()) if (!gone.has(pod.uid)) copy.add(pod);
    for (const pod of added) if (!copy.pods.has(pod.uid)) copy.add(pod);
    return copy;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    const { requests, scored } = pod;
    this.requestedMilliCpu += sign * requests.milliCpu;
    this.requestedMemory += sign * requests.memory;
    this.requestedEphemeralStorage += sign * requests.ephemeralStorage;
    if (requests.scalars !== undefined)
      for (const [name, value] of requests.scalars)
        this.requestedScalars.set(name, (this.requestedScalars.get(name) ?? 0) + sign * value);
    this.scoredMilliCpu += sign * scored.milliCpu;
    this.scoredMemory += sign * scored.memory;
  }
}

function imagesOf(node: DeepReadonly<Node> | undefined): ReadonlyMap<string, number> {
  const images = new Map<string, number>();
  for (const { names = [], sizeBytes = 0 } of node?.status?.images ?? [])
    for (const name of names) images.set(name, sizeBytes);
  return images;
}

/** Whether two pods cannot have their ports on one node. */
export function portsClash(a: readonly HostPort[], b: readonly HostPort[]): boolean {
  for (const one of a) for (const other of b) if (portClashes(one, other)) return true;
  return false;
}

function portClashes(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
}
