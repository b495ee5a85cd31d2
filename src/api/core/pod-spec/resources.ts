/** What a pod asks for: which resource names there are, sums over containers, and the quality of service class. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { parseQuantity, zeroQuantity, type Quantity } from '../../../machinery/mod.ts';
import type { Container, PodSpec, ResourceRequirements } from '../../upstream/types.ts';
import { isSidecar } from './containers.ts';

type ResourceList = Readonly<Record<string, string>>;

/** Resources that may be given for the pod as a whole. */
export function podResourceSupported(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/** Without a prefix, or with one that belongs to Kubernetes. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** How devices of a class are asked for that has no name for it of its own: with the name of the class behind. */
export const implicitDevice = 'deviceclass.resource.kubernetes.io/';

/** What devices and the like are called: `vendor.example/gpu`. */
export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith('requests.');
}

/** Whether limits may be higher than requests. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !name.startsWith('hugepages-');
}

function addTo(sums: Map<string, Quantity>, list: ResourceList | undefined): void {
  for (const name in list) sums.set(name, (sums.get(name) ?? zeroQuantity).add(parseQuantity(list[name] ?? '0')));
}

function raiseTo(highest: Map<string, Quantity>, list: ReadonlyMap<string, Quantity>): void {
  for (const [name, quantity] of list)
    if (quantity.compare(highest.get(name) ?? zeroQuantity) > 0 || !highest.has(name)) highest.set(name, quantity);
}

/** What one container asks for, or what it may use at most. */
type AmountsOf = (container: DeepReadonly<Container>) => ResourceList | undefined;

/** What the containers ask for together, or may use at most. */
export function containerTotal(spec: DeepReadonly<PodSpec>, list: 'requests' | 'limits'): Map<string, Quantity> {
  return totalOf(spec, ({ resources }) => resources?.[list]);
}

/**
 * What the pod asks for, or may use at most: what is said for it as a whole, and where nothing is, what its containers say
 * together. Without what it costs to run a pod at all.
 */
export function podTotal(
  spec: DeepReadonly<PodSpec>,
  list: 'requests' | 'limits',
  of: AmountsOf = ({ resources }) => resources?.[list],
): Map<string, Quantity> {
  const total = totalOf(spec, of);
  const whole = spec.resources?.[list];
  for (const name in whole) if (podResourceSupported(name)) total.set(name, parseQuantity(whole[name] ?? '0'));
  return total;
}

/**
 * The sum over the containers. Init containers run one after the other, each beside the sidecars that were started before
 * it; so the most demanding moment counts.
 */
function totalOf(spec: DeepReadonly<PodSpec>, of: AmountsOf): Map<string, Quantity> {
  const running = new Map<string, Quantity>();
  for (const container of spec.containers ?? []) addTo(running, of(container));
  const sidecars = new Map<string, Quantity>();
  const starting = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const amounts = of(container);
    const moment = new Map(sidecars);
    addTo(moment, amounts);
    if (isSidecar(container)) {
      addTo(running, amounts);
      addTo(sidecars, amounts);
    }
    raiseTo(starting, moment);
  }
  raiseTo(running, starting);
  return running;
}

/** Memory and CPU decide the class; zero is as good as nothing. */
function computeResources(list: ResourceList | undefined): string[] {
  const found: string[] = [];
  for (const name of ['cpu', 'memory']) {
    const text = list?.[name];
    if (text !== undefined && parseQuantity(text).sign > 0) found.push(name);
  }
  return found;
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Guaranteed: everybody has limits for both and asks for as much. BestEffort: nobody says anything. */
export function qosClassOf(spec: DeepReadonly<PodSpec>): QosClass {
  const requests = new Map<string, Quantity>();
  const limits = new Map<string, Quantity>();
  let guaranteed = true;
  const take = (resources: DeepReadonly<ResourceRequirements> | undefined): void => {
    for (const name of computeResources(resources?.requests))
      addTo(requests, { [name]: resources?.requests?.[name] ?? '0' });
    const limited = computeResources(resources?.limits);
    for (const name of limited) addTo(limits, { [name]: resources?.limits?.[name] ?? '0' });
    if (limited.length < 2) guaranteed = false;
  };
  const { resources } = spec;
  if (resources !== undefined && (resources.limits !== undefined || resources.requests !== undefined)) take(resources);
  else {
    for (const container of spec.containers ?? []) take(container.resources);
    for (const container of spec.initContainers ?? []) take(container.resources);
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  for (const [name, request] of requests) if (!(limits.get(name)?.equals(request) ?? false)) guaranteed = false;
  return guaranteed && requests.size === limits.size ? 'Guaranteed' : 'Burstable';
}
