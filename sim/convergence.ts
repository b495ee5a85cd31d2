/** What a cluster must come to once nothing goes wrong any more: a list of what is not yet so. */
import {
  deployments,
  endpoints,
  endpointSlices,
  namespaces,
  nodes,
  pods,
  replicaSets,
  services,
  type Deployment,
  type Endpoints,
  type EndpointSlice,
  type Namespace,
  type Node,
  type Pod,
  type ReplicaSet,
  type Service,
} from '../src/api/mod.ts';
import type { DeepReadonly } from '../src/base/mod.ts';
import type { KubeObject, Resource } from '../src/machinery/mod.ts';
import type { SimulatedHistory } from './history.ts';
import { hostPortsOf, isOver, podsNow, requestsOf, roomOn } from './safety.ts';
import type { World } from './world.ts';

export function unsettled(world: World): readonly string[] {
  const { history } = world;
  return [
    ...of<Namespace>(history, namespaces).flatMap(({ metadata }) =>
      metadata.deletionTimestamp === undefined ? [] : [`namespace ${metadata.name ?? ''} is still going away`],
    ),
    ...unplaced(history),
    ...podsAtRest(history),
    ...sharedAddresses(history),
    ...replicas(history),
    ...rollouts(history),
    ...orphans(history),
    ...backends(history),
    ...views(world),
    ...nodesReady(world),
  ];
}

function of<T extends KubeObject>(history: SimulatedHistory, resource: Resource<T>): readonly DeepReadonly<T>[] {
  return [...history.objects(resource).values()] as unknown as readonly DeepReadonly<T>[];
}

function nodesReady({ history, machines }: World): string[] {
  return machines.flatMap(({ name, removed }) => {
    const node = history.objects(nodes).get(name) as DeepReadonly<Node> | undefined;
    if (removed) return node === undefined ? [] : [`node ${name} was removed and is there`];
    const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    const tainted = (node?.spec?.taints ?? []).map(({ key }) => key).join(', ');
    return ready === 'True' && tainted === ''
      ? []
      : [`node ${name} is ready: ${ready ?? 'not there'}, taints: ${tainted}`];
  });
}

/** Nobody waits for a node while one has room. */
function unplaced(history: SimulatedHistory): string[] {
  return podsNow(history).flatMap((pod) => {
    if ((pod.spec?.nodeName ?? '') !== '' || isOver(pod)) return [];
    const wants = requestsOf(pod);
    const ports = hostPortsOf(pod);
    const fitting = [...history.objects(nodes).keys()].find((name) => {
      const node = history.objects(nodes).get(name) as DeepReadonly<Node>;
      if (node.spec?.unschedulable === true || (node.spec?.taints ?? []).length > 0) return false;
      const room = roomOn(name, history);
      if (room === undefined || room.pods < 1 || room.cpu < wants.cpu || room.memory < wants.memory) return false;
      return ports.every((port) => !room.hostPorts.has(port));
    });
    return fitting === undefined ? [] : [`pod ${nameOf(pod)} waits though ${fitting} has room`];
  });
}

/** A pod that has its node runs, or has ended, and does not go away for ever. */
function podsAtRest(history: SimulatedHistory): string[] {
  return podsNow(history).flatMap((pod) => {
    if ((pod.spec?.nodeName ?? '') === '') return [];
    if (!history.objects(nodes).has(pod.spec?.nodeName ?? '')) return [`pod ${nameOf(pod)} is on a node that is gone`];
    if (pod.metadata.deletionTimestamp !== undefined) return [`pod ${nameOf(pod)} is still going away`];
    if (isOver(pod) || pod.metadata.name?.startsWith('single-') === true) return [];
    return isReady(pod)
      ? []
      : [`pod ${nameOf(pod)} on ${pod.spec?.nodeName ?? ''} is ${pod.status?.phase ?? ''}, not ready`];
  });
}

function sharedAddresses(history: SimulatedHistory): string[] {
  const holders = new Map<string, string>();
  return podsNow(history).flatMap((pod) => {
    const ip = pod.status?.podIP;
    if (ip === undefined || isOver(pod) || pod.spec?.hostNetwork === true) return [];
    const other = holders.get(ip);
    holders.set(ip, nameOf(pod));
    return other === undefined ? [] : [`pods ${other} and ${nameOf(pod)} share ${ip}`];
  });
}

function replicas(history: SimulatedHistory): string[] {
  return of<ReplicaSet>(history, replicaSets).flatMap((set) => {
    const owned = podsNow(history).filter((pod) => isOwnedBy(pod, set) && !isOver(pod));
    const wanted = set.spec?.replicas ?? 1;
    const told = set.status?.replicas ?? 0;
    if (owned.length !== wanted) return [`replica set ${nameOf(set)} has ${owned.length} pods, not ${wanted}`];
    return told === wanted ? [] : [`replica set ${nameOf(set)} tells of ${told} pods, not ${wanted}`];
  });
}

