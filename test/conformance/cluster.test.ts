/** What controllers and admission do about objects, in a cluster whose pods nobody has to run. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCluster, type TestCluster } from '../../src/main/testing.ts';
import { Requests, type Body } from './requests.ts';

let cluster: TestCluster;
let requests: Requests;

before(async () => {
  cluster = await startCluster({ https: true });
  requests = new Requests(cluster);
  await requests.until('/api/v1/namespaces/default/serviceaccounts/default', (_, code) => code === 200);
});

after(async () => {
  requests[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

/** The path of a namespace that is ready for pods. */
async function ready(prefix: string): Promise<string> {
  const path = `/api/v1/namespaces/${await requests.namespace(prefix)}`;
  await requests.until(`${path}/serviceaccounts/default`, (_, code) => code === 200);
  return path;
}

const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'a', image: 'a' }], ...spec },
});
const slicesOf = (path: string, name: string): string =>
  `${path.replace('/api/v1', '/apis/discovery.k8s.io/v1')}/endpointslices?labelSelector=kubernetes.io/service-name%3D${name}`;

test('Namespaces should ensure that all services are removed when a namespace is deleted', async () => {
  const path = await ready('nsdelete');
  const service = { metadata: { name: 'test-service' }, spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } };
  await requests.create(`${path}/services`, service);
  await requests.delete(path);
  await requests.gone(path);
  await requests.create('/api/v1/namespaces', { metadata: { name: path.split('/').at(-1) } });
  assert.deepEqual((await requests.get(`${path}/services`)).items, []);
});

test('ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace', async () => {
  const path = `${await ready('root-ca')}/configmaps/kube-root-ca.crt`;
  const { data } = await requests.until(path, (_, code) => code === 200);
  assert.equal(data['ca.crt'], cluster.endpoint.ca);
  await requests.delete(path);
  const again = await requests.until(path, (_, code) => code === 200);
  await requests.update(path, { ...again, data: { 'ca.crt': 'foo' } });
  await requests.until(path, (body) => body.data?.['ca.crt'] === cluster.endpoint.ca);
});

test('ServiceAccounts should allow opting out of API token automount', async () => {
  const path = await ready('automount');
  const accounts = { default: undefined, mount: true, nomount: false };
  for (const [name, automountServiceAccountToken] of Object.entries(accounts))
    if (name !== 'default')
      await requests.create(`${path}/serviceaccounts`, { metadata: { name }, automountServiceAccountToken });
  for (const [serviceAccountName, ofAccount] of Object.entries(accounts))
    for (const automountServiceAccountToken of [undefined, true, false]) {
      const name = `pod-${serviceAccountName}-${String(automountServiceAccountToken ?? 'unset')}`;
      const { spec } = await requests.create(
        `${path}/pods`,
        pod(name, { serviceAccountName, automountServiceAccountToken }),
      );
      const mounts = (spec.containers[0].volumeMounts ?? []).filter(
        ({ mountPath }: Body) => mountPath === '/var/run/secrets/kubernetes.io/serviceaccount',
      );
      assert.equal(mounts.length, (automountServiceAccountToken ?? ofAccount ?? true) ? 1 : 0, name);
    }
});

const withoutPods = { metadata: { name: 'empty' }, spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }] } };

test('EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods; EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods', async () => {
  const path = await ready('endpoints');
  await requests.create(`${path}/services`, withoutPods);
  await requests.until(`${path}/endpoints/empty`, (_, code) => code === 200);
  const { items } = await requests.until(slicesOf(path, 'empty'), (body) => body.items.length === 1);
  assert.deepEqual(items[0].endpoints ?? [], []);
  assert.deepEqual(
    [items[0].metadata.ownerReferences[0].kind, items[0].metadata.labels['endpointslice.kubernetes.io/managed-by']],
    ['Service', 'endpointslice-controller.k8s.io'],
  );
  await requests.delete(`${path}/services/empty`);
  await requests.gone(`${path}/endpoints/empty`);
  await requests.until(slicesOf(path, 'empty'), (body) => body.items.length === 0);
});

test('EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete', async () => {
  const path = await ready('mirroring');
  await requests.create(`${path}/services`, { metadata: { name: 'custom' }, spec: { ports: [{ port: 80 }] } });
  const endpoints = {
    metadata: { name: 'custom' },
    subsets: [{ ports: [{ port: 80 }], addresses: [{ ip: '10.1.2.3' }] }],
  };
  const created = await requests.create(`${path}/endpoints`, endpoints);
  const address = (body: Body): unknown => body.items[0]?.endpoints?.[0]?.addresses[0];
  const { items } = await requests.until(slicesOf(path, 'custom'), (body) => address(body) === '10.1.2.3');
  assert.equal(
    items[0].metadata.labels['endpointslice.kubernetes.io/managed-by'],
    'endpointslicemirroring-controller.k8s.io',
  );
  const subsets = [{ ports: [{ port: 8080 }], addresses: [{ ip: '10.2.3.4' }] }];
  await requests.update(`${path}/endpoints/custom`, { ...created, subsets });
  const moved = await requests.until(slicesOf(path, 'custom'), (body) => address(body) === '10.2.3.4');
  assert.equal(moved.items[0].ports[0].port, 8080);
  await requests.delete(`${path}/endpoints/custom`);
  await requests.until(slicesOf(path, 'custom'), (body) => body.items.length === 0);
});

