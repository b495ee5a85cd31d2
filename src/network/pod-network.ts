/**
 * The network of the pods of one node: a bridge of our own whose address is the pods' gateway, the CNI configuration by
 * which the runtime attaches pods to it, forwarding, and the masquerading of what leaves the cluster. What always holds:
 * everything carries the cluster's name, so that clusters do not meet; starting again changes nothing that is right;
 * `remove` leaves nothing but kernel parameters, which others may rely on by then.
 */
import type { Log } from '../base/mod.ts';
import { addressAt, parsePrefix, prefixText } from './cidr.ts';
import type { BridgeLink, NetworkHost, RouteEntry } from './ports.ts';

export interface PodNetworkOptions {
  readonly clusterName: string;
  /** This node's `spec.podCIDR`. */
  readonly nodeCidr: string;
  /** The addresses of all pods of the cluster: what goes there keeps its sender. */
  readonly podCidr: string;
  /** Cluster IPs; a host without a default route needs a route to have packets for them translated at all. */
  readonly serviceCidr?: string;
  /** Where the runtime looks for CNI configurations: a folder of this cluster's own. */
  readonly cniConfigDir: string;
  /** Where addresses that are in use are noted: a folder of this cluster's own. */
  readonly ipamDir: string;
  readonly mtu?: number;
  /** Leave `hostPort` to the CNI plugin portmap, which needs iptables. */
  readonly portmap?: boolean;
}

export interface PodNetworkPlan {
  readonly bridge: BridgeLink;
  /** The pods' gateway: an address of this node that every pod of it reaches. */
  readonly gateway: string;
  readonly configPath: string;
  readonly config: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly serviceRoute: RouteEntry | undefined;
  readonly table: string;
}

const bridgeNetfilter = {
  ip: 'net.bridge.bridge-nf-call-iptables',
  ip6: 'net.bridge.bridge-nf-call-ip6tables',
} as const;

export function planPodNetwork(options: PodNetworkOptions): PodNetworkPlan {
  const cidr = parsePrefix(options.nodeCidr);
  const gateway = addressAt(cidr, 1);
  const bridge: BridgeLink = {
    name: bridgeName(options.clusterName),
    // Fixed: otherwise the bridge takes the lowest of its ports' and changes it as pods come and go, and pods that know
    // the gateway by the old one lose it for a while.
    mac: macOf(`${options.clusterName} ${gateway}`),
    addresses: [{ address: gateway, prefixLength: cidr.prefixLength }],
  };
  const version = cidr.family === 'ip' ? 'ipv4' : 'ipv6';
  return {
    bridge,
    gateway,
    configPath: `${options.cniConfigDir}/10-kutter.conflist`,
    config: `${JSON.stringify(cniConfig(options, bridge.name, gateway), undefined, 2)}\n`,
    sysctls: {
      ...(cidr.family === 'ip' ? { 'net.ipv4.ip_forward': '1' } : { 'net.ipv6.conf.all.forwarding': '1' }),
      // Node ports answer on 127.0.0.1: the way to the pod and back has a loopback address on this link.
      ...(cidr.family === 'ip' ? { [`net.${version}.conf.${bridge.name}.route_localnet`]: '1' } : {}),
    },
    serviceRoute: serviceRoute(options, gateway),
    table: `kutter-${options.clusterName}-network`,
  };
}

/**
 * Not over the bridge: a packet that comes from there and goes there makes the kernel tell the pod of a shorter way, and
 * the pod would look for the cluster IP among its neighbours from then on.
 */
function serviceRoute({ serviceCidr }: PodNetworkOptions, gateway: string): RouteEntry | undefined {
  return serviceCidr === undefined
    ? undefined
    : { destination: prefixText(parsePrefix(serviceCidr)), link: 'lo', source: gateway };
}

function cniConfig(options: PodNetworkOptions, bridge: string, gateway: string): object {
  const ipam = {
    type: 'host-local',
    dataDir: options.ipamDir,
    ranges: [[{ subnet: prefixText(parsePrefix(options.nodeCidr)), gateway }]],
  };
  const attach = {
    type: 'bridge',
    bridge,
    isGateway: true,
    isDefaultGateway: true,
    // A pod that reaches itself through its own Service comes back out of the port that it went in by.
    hairpinMode: true,
    ipMasq: false,
    ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
    ipam,
  };
  const portmap = { type: 'portmap', capabilities: { portMappings: true } };
  return {
    cniVersion: '1.0.0',
    name: `kutter-${options.clusterName}`,
    plugins: options.portmap === false ? [attach] : [attach, portmap],
  };
}

