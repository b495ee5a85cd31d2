/**
 * What a Service's port means on this node: which addresses it answers at, and which endpoints each kind of traffic may
 * reach. This is where traffic policies and the ready, serving and terminating conditions are decided; how the kernel is
 * told is another matter. Pure: the same objects give the same answer.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { EndpointSlice, Service } from '../api/mod.ts';
import { ipText, parseCidr, parseIp } from '../machinery/mod.ts';

export type IpFamily = 'ip' | 'ip6';
export type Protocol = 'tcp' | 'udp' | 'sctp';

export interface ServiceEndpoint {
  readonly address: string;
  readonly port: number;
  /** It runs on this node, or it does not say where it runs and so may. */
  readonly perhapsLocal: boolean;
}

/** The endpoints for one kind of traffic and, when there are none, what becomes of it. */
export interface Selection {
  readonly endpoints: readonly ServiceEndpoint[];
  readonly otherwise: 'reject' | 'drop';
}

export interface ProxiedPort {
  /** `namespace/service/protocol/port-name`. */
  readonly id: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIp: string;
  readonly nodePort: number | undefined;
  readonly externalIps: readonly string[];
  readonly balancerIps: readonly string[];
  /** Who may use the load balancer's addresses; empty: everybody. */
  readonly sourceRanges: readonly string[];
  readonly affinitySeconds: number | undefined;
  /** For the cluster IP. */
  readonly internal: Selection;
  /** For the node port, external and load balancer addresses, when the traffic comes from outside. */
  readonly external: Selection;
  /** All of the cluster's; what pods and this node reach at an outside address whose policy is Local. */
  readonly everywhere: Selection;
  readonly externalIsLocal: boolean;
}

/** As the API server's default for `sessionAffinityConfig.clientIP.timeoutSeconds`. */
const affinitySecondsDefault = 10_800;

export function proxiedPorts(
  service: DeepReadonly<Service>,
  slices: readonly DeepReadonly<EndpointSlice>[],
  where: { readonly nodeName: string; readonly family: IpFamily },
): ProxiedPort[] {
  const { spec, status } = service;
  const mine = (texts: readonly string[] | undefined): string[] =>
    (texts ?? []).flatMap((text) => addressText(text, where.family) ?? []);
  const [clusterIp] = mine(spec?.clusterIPs ?? [spec?.clusterIP ?? '']);
  if (spec === undefined || clusterIp === undefined || spec.type === 'ExternalName') return [];
  if (service.metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined) return [];
  const externalIsLocal = spec.externalTrafficPolicy === 'Local';
  const internalIsLocal = spec.internalTrafficPolicy === 'Local';
  const ingress = spec.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []) : [];
  const balancerIps = mine(ingress.flatMap(({ ip, ipMode }) => (ip !== undefined && ipMode !== 'Proxy' ? [ip] : [])));
  const out: ProxiedPort[] = [];
  for (const port of spec.ports ?? []) {
    const protocol = (port.protocol ?? 'TCP').toLowerCase();
    if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') continue;
    const candidates = endpointsFor(slices, port.name ?? '', protocol, where);
    const everywhere: Selection = { endpoints: usable(candidates), otherwise: 'reject' };
    const local: Selection = {
      endpoints: usable(candidates.filter((endpoint) => endpoint.local)),
      otherwise: everywhere.endpoints.length > 0 ? 'drop' : 'reject',
    };
    const { name, namespace } = service.metadata;
    out.push({
      id: `${namespace}/${name}/${protocol}/${port.name ?? ''}`,
      protocol,
      port: port.port,
      clusterIp,
      nodePort: port.nodePort === 0 ? undefined : port.nodePort,
      externalIps: mine(spec.externalIPs),
      balancerIps,
      sourceRanges: (spec.loadBalancerSourceRanges ?? []).flatMap((range) => rangeText(range, where.family) ?? []),
      affinitySeconds: affinitySeconds(spec),
      internal: internalIsLocal ? local : everywhere,
      external: externalIsLocal ? local : everywhere,
      everywhere,
      externalIsLocal,
    });
  }
  return out;
}

function affinitySeconds(spec: NonNullable<DeepReadonly<Service>['spec']>): number | undefined {
  if (spec.sessionAffinity !== 'ClientIP') return undefined;
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySecondsDefault;
}

interface Candidate extends ServiceEndpoint {
  readonly local: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** The slices' endpoints for a port, each address and port once, in the order of the addresses' text. */
function endpointsFor(
  slices: readonly DeepReadonly<EndpointSlice>[],
  portName: string,
  protocol: Protocol,
  where: { readonly nodeName: string; readonly family: IpFamily },
): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== (where.family === 'ip' ? 'IPv4' : 'IPv6')) continue;
    const port = slice.ports?.find(
      (p) => (p.name ?? '') === portName && (p.protocol ?? 'TCP').toLowerCase() === protocol,
    );
    if (port?.port === undefined) continue;
    for (const { addresses, conditions, nodeName } of slice.endpoints ?? []) {
      const address = addressText(addresses[0] ?? '', where.family);
      if (address === undefined) continue;
      const candidate: Candidate = {
        address,
        port: port.port,
        local: nodeName === where.nodeName,
        perhapsLocal: nodeName === undefined || nodeName === where.nodeName,
        // Nothing said counts as ready, and serving follows ready: the API's rule for consumers.
        ready: conditions?.ready ?? true,
        serving: conditions?.serving ?? conditions?.ready ?? true,
        terminating: conditions?.terminating ?? false,
      };
      const key = `${address} ${port.port}`;
      const other = found.get(key);
      // While an endpoint moves between slices it may be in two of them: the better report counts.
      if (other === undefined || (!other.ready && candidate.ready)) found.set(key, candidate);
    }
  }
  return [...found.values()].toSorted((a, b) => order(a.address, b.address) || a.port - b.port);
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The ready ones; without any, those that are going away but still serve. */
function usable(candidates: readonly Candidate[]): readonly ServiceEndpoint[] {
  const ready = candidates.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : candidates.filter((endpoint) => endpoint.serving && endpoint.terminating);
}

/**
 * The one text of an address, if it is of this family. Nothing else gets into a script: old fields accept leading zeros,
 * which nft reads as octal, and one word that nft does not understand would hold up all Services.
 */
function addressText(text: string, family: IpFamily): string | undefined {
  const address = parseIp(text);
  return address === undefined || address.mapped || (address.family === 4) !== (family === 'ip')
    ? undefined
    : ipText(address);
}

function rangeText(text: string, family: IpFamily): string | undefined {
  const cidr = parseCidr(text.trim());
  const address = cidr && addressText(ipText(cidr.address), family);
  return address === undefined ? undefined : `${address}/${cidr?.prefixLength}`;
}
