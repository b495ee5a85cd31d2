/** Plugins that ask others, count, or look at nodes, over real HTTPS in virtual time. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { JsonObject } from '../../src/base/mod.ts';
import { Admitted, type Answer } from './http.ts';
import { AdmissionServer } from './webhook-server.ts';

const core = '/api/v1/namespaces/test';
let directory: string;
let images: AdmissionServer;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'admission-'));
  images = await AdmissionServer.start();
});
after(async () => {
  rmSync(directory, { recursive: true, force: true });
  await images[Symbol.asyncDispose]();
});

function configured(plugin: string, configuration: JsonObject, flags: Record<string, string> = {}): Promise<Admitted> {
  const file = join(directory, `${plugin}.json`);
  const plugins = [{ name: plugin, configuration }];
  const whole = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', plugins };
  writeFileSync(file, JSON.stringify(whole));
  return Admitted.start({ 'enable-admission-plugins': plugin, 'admission-control-config-file': file, ...flags });
}

async function refused(answer: Promise<Answer>, message: string, status = 403): Promise<JsonObject> {
  const got = await answer;
  assert.deepEqual([got.status, got.message], [status, message]);
  return got.object as JsonObject;
}

const pod = (name: string, image = 'i', metadata: object = {}, spec: object = {}): object => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image }], ...spec },
});

void test('so many events and no more, each limit by its own count', async () => {
  await using server = await configured('EventRateLimit', {
    apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1',
    kind: 'Configuration',
    limits: [
      { type: 'Namespace', qps: 1, burst: 3, cacheSize: 10 },
      { type: 'SourceAndObject', qps: 1, burst: 1 },
      { type: 'User', qps: 50, burst: 100 },
    ],
  });
  const event = (name: string, about: string, query = ''): Promise<Answer> =>
    server.post(`${core}/events${query}`, {
      metadata: { name },
      reason: 'R',
      type: 'Normal',
      source: { component: 'mine' },
      involvedObject: { kind: 'Pod', namespace: 'test', name: about },
    });
  assert.equal((await event('a', 'x')).status, 201);
  const answer = await refused(event('b', 'x'), 'limit reached on type SourceAndObject for key minePodtestx', 429);
  assert.equal(answer['reason'], 'TooManyRequests');
  assert.equal((await event('dry', 'x', '?dryRun=All')).status, 201, 'nothing is written, nothing is counted');
  assert.equal((await event('c', 'y')).status, 201);
  await refused(
    event('d', 'y'),
    '[limit reached on type Namespace for key test, limit reached on type SourceAndObject for key minePodtesty]',
    429,
  );
  const newer = await server.post('/apis/events.k8s.io/v1/namespaces/test/events', {
    metadata: { name: 'newer' },
    eventTime: '2030-01-01T00:00:00.000000Z',
    reportingController: 'example.com/mine',
    reportingInstance: 'one',
    action: 'Do',
    reason: 'R',
    type: 'Normal',
    regarding: { kind: 'Pod', namespace: 'test', name: 'y' },
  });
  assert.equal(newer.status, 201, 'the newer group is not limited');
  await server.cluster.advance(1000);
  assert.equal((await event('e', 'y')).status, 201, 'a second brings a token');
  assert.equal((await server.post(`${core}/configmaps`, { metadata: { name: 'c' } })).status, 201);
});

function imagePolicy(more: JsonObject = {}, url = `https://127.0.0.1:${images.port}/review`): Promise<Admitted> {
  const cluster = { server: url, 'certificate-authority-data': images.caBundle };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 'secret' } }],
  };
  writeFileSync(join(directory, 'images.conf'), JSON.stringify(kubeconfig));
  return configured('ImagePolicyWebhook', { imagePolicy: { kubeConfigFile: 'images.conf', ...more } });
}

void test('somebody else says which images may run, for a while', async () => {
  await using server = await imagePolicy({ allowTTL: 60, denyTTL: -1 });
  images.answer = (review: unknown) => {
    const { spec } = review as { spec: { containers: [{ image: string }] } };
    const bad = spec.containers.find(({ image }) => image.startsWith('bad'))?.image;
    const status =
      bad === undefined
        ? { allowed: true, auditAnnotations: { seen: 'yes' } }
        : { allowed: false, ...(bad === 'bad' ? {} : { reason: `not ${bad}` }) };
    return { raw: JSON.stringify({ apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', status }) };
  };
  images.reviews.length = 0;
  const annotations = { 'alpha.image-policy.k8s.io/ticket': '7', other: 'x' };
  const initContainers = [{ name: 'i', image: 'second' }];
  assert.equal((await server.post(`${core}/pods`, pod('good', 'i', { annotations }, { initContainers }))).status, 201);
  assert.deepEqual(images.reviews, [
    {
      kind: 'ImageReview',
      apiVersion: 'imagepolicy.k8s.io/v1alpha1',
      metadata: {},
      spec: {
        containers: [{ image: 'i' }, { image: 'second' }],
        annotations: { 'alpha.image-policy.k8s.io/ticket': '7' },
        namespace: 'test',
      },
      status: { allowed: false },
      path: '/review?timeout=30s',
    },
  ]);
  const again = (): Promise<Answer> =>
    server.post(`${core}/pods?dryRun=All`, pod('again', 'i', { annotations }, { initContainers }));
  assert.equal((await again()).status, 201);
  assert.equal(images.reviews.length, 1, 'what was said holds');
  await server.cluster.advance(61_000);
  assert.equal((await again()).status, 201);
  assert.equal(images.reviews.length, 2);
  await refused(
    server.post(`${core}/pods`, pod('evil', 'bad:1')),
    'pods "evil" is forbidden: image policy webhook backend denied one or more images: not bad:1',
  );
  await refused(
    server.post(`${core}/pods`, pod('evil', 'bad')),
    'pods "evil" is forbidden: one or more images rejected by webhook backend',
  );
  const container = { name: 'debug', image: 'bad:2' };
  await refused(
    server.patch(`${core}/pods/good/ephemeralcontainers`, { spec: { ephemeralContainers: [container] } }),
    'pods "good" is forbidden: image policy webhook backend denied one or more images: not bad:2',
  );
});

void test('nobody there to ask: refused, or let through and said so', async () => {
  const nowhere = 'https://127.0.0.1:1/review';
  await using strict = await imagePolicy({}, nowhere);
  await refused(
    strict.post(`${core}/pods`, pod('p')),
    `pods "p" is forbidden: Post "${nowhere}?timeout=30s": dial tcp 127.0.0.1:1: connect: connection refused`,
  );
  await using open = await imagePolicy({ defaultAllow: true }, nowhere);
  const made = await open.post(`${core}/pods`, pod('p'));
  const { annotations } = made.object['metadata'] as { annotations: Record<string, string> };
  assert.deepEqual([made.status, annotations], [201, { 'alpha.image-policy.k8s.io/failed-open': 'true' }]);
  images.answer = () => ({ raw: 'no', status: 404 });
  await using server = await imagePolicy();
  await refused(server.post(`${core}/pods`, pod('p')), 'the server could not find the requested resource', 404);
});

void test('a pod is resized only where its node can do it and has as much', async () => {
  await using server = await Admitted.start();
  const node = (name: string, os: string, declaredFeatures: string[] = []): Promise<Answer> =>
    server.post('/api/v1/nodes', {
      metadata: { name, labels: { 'kubernetes.io/os': os } },
      status: { allocatable: { cpu: '2', memory: '1Gi' }, declaredFeatures },
    });
  await node('small', 'linux');
  await node('able', 'linux', ['GuaranteedQoSPodCPUResize']);
  await node('windows', 'windows');
  const create = (nodeName: string, limits?: object): Promise<Answer> => {
    const resources = { requests: { cpu: '100m', memory: '10Mi' }, ...(limits === undefined ? {} : { limits }) };
    const spec = { nodeName, containers: [{ name: 'c', image: 'i', resources }] };
    return server.post(`${core}/pods`, { metadata: { name: `on-${nodeName}` }, spec });
  };
  const resize = (name: string, cpu: string, memory: string, limits?: object): Promise<Answer> => {
    const resources = { requests: { cpu, memory }, ...(limits === undefined ? {} : { limits }) };
    return server.send('PATCH', `${core}/pods/${name}/resize`, {
      spec: { containers: [{ name: 'c', image: 'i', resources }] },
    });
  };
  assert.equal((await create('small')).status, 201);
  const whole = await refused(
    resize('on-small', '2500m', '2Gi'),
    `pods "on-small" is forbidden: node didn't have enough allocatable resources: cpu, requested: 2500, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824`,
  );
  assert.deepEqual(whole['details'], { name: 'on-small', kind: 'pods', causes: [{ reason: 'NodeCapacity' }] });
  assert.equal((await resize('on-small', '2', '1Gi')).status, 200, 'as much as there is');
  await create('windows');
  const foreign = await refused(
    resize('on-windows', '200m', '10Mi'),
    'pods "on-windows" is forbidden: pod resize is only supported on linux nodes, node "windows" is "windows"',
  );
  assert.deepEqual((foreign['details'] as JsonObject)['causes'], [{ reason: 'UnsupportedPlatform' }]);
  await create('gone');
  await refused(resize('on-gone', '200m', '10Mi'), 'pods "on-gone" is forbidden: node "gone" not found');

  const guaranteed = { cpu: '100m', memory: '10Mi' };
  const more = { cpu: '200m', memory: '10Mi' };
  await create('able', guaranteed);
  assert.equal((await resize('on-able', '200m', '10Mi', more)).status, 200);
  await node('old', 'linux');
  await create('old', guaranteed);
  await refused(
    resize('on-old', '200m', '10Mi', more),
    'pods "on-old" is forbidden: pod update requires features GuaranteedQoSPodCPUResize which are not available on node "old"',
  );
  const memory = { cpu: '100m', memory: '20Mi' };
  assert.equal((await resize('on-old', '100m', '20Mi', memory)).status, 200, 'memory can be resized everywhere');
  assert.equal((await resize('on-old', '100m', '20Mi', memory)).status, 200, 'nothing changes');
});
