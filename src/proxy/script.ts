/**
 * The text of nftables transactions: everything anew, or only what changed. The table is ours alone and named for the
 * cluster, so that several clusters, a host's own rules and another proxy never meet, and removing it removes all.
 * Each script is one transaction: the kernel takes it whole or not at all.
 */
import type { ValueChange } from './claims.ts';
import { endpointMap, hex, protocols, type RuleOptions } from './rules.ts';

export interface TableOptions extends RuleOptions {
  readonly table: string;
  /** The addresses at which node ports are open; absent: every address of the node, loopback included. */
  readonly nodePortAddresses: readonly string[] | undefined;
}

export interface Changes {
  readonly chains: readonly ValueChange[];
  readonly sets: readonly ValueChange[];
  readonly elements: readonly ValueChange[];
}

/** More elements than this are told in several commands: a line for every Service is a line too long. */
const elementsPerCommand = 500;

/** Removes the table, whether it is there or not. */
export function removalScript({ family, table }: Pick<TableOptions, 'family' | 'table'>): string {
  return `add table ${family} ${table}\ndelete table ${family} ${table}\n`;
}

export function fullScript(options: TableOptions, all: Changes): string {
  return removalScript(options) + skeleton(options) + changeScript(options, all);
}

/**
 * What exists before it is used and is used no more before it is deleted. A changed element is deleted and added: the
 * kernel has no other way.
 */
export function changeScript({ family, table }: TableOptions, { chains, sets, elements }: Changes): string {
  const at = `${family} ${table}`;
  const lines: string[] = [];
  for (const { key, before, after } of sets) {
    if (before === undefined && after !== undefined)
      lines.push(`add ${after.replace(/^(set|map)/, `$1 ${at} ${key}`)}`);
  }
  for (const { key, before } of chains) if (before === undefined) lines.push(`add chain ${at} ${key}`);
  lines.push(
    ...elementCommands(
      'delete',
      at,
      elements.filter(({ before }) => before !== undefined),
    ),
  );
  for (const { key, before, after } of chains) {
    if (before !== undefined) lines.push(`flush chain ${at} ${key}`);
    if (after) lines.push(...after.split('\n').map((rule) => `add rule ${at} ${key} ${rule}`));
  }
  lines.push(
    ...elementCommands(
      'add',
      at,
      elements.filter(({ after }) => after !== undefined),
    ),
  );
  for (const { key, after } of chains) if (after === undefined) lines.push(`delete chain ${at} ${key}`);
  for (const { key, after } of sets) if (after === undefined) lines.push(`delete set ${at} ${key}`);
  return lines.map((line) => `${line}\n`).join('');
}

function elementCommands(verb: 'add' | 'delete', at: string, changes: readonly ValueChange[]): string[] {
  const bySet = new Map<string, string[]>();
  for (const { key, after } of changes) {
    const space = key.indexOf(' ');
    const set = key.slice(0, space);
    const value = verb === 'add' && after ? ` : ${after}` : '';
    const element = key.slice(space + 1) + value;
    const elements = bySet.get(set);
    if (elements === undefined) bySet.set(set, [element]);
    else elements.push(element);
  }
  const lines: string[] = [];
  for (const [set, elements] of bySet) {
    for (let i = 0; i < elements.length; i += elementsPerCommand) {
      lines.push(`${verb} element ${at} ${set} { ${elements.slice(i, i + elementsPerCommand).join(', ')} }`);
    }
  }
  return lines;
}

/** The maps that hold all Services. */
export function mapDeclarations({ family }: Pick<RuleOptions, 'family'>): ReadonlyMap<string, string> {
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const byIp = `map { type ${address} . inet_proto . inet_service : verdict; }`;
  const byPort = 'map { type inet_proto . inet_service : verdict; }';
  const out = new Map([
    ['service-ips', byIp],
    ['internal-ips', byIp],
    ['no-endpoint-services', byIp],
    ['firewall-ips', byIp],
    ['service-nodeports', byPort],
    ['internal-nodeports', byPort],
    ['no-endpoint-nodeports', byPort],
    ['cluster-ips', `set { type ${address}; }`],
    ['hairpin', `set { type ${address} . ${address}; }`],
  ]);
  // A map for each protocol: nft 1.0.6 cannot read back a map whose data is declared as `th dport`, and `tcp dport`
  // holds its rules to TCP.
  for (const protocol of protocols) {
    const data = `${family} daddr . ${protocol} dport; }`;
    for (const internal of [false, true]) {
      const number = `${protocol} dport . numgen random mod 65536`;
      out.set(endpointMap(protocol, 'ip', internal), `map { typeof ${family} daddr . ${number} : ${data}`);
      out.set(endpointMap(protocol, 'nodeport', internal), `map { typeof ${number} : ${data}`);
    }
  }
  return out;
}

