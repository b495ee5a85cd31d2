/** What a pod asks for: which resource names there are, sums over containers, and the quality of service class. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { parseQuantity, zeroQuantity, type Quantity } from '../../../machinery/mod.ts';
import type { PodSpec, ResourceRequirements } from '../../upstream/types.ts';
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

/**
 * What the containers ask for together. Init containers run one after the other, each beside the sidecars that were
 * started before it; so the most demanding moment counts.
 */
export function totalRequests(spec: DeepReadonly<PodSpec>): Map<string, Quantity> {
  const running = new Map<string, Quantity>();
  for (const container of spec.containers ?? []) addTo(running, container.resources?.requests);
  const sidecars = new Map<string, Quantity>();
  const starting = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const moment = new Map(sidecars);
    addTo(moment, container.resources?.requests);
    if (isSidecar(container)) {
      addTo(running, container.resources?.requests);
      addTo(sidecars, container.resources?.requests);
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
