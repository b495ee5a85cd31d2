/**
 * EndpointSlices of services without a selector: what somebody wrote into the Endpoints of such a service is mirrored, so
 * that those who read slices see it too.
 *
 * What always holds: Endpoints that say `skip-mirror`, or that serve as a lock, or whose service selects pods, have no
 * mirrored slices; at most 1,000 addresses of a subset are mirrored.
 */
import type { DeepReadonly } from '../base/mod.ts';
import {
  endpoints,
  endpointSlices,
  services,
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointAddress,
  type Endpoints,
  type EndpointSubset,
  type Service,
} from '../api/mod.ts';
import { defineController, nothing, read, type Action } from '../client/mod.ts';
import { keyOf } from '../machinery/mod.ts';
import { byService } from './endpointslice/endpointslice.ts';
import {
  managedByLabel,
  removal,
  serviceNameLabel,
  sliceWrites,
  type PortGroup,
  type SliceOwner,
} from './endpointslice/writes.ts';
import { familyOf, triggerTimeAnnotation } from './service-pods.ts';

const managedBy = 'endpointslicemirroring-controller.k8s.io';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const endpointsMax = 1000;
const families = ['IPv4', 'IPv6'] as const;

const reads = {
  endpoints: read(endpoints, { wakes: (object) => [keyOf(object)] }),
  services: read(services, { wakes: (service) => [keyOf(service)] }),
  slices: read(endpointSlices, {
    indexes: { service: byService },
    wakes: (slice) => (slice.metadata.labels?.[managedByLabel] === managedBy ? byService(slice) : []),
  }),
};

export const endpointSliceMirroring = defineController({
  name: 'endpointslice-mirroring-controller',
  reads,
  restMs: 30,
  plan(view, key) {
    const object = view.endpoints.get(key);
    const ours = view.slices
      .index('service', key)
      .filter(({ metadata }) => metadata.labels?.[managedByLabel] === managedBy);
    const existing = ours.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (object === undefined || !isMirrored(object, view.services.get(key)))
      return existing.length === 0 ? nothing : { actions: existing.map(removal) };
    const owner = ownerOf(object);
    const actions: Action[] = [];
    for (const family of families) {
      const groups = (object.subsets ?? []).map((subset) => groupOf(subset, family));
      actions.push(
        ...sliceWrites(
          owner,
          family,
          existing.filter(({ addressType }) => addressType === family),
          groups,
        ),
      );
    }
    return { actions };
  },
});

function isMirrored({ metadata }: DeepReadonly<Endpoints>, service: DeepReadonly<Service> | undefined): boolean {
  if (metadata.labels?.[skipLabel] === 'true' || metadata.annotations?.[leaderAnnotation] !== undefined) return false;
  return service !== undefined && service.spec?.selector === undefined;
}

function ownerOf(object: DeepReadonly<Endpoints>): SliceOwner {
  const { [triggerTimeAnnotation]: trigger, ...annotations } = object.metadata.annotations ?? {};
  const labels = {
    ...object.metadata.labels,
    [serviceNameLabel]: object.metadata.name ?? '',
    [managedByLabel]: managedBy,
  };
  return {
    owner: object,
    labels,
    annotations,
    triggerMs: trigger === undefined ? undefined : Date.parse(trigger),
    endpointsMax,
    placeholder: false,
  };
}

function groupOf(
  { addresses = [], notReadyAddresses = [], ports = [] }: DeepReadonly<EndpointSubset>,
  family: (typeof families)[number],
): PortGroup {
  const all = [
    ...addresses.map((address) => mirrored(address, true)),
    ...notReadyAddresses.map((address) => mirrored(address, false)),
  ];
  const ofFamily = all.slice(0, endpointsMax).filter((endpoint) => familyOf(endpoint.addresses[0] ?? '') === family);
  const mirroredPorts = ports.map(({ name = '', protocol = 'TCP', port, appProtocol }): DiscoveryV1EndpointPort => ({
    name,
    protocol,
    port,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
  return { ports: mirroredPorts, endpoints: ofFamily };
}

function mirrored({ ip, hostname, nodeName, targetRef }: DeepReadonly<EndpointAddress>, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef: { ...targetRef } }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}
