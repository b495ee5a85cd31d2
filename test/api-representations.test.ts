/** What a client may ask an object to look like: its metadata alone, in JSON and in protobuf, once, in lists and in watches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '../src/api/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
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