/** The chains that every packet passes, by name; the first line of a base chain is its hook. */
export function baseChains(options: TableOptions): ReadonlyMap<string, readonly string[]> {
  const { family, masqueradeMark: mark } = options;
  const byIp = `${family} daddr . meta l4proto . th dport`;
  const here =
    options.nodePortAddresses === undefined
      ? 'fib daddr type local'
      : `${family} daddr { ${options.nodePortAddresses.join(', ')} }`;
  const byPort = `${here} meta l4proto . th dport`;
  const nodePorts = options.nodePortAddresses?.length !== 0;
  // Node ports answer on 127.0.0.1 too, for which the pod network's link routes loopback addresses; nothing new may come
  // in that way.
  const loopback =
    family === 'ip' ? ['iifname != "lo" ip daddr 127.0.0.0/8 ct state != { established, related } drop'] : [];
  return new Map([
    // A reset reaches a client whose socket is busy with the very connect; an ICMP error is lost then, and the next try
    // is a second later.
    ['reject-chain', ['meta l4proto tcp reject with tcp reset', 'reject']],
    ['services', [`${byIp} vmap @service-ips`, ...(nodePorts ? [`${byPort} vmap @service-nodeports`] : [])]],
    ['service-check', [`${byIp} vmap @no-endpoint-services`]],
    ['nodeport-check', nodePorts ? [`${byPort} vmap @no-endpoint-nodeports`] : []],
    ['cluster-ips-check', [`${family} daddr @cluster-ips goto reject-chain`]],
    ['firewall-check', [`${byIp} vmap @firewall-ips`]],
    ['filter-prerouting', [hook('filter', 'prerouting', -110), 'ct state new jump firewall-check']],
    ['filter-output', [hook('filter', 'output', -110), 'ct state new jump firewall-check']],
    [
      'filter-input',
      [
        hook('filter', 'input', -110),
        ...loopback,
        'ct state new jump nodeport-check',
        'ct state new jump service-check',
      ],
    ],
    [
      'filter-forward',
      [hook('filter', 'forward', -110), 'ct state new jump service-check', 'ct state new jump cluster-ips-check'],
    ],
    // After the addresses were translated: what still goes to a cluster IP found no endpoint.
    [
      'filter-output-late',
      [hook('filter', 'output', -90), 'ct state new jump service-check', 'ct state new jump cluster-ips-check'],
    ],
    ['nat-prerouting', [hook('nat', 'prerouting', -100), 'jump services']],
    ['nat-output', [hook('nat', 'output', -100), 'jump services']],
    [
      'nat-postrouting',
      [
        hook('nat', 'postrouting', 100),
        `ct status dnat ${family} saddr . ${family} daddr @hairpin masquerade fully-random`,
        `meta mark and ${hex(mark)} == 0 return`,
        `meta mark set meta mark and ${hex(~mark >>> 0)}`,
        'masquerade fully-random',
      ],
    ],
  ]);
}

function hook(type: string, name: string, priority: number): string {
  return `type ${type} hook ${name} priority ${priority}; policy accept;`;
}

function skeleton(options: TableOptions): string {
  const at = `${options.family} ${options.table}`;
  const lines = [`add table ${at}`];
  for (const [name, text] of mapDeclarations(options))
    lines.push(`add ${text.replace(/^(set|map)/, `$1 ${at} ${name}`)}`);
  const chains = [...baseChains(options)];
  for (const [name, [first = '']] of chains)
    lines.push(`add chain ${at} ${name}${isHook(first) ? ` { ${first} }` : ''}`);
  for (const [name, rules] of chains) {
    for (const rule of rules) if (!isHook(rule)) lines.push(`add rule ${at} ${name} ${rule}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

export function isHook(line: string): boolean {
  return line.startsWith('type ');
}
