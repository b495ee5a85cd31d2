/**
 * Cluster IPs and node ports. Those that the server chooses come from the upper band of their range at first, so that the
 * lower band stays free for those that people choose. What a service holds follows from the service alone (`claimsOf`),
 * so it gives back what it no longer names.
 */
import type { DeepReadonly, JsonObject } from '../../../base/mod.ts';
import {
  ApiError,
  cidrContains,
  field,
  invalid,
  ipText,
  maskIp,
  parseCidr,
  parseIp,
  type Cidr,
  type Claim,
  type FieldError,
  type FieldPath,
  type HookContext,
} from '../../../machinery/mod.ts';
import { serviceCidrs } from '../../networking/service-cidr.ts';
import type { Service, ServiceCIDR, ServicePort, ServiceSpec } from '../../upstream/types.ts';
import { assignFamilies, familyOf, familyOfCidr, isHeadless } from './families.ts';

type ReadonlySpec = DeepReadonly<ServiceSpec>;

export const addressCollection = '/registry/ipaddresses/';
export const nodePortCollection = '/registry/kutter/nodeports/';

const specPath = field('spec');

export function needsClusterIp({ type }: ReadonlySpec): boolean {
  return type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';
}

/** Whether ports of nodes lead to the service. */
function needsNodePorts({ type, allocateLoadBalancerNodePorts: allocate }: ReadonlySpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocate !== false);
}

export function needsHealthCheckPort({ type, externalTrafficPolicy }: ReadonlySpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

/** Gives the service what it needs and does not have. Throws ApiError Invalid for what cannot be had. */
export function allocate(draft: Service, old: DeepReadonly<Service> | undefined, context: HookContext): void {
  const { spec } = draft;
  if (spec === undefined) return;
  const refuse = (errors: readonly FieldError[]): void => {
    if (errors.length > 0) throw ApiError.invalid({ group: '', kind: 'Service' }, draft.metadata.name ?? '', errors);
  };
  refuse(assignFamilies(spec, old?.spec, familyOfCidr(context.config.serviceCidr)));
  if (needsClusterIp(spec) && !isHeadless(spec)) refuse(assignClusterIp(spec, old?.spec, context));
  refuse(assignNodePorts(spec, old?.spec, context));
}

/** The numbers of a range in the order in which they are tried: the upper band from a random start, then the lower one. */
function* candidates(size: number, offset: number, random: HookContext['random']): Generator<number> {
  for (const [first, count] of [
    [offset, size - offset],
    [0, offset],
  ] as const) {
    const start = Math.floor(random.next() * count);
    for (let i = 0; i < count; i++) yield first + ((start + i) % count);
  }
}

/** Where the upper band begins: a share of the range, but at least and at most so many; 0 for a range too small to share. */
function bandOffset(size: number, share: number, most: number): number {
  const least = 16;
  return size < least ? 0 : Math.min(Math.max(least, Math.floor(size / share)), most);
}

/** More than anybody has; a range may be far larger. */
const addressesMax = 2 ** 31;

interface AddressRange {
  readonly text: string;
  readonly family: string;
  readonly cidr: Cidr;
  /** How many addresses can be given: without that of the network and, for IPv4, that of the broadcast. */
  readonly size: number;
  at(i: number): string;
}

function rangeOf(text: string): AddressRange | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return undefined;
  const network = maskIp(cidr.address, cidr.prefixLength);
  const hostBits = network.bytes.length * 8 - cidr.prefixLength;
  const size = Math.min(2 ** hostBits - (network.family === 4 ? 2 : 1), addressesMax);
  const at = (i: number): string => {
    const bytes = [...network.bytes];
    let carry = i + 1;
    for (let at = bytes.length - 1; at >= 0 && carry > 0; at--) {
      carry += bytes[at] ?? 0;
      bytes[at] = carry % 256;
      carry = Math.floor(carry / 256);
    }
    return ipText({ family: network.family, bytes, mapped: false, leadingZero: false });
  };
  return { text, family: familyOfCidr(text), cidr, size: Math.max(0, size), at };
}

/** The few ranges that there are, not read again for each service. */
const ranges = new Map<string, AddressRange | undefined>();

