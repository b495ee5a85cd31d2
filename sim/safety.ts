/** What must hold after every single change, whatever has gone wrong: each rule looks at the change and at the state now. */
import { nodes, pods, services, type Node, type Pod, type Service } from '../src/api/mod.ts';
import { assert, type DeepReadonly } from '../src/base/mod.ts';
import { quantityFromJson } from '../src/machinery/mod.ts';
import type { Happening, SimulatedHistory } from './history.ts';

export class SafetyRules {
  /** Where each pod was put, by uid: for ever. */
  readonly #places = new Map<string, string>();

  check(happening: Happening, history: SimulatedHistory): void {
    if (happening.deleted) return;
    if (happening.collection === pods.collection) this.#podChanged(happening, history);
    if (happening.collection === nodes.collection) nodeChanged(happening, history);
    if (happening.collection === services.collection) serviceChanged(happening, history);
  }

  #podChanged({ object, previous }: Happening, history: SimulatedHistory): void {
    const pod = object as DeepReadonly<Pod>;
    const before = previous as DeepReadonly<Pod> | undefined;
    const { uid = '', name = '' } = pod.metadata;
    const nodeName = pod.spec?.nodeName ?? '';
    const place = this.#places.get(uid);
    assert(place === undefined || place === nodeName, `pod ${name} moved from ${place ?? ''} to ${nodeName}`);
    if (nodeName === '') return;
    this.#places.set(uid, nodeName);
    if (place === undefined) assertRoom(nodeName, history);
    const wasOver = before?.metadata.uid === uid && before !== undefined && isOver(before);
    assert(!wasOver || isOver(pod), `pod ${name} came back after it was ${before?.status?.phase ?? ''}`);
  }
}

export function podsNow(history: SimulatedHistory): readonly DeepReadonly<Pod>[] {
  return [...history.objects(pods).values()] as readonly DeepReadonly<Pod>[];
}

export function isOver({ status }: DeepReadonly<Pod>): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** What a pod asks for, in thousandths of a CPU, and bytes. */
export function requestsOf({ spec }: DeepReadonly<Pod>): { readonly cpu: number; readonly memory: number } {
  let [cpu, memory] = [0, 0];
  for (const { resources } of spec?.containers ?? []) {
    cpu += amount(resources?.requests?.['cpu']) * 1000;
    memory += amount(resources?.requests?.['memory']);
  }
  return { cpu: Math.round(cpu), memory };
}

function amount(value: unknown): number {
  return value === undefined ? 0 : Number(quantityFromJson(value).nanos) / 1e9;
}

export interface Room {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
  readonly hostPorts: ReadonlySet<number>;
}

/** What is left on a node; undefined when there is no such node. */
export function roomOn(nodeName: string, history: SimulatedHistory): Room | undefined {
  const node = history.objects(nodes).get(nodeName) as DeepReadonly<Node> | undefined;
  const allocatable = node?.status?.allocatable;
  if (allocatable === undefined) return undefined;
  const placed = podsNow(history).filter((pod) => pod.spec?.nodeName === nodeName && !isOver(pod));
  const requests = placed.map(requestsOf);
  return {
    cpu: amount(allocatable['cpu']) * 1000 - requests.reduce((sum, { cpu }) => sum + cpu, 0),
    memory: amount(allocatable['memory']) - requests.reduce((sum, { memory }) => sum + memory, 0),
    pods: amount(allocatable['pods']) - placed.length,
    hostPorts: new Set(placed.flatMap(hostPortsOf)),
  };
}

export function hostPortsOf({ spec }: DeepReadonly<Pod>): number[] {
  return (spec?.containers ?? []).flatMap(({ ports = [] }) => ports.flatMap(({ hostPort }) => hostPort ?? []));
}

function assertRoom(nodeName: string, history: SimulatedHistory): void {
  const room = roomOn(nodeName, history);
  if (room === undefined) return;
  const left = `cpu ${room.cpu}m, memory ${room.memory}, pods ${room.pods}`;
  assert(room.cpu >= 0 && room.memory >= 0 && room.pods >= 0, `${nodeName} is over-committed: left are ${left}`);
  const taken = podsNow(history)
    .filter((pod) => pod.spec?.nodeName === nodeName && !isOver(pod))
    .flatMap(hostPortsOf);
  assert(new Set(taken).size === taken.length, `a host port of ${nodeName} is given twice: ${taken.join(', ')}`);
}

/** A block of pod addresses is one node's. That pods have no address in common is looked at when all is at rest: the end of a pod may be told late. */
function nodeChanged({ object }: Happening, history: SimulatedHistory): void {
  const node = object as DeepReadonly<Node>;
  const { podCIDR } = node.spec ?? {};
  if (podCIDR === undefined) return;
  for (const other of history.objects(nodes).values() as Iterable<DeepReadonly<Node>>)
    assert(
      other.metadata.uid === node.metadata.uid || other.spec?.podCIDR !== podCIDR,
      `nodes ${node.metadata.name ?? ''} and ${other.metadata.name ?? ''} both have ${podCIDR}`,
    );
}

function serviceChanged({ object }: Happening, history: SimulatedHistory): void {
  const service = object as DeepReadonly<Service>;
  for (const other of history.objects(services).values() as Iterable<DeepReadonly<Service>>) {
    if (other.metadata.uid === service.metadata.uid) continue;
    const [own, theirs] = [addressesOf(service), addressesOf(other)];
    const shared = own.find((address) => theirs.includes(address));
    assert(
      shared === undefined,
      `services ${service.metadata.name ?? ''} and ${other.metadata.name ?? ''} share ${shared ?? ''}`,
    );
  }
}

function addressesOf({ spec }: DeepReadonly<Service>): readonly string[] {
  const ips = (spec?.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '');
  const ports = (spec?.ports ?? []).flatMap(({ nodePort, protocol = 'TCP' }) =>
    nodePort === undefined ? [] : [`${protocol}/${nodePort}`],
  );
  return [...ips, ...ports];
}
