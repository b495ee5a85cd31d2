/**
 * The service proxy of one node: follows Services and EndpointSlices and keeps the kernel's table so. What always holds:
 * one script at a time; changes that come meanwhile are gathered and go together; after anything that failed, or a table
 * that somebody else touched, the next script is the whole table, in one transaction, so that traffic never sees a half.
 */
import { errorText, type Clock, type Log } from '../base/mod.ts';
import type { EndpointSlice, Service } from '../api/mod.ts';
import type { Informer } from '../client/mod.ts';
import type { FlowTable, Nftables } from './ports.ts';
import { removalScript, type TableOptions } from './script.ts';
import { proxiedPorts, type IpFamily } from './service-port.ts';
import { ProxyTable, type StaleFlow, type TableShape } from './table.ts';

export interface ServiceProxyOptions {
  readonly clusterName: string;
  readonly nodeName: string;
  readonly family?: IpFamily;
  /** The addresses of all pods of the cluster. */
  readonly podCidr?: string;
  /** Addresses of this node; absent: all of them, 127.0.0.1 included. */
  readonly nodePortAddresses?: readonly string[];
  readonly masqueradeAll?: boolean;
  readonly masqueradeMark?: number;
}

export interface ServiceProxyWorld {
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly nftables: Nftables;
  readonly flows: FlowTable;
  readonly clock: Clock;
  readonly log: Log;
}

/** Changes come in bursts (a Service, then its slices): waiting this long makes one script of them. */
const gatherMs = 5;
const retryMinMs = 100;
const retryMaxMs = 30_000;
/** How often the table is looked at, and every how many looks it is read as a whole. */
const checkEveryMs = 30_000;
const wholeCheckEvery = 10;
const byService = 'service';

export class ServiceProxy implements AsyncDisposable {
  readonly table: ProxyTable;
  readonly #world: ServiceProxyWorld;
  readonly #where: { readonly nodeName: string; readonly family: IpFamily };
  readonly #dirty = new Set<string>();
  readonly #subscriptions: Disposable[] = [];
  readonly #waiting = new Set<() => void>();
  #whole = true;
  #checks = 0;
  #failures = 0;
  #applied = 0;
  #timer: Disposable | undefined;
  #checkTimer: Disposable | undefined;
  #running: Promise<void> | undefined;
  /** Old flows are forgotten beside the scripts, one lot after the other: a process each, which must not hold up rules. */
  #forgetting = Promise.resolve();
  #toForget = 0;
  #stopped = false;

  constructor(world: ServiceProxyWorld, options: ServiceProxyOptions) {
    this.#world = world;
    this.#where = { nodeName: options.nodeName, family: options.family ?? 'ip' };
    this.table = new ProxyTable(tableOptions(options));
  }

