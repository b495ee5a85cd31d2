/**
 * Carries a request on to another server and its answer back, both as streams, with what upstream's reverse proxy does to
 * headers.
 *
 * What always holds: nothing that a client sends says who it is to the next server. What it was authenticated by, and every
 * header that names a user, ends here; a `Connection` header cannot take away what is added here.
 */
import { errorText, HostError, type UpgradeTls } from '../../base/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import type { RequestHeaderOptions } from '../authn/request-header.ts';
import type { HttpRequest, HttpResponse } from '../http/message.ts';
import { streamOf } from '../http/stream-of.ts';
import type { BackendAnswer, BackendHeaders, Backends } from './backend.ts';

/** Where a request goes. */
export interface Destination {
  /** `https://10.0.0.1:443`. */
  readonly origin: string;
  /** Decoded, with a slash in front. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** Of the `Host` header. */
  readonly host: string;
  /** Added to what the client sent, in place of what it called the same. */
  readonly headers?: BackendHeaders;
  readonly tls?: UpgradeTls;
}

/** They are about one connection and not about the request. */
const hopHeaders = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const identity = /^(?:authorization|impersonate-.*|x-remote-(?:user|uid|group|extra-.*))$/;

/** Whether a header names a user. `more`: those by which front proxies of this cluster say so. */
export type NamesUser = (header: string) => boolean;

export function headersOfUsers(options: RequestHeaderOptions | undefined): NamesUser {
  const { usernameHeaders = [], uidHeaders = [], groupHeaders = [], extraHeaderPrefixes = [] } = options ?? {};
  const own = new Set([...usernameHeaders, ...uidHeaders, ...groupHeaders]);
  return (header) =>
    identity.test(header) || own.has(header) || extraHeaderPrefixes.some((prefix) => header.startsWith(prefix));
}

/** The client's headers as they may go on. */
export function forwardedHeaders(
  request: Pick<HttpRequest, 'headers' | 'rawHeaders' | 'peer'>,
  namesUser: NamesUser,
): Record<string, string | readonly string[]> {
  const dropped = new Set([...hopHeaders, ...words(request.headers['connection'])]);
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of pairs(request)) {
    if (name.startsWith(':') || name === 'host' || dropped.has(name) || namesUser(name)) continue;
    const known = headers[name];
    headers[name] = known === undefined ? value : [...(typeof known === 'string' ? [known] : known), value];
  }
  if (words(request.headers['te']).includes('trailers')) headers['te'] = 'trailers';
  const before = headers['x-forwarded-for'];
  const address = request.peer.address.replace(/^::ffff:(?=\d+\.)/, '');
  if (address !== '')
    headers['x-forwarded-for'] = [...(before === undefined ? [] : [before].flat()), address].join(', ');
  return headers;
}

function* pairs({ headers, rawHeaders }: Pick<HttpRequest, 'headers' | 'rawHeaders'>): Generator<[string, string]> {
  if (rawHeaders === undefined) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) yield [name, value];
    return;
  }
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    yield [(rawHeaders[i] ?? '').toLowerCase(), rawHeaders[i + 1] ?? ''];
}

function words(header: string | undefined): string[] {
  return (header ?? '').split(',').map((word) => word.trim().toLowerCase());
}

/** As the client called this server. */
export function hostOf({ headers }: Pick<HttpRequest, 'headers'>): string {
  return headers[':authority'] ?? headers['host'] ?? '';
}

export interface Forwarding {
  readonly backends: Backends;
  readonly namesUser: NamesUser;
  /** Ends it before the client does. */
  readonly deadline?: AbortSignal;
}

/** Rejects with ApiError ServiceUnavailable when there is no answer. */
export async function forward(
  request: HttpRequest,
  { origin, path, query, host, headers: added = {}, tls }: Destination,
  { backends, namesUser, deadline }: Forwarding,
): Promise<BackendAnswer> {
  const headers = { ...forwardedHeaders(request, namesUser), host, ...added };
  const body = request.stream?.();
  const unsized = body !== undefined && request.headers['content-length'] === undefined;
  try {
    return await backends.send({
      method: request.method,
      url: `${origin}${escapedPath(path)}${query === '' ? '' : `?${query}`}`,
      headers: unsized ? { ...headers, 'transfer-encoding': 'chunked' } : headers,
      ...(tls === undefined ? {} : { tls }),
      body,
      signal: deadline === undefined ? request.signal : AbortSignal.any([request.signal, deadline]),
    });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const why = deadline?.aborted === true ? 'context deadline exceeded' : errorText(error);
    throw new ApiError('ServiceUnavailable', `error trying to reach service: ${why}`);
  }
}

const crossOrigin = /^access-control-allow-(?:credentials|headers|methods|origin)$/;

/** The answer as the client gets it. */
export function returned({ status, headers, body }: BackendAnswer): HttpResponse {
  const dropped = new Set([...hopHeaders, ...[headers['connection'] ?? ''].flat().flatMap(words)]);
  const once: Record<string, string> = {};
  const repeated: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (dropped.has(name) || crossOrigin.test(name)) continue;
    if (typeof value === 'string') once[name] = value;
    // The one list that others may add to.
    else if (name === 'warning') once[name] = value.join(', ');
    else repeated[name] = value;
  }
  return { status, headers: once, repeated, body: streamOf(body, 'cut') };
}

/** A path as Go writes it into a URL. */
export function escapedPath(path: string): string {
  return encodeURI(path).replace(/[?#!'()*[\]]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
