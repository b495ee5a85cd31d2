/** What the server says of fields that it does not know, or that are there twice, when it is asked to be strict. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '../../src/base/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { definition, definitionsPath } from '../custom-resources.ts';
import { patchTypes, Requests, type Body } from './requests.ts';

let cluster: TestCluster;
let requests: Requests;

before(async () => {
  cluster = await startApiServer({ https: true });
  requests = new Requests(cluster);
});

after(async () => {
  requests[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const strict = 'fieldValidation=Strict';

async function define(kind: string, openAPIV3Schema: JsonObject): Promise<string> {
  const plural = `${kind.toLowerCase()}s`;
  const version = { schema: { openAPIV3Schema } };
  await requests.create(definitionsPath, definition(plural, kind, { version }));
  await requests.until(`${definitionsPath}/${plural}.example.com`, ({ status }) =>
    status?.conditions?.some((one: Body) => one.type === 'Established' && one.status === 'True'),
  );
  return `/apis/example.com/v1/namespaces/default/${plural}`;
}

const custom = (kind: string, name: string, more: string): string =>
  `{"apiVersion":"example.com/v1","kind":"${kind}","metadata":{"name":"${name}"},${more}}`;

/** Sends a text as it is; the code and the message, when there is one. */
async function sent(method: string, path: string, body: string, type = 'application/json'): Promise<[number, string]> {
  const { status, text } = await requests.http.send({ method, path, headers: { 'content-type': type }, body });
  return [status, String(JSON.parse(text).message ?? '')];
}

const applied = (path: string, body: string): Promise<[number, string]> =>
  sent('PATCH', `${path}?fieldManager=field-validation&${strict}`, body, patchTypes.apply);

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        foo: { type: 'string' },
        cronSpec: { type: 'string' },
        ports: { type: 'array', items: { type: 'object', properties: { port: { type: 'integer' } } } },
      },
    },
  },
};

test('FieldValidation should detect unknown and duplicate fields of a typed object', async () => {
  const template =
    '"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"a","imagePullPolicy":"Always","imagePullPolicy":"Never"}]}}';
  const body = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","unknownMeta":"x"},"spec":{"unknown1":"val1","unknownDupe":"valDupe","unknownDupe":"valDupe2","paused":true,"paused":false,"selector":{"matchLabels":{"app":"a"}},${template}}}`;
  assert.deepEqual(await sent('POST', `${deployments}?${strict}`, body), [
    400,
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "metadata.unknownMeta", unknown field "spec.unknown1", unknown field "spec.unknownDupe", duplicate field "spec.paused", duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
  ]);
});

test('FieldValidation should detect unknown metadata fields of a typed object', async () => {
  const spec =
    '"spec":{"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"},"unknownMeta":"x"},"spec":{"containers":[{"name":"a","image":"a"}]}}}';
  const body = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","unknownMeta":"x"},${spec}}`;
  assert.deepEqual(await sent('POST', `${deployments}?${strict}`, body), [
    400,
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "metadata.unknownMeta", unknown field "spec.template.metadata.unknownMeta"',
  ]);
});

test('FieldValidation should create/apply a valid CR for CRD with validation schema', async () => {
  const path = await define('Valid', schema);
  const more = '"spec":{"foo":"foo1","cronSpec":"* * * * */5","ports":[{"port":80}]}';
  assert.deepEqual(await applied(`${path}/mytest`, custom('Valid', 'mytest', more)), [201, '']);
  assert.deepEqual(await sent('POST', `${path}?${strict}`, custom('Valid', 'other', more)), [201, '']);
});

test('FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema', async () => {
  const path = await define('Open', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  const more = '"spec":{"foo":"foo1","cronSpec":"* * * * */5","unknown":[1,{"a":"b"}]}';
  assert.deepEqual(await applied(`${path}/mytest`, custom('Open', 'mytest', more)), [201, '']);
  assert.deepEqual(await sent('POST', `${path}?${strict}`, custom('Open', 'other', more)), [201, '']);
  assert.deepEqual((await requests.get(`${path}/mytest`)).spec.unknown, [1, { a: 'b' }]);
});

test('FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema', async () => {
  const path = await define('Closed', schema);
  const more = '"spec":{"foo":"foo1","extraProperty":"arbitrary-value","ports":[{"port":80,"extra":1}]}';
  const [code, message] = await applied(`${path}/mytest`, custom('Closed', 'mytest', more));
  assert.equal(code, 500);
  assert.equal(
    message,
    'failed to create typed patch object (/mytest; example.com/v1, Kind=Closed): .spec.extraProperty: field not declared in schema',
  );
  assert.deepEqual(await sent('POST', `${path}?${strict}`, custom('Closed', 'mytest', more)), [
    400,
    'Closed in version "v1" cannot be handled as a Closed: strict decoding error: unknown field "spec.extraProperty", unknown field "spec.ports[0].extra"',
  ]);
});

test('FieldValidation should detect duplicates in a CR when preserving unknown fields', async () => {
  const path = await define('Doubled', {
    type: 'object',
    properties: { spec: { ...schema.properties.spec, 'x-kubernetes-preserve-unknown-fields': true } },
  });
  const more = '"spec":{"unknown":"uk1","foo":"foo1","foo":"foo2","unknown":"uk2"}';
  const [code, message] = await sent('POST', `${path}?${strict}`, custom('Doubled', 'mytest', more));
  assert.equal(code, 400);
  assert.match(message, /strict decoding error: duplicate field "spec\.foo", duplicate field "spec\.unknown"$/);
  const yaml =
    'apiVersion: example.com/v1\nkind: Doubled\nmetadata:\n  name: mytest\nspec:\n  foo: foo1\n  foo: foo2\n';
  const [yamlCode, yamlMessage] = await applied(`${path}/mytest`, yaml);
  assert.equal(yamlCode, 400);
  assert.match(yamlMessage, /line 7: key "foo" already set in map/);
});

test('FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR', async () => {
  const path = await define('Nested', {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          template: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            properties: {
              metadata: { type: 'object' },
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    },
  });
  const template =
    '"template":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","unknownSubMeta":"x"},"spec":{"a":1}}';
  const body = `{"apiVersion":"example.com/v1","kind":"Nested","metadata":{"name":"mytest","unknownMeta":"x"},"spec":{${template}}}`;
  const [code, message] = await sent('POST', `${path}?${strict}`, body);
  assert.equal(code, 400);
  assert.equal(
    message,
    'Nested in version "v1" cannot be handled as a Nested: strict decoding error: unknown field "metadata.unknownMeta", unknown field "spec.template.metadata.unknownSubMeta"',
  );
});
