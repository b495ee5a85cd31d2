/**
 * What extension API servers say that they serve, kept for the documents of discovery that speak of all servers. Asked when an
 * APIService comes or changes and every minute; a server that does not answer keeps what it was last seen with, as stale.
 */
import {
  errorText,
  HostError,
  isJsonObject,
  jsonEqual,
  type Clock,
  type JsonObject,
  type Log,
} from '../../base/mod.ts';
import { WorkQueue } from '../../client/mod.ts';
import { jsonText, parseJson } from '../../machinery/mod.ts';
import { priorityOf } from '../bootstrap/api-services.ts';
import type { Extensions, ExtensionVersion } from '../discovery.ts';
import { isAvailable, pathOf, type ApiServices, type Service } from './api-services.ts';
import { aggregatorUser } from './availability.ts';
import type { ExtensionServers, Reply } from './extension-servers.ts';

export interface DiscoveryParts {
  readonly services: ApiServices;
  readonly servers: ExtensionServers;
  readonly clock: Clock;
  readonly log: Log;
}

interface Seen {
  readonly resources: readonly JsonObject[];
  readonly fresh: boolean;
  readonly etag: string | undefined;
}

const refreshMs = 60_000;
const askMs = 5_000;
const concurrency = 2;
const group = 'apidiscovery.k8s.io';
const listKind = 'as=APIGroupDiscoveryList';
const accepted = ['v2', 'v2beta1'].map((version) => `application/json;g=${group};v=${version};${listKind}`);

export class ExtensionDiscovery implements Extensions, AsyncDisposable {
  readonly #parts: DiscoveryParts;
  readonly #seen = new Map<string, Seen>();
  readonly #queue: WorkQueue;
  readonly #subscription: Disposable;
  readonly #subscribers = new Set<() => void>();
  #changes = 0;

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
    const { services, clock } = parts;
    this.#queue = new WorkQueue({
      clock,
      concurrency,
      retryMaxMs: refreshMs,
      work: (address) => this.#work(address),
    });
    this.#subscription = services.subscribe(() => this.#look());
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await this.#queue[Symbol.asyncDispose]();
  }

  get generation(): number {
    return this.#parts.services.generation + this.#changes;
  }

  get versions(): readonly ExtensionVersion[] {
    return [...this.#parts.services.remote].map(([address, { spec }]) => {
      const { resources = [], fresh = false } = this.#seen.get(address) ?? {};
      return { group: spec?.group ?? '', version: spec?.version ?? '', resources, fresh };
    });
  }

  priorityOf(groupName: string, version: string): { readonly group: number; readonly version: number } {
    const spec = this.#parts.services.find(groupName, version)?.spec;
    if (spec === undefined) return priorityOf(groupName, version);
    return { group: spec.groupPriorityMinimum, version: spec.versionPriority };
  }

  /** Called back after something else is served than before. */
  subscribe(onChange: () => void): Disposable {
    this.#subscribers.add(onChange);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(onChange) };
  }

  #changed(): void {
    this.#changes += 1;
    for (const tell of this.#subscribers) tell();
  }

  #look(): void {
    const { remote } = this.#parts.services;
    const gone = [...this.#seen.keys()].filter((address) => !remote.has(address));
    for (const address of gone) this.#seen.delete(address);
    if (gone.length > 0) this.#changed();
    for (const address of remote.keys()) this.#queue.add(address);
  }

  async #work(address: string): Promise<void> {
    const { services, clock, log } = this.#parts;
    const service = services.remote.get(address);
    if (service === undefined) return;
    this.#queue.addAt(address, clock.now() + refreshMs);
    const before = this.#seen.get(address);
    try {
      this.#see(address, await this.#ask(service, before));
    } catch (error) {
      this.#see(address, { resources: before?.resources ?? [], fresh: false, etag: undefined });
      log.debug('an extension server does not say what it serves', { address, error: errorText(error) });
      throw error;
    }
  }

  #see(address: string, seen: Seen): void {
    const before = this.#seen.get(address);
    this.#seen.set(address, seen);
    if (before?.fresh !== seen.fresh || !jsonEqual(before.resources, seen.resources)) this.#changed();
  }

  async #ask(service: Service, before: Seen | undefined): Promise<Seen> {
    if (!isAvailable(service)) throw new HostError('Unavailable', 'service unavailable');
    const { servers } = this.#parts;
    const about = { user: aggregatorUser, timeoutMs: askMs };
    const etag = before?.etag;
    const all = await servers.ask(service, {
      ...about,
      path: '/apis',
      headers: { accept: accepted.join(','), ...(etag === undefined ? {} : { 'if-none-match': etag }) },
    });
    if (all.status === 304 && before !== undefined) return { ...before, fresh: true };
    const { spec } = service;
    if (all.status === 200 && header(all, 'content-type').replace(/\s/g, '').includes(listKind)) {
      const version = objects(bodyOf(all)['items'])
        .filter(({ metadata }) => isJsonObject(metadata) && metadata['name'] === spec?.group)
        .flatMap(({ versions }) => objects(versions))
        .find((one) => one['version'] === spec?.version);
      if (version !== undefined)
        return { resources: objects(version['resources']), fresh: true, etag: header(all, 'etag') || undefined };
    }
    const path = pathOf(service);
    const plain = await servers.ask(service, { ...about, path, headers: { accept: 'application/json' } });
    if (plain.status !== 200)
      throw new HostError('Protocol', `failed to download discovery for ${path}: ${plain.status}`);
    return { resources: fromResourceList(service, objects(bodyOf(plain)['resources'])), fresh: true, etag: undefined };
  }
}

function header({ headers }: Reply, name: string): string {
  return [headers[name] ?? ''].flat().join(',');
}

/** Throws HostError for what is no JSON object. */
export function bodyOf({ body }: Reply): JsonObject {
  let value: unknown;
  try {
    value = parseJson(jsonText(body));
  } catch (cause) {
    throw new HostError('Protocol', 'the answer is no JSON', { cause });
  }
  if (!isJsonObject(value)) throw new HostError('Protocol', 'the answer is no JSON object');
  return value;
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

interface Collected {
  main: JsonObject;
  readonly subresources: JsonObject[];
}

/** The plain document of a version in the form of the one about all groups. */
function fromResourceList({ spec }: Service, resources: readonly JsonObject[]): readonly JsonObject[] {
  const found = new Map<string, Collected>();
  const nameOf = ({ name }: JsonObject): string => (typeof name === 'string' ? name : '');
  const kindOf = (resource: JsonObject): JsonObject => ({
    group: resource['group'] ?? spec?.group ?? '',
    version: resource['version'] ?? spec?.version ?? '',
    kind: resource['kind'],
  });
  for (const resource of resources) {
    const [name = '', subresource] = nameOf(resource).split('/');
    const scope = resource['namespaced'] === true ? 'Namespaced' : 'Cluster';
    const nothing = { resource: name, responseKind: {}, scope, singularResource: '', verbs: [] };
    const one: Collected = found.get(name) ?? { main: nothing, subresources: [] };
    found.set(name, one);
    const { verbs = [], singularName = '', shortNames, categories } = resource;
    if (subresource !== undefined) one.subresources.push({ subresource, responseKind: kindOf(resource), verbs });
    else
      one.main = {
        ...nothing,
        responseKind: kindOf(resource),
        singularResource: singularName,
        verbs,
        ...(shortNames === undefined ? {} : { shortNames }),
        ...(categories === undefined ? {} : { categories }),
      };
  }
  return [...found.values()].map(({ main, subresources }) =>
    subresources.length === 0 ? main : { ...main, subresources },
  );
}