  start(): this {
    const { services, endpointSlices } = this.#world;
    endpointSlices.addIndex(byService, (slice) => {
      const service = slice.metadata.labels?.['kubernetes.io/service-name'];
      return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`];
    });
    // Without the whole first list, Services would seem to be without endpoints and be rejected.
    void Promise.all([services.reached(0), endpointSlices.reached(0)]).then(() => {
      if (this.#stopped) return;
      this.#subscriptions.push(
        services.subscribe((changes) => this.#changed(changes.map(({ key }) => key))),
        endpointSlices.subscribe((changes) => {
          for (const { object, previous } of changes) this.#changed(serviceKeys(object, previous));
        }),
      );
      this.#gather(0);
      this.#checkLater();
    });
    return this;
  }

  /** Resolves once everything that the informers knew at the call is in the kernel, or the proxy stopped. */
  settled(): Promise<void> {
    if (this.#isSettled()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Looks at the kernel's table now, the whole of it, and repairs it if somebody touched it. */
  async check(): Promise<void> {
    this.#checks = wholeCheckEvery - 1;
    this.#checkTimer?.[Symbol.dispose]();
    await this.#check();
  }

  /** Stops following. The table stays: connections go on while the proxy is started anew. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    this.#checkTimer?.[Symbol.dispose]();
    await this.#running;
    await this.#forgetting;
    this.#tellSettled();
  }

  #changed(keys: readonly string[]): void {
    for (const key of keys) this.#dirty.add(key);
    if (keys.length > 0) this.#gather(gatherMs);
  }

  #gather(delayMs: number): void {
    if (this.#stopped || this.#timer !== undefined || this.#running !== undefined) return;
    this.#timer = this.#world.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#running = this.#sync().finally(() => {
        this.#running = undefined;
        if (this.#failures > 0) this.#gather(Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures));
        else if (this.#dirty.size > 0 || this.#whole) this.#gather(gatherMs);
        else this.#tellSettled();
      });
    });
  }

  async #sync(): Promise<void> {
    const { services, endpointSlices, nftables, log } = this.#world;
    for (const key of this.#dirty) {
      const service = services.get(key);
      const ports = service && proxiedPorts(service, endpointSlices.index(byService, key), this.#where);
      this.table.set(key, ports ?? []);
    }
    this.#dirty.clear();
    const script = this.#whole ? this.table.all() : this.table.changes();
    try {
      if (script !== '') await nftables.run(script);
      this.#whole = false;
      this.#failures = 0;
      this.#applied++;
      const stale = this.table.takeStaleFlows();
      if (stale.length > 0) this.#forget(stale);
    } catch (error) {
      log.warn('the service rules were refused, trying again with all of them', { error: errorText(error) });
      this.#whole = true;
      this.#failures++;
    }
  }

  #forget(stale: readonly StaleFlow[]): void {
    const { flows, log } = this.#world;
    this.#toForget++;
    this.#forgetting = this.#forgetting
      .then(() => flows.forget(this.#where.family, stale))
      .catch((error: unknown) => log.warn('old UDP flows may linger', { error: errorText(error) }))
      .then(() => {
        this.#toForget--;
        this.#tellSettled();
      });
  }

  #isSettled(): boolean {
    if (this.#stopped) return true;
    const atWork = this.#running !== undefined || this.#toForget > 0;
    return this.#applied > 0 && this.#dirty.size === 0 && !this.#whole && !atWork;
  }

  #tellSettled(): void {
    if (!this.#isSettled()) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #checkLater(): void {
    if (this.#stopped) return;
    this.#checkTimer = this.#world.clock.after(checkEveryMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    const applied = this.#applied;
    try {
      const { family, table } = this.table.options;
      const whole = ++this.#checks % wholeCheckEvery === 0;
      const found = whole
        ? await this.#world.nftables.shape(family, table)
        : await this.#world.nftables.chains(family, table);
      // A script of ours went by meanwhile: what was found is neither before nor after.
      const quiet = applied === this.#applied && this.#running === undefined && this.#timer === undefined;
      if (quiet && !this.#whole && !sameShape(this.table.shape(), found)) {
        this.#world.log.warn('somebody changed the service rules, writing all of them', { table });
        this.#whole = true;
        this.#gather(0);
      }
    } catch (error) {
      this.#world.log.warn('the service rules could not be looked at', { error: errorText(error) });
    }
    this.#checkLater();
  }
}

/** The script that removes whatever a proxy of this cluster left in the kernel. */
export function proxyRemovalScript(clusterName: string, family: IpFamily = 'ip'): string {
  return removalScript({ family, table: tableName(clusterName) });
}

function tableName(clusterName: string): string {
  return `kutter-${clusterName}`;
}

function tableOptions(options: ServiceProxyOptions): TableOptions {
  return {
    table: tableName(options.clusterName),
    family: options.family ?? 'ip',
    podCidr: options.podCidr,
    masqueradeAll: options.masqueradeAll ?? false,
    masqueradeMark: options.masqueradeMark ?? 0x4000,
    nodePortAddresses: options.nodePortAddresses,
  };
}

type SliceState = {
  readonly metadata: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
};

function serviceKeys(...slices: readonly (SliceState | undefined)[]): string[] {
  const keys = slices.flatMap((slice) => {
    const service = slice?.metadata.labels?.['kubernetes.io/service-name'];
    return service === undefined ? [] : [`${slice?.metadata.namespace}/${service}`];
  });
  return [...new Set(keys)];
}

function sameShape(expected: TableShape, found: TableShape | ReadonlySet<string> | undefined): boolean {
  if (found === undefined) return false;
  if (found instanceof Set)
    return expected.chains.size === found.size && [...expected.chains.keys()].every((name) => found.has(name));
  if (!('chains' in found)) return false;
  const same = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
    [...a].every(([name, count]) => b.get(name) === count);
  return same(expected.chains, found.chains) && same(expected.sets, found.sets);
}
