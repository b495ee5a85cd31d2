/**
 * One Service as nftables objects: a pure function from what its ports mean to chains, sets and set elements. Nothing
 * here depends on other Services, and a Service owns no chain of its own: all Services whose traffic is spread over three
 * TCP endpoints share the chain that picks one of three, and everything else about them is elements of maps.
 *
 * Worked example. Service `web`, 10.96.0.7:80, with the endpoints 10.244.0.5:8080 and 10.244.1.9:8080, is
 *   service-ips       10.96.0.7 . tcp . 80  : goto cluster-ip-tcp-2
 *   tcp-ip-endpoints  10.96.0.7 . 80 . 0    : 10.244.0.5 . 8080
 *   tcp-ip-endpoints  10.96.0.7 . 80 . 1    : 10.244.1.9 . 8080
 * where the shared chain cluster-ip-tcp-2 looks up (address, port, random number below 2). An endpoint that goes away
 * leaves its number to the last one, so that a change costs a handful of elements, however many endpoints and Services
 * there are. Only session affinity needs chains of its own, because the kernel has to note which client went where.
 */
import type { IpFamily, ProxiedPort, Protocol, Selection, ServiceEndpoint } from './service-port.ts';

export interface RuleOptions {
  readonly family: IpFamily;
  /** The addresses of all pods of the cluster; traffic from elsewhere to a cluster IP is masqueraded. */
  readonly podCidr: string | undefined;
  readonly masqueradeAll: boolean;
  /** The bit of the packet mark for "masquerade when leaving"; upstream's 0x4000 means the same to a kube-proxy beside. */
  readonly masqueradeMark: number;
}

export const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

/** Chains hold rules, sets hold a declaration, elements are keyed `set key` and hold a verdict or data, or nothing. */
export interface Contribution {
  readonly chains: ReadonlyMap<string, string>;
  readonly sets: ReadonlyMap<string, string>;
  readonly elements: ReadonlyMap<string, string>;
  /** Which endpoint has which number, for the next compilation to disturb as few as possible. */
  readonly slots: ReadonlyMap<string, readonly string[]>;
  /** Where connectionless flows may have gone: the kernel remembers them beyond the rules. */
  readonly flows: ReadonlyMap<string, readonly string[]>;
}

export const noContribution: Contribution = {
  chains: new Map(),
  sets: new Map(),
  elements: new Map(),
  slots: new Map(),
  flows: new Map(),
};

/** By what the kernel finds the Service: the packet's address and port, or only the port on an address of this node. */
type Door = 'ip' | 'nodeport';
/** Whose traffic a chain is for: it decides about masquerading and the way round a Local policy. */
type Reach = 'cluster' | 'external' | 'local' | 'internal';

export function compileService(
  ports: readonly ProxiedPort[],
  previous: Contribution,
  options: RuleOptions,
): Contribution {
  const out = new Compilation(previous, options);
  for (const port of ports) out.add(port);
  return out;
}

class Compilation implements Contribution {
  readonly chains = new Map<string, string>();
  readonly sets = new Map<string, string>();
  readonly elements = new Map<string, string>();
  readonly slots = new Map<string, readonly string[]>();
  readonly flows = new Map<string, readonly string[]>();
  readonly #previous: Contribution;
  readonly #options: RuleOptions;

  constructor(previous: Contribution, options: RuleOptions) {
    this.#previous = previous;
    this.#options = options;
  }

  add(port: ProxiedPort): void {
    this.elements.set(`cluster-ips ${port.clusterIp}`, '');
    this.#frontend(port, 'cluster', port.internal, port.clusterIp);
    const outside = [...port.externalIps, ...port.balancerIps];
    const doors: (string | undefined)[] = port.nodePort === undefined ? outside : [...outside, undefined];
    for (const address of doors) {
      this.#frontend(port, port.externalIsLocal ? 'local' : 'external', port.external, address);
      if (port.externalIsLocal) this.#frontend(port, 'internal', port.everywhere, address);
    }
    if (port.sourceRanges.length > 0) this.#firewall(port);
    for (const { address, perhapsLocal } of [...port.internal.endpoints, ...port.everywhere.endpoints]) {
      if (perhapsLocal) this.elements.set(`hairpin ${address} . ${address}`, '');
    }
  }

