/**
 * Each cluster IP of a Service and its IPAddress name each other. Both are written at once; but anybody may delete or make an
 * IPAddress, and other API servers may have left something behind in the same store. What is amiss is repaired when it
 * changes, and at the latest when everything is looked at again.
 */
import {
  ipAddresses,
  serviceCidrs,
  services,
  type IPAddress,
  type ParentReference,
  type Service,
} from '../../api/mod.ts';
import { errorText, sleep, type DeepReadonly } from '../../base/mod.ts';
import { EventRecorder } from '../../client/mod.ts';
import { cidrContains, ipText, isApiError, keyOf, parseCidr, parseIp, type IpAddress } from '../../machinery/mod.ts';
import type { ChangeEvent } from '../../store/mod.ts';
import { repairPeriodMs, type RepairWorld } from './world.ts';

type ReadonlyService = DeepReadonly<Service>;
type Address = DeepReadonly<IPAddress>;

const familyLabel = 'ipaddress.kubernetes.io/ip-family';
const managerLabel = 'ipaddress.kubernetes.io/managed-by';
const manager = 'ipallocator.k8s.io';
/** An API server that makes an address first and its service after it has so long for that. */
const graceMs = 60_000;
const ownRange = 'kubernetes';
const keysAtOnce = 256;

/** Keeps at it until it is disposed. */
export function keepAddresses(world: RepairWorld): Disposable {
  return new AddressRepair(world);
}

class AddressRepair implements Disposable {
  readonly #world: RepairWorld;
  readonly #events: EventRecorder;
  readonly #subscription: Disposable;
  readonly #timers = new Map<string, Disposable>();
  /** Keys of services, and names of addresses. */
  readonly #waiting = new Set<string>();
  #running = false;
  #ended = false;

