/**
 * Which pods a service selects and how they are reached: the common ground of Endpoints and EndpointSlices.
 *
 * Pods are found by label through an index, and so are the services that a pod concerns: a change of one pod costs as much
 * as that pod has labels.
 */
import { jsonEqual, type DeepReadonly } from '../base/mod.ts';
import { pods, services, type Pod, type Service, type ServicePort } from '../api/mod.ts';
import { read, type IndexFunction, type ObjectChange, type ResourceView, type View } from '../client/mod.ts';
import { keyOf, type KubeObject } from '../machinery/mod.ts';
import { isDeleting, isFinished, isReady, podCondition, timeMs } from './pod-state.ts';

export type ReadService = DeepReadonly<Service>;
export type ReadPod = DeepReadonly<Pod>;
type Family = 'IPv4' | 'IPv6';

const pairs = (object: DeepReadonly<KubeObject>, labels: Readonly<Record<string, string>> | undefined): string[] =>
  Object.entries(labels ?? {}).map(([key, value]) => `${object.metadata?.namespace ?? ''}/${key}=${value}`);
const byLabel: IndexFunction<Pod> = (pod) => pairs(pod, pod.metadata.labels);
const byNode: IndexFunction<Pod> = ({ spec }) =>
  spec?.nodeName === undefined || spec.nodeName === '' ? [] : [spec.nodeName];
/** Filed under one of the pairs that a pod must have. */
const bySelector: IndexFunction<Service> = (service) => pairs(service, service.spec?.selector).toSorted().slice(0, 1);

export const podIndexes = { label: byLabel, node: byNode };

/** What a controller reads that makes a service's endpoints of its pods. */
export const serviceReads = {
  services: read(services, { indexes: { selector: bySelector }, wakes: (service) => [keyOf(service)] }),
  pods: read(pods, { indexes: podIndexes, wakes: servicesToWake }),
};

const headlessLabel = 'service.kubernetes.io/headless';

/** Whether this is a service whose endpoints follow from pods. */
export function selectsPods({ spec }: ReadService): boolean {
  return spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;
}

export function isHeadless({ spec }: ReadService): boolean {
  return spec?.clusterIP === 'None';
}

/** The service's own labels for what is made of it. */
export function labelsOf(service: ReadService): Record<string, string> {
  const { [headlessLabel]: _, ...own } = service.metadata.labels ?? {};
  return isHeadless(service) ? { ...own, [headlessLabel]: '' } : own;
}

export function selectedPods(view: ResourceView<Pod>, service: ReadService): readonly ReadPod[] {
  const candidates = pairs(service, service.spec?.selector).map((pair) => view.index('label', pair));
  const fewest = candidates.toSorted((a, b) => a.length - b.length)[0] ?? [];
  return fewest.filter((pod) => isSelected(service, pod)).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function isSelected({ spec }: ReadService, { metadata }: ReadPod): boolean {
  return Object.entries(spec?.selector ?? {}).every(([key, value]) => metadata.labels?.[key] === value);
}

/** The keys of the services that select a pod, for the view's `services`. */
export function servicesOf(pod: ReadPod, view: View): readonly string[] {
  const selecting = view['services'] as ResourceView<Service>;
  return pairs(pod, pod.metadata.labels)
    .flatMap((pair) => selecting.index('selector', pair))
    .filter((service) => isSelected(service, pod))
    .map((service) => keyOf(service));
}

/** The services to plan for a change of a pod: none, if nothing about it is to be told. */
function servicesToWake(pod: ReadPod, view: View, { object, previous }: ObjectChange<Pod>): readonly string[] {
  if (object !== undefined && previous !== undefined && jsonEqual(toldOf(object), toldOf(previous))) return [];
  return servicesOf(pod, view);
}

function toldOf(pod: ReadPod): unknown {
  const { metadata, spec, status } = pod;
  return [
    metadata.uid,
    metadata.labels,
    isDeleting(pod),
    isFinished(pod),
    isReady(pod),
    status?.podIPs,
    status?.podIP,
    spec?.nodeName,
    spec?.hostname,
    spec?.subdomain,
  ];
}

/** Whether a pod belongs to a service at all: it has an address and still runs. */
export function isReachable(pod: ReadPod, includeTerminating: boolean): boolean {
  return !isFinished(pod) && addressesOf(pod).length > 0 && (includeTerminating || !isDeleting(pod));
}

function addressesOf({ status }: ReadPod): readonly string[] {
  const all = (status?.podIPs ?? []).map(({ ip }) => ip);
  return all.length > 0 ? all : [status?.podIP ?? ''].filter((ip) => ip !== '');
}

export function addressesOfFamily(pod: ReadPod, family: Family): readonly string[] {
  return addressesOf(pod).filter((ip) => familyOf(ip) === family);
}

/** The families that the service has endpoints in, the one of the old Endpoints first. */
export function familiesOf({ spec }: ReadService): readonly Family[] {
  if ((spec?.ipFamilies ?? []).length > 0) return spec?.ipFamilies as readonly Family[];
  return [
    spec?.clusterIP === undefined || spec.clusterIP === 'None' || spec.clusterIP === ''
      ? 'IPv4'
      : familyOf(spec.clusterIP),
  ];
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** The number of the pod's port that a service's port leads to; undefined if the pod has none of that name. */
export function targetPort(
  { targetPort: target, protocol = 'TCP', port }: DeepReadonly<ServicePort>,
  { spec }: ReadPod,
): number | undefined {
  if (typeof target !== 'string') return target === undefined || target === 0 ? port : target;
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...(spec?.containers ?? []), ...sidecars])
    for (const candidate of container.ports ?? [])
      if (candidate.name === target && (candidate.protocol ?? 'TCP') === protocol) return candidate.containerPort;
  return undefined;
}

/** The name under which the pod is reached below a headless service. */
export function hostnameOf({ metadata, spec }: ReadPod, service: ReadService): string | undefined {
  const named =
    (spec?.hostname ?? '') !== '' &&
    spec?.subdomain === service.metadata.name &&
    metadata.namespace === service.metadata.namespace;
  return named ? spec?.hostname : undefined;
}

export function targetOf({ metadata: { namespace, name, uid } }: ReadPod): {
  kind: string;
  namespace?: string;
  name?: string;
  uid?: string;
} {
  return {
    kind: 'Pod',
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
  };
}

/** What was last known to have changed, by which the time of the change that an update answers to is told. */
export interface TriggerTimes {
  readonly serviceMs: number;
  readonly podsMs: Readonly<Record<string, number>>;
}

/** The time of the first change that was not told yet, and what to remember of it. */
export function triggerTime(
  service: ReadService,
  selected: readonly ReadPod[],
  known: TriggerTimes = { serviceMs: 0, podsMs: {} },
): { readonly atMs: number | undefined; readonly times: TriggerTimes } {
  const podsMs: Record<string, number> = {};
  const changed: number[] = [];
  for (const pod of selected) {
    const { name = '' } = pod.metadata;
    const atMs = timeMs(podCondition(pod, 'Ready')?.lastTransitionTime);
    if (atMs === undefined) continue;
    podsMs[name] = atMs;
    if (atMs > (known.podsMs[name] ?? 0)) changed.push(atMs);
  }
  const serviceMs = timeMs(service.metadata.creationTimestamp) ?? 0;
  if (serviceMs > known.serviceMs) changed.push(serviceMs);
  return { atMs: changed.length === 0 ? undefined : Math.min(...changed), times: { serviceMs, podsMs } };
}

export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';
