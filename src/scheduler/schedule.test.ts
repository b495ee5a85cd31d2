import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterState } from './cluster-state.ts';
import { PodInfo } from './pod-info.ts';
import { feasibleNodesToFind, schedule } from './schedule.ts';
import { defaultProfile } from './scheduler.ts';

function cluster(count: number): ClusterState {
  const state = new ClusterState();
  for (let i = 0; i < count; i++) {
    const labels = { 'topology.kubernetes.io/zone': i < count / 2 ? 'x' : 'y' };
    state.setNode(`n${i}`, {
      metadata: { name: `n${i}`, labels },
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
    });
  }
  return state;
}

function pod(uid: string, parts: { cpu?: string; priority?: number; nominated?: string } = {}): PodInfo {
  const resources = { requests: { cpu: parts.cpu ?? '100m' } };
  const status = parts.nominated === undefined ? {} : { nominatedNodeName: parts.nominated };
  return new PodInfo({
    metadata: { name: uid, namespace: 'default', uid },
    spec: { priority: parts.priority ?? 0, containers: [{ name: 'c', image: 'x', resources }] },
    status,
  });
}

void test('a part of the nodes is enough in large clusters', () => {
  const found = [1, 99, 100, 150, 1000, 5000, 6000, 20_000].map((count) => feasibleNodesToFind(count));
  assert.deepEqual(found, [1, 99, 100, 100, 420, 500, 300, 1000]);
  assert.equal(feasibleNodesToFind(5000, 40), 2000);
  assert.equal(feasibleNodesToFind(5000, 100), 5000);
});

void test('each cycle goes on where the last one stopped', () => {
  const state = cluster(300);
  const first = schedule({ pod: pod('a'), snapshot: state, profile: defaultProfile, attempt: 1, start: 0 });
  const second = schedule({
    pod: pod('b'),
    snapshot: state,
    profile: defaultProfile,
    attempt: 1,
    start: first.evaluated,
  });
  assert.equal(first.evaluated, 144);
  assert.equal(new Set([...first.feasible, ...second.feasible]).size, 288);
});

void test('the zones take turns in the order in which nodes are tried', () => {
  assert.deepEqual(
    cluster(6).nodes.map(({ name }) => name),
    ['n0', 'n3', 'n1', 'n4', 'n2', 'n5'],
  );
});

void test('another attempt may choose another of equal nodes', () => {
  const state = cluster(50);
  const chosen = new Set(
    Array.from(
      { length: 20 },
      (_, i) => schedule({ pod: pod('a'), snapshot: state, profile: defaultProfile, attempt: i, start: 0 }).nodeName,
    ),
  );
  assert.ok(chosen.size > 5);
});

void test('the nominated node comes first, and alone when it fits', () => {
  const state = cluster(10);
  const decision = schedule({
    pod: pod('a', { nominated: 'n7' }),
    snapshot: state,
    profile: defaultProfile,
    attempt: 1,
    start: 0,
  });
  assert.equal(decision.nodeName, 'n7');
  assert.equal(decision.evaluated, 1);
});

void test('room that is made for a pod is kept from pods that are less important', () => {
  const state = cluster(1);
  state.nominate(pod('vip', { cpu: '4', priority: 10 }), 'n0');
  const decide = (priority: number): string | undefined =>
    schedule({ pod: pod('other', { priority }), snapshot: state, profile: defaultProfile, attempt: 1, start: 0 })
      .nodeName;
  assert.equal(decide(0), undefined);
  assert.equal(decide(10), undefined);
  assert.equal(decide(11), 'n0');
  state.unnominate('vip');
  assert.equal(decide(0), 'n0');
});

void test('pods on a node that is not known yet count as soon as it is', () => {
  const state = new ClusterState();
  const early = pod('early', { cpu: '4' });
  state.place(new PodInfo({ ...early.pod, spec: { containers: [], ...early.pod.spec, nodeName: 'n0' } }));
  assert.equal(state.nodes.length, 0);
  state.setNode('n0', { metadata: { name: 'n0' }, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } } });
  const decision = schedule({ pod: pod('a'), snapshot: state, profile: defaultProfile, attempt: 1, start: 0 });
  assert.deepEqual(decision.failures.get('n0')?.reasons, ['Insufficient cpu']);
});
