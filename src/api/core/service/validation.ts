/** What is wrong with a service, new or changed. */
import type { DeepReadonly } from '../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  duplicate,
  field,
  forbidden,
  invalid,
  ipErrors,
  labelsErrors,
  notSupported,
  parseIp,
  required,
  type FieldError,
  type FieldPath,
} from '../../../machinery/mod.ts';
import {
  checkChoice,
  checkCidr,
  checkDnsLabel,
  checkIp,
  checkNonSpecialIp,
  checkOptionalChoice,
  checkPort,
  checkPortNumber,
  checkQualifiedName,
  protocols,
  report,
  type Errors,
} from '../../checks.ts';
import { internalForm } from '../../internal-form.ts';
import type { Service, ServicePort, ServiceSpec } from '../../upstream/types.ts';
import { needsHealthCheckPort } from './allocation.ts';
import { isExternallyAccessible } from './changes.ts';
import { clusterIpErrors, isHeadless } from './families.ts';

type ReadonlyService = DeepReadonly<Service>;
type ReadonlySpec = DeepReadonly<ServiceSpec>;

const specPath = field('spec');
const portsPath = specPath.child('ports');
const annotationsPath = field('metadata', 'annotations');
const affinitySecondsMax = 86400;
const sourceRanges = 'service.beta.kubernetes.io/load-balancer-source-ranges';
export const topologyHints = 'service.kubernetes.io/topology-aware-hints';
export const topologyMode = 'service.kubernetes.io/topology-mode';

export function serviceErrors(service: ReadonlyService): FieldError[] {
  const errors: Errors = [];
  const { metadata, spec = {} } = service;
  const { [topologyHints]: hints, [topologyMode]: mode } = metadata.annotations ?? {};
  if (hints !== undefined && mode !== undefined && hints !== mode)
    errors.push(
      invalid(
        annotationsPath.key(topologyMode),
        mode,
        `must match annotations[${topologyHints}] when both are specified`,
      ),
    );
  const { ports = [], type = '' } = spec;
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName') errors.push(required(portsPath));
  checkType(errors, spec);
  const names: PortNames = { seen: new Set(), needed: ports.length > 1 };
  for (const [i, port] of ports.entries()) checkServicePort(errors, port, names, portsPath.index(i));
  if (spec.selector !== undefined) errors.push(...labelsErrors(spec.selector, specPath.child('selector')));
  checkChoice(errors, spec.sessionAffinity, ['ClientIP', 'None'], specPath.child('sessionAffinity'));
  checkAffinityConfig(errors, spec);
  errors.push(...clusterIpErrors(service));
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const at = specPath.child('externalIPs').index(i);
    if (ipErrors(ip, true).length > 0) checkIp(errors, ip, at);
    else checkNonSpecialIp(errors, ip, at);
  }
  checkChoice(errors, type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'], specPath.child('type'));
  checkPortList(errors, spec);
  checkLoadBalancer(errors, service);
  checkTrafficPolicies(errors, spec);
  return errors;
}

