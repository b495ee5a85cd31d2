/**
 * Requests to a cluster's HTTPS endpoint as no proper client would send them: any headers, any bytes, any order. What
 * comes back is given as it came.
 */
import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import type { Status } from '../src/machinery/mod.ts';
import type { TestEndpoint } from '../src/main/testing-endpoint.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** What `text` is made of, for answers that are none. */
  readonly bytes: Buffer;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

const patienceMs = 20_000;

export class RawHttp implements Disposable {
  readonly #endpoint: TestEndpoint;
  readonly #agent: https.Agent;

  constructor(endpoint: TestEndpoint, { certificate = true }: { readonly certificate?: boolean } = {}) {
    this.#endpoint = endpoint;
    const { certificate: cert, key } = endpoint.admin;
    this.#agent = new https.Agent({ keepAlive: true, ca: endpoint.ca, ...(certificate ? { cert, key } : {}) });
  }

  /** One request over HTTP/1.1. */
  send({ method = 'GET', path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const target = { host: '127.0.0.1', port: this.#endpoint.port, agent: this.#agent };
      const request = https.request(
        {
          ...target,
          method,
          path,
          headers: {
            ...(body === undefined || 'transfer-encoding' in headers
              ? {}
              : { 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => void chunks.push(chunk));
          response.on('end', () => {
            const bytes = Buffer.concat(chunks);
            const { statusCode: status = 0, headers: answered } = response;
            resolve({ status, headers: answered, text: bytes.toString(), bytes });
          });
          response.on('error', reject);
        },
      );
      request.setTimeout(patienceMs, () => request.destroy(new Error(`no answer to ${method} ${path}`)));
      request.on('error', reject);
      request.end(body);
    });
  }

  json(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawAnswer> {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = sent === undefined ? {} : { 'content-type': 'application/json' };
    return this.send({ method, path, headers: { ...type, ...headers }, body: sent });
  }

  /** A TLS connection that speaks HTTP/1.1, for the bytes of the caller's choice. */
  connect(): Promise<tls.TLSSocket> {
    const { certificate: cert, key } = this.#endpoint.admin;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#endpoint.port, ca: this.#endpoint.ca, cert, key };
      const socket = tls.connect({ ...options, ALPNProtocols: ['http/1.1'] }, () => resolve(socket));
      socket.on('error', reject);
    });
  }

  /** Sends the bytes on a connection of their own and returns what came until the server closed it. */
  async bytes(...pieces: readonly (string | Uint8Array)[]): Promise<string> {
    const socket = await this.connect();
    const answered = received(socket);
    for (const piece of pieces) socket.write(piece);
    return answered;
  }

  session(): Promise<ClientHttp2Session> {
    const { certificate: cert, key } = this.#endpoint.admin;
    return new Promise((resolve, reject) => {
      const session = http2.connect(this.#endpoint.server, { ca: this.#endpoint.ca, cert, key }, () =>
        resolve(session),
      );
      session.on('error', reject);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** Everything that arrives until the other end closes, or `enough` holds of it. */
export function received(socket: tls.TLSSocket, enough: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      reject(new Error(`the connection stays open after: ${text.slice(0, 500)}`));
      socket.destroy();
    }, patienceMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve(text);
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (enough(text)) done();
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}

export function statusOf(answer: RawAnswer): Status {
  return JSON.parse(answer.text) as Status;
}
