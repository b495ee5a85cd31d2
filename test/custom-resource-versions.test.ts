/** Custom resources in several versions: converted by changing their apiVersion alone, and by a webhook behind real TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError, silentLog, type Json, type JsonObject } from '../src/base/mod.ts';
import { customResourceDefinitions, endpointSlices, namespaces, services } from '../src/api/mod.ts';
import facts from '../src/api/upstream/facts.json' with { type: 'json' };
import { composeServer, type ComposedServer } from '../src/apiserver/mod.ts';
import { systemRandom } from '../src/host/system.ts';
import { usualConfig } from '../src/machinery/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { Api, definition, definitionsPath } from './custom-resources.ts';
import { TlsServer } from './tls-server.ts';

interface Review {
  readonly apiVersion: string;
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly Converted[];
  };
}

interface Converted {
  apiVersion: string;
  metadata: Record<string, Json>;
  spec: Record<string, Json>;
}

const textSpec = (name: string): JsonObject => ({
  type: 'object',
  properties: { spec: { type: 'object', properties: { [name]: { type: 'string' }, both: { type: 'string' } } } },
});

function twoVersions(storage: string): JsonObject[] {
  return [
    { name: 'v1', served: true, storage: storage === 'v1', schema: { openAPIV3Schema: textSpec('old') } },
    {
      name: 'v2',
      served: true,
      storage: storage === 'v2',
      schema: { openAPIV3Schema: textSpec('new') },
      selectableFields: [{ jsonPath: '.spec.new' }],
    },
  ];
}

const path = (version: string, name = ''): string =>
  `/apis/example.com/${version}/namespaces/default/widgets${name === '' ? '' : `/${name}`}`;

const widget = (version: string, name: string, spec: object): object => ({
  apiVersion: `example.com/${version}`,
  kind: 'Widget',
  metadata: { name },
  spec,
});

void test('without a webhook only the apiVersion changes, and each version sees what it knows', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1') }));
  const group = await api.get('/apis/example.com');
  assert.deepEqual(
    [group.body.preferredVersion.version, group.body.versions.map(({ version }: { version: string }) => version)],
    ['v2', ['v2', 'v1']],
  );
  await api.send('POST', path('v1'), widget('v1', 'a', { old: 'x', both: 'y' }));
  const shown = await api.get(path('v2', 'a'));
  assert.deepEqual([shown.body.apiVersion, shown.body.spec], ['example.com/v2', { both: 'y' }]);
  const changed = await api.merge(path('v2', 'a'), { spec: { both: 'z' } });
  assert.deepEqual([changed.status, changed.body.spec], [200, { both: 'z' }]);
  // What v2 does not know is lost when v2 writes: it was not in what it read.
  assert.deepEqual((await api.get(path('v1', 'a'))).body.spec, { both: 'z' });
  const mismatch = await api.send('POST', path('v2'), widget('v1', 'b', {}));
  assert.deepEqual(
    [mismatch.status, mismatch.body.message],
    [400, 'the API version in the data (example.com/v1) does not match the expected API version (example.com/v2)'],
  );
});

void test('what was stored by another version or another schema is shown in the newest', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1') }));
  await api.send('POST', path('v1'), widget('v1', 'a', { both: 'y' }));
  const versions = twoVersions('v2').map((version) => structuredClone(version)) as {
    schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, object> } } } };
  }[];
  for (const { schema } of versions)
    schema.openAPIV3Schema.properties.spec.properties['added'] = { type: 'string', default: 'later' };
  const moved = await api.merge(`${definitionsPath}/widgets.example.com`, { spec: { versions } });
  assert.deepEqual([moved.status, moved.body.status.storedVersions], [200, ['v1', 'v2']]);
  for (const version of ['v1', 'v2']) {
    const { body } = await api.get(path(version, 'a'));
    assert.deepEqual([body.apiVersion, body.spec], [`example.com/${version}`, { added: 'later', both: 'y' }]);
    const list = await api.get(path(version));
    assert.deepEqual(list.body.items[0].spec, { added: 'later', both: 'y' });
  }
  // A write without a change stores the newest version.
  const before = (await api.get(path('v2', 'a'))).body.metadata.resourceVersion;
  const after = (await api.merge(path('v2', 'a'), {})).body.metadata.resourceVersion;
  assert.notEqual(after, before);
  assert.equal((await api.merge(path('v2', 'a'), {})).body.metadata.resourceVersion, after);
  const gone = await api.merge(`${definitionsPath}/widgets.example.com`, { spec: { versions: versions.slice(1) } });
  assert.match(gone.body.message, /status.storedVersions\[0\]: Invalid value: "v1": missing from spec.versions/);
});

void test('a version can stop being served, and a deprecated one warns', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const [first = {}, second = {}] = twoVersions('v2');
  await api.define(definition('widgets', 'Widget', { versions: [{ ...first, deprecated: true }, second] }));
  const warned = await api.get(path('v1'));
  assert.equal(warned.headers['warning'], '299 - "example.com/v1 Widget is deprecated; use example.com/v2 Widget"');
  await api.merge(`${definitionsPath}/widgets.example.com`, {
    spec: { versions: [{ ...first, served: false }, second] },
  });
  assert.equal((await api.get(path('v1'))).status, 404);
  assert.equal((await api.get(path('v2'))).status, 200);
  assert.equal((await api.get('/apis/example.com/v1')).status, 404);
});

/** A conversion webhook that a test makes answer as it likes. */
class ConversionServer implements AsyncDisposable {
  readonly reviews: Review[] = [];
  answer: (review: Review) => unknown = convertedReview;
  readonly #server: TlsServer;

