/**
 * The nodes and the pods on them as the scheduler knows them, kept up to date change by change: what the informers saw, and
 * the pods that were given a node and whose binding has not been seen yet.
 *
 * What always holds: a pod counts on at most one node; one that was given a node counts there from that moment until its
 * binding is seen, fails, or the pod is deleted. What is seen wins over what was assumed.
 */
import type { Node } from '../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../base/mod.ts';
import type { LabelSelector } from '../machinery/mod.ts';
import type { ChangeKind, ClusterChange, PlacedTerm, PodCounts, Snapshot } from './framework.ts';
import { NodeInfo } from './node-info.ts';
import { PlacedTerms, PodCounters } from './pod-counters.ts';
import type { PodInfo } from './pod-info.ts';

interface Placed {
  pod: PodInfo;
  readonly node: NodeInfo;
  assumed: boolean;
}

type Labels = Readonly<Record<string, string>>;
const noPods: readonly never[] = Object.freeze([]);

/** What a cycle asks besides nodes and pods. */
export interface ClusterStateWorld {
  readonly namespaceLabels?: (namespace: string) => Labels | undefined;
  readonly namespacesRevision?: () => number;
  readonly peers?: (pod: PodInfo) => LabelSelector | undefined;
}

export class ClusterState implements Snapshot {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #placed = new Map<string, Placed>();
  readonly #images = new Map<string, number>();
  readonly #nominated = new Map<string, Map<string, PodInfo>>();
  readonly #nominations = new Map<string, string>();
  readonly #world: ClusterStateWorld;
  readonly #counters = new PodCounters();
  readonly #terms = new PlacedTerms();
  /** By topology key, until a node comes, goes or changes its labels. */
  readonly #domains = new Map<string, Map<string, number>>();
  #order: readonly NodeInfo[] | undefined = [];

  constructor(world: ClusterStateWorld = {}) {
    this.#world = world;
  }

  get nodes(): readonly NodeInfo[] {
    return (this.#order ??= inZones([...this.#nodes.values()].filter(({ node }) => node !== undefined)));
  }

  node(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.node === undefined ? undefined : info;
  }

  imageSpread(image: string): number {
    return this.#images.get(image) ?? 0;
  }

  namespaceLabels(namespace: string): Labels | undefined {
    return this.#world.namespaceLabels?.(namespace);
  }

  get namespacesRevision(): number {
    return this.#world.namespacesRevision?.() ?? 0;
  }

  counts(key: string, test: (pod: PodInfo) => boolean): PodCounts {
    return this.#counters.get(key, test, this.#placed.values());
  }

  domains(topologyKey: string): ReadonlyMap<string, number> {
    let domains = this.#domains.get(topologyKey);
    if (domains !== undefined) return domains;
    this.#domains.set(topologyKey, (domains = new Map()));
    for (const { labels } of this.nodes) {
      const domain = labels[topologyKey];
      if (domain !== undefined) domains.set(domain, (domains.get(domain) ?? 0) + 1);
    }
    return domains;
  }

  get terms(): Iterable<PlacedTerm> {
    return this.#terms.all;
  }

  peers(pod: PodInfo): LabelSelector | undefined {
    return this.#world.peers?.(pod);
  }

  get anyNominated(): boolean {
    return this.#nominated.size > 0;
  }

  nominated(nodeName: string): readonly PodInfo[] {
    const pods = this.#nominated.get(nodeName);
    return pods === undefined ? noPods : [...pods.values()];
  }

  /** The node that was nominated for the pod. */
  nomination(uid: string): string | undefined {
    return this.#nominations.get(uid);
  }

  nominate(pod: PodInfo, nodeName: string): void {
    this.unnominate(pod.uid);
    this.#nominations.set(pod.uid, nodeName);
    const pods = this.#nominated.get(nodeName);
    if (pods === undefined) this.#nominated.set(nodeName, new Map([[pod.uid, pod]]));
    else pods.set(pod.uid, pod);
  }

  unnominate(uid: string): void {
    const nodeName = this.#nominations.get(uid);
    if (nodeName === undefined) return;
    this.#nominations.delete(uid);
    const pods = this.#nominated.get(nodeName);
    pods?.delete(uid);
    if (pods?.size === 0) this.#nominated.delete(nodeName);
  }

  /** A node came, changed or went. Returns what of it may matter to pods that wait. */
  setNode(name: string, node: DeepReadonly<Node> | undefined): ClusterChange[] {
    const known = this.#nodes.get(name);
    const before = known?.node;
    if (node === undefined) {
      if (known === undefined) return [];
      this.#removeNode(known);
      return [{ kind: 'nodeDelete', node: known }];
    }
    const info = known ?? new NodeInfo(name);
    this.#nodes.set(name, info);
    this.#countImages(info, -1);
    info.node = node;
    this.#countImages(info, 1);
    if (before === undefined || zoneOf(before) !== zoneOf(node)) this.#order = undefined;
    if (!jsonEqual(before?.metadata.labels, node.metadata.labels)) this.#forgetDomains();
    return kindsOfChange(before, node).map((kind) => ({ kind, node: info }));
  }

  /** A pod that has a node was seen. Returns what of it may matter to pods that wait. */
  place(pod: PodInfo): ClusterChange[] {
    const placed = this.#placed.get(pod.uid);
    const { nodeName } = pod;
    if (placed === undefined || placed.node.name !== nodeName) {
      const freed = this.remove(pod.uid);
      const node = this.#put(pod, nodeName, false);
      return [...freed, { kind: 'assignedPodAdd', node, pod }];
    }
    const { node, pod: before, assumed } = placed;
    placed.assumed = false;
    placed.pod = pod;
    if (countsTheSame(before, pod)) {
      node.refresh(pod);
      return assumed ? [{ kind: 'assignedPodAdd', node, pod }] : [];
    }
    node.remove(pod.uid);
    this.#count(before, node, -1);
    node.add(pod);
    this.#count(pod, node, 1);
    const changes: ClusterChange[] = [];
    if (assumed) changes.push({ kind: 'assignedPodAdd', node, pod });
    else if (!jsonEqual(before.labels, pod.labels)) changes.push({ kind: 'assignedPodLabels', node, pod });
    if (asksForLess(before, pod)) changes.push({ kind: 'assignedPodScaleDown', node, pod });
    return changes;
  }

  /** The pod that was placed, as it was last seen. */
  placed(uid: string): PodInfo | undefined {
    return this.#placed.get(uid)?.pod;
  }

  /** Counts a pod on a node before its binding is seen. */
  assume(pod: PodInfo, nodeName: string): void {
    this.unnominate(pod.uid);
    this.#put(pod, nodeName, true);
  }

  /** The binding failed: takes back what was assumed, unless it turned out to be true. */
  forget(uid: string): ClusterChange[] {
    return this.#placed.get(uid)?.assumed === true ? this.remove(uid) : [];
  }

  /** The pod is gone, or over. */
  remove(uid: string): ClusterChange[] {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return [];
    const { node, pod } = placed;
    this.#placed.delete(uid);
    node.remove(uid);
    this.#count(pod, node, -1);
    if (node.node === undefined && node.pods.size === 0) this.#nodes.delete(node.name);
    return [{ kind: 'assignedPodDelete', node, pod }];
  }

  #put(pod: PodInfo, nodeName: string, assumed: boolean): NodeInfo {
    let node = this.#nodes.get(nodeName);
    if (node === undefined) this.#nodes.set(nodeName, (node = new NodeInfo(nodeName)));
    node.add(pod);
    this.#count(pod, node, 1);
    this.#placed.set(pod.uid, { pod, node, assumed });
    return node;
  }

