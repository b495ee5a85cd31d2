/** A server with TLS on the loopback that a test drives: what it is asked, and what it answers. */
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Pki } from '../src/host/pki/mod.ts';
import { systemClock } from '../src/host/system.ts';

export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined for a request without a body. */
  readonly body: Readonly<Record<string, never>> | undefined;
}

/** Undefined: no answer at all. */
export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly text: string }
  | undefined;

export class TlsServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** PEM. */
  readonly ca: string;
  answer: (asked: Asked) => Answer = () => ({ status: 404, text: '' });
  readonly #server: https.Server;

  private constructor(server: https.Server, ca: string) {
    this.#server = server;
    this.ca = ca;
  }

  /** `names`: those that it is known by besides its address. */
  static async start(...names: readonly string[]): Promise<TlsServer> {
    const pki = await Pki.open({ keep: 'memory', clock: systemClock, names: ['127.0.0.1', ...names] });
    const { certificate: cert, key } = pki.serving;
    const server = https.createServer({ cert, key });
    const started = new TlsServer(server, pki.ca);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const body = text === '' ? undefined : (JSON.parse(text) as Asked['body']);
        const one = { path: request.url ?? '', headers: request.headers, body };
        started.asked.push(one);
        const answer = started.answer(one);
        if (answer === undefined) return;
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
        response.end(answer.text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get caBundle(): string {
    return Buffer.from(this.ca).toString('base64');
  }

  /** Says with which status a posted review comes back. */
  reviews(status: (spec: Record<string, unknown>) => unknown): void {
    this.answer = ({ body }) => {
      const review = body as unknown as { spec: Record<string, unknown> };
      return { text: JSON.stringify({ ...review, status: status(review.spec) }) };
    };
  }

  /** The file through which the API server knows this server as a webhook. */
  kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'hook', cluster: { server: `${this.url}/hook`, 'certificate-authority-data': this.caBundle } },
      ],
      users: [{ name: 'api', user: { token: 'from-api-server' } }],
      contexts: [{ name: 'hook', context: { cluster: 'hook', user: 'api' } }],
      'current-context': 'hook',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