function rangeFor(text: string): AddressRange | undefined {
  if (!ranges.has(text)) {
    if (ranges.size > 64) ranges.clear();
    ranges.set(text, rangeOf(text));
  }
  return ranges.get(text);
}

/** Whether addresses may be taken from it. One of which nobody has said yet whether it is ready is. */
function isReady({ metadata, status }: DeepReadonly<ServiceCIDR>): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  return metadata.deletionTimestamp === undefined && (condition === undefined || condition.status === 'True');
}

/** The ranges of all ServiceCIDRs, that of the cluster itself first: it is there even while nothing says so. */
function rangesOf(context: HookContext): AddressRange[] {
  const own = context.config.serviceCidr;
  const cidrs = new Set<string>();
  let ownSeen = false;
  for (const object of context.list(serviceCidrs.collection ?? '')) {
    const range = object as unknown as DeepReadonly<ServiceCIDR>;
    const named = range.spec?.cidrs ?? [];
    ownSeen ||= named.includes(own);
    if (isReady(range)) for (const cidr of named) cidrs.add(cidr);
  }
  if (!ownSeen) cidrs.add(own);
  return [...cidrs].sort((a, b) => Number(b === own) - Number(a === own)).flatMap((cidr) => rangeFor(cidr) ?? []);
}

function assignClusterIp(spec: ServiceSpec, old: ReadonlySpec | undefined, context: HookContext): FieldError[] {
  const given = spec.clusterIPs?.[0] ?? '';
  if (given !== '' && old?.clusterIPs?.includes(given) === true) return [];
  const available = rangesOf(context);
  if (given !== '') {
    const problem = addressProblem(given, available);
    return problem === undefined
      ? []
      : [invalid(specPath.child('clusterIPs'), spec.clusterIPs, `failed to allocate IP ${given}: ${problem}`)];
  }
  const family = spec.ipFamilies?.[0] ?? familyOfCidr(context.config.serviceCidr);
  for (const range of available) {
    const ip = range.family === family ? freeAddress(range, context) : undefined;
    if (ip === undefined) continue;
    spec.clusterIP = ip;
    spec.clusterIPs = [ip];
    return [];
  }
  throw ApiError.internal('failed to allocate a serviceIP: range is full');
}

/** Why nobody can have the address. */
function addressProblem(given: string, available: readonly AddressRange[]): string | undefined {
  const ip = parseIp(given);
  const range = ip === undefined ? undefined : available.find(({ cidr }) => cidrContains(cidr, ip));
  if (range === undefined) return 'the provided network does not match the current range';
  return isUsable(given, range)
    ? undefined
    : `the provided IP (${given}) is not in the valid range. The range of valid IPs is ${range.text}`;
}

function freeAddress(range: AddressRange, context: HookContext): string | undefined {
  for (const i of candidates(range.size, bandOffset(range.size, 16, 256), context.random)) {
    // The cluster's first address belongs to the service `kubernetes`, which is given it by name.
    if (i === 0 && range.text === context.config.serviceCidr) continue;
    const ip = range.at(i);
    if (!context.exists(addressCollection, ip)) return ip;
  }
  return undefined;
}

/** Neither the address of the network nor that of the broadcast. */
function isUsable(ip: string, range: AddressRange): boolean {
  const network = ipText(maskIp(range.cidr.address, range.cidr.prefixLength));
  return ip !== network && (range.cidr.address.family === 6 || ip !== range.at(range.size));
}

function assignNodePorts(spec: ServiceSpec, old: ReadonlySpec | undefined, context: HookContext): FieldError[] {
  const held = new Set([...(old?.ports ?? []).map(({ nodePort = 0 }) => nodePort), old?.healthCheckNodePort ?? 0]);
  const taken = new Set((spec.ports ?? []).map(({ nodePort = 0 }) => nodePort));
  const errors: FieldError[] = [];
  const type = spec.type ?? '';
  if (type === 'NodePort' || type === 'LoadBalancer') {
    for (const [i, port] of (spec.ports ?? []).entries()) {
      const { nodePort = 0 } = port;
      const path = specPath.child('ports').index(i).child('nodePort');
      if (nodePort !== 0) errors.push(...rangeErrors(nodePort, path, held, context));
      // The first one that cannot be had is the one to tell of.
      if (errors.length > 0) return errors;
      if (nodePort === 0 && needsNodePorts(spec))
        port.nodePort = sameNumber(spec.ports ?? [], port) ?? freePort(taken, context);
    }
  }
  if (needsHealthCheckPort(spec)) {
    const { healthCheckNodePort: port = 0 } = spec;
    if (port === 0) spec.healthCheckNodePort = freePort(taken, context);
    else errors.push(...rangeErrors(port, specPath.child('healthCheckNodePort'), held, context));
  }
  return errors;
}

