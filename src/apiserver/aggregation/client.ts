/**
 * A client of this process for whatever is served, here or by an extension API server: what controllers that work on all
 * resources (garbage collection, the end of a namespace) need. What is served elsewhere takes the way that requests of others
 * take, authorization included, without a connection to this server itself.
 */
import type { JsonObject } from '../../base/mod.ts';
import {
  HttpClient,
  type Client,
  type HttpAnswer,
  type HttpStreamSink,
  type HttpTransport,
  type ServedResource,
  type ServedResources,
} from '../../client/mod.ts';
import type { Resource, UserInfo } from '../../machinery/mod.ts';
import { attributesIn } from '../http/access.ts';
import { isStream, type HttpResponse, type StreamSink } from '../http/message.ts';
import { parseUrl } from '../http/request-info.ts';
import type { Registry } from '../registry.ts';
import { notServed, type ApiServer } from '../server.ts';
import type { Aggregation } from './aggregation.ts';

export interface ClientParts {
  readonly server: ApiServer;
  readonly aggregation: Aggregation;
  readonly user: UserInfo;
}

/** `here` is used for what is served in this process. */
export function clientOfAll(here: Client, parts: ClientParts): Client {
  const elsewhere = new HttpClient(new ExtensionTransport(parts));
  const of = ({ group, version }: Pick<Resource, 'group' | 'version'>): Client =>
    parts.aggregation.serves(group, version) ? elsewhere : here;
  return {
    get: (resource, ...rest) => of(resource).get(resource, ...rest),
    list: (resource, ...rest) => of(resource).list(resource, ...rest),
    watch: (resource, ...rest) => of(resource).watch(resource, ...rest),
    create: (resource, ...rest) => of(resource).create(resource, ...rest),
    update: (resource, ...rest) => of(resource).update(resource, ...rest),
    patch: (resource, ...rest) => of(resource).patch(resource, ...rest),
    delete: (resource, ...rest) => of(resource).delete(resource, ...rest),
    deleteCollection: (resource, ...rest) => of(resource).deleteCollection(resource, ...rest),
    raw: (...request) => here.raw(...request),
  };
}

class ExtensionTransport implements HttpTransport {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  async request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): Promise<HttpAnswer> {
    const never = new AbortController();
    const response = await this.#respond({ method, path, headers, body, signal: never.signal });
    const chunks: Uint8Array[] = [];
    await new Promise<void>((resolve) => read(response, (chunk) => chunks.push(chunk), resolve));
    return { status: response.status, headers: response.headers, body: joined(chunks) };
  }

  stream(path: string, headers: Readonly<Record<string, string>>, sink: HttpStreamSink): Disposable {
    const over = new AbortController();
    this.#respond({ method: 'GET', path, headers, body: undefined, signal: over.signal })
      .then((response) => {
        sink.onHeaders(response.status);
        read(
          response,
          (chunk) => sink.onChunk(chunk),
          () => sink.onEnd(undefined),
        );
      })
      .catch((error: unknown) => sink.onEnd(error));
    return { [Symbol.dispose]: () => over.abort() };
  }

  async #respond({ method, path, headers, body, signal }: Sent): Promise<HttpResponse> {
    const { server, aggregation, user } = this.#parts;
    const info = parseUrl(method, path);
    await server.authorize(attributesIn(method, info, user));
    const delegate = aggregation.delegate(info.path);
    if (delegate === undefined) throw notServed();
    const sized = body === undefined ? headers : { ...headers, 'content-length': String(body.length) };
    return delegate.respond(
      {
        method,
        url: path,
        headers: sized,
        peer: { address: '' },
        body: () => Promise.resolve(body ?? new Uint8Array()),
        stream: () => (body === undefined ? undefined : once(body)),
        signal,
      },
      { info, user, auditId: aggregation.auditId() },
    );
  }
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield body;
}

function read({ body }: HttpResponse, onChunk: (chunk: Uint8Array) => void, onEnd: () => void): void {
  if (!isStream(body)) {
    for (const piece of body instanceof Uint8Array ? [body] : body) onChunk(piece);
    return onEnd();
  }
  const sink: StreamSink = {
    write(chunk) {
      onChunk(chunk);
      return true;
    },
    onDrain: () => undefined,
    end: onEnd,
    cut: onEnd,
  };
  body.start(sink);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** What is served here, and what extension servers were last seen to serve. */
export function allResources(registry: Registry, aggregation: Aggregation): ServedResources {
  return {
    get list() {
      const elsewhere = aggregation.discovery.versions.flatMap(({ group, version, resources }) =>
        resources.flatMap((resource) => servedResource(group, version, resource)),
      );
      return elsewhere.length === 0 ? registry.list : [...registry.list, ...elsewhere];
    },
    subscribe(onChange) {
      const both = new DisposableStack();
      both.use(registry.subscribe(onChange));
      both.use(aggregation.discovery.subscribe(onChange));
      return both;
    },
  };
}

function servedResource(group: string, version: string, found: JsonObject): ServedResource[] {
  const { resource: plural, responseKind, scope, verbs } = found;
  const kind = (responseKind as JsonObject | undefined)?.['kind'];
  if (typeof plural !== 'string' || typeof kind !== 'string' || !Array.isArray(verbs)) return [];
  if (!verbs.includes('list')) return [];
  return [{ group, version, plural, kind, namespaced: scope === 'Namespaced', verbs: verbs.map(String) }];
}