function rollouts(history: SimulatedHistory): string[] {
  return of<Deployment>(history, deployments).flatMap(({ metadata, spec, status }) => {
    const name = nameOf({ metadata });
    const wanted = spec?.replicas ?? 1;
    if (status?.observedGeneration !== metadata.generation) return [`deployment ${name} has not been looked at`];
    const owned = of<ReplicaSet>(history, replicaSets).filter((set) => isOwnedBy(set, { metadata }));
    const running = podsNow(history).filter((pod) => owned.some((set) => isOwnedBy(pod, set)) && !isOver(pod));
    // Where the cluster is full a rollout waits, for as long as it takes.
    if (running.some((pod) => (pod.spec?.nodeName ?? '') === '')) return [];
    const told = [status?.replicas ?? 0, status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0];
    if (told.some((count) => count !== wanted)) return [`deployment ${name} wants ${wanted}, has ${told.join(', ')}`];
    const image = spec?.template?.spec?.containers[0]?.image;
    const old = running.find((pod) => pod.spec?.containers[0]?.image !== image);
    return old === undefined ? [] : [`pod ${nameOf(old)} of ${name} has an old image`];
  });
}

/** What has owners has one that is there. */
function orphans(history: SimulatedHistory): string[] {
  const alive = new Set<string>();
  for (const [, { metadata }] of history.all()) alive.add(metadata?.uid ?? '');
  const out: string[] = [];
  for (const [collection, object] of history.all()) {
    const owners = object.metadata?.ownerReferences ?? [];
    if (owners.length > 0 && !owners.some(({ uid }) => alive.has(uid)))
      out.push(
        `${collection} ${nameOf(object)} has lost ${owners.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`,
      );
    if (object.metadata?.deletionTimestamp !== undefined && collection !== pods.collection)
      out.push(`${collection} ${nameOf(object)} is still going away`);
  }
  return out;
}

/** Endpoints and slices tell of the pods that are ready, and of no others. */
function backends(history: SimulatedHistory): string[] {
  return of<Service>(history, services).flatMap((service) => {
    const selector = Object.entries(service.spec?.selector ?? {});
    if (selector.length === 0) return [];
    const { namespace, name } = service.metadata;
    const ips = podsNow(history)
      .filter(({ metadata }) => metadata.namespace === namespace)
      .filter(({ metadata }) => selector.every(([key, value]) => metadata.labels?.[key] === value))
      .filter((pod) => isReady(pod) && !isOver(pod))
      .map(({ status }) => status?.podIP ?? '');
    const slices = of<EndpointSlice>(history, endpointSlices)
      .filter(({ metadata }) => metadata.namespace === namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
      .filter(({ metadata }) =>
        metadata.labels?.['endpointslice.kubernetes.io/managed-by']?.startsWith('endpointslice-controller'),
      );
    const sliced = slices.flatMap(({ endpoints: told = [] }) =>
      (told ?? []).flatMap(({ addresses, conditions }) => (conditions?.ready === true ? addresses : [])),
    );
    const endpointsOf = history.objects(endpoints).get(`${namespace ?? ''}/${name ?? ''}`) as DeepReadonly<Endpoints>;
    const listed = (endpointsOf?.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
    const [wanted, inSlices, inEndpoints] = [ips, sliced, listed].map((list) => list.toSorted().join(' '));
    return [
      ...(inSlices === wanted
        ? []
        : [`slices of ${nameOf(service)} have ${inSlices ?? ''}, ready are ${wanted ?? ''}`]),
      ...(inEndpoints === wanted
        ? []
        : [`endpoints of ${nameOf(service)} have ${inEndpoints ?? ''}, ready are ${wanted ?? ''}`]),
    ];
  });
}

/** What controllers and scheduler believe is what is stored. */
function views({ history, controllers, scheduler }: World): string[] {
  return [controllers, scheduler].flatMap(({ cache }) => {
    if (cache === undefined) return ['a program does not run'];
    const seen = cache.informer(pods).list();
    const stored = history.objects(pods);
    const wrong = seen.find(
      (pod) => stored.get(nameOf(pod))?.metadata?.resourceVersion !== pod.metadata.resourceVersion,
    );
    if (wrong !== undefined) return [`a view has pod ${nameOf(wrong)} at ${wrong.metadata.resourceVersion ?? ''}`];
    return seen.length === stored.size ? [] : [`a view has ${seen.length} pods, stored are ${stored.size}`];
  });
}

function isReady({ status }: DeepReadonly<Pod>): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

function isOwnedBy(object: DeepReadonly<KubeObject>, { metadata }: DeepReadonly<KubeObject>): boolean {
  return (
    object.metadata?.ownerReferences?.some(({ uid, controller }) => controller === true && uid === metadata?.uid) ===
    true
  );
}

function nameOf({ metadata }: DeepReadonly<KubeObject>): string {
  return metadata?.namespace === undefined ? (metadata?.name ?? '') : `${metadata.namespace}/${metadata.name ?? ''}`;
}
