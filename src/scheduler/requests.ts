/**
 * What a pod asks of a node, in plain numbers: CPU in thousandths, everything else in whole units. Init containers run one
 * after the other beside the sidecars started before them, so the most demanding moment counts; overhead comes on top.
 *
 * What always holds: a Requests value never changes after it was made. Sums live in NodeInfo.
 */
import type { Container, ContainerStatus, Pod } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { parseQuantity } from '../machinery/mod.ts';

export interface Requests {
  readonly milliCpu: number;
  readonly memory: number;
  readonly ephemeralStorage: number;
  /** Extended resources, huge pages, attachable volumes; undefined for the many pods without any. */
  readonly scalars: ReadonlyMap<string, number> | undefined;
}

type ResourceList = Readonly<Record<string, string>>;
type PodSpecView = DeepReadonly<NonNullable<Pod['spec']>>;

/** What a container counts for in scores when it asks for nothing: nobody uses nothing. */
const scoredMilliCpu = 100;
const scoredMemory = 200 * 1024 * 1024;

class Sum {
  milliCpu = 0;
  memory = 0;
  ephemeralStorage = 0;
  scalars: Map<string, number> | undefined;

  get(name: string): number {
    if (name === 'cpu') return this.milliCpu;
    if (name === 'memory') return this.memory;
    if (name === 'ephemeral-storage') return this.ephemeralStorage;
    return this.scalars?.get(name) ?? 0;
  }

  set(name: string, value: number): void {
    if (name === 'cpu') this.milliCpu = value;
    else if (name === 'memory') this.memory = value;
    else if (name === 'ephemeral-storage') this.ephemeralStorage = value;
    else (this.scalars ??= new Map()).set(name, value);
  }

  add(other: Sum): void {
    this.milliCpu += other.milliCpu;
    this.memory += other.memory;
    this.ephemeralStorage += other.ephemeralStorage;
    for (const [name, value] of other.scalars ?? []) this.set(name, this.get(name) + value);
  }

  raise(other: Sum): void {
    this.milliCpu = Math.max(this.milliCpu, other.milliCpu);
    this.memory = Math.max(this.memory, other.memory);
    this.ephemeralStorage = Math.max(this.ephemeralStorage, other.ephemeralStorage);
    for (const [name, value] of other.scalars ?? []) this.set(name, Math.max(this.get(name), value));
  }

  raiseTo(list: ResourceList | undefined): void {
    for (const name in list) this.set(name, Math.max(this.get(name), amount(name, list[name] ?? '0')));
  }
}

/** `cpu` in thousandths, everything else in whole units, rounded up. */
function amount(name: string, text: string): number {
  const quantity = parseQuantity(text);
  return name === 'cpu' ? quantity.milliValue() : quantity.value();
}

/** Reads a list of resources, e.g. a node's allocatable. `pods` is kept among the scalars. */
export function requestsOf(list: ResourceList | undefined): Requests {
  const sum = new Sum();
  for (const name in list) sum.set(name, amount(name, list[name] ?? '0'));
  return sum;
}

/**
 * What counts against a node's allocatable. While a running container is being resized, the larger of what is wanted and
 * what it has counts.
 */
export function podRequests(pod: DeepReadonly<Pod>): Requests {
  const statuses = new Map<string, DeepReadonly<ContainerStatus>>();
  for (const status of pod.status?.containerStatuses ?? []) statuses.set(status.name, status);
  for (const status of pod.status?.initContainerStatuses ?? []) statuses.set(status.name, status);
  return totalOf(pod, (container) => {
    const sum = new Sum();
    sum.raiseTo(container.resources?.requests);
    const status = statuses.get(container.name);
    sum.raiseTo(status?.allocatedResources);
    if (status?.allocatedResources !== undefined) sum.raiseTo(status.resources?.requests);
    return sum;
  });
}

/** What counts in scores: as `podRequests`, but who does not say what it needs counts for a little. */
export function scoredRequests(pod: DeepReadonly<Pod>): Requests {
  return totalOf(pod, (container) => {
    const sum = new Sum();
    sum.raiseTo(container.resources?.requests);
    if (container.resources?.requests?.['cpu'] === undefined) sum.milliCpu = scoredMilliCpu;
    if (container.resources?.requests?.['memory'] === undefined) sum.memory = scoredMemory;
    return sum;
  });
}

function totalOf(
  { spec }: DeepReadonly<Pod>,
  requestsOfContainer: (container: DeepReadonly<Container>) => Sum,
): Requests {
  const total = new Sum();
  if (spec === undefined) return total;
  for (const container of spec.containers ?? []) total.add(requestsOfContainer(container));
  if ((spec.initContainers ?? []).length > 0) addInitContainers(total, spec, requestsOfContainer);
  // What is said for the pod as a whole replaces the sum of its containers.
  for (const name in spec.resources?.requests) total.set(name, amount(name, spec.resources.requests[name] ?? '0'));
  for (const name in spec.overhead) total.set(name, total.get(name) + amount(name, spec.overhead[name] ?? '0'));
  return total;
}

function addInitContainers(
  total: Sum,
  spec: PodSpecView,
  requestsOfContainer: (container: DeepReadonly<Container>) => Sum,
): void {
  const sidecars = new Sum();
  const starting = new Sum();
  for (const container of spec.initContainers ?? []) {
    const moment = requestsOfContainer(container);
    if (container.restartPolicy === 'Always') {
      total.add(moment);
      sidecars.add(moment);
      starting.raise(sidecars);
      continue;
    }
    moment.add(sidecars);
    starting.raise(moment);
  }
  total.raise(starting);
}
