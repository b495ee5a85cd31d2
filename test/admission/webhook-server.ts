/** An admission webhook on the loopback that a test makes answer as it likes, and the configurations that name it. */
import assert from 'node:assert/strict';
import type { AdmissionRequest } from '../../src/api/mod.ts';
import type { JsonObject } from '../../src/base/mod.ts';
import type { ObjectMeta } from '../../src/machinery/mod.ts';
import type { Api } from '../custom-resources.ts';
import { TlsServer } from '../tls-server.ts';

/** An object of any kind, as far as webhooks of the tests read it. */
interface Shown {
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
  readonly data: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: Required<Omit<AdmissionRequest, 'object' | 'oldObject'>> & {
    readonly object: Shown;
    readonly oldObject: Shown;
  };
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
  readonly #server: TlsServer;

  private constructor(server: TlsServer) {
    this.#server = server;
    server.answer = ({ path, body }) => {
      const review = { ...(body as unknown as Review), path };
      this.reviews.push(review);
      const answer = this.answer(review);
      if (answer === undefined) return undefined;
      return isRaw(answer) ? { text: answer.raw, status: answer.status ?? 200 } : { text: reviewWith(review, answer) };
    };
  }

  static async start(): Promise<AdmissionServer> {
    return new AdmissionServer(await TlsServer.start('hook.hooks.svc'));
  }

  get port(): number {
    return this.#server.port;
  }

  get caBundle(): string {
    return this.#server.caBundle;
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
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
