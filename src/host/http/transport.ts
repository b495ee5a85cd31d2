/** Requests to one API server over HTTPS, on connections that are kept. */
import { Agent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { HostError } from '../../base/mod.ts';
import type { HttpAnswer, HttpStreamSink, HttpTransport } from '../../client/ports.ts';

export interface TransportOptions {
  /** `https://host:port`. */
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** Asked anew for each request, because tokens rotate. */
  readonly token?: () => string;
}

const timeoutMs = 60_000;
const socketsMax = 64;
/** A server that says nothing for this long, not even a bookmark, is gone. */
const streamIdleMs = 150_000;

export class HttpsTransport implements HttpTransport, Disposable {
  readonly #options: TransportOptions;
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#url = new URL(options.server);
    const { certificateAuthority: ca, clientCertificate: cert, clientKey: key } = options;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: Infinity,
      maxFreeSockets: socketsMax,
      ca,
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  }

  request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const sent = this.#request(
        method,
        path,
        { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', (cause) => reject(unreachable(this.#url, cause)));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string | undefined>,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      sent.setTimeout(timeoutMs, () =>
        sent.destroy(new HostError('Timeout', `no answer within ${timeoutMs / 1000} s`)),
      );
      sent.on('error', (cause) => reject(unreachable(this.#url, cause)));
      sent.end(body);
    });
  }

  stream(path: string, headers: Readonly<Record<string, string>>, sink: HttpStreamSink): Disposable {
    const sent = this.#request('GET', path, headers, (response) => {
      sink.onHeaders(response.statusCode ?? 0);
      response.on('data', (chunk: Buffer) => sink.onChunk(chunk));
      response.on('error', (cause) => sink.onEnd(unreachable(this.#url, cause)));
      response.on('end', () => sink.onEnd(undefined));
    });
    sent.setTimeout(streamIdleMs, () => sent.destroy(new HostError('Timeout', 'the watch went silent')));
    sent.on('error', (cause) => sink.onEnd(unreachable(this.#url, cause)));
    sent.end();
    return { [Symbol.dispose]: () => void sent.destroy() };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    onResponse: (response: IncomingMessage) => void,
  ): ClientRequest {
    const token = this.#options.token?.();
    const { hostname, port } = this.#url;
    return httpsRequest(
      {
        host: hostname,
        port,
        path,
        method,
        agent: this.#agent,
        headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      },
      onResponse,
    );
  }
}

function unreachable(url: URL, cause: unknown): HostError {
  return cause instanceof HostError ? cause : new HostError('Unreachable', `cannot reach ${url.origin}`, { cause });
}