  /** One address (or, without, the node port) at which the port is reached, for traffic of one reach. */
  #frontend(port: ProxiedPort, reach: Reach, selection: Selection, address: string | undefined): void {
    const door: Door = address === undefined ? 'nodeport' : 'ip';
    const number = address === undefined ? (port.nodePort ?? 0) : port.port;
    const match = [...(address === undefined ? [] : [address]), port.protocol, number].join(' . ');
    const count = selection.endpoints.length;
    const roundabout = reach === 'local' && port.everywhere.endpoints.length > 0;
    if (count === 0 && reach !== 'internal') {
      const verdict = selection.otherwise === 'drop' ? 'drop' : 'goto reject-chain';
      this.elements.set(`no-endpoint-${door === 'ip' ? 'services' : 'nodeports'} ${match}`, verdict);
    }
    if (port.protocol === 'udp' && reach !== 'internal') this.#note(port, match, selection);
    if (count === 0 && !roundabout) return;
    const map = `${reach === 'internal' ? 'internal' : 'service'}-${door}s`;
    const chain =
      port.affinitySeconds === undefined
        ? this.#spread(port, reach, selection, { door, address, number })
        : this.#affine(port, reach, selection, door);
    this.elements.set(`${map} ${match}`, `goto ${chain}`);
  }

  /** The shared chain for this number of endpoints, with the elements that tell it ours. */
  #spread(
    { id, protocol }: ProxiedPort,
    reach: Reach,
    { endpoints }: Selection,
    at: { readonly door: Door; readonly address: string | undefined; readonly number: number },
  ): string {
    const { family } = this.#options;
    const chain = `${reach}-${at.door}-${protocol}-${endpoints.length}`;
    const map = endpointMap(protocol, at.door, reach === 'internal');
    const rules = this.#prelude(reach, at.door);
    const key = at.door === 'ip' ? `${family} daddr . ${protocol} dport` : `${protocol} dport`;
    if (endpoints.length > 0) {
      rules.push(`dnat ${family} to ${key} . numgen random mod ${endpoints.length} map @${map}`);
    }
    this.chains.set(chain, rules.join('\n'));
    const prefix = at.address === undefined ? '' : `${at.address} . `;
    this.#arranged(`${id} ${group(reach)}`, endpoints).forEach((endpoint, i) =>
      this.elements.set(`${map} ${prefix}${at.number} . ${i}`, endpoint),
    );
    return chain;
  }

  /** Chains and sets of the port's own: a client that is in an endpoint's set goes there again. */
  #affine(port: ProxiedPort, reach: Reach, { endpoints }: Selection, door: Door): string {
    const { family } = this.#options;
    const chain = `${reach}-${door}-${port.id}`;
    const rules = this.#prelude(reach, door);
    const names = this.#arranged(`${port.id} ${group(reach)}`, endpoints);
    const chosen = `affinity-${group(reach)}-${port.id}`;
    if (names.length > 0) rules.push(`goto ${chosen}`);
    this.chains.set(chain, rules.join('\n'));
    if (names.length === 0) return chain;
    const places = names.map((name) => `${port.id}__${name.replaceAll(' . ', '/').replaceAll(':', '.')}`);
    // A set's time-out cannot be changed, so it is in the name.
    const clients = (place: string): string => `affinity-${port.affinitySeconds}s-${place}`;
    const again = places.map((place) => `${family} saddr @${clients(place)} goto endpoint-${place}`);
    const choice = places.map((place, i) => `${i} : goto endpoint-${place}`).join(', ');
    this.chains.set(chosen, [...again, `numgen random mod ${places.length} vmap { ${choice} }`].join('\n'));
    endpoints.forEach(({ address, port: number }) => {
      const place = `${port.id}__${address.replaceAll(':', '.')}/${number}`;
      const target = family === 'ip6' ? `[${address}]:${number}` : `${address}:${number}`;
      const note = `update @${clients(place)} { ${family} saddr }`;
      this.chains.set(`endpoint-${place}`, `${note}\nmeta l4proto ${port.protocol} dnat ${family} to ${target}`);
      const type = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
      const timeout = `timeout ${port.affinitySeconds}s;`;
      this.sets.set(clients(place), `set { type ${type}; size 65535; flags dynamic,timeout; ${timeout} }`);
    });
    return chain;
  }

  #prelude(reach: Reach, door: Door): string[] {
    const { family, podCidr, masqueradeAll, masqueradeMark } = this.#options;
    const mark = `meta mark set meta mark or ${hex(masqueradeMark)}`;
    if (reach === 'external' || (masqueradeAll && reach !== 'local')) return [mark];
    if (reach === 'cluster') return podCidr === undefined ? [] : [`${family} saddr != ${podCidr} ${mark}`];
    // What comes from this node itself needs an address that a pod elsewhere can answer to.
    if (reach === 'internal') return [`fib saddr type local ${mark}`];
    const key = door === 'ip' ? `${family} daddr . meta l4proto . th dport` : 'meta l4proto . th dport';
    const roundabout = `${key} vmap @internal-${door}s`;
    const local = [`fib saddr type local ${roundabout}`];
    return podCidr === undefined ? local : [`${family} saddr ${podCidr} ${roundabout}`, ...local];
  }

  #firewall(port: ProxiedPort): void {
    const chain = `firewall-${port.id}`;
    const { family } = this.#options;
    this.chains.set(chain, [...port.sourceRanges.map((range) => `${family} saddr ${range} return`), 'drop'].join('\n'));
    for (const address of port.balancerIps) {
      this.elements.set(`firewall-ips ${address} . ${port.protocol} . ${port.port}`, `goto ${chain}`);
    }
  }

  #arranged(key: string, endpoints: readonly ServiceEndpoint[]): readonly string[] {
    let arranged = this.slots.get(key);
    if (arranged === undefined) {
      const wanted = endpoints.map(({ address, port }) => `${address} . ${port}`);
      this.slots.set(key, (arranged = arrange(this.#previous.slots.get(key) ?? [], wanted)));
    }
    return arranged;
  }

  #note(port: ProxiedPort, match: string, own: Selection): void {
    const all = new Set([...own.endpoints, ...port.everywhere.endpoints].map(({ address }) => address));
    this.flows.set(match, [...all]);
  }
}

export function endpointMap(protocol: Protocol, door: 'ip' | 'nodeport', internal: boolean): string {
  return `${protocol}-${internal ? 'internal-' : ''}${door}-endpoints`;
}

function group(reach: Reach): string {
  return reach === 'local' ? 'external' : reach === 'cluster' ? 'internal' : 'everywhere';
}

export function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/**
 * The wanted names with a number each, 0 to n-1: who stays keeps its number if there still is such a number, the others
 * fill the gaps. So the number of numbers that change is at most the number of names that came or went.
 */
export function arrange(previous: readonly string[], wanted: readonly string[]): string[] {
  const left = new Set(wanted);
  const slots: (string | undefined)[] = Array.from({ length: left.size });
  for (const [i, name] of previous.entries()) {
    if (i >= slots.length) break;
    if (left.delete(name)) slots[i] = name;
  }
  const rest = left.values();
  return slots.map((name) => name ?? rest.next().value ?? '');
}
