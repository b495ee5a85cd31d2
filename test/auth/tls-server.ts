/** A server with TLS on the loopback that a test drives: what it is asked, and what it answers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pki } from '../../src/host/pki/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import type { TestEndpoint } from '../../src/main/testing-endpoint.ts';

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

  static async start(): Promise<TlsServer> {
    const pki = await Pki.open({ keep: 'memory', clock: systemClock, names: ['127.0.0.1'] });
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

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
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
    const ca = Buffer.from(this.ca).toString('base64');
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'hook', cluster: { server: `${this.url}/hook`, 'certificate-authority-data': ca } }],
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

/** Files for flags, gone at the end. */
export class Files implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'kutter-auth-'));

  write(name: string, content: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Of a SelfSubjectReview. */
  readonly user: unknown;
}

export interface Sent {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly path?: string;
  readonly body?: unknown;
  readonly credential?: { readonly certificate: string; readonly key: string };
}

/** One request with the credentials given; asks who one is unless it says something else. */
export function ask(endpoint: TestEndpoint, { token, headers = {}, path, body, credential }: Sent): Promise<Reply> {
  const whoAmI = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const sent = body ?? (path === undefined ? whoAmI : undefined);
  return new Promise((resolve, reject) => {
    const request = https.request(
      `${endpoint.server}${path ?? '/apis/authentication.k8s.io/v1/selfsubjectreviews'}`,
      {
        method: sent === undefined ? 'GET' : 'POST',
        agent: false,
        ca: endpoint.ca,
        ...(credential === undefined ? {} : { cert: credential.certificate, key: credential.key }),
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const { status } = (text.startsWith('{') ? JSON.parse(text) : {}) as { status?: { userInfo?: unknown } };
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, user: status?.userInfo });
        });
      },
    );
    request.on('error', reject);
    request.end(sent === undefined ? undefined : JSON.stringify(sent));
  });
}

/** What a TokenReview of the administrator says. */
export async function reviewToken(
  endpoint: TestEndpoint,
  token: string,
  audiences?: readonly string[],
): Promise<unknown> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, ...(audiences === undefined ? {} : { audiences }) },
  };
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  const { text } = await ask(endpoint, { path, body, credential: endpoint.admin });
  return (JSON.parse(text) as { status: unknown }).status;
}