function rangeErrors(port: number, path: FieldPath, held: ReadonlySet<number>, { config }: HookContext): FieldError[] {
  const { first, last } = config.nodePortRange;
  if (held.has(port) || (port >= first && port <= last)) return [];
  return [invalid(path, port, `provided port is not in the valid range. The range of valid ports is ${first}-${last}`)];
}

/** One port in two protocols is one port of the node. */
function sameNumber(ports: readonly ServicePort[], { port, protocol }: ServicePort): number | undefined {
  return ports.find((other) => other.port === port && other.protocol !== protocol && (other.nodePort ?? 0) !== 0)
    ?.nodePort;
}

function freePort(taken: Set<number>, context: HookContext): number {
  const { first, last } = context.config.nodePortRange;
  const size = last - first + 1;
  for (const i of candidates(size, bandOffset(size, 32, 128), context.random)) {
    const port = first + i;
    if (taken.has(port) || context.exists(nodePortCollection, String(port))) continue;
    taken.add(port);
    return port;
  }
  throw ApiError.internal('failed to allocate a nodePort: range is full');
}

/** What a service holds alone. */
export function claimsOf({ metadata, spec = {} }: DeepReadonly<Service>): readonly Claim[] {
  const claims: Claim[] = [];
  if (needsClusterIp(spec) && !isHeadless(spec)) {
    for (const ip of spec.clusterIPs ?? []) {
      const name =
        parseIp(ip) === undefined
          ? ip
          : ipText(parseIp(ip) ?? { family: 4, bytes: [], mapped: false, leadingZero: false });
      if (ip === '') continue;
      claims.push({
        collection: addressCollection,
        name,
        value: addressObject(metadata, name),
        field: 'spec.clusterIPs',
        taken: `failed to allocate IP ${ip}: provided IP is already allocated`,
        badValue: spec.clusterIPs ?? [],
      });
    }
  }
  const seen = new Set<number>();
  const claimPort = (port: number, at: string): void => {
    if (port === 0 || seen.has(port)) return;
    seen.add(port);
    const owner = { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
    claims.push({
      collection: nodePortCollection,
      name: String(port),
      value: { kind: 'NodePort', apiVersion: 'kutter/v1', metadata: { name: String(port) }, service: owner },
      field: at,
      taken: 'provided port is already allocated',
      badValue: port,
    });
  };
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
    for (const [i, { nodePort = 0 }] of (spec.ports ?? []).entries()) claimPort(nodePort, `spec.ports[${i}].nodePort`);
    if (needsHealthCheckPort(spec)) claimPort(spec.healthCheckNodePort ?? 0, 'spec.healthCheckNodePort');
  }
  return claims;
}

/** The IPAddress that says who has the address. */
function addressObject(owner: DeepReadonly<Service>['metadata'], ip: string): JsonObject {
  return {
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: {
      name: ip,
      uid: derivedUid(owner.uid ?? '', ip),
      creationTimestamp: owner.creationTimestamp ?? null,
      labels: {
        'ipaddress.kubernetes.io/ip-family': familyOf(ip),
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { resource: 'services', namespace: owner.namespace ?? '', name: owner.name ?? '' } },
  };
}

/** A UID of its own that is the same whenever it is asked for: that of the service, changed by the name. */
function derivedUid(uid: string, name: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  const head = (Number.parseInt(uid.slice(0, 8) || '0', 16) ^ hash) >>> 0;
  return head.toString(16).padStart(8, '0') + uid.slice(8);
}
