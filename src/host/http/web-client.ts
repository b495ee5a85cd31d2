/** Requests to others over HTTPS: identity providers and webhooks. Its failures read as those of Go's client do. */
import { Agent, request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';
import { HostError } from '../../base/mod.ts';
import type { WebAnswer, WebClient, WebClients, WebRequest } from '../../apiserver/ports.ts';
import { goNetworkText } from './go-errors.ts';

export interface WebTrust {
  /** PEM; the well-known CAs unless given. */
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** The name in the server's certificate, where it is not that of the URL. */
  readonly serverName?: string;
}

const bodyBytesMax = 4 * 1024 * 1024;
const idleSocketsMax = 16;

export class HttpsWebClient implements WebClient, Disposable {
  readonly #agent: Agent;

  constructor({ certificateAuthority: ca, clientCertificate: cert, clientKey: key, serverName }: WebTrust = {}) {
    this.#agent = new Agent({
      keepAlive: true,
      maxFreeSockets: idleSocketsMax,
      minVersion: 'TLSv1.2',
      ca: ca ?? [...rootCertificates],
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    });
  }

  send({ method, url, headers, body, connectTo, timeoutMs }: WebRequest): Promise<WebAnswer> {
    const target = new URL(url);
    const what = `${method === 'GET' ? 'Get' : 'Post'} "${url}"`;
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(
        target,
        {
          method,
          agent: this.#agent,
          ...(connectTo === undefined
            ? {}
            : { hostname: connectTo.host, port: connectTo.port, servername: target.hostname }),
          headers: {
            host: target.host,
            ...headers,
            ...(body === undefined ? {} : { 'content-length': String(body.length) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > bodyBytesMax) sent.destroy(new HostError('TooLarge', `${what}: the answer is too large`));
            else chunks.push(chunk);
          });
          response.on('error', (cause) => end(() => reject(failure(what, target, cause))));
          response.on('end', () =>
            end(() =>
              resolve({
                status: response.statusCode ?? 0,
                statusText: response.statusMessage ?? '',
                headers: response.headers as Record<string, string | undefined>,
                body: Buffer.concat(chunks, size),
              }),
            ),
          );
        },
      );
      const timer = setTimeout(
        () => sent.destroy(new HostError('Timeout', `${what}: context deadline exceeded`)),
        timeoutMs,
      );
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        settle();
      };
      sent.on('error', (cause) => end(() => reject(failure(what, target, cause))));
      sent.end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

const clientsMax = 64;

/** One client, with its connections, for each bundle of CAs; the one that was asked for longest ago goes first. */
export class HttpsWebClients implements WebClients, Disposable {
  readonly #clients = new Map<string, HttpsWebClient>();

  trusting(certificateAuthority: string | undefined): WebClient {
    const key = certificateAuthority ?? '';
    const client =
      this.#clients.get(key) ?? new HttpsWebClient(certificateAuthority === undefined ? {} : { certificateAuthority });
    this.#clients.delete(key);
    this.#clients.set(key, client);
    for (const [oldest, old] of this.#clients) {
      if (this.#clients.size <= clientsMax) break;
      this.#clients.delete(oldest);
      old[Symbol.dispose]();
    }
    return client;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    this.#clients.clear();
  }
}

function failure(what: string, { hostname, port }: URL, cause: Error): HostError {
  if (cause instanceof HostError) return cause;
  const { code = '' } = cause as NodeJS.ErrnoException;
  const address = `${hostname}:${port === '' ? '443' : port}`;
  const reset = code === 'ECONNRESET' || code === 'EPIPE';
  return new HostError(reset ? 'ConnectionReset' : 'Unreachable', `${what}: ${goNetworkText(cause, address)}`);
}