test('SchedulerPredicates validates that NodeSelector is respected if not matching', async () => {
  const path = await ready('unschedulable');
  await requests.create(`${path}/pods`, pod('restricted', { nodeSelector: { label: 'nonempty' } }));
  const events = await requests.until(
    `${path}/events?fieldSelector=involvedObject.name%3Drestricted,reason%3DFailedScheduling`,
    (body) => body.items?.length > 0,
  );
  assert.match(
    events.items[0].message,
    /^0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\./,
  );
  const { status } = await requests.get(`${path}/pods/restricted`);
  assert.deepEqual([status.phase, status.conditions[0].reason], ['Pending', 'Unschedulable']);
});

test('CronJob should not schedule jobs when suspended', async () => {
  await using still = await startCluster({ https: true, clock: 'virtual' });
  using asked = new Requests(still);
  const path = `/apis/batch/v1/namespaces/${await asked.namespace('suspended')}`;
  const cronJob = `${path}/cronjobs/suspended`;
  const { spec } = pod('c');
  const jobTemplate = { spec: { template: { spec: { ...spec, restartPolicy: 'OnFailure' } } } };
  await asked.create(`${path}/cronjobs`, {
    metadata: { name: 'suspended' },
    spec: { schedule: '*/1 * * * ?', suspend: true, concurrencyPolicy: 'Allow', jobTemplate },
  });
  for (let minutes = 0; minutes < 5; minutes++) {
    await still.advance(60_000);
    assert.deepEqual((await asked.get(cronJob)).status, {});
  }
  assert.deepEqual((await asked.get(`${path}/jobs`)).items, []);
  await asked.patch(cronJob, 'merge', { spec: { suspend: false } });
  await still.advance(1000);
  assert.equal((await asked.get(`${path}/jobs`)).items.length, 1, 'it is the suspension that held them back');
  assert.equal((await asked.get(cronJob)).status.active.length, 1);
  await asked.delete(cronJob);
});

test('ReplicationController should surface a failure condition on a common issue like exceeded quota', async () => {
  const path = await ready('exceeded');
  const name = 'condition-test';
  await requests.create(`${path}/resourcequotas`, { metadata: { name }, spec: { hard: { pods: '2' } } });
  await requests.until(`${path}/resourcequotas/${name}`, ({ status }) => status.hard?.pods === '2');
  const template = { ...pod(name), metadata: { labels: { name } } };
  const controllers = `${path}/replicationcontrollers`;
  const { metadata } = await requests.create(controllers, { metadata: { name }, spec: { replicas: 3, template } });
  assert.equal(metadata.generation, 1);
  const failure = ({ status }: Body): Body => status.conditions?.find(({ type }: Body) => type === 'ReplicaFailure');
  const failing = await requests.until(`${controllers}/${name}`, (body) => failure(body) !== undefined);
  const { status, reason, message } = failure(failing);
  assert.deepEqual([status, reason, failing.status.observedGeneration], ['True', 'FailedCreate', 1]);
  assert.match(
    message,
    /^pods "condition-test-[a-z0-9]{5}" is forbidden: exceeded quota: condition-test, requested: pods=1, used: pods=2, limited: pods=2$/,
  );
  const about = `${path}/events?fieldSelector=involvedObject.name%3D${name},reason%3DFailedCreate`;
  const { items } = await requests.until(about, (body) => body.items.length > 0);
  assert.match(items[0].message, /^Error creating: pods "condition-test-/);
  assert.equal(items[0].source.component, 'replication-controller');
  await requests.patch(`${controllers}/${name}/scale`, 'merge', { spec: { replicas: 2 } });
  const settled = await requests.until(
    `${controllers}/${name}`,
    (body) => body.status.observedGeneration === 2 && failure(body) === undefined,
  );
  assert.equal(settled.status.replicas, 2);
  await requests.delete(path);
});

const runtimeClasses = '/apis/node.k8s.io/v1/runtimeclasses';

for (const [name, deleted] of [
  ['RuntimeClass should reject a Pod requesting a non-existent RuntimeClass', false],
  ['RuntimeClass should reject a Pod requesting a deleted RuntimeClass', true],
] as const)
  test(name, async () => {
    const path = await ready('runtime');
    if (deleted) {
      await requests.create(runtimeClasses, { metadata: { name: 'rejected' }, handler: 'rejected' });
      await requests.delete(`${runtimeClasses}/rejected`);
    }
    const refused = await requests.refused(403, 'POST', `${path}/pods`, pod('p', { runtimeClassName: 'rejected' }));
    assert.deepEqual(
      [refused.reason, refused.message],
      ['Forbidden', 'pods "p" is forbidden: pod rejected: RuntimeClass "rejected" not found'],
    );
  });

for (const [name, overhead] of [
  [
    'RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead',
    { cpu: '10m', memory: '1Mi' },
  ],
  ['RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead', undefined],
] as const)
  test(name, async () => {
    const path = await ready('runtime');
    const runtimeClassName = overhead === undefined ? 'plain' : 'heavy';
    const object = {
      metadata: { name: runtimeClassName },
      handler: 'runc',
      ...(overhead && { overhead: { podFixed: overhead } }),
    };
    await requests.create(runtimeClasses, object);
    const created = await requests.create(`${path}/pods`, pod('p', { runtimeClassName }));
    assert.deepEqual(created.spec.overhead, overhead);
    await requests.until(`${path}/pods/p`, ({ status }) =>
      status.conditions?.some((one: Body) => one.type === 'PodScheduled' && one.status === 'True'),
    );
    await requests.delete(`${runtimeClasses}/${runtimeClassName}`);
  });
