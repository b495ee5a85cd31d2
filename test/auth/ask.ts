/** Requests with credentials, and the files that flags name. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestEndpoint } from '../../src/main/testing-endpoint.ts';

/** Files for flags, gone at the end. */
export class Files implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'kutter-auth-'));

  write(name: string, content: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Puts other content in its place at once, as an editor or a mounted ConfigMap does. */
  replace(path: string, content: string): void {
    renameSync(this.write(`next-${basename(path)}`, content), path);
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

/** An AuthorizationConfiguration of webhooks and modes. */
export function authorizationConfiguration(authorizers: readonly object[]): string {
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers,
  });
}

export function webhookAuthorizer(name: string, kubeConfigFile: string, more: object = {}): object {
  return {
    type: 'Webhook',
    name,
    webhook: {
      timeout: '2s',
      subjectAccessReviewVersion: 'v1',
      matchConditionSubjectAccessReviewVersion: 'v1',
      failurePolicy: 'NoOpinion',
      connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
      ...more,
    },
  };
}
