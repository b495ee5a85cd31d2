/** What is special about some kinds, where the API server alone decides it. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { patchTypes, Requests, type Body } from './requests.ts';
import { samples } from './samples.ts';

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

const inDefault = '/api/v1/namespaces/default';
const pods = `${inDefault}/pods`;
const pod = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'a', image: 'a' }], ...spec },
});
const keyError =
  "Invalid value: \"\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

for (const [name, kind, plural, value] of [
  ['ConfigMap should fail to create ConfigMap with empty key', 'ConfigMap', 'configmaps', 'value-1'],
  ['Secrets should fail to create secret due to empty secret key', 'Secret', 'secrets', 'dmFsdWUtMQo='],
] as const)
  test(name, async () => {
    const status = await requests.refused(422, 'POST', `${inDefault}/${plural}`, {
      metadata: { name: 'empty-key' },
      data: { '': value },
    });
    assert.deepEqual(
      [status.reason, status.message],
      ['Invalid', `${kind} "empty-key" is invalid: data[]: ${keyError}`],
    );
  });

for (const [name, kind, plural, one, two] of [
  ['ConfigMap should be immutable if `immutable` field is set', 'ConfigMap', 'configmaps', '1', '2'],
  ['Secrets should be immutable if `immutable` field is set', 'Secret', 'secrets', 'MQ==', 'Mg=='],
] as const)
  test(name, async () => {
    const path = `${inDefault}/${plural}`;
    const at = `${path}/immutable`;
    const created = await requests.create(path, { metadata: { name: 'immutable' }, data: { key: one } });
    const changed = await requests.update(at, { ...created, data: { key: two } });
    const frozen = await requests.update(at, { ...changed, immutable: true });
    const said = (field: string): string =>
      `${kind} "immutable" is invalid: ${field}: Forbidden: field is immutable when \`immutable\` is set`;
    const data = await requests.refused(422, 'PUT', at, { ...frozen, data: { key: one } });
    assert.equal(data.message, said('data'));
    const { immutable: _flag, ...mutable } = frozen;
    const thawed = await requests.refused(422, 'PUT', at, mutable);
    assert.equal(thawed.message, said('immutable'));
    const labelled = await requests.patch(at, 'merge', { metadata: { labels: { a: 'b' } } });
    assert.deepEqual([labelled.metadata.labels, labelled.data], [{ a: 'b' }, { key: two }]);
    await requests.delete(at);
    const again = await requests.create(path, { metadata: { name: 'immutable' }, data: { key: one } });
    assert.equal(again.immutable, undefined);
  });

test('Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu', async () => {
  const amounts = { cpu: '100m', memory: '100Mi' };
  const container = { name: 'a', image: 'a', resources: { requests: amounts, limits: amounts } };
  const { status } = await requests.create(pods, pod('qos', { containers: [container] }));
  assert.deepEqual([status.phase, status.qosClass], ['Pending', 'Guaranteed']);
});

test('Sysctls should reject invalid sysctls', async () => {
  const sysctls = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'].map((name) => ({ name, value: '100000000' }));
  const { message } = await requests.refused(422, 'POST', pods, pod('sysctl', { securityContext: { sysctls } }));
  for (const name of ['foo-', 'bar..'])
    assert.match(
      message,
      new RegExp(`Invalid value: "${name.replaceAll('.', '\\.')}": must have at most 253 characters and match regex `),
    );
  for (const name of ['safe-and-unsafe', 'kernel.shmmax'])
    assert.doesNotMatch(message, new RegExp(`Invalid value: "${name}"`));
});

test('CSIInlineVolumes should support CSIVolumeSource in Pod API', async () => {
  const csi = { driver: 'e2e.example.com', readOnly: true };
  const created = await requests.create(pods, pod('csi', { volumes: [{ name: 'v', csi }] }));
  assert.deepEqual(
    created.spec.volumes.find(({ name }: Body) => name === 'v'),
    { name: 'v', csi },
  );
  const listed = await requests.get(`/api/v1/pods?fieldSelector=metadata.name%3Dcsi`);
  assert.deepEqual(
    listed.items.map((one: Body) => one.metadata.uid),
    [created.metadata.uid],
  );
  await requests.delete(`${pods}/csi`, { gracePeriodSeconds: 0 });
  await requests.refused(404, 'GET', `${pods}/csi`);
});

test('SchedulerPreemption PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods', async () => {
  const path = '/apis/scheduling.k8s.io/v1/priorityclasses';
  for (const [name, value] of [
    ['p1', 1],
    ['p2', 2],
  ] as const)
    await requests.create(path, { metadata: { name }, value });
  const merge = { 'content-type': patchTypes.merge };
  const { message } = await requests.expect(422, requests.http.json('PATCH', `${path}/p1`, { value: 10 }, merge));
  assert.equal(
    message,
    'PriorityClass.scheduling.k8s.io "p1" is invalid: value: Forbidden: may not be changed in an update.',
  );
  const described = await requests.patch(`${path}/p2`, 'merge', { description: 'changed' });
  assert.deepEqual([described.value, described.description], [2, 'changed']);
  for (const name of ['p1', 'p2']) await requests.delete(`${path}/${name}`);
});

test('Events should manage the lifecycle of an event', async () => {
  const path = `${inDefault}/events`;
  const involvedObject = { namespace: 'default', kind: 'Pod', name: 'p' };
  const event = {
    metadata: { name: 'event-test', labels: { testevent: 'true' } },
    involvedObject,
    message: 'a',
    reason: 'Test',
    type: 'Normal',
    source: { component: 'c' },
    action: 'Do',
    reportingComponent: 'c.example.com',
    reportingInstance: 'c-1',
  };
  await requests.create(path, event);
  const all = await requests.get('/api/v1/events?labelSelector=testevent%3Dtrue');
  assert.equal(all.items.length, 1);
  const selected = await requests.get(`${path}?fieldSelector=involvedObject.name%3Dp,reason%3DTest,type%3DNormal`);
  assert.deepEqual(
    selected.items.map((one: Body) => one.metadata.name),
    ['event-test'],
  );
  const patched = await requests.patch(`${path}/event-test`, 'strategic', {
    message: 'This is a test event - patched',
  });
  assert.equal(patched.message, 'This is a test event - patched');
  const series = { count: 100, lastObservedTime: '2026-03-04T05:06:07.000000Z' };
  const updated = await requests.update(`${path}/event-test`, { ...patched, series });
  assert.deepEqual(updated.series, series);
  await requests.delete(`${path}/event-test`);
  assert.deepEqual((await requests.get('/api/v1/events?labelSelector=testevent%3Dtrue')).items, []);
});

test('Events API should ensure that an event can be fetched, patched, deleted, and listed', async () => {
  const path = '/apis/events.k8s.io/v1/namespaces/default/events';
  const event = {
    metadata: { name: 'new-event' },
    eventTime: '2026-03-04T05:06:07.123456Z',
    regarding: { namespace: 'default', kind: 'Pod', name: 'q' },
    note: 'n',
    reason: 'Test',
    action: 'Do',
    type: 'Normal',
    reportingController: 'test-controller',
    reportingInstance: 'test-node',
  };
  const created = await requests.create(path, event);
  assert.equal(created.deprecatedSource !== undefined || created.deprecatedCount === undefined, true);
  const everywhere = await requests.get(
    '/apis/events.k8s.io/v1/events?fieldSelector=reportingController%3Dtest-controller',
  );
  assert.deepEqual(
    everywhere.items.map((one: Body) => one.metadata.name),
    ['new-event'],
  );
  const series = { count: 2, lastObservedTime: '2026-03-04T05:06:08.123456Z' };
  const patched = await requests.patch(`${path}/new-event`, 'strategic', { series });
  assert.deepEqual(patched.series, series);
  const updated = await requests.update(`${path}/new-event`, { ...patched, series: { ...series, count: 100 } });
  assert.equal(updated.series.count, 100);
  const core = await requests.get(`${inDefault}/events/new-event`);
  assert.deepEqual([core.message, core.involvedObject.name, core.reportingComponent], ['n', 'q', 'test-controller']);
  await requests.delete(`${path}/new-event`);
  assert.deepEqual((await requests.get(`${path}?fieldSelector=reportingController%3Dtest-controller`)).items, []);
});

test('Certificates API should support CSR API operations', async () => {
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const sample = samples.find(({ kind }) => kind.kind === 'CertificateSigningRequest');
  const { request } = (sample?.object['spec'] ?? {}) as { request?: string };
  const spec = {
    request,
    signerName: 'example.com/e2e',
    usages: ['digital signature', 'key encipherment', 'client auth'],
  };
  const created = await requests.create(path, { metadata: { generateName: 'e2e-example-csr-' }, spec });
  const at = `${path}/${created.metadata.name}`;
  const conditions = [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e', message: 'Set from an e2e test' }];
  const patched = await requests.patch(`${at}/approval`, 'merge', {
    metadata: { annotations: { patchedapproval: 'true' } },
    status: { conditions },
  });
  assert.deepEqual(
    [patched.status.conditions[0].type, patched.metadata.annotations.patchedapproval],
    ['ApprovalPatch', 'true'],
  );
  const approved = await requests.update(`${at}/approval`, {
    ...patched,
    status: {
      conditions: [
        ...patched.status.conditions,
        { type: 'Approved', status: 'True', reason: 'E2E', message: 'Set from an e2e test' },
      ],
    },
  });
  assert.deepEqual(
    approved.status.conditions.map(({ type }: Body) => type),
    ['ApprovalPatch', 'Approved'],
  );
  const issued = await requests.patch(`${at}/status`, 'merge', {
    metadata: { annotations: { patchedstatus: 'true' } },
    status: { certificate: Buffer.from(certificate(cluster)).toString('base64') },
  });
  assert.ok(issued.status.certificate.length > 100);
  const updated = await requests.update(`${at}/status`, {
    ...issued,
    status: {
      ...issued.status,
      conditions: [
        ...issued.status.conditions,
        { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' },
      ],
    },
  });
  assert.equal(updated.status.conditions.length, 3);
  await requests.delete(at);
});

/** Any certificate will do. */
function certificate({ endpoint }: TestCluster): string {
  return endpoint.ca;
}

