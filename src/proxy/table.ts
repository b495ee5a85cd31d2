/**
 * The desired state of this node's proxy table, kept Service by Service. What always holds: the state depends only on the
 * last contribution of each Service (numbers of endpoints aside); `changes` gives the smallest difference to what was
 * handed out before; work and script are proportional to what changed, never to the number of Services.
 */
import { Claims } from './claims.ts';
import { compileService, noContribution, type Contribution } from './rules.ts';
import { baseChains, changeScript, fullScript, isHook, mapDeclarations, type TableOptions } from './script.ts';
import type { ProxiedPort } from './service-port.ts';

/** Flows that the kernel may still send to where nothing answers any more; without an endpoint, all to that address. */
export interface StaleFlow {
  /** Undefined: a node port, at whatever address. */
  readonly address: string | undefined;
  readonly port: number;
  readonly endpoint: string | undefined;
}

/** What a look at the kernel's table should find. */
export interface TableShape {
  /** The number of rules by chain. */
  readonly chains: ReadonlyMap<string, number>;
  /** The number of elements by set; those that the kernel fills itself are left out. */
  readonly sets: ReadonlyMap<string, number>;
}

/** While the kernel takes no scripts; what is beyond runs into its time-out by itself. */
const staleMax = 10_000;

export class ProxyTable {
  readonly options: TableOptions;
  readonly #services = new Map<string, Contribution>();
  readonly #chains = new Claims();
  readonly #sets = new Claims();
  readonly #elements = new Claims();
  #stale: StaleFlow[] = [];

  constructor(options: TableOptions) {
    this.options = options;
  }

  /** Sets what the Service `key` (namespace/name) is now; no ports: it is gone or not for us. */
  set(key: string, ports: readonly ProxiedPort[]): void {
    const before = this.#services.get(key) ?? noContribution;
    const after = ports.length === 0 ? noContribution : compileService(ports, before, this.options);
    if (ports.length === 0) this.#services.delete(key);
    else this.#services.set(key, after);
    replaceClaims(this.#chains, key, before.chains, after.chains);
    replaceClaims(this.#sets, key, before.sets, after.sets);
    replaceClaims(this.#elements, key, before.elements, after.elements);
    for (const flow of staleFlows(before.flows, after.flows)) if (this.#stale.length < staleMax) this.#stale.push(flow);
  }

  /** The script from what was handed out last to now; empty when nothing changed. */
  changes(): string {
    const changes = { chains: this.#chains.take(), sets: this.#sets.take(), elements: this.#elements.take() };
    return changeScript(this.options, changes);
  }

  /** The script from whatever there is to now. */
  all(): string {
    const all = { chains: this.#chains.takeAll(), sets: this.#sets.takeAll(), elements: this.#elements.takeAll() };
    return fullScript(this.options, all);
  }

  /** The flows to forget once the last script is in the kernel. */
  takeStaleFlows(): readonly StaleFlow[] {
    const stale = this.#stale;
    this.#stale = [];
    return stale;
  }

  shape(): TableShape {
    const chains = new Map<string, number>();
    for (const [name, rules] of baseChains(this.options))
      chains.set(name, rules.filter((rule) => !isHook(rule)).length);
    for (const [name, rules] of this.#chains) chains.set(name, rules === '' ? 0 : rules.split('\n').length);
    const sets = new Map<string, number>([...mapDeclarations(this.options).keys()].map((name) => [name, 0]));
    for (const [key] of this.#elements) {
      const name = key.slice(0, key.indexOf(' '));
      sets.set(name, (sets.get(name) ?? 0) + 1);
    }
    return { chains, sets };
  }
}

function replaceClaims(
  claims: Claims,
  owner: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): void {
  for (const key of before.keys()) if (!after.has(key)) claims.release(owner, key);
  for (const [key, value] of after) claims.claim(owner, key, value);
}

/**
 * Connectionless flows outlive the rules that made them: those to an endpoint that is gone, and those that were let
 * through untranslated while there was no endpoint at all.
 */
function staleFlows(before: Contribution['flows'], after: Contribution['flows']): StaleFlow[] {
  const stale: StaleFlow[] = [];
  for (const [match, endpoints] of before) {
    const parts = match.split(' . ');
    const address = parts.length === 3 ? parts[0] : undefined;
    const port = Number(parts.at(-1));
    const now = new Set(after.get(match));
    for (const endpoint of endpoints) if (!now.has(endpoint)) stale.push({ address, port, endpoint });
    if (endpoints.length === 0 && now.size > 0) stale.push({ address, port, endpoint: undefined });
  }
  return stale;
}
