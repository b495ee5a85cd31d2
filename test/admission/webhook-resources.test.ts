/** What webhooks are asked about: objects in other versions, custom resources, definitions, subresources; and by which way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSlices, services, startApiServer } from '../../src/main/testing.ts';
import { Api, definition, definitionsPath, widgetSchema } from '../custom-resources.ts';
import { rulesFor, validate } from './policy-objects.ts';
import {
  AdmissionServer,
  allowed,
  configMap,
  configMapsPath,
  denied,
  mutating,
  mutatingPath,
  patchedBy,
  validating,
} from './webhook-server.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};
const all = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] };
const podsPath = '/api/v1/namespaces/default/pods';

void test('a rule for one version is about the same object in another one', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const rule = { apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: ['horizontalpodautoscalers'] };
  await mutating(api, 'equivalent', server.hook('equivalent', rule));
  await mutating(api, 'exact', server.hook('exact', rule, { matchPolicy: 'Exact' }));
  server.answer = () => patchedBy({ op: 'add', path: '/spec/targetCPUUtilizationPercentage', value: 42 });
  const body = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3 },
  };
  const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
  const made = await api.send('POST', path, body);
  assert.equal(made.status, 201, made.body.message);
  assert.equal(made.body.spec.metrics[0].resource.target.averageUtilization, 42);
  assert.equal(server.askedAt('exact').length, 0);
  const [asked] = server.askedAt('equivalent');
  assert.equal(asked?.request.object.apiVersion, 'autoscaling/v1');
  assert.deepEqual([asked?.request.kind.version, asked?.request.requestKind.version], ['v1', 'v2']);
});

void test('custom resources are changed, pruned and refused', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const version = (name: string, storage: boolean): object => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: widgetSchema },
  });
  await api.define(definition('widgets', 'Widget', { versions: [version('v1', true), version('v2', false)] as never }));
  const rule = { apiGroups: ['example.com'], apiVersions: ['v1'], resources: ['widgets'], operations: ['*'] };
  server.answer = ({ request }) =>
    request.operation === 'DELETE'
      ? allowed
      : patchedBy(
          { op: 'add', path: '/spec/replicas', value: 4 },
          { op: 'add', path: '/spec/unknown', value: 1 },
          { op: 'add', path: '/spec/parts', value: [{ name: 'p' }] },
        );
  await mutating(api, 'change', server.hook('change', rule));
  const path = (v: string): string => `/apis/example.com/${v}/namespaces/default/widgets`;
  const widget = (v: string, name: string): object => ({
    apiVersion: `example.com/${v}`,
    kind: 'Widget',
    metadata: { name },
    spec: { size: 1 },
  });
  for (const v of ['v1', 'v2']) {
    const { status, body } = await api.send('POST', path(v), widget(v, v));
    assert.equal(status, 201, body.message);
    assert.equal(body.apiVersion, `example.com/${v}`);
    assert.deepEqual(body.spec, { size: 1, color: 'red', replicas: 4, parts: [{ name: 'p', count: 1 }] });
  }
  assert.deepEqual(
    server.reviews.map(({ request }) => request.object.apiVersion),
    ['example.com/v1', 'example.com/v1'],
  );
  await api.merge(`${definitionsPath}/widgets.example.com`, {
    spec: { versions: [version('v1', false), version('v2', true)] },
  });
  const changed = await api.merge(`${path('v1')}/v1`, { spec: { size: 2 } });
  assert.deepEqual([changed.status, changed.body.spec.size, changed.body.spec.replicas], [200, 2, 4]);
  server.answer = () => denied('no widgets');
  await validating(api, 'deny', server.hook('deny', rule));
  await api.send('DELETE', `${mutatingPath}/change`);
  const no = 'admission webhook "deny.example.com" denied the request: no widgets';
  assert.equal((await api.send('POST', path('v2'), widget('v2', 'x'))).body.message, no);
  assert.equal((await api.merge(`${path('v1')}/v1`, { spec: { size: 3 } })).body.message, no);
  assert.equal((await api.send('DELETE', `${path('v2')}/v1`)).body.message, no);
});

void test('reviews are shown to webhooks, but no policy gets between', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  await validating(api, 'reviews', server.hook('reviews', all));
  await validate(api, 'never', { matchConstraints: rulesFor('*', '*'), validations: [{ expression: 'false' }] });
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'LocalSubjectAccessReview',
    metadata: { namespace: 'not-there' },
    spec: { user: 'a', resourceAttributes: { namespace: 'not-there', verb: 'get', resource: 'pods' } },
  };
  const path = '/apis/authorization.k8s.io/v1/namespaces/not-there/localsubjectaccessreviews';
  const { status, body } = await api.send('POST', path, review);
  assert.equal(status, 201, body.message);
  const [{ request } = assert.fail()] = server.reviews;
  assert.deepEqual([request.resource.resource, request.object.spec.user], ['localsubjectaccessreviews', 'a']);
  assert.equal(server.reviews.length, 1);
});

void test('connections to pods are refused before they are made', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  await api.send('POST', podsPath, pod);
  server.answer = () => denied("attaching to pod 'a' is not allowed");
  await validating(api, 'attach', server.hook('attach', { operations: ['CONNECT'], resources: ['pods/attach'] }));
  const { status, body } = await api.send('POST', `${podsPath}/a/attach?container=c&stdin=true&stdout=true`);
  assert.equal(status, 403, body.message);
  assert.match(body.message, /denied the request: attaching to pod 'a' is not allowed$/);
  const [{ request } = assert.fail()] = server.reviews;
  assert.deepEqual(
    [request.operation, request.subResource, request.kind.kind, request.options, request.object],
    [
      'CONNECT',
      'attach',
      'PodAttachOptions',
      null,
      { kind: 'PodAttachOptions', apiVersion: 'v1', container: 'c', stdin: true, stdout: true },
    ],
  );
});

void test('definitions of custom resources are refused like anything else', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  server.answer = () => denied('the crd contains unwanted label');
  const rule = { apiGroups: ['apiextensions.k8s.io'], apiVersions: ['*'], resources: ['customresourcedefinitions'] };
  await validating(api, 'crd', server.hook('crd', rule));
  const { status, body } = await api.send('POST', definitionsPath, definition('widgets', 'Widget'));
  assert.equal(status, 403);
  assert.match(body.message, /denied the request: the crd contains unwanted label/);
});

void test('a webhook behind a Service is found by its endpoints', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hook', namespace: 'hooks' },
    spec: { ports: [{ name: 'https', port: 8443 }] },
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'hook-1', namespace: 'hooks', labels: { 'kubernetes.io/service-name': 'hook' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'https', port: server.port }],
  };
  // Loopback addresses are not accepted for endpoints: these come from below.
  await cluster.store.commit([
    { collection: services.collection ?? '', name: 'hooks/hook', value: service },
    { collection: endpointSlices.collection ?? '', name: 'hooks/hook-1', value: slice },
  ]);
  const address = { service: { namespace: 'hooks', name: 'hook', port: 8443, path: '/checked' } };
  server.answer = () => denied('by service');
  const clientConfig = { ...address, caBundle: server.caBundle };
  await validating(api, 'service', { ...server.hook('service', {}), clientConfig });
  const { body } = await api.send('POST', configMapsPath, configMap('a'));
  assert.equal(body.message, 'admission webhook "service.example.com" denied the request: by service');
  assert.equal(server.reviews[0]?.path, '/checked?timeout=10s');
});

void test('scales, bindings, evictions and tokens are admitted as what they are', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: pod.spec },
    },
  };
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  await api.send('POST', deployments, deployment);
  await api.send('POST', podsPath, pod);
  await mutating(
    api,
    'parts',
    server.hook('parts', { ...all, resources: ['*/scale', 'pods/*', 'serviceaccounts/token'] }),
  );
  server.answer = ({ request }) =>
    request.kind.kind === 'Scale' ? patchedBy({ op: 'replace', path: '/spec/replicas', value: 7 }) : allowed;
  const scaled = await api.merge(`${deployments}/d/scale`, { spec: { replicas: 3 } });
  assert.equal(scaled.body.spec.replicas, 7);
  assert.equal((await api.get(`${deployments}/d`)).body.spec.replicas, 7);
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'a' }, target: { name: 'node' } };
  await api.send('POST', `${podsPath}/a/binding`, binding);
  await api.send('POST', '/api/v1/namespaces/default/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'bot' },
  });
  await api.send('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [] },
  });
  await api.send('POST', `${podsPath}/a/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'a' },
  });
  assert.deepEqual(
    server.reviews.map(({ request }) => [
      request.operation,
      request.resource.resource,
      request.subResource,
      request.kind.kind,
      request.name,
    ]),
    [
      ['UPDATE', 'deployments', 'scale', 'Scale', 'd'],
      ['CREATE', 'pods', 'binding', 'Binding', 'a'],
      ['CREATE', 'serviceaccounts', 'token', 'TokenRequest', 'bot'],
      // That it deletes is no request of its own.
      ['CREATE', 'pods', 'eviction', 'Eviction', 'a'],
    ],
  );
});
