/**
 * The networks of a cluster: one for its Services, one for its pods. They are chosen at the first `up`, so that clusters on
 * one machine share no address and none of them hides a network that the machine is in; all other addresses follow.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from '../base/mod.ts';
import { cidrContains, ipText, parseCidr, usualConfig, type Cidr } from '../machinery/mod.ts';

export interface ClusterNetworks {
  readonly serviceCidr: string;
  readonly podCidr: string;
}

export interface ClusterAddresses {
  /** The first address of the service network, which every cluster gives to the API server. */
  readonly serviceIp: string;
  /** The tenth one, which every installer gives to DNS. */
  readonly dnsIp: string;
  /** What the first node gets of the pod network. */
  readonly firstNodeCidr: string;
  /** The pods' gateway on the first node. */
  readonly gateway: string;
}

export interface Route {
  readonly device: string;
  readonly cidr: string;
}

/** What kubeadm and most installers use. */
export const usualNetworks: ClusterNetworks = { serviceCidr: usualConfig.serviceCidr, podCidr: '10.244.0.0/16' };

/** Service and pod networks go in pairs: where one is free of other clusters, the other is. */
const pairs: readonly ClusterNetworks[] = Array.from({ length: 16 }, (_, i) => ({
  serviceCidr: `10.${96 + i}.0.0/16`,
  podCidr: `10.${244 - i}.0.0/16`,
}));

export function clusterAddresses({ serviceCidr, podCidr }: ClusterNetworks): ClusterAddresses {
  const network = address(podCidr, 0);
  return {
    serviceIp: address(serviceCidr, 1),
    dnsIp: address(serviceCidr, 10),
    firstNodeCidr: `${network}/24`,
    gateway: address(podCidr, 1),
  };
}

/** The first pair that overlaps nothing of `taken`. Throws HostError when there is none. */
export function freeNetworks(taken: readonly string[]): ClusterNetworks {
  const free = pairs.find(
    ({ serviceCidr, podCidr }) => !taken.some((cidr) => overlap(cidr, serviceCidr) || overlap(cidr, podCidr)),
  );
  if (free !== undefined) return free;
  throw new HostError(
    'NetworkTaken',
    `no network is left for another cluster: this machine has routes into 10.96.0.0/12 and 10.229.0.0/16 to 10.244.0.0/16`,
  );
}

/** Throws HostError when a route of another device leads into the cluster's networks. */
export function checkNetworks(networks: ClusterNetworks, routes: readonly Route[], ownDevice: string): void {
  for (const { device, cidr } of routes) {
    if (device === ownDevice) continue;
    const own = [networks.podCidr, networks.serviceCidr].find((each) => overlap(each, cidr));
    if (own !== undefined)
      throw new HostError(
        'NetworkTaken',
        `this cluster was made with the network ${own}, but ${cidr} is reached through ${device} now: end the other cluster or remove that route first`,
      );
  }
}

/** The machine's routes but for the default one; needs no program. https://man7.org/linux/man-pages/man5/proc.5.html */
export async function readRoutes(): Promise<Route[]> {
  return parseRoutes(await readFile('/proc/net/route', 'utf8').catch(() => ''));
}

export function parseRoutes(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device = '', destination = '', , , , , , mask = ''] = line.split('\t');
      if (mask === '' || mask === '00000000') return [];
      const ones = bytesOf(mask).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
      return [{ device, cidr: `${bytesOf(destination).join('.')}/${ones}` }];
    });
}

/** Networks of the clusters below `folder`, running or not. */
export async function knownNetworks(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const text = await readFile(join(folder, name, 'cluster.json'), 'utf8').catch(() => '{}');
    try {
      const { serviceCidr, podCidr } = JSON.parse(text) as Partial<ClusterNetworks>;
      found.push(...[serviceCidr, podCidr].filter((cidr) => cidr !== undefined));
    } catch {
      // Whoever uses that cluster is told that its settings are unreadable.
    }
  }
  return found;
}

/** Words in the byte order of the machine, which is little-endian wherever kutter runs. */
function bytesOf(word: string): number[] {
  return [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
}

function parsed(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new HostError('Settings', `"${text}" is not a network like 10.96.0.0/16`);
  return cidr;
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [parsed(one), parsed(other)];
  return cidrContains(a, b.address) || cidrContains(b, a.address);
}

/** The address `offset` places into a network; offsets stay within the last byte. */
function address(cidr: string, offset: number): string {
  const { address: first } = parsed(cidr);
  const bytes = first.bytes.map((byte, i) => (i === first.bytes.length - 1 ? byte + offset : byte));
  return ipText({ ...first, bytes });
}
