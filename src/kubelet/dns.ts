/**
 * A pod's name resolution: which servers, in which domains, with which options. Pure; the node's own resolv.conf comes in
 * as it was read.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { PodDNSConfig } from '../api/mod.ts';
import type { PodView } from './pod.ts';
import type { DNSConfig } from './ports.ts';

export interface ResolvConf {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface ClusterDns {
  readonly servers: readonly string[];
  readonly domain: string;
}

const serversMax = 3;
const searchesMax = 32;

export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    // The last of these lines counts; a trailing dot is of no meaning but for the root.
    else if (keyword === 'search')
      searches = values.map((domain) => (domain === '.' ? domain : domain.replace(/\.$/, '')));
    else if (keyword === 'options') options = values;
  }
  return { servers, searches, options };
}

export interface PodDns {
  readonly config: DNSConfig;
  /** The cluster has no DNS though the pod asks for it: it gets the node's. */
  readonly clusterDnsMissing: boolean;
}

export function podDns(pod: PodView, cluster: ClusterDns, host: ResolvConf): PodDns {
  const { dnsPolicy = 'ClusterFirst', hostNetwork, dnsConfig } = pod.spec ?? { containers: [] };
  const wantsCluster =
    dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true);
  const clusterDnsMissing = wantsCluster && cluster.servers.length === 0;
  let base: ResolvConf;
  if (dnsPolicy === 'None') base = { servers: [], searches: [], options: [] };
  else if (wantsCluster && !clusterDnsMissing) base = clusterFirst(pod, cluster, host);
  else base = host;
  return { config: withOwn(base, dnsConfig), clusterDnsMissing };
}

function clusterFirst(pod: PodView, { servers, domain }: ClusterDns, host: ResolvConf): ResolvConf {
  const own = domain === '' ? [] : [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { servers, searches: unique([...own, ...host.searches]), options: ['ndots:5'] };
}

function withOwn(base: ResolvConf, own: DeepReadonly<PodDNSConfig> | undefined): DNSConfig {
  const options = new Map(base.options.map((text) => [nameOfOption(text), text]));
  for (const { name = '', value } of own?.options ?? [])
    options.set(name, value === undefined ? name : `${name}:${value}`);
  return {
    servers: unique([...base.servers, ...(own?.nameservers ?? [])]).slice(0, serversMax),
    searches: unique([...base.searches, ...(own?.searches ?? [])]).slice(0, searchesMax),
    options: [...options.values()],
  };
}

function nameOfOption(text: string): string {
  const colon = text.indexOf(':');
  return colon < 0 ? text : text.slice(0, colon);
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}

const hostnameLengthMax = 63;

/** The name that the pod's processes see, and the domain under which other pods find it; empty without a subdomain. */
export function podHostname(
  pod: PodView,
  clusterDomain: string,
): { readonly hostname: string; readonly domain: string } {
  const { hostname, hostnameOverride, subdomain, setHostnameAsFQDN } = pod.spec ?? { containers: [] };
  if (hostnameOverride !== undefined) return { hostname: hostnameOverride, domain: '' };
  const name =
    hostname === undefined || hostname === ''
      ? (pod.metadata.name ?? '').slice(0, hostnameLengthMax).replace(/[-.]+$/, '')
      : hostname;
  const domain =
    subdomain === undefined || subdomain === '' ? '' : `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
  return { hostname: setHostnameAsFQDN === true && domain !== '' ? `${name}.${domain}` : name, domain };
}

/** The content of a pod's /etc/hosts. `hostFile` is the node's own, which pods on its network keep. */
export function hostsFile(pod: PodView, ips: readonly string[], clusterDomain: string, hostFile: string): string {
  const aliases = (pod.spec?.hostAliases ?? [])
    .map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`)
    .join('');
  const tail = aliases === '' ? '' : `\n# Entries added by HostAliases.\n${aliases}`;
  if (pod.spec?.hostNetwork === true) return `# Kubernetes-managed hosts file (host network).\n${hostFile}${tail}`;
  const { hostname, domain } = podHostname(pod, clusterDomain);
  const short = hostname.split('.')[0] ?? hostname;
  const names = domain === '' ? hostname : `${short}.${domain}\t${short}`;
  return [
    '# Kubernetes-managed hosts file.\n',
    '127.0.0.1\tlocalhost\n',
    '::1\tlocalhost ip6-localhost ip6-loopback\n',
    'fe00::0\tip6-localnet\n',
    'fe00::0\tip6-mcastprefix\n',
    'fe00::1\tip6-allnodes\n',
    'fe00::2\tip6-allrouters\n',
    ...ips.map((ip) => `${ip}\t${names}\n`),
    tail,
  ].join('');
}