test('ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview', async () => {
  await requests.create(`${inDefault}/serviceaccounts`, { metadata: { name: 'reviewed' } });
  const token = await requests.create(`${inDefault}/serviceaccounts/reviewed/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [], expirationSeconds: 3600 },
  });
  assert.ok(Date.parse(token.status.expirationTimestamp) > Date.now());
  const review = await requests.create('/apis/authentication.k8s.io/v1/tokenreviews', {
    spec: { token: token.status.token },
  });
  assert.equal(review.status.authenticated, true);
  assert.equal(review.status.user.username, 'system:serviceaccount:default:reviewed');
  assert.deepEqual(review.status.user.groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:default',
    'system:authenticated',
  ]);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const forged = await requests.create('/apis/authentication.k8s.io/v1/tokenreviews', {
    spec: {
      token: `${token.status.token.slice(0, -20)}${privateKey.export({ type: 'sec1', format: 'der' }).toString('base64url').slice(0, 20)}`,
    },
  });
  assert.notEqual(forged.status.authenticated, true);
});

test('SubjectReview should support SubjectReview API operations', async () => {
  const authorization = '/apis/authorization.k8s.io/v1';
  await requests.create(`${inDefault}/serviceaccounts`, { metadata: { name: 'subject' } });
  const user = 'system:serviceaccount:default:subject';
  const resourceAttributes = { namespace: 'default', verb: 'list', resource: 'configmaps', version: 'v1' };
  const review = {
    spec: { user, groups: ['system:serviceaccounts:default', 'system:authenticated'], resourceAttributes },
  };
  const before = await requests.create(`${authorization}/subjectaccessreviews`, review);
  assert.equal(before.status.allowed, false);
  const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
  await requests.create(`${roles}/roles`, { metadata: { name: 'lister' }, rules });
  await requests.create(`${roles}/rolebindings`, {
    metadata: { name: 'subject' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'lister' },
    subjects: [{ kind: 'ServiceAccount', name: 'subject', namespace: 'default' }],
  });
  const allowed = await requests.create(`${authorization}/subjectaccessreviews`, review);
  assert.deepEqual(
    [allowed.status.allowed, allowed.status.reason],
    [true, 'RBAC: allowed by RoleBinding "subject/default" of Role "lister" to ServiceAccount "subject/default"'],
  );
  const local = await requests.create(`${authorization}/namespaces/default/localsubjectaccessreviews`, {
    metadata: { namespace: 'default' },
    ...review,
  });
  assert.equal(local.status.allowed, true);
  const self = await requests.expect(
    201,
    requests.http.json(
      'POST',
      `${authorization}/selfsubjectaccessreviews`,
      { spec: { resourceAttributes } },
      { 'impersonate-user': user },
    ),
  );
  assert.equal(self.status.allowed, true);
});

test('ServiceCIDR and IPAddress API should have the default range from the start', async () => {
  const { spec } = await requests.get('/apis/networking.k8s.io/v1/servicecidrs/kubernetes');
  assert.deepEqual(spec, { cidrs: ['10.96.0.0/16'] });
});

test('Namespaces should apply a finalizer to a Namespace', async () => {
  const name = await requests.namespace('finalizer');
  const path = `/api/v1/namespaces/${name}`;
  const read = await requests.get(path);
  assert.deepEqual(read.spec.finalizers, ['kubernetes']);
  const fake = 'e2e.example.com/fakeFinalizer';
  const added = await requests.update(`${path}/finalize`, {
    ...read,
    spec: { finalizers: [...read.spec.finalizers, fake] },
  });
  assert.deepEqual(added.spec.finalizers, ['kubernetes', fake]);
  const removed = await requests.update(`${path}/finalize`, { ...added, spec: { finalizers: ['kubernetes'] } });
  assert.deepEqual(removed.spec.finalizers, ['kubernetes']);
});
