/**
 * nftables and the kernel's flow table, through `nft` and `conntrack`. Scripts go through standard input; nothing of a
 * script is ever a shell's. Both can act in another network namespace.
 */
import { HostError, type Log } from '../base/mod.ts';
import type { FlowTable, IpFamily, Nftables, StaleFlow, TableShape } from '../proxy/ports.ts';
import { runTool } from './tool.ts';

interface ListedItem {
  readonly chain?: { readonly family: string; readonly table: string; readonly name: string };
  readonly rule?: { readonly chain: string };
  readonly set?: ListedSet;
  readonly map?: ListedSet;
}
interface ListedSet {
  readonly name: string;
  readonly flags?: readonly string[];
  readonly elem?: readonly unknown[];
}

export class NftTool implements Nftables {
  readonly #netns: string | undefined;

  constructor(options: { readonly netns?: string } = {}) {
    this.#netns = options.netns;
  }

  async run(script: string): Promise<void> {
    await runTool('nft', ['-f', '-'], { input: script, netns: this.#netns });
  }

  async chains(family: IpFamily, table: string): Promise<ReadonlySet<string> | undefined> {
    const listed = await this.#list(['list', 'chains', family]);
    const names = listed.flatMap(({ chain }) =>
      chain?.family === family && chain.table === table ? [chain.name] : [],
    );
    return names.length === 0 ? undefined : new Set(names);
  }

  async shape(family: IpFamily, table: string): Promise<TableShape | undefined> {
    if ((await this.chains(family, table)) === undefined) return undefined;
    const chains = new Map<string, number>();
    const sets = new Map<string, number>();
    for (const { chain, rule, set, map } of await this.#list(['list', 'table', family, table])) {
      if (chain !== undefined) chains.set(chain.name, chains.get(chain.name) ?? 0);
      if (rule !== undefined) chains.set(rule.chain, (chains.get(rule.chain) ?? 0) + 1);
      const held = set ?? map;
      if (held !== undefined && held.flags?.includes('timeout') !== true) sets.set(held.name, held.elem?.length ?? 0);
    }
    return { chains, sets };
  }

  async #list(args: readonly string[]): Promise<readonly ListedItem[]> {
    const text = await runTool('nft', ['-j', ...args], { netns: this.#netns });
    return (JSON.parse(text) as { readonly nftables: readonly ListedItem[] }).nftables;
  }
}

/** More endpoints than this at once and the rest of their flows runs into its time-out. */
const flowsMax = 500;

export class ConntrackTool implements FlowTable {
  readonly #netns: string | undefined;
  readonly #log: Log;
  #missing = false;

  constructor(options: { readonly netns?: string; readonly log: Log }) {
    this.#netns = options.netns;
    this.#log = options.log;
  }

  async forget(family: IpFamily, flows: readonly StaleFlow[]): Promise<void> {
    for (const flow of flows.slice(0, flowsMax)) {
      if (this.#missing) return;
      await this.#forget(family, flow);
    }
    if (flows.length > flowsMax) this.#log.warn('too many old UDP flows to forget', { flows: flows.length });
  }

  async #forget(family: IpFamily, { address, port, endpoint }: StaleFlow): Promise<void> {
    const args = ['-D', '-f', family === 'ip' ? 'ipv4' : 'ipv6', '-p', 'udp', '--orig-port-dst', String(port)];
    if (address !== undefined) args.push('--orig-dst', address);
    if (endpoint !== undefined) args.push('--reply-src', endpoint);
    try {
      await runTool('conntrack', args, { netns: this.#netns });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.code === 'ENOENT') {
        this.#missing = true;
        this.#log.warn('conntrack is not installed: UDP flows to endpoints that are gone live on until they time out');
      } else if (!error.message.includes('0 flow entries')) {
        throw error;
      }
    }
  }
}
