/** Nodes that fall silent, come back, and go; and what becomes of their pods. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HollowNodes } from '../../sim/hollow-nodes.ts';
import { deployments, nodes, pods, type Node, type Pod } from '../../src/api/mod.ts';
import type { DeepReadonly } from '../../src/base/mod.ts';
import { eventsOf, podsOf, web, workbench, type Workbench } from './workbench.ts';

interface NodeBench extends Workbench {
  readonly nodes: HollowNodes;
  lose(...names: readonly string[]): void;
}

async function nodeBench(names: readonly string[], controllers?: readonly string[]): Promise<NodeBench> {
  const bench = await workbench(controllers === undefined ? {} : { controllers });
  const hollow = new HollowNodes(bench.cluster.client, bench.cluster.clock);
  for (const name of names) await hollow.add(name, { 'kubernetes.io/os': 'linux' });
  await bench.cluster.advance(1000);
  return {
    ...bench,
    nodes: hollow,
    lose(...lost) {
      for (const name of lost) {
        hollow.lost.add(name);
        bench.kubelet.lost.add(name);
      }
    },
    async [Symbol.asyncDispose]() {
      await hollow[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    },
  };
}

function nodeOf({ cluster }: Workbench, name: string): Promise<DeepReadonly<Node>> {
  return cluster.client.get(nodes, { name });
}

function taints({ spec }: DeepReadonly<Node>): readonly string[] {
  return (spec?.taints ?? [])
    .map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
    .toSorted();
}

function ready({ status }: DeepReadonly<Node>): unknown {
  const found = status?.conditions?.find(({ type }) => type === 'Ready');
  return [found?.status, found?.reason, found?.message];
}

async function pod({ cluster }: Workbench, name: string, nodeName: string, tolerationSeconds?: number): Promise<void> {
  const tolerations =
    tolerationSeconds === undefined
      ? []
      : ['not-ready', 'unreachable'].map((key) => ({
          key: `node.kubernetes.io/${key}`,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds,
        }));
  await cluster.client.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { nodeName, tolerations, containers: [{ name, image: name }] },
  });
}

function podReady({ status }: DeepReadonly<Pod>): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

const three = ['node-1', 'node-2', 'node-3'];

test('a silent node becomes unknown after 50 seconds, is tainted, and its pods are evicted when their time is up', async () => {
  await using bench = await nodeBench(three);
  const { cluster } = bench;
  await pod(bench, 'patient', 'node-1', 300);
  await pod(bench, 'elsewhere', 'node-2', 300);
  await pod(bench, 'hasty', 'node-1', 0);
  await cluster.advance(9000);
  bench.lose('node-1');
  await cluster.advance(45_000);
  assert.deepEqual(ready(await nodeOf(bench, 'node-1')), ['True', 'KubeletReady', 'hollow']);
  await cluster.advance(6000);
  const node = await nodeOf(bench, 'node-1');
  assert.deepEqual(ready(node), ['Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']);
  assert.deepEqual(taints(node), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
  assert.ok((await eventsOf(cluster, 'node-1')).includes('NodeNotReady: Node node-1 status is now: NodeNotReady'));
  const all = await podsOf(cluster);
  assert.deepEqual(
    all.map((each) => [each.metadata.name, podReady(each), each.metadata.deletionTimestamp !== undefined]),
    [
      ['elsewhere', 'True', false],
      ['hasty', 'False', true],
      ['patient', 'False', false],
    ],
  );
  assert.ok((await eventsOf(cluster, 'patient')).includes('NodeNotReady: Node is not ready'));
  await cluster.advance(301_000);
  const patient = (await podsOf(cluster)).find(({ metadata }) => metadata.name === 'patient');
  assert.notEqual(patient?.metadata.deletionTimestamp, undefined);
  const target = patient?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.deepEqual(
    [target?.status, target?.reason, target?.message],
    ['True', 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'],
  );
  assert.ok(
    (await eventsOf(cluster, 'patient')).includes('TaintManagerEviction: Marking for deletion Pod default/patient'),
  );
});

test('a node that comes back in time keeps its pods', async () => {
  await using bench = await nodeBench(three);
  const { cluster } = bench;
  await pod(bench, 'patient', 'node-1', 300);
  await cluster.advance(9000);
  bench.lose('node-1');
  await cluster.advance(200_000);
  assert.deepEqual(taints(await nodeOf(bench, 'node-1')), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
  await bench.nodes.recover('node-1');
  await cluster.advance(400_000);
  assert.deepEqual(taints(await nodeOf(bench, 'node-1')), []);
  assert.deepEqual(
    (await podsOf(cluster)).map(({ metadata }) => [metadata.name, metadata.deletionTimestamp]),
    [['patient', undefined]],
  );
  assert.ok(
    (await eventsOf(cluster, 'patient')).includes('TaintManagerEviction: Cancelling deletion of Pod default/patient'),
  );
});

test('a node that says it is not ready, is cordoned or under pressure is tainted for it', async () => {
  await using bench = await nodeBench(three);
  const { cluster } = bench;
  await bench.nodes.report('node-2', 'False');
  await cluster.client.patch(nodes, { name: 'node-1' }, { type: 'merge', body: { spec: { unschedulable: true } } });
  await cluster.client.patch(
    nodes,
    { name: 'node-3' },
    { type: 'strategic', body: { status: { conditions: [{ type: 'DiskPressure', status: 'True' }] } } },
    { subresource: 'status' },
  );
  await cluster.advance(1000);
  const all = await Promise.all(three.map((name) => nodeOf(bench, name)));
  assert.deepEqual(all.map(taints), [
    ['unschedulable:NoSchedule'],
    ['not-ready:NoExecute', 'not-ready:NoSchedule'],
    ['disk-pressure:NoSchedule'],
  ]);
  assert.equal(all[0]?.metadata.labels?.['beta.kubernetes.io/os'], 'linux');
  await cluster.client.patch(nodes, { name: 'node-1' }, { type: 'merge', body: { spec: { unschedulable: false } } });
  await bench.nodes.report('node-2', 'True');
  await cluster.advance(1000);
  assert.deepEqual([taints(await nodeOf(bench, 'node-1')), taints(await nodeOf(bench, 'node-2'))], [[], []]);
});

test('lost nodes of a zone are evicted one in ten seconds, and none when all are lost', async () => {
  await using bench = await nodeBench(['a', 'b', 'c', 'd', 'e', 'f']);
  const { cluster } = bench;
  const evicting = async (): Promise<number> =>
    (await cluster.client.list(nodes)).items.filter((node) => taints(node).includes('unreachable:NoExecute')).length;
  bench.lose('a', 'b');
  await cluster.advance(55_000);
  assert.equal(await evicting(), 1);
  await cluster.advance(10_000);
  assert.equal(await evicting(), 2);
  bench.lose('c', 'd');
  await cluster.advance(100_000);
  assert.equal(await evicting(), 3, 'more than 55 % of a small zone: no more evictions');
  bench.lose('e', 'f');
  await cluster.advance(100_000);
  assert.equal(await evicting(), 0);
});

test('a node that never reported is given a minute', async () => {
  await using bench = await nodeBench(['a']);
  const { cluster } = bench;
  await cluster.client.create(nodes, { metadata: { name: 'new' } });
  await cluster.advance(59_000);
  assert.deepEqual(ready(await nodeOf(bench, 'new')), [undefined, undefined, undefined]);
  await cluster.advance(2000);
  assert.deepEqual(ready(await nodeOf(bench, 'new')), [
    'Unknown',
    'NodeStatusNeverUpdated',
    'Kubelet never posted node status.',
  ]);
  assert.deepEqual(taints(await nodeOf(bench, 'new')), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
});

test('every node has pod addresses of its own, and they are used again', async () => {
  await using bench = await nodeBench(three);
  const { cluster } = bench;
  const blocks = async (): Promise<readonly (string | undefined)[]> =>
    (await cluster.client.list(nodes)).items.map(({ spec }) => spec?.podCIDR);
  assert.deepEqual(await blocks(), ['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']);
  await cluster.client.delete(nodes, { name: 'node-2' });
  await bench.nodes.add('node-4');
  await cluster.advance(100);
  assert.deepEqual(await blocks(), ['10.244.0.0/24', '10.244.2.0/24', '10.244.1.0/24']);
  assert.ok(
    (await eventsOf(cluster, 'node-2')).includes(
      'RemovingNode: Node node-2 event: Removing Node node-2 from Controller',
    ),
  );
  assert.ok(
    (await eventsOf(cluster, 'node-4')).includes(
      'RegisteredNode: Node node-4 event: Registered Node node-4 in Controller',
    ),
  );
});

test('pods of a node that is gone for good are failed and removed, and come up elsewhere', async () => {
  await using bench = await nodeBench(three);
  const { cluster } = bench;
  await cluster.client.create(deployments, web({ replicas: 2 }));
  await cluster.advance(5000);
  const before = (await podsOf(cluster)).map(({ metadata }) => metadata.uid);
  bench.lose('node-1');
  await cluster.client.delete(nodes, { name: 'node-1' });
  await cluster.advance(30_000);
  assert.deepEqual(
    (await podsOf(cluster)).map(({ metadata }) => metadata.uid),
    before,
  );
  await cluster.advance(15_000);
  const after = (await podsOf(cluster)).map(({ metadata }) => metadata.uid);
  assert.equal(after.length, 2);
  assert.ok(after.every((uid) => !before.includes(uid)));
});

test('finished pods are kept up to a number', async () => {
  await using bench = await workbench({ finishedPodsMax: 3 });
  const { cluster } = bench;
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await cluster.client.create(pods, {
      metadata: { name, namespace: 'default', annotations: { 'hollow/phase': 'Succeeded' } },
      spec: { nodeName: 'node-1', restartPolicy: 'Never', containers: [{ name, image: name }] },
    });
    await cluster.advance(2000);
  }
  await cluster.advance(2000);
  assert.deepEqual(
    (await podsOf(cluster)).map(({ metadata }) => metadata.name),
    ['c', 'd', 'e'],
  );
});
