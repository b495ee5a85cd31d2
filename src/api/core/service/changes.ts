/**
 * What a change of a service carries over: a client that does not repeat what the server has chosen does not mean to give
 * it back, unless the service becomes one that needs none. Fields that only made sense for the old type go with it.
 */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import type { ServiceSpec } from '../../upstream/types.ts';
import { needsClusterIp, needsHealthCheckPort } from './allocation.ts';

type ReadonlySpec = DeepReadonly<ServiceSpec>;

const hasNodePorts = ({ type }: ReadonlySpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/** Whether traffic from outside of the cluster can come in. */
export function isExternallyAccessible({ type, externalIPs }: ReadonlySpec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs ?? []).length > 0);
}

/** One address and the list of addresses say the same, for clients that know only one of the fields. */
export function syncClusterIps(spec: ServiceSpec, old: ReadonlySpec | undefined): void {
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (old === undefined) {
    if (clusterIP !== '' && clusterIPs.length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  const { clusterIP: before = '', clusterIPs: listBefore = [] } = old;
  if (listBefore.length > 0 && clusterIPs.length === 0 && clusterIP === before) spec.clusterIPs = [...listBefore];
  if (clusterIP === before || !jsonEqual(spec.clusterIPs ?? [], listBefore)) return;
  if (before !== '' && clusterIP === '') delete spec.clusterIPs;
  else spec.clusterIPs = [clusterIP];
}

/** Puts back what the server had chosen and the client left out. */
export function keepAllocated(spec: ServiceSpec, old: ReadonlySpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if ((spec.clusterIP ?? '') === '' && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === old.clusterIP && old.clusterIPs !== undefined)
      spec.clusterIPs = [...old.clusterIPs];
  }
  if (hasNodePorts(old) && hasNodePorts(spec)) keepNodePorts(spec, old);
  if (
    needsHealthCheckPort(old) &&
    needsHealthCheckPort(spec) &&
    (spec.healthCheckNodePort ?? 0) === 0 &&
    old.healthCheckNodePort !== undefined
  )
    spec.healthCheckNodePort = old.healthCheckNodePort;
}

function keepNodePorts(spec: ServiceSpec, old: ReadonlySpec): void {
  const named = new Map((old.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]));
  const before = new Set(named.values());
  const used = new Set(
    (spec.ports ?? []).map(({ nodePort = 0 }) => nodePort).filter((port) => port !== 0 && before.has(port)),
  );
  for (const port of spec.ports ?? []) {
    const known = named.get(port.name ?? '') ?? 0;
    if ((port.nodePort ?? 0) !== 0 || known === 0 || used.has(known)) continue;
    port.nodePort = known;
    used.add(known);
  }
}

/** Drops what the new type does not have, where the client has not touched it. */
export function dropForType(spec: ServiceSpec, old: ReadonlySpec): void {
  const drop = (name: keyof ServiceSpec): void => {
    if (jsonEqual(spec[name], old[name])) delete spec[name];
  };
  if (needsClusterIp(old) && !needsClusterIp(spec)) {
    if (jsonEqual(spec.clusterIPs, old.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    drop('ipFamilies');
    drop('ipFamilyPolicy');
  }
  const ports = (list: ReadonlySpec['ports']): number[] =>
    (list ?? []).map(({ nodePort = 0 }) => nodePort).sort((a, b) => a - b);
  if (hasNodePorts(old) && !hasNodePorts(spec) && jsonEqual(ports(spec.ports), ports(old.ports)))
    for (const port of spec.ports ?? []) delete port.nodePort;
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec)) drop('healthCheckNodePort');
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    drop('allocateLoadBalancerNodePorts');
    drop('loadBalancerClass');
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) drop('externalTrafficPolicy');
}
