/** The OpenAPI documents hold together: every reference leads somewhere, every operation has a name of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../../api/mod.ts';
import facts from '../../api/upstream/facts.json' with { type: 'json' };
import type { JsonObject } from '../../base/mod.ts';
import { readDescriptions } from '../../host/openapi/mod.ts';
import { defineKind } from '../../machinery/mod.ts';
import { Registry } from '../registry.ts';
import { OpenApi } from './openapi.ts';

const widget = defineKind({
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
  schema: 'com.example.v1.Widget',
  versions: [
    {
      version: 'v1',
      schema: 'com.example.v1.Widget',
      openapi: {
        type: 'object',
        description: 'A widget.',
        properties: {
          spec: {
            type: 'object',
            properties: {
              size: { type: 'integer', default: 1, nullable: true, anyOf: [{ minimum: 1 }] },
              free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: {} } },
            },
          },
        },
      },
    },
  ],
});

type Get = (path: string, headers?: Record<string, string>) => { status: number; body: JsonObject; etag: string };

function server(descriptions = () => readDescriptions(facts.types)): Get {
  const registry = new Registry([...kinds, widget]);
  const openApi = new OpenApi({
    registry,
    facts,
    descriptions,
    extensions: { generation: 0, documents: [], urls: {}, made: new Map() },
  });
  return (path, headers = {}) => {
    const request = { method: 'GET', url: path, headers, body: () => Promise.resolve(new Uint8Array()) };
    const response = openApi.respond(request as never, { path });
    assert.ok(response);
    const text = new TextDecoder().decode(response.body as Uint8Array);
    return {
      status: response.status,
      body: (text === '' ? {} : JSON.parse(text)) as JsonObject,
      etag: response.headers['etag'] as string,
    };
  };
}

function dangling(document: JsonObject): string[] {
  const text = JSON.stringify(document);
  return [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)]
    .map(([, path = '']) => path)
    .filter((path) => {
      const [parts, name] = path.startsWith('definitions/')
        ? [document['definitions'], path.slice('definitions/'.length)]
        : [(document['components'] as JsonObject)['schemas'], path.slice('components/schemas/'.length)];
      return (parts as JsonObject)[name] === undefined;
    });
}

function operationIds({ paths }: JsonObject): string[] {
  return Object.values(paths as Record<string, JsonObject>).flatMap((item) =>
    Object.values(item).flatMap((operation) => ((operation as JsonObject)['operationId'] as string | undefined) ?? []),
  );
}

test('version 2 has no reference that leads nowhere, and no two operations of one name', () => {
  const { body } = server()('/openapi/v2');
  assert.deepEqual(dangling(body), []);
  const ids = operationIds(body);
  assert.deepEqual(
    ids.filter((id, i) => ids.indexOf(id) !== i),
    [],
  );
  const definitions = body['definitions'] as Record<string, JsonObject>;
  const pod = definitions['io.k8s.api.core.v1.PodSpec'];
  assert.match(JSON.stringify(pod?.['properties']), /"nodeName":\{"type":"string","description":"NodeName indicates/);
});

test('every document of version 3 is complete in itself', () => {
  const get = server();
  const paths = get('/openapi/v3').body['paths'] as Record<string, { serverRelativeURL: string }>;
  for (const name of Object.keys(paths)) assert.deepEqual(dangling(get(`/openapi/v3/${name}`).body), [], name);
});

test('descriptions are read once for many documents', () => {
  let reads = 0;
  const get = server(() => {
    reads++;
    return { 'io.k8s.api.core.v1.Pod': { '': 'A few containers.' }, 'io.k8s.api.apps.v1.Deployment': { '': 'Pods.' } };
  });
  assert.match(JSON.stringify(get('/openapi/v3/api/v1').body), /A few containers\./);
  assert.match(JSON.stringify(get('/openapi/v3/apis/apps/v1').body), /Pods\./);
  assert.equal(reads, 1);
});

test('a custom resource is told in full in version 3, and in what version 2 can say', () => {
  const get = server();
  const name = 'com.example.v1.Widget';
  const { components } = get('/openapi/v3/apis/example.com/v1').body as { components: { schemas: JsonObject } };
  assert.deepEqual((components.schemas[name] as JsonObject)['x-kubernetes-group-version-kind'], [
    { group: 'example.com', kind: 'Widget', version: 'v1' },
  ]);
  const v2 = (get('/openapi/v2').body['definitions'] as JsonObject)[name] as JsonObject;
  const { spec, metadata } = v2['properties'] as Record<string, JsonObject>;
  assert.deepEqual(spec, {
    type: 'object',
    properties: { size: {}, free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  });
  assert.equal(metadata?.['$ref'], '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
});

test('who has the document is not sent it again', () => {
  const get = server();
  const { etag } = get('/openapi/v3/apis/apps/v1');
  assert.equal(get('/openapi/v3/apis/apps/v1', { 'if-none-match': etag }).status, 304);
});
