/** An admission webhook on the loopback that a test makes answer as it likes, and the configurations that name it. */
import assert from 'node:assert/strict';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/base/mod.ts';
import { apiServerNames, Pki } from '../../src/host/pki/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import type { Api } from '../custom-resources.ts';

export interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- read by path in assertions
  readonly request: any;
}

export interface Reviewed extends Review {
  readonly path: string;
}

/** A response of the review; raw bytes; undefined: no answer at all. */
export type Answer = JsonObject | Raw | undefined;

interface Raw {
  readonly raw: string;
  readonly status?: number;
}

function isRaw(answer: JsonObject | Raw): answer is Raw {
  return typeof answer['raw'] === 'string';
}

export const allowed: JsonObject = { allowed: true };

export function denied(message: string, more: JsonObject = {}): JsonObject {
  return { allowed: false, status: { message, ...more } };
}

export function patchedBy(...operations: readonly JsonObject[]): JsonObject {
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  return { allowed: true, patchType: 'JSONPatch', patch };
}

export class AdmissionServer implements AsyncDisposable {
  readonly reviews: Reviewed[] = [];
  answer: (review: Reviewed) => Answer = () => allowed;
  readonly #server: https.Server;
  readonly #ca: string;

  private constructor(server: https.Server, ca: string) {
    this.#server = server;
    this.#ca = ca;
  }

  static async start(): Promise<AdmissionServer> {
    const more = ['hook.hooks.svc'];
    const names = apiServerNames({ clusterDomain: 'cluster.local', serviceIp: '10.96.0.1', more });
    const pki = await Pki.open({ keep: 'memory', clock: systemClock, names });
    const server = https.createServer({ cert: pki.serving.certificate, key: pki.serving.key }, (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      request.on('end', () => {
        const review = { ...(JSON.parse(text) as Review), path: request.url ?? '' };
        made.reviews.push(review);
        const answer = made.answer(review);
        if (answer === undefined) return;
        const { raw, status = 200 } = isRaw(answer) ? answer : { raw: reviewWith(review, answer) };
        response.writeHead(status, { 'content-type': 'application/json' }).end(raw);
      });
    });
    const made = new AdmissionServer(server, pki.ca);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get caBundle(): string {
    return Buffer.from(this.#ca).toString('base64');
  }

  /** By URL. */
  client(path: string): JsonObject {
    return { url: `https://127.0.0.1:${this.port}/${path}`, caBundle: this.caBundle };
  }

  /** A webhook that is asked at a path of its own name's first part. */
  hook(name: string, rule: JsonObject, more: JsonObject = {}): JsonObject {
    return {
      name: `${name}.example.com`,
      clientConfig: this.client(name),
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'], ...rule }],
      ...more,
    };
  }

  askedAt(path: string): Reviewed[] {
    return this.reviews.filter((review) => review.path.startsWith(`/${path}?`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }
}

function reviewWith({ apiVersion, kind, request }: Review, answer: JsonObject): string {
  return JSON.stringify({ apiVersion, kind, response: { uid: request.uid, ...answer } });
}

const group = '/apis/admissionregistration.k8s.io/v1';
export const mutatingPath = `${group}/mutatingwebhookconfigurations`;
export const validatingPath = `${group}/validatingwebhookconfigurations`;

async function configure(api: Api, path: string, kind: string, [name, ...webhooks]: Named): Promise<void> {
  const body = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name, labels: { e2e: 'yes' } },
    webhooks,
  };
  const made = await api.send('POST', path, body);
  assert.equal(made.status, 201, made.body.message);
}

type Named = readonly [name: string, ...hooks: JsonObject[]];

export function mutating(api: Api, ...named: Named): Promise<void> {
  return configure(api, mutatingPath, 'MutatingWebhookConfiguration', named);
}

export function validating(api: Api, ...named: Named): Promise<void> {
  return configure(api, validatingPath, 'ValidatingWebhookConfiguration', named);
}

export const configMapsPath = '/api/v1/namespaces/default/configmaps';

export function configMap(name: string, data: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}