/**
 * `bridged`: the kernel shows what stays on the bridge to the address translation. Without that, an answer from a pod to
 * its neighbour would take the short way, untranslated; so the neighbour must not be the sender then.
 */
export function masqueradeScript(options: PodNetworkOptions, bridged: boolean): string {
  const { family } = parsePrefix(options.nodeCidr);
  const at = `${family} kutter-${options.clusterName}-network`;
  const node = prefixText(parsePrefix(options.nodeCidr));
  const cluster = prefixText(parsePrefix(options.podCidr));
  const multicast = family === 'ip' ? '224.0.0.0/4' : 'ff00::/8';
  const rules = [
    `${family} saddr ${node} ${family} daddr != { ${cluster}, ${multicast} } oifname != { "lo", "${bridgeName(options.clusterName)}" } masquerade fully-random`,
  ];
  if (!bridged) rules.push(`ct status dnat ${family} saddr ${node} ${family} daddr ${node} masquerade fully-random`);
  return [
    ...removal(at),
    `add table ${at}`,
    `add chain ${at} postrouting { type nat hook postrouting priority 100; policy accept; }`,
    ...rules.map((rule) => `add rule ${at} postrouting ${rule}`),
    // Forwarded to this host itself: a cluster IP that nobody has, along the route to them all. It would go in circles.
    `add chain ${at} forward { type filter hook forward priority 0; policy accept; }`,
    `add rule ${at} forward oifname "lo" reject`,
    '',
  ].join('\n');
}

function removal(at: string): string[] {
  return [`add table ${at}`, `delete table ${at}`];
}

/** At most the 15 characters of a link's name, different for different clusters. */
export function bridgeName(clusterName: string): string {
  const name = `kt-${clusterName}`;
  return name.length <= 15 ? name : `${name.slice(0, 9)}-${hash(clusterName).toString(36).padStart(7, '0').slice(-5)}`;
}

/** A locally administered unicast address that a text stands for. */
function macOf(text: string): string {
  const value = hash(text);
  const bytes = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
  return ['0a', '58', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

export class PodNetwork {
  readonly plan: PodNetworkPlan;
  readonly #host: NetworkHost;
  readonly #options: PodNetworkOptions;
  readonly #log: Log;

  constructor(world: { readonly host: NetworkHost; readonly log: Log }, options: PodNetworkOptions) {
    this.#host = world.host;
    this.#log = world.log;
    this.#options = options;
    this.plan = planPodNetwork(options);
  }

  /** The configuration is written last: the runtime reports its network ready as soon as it is there. */
  async start(): Promise<void> {
    const { bridge, sysctls, serviceRoute, configPath, config } = this.plan;
    const { family } = parsePrefix(this.#options.nodeCidr);
    const [bridged] = await Promise.all([
      this.#host.setSysctl(bridgeNetfilter[family], '1'),
      this.#host.ensureBridge(bridge),
    ]);
    if (!bridged)
      this.#log.info('no br_netfilter: what pods of this node send each other through Services is masqueraded');
    await Promise.all([
      this.#host.runNftables(masqueradeScript(this.#options, bridged)),
      ...Object.entries(sysctls).map(async ([name, value]) => {
        if (!(await this.#host.setSysctl(name, value))) this.#log.warn('a kernel parameter is missing', { name });
      }),
    ]);
    if (serviceRoute !== undefined && !(await this.#host.hasRoute(serviceRoute.destination.split('/')[0] ?? ''))) {
      await this.#host.ensureRoute(serviceRoute);
    }
    await this.#host.writeFile(configPath, config);
  }

  /** Pods that are still attached lose their network. */
  async remove(): Promise<void> {
    await this.#host.removeTree(this.plan.configPath);
    await this.#host.runNftables(
      `${removal(`${parsePrefix(this.#options.nodeCidr).family} ${this.plan.table}`).join('\n')}\n`,
    );
    await this.#host.removeLink(this.plan.bridge.name);
    await this.#host.removeTree(this.#options.ipamDir);
  }
}
