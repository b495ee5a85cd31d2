/** Priority and fairness over real HTTPS: what a crowd gets, what others get meanwhile, and what is shown of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowSchema, PriorityLevelConfiguration } from '../src/api/mod.ts';
import {
  clusterRoleBindings,
  flowSchemas,
  priorityLevelConfigurations,
  startApiServer,
  type TestCluster,
} from '../src/main/testing.ts';
import type { RawAnswer } from './raw-http.ts';
import { RawHttp } from './raw-http.ts';
import { until } from './until.ts';

const subjects = [{ kind: 'Group', group: { name: 'crowd' } }];
const rules = [
  {
    subjects,
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/version'] }],
  },
];

async function level(
  cluster: TestCluster,
  limited: NonNullable<NonNullable<PriorityLevelConfiguration['spec']>['limited']>,
): Promise<{ readonly schema: FlowSchema; readonly level: PriorityLevelConfiguration }> {
  await cluster.client.create(clusterRoleBindings, {
    metadata: { name: 'crowd' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'crowd' }],
  });
  const made = await cluster.client.create(priorityLevelConfigurations, {
    metadata: { name: 'crowd' },
    spec: { type: 'Limited', limited },
  });
  const schema = await cluster.client.create(flowSchemas, {
    metadata: { name: 'crowd' },
    spec: {
      priorityLevelConfiguration: { name: 'crowd' },
      matchingPrecedence: 2,
      distinguisherMethod: { type: 'ByUser' },
      rules,
    },
  });
  return { schema: schema as FlowSchema, level: made as PriorityLevelConfiguration };
}

/** May do everything, by a role: administrators are exempt. */
const crowd = { 'impersonate-user': 'one', 'impersonate-group': 'crowd' };

/** Holds every list of config maps until it is let go. */
function held(cluster: TestCluster): { readonly count: () => number; readonly release: () => void } {
  const { server } = cluster.endpoint.api;
  const carryOut = server.carryOut.bind(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  server.carryOut = async (operation) => {
    if (operation.resource === 'configmaps') {
      count += 1;
      await promise;
    }
    return carryOut(operation);
  };
  return { count: () => count, release: resolve };
}

const path = '/api/v1/configmaps';

test('a crowd is served by turns, then refused; others do not notice', async () => {
  await using cluster = await startApiServer({
    https: true,
    flags: { 'max-requests-inflight': '20', 'max-mutating-requests-inflight': '0' },
  });
  const { schema, level: priority } = await level(cluster, {
    nominalConcurrencyShares: 5,
    lendablePercent: 0,
    borrowingLimitPercent: 0,
    limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 6 } },
  });
  const gate = held(cluster);
  using client = new RawHttp(cluster.endpoint);
  const answers: RawAnswer[] = [];
  const sent = Array.from({ length: 12 }, async () => {
    const answer = await client.send({ path, headers: crowd });
    answers.push(answer);
    return answer;
  });
  const seats = cluster.endpoint.plane.front;
  await until(() => gate.count() + 6 + answers.length === 12, 'all are served, wait or were refused');
  const served = gate.count();
  assert.ok(served >= 1 && served <= 2, `a share of 5 gives ${served}`);
  const text = String(
    await cluster.endpoint.client().raw('GET', '/debug/api_priority_and_fairness/dump_priority_levels'),
  );
  assert.match(
    text,
    /^PriorityLevelName, +ActiveQueues, +IsIdle, +IsQuiescing, +WaitingRequests, +ExecutingRequests, +/,
  );
  assert.match(text, new RegExp(`\\ncrowd, +1, +false, +false, +6, +${served}, +`));
  const requests = String(
    await cluster.endpoint
      .client()
      .raw('GET', '/debug/api_priority_and_fairness/dump_requests?includeRequestDetails=1'),
  );
  assert.match(requests, /\ncrowd, +crowd, +0, +0, +one, .* one, +list, +\/api\/v1\/configmaps, /);
  for (const { status, headers, text: body } of answers) {
    assert.equal(status, 429);
    assert.equal(body, 'Too many requests, please try again later.\n');
    assert.equal(headers['retry-after'], '1');
    assert.equal(headers['x-kubernetes-pf-flowschema-uid'], schema.metadata.uid);
    assert.equal(headers['x-kubernetes-pf-prioritylevel-uid'], priority.metadata.uid);
  }
  const other = await client.send({ path: '/api/v1/namespaces' });
  assert.equal(other.status, 200);
  gate.release();
  const all = await Promise.all(sent);
  assert.equal(all.filter(({ status }) => status === 200).length, served + 6);
  const metrics = String(await cluster.endpoint.client().raw('GET', '/metrics'));
  assert.match(
    metrics,
    new RegExp(
      `apiserver_flowcontrol_rejected_requests_total\\{flow_schema="crowd",priority_level="crowd",reason="queue-full"\\} ${6 - served}`,
    ),
  );
  assert.match(
    metrics,
    /apiserver_flowcontrol_current_executing_requests\{flow_schema="crowd",priority_level="crowd"\} 0/,
  );
  assert.equal(seats.watches, 0);
});

test('a level that does not queue refuses at once; watches count only until they have begun', async () => {
  await using cluster = await startApiServer({
    https: true,
    flags: { 'max-requests-inflight': '1', 'max-mutating-requests-inflight': '0' },
  });
  await level(cluster, { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } });
  using client = new RawHttp(cluster.endpoint);
  const watches = Array.from({ length: 5 }, () =>
    client.send({ path: '/api/v1/secrets?watch=true&timeoutSeconds=1', headers: crowd }),
  );
  await until(() => cluster.endpoint.plane.front.watches === 5, 'all watch');
  const gate = held(cluster);
  const first = client.send({ path, headers: crowd });
  await until(() => gate.count() === 1, 'one is served');
  const second = await client.send({ path, headers: crowd });
  assert.equal(second.status, 429);
  gate.release();
  assert.equal((await first).status, 200);
  assert.deepEqual(
    (await Promise.all(watches)).map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
});

test('a schema says whether its level is there', async () => {
  await using cluster = await startApiServer({ https: true });
  const { client } = cluster;
  const condition = async (): Promise<string> => {
    const { status } = await client.get(flowSchemas, { name: 'crowd' });
    const found = status?.conditions?.find(({ type }) => type === 'Dangling');
    return `${found?.status ?? ''} ${found?.reason ?? ''}: ${found?.message ?? ''}`;
  };
  await level(cluster, { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } });
  const settled = async (wanted: string): Promise<void> => {
    for (let i = 0; i < 1000 && (await condition()) !== wanted; i++)
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await condition(), wanted);
  };
  const named = 'This FlowSchema references the PriorityLevelConfiguration object named "crowd"';
  await settled(`False Found: ${named} and it exists`);
  await client.delete(priorityLevelConfigurations, { name: 'crowd' });
  await settled(`True NotFound: ${named} but there is no such object`);
});
