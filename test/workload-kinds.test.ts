/** What is special about workloads over HTTPS: what they own, how they scale, and what their other versions show. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { RawHttp, statusOf, type RawAnswer } from './raw-http.ts';

let cluster: TestCluster;
let http: RawHttp;

before(async () => {
  cluster = await startApiServer({ https: true });
  http = new RawHttp(cluster.endpoint);
});

after(async () => {
  http[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

interface Shown {
  readonly metadata: { readonly [name: string]: unknown };
  readonly spec?: { readonly [name: string]: unknown };
  readonly status?: { readonly [name: string]: unknown };
  readonly [name: string]: unknown;
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly object: object;
}

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
const jobTemplate = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a:1' }] } };
const selector = { matchLabels: { app: 'web' } };

const owners: readonly Owner[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    plural: 'statefulsets',
    object: { spec: { serviceName: 'db', selector, template } },
  },
  { apiVersion: 'v1', kind: 'ReplicationController', plural: 'replicationcontrollers', object: { spec: { template } } },
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs', object: { spec: { template: jobTemplate } } },
];

const prefix = (apiVersion: string): string => (apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`);
const collectionOf = ({ apiVersion, plural }: Owner): string => `${prefix(apiVersion)}/namespaces/default/${plural}`;

function shown(answer: RawAnswer, status = 200): Shown {
  assert.equal(answer.status, status, answer.text);
  return JSON.parse(answer.text) as Shown;
}

async function patch(path: string, type: string, body: unknown): Promise<Shown> {
  const headers = { 'content-type': `application/${type}` };
  return shown(await http.send({ method: 'PATCH', path, headers, body: JSON.stringify(body) }));
}

void test('old kinds leave behind what they own unless they are told otherwise', async () => {
  for (const owner of owners) {
    const path = collectionOf(owner);
    const { apiVersion, kind } = owner;
    shown(await http.json('POST', path, { apiVersion, kind, metadata: { name: 'old' }, ...owner.object }), 201);
    const answer = await http.json('DELETE', `${path}/old`);
    assert.equal(answer.status, 200);
    const orphans = (JSON.parse(answer.text) as Shown).metadata['finalizers'];
    assert.deepEqual(orphans, kind === 'StatefulSet' ? undefined : ['orphan']);
    const left = await http.json('GET', `${path}/old`);
    assert.equal(left.status, kind === 'StatefulSet' ? 404 : 200);
    if (left.status === 200) await patch(`${path}/old`, 'merge-patch+json', { metadata: { finalizers: null } });
  }
});

void test('sets and controllers have a scale', async () => {
  for (const owner of owners.filter(({ kind }) => kind !== 'Job')) {
    const path = collectionOf(owner);
    const { apiVersion, kind } = owner;
    shown(await http.json('POST', path, { apiVersion, kind, metadata: { name: 'scaled' }, ...owner.object }), 201);
    const scale = await patch(`${path}/scaled/scale`, 'merge-patch+json', { spec: { replicas: 4 } });
    assert.deepEqual(
      [scale['kind'], scale.spec, scale.status],
      ['Scale', { replicas: 4 }, { replicas: 0, selector: 'app=web' }],
    );
    assert.equal(shown(await http.json('GET', `${path}/scaled`)).spec?.['replicas'], 4);
  }
});

void test('jobs are found by how many of their pods ended well', async () => {
  const path = '/apis/batch/v1/namespaces/default/jobs';
  const object = { metadata: { name: 'done' }, spec: { completions: 2, template: jobTemplate } };
  const job = shown(await http.json('POST', path, object), 201);
  const uid = job.metadata['uid'];
  assert.deepEqual(job.spec?.['selector'], { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
  shown(await http.json('PUT', `${path}/done/status`, { ...job, status: { succeeded: 1 } }));
  const found = shown(await http.json('GET', `${path}?fieldSelector=status.successful%3D1`)) as unknown as {
    items: Shown[];
  };
  assert.deepEqual(
    found.items.map(({ metadata }) => metadata['name']),
    ['done'],
  );
});

void test('an autoscaler is the same in both versions', async () => {
  const [v1, v2] = ['v1', 'v2'].map(
    (version) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`,
  );
  const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' };
  const queue = { type: 'External', external: { metric: { name: 'q<1' }, target: { type: 'Value', value: '30' } } };
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
  const behavior = { scaleUp: { stabilizationWindowSeconds: 3 } };
  const spec = { scaleTargetRef, maxReplicas: 5, metrics: [queue, cpu], behavior };
  const created = shown(await http.json('POST', v2 ?? '', { metadata: { name: 'both' }, spec }), 201);
  const old = shown(await http.json('GET', `${v1 ?? ''}/both`));
  assert.deepEqual(old.spec, { scaleTargetRef, minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 50 });
  assert.deepEqual(old.metadata['annotations'], {
    'autoscaling.alpha.kubernetes.io/behavior':
      '{"ScaleUp":{"StabilizationWindowSeconds":3,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15},{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}',
    'autoscaling.alpha.kubernetes.io/metrics':
      '[{"type":"External","external":{"metricName":"q\\u003c1","targetValue":"30"}}]',
  });
  assert.deepEqual(old.status, { currentReplicas: 0, desiredReplicas: 0 });
  const unchanged = shown(await http.json('PUT', `${v1 ?? ''}/both`, old));
  assert.equal(unchanged.metadata['resourceVersion'], created.metadata['resourceVersion'], 'nothing was lost');
  const changed = await patch(`${v1 ?? ''}/both`, 'merge-patch+json', { spec: { targetCPUUtilizationPercentage: 60 } });
  assert.equal(changed.spec?.['targetCPUUtilizationPercentage'], 60);
  const now = shown(await http.json('GET', `${v2 ?? ''}/both`));
  const warmer = { ...cpu, resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } };
  assert.deepEqual(now.spec?.['metrics'], [queue, warmer]);
  const condition = { type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-03-04T05:06:07Z' };
  const current = {
    type: 'Resource',
    resource: { name: 'cpu', current: { averageValue: '10m', averageUtilization: 7 } },
  };
  const status = { currentReplicas: 2, desiredReplicas: 2, currentMetrics: [current], conditions: [condition] };
  shown(await http.json('PUT', `${v2 ?? ''}/both/status`, { ...now, status }));
  const withStatus = shown(await http.json('GET', `${v1 ?? ''}/both`));
  assert.deepEqual(withStatus.status, { currentReplicas: 2, desiredReplicas: 2, currentCPUUtilizationPercentage: 7 });
  shown(await http.json('PUT', `${v1 ?? ''}/both/status`, withStatus));
  assert.deepEqual(shown(await http.json('GET', `${v2 ?? ''}/both`)).status, status);
  const simple = { metadata: { name: 'simple' }, spec: { scaleTargetRef, maxReplicas: 2 } };
  const fresh = shown(await http.json('POST', v1 ?? '', simple), 201);
  assert.equal(fresh.spec?.['targetCPUUtilizationPercentage'], 80);
});

void test('a budget is only changed by who has seen it', async () => {
  const path = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const object = { metadata: { name: 'seen' }, spec: { maxUnavailable: 1 } };
  shown(await http.json('POST', path, object), 201);
  const blind = await http.json('PUT', `${path}/seen`, object);
  assert.equal(
    statusOf(blind).message,
    'PodDisruptionBudget.policy "seen" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  );
});
