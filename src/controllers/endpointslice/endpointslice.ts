/**
 * EndpointSlices of services that select pods: for each address family, slices of at most 100 endpoints, one group for each
 * set of target ports (pods may give a named port different numbers).
 *
 * What always holds: a service has at least one slice in each of its families; only slices that carry this controller's
 * label are touched; a pod on a node that is not known yet waits for it, unless the service publishes everything.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  endpointSlices,
  nodes,
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointSlice,
  type Node,
  type Pod,
} from '../../api/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type IndexFunction,
  type ResourceView,
  type ViewOf,
} from '../../client/mod.ts';
import { objectKey } from '../../machinery/mod.ts';
import { isDeleting, isReady } from '../pod-state.ts';
import {
  addressesOfFamily,
  familiesOf,
  hostnameOf,
  isReachable,
  labelsOf,
  selectedPods,
  selectsPods,
  serviceReads,
  servicesOf,
  targetOf,
  targetPort,
  triggerTime,
  type ReadPod,
  type ReadService,
  type TriggerTimes,
} from '../service-pods.ts';
import { managedByLabel, removal, serviceNameLabel, sliceWrites, type PortGroup, type SliceOwner } from './writes.ts';

const managedBy = 'endpointslice-controller.k8s.io';
const endpointsMax = 100;
const zoneLabel = 'topology.kubernetes.io/zone';

type Family = ReturnType<typeof familiesOf>[number];

/** The slices of a service, under its key. Each controller touches only its own. */
export const byService: IndexFunction<EndpointSlice> = ({ metadata: { namespace, labels } }) => {
  const name = labels?.[serviceNameLabel];
  return name === undefined ? [] : [objectKey(namespace, name)];
};

const reads = {
  ...serviceReads,
  nodes: read(nodes, {
    wakes: (node, view, { object, previous }) =>
      object !== undefined && previous !== undefined && zoneOf(object) === zoneOf(previous)
        ? []
        : (view['pods'] as ResourceView<Pod>)
            .index('node', node.metadata.name ?? '')
            .flatMap((pod) => servicesOf(pod, view)),
  }),
  slices: read(endpointSlices, {
    indexes: { service: byService },
    wakes: (slice) => (slice.metadata.labels?.[managedByLabel] === managedBy ? byService(slice) : []),
  }),
};

export const endpointSlice = defineController({
  name: 'endpointslice-controller',
  reads,
  restMs: 30,
  plan(view, key, _now, remembered?: TriggerTimes) {
    const service = view.services.get(key);
    if (service === undefined || !selectsPods(service)) return nothing;
    const existing = view.slices
      .index('service', key)
      .filter(
        ({ metadata }) => metadata.labels?.[managedByLabel] === managedBy && metadata.deletionTimestamp === undefined,
      );
    const selected = selectedPods(view.pods, service);
    const { atMs, times } = triggerTime(service, selected, remembered);
    const owner: SliceOwner = {
      owner: service,
      labels: {
        ...labelsOf(service),
        [serviceNameLabel]: service.metadata.name ?? '',
        [managedByLabel]: managedBy,
      },
      triggerMs: atMs,
      endpointsMax,
      placeholder: true,
    };
    const families = familiesOf(service);
    const actions: Action[] = existing
      .filter(({ addressType }) => !families.includes(addressType as Family))
      .map(removal);
    for (const family of families) {
      const ofFamily = existing.filter(({ addressType }) => addressType === family);
      actions.push(...sliceWrites(owner, family, ofFamily, groupsOf(view, service, selected, family)));
    }
    const { namespace = '', name = '' } = service.metadata;
    const failed = (message: string): Action => ({
      do: 'event',
      event: {
        regarding: service,
        type: 'Warning',
        reason: 'FailedToUpdateEndpointSlices',
        message: `Error updating Endpoint Slices for Service ${namespace}/${name}: ${message}`,
      },
    });
    return {
      actions,
      remember: times,
      otherwise: (error) => (error.reason === 'Conflict' ? [] : [failed(error.message)]),
    };
  },
});

function groupsOf(
  view: ViewOf<typeof reads>,
  service: ReadService,
  selected: readonly ReadPod[],
  family: Family,
): PortGroup[] {
  const groups: PortGroup[] = [];
  for (const pod of selected) {
    const addresses = addressesOfFamily(pod, family);
    if (addresses.length === 0 || !isReachable(pod, true)) continue;
    const node = view.nodes.get(pod.spec?.nodeName ?? '');
    if (node === undefined && (pod.spec?.nodeName ?? '') !== '' && service.spec?.publishNotReadyAddresses !== true)
      continue;
    groups.push({ ports: portsOf(service, pod), endpoints: [endpointOf(service, pod, addresses, node)] });
  }
  return groups;
}

function endpointOf(
  service: ReadService,
  pod: ReadPod,
  addresses: readonly string[],
  node: DeepReadonly<Node> | undefined,
): Endpoint {
  const serving = isReady(pod);
  const terminating = isDeleting(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const nodeName = pod.spec?.nodeName ?? '';
  const zone = zoneOf(node);
  const hostname = hostnameOf(pod, service);
  const hints = ready ? hintsOf(service, zone, nodeName) : undefined;
  return {
    addresses: [...addresses],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: targetOf(pod),
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
  };
}

/** `trafficDistribution`: whose traffic an endpoint should get. */
function hintsOf({ spec }: ReadService, zone: string | undefined, nodeName: string): Endpoint['hints'] | undefined {
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  const distribution = spec?.trafficDistribution;
  if (distribution === 'PreferSameNode')
    return nodeName === '' ? undefined : { ...forZones, forNodes: [{ name: nodeName }] };
  const sameZone = distribution === 'PreferClose' || distribution === 'PreferSameZone';
  return sameZone && zone !== undefined ? forZones : undefined;
}

function portsOf({ spec }: ReadService, pod: ReadPod): DiscoveryV1EndpointPort[] {
  return (spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    return [
      {
        name: port.name ?? '',
        protocol: port.protocol ?? 'TCP',
        port: number,
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      },
    ];
  });
}

function zoneOf(node: DeepReadonly<Node> | undefined): string | undefined {
  return node?.metadata.labels?.[zoneLabel];
}

/** The service's own labels, and those by which its slices are found. */
