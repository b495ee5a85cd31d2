/** MutatingAdmissionPolicy as administrators use it: what is changed, in which order, and when it is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../../src/main/testing.ts';
import { Api, definition } from '../custom-resources.ts';
import { applies, deployment, deploymentsPath, mutate, patches, rulesFor, validate } from './policy-objects.ts';
import { AdmissionServer, configMap, configMapsPath, mutating, patchedBy } from './webhook-server.ts';

void test('a configuration is applied and a patch is made', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await mutate(api, 'a', {
    mutations: [
      applies('Object{spec: Object.spec{replicas: object.spec.replicas + 1}}'),
      applies(
        'Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: "side", image: "side"}]}}}}',
      ),
      patches(
        '[JSONPatch{op: "add", path: "/metadata/annotations", value: {}}, JSONPatch{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("example.com/was"), value: string(object.spec.replicas)}]',
      ),
      patches(
        '[JSONPatch{op: "test", path: "/spec/replicas", value: 99}, JSONPatch{op: "replace", path: "/spec/replicas", value: 1}]',
      ),
    ],
  });
  const { status, body } = await api.send('POST', deploymentsPath, deployment('d', 2));
  assert.equal(status, 201, body.message);
  assert.equal(body.spec.replicas, 3);
  assert.deepEqual(body.metadata.annotations, { 'example.com/was': '3' });
  const containers = body.spec.template.spec.containers as { name: string; terminationMessagePath?: string }[];
  assert.deepEqual(
    containers.map(({ name, terminationMessagePath }) => [name, terminationMessagePath]),
    [
      ['c', '/dev/termination-log'],
      ['side', '/dev/termination-log'],
    ],
  );
});

void test('parameters, variables and conditions', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.send('POST', configMapsPath, configMap('team', { team: 'blue' }));
  await mutate(
    api,
    'labels',
    {
      matchConstraints: rulesFor('', 'configmaps'),
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      variables: [{ name: 'team', expression: 'params.data.team' }],
      matchConditions: [{ name: 'new', expression: "object.metadata.name != 'skip-me'" }],
      mutations: [applies('Object{metadata: Object.metadata{labels: {"team": variables.team}}}')],
    },
    { paramRef: { name: 'team', parameterNotFoundAction: 'Deny' } },
  );
  assert.deepEqual((await api.send('POST', configMapsPath, configMap('a'))).body.metadata.labels, { team: 'blue' });
  assert.equal((await api.send('POST', configMapsPath, configMap('skip-me'))).body.metadata.labels, undefined);
  await api.send('DELETE', `${configMapsPath}/team`);
  const { status, body } = await api.send('POST', configMapsPath, configMap('b'));
  const text =
    "policy 'labels' with binding 'labels' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction";
  assert.deepEqual(
    [status, body.reason, body.message, body.details.causes],
    [403, 'Forbidden', text, [{ message: text }]],
  );
});

void test('what cannot be applied refuses by the failure policy', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  let count = 0;
  const says = async (mutation: object, failurePolicy = 'Fail'): Promise<unknown> => {
    const name = `policy-${++count}`;
    await mutate(api, name, { failurePolicy, mutations: [mutation as never] });
    const { status, body } = await api.send('POST', `${deploymentsPath}?dryRun=All`, deployment('d', 2));
    const bindings = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings';
    await api.send('DELETE', `${bindings}/${name}`);
    if (status === 201) return undefined;
    assert.deepEqual([status, body.reason], [403, 'Invalid'], body.message);
    return body.message.replace(`policy '${name}' with binding '${name}' denied request: `, '');
  };
  assert.equal(
    await says(applies('Object{spec: Object.spec{nothing: 1}}')),
    'error applying patch: failed to convert patch object to typed object: .spec.nothing: field not declared in schema',
  );
  assert.equal(
    await says(applies('Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"a": "b"}}}}')),
    'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector',
  );
  assert.match(
    String(await says(applies('Object{spec: Object.wrong{replicas: 1}}'))),
    /^type mismatch: unexpected type name/,
  );
  assert.match(String(await says(patches('[JSONPatch{op: "remove", path: "/spec/none"}]'))), /^JSONPath: /);
  assert.match(
    String(await says(applies('Object{spec: Object.spec{replicas: object.none}}'))),
    /resulted in error: no such key: none$/,
  );
  assert.equal(await says(applies('Object{spec: Object.spec{replicas: object.none}}'), 'Ignore'), undefined);
});

void test('policies come before webhooks and are asked again when they want to be', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const count = (name: string): object =>
    applies(
      `Object{metadata: Object.metadata{annotations: {"${name}": string(int(object.metadata.?annotations["${name}"].orValue("0")) + 1)}}}`,
    );
  await mutate(api, 'again', { mutations: [count('again') as never], reinvocationPolicy: 'IfNeeded' });
  await mutate(api, 'once', { mutations: [count('once') as never] });
  server.answer = ({ request }) => {
    assert.equal(request.object.metadata.annotations?.['once'], '1');
    return patchedBy({ op: 'add', path: '/metadata/annotations/hook', value: 'yes' });
  };
  const rule = { apiGroups: ['apps'], resources: ['deployments'] };
  await mutating(api, 'hook', server.hook('hook', rule));
  const { body } = await api.send('POST', deploymentsPath, deployment('d', 1));
  assert.deepEqual(body.metadata.annotations, { again: '2', once: '1', hook: 'yes' });
  await validate(api, 'sees', { validations: [{ expression: "object.metadata.annotations.hook == 'no'" }] });
  assert.equal((await api.send('POST', deploymentsPath, deployment('e', 1))).status, 422);
});

void test('the last policy to change something is asked again, too', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await mutate(api, 'grow', {
    reinvocationPolicy: 'IfNeeded',
    mutations: [applies('Object{spec: Object.spec{replicas: object.spec.replicas + 1}}')],
  });
  assert.equal((await api.send('POST', deploymentsPath, deployment('d', 1))).body.spec.replicas, 3);
});

void test('custom resources are changed by their schema', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  await mutate(api, 'widgets', {
    matchConstraints: rulesFor('example.com', 'widgets'),
    mutations: [
      applies('Object{spec: Object.spec{parts: [Object.spec.parts{name: "b", count: 2}]}}'),
      patches('[JSONPatch{op: "add", path: "/spec/parts/-", value: Object.spec.parts{name: "c"}}]'),
    ],
  });
  const { status, body } = await api.send('POST', '/apis/example.com/v1/namespaces/default/widgets', {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { size: 1, parts: [{ name: 'a' }] },
  });
  assert.equal(status, 201, body.message);
  assert.deepEqual(body.spec.parts, [
    { name: 'a', count: 1 },
    { name: 'b', count: 2 },
    { name: 'c', count: 1 },
  ]);
});
