/**
 * Which resources an API server serves, as its discovery says: asked again and again, since nothing tells of a change.
 *
 * What always holds: a resource is that of its group's preferred version, or of the first that has it; a version that cannot be
 * asked (its own server is away) keeps the resources that it was last seen with.
 */
import { errorText, isJsonObject, jsonEqual, type Clock, type JsonObject, type Log } from '../base/mod.ts';
import { apiVersionOf, groupResource } from '../machinery/mod.ts';
import type { Client } from './client.ts';
import type { ServedResource, ServedResources } from './plan.ts';

export interface DiscoveryWorld {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

const pollMs = 30_000;

/** Resources that never change. */
export function fixedResources(list: readonly ServedResource[]): ServedResources {
  return { list, subscribe: () => ({ [Symbol.dispose]: () => undefined }) };
}

export class DiscoveredResources implements ServedResources, Disposable {
  readonly #world: DiscoveryWorld;
  readonly #subscribers = new Set<() => void>();
  #byPath: ReadonlyMap<string, readonly Discovered[]> = new Map();
  #list: readonly ServedResource[] = [];
  #next: Disposable | undefined;
  #disposed = false;

  constructor(world: DiscoveryWorld) {
    this.#world = world;
  }

  /** Rejects when the API server cannot be asked at all. */
  async start(): Promise<this> {
    await this.#look();
    this.#schedule();
    return this;
  }

  get list(): readonly ServedResource[] {
    return this.#list;
  }

  subscribe(onChange: () => void): Disposable {
    this.#subscribers.add(onChange);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(onChange) };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#next?.[Symbol.dispose]();
  }

  #schedule(): void {
    if (this.#disposed) return;
    const { clock, log } = this.#world;
    this.#next = clock.after(pollMs, () => {
      this.#look()
        .catch((error: unknown) => log.warn('could not discover what is served', { error: errorText(error) }))
        .finally(() => this.#schedule());
    });
  }

  async #look(): Promise<void> {
    const found = new Map([['/api/v1', await this.#resourcesOf('/api/v1', '', 'v1')]]);
    for (const { name, preferredVersion, versions } of objects((await this.#ask('/apis'))['groups'])) {
      const group = text(name);
      for (const { version } of objects([preferredVersion, ...objects(versions)])) {
        const path = `/apis/${apiVersionOf(group, text(version))}`;
        if (!found.has(path)) found.set(path, await this.#resourcesOf(path, group, text(version)));
      }
    }
    const list = once([...found.values()].flat());
    this.#byPath = found;
    if (this.#disposed || jsonEqual(list, this.#list)) return;
    this.#list = list;
    for (const tell of this.#subscribers) tell();
  }

  async #resourcesOf(path: string, group: string, version: string): Promise<readonly Discovered[]> {
    try {
      return objects((await this.#ask(path))['resources'])
        .filter(({ name, verbs }) => !text(name).includes('/') && Array.isArray(verbs) && verbs.includes('list'))
        .map(({ name, kind, namespaced, verbs, storageVersionHash }) => ({
          resource: {
            group,
            version,
            plural: text(name),
            kind: text(kind),
            namespaced: namespaced === true,
            verbs: verbs as readonly string[],
          },
          stored: text(storageVersionHash),
        }));
    } catch (error) {
      this.#world.log.warn('could not discover the resources of a version', { path, error: errorText(error) });
      return this.#byPath.get(path) ?? [];
    }
  }

  async #ask(path: string): Promise<JsonObject> {
    const answer = await this.#world.client.raw('GET', path);
    return isJsonObject(answer) ? answer : {};
  }
}

/** A resource, and what stands for how its objects are stored: the same in two groups means the same objects. */
interface Discovered {
  readonly resource: ServedResource;
  readonly stored: string;
}

/** Of resources that are the same objects the first one, and of each group one by that name. */
function once(found: readonly Discovered[]): ServedResource[] {
  const seen = new Set<string>();
  return found.flatMap(({ resource, stored }) => {
    const keys = [groupResource(resource), ...(stored === '' ? [] : [`${resource.plural} ${stored}`])];
    if (keys.some((key) => seen.has(key))) return [];
    for (const key of keys) seen.add(key);
    return [resource];
  });
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
