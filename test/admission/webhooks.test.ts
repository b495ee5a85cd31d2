/** Admission webhooks as clients of the cluster know them: whom they see, what they may change, how they refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../../src/main/testing.ts';
import { Api } from '../custom-resources.ts';
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
  validatingPath,
} from './webhook-server.ts';

const all = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] };
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};
const podsPath = '/api/v1/namespaces/default/pods';

void test('a webhook refuses creations, updates, patches and deletions', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  await api.send('POST', configMapsPath, configMap('old', { a: '1' }));
  server.answer = ({ request }) =>
    request.object?.data?.bad === undefined && request.operation !== 'DELETE'
      ? allowed
      : denied('the configmap contains unwanted key and value', { reason: 'unwanted', code: 422 });
  await validating(api, 'deny', server.hook('deny', { operations: ['CREATE', 'UPDATE', 'DELETE'] }));
  const refused = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'admission webhook "deny.example.com" denied the request: the configmap contains unwanted key and value',
    reason: 'unwanted',
    code: 422,
  };
  const created = await api.send('POST', configMapsPath, configMap('new', { bad: 'x' }));
  assert.deepEqual([created.status, created.body], [422, refused]);
  assert.deepEqual((await api.send('PUT', `${configMapsPath}/old`, configMap('old', { bad: 'x' }))).body, refused);
  assert.deepEqual((await api.merge(`${configMapsPath}/old`, { data: { bad: 'x' } })).body, refused);
  assert.deepEqual((await api.send('DELETE', `${configMapsPath}/old`)).body, refused);
  assert.deepEqual((await api.get(`${configMapsPath}/old`)).body.data, { a: '1' });
  assert.equal((await api.get(`${configMapsPath}/new`)).status, 404);
  assert.equal((await api.merge(`${configMapsPath}/old`, { data: { b: '2' } })).status, 200);
});

void test('what a webhook says decides the status: message, reason, or nothing', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  await validating(api, 'deny', server.hook('deny', {}));
  const says = async (status: object | undefined): Promise<unknown[]> => {
    server.answer = () => ({ allowed: false, ...(status === undefined ? {} : { status }) }) as never;
    const { status: code, body } = await api.send('POST', configMapsPath, configMap('a'));
    return [code, body.message, body.reason];
  };
  const by = 'admission webhook "deny.example.com" denied the request';
  assert.deepEqual(await says(undefined), [403, `${by} without explanation`, undefined]);
  assert.deepEqual(await says({ reason: 'Because' }), [403, `${by}: Because`, 'Because']);
  assert.deepEqual(await says({ message: 'no', code: 200, status: 'Success' }), [403, `${by}: no`, undefined]);
});

void test('a review says all about the request', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  await validating(
    api,
    'see',
    server.hook('see', { operations: ['*'] }, { admissionReviewVersions: ['v2', 'v1beta1'] }),
  );
  await mutating(api, 'see', server.hook('early', { operations: ['*'] }));
  const generated = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' }, data: { a: '1' } };
  const { body: made } = await api.send('POST', `${configMapsPath}?fieldManager=me&fieldValidation=Strict`, generated);
  const [early = assert.fail()] = server.askedAt('early');
  const { uid, object, userInfo, ...request } = early.request;
  assert.deepEqual(
    [userInfo.username, userInfo.groups],
    ['kubernetes-super-admin', ['system:masters', 'system:authenticated']],
  );
  assert.match(userInfo.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '', /^X509SHA256=/);
  assert.match(uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  assert.deepEqual(
    [early.apiVersion, early.kind, early.path],
    ['admission.k8s.io/v1', 'AdmissionReview', '/early?timeout=10s'],
  );
  assert.deepEqual(request, {
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
    requestResource: { group: '', version: 'v1', resource: 'configmaps' },
    namespace: 'default',
    operation: 'CREATE',
    oldObject: null,
    dryRun: false,
    options: {
      kind: 'CreateOptions',
      apiVersion: 'meta.k8s.io/v1',
      fieldManager: 'me',
      fieldValidation: 'Strict',
    },
  });
  const { managedFields, ...metadata } = object.metadata;
  assert.equal(managedFields?.length, 1);
  assert.deepEqual(metadata, { generateName: 'made-', namespace: 'default' });
  const [late] = server.askedAt('see');
  assert.equal(late?.apiVersion, 'admission.k8s.io/v1beta1');
  assert.equal(late?.request.name, made.metadata.name);
  assert.equal(late?.request.object.metadata.uid, made.metadata.uid);
  server.reviews.length = 0;
  const path = `${configMapsPath}/${made.metadata.name}`;
  await api.merge(`${path}?dryRun=All`, { data: { b: '2' } });
  const [update] = server.askedAt('early');
  assert.deepEqual(
    [update?.request.dryRun, update?.request.options, update?.request.name],
    [true, { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'] }, made.metadata.name],
  );
  assert.deepEqual([update?.request.oldObject.data, update?.request.object.data], [{ a: '1' }, { a: '1', b: '2' }]);
  server.reviews.length = 0;
  await api.send('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] });
  assert.deepEqual(
    server.reviews.map(({ request: { dryRun, operation } }) => [operation, dryRun]),
    [
      ['DELETE', true],
      ['DELETE', true],
    ],
  );
  server.reviews.length = 0;
  await api.send('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
  const [deletion] = server.askedAt('see');
  assert.deepEqual(
    [deletion?.request.object, deletion?.request.oldObject.data, deletion?.request.options],
    [null, { a: '1' }, { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', propagationPolicy: 'Background' }],
  );
});

void test('webhooks change objects in the order of their names, and defaults and pruning come after', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  server.answer = ({ path, request }) => {
    const stage = path.startsWith('/second') ? 'mutation-stage-2' : 'mutation-stage-1';
    if (stage === 'mutation-stage-2') assert.equal(request.object.data['mutation-stage-1'], 'yes');
    return patchedBy(
      { op: 'add', path: `/data/${stage}`, value: 'yes' },
      { op: 'add', path: '/nothing', value: 1 },
      { op: 'add', path: '/metadata/labels', value: { stage } },
    );
  };
  await mutating(api, 'b', server.hook('second', {}));
  await mutating(api, 'a', server.hook('first', {}));
  const { body } = await api.send('POST', configMapsPath, configMap('c', { start: 'yes' }));
  assert.deepEqual(body.data, { start: 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
  assert.deepEqual(body.metadata.labels, { stage: 'mutation-stage-2' });
  assert.equal(body.nothing, undefined);
  server.answer = () =>
    patchedBy({
      op: 'add',
      path: '/spec/initContainers',
      value: [{ name: 'webhook-added-init-container', image: 'webhook-added-image', resources: {} }],
    });
  await mutating(api, 'pods', server.hook('pods', { resources: ['pods'] }));
  const [added] = (await api.send('POST', podsPath, pod)).body.spec.initContainers;
  assert.equal(added.name, 'webhook-added-init-container');
  assert.equal(added.terminationMessagePolicy, 'File');
  assert.equal(added.imagePullPolicy, 'Always');
});

void test("the status and the server's own metadata are not a webhook's to change", async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  server.answer = () =>
    patchedBy(
      { op: 'add', path: '/status', value: { phase: 'Succeeded' } },
      { op: 'add', path: '/metadata/uid', value: 'mine' },
      { op: 'add', path: '/metadata/creationTimestamp', value: '2001-01-01T00:00:00Z' },
    );
  await mutating(api, 'a', server.hook('a', { resources: ['pods'] }));
  const { body } = await api.send('POST', podsPath, pod);
  assert.equal(body.status.phase, 'Pending');
  assert.notEqual(body.metadata.uid, 'mine');
  assert.doesNotMatch(body.metadata.creationTimestamp, /^2001/);
});

void test('a webhook that cannot be asked fails the request, or is ignored', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  await using other = await AdmissionServer.start();
  using api = new Api(cluster);
  const { port, caBundle } = server;
  const at = `https://127.0.0.1:${port}`;
  let count = 0;
  const fails = async (more: object, text: string | RegExp): Promise<void> => {
    const name = `hook-${++count}`;
    const hook = { ...server.hook('down', {}), timeoutSeconds: 1, ...more };
    await validating(api, name, hook);
    const { status, body } = await api.send('POST', configMapsPath, configMap(name));
    await api.send('DELETE', `${validatingPath}/${name}`);
    assert.deepEqual([status, body.reason], [500, 'InternalError'], body.message);
    const begin = 'Internal error occurred: failed calling webhook "down.example.com": ';
    assert.ok(body.message.startsWith(begin), body.message);
    const rest: string = body.message.slice(begin.length);
    if (typeof text === 'string') assert.equal(rest, text);
    else assert.match(rest, text);
    assert.equal(body.details.causes[0].message, body.message.slice('Internal error occurred: '.length));
  };
  const failed = 'failed to call webhook: ';
  const invalid = 'received invalid webhook response: ';
  server.answer = () => undefined;
  await fails({}, `${failed}Post "${at}/down?timeout=1s": context deadline exceeded`);
  await fails(
    { clientConfig: { url: 'https://127.0.0.1:1/x', caBundle } },
    `${failed}Post "https://127.0.0.1:1/x?timeout=1s": dial tcp 127.0.0.1:1: connect: connection refused`,
  );
  await fails(
    { clientConfig: { url: `${at}/x`, caBundle: other.caBundle } },
    `${failed}Post "${at}/x?timeout=1s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  );
  await fails({ clientConfig: { url: `${at}/x` } }, /x509: certificate signed by unknown authority$/);
  await fails(
    { clientConfig: { service: { namespace: 'hooks', name: 'hook' } } },
    `${failed}Post "https://hook.hooks.svc:443/?timeout=1s": service "hook" not found`,
  );
  server.answer = () => ({ raw: 'broken', status: 500 });
  await fails({}, `${failed}an error on the server ("broken") has prevented the request from succeeding`);
  server.answer = () => ({ raw: 'no json' });
  await fails({}, /^failed to call webhook: couldn't get version\/kind; json parse error: /);
  server.answer = () => ({ raw: `"${'x'.repeat(5_000_000)}"` });
  await fails({}, /^failed to call webhook: .*too large$/);
  server.answer = () => ({ raw: '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}' });
  await fails({}, `${invalid}webhook response was absent`);
  server.answer = () => ({ allowed: true, uid: 'other' });
  await fails({}, /^received invalid webhook response: expected response.uid="[0-9a-f-]+", got "other"$/);
  server.answer = () => ({ allowed: 'yes' });
  await fails(
    {},
    /^failed to call webhook: json: cannot unmarshal string into Go struct field .*allowed of type bool$/,
  );
  server.answer = ({ request }) => ({ raw: JSON.stringify({ response: { uid: request.uid, allowed: true } }) });
  await fails({}, `${invalid}expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=`);
  server.answer = () => patchedBy({ op: 'add', path: '/data', value: {} });
  await fails({}, `${invalid}validating webhook may not return response.patch`);
  await validating(api, 'ignored', { ...server.hook('down', {}), failurePolicy: 'Ignore' });
  assert.equal((await api.send('POST', configMapsPath, configMap('fine'))).status, 201);
});

void test('a patch that is none, or that does not fit, fails the request', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  await mutating(api, 'patch', server.hook('patch', { operations: ['CREATE', 'DELETE'] }));
  await api.send('POST', configMapsPath, configMap('old'));
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const says = async (answer: object): Promise<string> => {
    server.answer = () => ({ allowed: true, ...answer });
    return (await api.send('POST', configMapsPath, configMap('a'))).body.message;
  };
  const prefix = 'Internal error occurred: failed calling webhook "patch.example.com": ';
  assert.equal(
    await says({ patch: base64('[]') }),
    `${prefix}received invalid webhook response: webhook returned response.patch but not response.patchType`,
  );
  assert.equal(
    await says({ patchType: 'JSONPatch' }),
    `${prefix}received invalid webhook response: webhook returned response.patchType but not response.patch`,
  );
  assert.match(
    await says({ patchType: 'JSONPatch', patch: base64('{') }),
    /received undecodable patch in webhook response/,
  );
  assert.equal(await says({ patchType: 'Merge', patch: base64('[{}]') }), `${prefix}unsupported patch type "Merge"`);
  assert.match(await says(patchedBy({ op: 'remove', path: '/data/x' })), /^Internal error occurred: .*\/data\/x/);
  assert.match(
    await says(patchedBy({ op: 'add', path: '/data', value: 'text' })),
    /^Internal error occurred: json: cannot unmarshal string into Go struct field ConfigMap.data/,
  );
  const { body } = await api.send('DELETE', `${configMapsPath}/old`);
  assert.equal(
    body.message,
    'Internal error occurred: admission webhook "patch.example.com" attempted to modify the object, which is not supported for this operation',
  );
});

void test('a slow webhook holds nobody longer than its time, and by its policy', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  server.answer = () => undefined;
  await validating(api, 'slow', server.hook('slow', {}, { timeoutSeconds: 1, failurePolicy: 'Ignore' }));
  await mutating(api, 'slow', server.hook('slower', {}, { timeoutSeconds: 1, failurePolicy: 'Ignore' }));
  const began = performance.now();
  assert.equal((await api.send('POST', configMapsPath, configMap('a'))).status, 201);
  const tookMs = performance.now() - began;
  assert.ok(tookMs > 1900 && tookMs < 5000, `${tookMs} ms`);
});

void test('validating webhooks are asked at the same time, and warn', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  let waiting = 0;
  server.answer = ({ path }) => {
    waiting++;
    return { allowed: true, warnings: [`from ${path.slice(1, 4)}`] };
  };
  await validating(api, 'both', server.hook('one', {}), server.hook('two', {}));
  await mutating(api, 'first', server.hook('mut', {}));
  const { headers } = await api.send('POST', configMapsPath, configMap('a'));
  assert.equal(waiting, 3);
  assert.deepEqual(String(headers['warning']).split(', ').sort(), [
    '299 - "from mut"',
    '299 - "from one"',
    '299 - "from two"',
  ]);
});

void test('selectors, scopes and conditions say whom a webhook concerns', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exempt', labels: { skip: 'yes' } } };
  await api.send('POST', '/api/v1/namespaces', namespace);
  server.answer = () => denied('no');
  await validating(
    api,
    'rules',
    server.hook(
      'namespaces',
      {},
      {
        namespaceSelector: { matchExpressions: [{ key: 'skip', operator: 'NotIn', values: ['yes'] }] },
        objectSelector: { matchLabels: { checked: 'yes' } },
        matchConditions: [{ name: 'not-skip-me', expression: "object.metadata.name != 'skip-me'" }],
      },
    ),
    server.hook(
      'cluster',
      { resources: ['*'], apiGroups: ['*'], scope: 'Cluster' },
      {
        matchConditions: [{ name: 'only', expression: 'request.resource.resource == "namespaces"' }],
      },
    ),
  );
  const create = async (name: string, labels: object, into = 'default'): Promise<number> => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } };
    return (await api.send('POST', `/api/v1/namespaces/${into}/configmaps`, body)).status;
  };
  assert.equal(await create('a', { checked: 'yes' }), 403);
  assert.equal(await create('a', {}), 201);
  assert.equal(await create('skip-me', { checked: 'yes' }), 201);
  assert.equal(await create('a', { checked: 'yes' }, 'exempt'), 201);
  const another = { ...namespace, metadata: { name: 'another' } };
  const { status } = await api.send('POST', '/api/v1/namespaces', another);
  assert.equal(status, 403);
  assert.equal(server.askedAt('cluster')[0]?.request.namespace, 'another');
});

void test('a condition that cannot be evaluated follows the failure policy, unless another one says no', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const broken = { name: 'broken', expression: "object.data.missing == 'x'" };
  await validating(api, 'fail', server.hook('fail', {}, { matchConditions: [broken] }));
  const { status, body } = await api.send('POST', configMapsPath, configMap('a', { b: 'c' }));
  assert.equal(status, 403);
  assert.equal(
    body.message,
    `configmaps "a" is forbidden: expression 'object.data.missing == 'x'' resulted in error: no such key: missing`,
  );
  await api.merge(`${validatingPath}/fail`, {
    webhooks: [server.hook('fail', {}, { matchConditions: [broken, { name: 'no', expression: 'false' }] })],
  });
  assert.equal((await api.send('POST', configMapsPath, configMap('a', { b: 'c' }))).status, 201);
  await api.merge(`${validatingPath}/fail`, {
    webhooks: [server.hook('fail', {}, { matchConditions: [broken], failurePolicy: 'Ignore' })],
  });
  assert.equal((await api.send('POST', configMapsPath, configMap('b', { b: 'c' }))).status, 201);
  assert.equal(server.reviews.length, 0);
});

void test('conditions may ask what the user is allowed to do', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const may = "authorizer.group('').resource('configmaps').namespace(request.namespace).check('breakglass').allowed()";
  await validating(
    api,
    'may',
    server.hook('may', {}, { matchConditions: [{ name: 'exempt', expression: `!${may}` }] }),
  );
  server.answer = () => denied('no');
  assert.equal((await api.send('POST', configMapsPath, configMap('a'))).status, 201);
  assert.equal(server.reviews.length, 0);
  await api.merge(`${validatingPath}/may`, {
    webhooks: [
      server.hook(
        'may',
        {},
        {
          matchConditions: [
            {
              name: 'exempt',
              expression:
                "!authorizer.serviceAccount('default', 'x').group('').resource('pods').check('get').allowed()",
            },
          ],
        },
      ),
    ],
  });
  assert.equal((await api.send('POST', configMapsPath, configMap('b'))).status, 403);
});

void test('a configuration with conditions that do not compile is refused', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  for (const [path, kind] of [
    [mutatingPath, 'MutatingWebhookConfiguration'],
    [validatingPath, 'ValidatingWebhookConfiguration'],
  ]) {
    const webhooks = [
      server.hook('a', {}, { matchConditions: [{ name: 'bad', expression: '... [] bad expression' }] }),
    ];
    const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'bad' }, webhooks };
    const { status, body: answer } = await api.send('POST', path ?? '', body);
    assert.equal(status, 422);
    assert.match(answer.message, /compilation failed/);
  }
});

void test('updates and patches of configurations take effect, and deletions', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  server.answer = () => patchedBy({ op: 'add', path: '/data/seen', value: 'yes' });
  await mutating(api, 'a', server.hook('a', { operations: ['UPDATE'] }));
  const seen = async (name: string): Promise<unknown> =>
    (await api.send('POST', configMapsPath, configMap(name, { x: 'y' }))).body.data.seen;
  assert.equal(await seen('one'), undefined);
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
  const json = { 'content-type': 'application/json-patch+json' };
  await api.send('PATCH', `${mutatingPath}/a`, [{ op: 'replace', path: '/webhooks/0/rules', value: rules }], json);
  assert.equal(await seen('two'), 'yes');
  const listed = await api.get(`${mutatingPath}?labelSelector=e2e%3Dyes`);
  assert.equal(listed.body.items.length, 1);
  await api.send('DELETE', `${mutatingPath}?labelSelector=e2e%3Dyes`);
  assert.equal(await seen('three'), undefined);
});

void test('the audit log is told who changed what, and who failed', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const operation = { op: 'add', path: '/data/seen', value: 'yes' };
  server.answer = ({ path }) => {
    if (path.startsWith('/broken')) return { raw: 'no' };
    return path.startsWith('/change') ? { ...patchedBy(operation), auditAnnotations: { why: 'test' } } : allowed;
  };
  await mutating(
    api,
    'a',
    server.hook('change', {}),
    server.hook('look', {}),
    server.hook('broken', {}, { failurePolicy: 'Ignore' }),
  );
  await validating(api, 'v', server.hook('fine', {}), server.hook('broken', {}, { failurePolicy: 'Ignore' }));
  const told: Record<string, unknown> = {};
  await cluster.api.server.carryOut({
    verb: 'create',
    group: '',
    version: 'v1',
    resource: 'configmaps',
    namespace: 'default',
    user: { username: 'a', groups: ['system:masters'] },
    options: {},
    body: configMap('a', { b: 'c' }),
    annotate: (key, value, part) => void (told[key] = value.startsWith('{') ? [JSON.parse(value), part] : value),
  });
  const of = (webhook: string): object => ({ configuration: 'a', webhook: `${webhook}.example.com` });
  const place = 'webhook.admission.k8s.io/round';
  assert.deepEqual(told, {
    'change.example.com/why': 'test',
    [`patch.${place}_0_index_0`]: [{ ...of('change'), patch: [operation], patchType: 'JSONPatch' }, 'request'],
    [`mutation.${place}_0_index_0`]: [{ ...of('change'), mutated: true }, undefined],
    [`mutation.${place}_0_index_1`]: [{ ...of('look'), mutated: false }, undefined],
    [`failed-open.mutation.${place}_0_index_2`]: 'broken.example.com',
    [`mutation.${place}_0_index_2`]: [{ ...of('broken'), mutated: false }, undefined],
    [`failed-open.validating.${place}_0_index_1`]: 'broken.example.com',
  });
});

void test('webhooks do not see what configures admission', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  server.answer = () => denied('never');
  const everything = { ...all, apiGroups: ['admissionregistration.k8s.io'] };
  await validating(api, 'guard', server.hook('guard', everything));
  await mutating(api, 'guard', server.hook('guard', everything));
  await validating(api, 'other', server.hook('other', {}));
  assert.equal((await api.merge(`${validatingPath}/other`, { metadata: { labels: { a: 'b' } } })).status, 200);
  for (const path of [`${validatingPath}/other`, `${validatingPath}/guard`, `${mutatingPath}/guard`])
    assert.equal((await api.send('DELETE', path)).status, 200);
  assert.equal(server.reviews.length, 0);
});

void test('a webhook with side effects keeps dry runs away', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  const { store } = cluster;
  await mutating(api, 'old', server.hook('old', {}));
  const entry = store.head.get('/registry/admissionregistration.k8s.io/mutatingwebhookconfigurations/', 'old');
  const collection = entry?.collection ?? '/registry/mutatingwebhookconfigurations/';
  const found = store.head.get(collection, 'old');
  assert.ok(found !== undefined);
  // Only a configuration from before `sideEffects` had to be said can be like this.
  const value = structuredClone(found.value) as { webhooks: { sideEffects?: string }[] };
  for (const hook of value.webhooks) hook.sideEffects = 'Unknown';
  await store.commit([{ collection, name: 'old', expected: found.revision, value: value }]);
  const { status, body } = await api.send('POST', `${configMapsPath}?dryRun=All`, configMap('a'));
  assert.deepEqual(
    [status, body.reason, body.message],
    [400, 'BadRequest', 'admission webhook "old.example.com" does not support dry run'],
  );
  assert.equal((await api.send('POST', configMapsPath, configMap('a'))).status, 201);
});

void test('a webhook is asked again after others changed the object, if it wants to be', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  server.answer = ({ path, request }) =>
    path.startsWith('/late') && request.object.data.late === undefined
      ? patchedBy({ op: 'add', path: '/data/late', value: 'x' })
      : allowed;
  await mutating(
    api,
    'a',
    server.hook('again', {}, { reinvocationPolicy: 'IfNeeded' }),
    server.hook('once', {}),
    server.hook('late', {}, { reinvocationPolicy: 'IfNeeded' }),
  );
  await api.send('POST', configMapsPath, configMap('a', { b: 'c' }));
  assert.deepEqual(
    ['again', 'once', 'late'].map((name) => server.askedAt(name).length),
    [2, 1, 1],
  );
  assert.equal(server.askedAt('again')[1]?.request.object.data.late, 'x');
});
