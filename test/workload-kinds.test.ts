/**
 * Workloads and what belongs to them, over HTTPS: each kind is created (once in protobuf, as kubectl does), read, listed as
 * a table, changed in every way but apply, watched and deleted, and its other versions and subresources answer.
 */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import facts from '../src/api/upstream/facts.json' with { type: 'json' };
import { compileDecoder, protobufCodec, unwrapUnknown, wrapUnknown } from '../src/machinery/mod.ts';
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

interface Trial {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** The name of the definition, for protobuf. */
  readonly schema: string;
  readonly object: object;
  /** A change that the kind allows, as a merge patch. */
  readonly change: object;
  /** The headers of the table, those of `-o wide` in parentheses, and the cells of the new object. */
  readonly columns: string;
  readonly cells: readonly unknown[];
  /** A status that may follow. */
  readonly status?: object;
}

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
const jobTemplate = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a:1' }] } };
const selector = { matchLabels: { app: 'web' } };

const trials: readonly Trial[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    plural: 'statefulsets',
    schema: 'io.k8s.api.apps.v1.StatefulSet',
    object: { spec: { serviceName: 'db', selector, template } },
    change: { spec: { replicas: 3 } },
    columns: 'Name Ready Age (Containers) (Images)',
    cells: ['one', '0/1', '0s', 'a', 'a:1'],
    status: { replicas: 1, readyReplicas: 1, availableReplicas: 0 },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    plural: 'daemonsets',
    schema: 'io.k8s.api.apps.v1.DaemonSet',
    object: { spec: { selector, template } },
    change: { spec: { minReadySeconds: 3 } },
    columns: 'Name Desired Current Ready Up-to-date Available Node_Selector Age (Containers) (Images) (Selector)',
    cells: ['one', 0, 0, 0, 0, 0, '<none>', '0s', 'a', 'a:1', 'app=web'],
    status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 1 },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    plural: 'controllerrevisions',
    schema: 'io.k8s.api.apps.v1.ControllerRevision',
    object: { revision: 1, data: { spec: { replicas: 1 } } },
    change: { revision: 2 },
    columns: 'Name Controller Revision Age',
    cells: ['one', '<none>', 1, '0s'],
  },
  {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    plural: 'replicationcontrollers',
    schema: 'io.k8s.api.core.v1.ReplicationController',
    object: { spec: { template } },
    change: { spec: { replicas: 3 } },
    columns: 'Name Desired Current Ready Age (Containers) (Images) (Selector)',
    cells: ['one', 1, 0, 0, '0s', 'a', 'a:1', 'app=web'],
    status: { replicas: 1 },
  },
  {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    plural: 'podtemplates',
    schema: 'io.k8s.api.core.v1.PodTemplate',
    object: { template },
    change: { template: { metadata: { labels: { tier: 'front' } } } },
    columns: 'Name Containers Images Pod_Labels',
    cells: ['one', 'a', 'a:1', 'app=web'],
  },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    plural: 'jobs',
    schema: 'io.k8s.api.batch.v1.Job',
    object: { spec: { template: jobTemplate } },
    change: { spec: { parallelism: 3 } },
    columns: 'Name Status Completions Duration Age (Containers) (Images) (Selector)',
    cells: ['one', 'Running', '0/1', '', '0s', 'a', 'a:1', /^batch\.kubernetes\.io\/controller-uid=[-0-9a-f]{36}$/],
    status: { active: 1, ready: 1, startTime: '2026-03-04T05:06:07Z' },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    plural: 'cronjobs',
    schema: 'io.k8s.api.batch.v1.CronJob',
    object: { spec: { schedule: '@daily', jobTemplate: { spec: { template: jobTemplate } } } },
    change: { spec: { suspend: true } },
    columns: 'Name Schedule Timezone Suspend Active Last_Schedule Age (Containers) (Images) (Selector)',
    cells: ['one', '@daily', '<none>', 'False', 0, '<none>', '0s', 'a', 'a:1', '<none>'],
    status: { lastScheduleTime: '2026-03-04T05:06:07Z' },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
    object: { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 } },
    change: { spec: { maxReplicas: 6 } },
    columns: 'Name Reference Targets MinPods MaxPods Replicas Age',
    cells: ['one', 'Deployment/web', 'cpu: <unknown>/80%', '1', 5, 0, '0s'],
    status: { desiredReplicas: 2, currentReplicas: 1, currentMetrics: null },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
    object: { spec: { minAvailable: 1, selector } },
    change: { spec: { minAvailable: '50%' } },
    columns: 'Name Min_Available Max_Unavailable Allowed_Disruptions Age',
    cells: ['one', '1', 'N/A', 0, '0s'],
    status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
  },
];

