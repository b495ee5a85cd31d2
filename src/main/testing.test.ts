import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deployments,
  namespaces,
  pods,
  startApiServer,
  startCluster,
  validatingAdmissionPolicies,
  type Deployment,
} from './testing.ts';
import type { Cause } from '../client/mod.ts';
import { isApiError } from '../machinery/mod.ts';

const web: Deployment = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};

test('a deployment comes to run on simulated nodes, in virtual time', async () => {
  await using cluster = await startCluster({ clock: 'virtual', nodes: 2, seed: 7 });
  await cluster.advance(1_000);
  await cluster.client.create(deployments, web);
  await cluster.advance(60_000);
  const { status } = await cluster.client.get(deployments, { namespace: 'default', name: 'web' });
  assert.equal(status?.readyReplicas, 3);
  const { items } = await cluster.client.list(pods, { namespace: 'default' });
  assert.deepEqual(new Set(items.map((pod) => pod.spec?.nodeName)), new Set(['node-0', 'node-1']));
});

test('a namespace goes away with everything in it, the pods with their grace', async () => {
  await using cluster = await startCluster({ clock: 'virtual' });
  await cluster.client.create(namespaces, { metadata: { name: 'short' } });
  await cluster.advance(1_000);
  await cluster.client.create(deployments, { ...web, metadata: { name: 'web', namespace: 'short' } });
  await cluster.advance(30_000);
  assert.equal((await cluster.client.list(pods, { namespace: 'short' })).items.length, 3);
  await cluster.client.delete(namespaces, { name: 'short' });
  await cluster.advance(120_000);
  await assert.rejects(cluster.client.get(namespaces, { name: 'short' }), (error) => isApiError(error, 'NotFound'));
});

test('every write says what it answers to', async () => {
  await using cluster = await startCluster({ clock: 'virtual' });
  const causes = new Set<string>();
  using _ = cluster.store.subscribe((events) => {
    for (const { type, entry, cause } of events)
      if (type === 'created') causes.add(`${entry.collection} ${(cause as Cause | undefined)?.component}`);
  });
  await cluster.client.create(deployments, web);
  await cluster.advance(10_000);
  assert.ok(causes.has('/registry/replicasets/ deployment-controller'), [...causes].join());
  assert.ok(causes.has('/registry/pods/ replicaset-controller'), [...causes].join());
});

test('the same seed gives the same cluster', async () => {
  const trace = async (): Promise<unknown> => {
    await using cluster = await startCluster({ clock: 'virtual', nodes: 3, seed: 42 });
    await cluster.client.create(deployments, web);
    await cluster.advance(60_000);
    return (await cluster.client.list(pods)).items;
  };
  assert.deepEqual(await trace(), await trace());
});

test('expressions of policies are checked against types without an endpoint too', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  await cluster.client.create(validatingAdmissionPolicies, {
    metadata: { name: 'wrong' },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
        ],
      },
      validations: [{ expression: "object.spec.replicas > '1'" }],
    },
  });
  await cluster.advance(1_000);
  const { status } = await cluster.client.get(validatingAdmissionPolicies, { name: 'wrong' });
  assert.deepEqual(
    [status?.observedGeneration, status?.typeChecking?.expressionWarnings?.map(({ fieldRef }) => fieldRef)],
    [1, ['spec.validations[0].expression']],
  );
});
