/** From wanted endpoints to writes: slices of one owner, grouped by ports, with their labels kept right. */
import { jsonEqual, rfc3339, type DeepReadonly } from '../../base/mod.ts';
import { endpointSlices, type DiscoveryV1EndpointPort, type Endpoint, type EndpointSlice } from '../../api/mod.ts';
import type { Action } from '../../client/mod.ts';
import { controllerReference, type KubeObject } from '../../machinery/mod.ts';
import { generateNamePrefix } from '../pod-template.ts';
import { triggerTimeAnnotation } from '../service-pods.ts';
import { pack, portsKey, type ReadSlice } from './packing.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';

/** Endpoints that are reached through the same ports. */
export interface PortGroup {
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export interface SliceOwner {
  readonly owner: DeepReadonly<KubeObject>;
  readonly labels: Readonly<Record<string, string>>;
  /** Annotations of the owner that its slices carry too. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly triggerMs: number | undefined;
  readonly endpointsMax: number;
  /** Whether an owner without endpoints has one empty slice, so that it is known to have none. */
  readonly placeholder: boolean;
}

/** The writes that make the slices of one address type what they should be. */
export function sliceWrites(
  who: SliceOwner,
  addressType: string,
  existing: readonly ReadSlice[],
  groups: readonly PortGroup[],
): Action[] {
  const wanted = new Map<string, PortGroup>();
  for (const group of groups) {
    const key = portsKey(group.ports);
    wanted.set(key, { ports: group.ports, endpoints: [...(wanted.get(key)?.endpoints ?? []), ...group.endpoints] });
  }
  const filled = [...wanted].filter(([, { endpoints }]) => endpoints.length > 0);
  if (filled.length === 0 && who.placeholder) return placeholderWrites(who, addressType, existing);
  const actions: Action[] = [];
  for (const slice of existing)
    if (!filled.some(([key]) => key === portsKey(slice.ports))) actions.push(removal(slice));
  for (const [key, { ports, endpoints }] of filled) {
    const packing = pack(
      existing.filter((slice) => portsKey(slice.ports) === key),
      endpoints,
      who.endpointsMax,
    );
    for (const part of packing.create) actions.push(creation(who, addressType, ports, part));
    for (const [slice, part] of packing.update) actions.push(update(who, slice, part));
    for (const slice of packing.remove) actions.push(removal(slice));
    for (const slice of packing.unchanged)
      if (!isOurs(who, slice)) actions.push(update(who, slice, slice.endpoints ?? []));
  }
  return actions;
}

/** A service without endpoints has one empty slice, so that it is known to have none. */
function placeholderWrites(who: SliceOwner, addressType: string, existing: readonly ReadSlice[]): Action[] {
  const kept = existing.find((slice) => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0);
  const others = existing.filter((slice) => slice !== kept).map(removal);
  if (kept === undefined) return [...others, creation(who, addressType, [], [])];
  return isOurs(who, kept) ? others : [...others, update(who, kept, [])];
}

function creation(
  who: SliceOwner,
  addressType: string,
  ports: readonly DiscoveryV1EndpointPort[],
  endpoints: readonly DeepReadonly<Endpoint>[],
): Action {
  const { owner, labels } = who;
  const { namespace, name = '' } = owner.metadata ?? {};
  const object: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: generateNamePrefix(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels },
      ...annotationsFor(who, undefined),
      ownerReferences: [controllerReference(owner)],
    },
    addressType,
    endpoints: endpoints as Endpoint[],
    ports: [...ports],
  };
  return { do: 'create', resource: endpointSlices, object };
}

function update(who: SliceOwner, slice: ReadSlice, endpoints: readonly DeepReadonly<Endpoint>[]): Action {
  const { annotations: _, ...metadata } = slice.metadata;
  const object = {
    ...slice,
    metadata: {
      ...metadata,
      labels: { ...who.labels },
      ...annotationsFor(who, slice.metadata.annotations),
      ownerReferences: [controllerReference(who.owner)],
    },
    endpoints,
  };
  return { do: 'update', resource: endpointSlices, object };
}

function annotationsFor(
  { annotations, triggerMs }: SliceOwner,
  before: Readonly<Record<string, string>> | undefined,
): { annotations?: Record<string, string> } {
  const { [triggerTimeAnnotation]: _, ...rest } = before ?? {};
  const all = {
    ...(annotations ?? rest),
    ...(triggerMs === undefined ? {} : { [triggerTimeAnnotation]: rfc3339(triggerMs) }),
  };
  return Object.keys(all).length === 0 ? {} : { annotations: all };
}

function isOurs({ labels, owner, annotations }: SliceOwner, slice: ReadSlice): boolean {
  const { [triggerTimeAnnotation]: _, ...own } = slice.metadata.annotations ?? {};
  const sameAnnotations = annotations === undefined || jsonEqual(own, annotations);
  return (
    sameAnnotations &&
    jsonEqual(slice.metadata.labels ?? {}, labels) &&
    jsonEqual(slice.metadata.ownerReferences, [controllerReference(owner)])
  );
}

export function removal({ metadata: { namespace, name = '', uid = '' } }: ReadSlice): Action {
  return { do: 'delete', resource: endpointSlices, key: { namespace, name }, options: { uid } };
}