  constructor(world: RepairWorld) {
    this.#world = world;
    this.#events = new EventRecorder(world, { component: 'ipallocator-repair-controller' });
    const watched = [services, serviceCidrs, ipAddresses].map(({ collection = '' }) => collection);
    this.#subscription = world.store.subscribe((events) => {
      for (const event of events) this.#changed(event);
      if (this.#waiting.size > 0) this.#start();
    }, new Set(watched));
    this.#all();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#subscription[Symbol.dispose]();
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#waiting.clear();
  }

  #changed({ entry, type }: ChangeEvent): void {
    const { collection, name } = entry;
    if (collection === services.collection) this.#waiting.add(name);
    if (collection === serviceCidrs.collection && name === ownRange && type === 'created') this.#addAll();
    if (collection !== ipAddresses.collection) return;
    this.#waiting.add(name);
    const parent = parentOf(entry.value as unknown as Address);
    if (type === 'deleted' && isService(parent)) this.#waiting.add(keyOfParent(parent));
  }

  #all(): void {
    this.#addAll();
    this.#start();
    this.#later('', repairPeriodMs, () => this.#all());
  }

  #addAll(): void {
    const { current } = this.#world.store;
    for (const { collection = '' } of [services, ipAddresses])
      for (const name of current.collection(collection).keys()) this.#waiting.add(name);
  }

  #later(key: string, delayMs: number, then: () => void): void {
    this.#timers.get(key)?.[Symbol.dispose]();
    this.#timers.set(
      key,
      this.#world.clock.after(delayMs, () => {
        this.#timers.delete(key);
        then();
      }),
    );
  }

  #start(): void {
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    let looked = 0;
    for (const key of this.#waiting) {
      // What changes at once is looked at once; and others have their turn while everything is looked at.
      await (++looked % keysAtOnce === 0 ? sleep(this.#world.clock, 0) : Promise.resolve());
      // Before there is a range every address would be out of it.
      if (this.#ended || this.#world.objects.get(serviceCidrs, ownRange) === undefined) break;
      this.#waiting.delete(key);
      await (key.includes('/') ? this.#service(key) : this.#address(key)).catch((error: unknown) =>
        this.#world.log.warn('cluster IPs cannot be repaired', { key, error: errorText(error) }),
      );
    }
    this.#running = false;
  }

  async #service(key: string): Promise<void> {
    const service = this.#world.objects.get(services, key);
    const { clusterIP = '', clusterIPs = [] } = service?.spec ?? {};
    if (service === undefined || clusterIP === '' || clusterIP === 'None') return;
    for (const text of clusterIPs) await this.#clusterIp(service, text);
  }

  async #clusterIp(service: ReadonlyService, text: string): Promise<void> {
    const ip = parseIp(text);
    if (ip === undefined)
      return this.#warn(service, 'ClusterIPNotValid', 'Cluster IP <nil> is not a valid IP; please recreate Service');
    const name = ipText(ip);
    const family = familyOf(name);
    if (!this.#isInRange(ip))
      return this.#warn(
        service,
        'ClusterIPOutOfRange',
        `Cluster IP [${family}]: ${name} is not within any configured Service CIDR; please recreate service`,
      );
    const { objects, client } = this.#world;
    const address = objects.get(ipAddresses, name);
    if (address === undefined) {
      const what = `Cluster IP [${family}]: ${name} is not allocated; repairing`;
      await this.#warn(service, 'ClusterIPNotAllocated', what);
      await client.create(ipAddresses, addressOf(service, name));
      return;
    }
    const parent = parentOf(address);
    const holder = isService(parent) ? objects.get(services, keyOfParent(parent)) : undefined;
    if (holder === undefined) {
      const what = `the ClusterIP [${family}]: ${name} for Service ${keyOf(service)} has a wrong reference; repairing`;
      await this.#warn(service, 'ClusterIPNotAllocated', what);
      return this.#recreate(service, name);
    }
    if (keyOf(holder) !== keyOf(service) && holder.spec?.clusterIPs?.includes(name) === true)
      await this.#warn(
        service,
        'ClusterIPAlreadyAllocated',
        `Cluster IP [${family}]:${name} was assigned to multiple services; please recreate service`,
      );
    const { [familyLabel]: label, [managerLabel]: by } = address.metadata.labels ?? {};
    if (label !== family || by !== manager) await this.#recreate(service, name);
  }

  #isInRange(ip: IpAddress): boolean {
    return this.#world.objects
      .list(serviceCidrs)
      .flatMap(({ spec }) => spec?.cidrs ?? [])
      .some((text) => {
        const cidr = parseCidr(text);
        return cidr !== undefined && cidrContains(cidr, ip);
      });
  }

  /** An address that the allocator has made and that no service has. */
  async #address(name: string): Promise<void> {
    const { objects, clock } = this.#world;
    const address = objects.get(ipAddresses, name);
    if (address?.metadata.labels?.[managerLabel] !== manager) return;
    const parent = parentOf(address);
    if (!isService(parent)) {
      const { group = '', resource = '', namespace = '', name: of = '' } = parent;
      const text = `&ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${of},}`;
      const what = `IPAddress ${name} appears to have been modified, not referencing a Service ${text}: cleaning up`;
      return this.#remove(address, 'IPAddressNotAllocated', what);
    }
    const key = keyOfParent(parent);
    const service = objects.get(services, key);
    if (service === undefined) {
      const ageMs = clock.now() - Date.parse(address.metadata.creationTimestamp ?? '');
      if (ageMs <= graceMs) return this.#later(name, graceMs - ageMs + 1, () => this.#again(name));
      const what = `IPAddress: ${name} for Service ${key} appears to have leaked: cleaning up`;
      return this.#remove(address, 'IPAddressNotAllocated', what);
    }
    if (service.spec?.clusterIPs?.includes(name) === true) return;
    const what = `IPAddress: ${name} for Service ${key} has a wrong reference; cleaning up`;
    await this.#remove(address, 'IPAddressWrongReference', what);
  }

  #again(key: string): void {
    this.#waiting.add(key);
    this.#start();
  }

  #warn(regarding: ReadonlyService | Address, reason: string, message: string): Promise<void> {
    return this.#events.record({ regarding, type: 'Warning', reason, message });
  }

  async #remove(address: Address, reason: string, why: string): Promise<void> {
    await this.#warn(address, reason, why);
    await this.#delete(address.metadata.name ?? '');
  }

  async #recreate(service: ReadonlyService, name: string): Promise<void> {
    await this.#delete(name);
    await this.#world.client.create(ipAddresses, addressOf(service, name));
  }

  async #delete(name: string): Promise<void> {
    await this.#world.client.delete(ipAddresses, { name }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }
}

function parentOf({ spec }: Address): DeepReadonly<Partial<ParentReference>> {
  return (spec as Partial<Address['spec']> | undefined)?.parentRef ?? {};
}

function isService({ group = '', resource }: DeepReadonly<Partial<ParentReference>>): boolean {
  return group === '' && resource === 'services';
}

function keyOfParent({ namespace = '', name = '' }: DeepReadonly<Partial<ParentReference>>): string {
  return `${namespace}/${name}`;
}

function familyOf(address: string): string {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** What stands in the store beside a service that has the address. */
function addressOf({ metadata }: ReadonlyService, name: string): IPAddress {
  const labels = { [familyLabel]: familyOf(name), [managerLabel]: manager };
  const parentRef = { resource: 'services', namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
  return { metadata: { name, labels }, spec: { parentRef } };
}