  #count(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    this.#counters.count(pod, node, sign);
    this.#terms.count(pod, node, sign);
  }

  #removeNode(info: NodeInfo): void {
    this.#countImages(info, -1);
    info.node = undefined;
    this.#order = undefined;
    this.#forgetDomains();
    if (info.pods.size === 0) this.#nodes.delete(info.name);
  }

  #forgetDomains(): void {
    this.#domains.clear();
    this.#counters.forgetDomains();
    this.#terms.forgetDomains();
  }

  #countImages({ images }: NodeInfo, sign: 1 | -1): void {
    for (const name of images.keys()) {
      const count = (this.#images.get(name) ?? 0) + sign;
      if (count > 0) this.#images.set(name, count);
      else this.#images.delete(name);
    }
  }
}

/** Most updates are of the status; none of what is counted hangs on it, except while the pod is being resized. */
function countsTheSame(before: PodInfo, after: PodInfo): boolean {
  const { generation } = after.pod.metadata;
  if (
    generation === undefined ||
    generation !== before.pod.metadata.generation ||
    before.terminating !== after.terminating
  )
    return false;
  // The generation says that the rest of what is asked for is the same.
  const { milliCpu, memory } = before.requests;
  return (
    jsonEqual(before.labels, after.labels) && milliCpu === after.requests.milliCpu && memory === after.requests.memory
  );
}

function asksForLess({ requests: before }: PodInfo, { requests: after }: PodInfo): boolean {
  return after.milliCpu < before.milliCpu || after.memory < before.memory;
}

/** What of a change of a node can make a pod fit that did not. */
function kindsOfChange(
  before: DeepReadonly<Node> | undefined,
  node: DeepReadonly<Node>,
): (ChangeKind & `node${string}`)[] {
  if (before === undefined) return ['nodeAdd'];
  const kinds: (ChangeKind & `node${string}`)[] = [];
  if (!jsonEqual(before.status?.allocatable, node.status?.allocatable)) kinds.push('nodeAllocatable');
  if (!jsonEqual(before.metadata.labels, node.metadata.labels)) kinds.push('nodeLabels');
  if (
    (before.spec?.unschedulable ?? false) !== (node.spec?.unschedulable ?? false) ||
    !jsonEqual(before.spec?.taints, node.spec?.taints)
  )
    kinds.push('nodeTaints');
  return kinds;
}

function zoneOf({ metadata: { labels = {} } }: DeepReadonly<Node>): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return `${region}:${zone}`;
}

/** One node of each zone in turn, so that whatever part of the list is tried has nodes of all zones. */
function inZones(nodes: readonly NodeInfo[]): readonly NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    const zone = info.node === undefined ? '' : zoneOf(info.node);
    const members = zones.get(zone);
    if (members === undefined) zones.set(zone, [info]);
    else members.push(info);
  }
  if (zones.size <= 1) return nodes;
  const out: NodeInfo[] = [];
  for (let turn = 0; out.length < nodes.length; turn++) {
    for (const members of zones.values()) {
      const member = members[turn];
      if (member !== undefined) out.push(member);
    }
  }
  return out;
}
