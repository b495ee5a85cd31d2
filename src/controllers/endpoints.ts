/**
 * Endpoints of services that select pods: deprecated, but still what much of the world reads. Addresses that have the same
 * ports form a subset; ready and not ready ones stand apart in it.
 */
import { jsonEqual, rfc3339 } from '../base/mod.ts';
import { endpoints, type EndpointAddress, type EndpointPort, type Endpoints, type EndpointSubset } from '../api/mod.ts';
import { defineController, nothing, read, type Action } from '../client/mod.ts';
import { keyOf, splitKey } from '../machinery/mod.ts';
import { isReady } from './pod-state.ts';
import {
  addressesOfFamily,
  familiesOf,
  hostnameOf,
  isHeadless,
  isReachable,
  labelsOf,
  selectedPods,
  selectsPods,
  serviceReads,
  targetOf,
  targetPort,
  triggerTime,
  triggerTimeAnnotation,
  type ReadPod,
  type ReadService,
  type TriggerTimes,
} from './service-pods.ts';

const capacityMax = 1000;
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const managedBy = 'endpoint-controller';

const reads = {
  ...serviceReads,
  // What somebody made by hand without a service is nobody's leftover.
  endpoints: read(endpoints, {
    wakes: (object) => (object.metadata.labels?.[managedByLabel] === managedBy ? [keyOf(object)] : []),
  }),
};

export const endpointsController = defineController({
  name: 'endpoints-controller',
  reads,
  restMs: 30,
  plan(view, key, _now, remembered?: TriggerTimes) {
    const service = view.services.get(key);
    const current = view.endpoints.get(key);
    if (service === undefined)
      return current === undefined ? nothing : { actions: [{ do: 'delete', resource: endpoints, key: splitKey(key) }] };
    if (!selectsPods(service)) return nothing;
    const selected = selectedPods(view.pods, service);
    const { atMs, times } = triggerTime(service, selected, remembered);
    const { subsets, truncated } = withinCapacity(subsetsOf(service, selected));
    const labels: Record<string, string> = { ...labelsOf(service), [managedByLabel]: managedBy };
    const same =
      current !== undefined &&
      jsonEqual(current.subsets ?? [], subsets) &&
      jsonEqual(current.metadata.labels ?? {}, labels) &&
      (current.metadata.annotations?.[overCapacity] !== undefined) === truncated;
    if (same) return { actions: [], remember: times };
    const { [triggerTimeAnnotation]: _t, [overCapacity]: _o, ...kept } = current?.metadata.annotations ?? {};
    const annotations = {
      ...kept,
      ...(atMs === undefined ? {} : { [triggerTimeAnnotation]: rfc3339(atMs) }),
      ...(truncated ? { [overCapacity]: 'truncated' } : {}),
    };
    const metadata = { ...(current?.metadata ?? splitKey(key)), labels, annotations };
    const object = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata,
      ...(subsets.length === 0 ? {} : { subsets }),
    } as Endpoints;
    const onError = ({ reason, message }: { reason: string; message: string }): readonly Action[] =>
      reason === 'Conflict' || reason === 'Forbidden'
        ? []
        : [failure(service, current === undefined ? 'Create' : 'Update', message)];
    return {
      actions: [
        current === undefined
          ? { do: 'create', resource: endpoints, object, onError }
          : { do: 'update', resource: endpoints, object, onError },
      ],
      remember: times,
    };
  },
});

function failure(service: ReadService, what: 'Create' | 'Update', text: string): Action {
  const message = `Failed to ${what.toLowerCase()} endpoint ${service.metadata.namespace ?? ''}/${service.metadata.name ?? ''}: ${text}`;
  return { do: 'event', event: { regarding: service, type: 'Warning', reason: `FailedTo${what}Endpoint`, message } };
}

interface Reached {
  readonly address: EndpointAddress;
  readonly ready: boolean;
  readonly ports: EndpointPort[];
}

function subsetsOf(service: ReadService, selected: readonly ReadPod[]): EndpointSubset[] {
  const everything = service.spec?.publishNotReadyAddresses === true;
  const [family = 'IPv4'] = familiesOf(service);
  const reached = new Map<string, Reached>();
  for (const pod of selected) {
    const [ip] = addressesOfFamily(pod, family);
    if (ip === undefined || !isReachable(pod, everything)) continue;
    const ports = (service.spec?.ports ?? []).flatMap((port): EndpointPort[] => {
      const number = targetPort(port, pod);
      if (number === undefined) return [];
      return [
        {
          ...((port.name ?? '') === '' ? {} : { name: port.name as string }),
          port: number,
          protocol: port.protocol ?? 'TCP',
          ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
        },
      ];
    });
    const withoutPorts = isHeadless(service) && (service.spec?.ports ?? []).length === 0;
    if (ports.length === 0 && !withoutPorts) continue;
    const hostname = hostnameOf(pod, service);
    const nodeName = pod.spec?.nodeName ?? '';
    const address = {
      ip,
      ...(hostname === undefined ? {} : { hostname }),
      ...(nodeName === '' ? {} : { nodeName }),
      targetRef: targetOf(pod),
    };
    reached.set(`${ip} ${pod.metadata.uid ?? ''}`, {
      address,
      ready: everything || isReady(pod),
      ports: ports.toSorted(comparePorts),
    });
  }
  return grouped([...reached.values()]);
}

/** One subset for each set of ports, in a stable order. */
function grouped(reached: readonly Reached[]): EndpointSubset[] {
  const groups = Map.groupBy(reached, ({ ports }) => JSON.stringify(ports));
  const keys = [...groups.keys()].toSorted();
  return keys.map((key) => {
    const members = groups.get(key) ?? [];
    const addresses = (ready: boolean): EndpointAddress[] =>
      members
        .filter((member) => member.ready === ready)
        .map(({ address }) => address)
        .toSorted(compareAddresses);
    const [ready, notReady, ports] = [addresses(true), addresses(false), members[0]?.ports ?? []];
    return {
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(ports.length === 0 ? {} : { ports }),
    };
  });
}

function comparePorts(a: EndpointPort, b: EndpointPort): number {
  return (
    (a.name ?? '').localeCompare(b.name ?? '') || a.port - b.port || (a.protocol ?? '').localeCompare(b.protocol ?? '')
  );
}

function compareAddresses(a: EndpointAddress, b: EndpointAddress): number {
  const key = ({ ip, targetRef }: EndpointAddress): string =>
    `${ip
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join('.')} ${targetRef?.uid ?? ''}`;
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
}

/** At most 1,000 addresses; ready ones come first. */
function withinCapacity(subsets: readonly EndpointSubset[]): {
  readonly subsets: readonly EndpointSubset[];
  readonly truncated: boolean;
} {
  const total = subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length,
    0,
  );
  if (total <= capacityMax) return { subsets, truncated: false };
  let room = capacityMax;
  const take = (addresses: readonly EndpointAddress[] = []): EndpointAddress[] => {
    const taken = addresses.slice(0, room);
    room -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const notReady = subsets.map(({ notReadyAddresses }) => take(notReadyAddresses));
  const cut = subsets.map(({ ports }, i): EndpointSubset => ({
    ...((ready[i] ?? []).length === 0 ? {} : { addresses: ready[i] ?? [] }),
    ...((notReady[i] ?? []).length === 0 ? {} : { notReadyAddresses: notReady[i] ?? [] }),
    ...(ports === undefined ? {} : { ports }),
  }));
  return {
    subsets: cut.filter(
      ({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined,
    ),
    truncated: true,
  };
}
