/** Workloads and groups of pods over HTTPS: served where somebody asks for them, and then pods say which group they are in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer, startCluster } from '../src/main/testing.ts';
import { Requests, type Body } from './conformance/requests.ts';

const flags = { 'runtime-config': 'scheduling.k8s.io/v1alpha2=true' };
const api = '/apis/scheduling.k8s.io/v1alpha2';
const workloads = `${api}/namespaces/default/workloads`;
const groups = `${api}/namespaces/default/podgroups`;
const pods = '/api/v1/namespaces/default/pods';
const gang = { gang: { minCount: 2 } };
const basic = { basic: {} };
const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:controller:podgroup-protection-controller';

const workload = {
  metadata: { name: 'training' },
  spec: {
    controllerRef: { apiGroup: 'batch', kind: 'Job', name: 'training' },
    podGroupTemplates: [{ name: 'worker', schedulingPolicy: gang }],
  },
};
const group = (name: string, more: object = {}): object => ({
  metadata: { name },
  spec: { schedulingPolicy: gang, ...more },
});
const from = (workloadName: string, podGroupTemplateName: string): object => ({
  podGroupTemplateRef: { workload: { workloadName, podGroupTemplateName } },
});
const pod = (name: string, schedulingGroup: object): object => ({
  metadata: { name },
  spec: { schedulingGroup, automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] },
});

async function table(requests: Requests, path: string): Promise<unknown[][]> {
  const answer = await requests.expect(
    200,
    requests.http.send({ path, headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } }),
  );
  const names: string[] = answer.columnDefinitions.map(({ name }: Body) => name);
  return [names, ...answer.rows.map(({ cells }: Body) => cells)].map((row: unknown[]) => row.slice(0, -1));
}

async function refusal(requests: Requests, code: number, ...asked: [string, string, unknown]): Promise<string> {
  return (await requests.refused(code, ...asked)).message;
}

test('a workload never changes, and forgets what other features would do', async () => {
  await using cluster = await startApiServer({ https: true, flags });
  using requests = new Requests(cluster);
  const [template] = workload.spec.podGroupTemplates;
  const made = await requests.create(workloads, {
    ...workload,
    spec: { ...workload.spec, podGroupTemplates: [{ ...template, priority: 7, schedulingConstraints: {} }] },
  });
  const stored = [{ ...template, schedulingConstraints: null }];
  assert.deepEqual([made.spec.podGroupTemplates, made.metadata.generation], [stored, undefined]);
  const path = `${workloads}/training`;
  const changed = { spec: { podGroupTemplates: [{ name: 'driver', schedulingPolicy: basic }] } };
  assert.equal(
    await refusal(requests, 422, 'PUT', path, { ...made, spec: { ...made.spec, ...changed.spec } }),
    'Workload.scheduling.k8s.io "training" is invalid: spec.podGroupTemplates: Invalid value: [{"name":"driver","schedulingPolicy":{"basic":{}},"schedulingConstraints":null}]: field is immutable',
  );
  const labelled = await requests.patch(path, 'merge', { metadata: { labels: { a: 'b' } } });
  assert.deepEqual(labelled.spec, made.spec);
  const applied = await requests.patch(path, 'apply', {
    apiVersion: 'scheduling.k8s.io/v1alpha2',
    kind: 'Workload',
    metadata: { name: 'training', labels: { c: 'd' } },
    spec: { podGroupTemplates: workload.spec.podGroupTemplates },
  });
  assert.deepEqual([applied.metadata.labels, applied.spec], [{ a: 'b', c: 'd' }, made.spec]);
  assert.equal(
    await refusal(requests, 422, 'POST', workloads, { metadata: { name: 'none' }, spec: {} }),
    'Workload.scheduling.k8s.io "none" is invalid: spec.podGroupTemplates: Required value',
  );
  assert.deepEqual((await table(requests, workloads)).slice(1), [['training']]);
  assert.equal((await requests.delete(path)).kind, 'Status');
});

test('a group is made from a template that is there', async () => {
  await using cluster = await startApiServer({ https: true, flags });
  using requests = new Requests(cluster);
  const why = (reason: string): string =>
    `podgroups.scheduling.k8s.io "worker" is forbidden: PodGroup rejected: ${reason}`;
  const make = (spec: object): [string, string, unknown] => ['POST', groups, group('worker', spec)];
  assert.equal(await refusal(requests, 403, ...make(from('training', 'worker'))), why('Workload "training" not found'));
  await requests.create(workloads, { ...workload, metadata: { name: 'training', finalizers: ['example.com/kept'] } });
  assert.equal(
    await refusal(requests, 403, ...make(from('training', 'driver'))),
    why('PodGroupTemplate "driver" not found in Workload "training"'),
  );
  await requests.create(groups, group('worker', from('training', 'worker')));
  await requests.create(groups, group('alone', { schedulingPolicy: basic }));
  await requests.delete(`${workloads}/training`);
  assert.equal(
    await refusal(requests, 403, 'POST', groups, group('late', from('training', 'worker'))),
    why('Workload "training" is being deleted').replace('worker', 'late'),
  );
  const scheduled = { type: 'PodGroupScheduled', lastTransitionTime: '2026-01-01T00:00:00Z', message: '' };
  const status = { conditions: [{ ...scheduled, status: 'True', reason: 'Scheduled' }] };
  const written = await requests.patch(`${groups}/worker/status`, 'merge', {
    metadata: { labels: { a: 'b' } },
    spec: { schedulingPolicy: basic },
    status,
  });
  assert.deepEqual([written.metadata.labels, written.spec.schedulingPolicy], [undefined, gang]);
  assert.deepEqual(await table(requests, groups), [
    ['Name', 'Policy', 'Workload', 'Status'],
    ['alone', 'Basic', '<none>', '<none>'],
    ['worker', 'Gang', 'training', 'Scheduled'],
  ]);
  assert.equal(
    await refusal(requests, 422, 'PUT', `${groups}/alone`, group('alone')),
    'PodGroup.scheduling.k8s.io "alone" is invalid: spec.schedulingPolicy: Invalid value: {"gang":{"minCount":2}}: field is immutable',
  );
  assert.equal(
    await refusal(requests, 422, 'POST', groups, group('two', { schedulingPolicy: { ...gang, ...basic } })),
    'PodGroup.scheduling.k8s.io "two" is invalid: spec.schedulingPolicy: Invalid value: "{basic, gang}": must specify exactly one of: `basic`, `gang`',
  );
});

test('pods keep the name of their group, and never change it', async () => {
  await using cluster = await startApiServer({ https: true, flags });
  using requests = new Requests(cluster);
  const made = await requests.create(pods, pod('a', { podGroupName: 'training' }));
  assert.deepEqual(made.spec.schedulingGroup, { podGroupName: 'training' });
  assert.match(
    await refusal(requests, 422, 'PUT', `${pods}/a`, {
      ...made,
      spec: { ...made.spec, schedulingGroup: { podGroupName: 'other' } },
    }),
    /^Pod "a" is invalid: spec: Forbidden: pod updates may not change fields other than /,
  );
  assert.match(
    await refusal(requests, 422, 'POST', pods, pod('b', { podGroupName: 'a/b' })),
    /^Pod "b" is invalid: spec.schedulingGroup.podGroupName: Invalid value: "a\/b": a lowercase RFC 1123 subdomain must /,
  );
  assert.equal(
    await refusal(requests, 422, 'POST', pods, pod('b', {})),
    'Pod "b" is invalid: spec.schedulingGroup: Invalid value: "": must specify one of: `podGroupName`',
  );
});

test('a group stays until its last pod is over', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0, flags });
  using requests = new Requests(cluster);
  const finalizer = 'scheduling.k8s.io/podgroup-protection';
  const made = await requests.create(groups, group('training'));
  assert.deepEqual(made.metadata.finalizers, [finalizer]);
  await requests.until('/api/v1/namespaces/default/serviceaccounts/default', (_, code) => code === 200);
  for (const name of ['a', 'b']) await requests.create(pods, pod(name, { podGroupName: 'training' }));
  await requests.delete(`${groups}/training`);
  await requests.patch(`${pods}/a/status`, 'merge', { status: { phase: 'Succeeded' } });
  const left = await requests.get(`${groups}/training`);
  assert.deepEqual([left.metadata.finalizers, left.metadata.deletionTimestamp !== undefined], [[finalizer], true]);
  await requests.delete(`${pods}/b`);
  await requests.gone(`${groups}/training`);
  const { rules } = await requests.get(role);
  assert.deepEqual(
    rules.map(({ verbs, resources }: Body) => [verbs.join(), resources.join()]),
    [
      ['get,list,update,watch', 'podgroups'],
      ['get,list,watch', 'pods'],
    ],
  );
});

test('where nobody asks for groups there are none, and pods are in none', async () => {
  await using cluster = await startApiServer({ https: true });
  using requests = new Requests(cluster);
  const { versions } = await requests.get('/apis/scheduling.k8s.io');
  assert.deepEqual(
    versions.map(({ version }: Body) => version),
    ['v1'],
  );
  await requests.refused(404, 'GET', role);
  const { spec } = await requests.create(pods, pod('a', { podGroupName: 'training' }));
  assert.equal(spec.schedulingGroup, undefined);
});
