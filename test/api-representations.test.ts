/** What a client may ask an object to look like: its metadata alone, in JSON and in protobuf, once, in lists and in watches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '../src/api/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import type { Body } from './conformance/requests.ts';
import { RawHttp } from './raw-http.ts';

const metadataOnly = 'as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const metadataList = 'as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const protobuf = 'application/vnd.kubernetes.protobuf';

async function cluster(): Promise<TestCluster> {
  const started = await startApiServer({ https: true });
  for (const name of ['a', 'b'])
    await started.client.create(configMaps, {
      metadata: { name, namespace: 'default', labels: { app: name } },
      data: { much: 'x'.repeat(1000) },
    });
  return started;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
}

async function get({ endpoint }: TestCluster, path: string, accept: string): Promise<Answer> {
  using http = new RawHttp(endpoint);
  const { status, headers, bytes } = await http.send({ path, headers: { accept } });
  return { status, type: headers['content-type'] ?? '', bytes };
}

const one = '/api/v1/namespaces/default/configmaps/a';
const all = '/api/v1/namespaces/default/configmaps';

test('metadata alone comes without what the object holds', async () => {
  await using api = await cluster();
  const { bytes } = await get(api, one, `application/json;${metadataOnly}`);
  const partial = JSON.parse(bytes.toString()) as Record<string, { name: string }>;
  assert.deepEqual(
    [partial['kind'], partial['apiVersion'], partial['metadata']?.name, partial['data']],
    ['PartialObjectMetadata', 'meta.k8s.io/v1', 'a', undefined],
  );
  const list = JSON.parse((await get(api, all, `application/json;${metadataList}`)).bytes.toString()) as {
    kind: string;
    items: { kind: string; metadata: { name: string } }[];
  };
  assert.deepEqual(
    [list.kind, list.items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)],
    ['PartialObjectMetadataList', ['PartialObjectMetadata a', 'PartialObjectMetadata b']],
  );
});

test('metadata alone comes as protobuf, which is what metadata informers of Go ask for', async () => {
  await using api = await cluster();
  const { codec } = api.api.server.world;
  const single = await get(api, one, `${protobuf};${metadataOnly},application/json;${metadataOnly}`);
  assert.equal(single.type, protobuf);
  const partial = codec.fromProtobuf(single.bytes) as unknown as { kind: string; metadata: { labels: object } };
  assert.deepEqual([partial.kind, partial.metadata.labels], ['PartialObjectMetadata', { app: 'a' }]);
  const list = codec.fromProtobuf((await get(api, all, `${protobuf};${metadataList}`)).bytes) as unknown as {
    kind: string;
    items: { metadata: { name: string } }[];
  };
  assert.deepEqual(
    [list.kind, list.items.map(({ metadata }) => metadata.name)],
    ['PartialObjectMetadataList', ['a', 'b']],
  );
});

test('a watch shows metadata alone, too', async () => {
  await using api = await cluster();
  const watch = `${all}?watch=true&timeoutSeconds=1`;
  const lines = (await get(api, watch, `application/json;${metadataOnly}`)).bytes.toString().trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { type: string; object: { kind: string; data?: object } });
  assert.deepEqual(
    events.map(({ type, object }) => [type, object.kind, object.data]),
    [
      ['ADDED', 'PartialObjectMetadata', undefined],
      ['ADDED', 'PartialObjectMetadata', undefined],
    ],
  );
  const streamed = await get(api, watch, `${protobuf};${metadataOnly}`);
  assert.equal(streamed.type, `${protobuf};stream=watch`);
  assert.ok(streamed.bytes.includes('PartialObjectMetadata') && !streamed.bytes.includes('xxxx'));
});

test('a Table has no protobuf: who names nothing else is refused', async () => {
  await using api = await cluster();
  const table = 'as=Table;g=meta.k8s.io;v=v1';
  assert.equal((await get(api, all, `${protobuf};${table}`)).status, 406);
  assert.equal((await get(api, all, `${protobuf};${table},application/json;${table}`)).type, 'application/json');
});

test('a list is JSON whatever order the stored objects are written in', async () => {
  await using api = await cluster();
  const stored = api.store.current.get('/registry/configmaps/', 'default/a');
  assert.ok(stored);
  const { kind, apiVersion, ...rest } = stored.value;
  await api.store.commit([
    {
      collection: stored.collection,
      name: stored.name,
      expected: stored.revision,
      value: { ...rest, apiVersion, kind },
    },
  ]);
  const list = JSON.parse((await get(api, all, 'application/json')).bytes.toString()) as {
    items: { kind?: string; metadata: { name: string } }[];
  };
  assert.deepEqual(
    list.items.map((item) => [item.kind, item.metadata.name]),
    [
      [undefined, 'a'],
      [undefined, 'b'],
    ],
  );
});

const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const inDefault = '/api/v1/namespaces/default';

async function asked(
  { endpoint }: TestCluster,
  [method, path, body]: readonly [method: string, path: string, body?: object],
  accept: string,
): Promise<{ readonly status: number; readonly body: Body }> {
  using http = new RawHttp(endpoint);
  const { status, text } = await http.json(method, path, body, { accept });
  return { status, body: JSON.parse(text) };
}

test('what upstream makes no rows of is refused to who wants nothing but a Table', async () => {
  await using api = await cluster();
  const review = (group: string, plural: string, spec: object, namespace = ''): readonly [string, string, object] => [
    'POST',
    `/apis/${group}.k8s.io/v1/${namespace}${plural}`,
    { spec },
  ];
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' };
  const user = 'somebody';
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await asked(api, ['POST', `${inDefault}/pods`, pod], 'application/json');
  await asked(api, ['POST', `${inDefault}/serviceaccounts`, { metadata: { name: 'default' } }], 'application/json');
  const withoutRows = [
    review('authentication', 'tokenreviews', { token: 'a' }),
    review('authentication', 'selfsubjectreviews', {}),
    review('authorization', 'subjectaccessreviews', { user, resourceAttributes }),
    review('authorization', 'localsubjectaccessreviews', { user, resourceAttributes }, 'namespaces/default/'),
    review('authorization', 'selfsubjectaccessreviews', { resourceAttributes }),
    review('authorization', 'selfsubjectrulesreviews', { namespace: 'default' }),
    ['POST', `${inDefault}/serviceaccounts/default/token`, {}],
    ['GET', `${inDefault}/pods/p/ephemeralcontainers`],
    ['GET', `${inDefault}/pods/p/resize`],
    ['GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.apps/status'],
    ['POST', `${inDefault}/pods/p/eviction?dryRun=All`, { metadata: { name: 'p' } }],
  ] as const;
  for (const request of withoutRows) {
    const refused = await asked(api, request, table);
    assert.deepEqual([refused.status, refused.body.reason], [406, 'NotAcceptable'], request[1]);
    const { status, body } = await asked(api, request, `${table},application/json`);
    assert.ok(status === 200 || status === 201, `${request[1]}: ${JSON.stringify(body)}`);
    assert.notEqual(body.kind, 'Table');
  }
  const withRows = ['/api/v1/namespaces/default/status', `${inDefault}/pods/p/status`, `${inDefault}/pods/p`];
  for (const path of withRows) assert.equal((await asked(api, ['GET', path], table)).body.kind, 'Table', path);
});

test('what is not stored is shown as it is asked for too', async () => {
  await using api = await cluster();
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { replicas: 3, selector: { matchLabels: { a: 'b' } }, template };
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const web = { metadata: { name: 'web' }, spec };
  const tried = await asked(api, ['POST', `${deployments}?dryRun=All`, web], table);
  assert.deepEqual([tried.body.rows[0].cells[0], tried.body.metadata], ['web', {}]);
  assert.equal(tried.body.rows[0].object.kind, 'PartialObjectMetadata');
  await asked(api, ['POST', deployments, web], 'application/json');
  const scale = await asked(api, ['GET', `${deployments}/web/scale?includeObject=Object`], table);
  assert.deepEqual(
    scale.body.columnDefinitions.map(({ name, type, format }: Record<string, string>) => [name, type, format]),
    [
      ['Name', 'string', ''],
      ['Desired', 'integer', ''],
      ['Available', 'integer', ''],
      ['Age', 'string', ''],
    ],
  );
  const [row] = scale.body.rows;
  assert.deepEqual([row.cells.slice(0, 3), row.object.kind], [['web', 3, 0], 'Scale']);
  const scaled = await asked(api, ['GET', `${deployments}/web/scale`], `application/json;${metadataOnly}`);
  assert.deepEqual([scaled.body.kind, scaled.body.metadata.name], ['PartialObjectMetadata', 'web']);
  const who = ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}] as const;
  const partial = await asked(api, who, `application/json;${metadataOnly}`);
  assert.deepEqual([partial.body.kind, partial.body.status], ['PartialObjectMetadata', undefined]);
  const gone = await asked(api, ['DELETE', one], table);
  assert.deepEqual([gone.body.kind, gone.body.status], ['Status', 'Success']);
});
