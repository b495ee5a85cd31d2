/** Definitions and requests that the tests of custom resources share. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../src/base/mod.ts';
import type { TestCluster } from '../src/main/testing.ts';
import { RawHttp, type RawAnswer } from './raw-http.ts';

export interface Answer {
  readonly status: number;
  readonly headers: RawAnswer['headers'];
  // What a server answers has no type that a test could hold it to.
  // oxlint-disable-next-line typescript/no-explicit-any -- read by path in assertions
  readonly body: any;
}

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const patienceMs = 10_000;

/** One version with a schema that says something about most things. */
export const widgetSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        color: { type: 'string', default: 'red', enum: ['red', 'green'] },
        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
        replicas: { type: 'integer' },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        port: { 'x-kubernetes-int-or-string': true },
        note: { type: 'string', nullable: true },
        parts: {
          type: 'array',
          maxItems: 3,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, count: { type: 'integer', default: 1, maximum: 9 } },
          },
        },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
  },
};

export interface DefinitionOptions {
  readonly names?: JsonObject;
  readonly version?: JsonObject;
  readonly versions?: readonly JsonObject[];
  readonly spec?: JsonObject;
}

export function definition(
  plural: string,
  kind: string,
  { names = {}, version = {}, versions, spec = {} }: DefinitionOptions = {},
): JsonObject {
  const only = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: widgetSchema }, ...version };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind, ...names },
      versions: versions ?? [only],
      ...spec,
    },
  };
}

export class Api implements Disposable {
  readonly #http: RawHttp;

  constructor(cluster: TestCluster) {
    this.#http = new RawHttp(cluster.endpoint);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.#http.json(method, path, body, headers);
    const text = answer.text.trim();
    return { status: answer.status, headers: answer.headers, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  merge(path: string, patch: unknown): Promise<Answer> {
    return this.send('PATCH', path, patch, { 'content-type': 'application/merge-patch+json' });
  }

  /** Creates a definition and waits until it is served. */
  async define(body: JsonObject): Promise<void> {
    const { status, body: made } = await this.send('POST', definitionsPath, body);
    assert.equal(status, 201, made.message);
    await this.until(`${definitionsPath}/${made.metadata.name}`, ({ body: now }) => hasCondition(now, 'Established'));
  }

  definition(name: string): Promise<Answer> {
    return this.get(`${definitionsPath}/${name}.example.com`);
  }

  /** The first answer that is as wanted. */
  async until(path: string, wanted: (answer: Answer) => boolean): Promise<Answer> {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 5) {
      const answer = await this.get(path);
      if (wanted(answer)) return answer;
      await sleep(5);
    }
    return assert.fail(`${path} did not become what it should`);
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}

export function hasCondition(definition: Answer['body'], type: string, status = 'True'): boolean {
  return (definition.status?.conditions ?? []).some(
    (condition: { type: string; status: string }) => condition.type === type && condition.status === status,
  );
}

export { definitionsPath };
