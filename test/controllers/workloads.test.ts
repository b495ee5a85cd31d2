/** ReplicaSets and Deployments against a real API server in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deployments,
  pods,
  replicaSets,
  replicationControllers,
  type Deployment,
  type Pod,
} from '../../src/api/mod.ts';
import type { DeepReadonly } from '../../src/base/mod.ts';
import { ApiError } from '../../src/machinery/mod.ts';
import { deploymentOf, eventsOf, podsOf, revision, setImage, setsOf, web, workbench } from './workbench.ts';

const workloads = { controllers: ['deployment-controller', 'replicaset-controller'] };
const key = { namespace: 'default', name: 'web' };

function condition({ status }: DeepReadonly<Deployment>, type: string): string {
  const found = status?.conditions?.find((candidate) => candidate.type === type);
  return found === undefined ? 'none' : `${found.status} ${found.reason ?? ''}: ${found.message ?? ''}`;
}

test('a deployment comes up and tells how', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(deployments, web());
  await cluster.advance(100);
  assert.equal(
    condition(await deploymentOf(cluster), 'Available'),
    'False MinimumReplicasUnavailable: Deployment does not have minimum availability.',
  );
  await cluster.advance(5000);
  const deployment = await deploymentOf(cluster);
  const [set] = await setsOf(cluster);
  const name = set?.metadata.name ?? '';
  const { conditions: _, ...counts } = deployment.status ?? {};
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  });
  assert.equal(
    condition(deployment, 'Available'),
    'True MinimumReplicasAvailable: Deployment has minimum availability.',
  );
  assert.equal(
    condition(deployment, 'Progressing'),
    `True NewReplicaSetAvailable: ReplicaSet "${name}" has successfully progressed.`,
  );
  assert.equal(deployment.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  assert.match(name, /^web-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  assert.deepEqual(await eventsOf(cluster, 'web'), [`ScalingReplicaSet: Scaled up replica set ${name} from 0 to 3`]);
  const created = (await podsOf(cluster)).map(
    ({ metadata }) => `SuccessfulCreate: Created pod: ${metadata.name ?? ''}`,
  );
  assert.deepEqual((await eventsOf(cluster, name)).toSorted(), created.toSorted());
});

test('a rolling update never has too many pods and never too few', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(
    deployments,
    web({
      replicas: 10,
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } },
    }),
  );
  await cluster.advance(5000);
  const seen = { most: 0, fewestReady: 10 };
  const informer = cluster.cache.informer(pods);
  using _watching = informer.subscribe(() => {
    const active = informer.list('default').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    seen.most = Math.max(seen.most, active.length);
    seen.fewestReady = Math.min(
      seen.fewestReady,
      active.filter(({ status }) =>
        status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      ).length,
    );
  });
  await setImage(cluster, 'web:2');
  await cluster.advance(60_000);
  assert.equal(seen.most, 13);
  assert.equal(seen.fewestReady, 8);
  const [old, fresh] = await setsOf(cluster);
  assert.deepEqual(
    [old, fresh].map((set) => [revision(set ?? { metadata: {} }), set?.spec?.replicas, set?.status?.availableReplicas]),
    [
      [1, 0, undefined],
      [2, 10, 10],
    ],
  );
  assert.ok((await podsOf(cluster)).every(({ spec }) => spec?.containers[0]?.image === 'web:2'));
  assert.match(condition(await deploymentOf(cluster), 'Progressing'), /^True NewReplicaSetAvailable: /);
});

test('Recreate starts nothing before the last old pod is gone', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(deployments, web({ spec: { strategy: { type: 'Recreate' } } }));
  await cluster.advance(5000);
  let mixed = 0;
  const informer = cluster.cache.informer(pods);
  using _watching = informer.subscribe(() => {
    if (new Set(informer.list('default').map(({ spec }) => spec?.containers[0]?.image)).size > 1) mixed += 1;
  });
  await setImage(cluster, 'web:2');
  await cluster.advance(10_000);
  assert.equal(mixed, 0);
  assert.deepEqual(
    (await podsOf(cluster)).map(({ spec }) => spec?.containers[0]?.image),
    ['web:2', 'web:2', 'web:2'],
  );
  assert.equal((await deploymentOf(cluster)).status?.availableReplicas, 3);
});

test('a paused deployment scales but does not roll out', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(deployments, web());
  await cluster.advance(5000);
  await cluster.client.patch(deployments, key, { type: 'merge', body: { spec: { paused: true } } });
  await setImage(cluster, 'web:2');
  await cluster.client.patch(deployments, key, { type: 'merge', body: { spec: { replicas: 5 } } });
  await cluster.advance(5000);
  assert.equal(condition(await deploymentOf(cluster), 'Progressing'), 'Unknown DeploymentPaused: Deployment is paused');
  assert.deepEqual(
    (await podsOf(cluster)).map(({ spec }) => spec?.containers[0]?.image),
    Array(5).fill('web:1'),
  );
  await cluster.client.patch(deployments, key, { type: 'merge', body: { spec: { paused: false } } });
  await cluster.advance(0);
  await cluster.advance(30_000);
  assert.match(condition(await deploymentOf(cluster), 'Progressing'), /^True NewReplicaSetAvailable: /);
  assert.deepEqual(
    (await podsOf(cluster)).map(({ spec }) => spec?.containers[0]?.image),
    Array(5).fill('web:2'),
  );
});

test('a rollout that does not get on is given up after its deadline, and an undo saves it', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(deployments, web({ replicas: 4, spec: { progressDeadlineSeconds: 60 } }));
  await cluster.advance(5000);
  await setImage(cluster, 'web:2', { 'hollow/never-ready': 'true' });
  await cluster.advance(50_000);
  assert.match(condition(await deploymentOf(cluster), 'Progressing'), /^True ReplicaSetUpdated: /);
  await cluster.advance(20_000);
  const [, broken] = await setsOf(cluster);
  assert.equal(
    condition(await deploymentOf(cluster), 'Progressing'),
    `False ProgressDeadlineExceeded: ReplicaSet "${broken?.metadata.name ?? ''}" has timed out progressing.`,
  );
  assert.equal((await deploymentOf(cluster)).status?.availableReplicas, 3);
  await setImage(cluster, 'web:1', { 'hollow/never-ready': null });
  await cluster.advance(30_000);
  const sets = await setsOf(cluster);
  assert.deepEqual(
    sets.map((set) => [revision(set), set.spec?.replicas]),
    [
      [2, 0],
      [3, 4],
    ],
  );
  assert.equal(sets[1]?.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1');
  assert.match(condition(await deploymentOf(cluster), 'Progressing'), /^True NewReplicaSetAvailable: /);
});

test('history is kept up to its limit', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(deployments, web({ replicas: 2, spec: { revisionHistoryLimit: 2 } }));
  for (let i = 2; i <= 6; i++) {
    await cluster.advance(20_000);
    await setImage(cluster, `web:${i}`);
  }
  await cluster.advance(30_000);
  assert.deepEqual(
    (await setsOf(cluster)).map((set) => [revision(set), set.spec?.replicas]),
    [
      [4, 0],
      [5, 0],
      [6, 2],
    ],
  );
});

test('scaling in the middle of a rollout keeps the shares', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(
    deployments,
    web({
      replicas: 10,
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } },
    }),
  );
  await cluster.advance(5000);
  await setImage(cluster, 'web:2', { 'hollow/never-ready': 'true' });
  await cluster.advance(5000);
  const sizes = async (): Promise<unknown> => (await setsOf(cluster)).map(({ spec }) => spec?.replicas);
  assert.deepEqual(await sizes(), [8, 5]);
  await cluster.client.patch(deployments, key, { type: 'merge', body: { spec: { replicas: 20 } } });
  await cluster.advance(3000);
  assert.deepEqual(await sizes(), [14, 9]);
});

test('a name that is taken leads to another one', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(deployments, web());
  await cluster.advance(3000);
  const [set] = await setsOf(cluster);
  await cluster.client.delete(deployments, key);
  await cluster.client.patch(
    replicaSets,
    { namespace: 'default', name: set?.metadata.name ?? '' },
    { type: 'merge', body: { metadata: { ownerReferences: null, labels: { app: 'other' } } } },
  );
  await cluster.client.create(deployments, web());
  await cluster.advance(5000);
  const deployment = await deploymentOf(cluster);
  assert.equal(deployment.status?.collisionCount, 1);
  assert.equal(deployment.status.availableReplicas, 3);
});

test('a replica set adopts what matches and lets go what does not', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  const { client } = cluster;
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  await client.create(pods, { ...template, metadata: { name: 'stray', namespace: 'default', labels: { app: 'a' } } });
  await client.create(replicaSets, {
    metadata: { name: 'a', namespace: 'default' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'a' } }, template },
  });
  await cluster.advance(3000);
  const owned = (): Promise<readonly DeepReadonly<Pod>[]> =>
    podsOf(cluster).then((all) => all.filter(({ metadata }) => (metadata.ownerReferences ?? []).length > 0));
  assert.equal((await owned()).length, 3);
  assert.ok((await owned()).some(({ metadata }) => metadata.name === 'stray'));
  await client.patch(
    pods,
    { namespace: 'default', name: 'stray' },
    { type: 'merge', body: { metadata: { labels: { app: 'b' } } } },
  );
  await cluster.advance(3000);
  assert.equal((await podsOf(cluster)).length, 4);
  assert.equal((await owned()).length, 3);
});

test('a replication controller replaces pods, scales, and leaves its pods behind unless told otherwise', async () => {
  await using bench = await workbench({
    controllers: ['replicationcontroller-controller', 'replicaset-controller', 'garbage-collector-controller'],
  });
  const { cluster } = bench;
  const { client } = cluster;
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  const make = (replicas: number): Promise<unknown> =>
    client.create(replicationControllers, {
      metadata: { name: 'a', namespace: 'default' },
      spec: { replicas, template },
    });
  const names = async (): Promise<string[]> => (await podsOf(cluster)).map(({ metadata }) => metadata.name ?? '');
  const status = async (): Promise<unknown> =>
    (await client.get(replicationControllers, { namespace: 'default', name: 'a' })).status;
  await make(3);
  await cluster.advance(5000);
  const counts = { fullyLabeledReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
  assert.deepEqual(await status(), { replicas: 3, ...counts, observedGeneration: 1 });
  const [gone = '', ...others] = await names();
  assert.deepEqual(
    new Set(await eventsOf(cluster, 'a')),
    new Set([gone, ...others].map((name) => `SuccessfulCreate: Created pod: ${name}`)),
  );
  await client.delete(pods, { namespace: 'default', name: gone });
  await cluster.advance(5000);
  const replaced = await names();
  assert.equal(replaced.length, 3);
  assert.deepEqual(
    others.filter((name) => !replaced.includes(name)),
    [],
  );
  await client.delete(replicationControllers, { namespace: 'default', name: 'a' });
  await cluster.advance(5000);
  assert.deepEqual(await names(), replaced);
  assert.ok((await podsOf(cluster)).every(({ metadata }) => metadata.ownerReferences === undefined));
  await make(2);
  await cluster.advance(5000);
  const kept = await names();
  assert.equal(kept.length, 2);
  assert.ok(kept.every((name) => replaced.includes(name)));
  await client.delete(replicationControllers, { namespace: 'default', name: 'a' }, { propagationPolicy: 'Background' });
  await cluster.advance(60_000);
  assert.deepEqual(await names(), []);
});

test('a refused pod is reported, tried ever less often, and forgotten once it works', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  const { client } = cluster;
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  let attempts = 0;
  const refuse = ApiError.forbidden(pods, 'x', 'no room');
  const world = cluster.api.server.world.admission;
  const mutate = world.mutate.bind(world);
  let refusing = true;
  world.mutate = (request): Promise<void> => {
    if (refusing && request.operation === 'CREATE' && request.kind.plural === 'pods') {
      attempts += 1;
      throw refuse;
    }
    return mutate(request);
  };
  await client.create(replicaSets, {
    metadata: { name: 'a', namespace: 'default' },
    spec: { replicas: 400, selector: { matchLabels: { app: 'a' } }, template },
  });
  await cluster.advance(10_000);
  const status = async (): Promise<unknown> =>
    (await client.get(replicaSets, { namespace: 'default', name: 'a' })).status?.conditions?.map(
      ({ type, status: value, reason, message }) => [type, value, reason, message],
    );
  assert.deepEqual(await status(), [['ReplicaFailure', 'True', 'FailedCreate', 'pods "x" is forbidden: no room']]);
  assert.ok(attempts >= 5 && attempts < 30, `${attempts} attempts`);
  assert.deepEqual(
    new Set(await eventsOf(cluster, 'a')),
    new Set(['FailedCreate: Error creating: pods "x" is forbidden: no room']),
  );
  refusing = false;
  await cluster.advance(60_000);
  assert.equal(await status(), undefined);
  assert.equal((await podsOf(cluster)).length, 400);
});

test('minReadySeconds delays availability', async () => {
  await using bench = await workbench(workloads);
  const { cluster } = bench;
  await cluster.client.create(deployments, web({ spec: { minReadySeconds: 10 } }));
  await cluster.advance(5000);
  const counts = async (): Promise<unknown> =>
    deploymentOf(cluster).then(({ status }) => [status?.readyReplicas, status?.availableReplicas]);
  assert.deepEqual(await counts(), [3, undefined]);
  await cluster.advance(8000);
  assert.deepEqual(await counts(), [3, 3]);
});
