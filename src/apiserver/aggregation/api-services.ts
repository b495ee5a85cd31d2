/** The APIServices as they are published, by what they are about: who serves a version of a group, and before which others. */
import type { DeepReadonly } from '../../base/mod.ts';
import { apiServices, type APIService } from '../../api/mod.ts';
import type { ChangeEvent, Entry, Store } from '../../store/mod.ts';

export type Service = DeepReadonly<APIService>;

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

const collection = apiServices.collection ?? '';
/** Served by whoever serves APIServices, always. */
const ownGroup = 'apiregistration.k8s.io';
const httpsPort = 443;

export class ApiServices implements Disposable {
  readonly #all = new Map<string, Service>();
  readonly #remote = new Map<string, Service>();
  readonly #subscribers = new Set<(names: readonly string[]) => void>();
  readonly #subscription: Disposable;
  #generation = 0;

  constructor(store: Store) {
    store.current.collection(collection).scan((entry) => this.#set(entry.name, entry), '');
    this.#subscription = store.subscribe((events) => this.#follow(events), new Set([collection]));
  }

  /** Moves with every change. */
  get generation(): number {
    return this.#generation;
  }

  get all(): ReadonlyMap<string, Service> {
    return this.#all;
  }

  /** Those behind a Service of the cluster, by `group/version`. */
  get remote(): ReadonlyMap<string, Service> {
    return this.#remote;
  }

  find(group: string, version: string): Service | undefined {
    return this.#all.get(`${version}.${group}`);
  }

  /** Told of the names of those that changed. */
  subscribe(onChange: (names: readonly string[]) => void): Disposable {
    this.#subscribers.add(onChange);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(onChange) };
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #follow(events: readonly ChangeEvent[]): void {
    const names = new Set<string>();
    for (const { type, entry } of events) {
      if (entry.collection !== collection) continue;
      this.#set(entry.name, type === 'deleted' ? undefined : entry);
      names.add(entry.name);
    }
    this.#generation += 1;
    for (const tell of this.#subscribers) tell([...names]);
  }

  #set(name: string, entry: Entry | undefined): void {
    const before = this.#all.get(name);
    if (before !== undefined) this.#remote.delete(addressOf(before));
    this.#all.delete(name);
    if (entry === undefined) return;
    const service = entry.value as unknown as Service;
    this.#all.set(name, service);
    if (referenceOf(service) !== undefined && service.spec?.group !== ownGroup)
      this.#remote.set(addressOf(service), service);
  }
}

/** `group/version`. */
function addressOf({ spec }: Service): string {
  return `${spec?.group ?? ''}/${spec?.version ?? ''}`;
}

/** The path below which everything of it is. */
export function pathOf({ spec }: Service): string {
  const { group = '', version = '' } = spec ?? {};
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Undefined: served here. */
export function referenceOf({ spec }: Service): ServiceReference | undefined {
  if (spec?.service === undefined) return undefined;
  const { namespace = '', name = '', port = httpsPort } = spec.service;
  return { namespace, name, port };
}

export function isAvailable({ status }: Service): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'True') === true;
}
