/** The garbage collector: background, foreground, orphans, owners that never were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, deployments, replicaSets, type ConfigMap } from '../../src/api/mod.ts';
import type { TestCluster } from '../../src/main/testing.ts';
import type { OwnerReference } from '../../src/machinery/mod.ts';
import { deploymentOf, podsOf, setsOf, web, workbench } from './workbench.ts';

const key = { namespace: 'default', name: 'web' };
const collecting = { controllers: ['deployment-controller', 'replicaset-controller', 'garbage-collector-controller'] };

async function names({ client }: TestCluster): Promise<readonly string[]> {
  return (await client.list(configMaps, { namespace: 'default' })).items.map(({ metadata }) => metadata.name ?? '');
}

async function configMap(
  cluster: TestCluster,
  name: string,
  owners: readonly (ConfigMap | undefined)[] = [],
  more: Partial<OwnerReference> = {},
): Promise<ConfigMap> {
  const ownerReferences = owners.map((owner) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: owner?.metadata.name ?? 'nobody',
    uid: owner?.metadata.uid ?? 'no-such-uid',
    ...more,
  }));
  return (await cluster.client.create(configMaps, {
    metadata: { name, namespace: 'default', ownerReferences },
  })) as ConfigMap;
}

test('in the background a deployment goes first, then its replica sets, then their pods', async () => {
  await using bench = await workbench(collecting);
  const { cluster } = bench;
  await cluster.client.create(deployments, web());
  await cluster.advance(5000);
  await cluster.client.delete(deployments, key, { propagationPolicy: 'Background' });
  assert.equal((await cluster.client.list(deployments)).items.length, 0);
  await cluster.advance(100);
  assert.deepEqual([(await setsOf(cluster)).length, (await podsOf(cluster)).length], [0, 3]);
  await cluster.advance(3000);
  assert.equal((await podsOf(cluster)).length, 0);
});

test('in the foreground the deployment waits for the last pod', async () => {
  await using bench = await workbench(collecting);
  const { cluster } = bench;
  await cluster.client.create(deployments, web());
  await cluster.advance(5000);
  await cluster.client.delete(deployments, key, { propagationPolicy: 'Foreground' });
  await cluster.advance(200);
  assert.deepEqual((await deploymentOf(cluster)).metadata.finalizers, ['foregroundDeletion']);
  assert.deepEqual([(await setsOf(cluster)).length, (await podsOf(cluster)).length], [1, 3]);
  assert.ok((await podsOf(cluster)).every(({ metadata }) => metadata.deletionTimestamp !== undefined));
  await cluster.advance(3000);
  assert.deepEqual(
    [
      (await cluster.client.list(deployments)).items.length,
      (await setsOf(cluster)).length,
      (await podsOf(cluster)).length,
    ],
    [0, 0, 0],
  );
});

test('orphans stay, freed of their owner', async () => {
  await using bench = await workbench(collecting);
  const { cluster } = bench;
  await cluster.client.create(deployments, web());
  await cluster.advance(5000);
  await cluster.client.delete(deployments, key, { propagationPolicy: 'Orphan' });
  await cluster.advance(5000);
  assert.equal((await cluster.client.list(deployments)).items.length, 0);
  const [set] = await setsOf(cluster);
  assert.deepEqual(set?.metadata.ownerReferences ?? [], []);
  assert.equal((await podsOf(cluster)).length, 3);
  await cluster.client.create(deployments, web());
  await cluster.advance(5000);
  const adopted = (await cluster.client.list(replicaSets)).items;
  assert.deepEqual(
    adopted.map(({ metadata }) => [metadata.uid, metadata.ownerReferences?.[0]?.kind]),
    [[set?.metadata.uid, 'Deployment']],
  );
});

test('an owner that never was, or is another one by now, does not keep anything', async () => {
  await using bench = await workbench(collecting);
  const { cluster } = bench;
  const owner = await configMap(cluster, 'owner');
  await configMap(cluster, 'never', [undefined]);
  await configMap(cluster, 'same-name', [{ ...owner, metadata: { ...owner.metadata, uid: 'another' } }]);
  await configMap(cluster, 'kept', [owner]);
  await configMap(cluster, 'unknown-kind', [owner], { apiVersion: 'example.com/v1', kind: 'Nothing' });
  await cluster.advance(1000);
  assert.deepEqual(await names(cluster), ['kept', 'owner', 'unknown-kind']);
});

test('one owner that stays is enough', async () => {
  await using bench = await workbench(collecting);
  const { cluster } = bench;
  const [first, second] = [await configMap(cluster, 'first'), await configMap(cluster, 'second')];
  await configMap(cluster, 'shared', [first, second]);
  await cluster.advance(100);
  await cluster.client.delete(configMaps, { namespace: 'default', name: 'first' });
  await cluster.advance(1000);
  const shared = await cluster.client.get(configMaps, { namespace: 'default', name: 'shared' });
  assert.deepEqual(
    shared.metadata.ownerReferences?.map(({ name }) => name),
    ['second'],
  );
  await cluster.client.delete(configMaps, { namespace: 'default', name: 'second' });
  await cluster.advance(1000);
  assert.deepEqual(await names(cluster), []);
});

test('a circle that is deleted in the foreground is broken', async () => {
  await using bench = await workbench(collecting);
  const { cluster } = bench;
  const a = await configMap(cluster, 'a');
  const b = await configMap(cluster, 'b', [a], { blockOwnerDeletion: true });
  const body = {
    metadata: {
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid: b.metadata.uid, blockOwnerDeletion: true },
      ],
    },
  };
  await cluster.client.patch(configMaps, { namespace: 'default', name: 'a' }, { type: 'merge', body });
  await cluster.advance(100);
  await cluster.client.delete(configMaps, { namespace: 'default', name: 'a' }, { propagationPolicy: 'Foreground' });
  await cluster.advance(5000);
  assert.deepEqual(await names(cluster), []);
});