const prefix = (apiVersion: string): string => (apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`);
const collectionOf = ({ apiVersion, plural }: Trial): string => `${prefix(apiVersion)}/namespaces/default/${plural}`;

function shown(answer: RawAnswer, status = 200): Shown {
  assert.equal(answer.status, status, answer.text);
  return JSON.parse(answer.text) as Shown;
}

async function patch(path: string, type: string, body: unknown): Promise<Shown> {
  const headers = { 'content-type': `application/${type}` };
  return shown(await http.send({ method: 'PATCH', path, headers, body: JSON.stringify(body) }));
}

const protobuf = 'application/vnd.kubernetes.protobuf';

/** A GET whose answer is bytes. */
async function bytesOf(path: string, accept: string): Promise<Buffer> {
  const session = await http.session();
  try {
    const stream = session.request({ [http2.constants.HTTP2_HEADER_PATH]: path, accept });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } finally {
    session.close();
  }
}

/** The types of the events since `revision` that a watch has had within its second. */
async function watched(path: string, revision: unknown): Promise<string[]> {
  const { text } = await http.json('GET', `${path}?watch=1&timeoutSeconds=1&resourceVersion=${String(revision)}`);
  return text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: string }).type);
}

function checkCells(cells: readonly unknown[], expected: readonly unknown[]): void {
  assert.equal(cells.length, expected.length, JSON.stringify(cells));
  for (const [i, want] of expected.entries())
    if (want instanceof RegExp) assert.match(String(cells[i]), want);
    else if (want === '0s') assert.match(String(cells[i]), /^\d+s$/);
    else assert.deepEqual(cells[i], want);
}

for (const trial of trials) {
  const { apiVersion, kind, schema, change, status } = trial;
  void test(`${kind} over HTTPS`, async () => {
    const path = collectionOf(trial);
    const object = { apiVersion, kind, metadata: { name: 'one' }, ...trial.object };
    const created = shown(await http.json('POST', path, object), 201);
    assert.equal(created['apiVersion'], apiVersion);
    const table = shown(
      await http.json('GET', path, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    ) as unknown as {
      columnDefinitions: { name: string; priority: number; description: string }[];
      rows: { cells: unknown[] }[];
    };
    const headers = table.columnDefinitions.map(({ name, priority }) => {
      const word = name.replaceAll(' ', '_');
      return priority === 0 ? word : `(${word})`;
    });
    assert.equal(headers.join(' '), trial.columns);
    assert.ok(table.columnDefinitions.every(({ description }) => description !== ''));
    checkCells(table.rows[0]?.cells ?? [], trial.cells);

    const one = `${path}/one`;
    const merged = await patch(one, 'merge-patch+json', change);
    assert.notEqual(merged.metadata['resourceVersion'], created.metadata['resourceVersion']);
    const again = await patch(one, 'merge-patch+json', change);
    assert.deepEqual(again, merged, 'the change is there already');
    const strategic = await patch(one, 'strategic-merge-patch+json', { metadata: { labels: { a: 'b' } } });
    assert.deepEqual((strategic.metadata['labels'] as Record<string, string>)['a'], 'b');
    const plain = await patch(one, 'json-patch+json', [
      { op: 'add', path: '/metadata/annotations', value: { c: 'd' } },
    ]);
    assert.equal((plain.metadata['annotations'] as Record<string, string>)['c'], 'd');
    const put = shown(await http.json('PUT', one, { ...plain, metadata: { ...plain.metadata, labels: { e: 'f' } } }));
    assert.notEqual(put.metadata['resourceVersion'], plain.metadata['resourceVersion']);
    const stale = await http.json('PUT', one, plain);
    assert.deepEqual([stale.status, statusOf(stale).reason], [409, 'Conflict']);

    if (status !== undefined) {
      const written = shown(await http.json('PUT', `${one}/status`, { ...put, status, spec: {} }));
      assert.deepEqual(written.spec, put.spec, 'a status is written alone');
      assert.deepEqual(written.status, { ...written.status, ...status });
      const ignored = await patch(one, 'merge-patch+json', { status: null });
      assert.deepEqual(ignored.status, written.status, 'and with nothing else');
    }

    const codec = protobufCodec(facts);
    const encoded = wrapUnknown(apiVersion, kind, codec.encode(schema, { ...object, metadata: { name: 'two' } }));
    const second = shown(
      await http.send({
        method: 'POST',
        path,
        headers: { 'content-type': protobuf, accept: 'application/json' },
        body: encoded,
      }),
      201,
    );
    const unwrapped = unwrapUnknown(await bytesOf(`${path}/two`, protobuf));
    assert.deepEqual([unwrapped.apiVersion, unwrapped.kind], [apiVersion, kind]);
    const { apiVersion: _version, kind: _kind, ...rest } = second;
    assert.deepEqual(compileDecoder(schema, facts).decode(codec.decode(schema, unwrapped.raw)).object, rest);

    const background = { propagationPolicy: 'Background' };
    const deleted = await http.json('DELETE', one, background);
    assert.equal(deleted.status, 200, deleted.text);
    assert.equal((await http.json('GET', one)).status, 404);
    assert.equal((await http.json('DELETE', path, background)).status, 200);
    const events = await watched(path, created.metadata['resourceVersion']);
    assert.deepEqual(events.slice(-3), ['ADDED', 'DELETED', 'DELETED']);
    assert.ok(events.slice(0, -3).every((type) => type === 'MODIFIED'));
  });
}

void test('old kinds leave behind what they own unless they are told otherwise', async () => {
  for (const trial of trials.filter(({ kind }) => ['Job', 'ReplicationController', 'StatefulSet'].includes(kind))) {
    const path = collectionOf(trial);
    const { apiVersion, kind } = trial;
    shown(await http.json('POST', path, { apiVersion, kind, metadata: { name: 'old' }, ...trial.object }), 201);
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
  for (const trial of trials.filter(({ kind }) => ['StatefulSet', 'ReplicationController'].includes(kind))) {
    const path = collectionOf(trial);
    const { apiVersion, kind } = trial;
    shown(await http.json('POST', path, { apiVersion, kind, metadata: { name: 'scaled' }, ...trial.object }), 201);
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