function checkType(errors: Errors, spec: ReadonlySpec): void {
  const { type = '' } = spec;
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec))
    errors.push(
      invalid(specPath.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${type} services`),
    );
  if (type !== 'ExternalName') return;
  const why = 'may not be set for ExternalName services';
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbidden(specPath.child('clusterIPs'), why));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbidden(specPath.child('ipFamilies'), why));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden(specPath.child('ipFamilyPolicy'), why));
  const { externalName = '' } = spec;
  const name = externalName.endsWith('.') ? externalName.slice(0, -1) : externalName;
  if (name === '') errors.push(required(specPath.child('externalName')));
  else report(errors, specPath.child('externalName'), name, dns1123SubdomainErrors(name));
}

interface PortNames {
  readonly seen: Set<string>;
  /** One port alone needs no name. */
  readonly needed: boolean;
}

function checkServicePort(errors: Errors, port: DeepReadonly<ServicePort>, names: PortNames, path: FieldPath): void {
  const { name = '', targetPort = 0, appProtocol } = port;
  if (name !== '') {
    checkDnsLabel(errors, name, path.child('name'));
    if (names.seen.has(name)) errors.push(duplicate(path.child('name'), name));
    names.seen.add(name);
  } else if (names.needed) errors.push(required(path.child('name')));
  checkPortNumber(errors, port.port, path.child('port'));
  checkChoice(errors, port.protocol, protocols, path.child('protocol'));
  checkPort(errors, targetPort, path.child('targetPort'));
  if (appProtocol !== undefined) checkQualifiedName(errors, appProtocol, path.child('appProtocol'));
}

function checkPortList(errors: Errors, { type, ports = [] }: ReadonlySpec): void {
  const seenNodePorts = new Set<string>();
  const seenPorts = new Set<string>();
  for (const [i, { nodePort = 0 }] of ports.entries())
    if (type === 'ClusterIP' && nodePort !== 0)
      errors.push(forbidden(portsPath.index(i).child('nodePort'), "may not be used when `type` is 'ClusterIP'"));
  for (const [i, { protocol = '', nodePort = 0 }] of ports.entries()) {
    if (nodePort === 0) continue;
    const key = `${protocol}/${nodePort}`;
    if (seenNodePorts.has(key)) errors.push(duplicate(portsPath.index(i).child('nodePort'), nodePort));
    seenNodePorts.add(key);
  }
  for (const [i, { protocol = '', port }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    if (seenPorts.has(key))
      errors.push(duplicate(portsPath.index(i), internalForm('io.k8s.api.core.v1.ServicePort', { protocol, port })));
    seenPorts.add(key);
  }
}

function checkAffinityConfig(errors: Errors, { sessionAffinity, sessionAffinityConfig: config }: ReadonlySpec): void {
  const path = specPath.child('sessionAffinityConfig');
  if (sessionAffinity === 'None' && config !== undefined)
    errors.push(forbidden(path, 'must not be set when session affinity is None'));
  if (sessionAffinity !== 'ClientIP') return;
  const why = 'when session affinity type is ClientIP';
  const seconds = config?.clientIP?.timeoutSeconds;
  if (config === undefined) errors.push(required(path, why));
  else if (config.clientIP === undefined) errors.push(required(path.child('clientIP'), why));
  else if (seconds === undefined) errors.push(required(path.child('clientIP').child('timeoutSeconds'), why));
  else if (seconds <= 0 || seconds > affinitySecondsMax)
    errors.push(
      invalid(
        path.child('clientIP').child('timeoutSeconds'),
        seconds,
        `must be greater than 0 and less than ${affinitySecondsMax}`,
      ),
    );
}

const onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'";

function checkLoadBalancer(errors: Errors, { metadata, spec = {} }: ReadonlyService): void {
  const balanced = spec.type === 'LoadBalancer';
  const list = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata.annotations?.[sourceRanges];
  if (list.length > 0) {
    const path = specPath.child('LoadBalancerSourceRanges');
    if (!balanced) errors.push(forbidden(path, onlyForLoadBalancers));
    for (const [i, cidr] of list.entries()) checkCidr(errors, cidr.trim(), path.index(i));
  } else if (annotation !== undefined) {
    const path = annotationsPath.key(sourceRanges);
    if (!balanced) errors.push(forbidden(path, onlyForLoadBalancers));
    if (annotation.trim() !== '') for (const cidr of annotation.split(',')) checkCidr(errors, cidr.trim(), path);
  }
  const { allocateLoadBalancerNodePorts: allocate, loadBalancerClass } = spec;
  if (allocate !== undefined && !balanced)
    errors.push(forbidden(specPath.child('allocateLoadBalancerNodePorts'), onlyForLoadBalancers));
  if (allocate === undefined && balanced) errors.push(required('allocateLoadBalancerNodePorts'));
  if (loadBalancerClass === undefined) return;
  if (balanced) checkQualifiedName(errors, loadBalancerClass, specPath.child('loadBalancerClass'));
  else errors.push(forbidden(specPath.child('loadBalancerClass'), onlyForLoadBalancers));
}

function checkTrafficPolicies(errors: Errors, spec: ReadonlySpec): void {
  const {
    externalTrafficPolicy: external = '',
    healthCheckNodePort: port = 0,
    internalTrafficPolicy: internal,
    trafficDistribution,
  } = spec;
  const externalPath = specPath.child('externalTrafficPolicy');
  if (isExternallyAccessible(spec)) checkChoice(errors, external, ['Cluster', 'Local'], externalPath);
  else if (external !== '')
    errors.push(invalid(externalPath, external, 'may only be set for externally-accessible services'));
  const portPath = specPath.child('healthCheckNodePort');
  if (!needsHealthCheckPort(spec)) {
    if (port !== 0)
      errors.push(
        invalid(portPath, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
      );
  } else if (port === 0) errors.push(required(portPath));
  else checkPortNumber(errors, port, portPath);
  if (internal === undefined && spec.type !== 'ExternalName')
    errors.push(required(specPath.child('internalTrafficPolicy')));
  checkOptionalChoice(errors, internal, ['Cluster', 'Local'], specPath.child('internalTrafficPolicy'));
  checkOptionalChoice(
    errors,
    trafficDistribution,
    ['PreferClose', 'PreferSameZone', 'PreferSameNode'],
    specPath.child('trafficDistribution'),
  );
}

export function serviceUpdateErrors(service: ReadonlyService, old: ReadonlyService): FieldError[] {
  const errors: Errors = [];
  const { spec = {} } = service;
  const { spec: before = {} } = old;
  checkAddressChange(errors, spec, before);
  if (
    spec.type === 'LoadBalancer' &&
    before.type === 'LoadBalancer' &&
    spec.loadBalancerClass !== before.loadBalancerClass
  )
    errors.push(
      invalid(specPath.child('loadBalancerClass'), spec.loadBalancerClass ?? null, 'may not change once set'),
    );
  if (
    needsHealthCheckPort(before) &&
    needsHealthCheckPort(spec) &&
    spec.healthCheckNodePort !== before.healthCheckNodePort
  )
    errors.push(forbidden(specPath.child('healthCheckNodePort'), 'field is immutable'));
  return [...errors, ...serviceErrors(service)];
}

/** The first address and family stay for as long as the service has any; a second one can come and go. */
function checkAddressChange(errors: Errors, spec: ReadonlySpec, before: ReadonlySpec): void {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return;
  const headless = isHeadless(spec);
  const wasHeadless = isHeadless(before);
  if (headless && wasHeadless) return;
  checkListChange(errors, spec, before, 'clusterIPs');
  if (headless === wasHeadless) checkListChange(errors, spec, before, 'ipFamilies');
}

function checkListChange(
  errors: Errors,
  spec: ReadonlySpec,
  before: ReadonlySpec,
  list: 'clusterIPs' | 'ipFamilies',
): void {
  const one = list === 'clusterIPs' ? 'clusterIP' : 'ipFamily';
  const now = spec[list] ?? [];
  const old = before[list] ?? [];
  const path = specPath.child(list);
  if (now.length === old.length) {
    for (const [i, value] of old.entries())
      if (value !== now[i])
        errors.push(invalid(path.index(list === 'clusterIPs' ? i : 0), now, 'may not change once set'));
    return;
  }
  if (now.length === 0) errors.push(invalid(path.index(0), now, `primary ${one} can not be unset`));
  else if (old.length > 0 && now[0] !== old[0]) errors.push(invalid(path.index(0), now, 'may not change once set'));
  if (now.length < old.length && now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack')
    errors.push(
      invalid(
        specPath.child('ipFamilyPolicy'),
        spec.ipFamilyPolicy ?? null,
        `must be set to 'SingleStack' when releasing the secondary ${one}`,
      ),
    );
}

export function serviceStatusErrors({ spec, status }: ReadonlyService): FieldError[] {
  const errors: Errors = [];
  const path = field('status', 'loadBalancer', 'ingress');
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0)
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  for (const [i, { ip = '', hostname = '', ipMode }] of ingress.entries()) {
    const at = path.index(i);
    if (ip !== '') checkIp(errors, ip, at.child('ip'));
    if (ipMode === undefined) {
      if (ip !== '') errors.push(required(at.child('ipMode'), 'must be specified when `ip` is set'));
    } else if (ip === '') errors.push(forbidden(at.child('ipMode'), 'may not be specified when `ip` is not set'));
    else if (ipMode !== 'Proxy' && ipMode !== 'VIP')
      errors.push(notSupported(at.child('ipMode'), ipMode, ['Proxy', 'VIP']));
    if (hostname === '') continue;
    report(errors, at.child('hostname'), hostname, dns1123SubdomainErrors(hostname));
    if (parseIp(hostname) !== undefined)
      errors.push(invalid(at.child('hostname'), hostname, 'must be a DNS name, not an IP address'));
  }
  return errors;
}
