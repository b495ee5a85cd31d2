/** Service. It holds its cluster IPs and node ports alone, for as long as it names them. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, nameColumn, nameIsDns1123Label, type Strategy } from '../../machinery/mod.ts';
import { column, labelsText, none, wideColumn } from '../columns.ts';
import { ipWarnings } from '../ip-warnings.ts';
import type { Service, ServiceSpec } from '../upstream/types.ts';
import { allocate, claimsOf } from './service/allocation.ts';
import { dropForType, isExternallyAccessible, keepAllocated, syncClusterIps } from './service/changes.ts';
import {
  serviceErrors,
  serviceStatusErrors,
  serviceUpdateErrors,
  topologyHints,
  topologyMode,
} from './service/validation.ts';

type ReadonlyService = DeepReadonly<Service>;

const affinitySeconds = 10800;

function setDefaults({ spec, status }: Service): void {
  if (spec === undefined) return;
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } };
  spec.type ??= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer' || spec.type === 'ClusterIP')
    spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of status?.loadBalancer?.ingress ?? []) if ((ingress.ip ?? '') !== '') ingress.ipMode ??= 'VIP';
}

const strategy: Strategy<Service> = {
  validateName: nameIsDns1123Label,
  createOnUpdate: true,
  defaults: setDefaults,
  prepareForCreate(draft, context) {
    draft.status = { loadBalancer: {} };
    if (draft.spec === undefined) return;
    syncClusterIps(draft.spec, undefined);
    allocate(draft, undefined, context);
  },
  prepareForUpdate(draft, old, context) {
    const { spec } = draft;
    const { spec: before = {} } = old;
    if (spec === undefined) return;
    keepAllocated(spec, before);
    dropForType(spec, before);
    syncClusterIps(spec, before);
    allocate(draft, old, context);
    if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') draft.status = { loadBalancer: {} };
  },
  validate: serviceErrors,
  validateUpdate: serviceUpdateErrors,
  warnings: serviceWarnings,
  returnsDeleted: true,
  claims: claimsOf,
};

function serviceWarnings({ metadata, spec = {} }: ReadonlyService): string[] {
  const warnings: string[] = [];
  const { type, externalIPs = [], externalName = '', loadBalancerIP = '', trafficDistribution } = spec;
  if (metadata.annotations?.[topologyHints] !== undefined)
    warnings.push(`annotation ${topologyHints} is deprecated, please use ${topologyMode} instead`);
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) warnings.push(...ipWarnings(`spec.clusterIPs[${i}]`, ip));
  const headless = type === 'ClusterIP' && spec.clusterIP === 'None';
  if (headless && loadBalancerIP !== '') warnings.push('spec.loadBalancerIP is ignored for headless services');
  if (headless && externalIPs.length > 0) warnings.push('spec.externalIPs is ignored for headless services');
  if (headless && spec.sessionAffinity !== 'None')
    warnings.push('spec.SessionAffinity is ignored for headless services');
  for (const [i, ip] of externalIPs.entries()) warnings.push(...ipWarnings(`spec.externalIPs[${i}]`, ip));
  if (externalIPs.length > 0 && !headless && type !== 'ExternalName')
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  if (loadBalancerIP !== '') warnings.push(...ipWarnings('spec.loadBalancerIP', loadBalancerIP));
  if (type === 'ExternalName' && externalIPs.length > 0)
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (type !== 'ExternalName' && externalName !== '')
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (trafficDistribution === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}

function externalText({ spec = {}, status }: ReadonlyService): string {
  const { externalIPs = [] } = spec;
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.length > 0 ? externalIPs.join(',') : none;
    case 'LoadBalancer': {
      const balancers = (status?.loadBalancer?.ingress ?? [])
        .map(({ ip = '', hostname = '' }) => (ip === '' ? hostname : ip))
        .filter((address) => address !== '');
      const all = [...externalIPs, ...[...new Set(balancers)].sort()];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function portsText({ ports = [] }: DeepReadonly<ServiceSpec>): string {
  if (ports.length === 0) return none;
  return ports
    .map(({ port, nodePort = 0, protocol = 'TCP' }) =>
      nodePort === 0 ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`,
    )
    .join(',');
}

export const services = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Service',
  shortNames: ['svc'],
  categories: ['all'],
  collection: '/registry/services/specs/',
  strategy,
  subresources: {
    status: { type: 'part', strategy: { validateUpdate: serviceStatusErrors } },
    proxy: {
      type: 'connect',
      methods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
      optionsKind: 'ServiceProxyOptions',
    },
  },
  columns: [
    nameColumn(),
    column('Type', 'How the service is reached.', ({ spec }) => spec?.type ?? ''),
    column(
      'Cluster-IP',
      'The address inside of the cluster.',
      ({ spec }) => spec?.clusterIPs?.[0] ?? spec?.clusterIP ?? none,
    ),
    column('External-IP', 'The addresses for the outside.', externalText),
    column('Port(s)', 'The ports of the service, with the ports of nodes that lead to them.', ({ spec }) =>
      portsText(spec ?? {}),
    ),
    ageColumn(),
    wideColumn('Selector', 'Selects the pods that traffic goes to.', ({ spec }) => labelsText(spec?.selector)),
  ],
  selectable: { 'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '', 'spec.type': ({ spec }) => spec?.type ?? '' },
});
