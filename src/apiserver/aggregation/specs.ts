/**
 * OpenAPI of extension API servers, fetched every minute and kept under the ETag that it came with: version 2 for the document
 * about all servers; of version 3 only the index, since requests for its documents are carried on. A server that has no
 * version 3 gets one made of its version 2.
 */
import { errorText, HostError, isJsonObject, type Clock, type JsonObject, type Log } from '../../base/mod.ts';
import { WorkQueue } from '../../client/mod.ts';
import { toV3 } from '../openapi/to-v3.ts';
import type { ExtensionDocuments } from '../openapi/openapi.ts';
import { isAvailable, pathOf, type ApiServices, type Service } from './api-services.ts';
import { bodyOf } from './discovery.ts';
import type { ExtensionServers, Reply } from './extension-servers.ts';

export interface SpecParts {
  readonly services: ApiServices;
  readonly servers: ExtensionServers;
  readonly clock: Clock;
  readonly log: Log;
}

/** A document with what it is known by at its server. */
interface Kept {
  readonly etag: string;
  readonly document: JsonObject;
}

interface Specs {
  readonly v2: Kept | undefined;
  /** Where version 3 is, or the document itself where the server has none. */
  readonly v3: { readonly url: string } | { readonly document: JsonObject } | undefined;
}

const user = { username: 'system:aggregator', groups: [] };
const timeoutMs = 60_000;
const refreshMs = 60_000;
const retryMinMs = 1_000;
const retryMaxMs = 3_600_000;
const concurrency = 2;

export class ExtensionSpecs implements ExtensionDocuments, AsyncDisposable {
  readonly #parts: SpecParts;
  readonly #specs = new Map<string, Specs>();
  readonly #queue: WorkQueue;
  readonly #subscription: Disposable;
  #generation = 0;

  constructor(parts: SpecParts) {
    this.#parts = parts;
    const { services, clock } = parts;
    const work = (address: string): Promise<void> => this.#work(address);
    this.#queue = new WorkQueue({ clock, concurrency, retryMinMs, retryMaxMs, work });
    this.#subscription = services.subscribe(() => this.#look());
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await this.#queue[Symbol.asyncDispose]();
  }

  get generation(): number {
    return this.#generation;
  }

  /** By priority, as upstream merges them. */
  get documents(): readonly JsonObject[] {
    const ranked = [...this.#parts.services.remote].sort(([, a], [, b]) => rank(b) - rank(a));
    return ranked
      .map(([address]) => this.#specs.get(address)?.v2?.document)
      .filter((document) => document !== undefined);
  }

  get urls(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#specs].flatMap(([address, { v3 }]) =>
        v3 !== undefined && 'url' in v3 ? [[`apis/${address}`, v3.url] as const] : [],
      ),
    );
  }

  get made(): ReadonlyMap<string, JsonObject> {
    return new Map(
      [...this.#specs].flatMap(([address, { v3 }]) =>
        v3 !== undefined && 'document' in v3 ? [[`apis/${address}`, v3.document] as const] : [],
      ),
    );
  }

  /** The server that has the document of version 3 itself: `apis/wardle.example.com/v1alpha1`. */
  ownerOf(name: string): Service | undefined {
    const address = name.slice('apis/'.length);
    const v3 = this.#specs.get(address)?.v3;
    return v3 !== undefined && 'url' in v3 ? this.#parts.services.remote.get(address) : undefined;
  }

  #look(): void {
    const { remote } = this.#parts.services;
    for (const address of this.#specs.keys())
      if (!remote.has(address)) {
        this.#specs.delete(address);
        this.#generation += 1;
      }
    for (const address of remote.keys()) this.#queue.add(address);
  }

  async #work(address: string): Promise<void> {
    const { services, clock, log } = this.#parts;
    const service = services.remote.get(address);
    // Its availability is a change, which comes here again.
    if (service === undefined || !isAvailable(service)) return;
    const before = this.#specs.get(address);
    try {
      const v2 = await this.#v2(service, before?.v2);
      const v3 = await this.#v3(service, v2, before);
      if (v2 === before?.v2 && JSON.stringify(v3) === JSON.stringify(before?.v3)) return;
      this.#specs.set(address, { v2, v3 });
      this.#generation += 1;
    } catch (error) {
      log.debug('an extension server has no OpenAPI', { address, error: errorText(error) });
      throw error;
    } finally {
      this.#queue.addAt(address, clock.now() + refreshMs);
    }
  }

  /** Undefined: the server has none. */
  async #v2(service: Service, before: Kept | undefined): Promise<Kept | undefined> {
    const headers = {
      accept: 'application/json',
      ...(before === undefined || before.etag === '' ? {} : { 'if-none-match': before.etag }),
    };
    const reply = await this.#ask(service, '/openapi/v2', headers);
    if (reply.status === 304) return before;
    if (reply.status === 404) return undefined;
    const etag = [reply.headers['etag'] ?? ''].flat()[0] ?? '';
    const document = onlyBelow(bodyOf(successful(reply)), `${pathOf(service)}/`);
    return before !== undefined && JSON.stringify(before.document) === JSON.stringify(document)
      ? before
      : { etag, document };
  }

  async #v3(service: Service, v2: Kept | undefined, before: Specs | undefined): Promise<Specs['v3']> {
    const reply = await this.#ask(service, '/openapi/v3', { accept: 'application/json' });
    if (reply.status === 404) {
      if (v2 === undefined) return undefined;
      return before?.v2 === v2 ? before.v3 : { document: toV3(v2.document) };
    }
    const { paths } = bodyOf(successful(reply));
    const entry = isJsonObject(paths) ? paths[pathOf(service).slice(1)] : undefined;
    const url = isJsonObject(entry) ? entry['serverRelativeURL'] : undefined;
    return typeof url === 'string' ? { url } : undefined;
  }

  #ask(service: Service, path: string, headers: Readonly<Record<string, string>>): Promise<Reply> {
    return this.#parts.servers.ask(service, { path, headers, user, timeoutMs });
  }
}

function rank({ spec }: Service): number {
  return (spec?.groupPriorityMinimum ?? 0) * 10_000 + (spec?.versionPriority ?? 0);
}

function successful(reply: Reply): Reply {
  if (reply.status !== 200)
    throw new HostError('Protocol', `failed to retrieve openAPI spec, http error: ${reply.status}`);
  return reply;
}

function onlyBelow(document: JsonObject, prefix: string): JsonObject {
  const paths = isJsonObject(document['paths']) ? document['paths'] : {};
  return { ...document, paths: Object.fromEntries(Object.entries(paths).filter(([path]) => path.startsWith(prefix))) };
}