  private constructor(server: TlsServer) {
    this.#server = server;
    server.answer = ({ body }) => {
      const review = body as unknown as Review;
      this.reviews.push(review);
      const answer = this.answer(review);
      return answer === undefined ? { status: 500, text: 'broken' } : { text: JSON.stringify(answer) };
    };
  }

  static async start(): Promise<ConversionServer> {
    return new ConversionServer(await TlsServer.start('converter.hooks.svc'));
  }

  get port(): number {
    return this.#server.port;
  }

  conversion(clientConfig: JsonObject, reviews = ['v1']): JsonObject {
    return {
      conversion: {
        strategy: 'Webhook',
        webhook: {
          conversionReviewVersions: reviews,
          clientConfig: { caBundle: this.#server.caBundle, ...clientConfig },
        },
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}

/** `spec.old` of v1 is `spec.new` of v2. */
function converted(object: Converted, apiVersion: string): Converted {
  const { old, new: fresh, ...rest } = object.spec;
  const text = old ?? fresh;
  const name = apiVersion.endsWith('v1') ? 'old' : 'new';
  return { ...object, apiVersion, spec: { ...rest, ...(text === undefined ? {} : { [name]: text }) } };
}

function convertedReview({ apiVersion, request }: Review): unknown {
  const convertedObjects = request.objects.map((object) => converted(object, request.desiredAPIVersion));
  return {
    apiVersion,
    kind: 'ConversionReview',
    response: { uid: request.uid, result: { status: 'Success' }, convertedObjects },
  };
}

/** What the controllers of a cluster whose pods are on the loopback would write; nobody may ask for such an address. */
async function behindService(cluster: TestCluster, port: number): Promise<void> {
  await cluster.client.create(services, {
    metadata: { name: 'converter', namespace: 'hooks' },
    spec: { ports: [{ name: 'https', port: 9443 }] },
  });
  const slice: JsonObject = {
    metadata: { name: 'converter-1', namespace: 'hooks', labels: { 'kubernetes.io/service-name': 'converter' } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['192.0.2.1'], conditions: { ready: false } },
      { addresses: ['127.0.0.1'], conditions: { ready: true } },
    ],
    ports: [{ name: 'https', port }],
  };
  await cluster.store.commit([
    { collection: endpointSlices.collection ?? '', name: 'hooks/converter-1', value: slice },
  ]);
}

for (const reviews of [['v1'], ['v1beta1', 'v1']])
  void test(`a webhook converts, asked with ${reviews[0]}`, async () => {
    await using webhook = await ConversionServer.start();
    await using cluster = await startApiServer({ https: true });
    using api = new Api(cluster);
    const spec = webhook.conversion({ url: `https://127.0.0.1:${webhook.port}/convert` }, reviews);
    await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1'), spec }));
    const made = await api.send('POST', path('v1'), widget('v1', 'a', { old: 'x', both: 'y' }));
    assert.equal(made.status, 201, made.body.message);
    assert.equal(webhook.reviews.length, 0, 'nothing to convert');
    const read = await api.get(path('v2', 'a'));
    assert.deepEqual([read.body.apiVersion, read.body.spec], ['example.com/v2', { both: 'y', new: 'x' }]);
    assert.equal(webhook.reviews[0]?.apiVersion, `apiextensions.k8s.io/${reviews[0]}`);
    await api.get(path('v2', 'a'));
    assert.equal(webhook.reviews.length, 1, 'what was converted once is kept');
    const stored = await api.send('POST', path('v2'), widget('v2', 'b', { new: 'z' }));
    assert.deepEqual([stored.status, stored.body.spec], [201, { new: 'z' }]);
    assert.deepEqual((await api.get(path('v1', 'b'))).body.spec, { old: 'z' });
    for (const name of ['c', 'd']) await api.send('POST', path('v1'), widget('v1', name, { old: name }));
    const asked = webhook.reviews.length;
    const list = await api.get(path('v2'));
    assert.deepEqual(
      list.body.items.map((item: Converted) => [item.metadata['name'], item.spec['new']]),
      [
        ['a', 'x'],
        ['b', 'z'],
        ['c', 'c'],
        ['d', 'd'],
      ],
    );
    assert.equal(webhook.reviews.length, asked + 1, 'a list is converted at once');
    const selected = await api.get(`${path('v2')}?fieldSelector=spec.new%3Dz`);
    assert.deepEqual(
      selected.body.items.map((item: Converted) => item.metadata['name']),
      ['b'],
    );
    const patched = await api.merge(path('v2', 'a'), { spec: { new: 'q' } });
    assert.deepEqual([patched.status, patched.body.spec], [200, { both: 'y', new: 'q' }]);
    assert.deepEqual((await api.get(path('v1', 'a'))).body.spec, { both: 'y', old: 'q' });
  });

void test('what a webhook answers is held against what was asked', async () => {
  await using webhook = await ConversionServer.start();
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const url = `https://127.0.0.1:${webhook.port}/convert`;
  await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1'), spec: webhook.conversion({ url }) }));
  await api.send('POST', path('v1'), widget('v1', 'a', { old: 'x' }));
  const about = 'conversion webhook for example.com/v1, Kind=Widget';
  const changed =
    (change: (object: Converted) => unknown) =>
    (review: Review): unknown => {
      const { response, ...rest } = convertedReview(review) as { response: { convertedObjects: Converted[] } };
      return { ...rest, response: { ...response, convertedObjects: response.convertedObjects.map(change) } };
    };
  const failed =
    (result: object) =>
    (review: Review): unknown => ({
      apiVersion: review.apiVersion,
      kind: 'ConversionReview',
      response: { uid: review.request.uid, result },
    });
  const answers: readonly [(review: Review) => unknown, string][] = [
    [failed({ status: 'Failed', message: 'no way' }), `${about} failed: no way`],
    [failed({}), `${about} failed: response.result.status was '', not 'Success'`],
    [failed({ status: 'Success' }), `${about} returned 0 objects, expected 1`],
    [
      () => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' }),
      `${about} failed: no response provided`,
    ],
    [
      changed((object) => ({ ...object, apiVersion: 'example.com/v3' })),
      `${about} returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v3)`,
    ],
    [
      changed((object) => ({ ...object, metadata: { ...object.metadata, name: 'b' } })),
      `${about} returned invalid object: must have the same name: a != b`,
    ],
    [
      changed((object) => ({ ...object, metadata: { ...object.metadata, labels: { a: 1 } } })),
      `${about} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`,
    ],
    [() => undefined, `${about} failed: an error on the server ("broken") has prevented the request from succeeding`],
  ];
  for (const [answer, message] of answers) {
    webhook.answer = answer;
    const { status, body } = await api.get(path('v2', 'a'));
    assert.deepEqual([status, body.message], [500, message]);
  }
  // Deleting converts nothing.
  await api.send('POST', path('v1'), widget('v1', 'b', { old: 'x' }));
  assert.equal((await api.send('DELETE', path('v1', 'b'))).status, 200);
  webhook.answer = changed((object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 77, labels: { converted: 'yes' } },
  }));
  const { body } = await api.get(path('v2', 'a'));
  assert.deepEqual([body.metadata.labels, body.metadata.generation], [{ converted: 'yes' }, 1]);
  webhook.answer = () => undefined;
  await api.send('DELETE', `${definitionsPath}/widgets.example.com`);
  await api.until(`${definitionsPath}/widgets.example.com`, ({ status }) => status === 404);
});

void test('a webhook behind a Service is found through its endpoints, and its certificate is checked', async () => {
  await using webhook = await ConversionServer.start();
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await cluster.client.create(namespaces, { metadata: { name: 'hooks' } });
  const service = { name: 'converter', namespace: 'hooks', port: 9443, path: '/convert' };
  const spec = webhook.conversion({ service });
  await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1'), spec }));
  await api.send('POST', path('v1'), widget('v1', 'a', { old: 'x' }));
  const url = 'https://converter.hooks.svc:9443/convert?timeout=30s';
  const refused = `conversion webhook for example.com/v1, Kind=Widget failed: Post "${url}": `;
  const missing = await api.get(path('v2', 'a'));
  assert.deepEqual([missing.status, missing.body.message], [500, `${refused}service "converter" not found`]);
  await behindService(cluster, webhook.port);
  const found = await api.get(path('v2', 'a'));
  assert.deepEqual([found.status, found.body.spec], [200, { new: 'x' }]);
  const { conversion } = (await api.definition('widgets')).body.spec;
  conversion.webhook.clientConfig.caBundle = Buffer.from(cluster.endpoint.ca).toString('base64');
  await api.merge(`${definitionsPath}/widgets.example.com`, { spec: { conversion } });
  const distrusted = await api.get(path('v2', 'a'));
  assert.equal(
    distrusted.body.message,
    `${refused}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  );
});

/** What a watch has told so far. */
class Watched implements Disposable {
  readonly events: string[] = [];
  ended: unknown;
  readonly #watch: Disposable;

  constructor(cluster: TestCluster, version: string, fieldSelector?: string) {
    const resource = { group: 'example.com', version, plural: 'widgets', kind: 'Widget', namespaced: true };
    const selector = fieldSelector === undefined ? {} : { fieldSelector };
    this.#watch = cluster.endpoint.client().watch(
      resource,
      { namespace: 'default', resourceVersion: '', ...selector },
      {
        onEvents: (events) => {
          for (const { type, object } of events) {
            const { apiVersion, metadata, spec } = object as unknown as Converted;
            const version = apiVersion.split('/')[1] ?? '';
            this.events.push(`${type} ${version} ${metadata['name'] as string} ${JSON.stringify(spec)}`);
          }
        },
        onEnd: (error) => {
          this.ended = error;
        },
      },
    );
  }

  async sees(...wanted: readonly string[]): Promise<void> {
    await this.some(wanted.length);
    assert.deepEqual(this.events, wanted);
  }

  async ends(): Promise<void> {
    for (let waitedMs = 0; waitedMs < 2_000 && this.ended === undefined; waitedMs += 5) await sleep(5);
    assert.ok(this.ended instanceof HostError && this.ended.code === 'WatchEnded', String(this.ended));
  }

  async some(count: number): Promise<void> {
    for (let waitedMs = 0; waitedMs < 2_000 && this.events.length < count; waitedMs += 5) await sleep(5);
    assert.equal(this.events.length, count);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

void test('watches see the version that they asked for, selected by its fields', async () => {
  await using webhook = await ConversionServer.start();
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const spec = webhook.conversion({ url: `https://127.0.0.1:${webhook.port}/convert` });
  await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1'), spec }));
  await api.send('POST', path('v1'), widget('v1', 'a', { old: 'x' }));
  using first = new Watched(cluster, 'v1');
  using second = new Watched(cluster, 'v2');
  using selected = new Watched(cluster, 'v2', 'spec.new=y');
  await second.sees('ADDED v2 a {"new":"x"}');
  await api.merge(path('v1', 'a'), { spec: { old: 'y' } });
  await api.merge(path('v2', 'a'), { spec: { new: 'z' } });
  await api.send('DELETE', path('v1', 'a'));
  await first.sees(
    'ADDED v1 a {"old":"x"}',
    'MODIFIED v1 a {"old":"y"}',
    'MODIFIED v1 a {"old":"z"}',
    'DELETED v1 a {"old":"z"}',
  );
  await second.sees(
    'ADDED v2 a {"new":"x"}',
    'MODIFIED v2 a {"new":"y"}',
    'MODIFIED v2 a {"new":"z"}',
    'DELETED v2 a {"new":"z"}',
  );
  await selected.some(2);
  assert.equal(selected.events[0], 'ADDED v2 a {"new":"y"}');
  assert.match(selected.events[1] ?? '', /^DELETED v2 a /);
});

void test('a watch ends when what it watches is defined anew, or not at all any more', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const name = `${definitionsPath}/widgets.example.com`;
  await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1') }));
  await api.send('POST', path('v1'), widget('v1', 'a', { both: 'x' }));
  using first = new Watched(cluster, 'v1');
  await first.sees('ADDED v1 a {"both":"x"}');
  const { spec } = (await api.get(name)).body;
  spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.more = { type: 'string', default: 'm' };
  await api.merge(name, { spec });
  await first.ends();
  using second = new Watched(cluster, 'v1');
  await second.sees('ADDED v1 a {"both":"x","more":"m"}');
  await api.merge(path('v1', 'a'), { spec: { both: 'y' } });
  await api.merge(name, { metadata: { labels: { a: 'b' } } });
  await api.send('DELETE', name);
  await second.sees(
    'ADDED v1 a {"both":"x","more":"m"}',
    'MODIFIED v1 a {"both":"y","more":"m"}',
    'DELETED v1 a {"both":"y","more":"m"}',
  );
  await second.ends();
});

void test('every API server over the same store serves what is defined in it', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const world = { store: cluster.store, clock: cluster.clock, random: systemRandom, log: silentLog };
  const compose = (): ComposedServer =>
    composeServer({ ...world, facts, config: usualConfig }, { posts: [], admission: { disabled: ['ServiceAccount'] } });
  const other = compose();
  await using _served = other.customResources;
  await api.define(definition('widgets', 'Widget', { versions: twoVersions('v1') }));
  const resource = { group: 'example.com', version: 'v2', plural: 'widgets', kind: 'Widget', namespaced: true };
  const client = other.client({ username: 'admin', groups: ['system:masters'] });
  await api.send('POST', path('v1'), widget('v1', 'a', { both: 'y' }));
  const seen = (await client.get(resource, { namespace: 'default', name: 'a' })) as unknown as Converted;
  assert.deepEqual([seen.apiVersion, seen.spec], ['example.com/v2', { both: 'y' }]);
  const restarted = compose();
  await using _late = restarted.customResources;
  assert.notEqual(restarted.server.registry.find('example.com', 'v1', 'widgets'), undefined, 'it serves what it finds');
  await client.delete(customResourceDefinitions, { name: 'widgets.example.com' });
  await api.until(`${definitionsPath}/widgets.example.com`, ({ status }) => status === 404);
  await assert.rejects(client.list(resource), { message: 'the server could not find the requested resource' });
  assert.equal((await api.get(path('v1'))).status, 404);
});
