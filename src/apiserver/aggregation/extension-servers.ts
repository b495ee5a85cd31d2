/**
 * How an extension API server is asked: at one of its Service's endpoints, over TLS as its APIService says, with the
 * certificate of this front proxy and the user in headers.
 */
import { errorText, HostError, type Clock, type Random } from '../../base/mod.ts';
import { isApiError, type UserInfo } from '../../machinery/mod.ts';
import type { ObjectReader } from '../admission/admission.ts';
import type { BackendAnswer, BackendHeaders, Backends } from '../proxying/backend.ts';
import { escapedPath, type Destination } from '../proxying/forward.ts';
import { endpointOf } from '../service-endpoints.ts';
import { referenceOf, type Service } from './api-services.ts';

/** PEM. */
export interface ProxyCredential {
  readonly certificate: string;
  readonly key: string;
}

export interface ExtensionServerParts {
  readonly objects: ObjectReader;
  readonly random: Random;
  readonly clock: Clock;
  /** Absent: this server asks nobody. */
  readonly backends: Backends | undefined;
  /** By what extension servers know that the headers are to be believed. */
  readonly credential: ProxyCredential | undefined;
}

export interface Question {
  readonly path: string;
  readonly headers: BackendHeaders;
  readonly user: UserInfo;
  readonly timeoutMs: number;
  /** Whoever answers will do. */
  readonly anybody?: boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: BackendHeaders;
  readonly body: Uint8Array;
}

const bodyBytesMax = 64 * 1024 * 1024;

export class ExtensionServers {
  readonly #parts: ExtensionServerParts;

  constructor(parts: ExtensionServerParts) {
    this.#parts = parts;
  }

  get backends(): Backends | undefined {
    return this.#parts.backends;
  }

  /** Where a request for the service goes now. Throws ApiError when it has no endpoint. */
  destination(service: Service, path: string, user: UserInfo): Destination {
    const { objects, random, credential } = this.#parts;
    const { namespace = '', name = '', port = 443 } = referenceOf(service) ?? {};
    const at = endpointOf(objects, random, { namespace, name, port });
    const host = `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`;
    const { caBundle = '', insecureSkipTLSVerify: insecure = false } = service.spec ?? {};
    return {
      origin: `https://${host}`,
      path,
      query: '',
      host,
      headers: {
        ...remoteHeaders(user),
        'x-forwarded-uri': escapedPath(path),
        'x-forwarded-host': host,
        'x-forwarded-proto': 'https',
      },
      tls: {
        serverName: `${name}.${namespace}.svc`,
        insecureSkipTlsVerify: insecure,
        ...(caBundle === '' ? {} : { ca: new TextDecoder().decode(Uint8Array.fromBase64(caBundle)) }),
        ...(credential === undefined ? {} : { cert: credential.certificate, key: credential.key }),
      },
    };
  }

  /** A GET of the aggregator's own. Rejects with HostError, in the words of Go's client. */
  async ask(service: Service, { path, headers, user, timeoutMs, anybody }: Question): Promise<Reply> {
    const { backends, clock } = this.#parts;
    if (backends === undefined) throw new HostError('Unreachable', 'this API server asks no others');
    const target = this.#target(service, path, user);
    const late = new AbortController();
    const timer = clock.after(timeoutMs, () => late.abort());
    const url = `${target.origin}${path}`;
    try {
      const answer = await backends.send({
        method: 'GET',
        url,
        headers: { ...headers, host: target.host, ...remoteHeaders(user) },
        tls: anybody === true ? { ...target.tls, insecureSkipTlsVerify: true } : (target.tls ?? {}),
        signal: late.signal,
      });
      return { status: answer.status, headers: answer.headers, body: await whole(answer) };
    } catch (error) {
      const why = late.signal.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : errorText(error);
      throw new HostError('Unreachable', `Get "${url}": ${why}`);
    } finally {
      timer[Symbol.dispose]();
    }
  }

  /** `https://10.0.0.1:443`, for what people are told. Throws HostError. */
  originOf(service: Service): string {
    return this.#target(service, '', { username: '', groups: [] }).origin;
  }

  #target(service: Service, path: string, user: UserInfo): Destination {
    try {
      return this.destination(service, path, user);
    } catch (error) {
      if (isApiError(error)) throw new HostError('Unreachable', error.message);
      throw error;
    }
  }
}

async function whole({ body }: BackendAnswer): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new HostError('TooLarge', 'the answer is too large');
    chunks.push(chunk);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

const encoder = new TextEncoder();
const keySafe = /[^!#$&'*+\-.^_`|~0-9A-Za-z]/g;

/** The headers by which an extension server knows the user. */
function remoteHeaders({ username, uid = '', groups, extra = {} }: UserInfo): BackendHeaders {
  return {
    'x-remote-user': headerText(username),
    ...(uid === '' ? {} : { 'x-remote-uid': headerText(uid) }),
    ...(groups.length === 0 ? {} : { 'x-remote-group': groups.map(headerText) }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `x-remote-extra-${key.toLowerCase().replace(keySafe, percent)}`,
        values.map(headerText),
      ]),
    ),
  };
}

/** Its bytes as characters: HTTP knows no others. A line cannot end in a header. */
function headerText(text: string): string {
  return [...encoder.encode(text)]
    .map((byte) => (byte < 0x20 || byte === 0x7f ? ' ' : String.fromCharCode(byte)))
    .join('');
}

function percent(char: string): string {
  return [...encoder.encode(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
