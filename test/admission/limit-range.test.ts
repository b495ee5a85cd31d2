/** Limit ranges over real HTTPS: the conformance tests named `LimitRange should …`, and upstream's refusals. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Admitted, type Answer } from './http.ts';

let server: Admitted;
let namespace = '';
let count = 0;

before(async () => void (server = await Admitted.start()));
after(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  namespace = `limits-${count++}`;
  await server.namespace(namespace);
});

const at = (plural: string): string => `/api/v1/namespaces/${namespace}/${plural}`;

async function range(...limits: object[]): Promise<void> {
  const { status, message } = await server.post(at('limitranges'), { metadata: { name: 'r' }, spec: { limits } });
  assert.equal(status, 201, message);
}

const pod = (name: string, resources: object = {}, spec: object = {}): Promise<Answer> =>
  server.post(at('pods'), {
    metadata: { name },
    spec: { containers: [{ name: 'pause', image: 'pause', resources }], ...spec },
  });

async function refused(answer: Promise<Answer>, message: string): Promise<void> {
  const got = await answer;
  assert.deepEqual([got.status, got.reason, got.message], [403, 'Forbidden', message]);
}

interface Spec {
  readonly containers: readonly { readonly resources: unknown }[];
  readonly initContainers: readonly { readonly resources: unknown }[];
}

void test('LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied', async () => {
  await range({
    type: 'Container',
    min: { cpu: '50m', memory: '100Mi', 'ephemeral-storage': '100Gi' },
    max: { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' },
    defaultRequest: { cpu: '100m', memory: '200Mi', 'ephemeral-storage': '200Gi' },
    default: { cpu: '300m', memory: '300Mi', 'ephemeral-storage': '300Gi' },
  });
  const init = { initContainers: [{ name: 'first', image: 'i', resources: { limits: { cpu: '200m' } } }] };
  const { object } = await pod('plain', { requests: { cpu: '150m' } }, init);
  const spec = object['spec'] as Spec;
  assert.deepEqual(spec.containers[0]?.resources, {
    limits: { cpu: '300m', memory: '300Mi', 'ephemeral-storage': '300Gi' },
    requests: { cpu: '150m', memory: '200Mi', 'ephemeral-storage': '200Gi' },
  });
  assert.deepEqual(spec.initContainers[0]?.resources, {
    limits: { cpu: '200m', memory: '300Mi', 'ephemeral-storage': '300Gi' },
    requests: { cpu: '200m', memory: '200Mi', 'ephemeral-storage': '200Gi' },
  });
  assert.deepEqual((object['metadata'] as { annotations: unknown }).annotations, {
    'kubernetes.io/limit-ranger':
      'LimitRanger plugin set: ephemeral-storage, memory request for container pause; cpu, ephemeral-storage, memory limit for container pause; ephemeral-storage, memory request for init container first; ephemeral-storage, memory limit for init container first',
  });
  await refused(
    pod('small', { requests: { cpu: '10m' } }),
    'pods "small" is forbidden: minimum cpu usage per Container is 50m, but request is 10m',
  );
  await refused(
    pod('large', { limits: { cpu: '600m', memory: '600Mi' } }),
    'pods "large" is forbidden: [maximum cpu usage per Container is 500m, but limit is 600m, maximum memory usage per Container is 500Mi, but limit is 600Mi]',
  );
  // An update takes effect at once.
  const patch = { spec: { limits: [{ type: 'Container', min: { cpu: '5m' }, max: { cpu: '1' } }] } };
  assert.equal((await server.patch(`${at('limitranges')}/r`, patch)).status, 200);
  assert.equal((await pod('small', { requests: { cpu: '10m' }, limits: { cpu: '10m' } })).status, 201);
});

void test('LimitRange should list, patch and delete a LimitRange by collection', async () => {
  await range({ type: 'Container', default: { cpu: '100m' } });
  const listed = await server.get('/api/v1/limitranges');
  const items = listed.object['items'] as { metadata: { namespace: string } }[];
  assert.ok(items.some(({ metadata }) => metadata.namespace === namespace));
  const patched = await server.patch(`${at('limitranges')}/r`, { metadata: { labels: { r: 'patched' } } });
  assert.equal(patched.status, 200);
  assert.equal((await server.delete(`${at('limitranges')}?labelSelector=r%3Dpatched`)).status, 200);
  assert.deepEqual((await server.get(at('limitranges'))).object['items'], []);
});

void test('bounds of whole pods, ratios, and what says nothing at all', async () => {
  await range(
    { type: 'Pod', max: { cpu: '1' }, min: { memory: '10Mi' }, maxLimitRequestRatio: { cpu: '2' } },
    { type: 'Container', maxLimitRequestRatio: { memory: '3' } },
  );
  const two = (resources: object): object => ({
    containers: ['a', 'b'].map((name) => ({ name, image: 'i', resources })),
  });
  await refused(
    pod('large', {}, two({ limits: { cpu: '600m', memory: '10Mi' } })),
    'pods "large" is forbidden: maximum cpu usage per Pod is 1, but limit is 1200m',
  );
  await refused(
    pod('uneven', {}, two({ requests: { cpu: '100m', memory: '10Mi' }, limits: { cpu: '400m', memory: '40Mi' } })),
    'pods "uneven" is forbidden: [cpu max limit to request ratio per Pod is 2, but provided ratio is 4.000000, memory max limit to request ratio per Container is 3, but provided ratio is 4.000000]',
  );
  await refused(
    pod('silent'),
    'pods "silent" is forbidden: [minimum memory usage per Pod is 10Mi.  No request is specified, maximum cpu usage per Pod is 1.  No limit is specified, cpu max limit to request ratio per Pod is 2, but no request is specified or request is 0, memory max limit to request ratio per Container is 3, but no request is specified or request is 0]',
  );
});

void test('of several ranges the first that is not kept to is told of', async () => {
  await range({ type: 'Container', max: { cpu: '1' } });
  const second = { metadata: { name: 's' }, spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] } };
  assert.equal((await server.post(at('limitranges'), second)).status, 201);
  await refused(
    pod('large', { limits: { cpu: '2', memory: '2Gi' } }),
    'pods "large" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
  );
});

void test('claims ask for no less and no more than is allowed', async () => {
  await range({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } });
  const claim = (name: string, storage: string): Promise<Answer> =>
    server.post(at('persistentvolumeclaims'), {
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
  await refused(
    claim('small', '500Mi'),
    'persistentvolumeclaims "small" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi',
  );
  await refused(
    claim('large', '5Gi'),
    'persistentvolumeclaims "large" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi',
  );
  assert.equal((await claim('right', '2Gi')).status, 201);
});
