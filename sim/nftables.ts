/**
 * The kernel's nftables, as far as the service proxy uses them: tables, chains, sets and elements, with the kernel's
 * rules for transactions. A script is taken whole or refused whole; nothing may refer to what is not there, and nothing
 * that is referred to can be deleted. It carries no traffic; `destinations` reads what a packet to an address could meet.
 */
import { HostError } from '../src/base/mod.ts';
import type { IpFamily, Nftables, TableShape } from '../src/proxy/mod.ts';

interface SimulatedTable {
  readonly chains: Map<string, readonly string[]>;
  readonly sets: Map<string, Map<string, string>>;
  /** Sets that the kernel fills itself. */
  readonly dynamic: Set<string>;
}

export class SimulatedNftables implements Nftables {
  /** How many scripts were taken. */
  scripts = 0;
  /** Makes the next scripts fail, as a kernel short of memory does. */
  failing = false;
  #tables = new Map<string, SimulatedTable>();

  async run(script: string): Promise<void> {
    this.apply(script);
  }

  /** Throws the HostError that `run` rejects with. */
  apply(script: string): void {
    if (this.failing) throw new HostError('EXIT', 'nft: Could not process rule: Cannot allocate memory');
    const tables = new Map([...this.#tables].map(([name, table]) => [name, copyOf(table)]));
    for (const line of script.split('\n')) if (line !== '') execute(tables, line);
    for (const table of tables.values()) checkReferences(table);
    this.#tables = tables;
    this.scripts++;
  }

  async chains(family: IpFamily, table: string): Promise<ReadonlySet<string> | undefined> {
    const found = this.#tables.get(`${family} ${table}`);
    return found && new Set(found.chains.keys());
  }

  async shape(family: IpFamily, table: string): Promise<TableShape | undefined> {
    const found = this.#tables.get(`${family} ${table}`);
    if (found === undefined) return undefined;
    const chains = new Map([...found.chains].map(([name, rules]) => [name, rules.length]));
    const filled = [...found.sets].filter(([name]) => !found.dynamic.has(name));
    return { chains, sets: new Map(filled.map(([name, elements]) => [name, elements.size])) };
  }

  /** The elements of a set or map by key. */
  elements(family: IpFamily, table: string, set: string): ReadonlyMap<string, string> {
    return this.#tables.get(`${family} ${table}`)?.sets.get(set) ?? new Map();
  }

  /** The rules of a chain, undefined when there is none of that name. */
  rules(family: IpFamily, table: string, chain: string): readonly string[] | undefined {
    return this.#tables.get(`${family} ${table}`)?.chains.get(chain);
  }

  /** Where connections to a Service's address may end up, in order of their numbers: `address:port`. */
  destinations(table: string, address: string, protocol: 'tcp' | 'udp', port: number): string[] {
    const map = this.elements('ip', table, `${protocol}-ip-endpoints`);
    const out: string[] = [];
    for (let i = 0; ; i++) {
      const found = map.get(`${address} . ${port} . ${i}`);
      if (found === undefined) return out;
      out.push(found.replace(' . ', ':'));
    }
  }
}

function copyOf(table: SimulatedTable): SimulatedTable {
  const sets = new Map([...table.sets].map(([name, elements]) => [name, new Map(elements)]));
  return { chains: new Map(table.chains), sets, dynamic: new Set(table.dynamic) };
}

function refuse(line: string, why: string): never {
  throw new HostError('EXIT', `nft: Error: Could not process rule: ${why}\n${line}`);
}

function execute(tables: Map<string, SimulatedTable>, line: string): void {
  const [verb = '', what = '', family, tableName, name = '', ...rest] = line.split(' ');
  const key = `${family} ${tableName}`;
  if (what === 'table') {
    if (verb === 'delete' && !tables.delete(key)) refuse(line, 'No such file or directory');
    if (verb === 'add' && !tables.has(key)) tables.set(key, { chains: new Map(), sets: new Map(), dynamic: new Set() });
    return;
  }
  const table = tables.get(key) ?? refuse(line, 'No such file or directory');
  const text = rest.join(' ');
  if (what === 'chain' || what === 'rule') return executeChain(table, { verb, what, name, text, line });
  if (what === 'element') return executeElements(table, { verb, name, text, line });
  if (verb === 'add') {
    if (table.sets.has(name)) refuse(line, 'File exists');
    table.sets.set(name, new Map());
    if (text.includes('dynamic')) table.dynamic.add(name);
  } else if (verb === 'flush') table.sets.get(name)?.clear();
  else if (!table.sets.delete(name)) refuse(line, 'No such file or directory');
}

interface Command {
  readonly verb: string;
  readonly name: string;
  readonly text: string;
  readonly line: string;
}

function executeChain(
  table: SimulatedTable,
  { verb, what, name, text, line }: Command & { readonly what: string },
): void {
  const rules = table.chains.get(name);
  if (verb === 'add' && what === 'chain') return void (rules ?? table.chains.set(name, []));
  if (rules === undefined) return refuse(line, 'No such file or directory');
  if (verb === 'add') {
    checkText(table, text, line);
    table.chains.set(name, [...rules, text]);
  } else if (verb === 'flush') table.chains.set(name, []);
  else if (rules.length > 0) refuse(line, 'Device or resource busy');
  else table.chains.delete(name);
}

function executeElements(table: SimulatedTable, { verb, name, text, line }: Command): void {
  const set = table.sets.get(name) ?? refuse(line, 'No such file or directory');
  for (const element of text.replace(/^\{ | \}$/g, '').split(', ')) {
    const [key = '', value = ''] = element.split(' : ');
    if (verb === 'delete') {
      if (!set.delete(key)) refuse(line, 'No such file or directory');
    } else if ((set.get(key) ?? value) === value) set.set(key, value);
    else refuse(line, 'File exists');
  }
}

function checkReferences(table: SimulatedTable): void {
  for (const [name, rules] of table.chains) for (const rule of rules) checkText(table, rule, name);
  for (const [name, elements] of table.sets) for (const value of elements.values()) checkText(table, value, name);
}

function checkText(table: SimulatedTable, text: string, line: string): void {
  for (const [, name = ''] of text.matchAll(/(?:goto|jump) ([^ ,}]+)/g))
    if (!table.chains.has(name)) refuse(line, `no chain ${name}`);
  for (const [, name = ''] of text.matchAll(/@([^ ]+)/g)) if (!table.sets.has(name)) refuse(line, `no set ${name}`);
}
