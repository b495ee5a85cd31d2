/** What holds for any nodes and pods: nothing is over-committed, nothing depends on anything but the input. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Node, Pod } from '../api/mod.ts';
import { ClusterState } from './cluster-state.ts';
import { Heap } from './heap.ts';
import { defaultProfile, explain, schedule } from './mod.ts';
import { portsClash } from './node-info.ts';
import { PodInfo } from './pod-info.ts';
import { podRequests } from './requests.ts';

const nodeList = fc.array(
  fc.record({
    cpu: fc.integer({ min: 0, max: 4000 }),
    memory: fc.integer({ min: 0, max: 4096 }),
    pods: fc.integer({ min: 0, max: 5 }),
    zone: fc.constantFrom('x', 'y', undefined),
    tainted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);
const podList = fc.array(
  fc.record({
    cpu: fc.integer({ min: 0, max: 2000 }),
    memory: fc.integer({ min: 0, max: 2048 }),
    init: fc.integer({ min: 0, max: 3000 }),
    port: fc.constantFrom(0, 80, 81),
    ip: fc.constantFrom(undefined, '10.0.0.1', '10.0.0.2'),
    app: fc.constantFrom('a', 'b'),
    alone: fc.boolean(),
    spread: fc.boolean(),
    tolerates: fc.boolean(),
    priority: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 20 },
);
type NodeSeed = typeof nodeList extends fc.Arbitrary<(infer T)[]> ? T : never;
type PodSeed = typeof podList extends fc.Arbitrary<(infer T)[]> ? T : never;

function nodeOf({ cpu, memory, pods, zone, tainted }: NodeSeed, index: number): Node {
  const name = `node-${index}`;
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...(zone === undefined ? {} : { zone }) } },
    spec: tainted ? { taints: [{ key: 'tag', effect: 'NoSchedule' }] } : {},
    status: { allocatable: { cpu: `${cpu}m`, memory: `${memory}Mi`, pods: `${pods}` } },
  };
}

function podOf(seed: PodSeed, index: number): PodInfo {
  const { cpu, memory, init, port, ip, app, alone, spread, tolerates, priority } = seed;
  const labelSelector = { matchLabels: { app } };
  const pod: Pod = {
    metadata: { name: `pod-${index}`, namespace: 'default', uid: `uid-${index}`, labels: { app } },
    spec: {
      priority,
      initContainers: [{ name: 'init', image: 'x', resources: { requests: { cpu: `${init}m` } } }],
      containers: [
        {
          name: 'c',
          image: 'x',
          resources: { requests: { cpu: `${cpu}m`, memory: `${memory}Mi` } },
          ports: port === 0 ? [] : [{ containerPort: 80, hostPort: port, ...(ip === undefined ? {} : { hostIP: ip }) }],
        },
      ],
      ...(tolerates ? { tolerations: [{ operator: 'Exists' }] } : {}),
      ...(alone
        ? {
            affinity: {
              podAntiAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { topologyKey: 'kubernetes.io/hostname', labelSelector },
                ],
              },
            },
          }
        : {}),
      ...(spread
        ? {
            topologySpreadConstraints: [
              { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector },
            ],
          }
        : {}),
    },
  };
  return new PodInfo(pod);
}

function stateOf(seeds: readonly NodeSeed[]): ClusterState {
  const state = new ClusterState();
  seeds.map(nodeOf).forEach((node) => state.setNode(node.metadata.name ?? '', node));
  return state;
}

function placeAll(state: ClusterState, pods: readonly PodInfo[]): unknown[] {
  let start = 0;
  return pods.map((pod) => {
    const decision = schedule({ pod, snapshot: state, profile: defaultProfile, attempt: 1, start });
    start = (start + decision.evaluated) % state.nodes.length;
    if (decision.nodeName !== undefined) state.assume(pod, decision.nodeName);
    return explain(decision);
  });
}

void test('no node is over-committed, no port is taken twice, nobody is where they do not belong', () => {
  fc.assert(
    fc.property(nodeList, podList, (nodes, pods) => {
      const state = stateOf(nodes);
      placeAll(state, pods.map(podOf));
      for (const node of state.nodes) {
        const here = [...node.pods.values()];
        const sum = (of: (pod: PodInfo) => number): number => here.reduce((total, pod) => total + of(pod), 0);
        assert.ok(here.length <= node.allowedPods);
        if (here.some(({ requests }) => requests.milliCpu > 0))
          assert.ok(sum(({ pod }) => podRequests(pod).milliCpu) <= node.allocatable.milliCpu);
        if (here.some(({ requests }) => requests.memory > 0))
          assert.ok(sum(({ pod }) => podRequests(pod).memory) <= node.allocatable.memory);
        here.forEach((one, i) => {
          for (const other of here.slice(i + 1)) assert.ok(!portsClash(one.hostPorts, other.hostPorts));
          if (node.taints.length > 0) assert.ok(one.tolerations.length > 0);
          if (one.antiAffinity.required.length > 0)
            assert.ok(!here.some((other) => other !== one && other.labels['app'] === one.labels['app']));
        });
      }
    }),
  );
});

void test('the same input gives the same decisions', () => {
  fc.assert(
    fc.property(nodeList, podList, (nodes, pods) => {
      assert.deepEqual(placeAll(stateOf(nodes), pods.map(podOf)), placeAll(stateOf(nodes), pods.map(podOf)));
    }),
  );
});

void test('victims are the fewest: without them the pod fits, with any of them it does not', () => {
  let preemptions = 0;
  fc.assert(
    fc.property(nodeList, podList, (nodes, pods) => {
      const state = stateOf(nodes);
      pods.map(podOf).forEach((pod) => {
        const attempt = (snapshot: ClusterState): ReturnType<typeof schedule> =>
          schedule({ pod, snapshot, profile: defaultProfile, attempt: 1, start: 0 });
        const { nodeName, preemption } = attempt(state);
        if (nodeName !== undefined) return state.assume(pod, nodeName);
        if (preemption === undefined) return undefined;
        preemptions++;
        for (const victim of preemption.victims) {
          assert.ok(victim.priority < pod.priority);
          state.remove(victim.uid);
        }
        const room = attempt(state);
        assert.ok(room.feasible.includes(preemption.nodeName));
        for (const victim of preemption.victims) {
          state.assume(victim, preemption.nodeName);
          const fits = attempt(state).feasible.includes(preemption.nodeName);
          state.remove(victim.uid);
          assert.ok(!fits, `${victim.key} need not have gone`);
        }
        return state.assume(pod, preemption.nodeName);
      });
    }),
  );
  assert.ok(preemptions > 0, 'no run came to a preemption');
});

void test('sums and counts follow every change', () => {
  const operation = fc.record({
    pod: fc.nat({ max: 9 }),
    node: fc.nat({ max: 3 }),
    what: fc.constantFrom('place', 'assume', 'remove', 'forget', 'terminate', 'label', 'ask'),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), podList, (operations, seeds) => {
      const state = stateOf([]);
      const isA = (pod: PodInfo): boolean => pod.labels['app'] === 'a' && !pod.terminating;
      state.counts('a', isA);
      for (let i = 0; i < 3; i++)
        state.setNode(`node-${i}`, nodeOf({ cpu: 1, memory: 1, pods: 1, zone: 'x', tainted: false }, i));
      for (const { pod: index, node, what } of operations) {
        const pod = podOf(seeds[index % seeds.length] as PodSeed, index);
        const placed = new PodInfo({
          ...pod.pod,
          metadata: {
            ...pod.pod.metadata,
            ...(what === 'terminate' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
          },
          spec: { containers: [], ...pod.pod.spec, nodeName: `node-${node}` },
        });
        if (what === 'ask') state.counts('a', isA).inDomains('zone');
        else if (what === 'label')
          state.setNode(
            `node-${node}`,
            nodeOf({ cpu: 1, memory: 1, pods: 1, zone: index % 2 === 0 ? 'x' : 'y', tainted: false }, node),
          );
        else if (what === 'place' || what === 'terminate') state.place(placed);
        else if (what === 'remove') state.remove(pod.uid);
        else if (what === 'forget') state.forget(pod.uid);
        else if (state.placed(pod.uid) === undefined) state.assume(pod, `node-${node}`);
      }
      const fresh = new Map(state.nodes.map((node) => [node.name, [...node.pods.values()].filter(isA).length]));
      const kept = state.counts('a', isA);
      const zones = new Map<string, number>();
      for (const node of state.nodes) {
        const zone = node.labels['zone'] ?? '';
        zones.set(zone, (zones.get(zone) ?? 0) + (fresh.get(node.name) ?? 0));
      }
      assert.deepEqual(
        Object.fromEntries(kept.inDomains('zone')),
        Object.fromEntries([...zones].filter(([, count]) => count > 0)),
      );
      for (const node of state.nodes) {
        assert.equal(kept.onNodes.get(node) ?? 0, fresh.get(node.name));
        const again = node.whatIf([], []);
        for (const key of ['requestedMilliCpu', 'requestedMemory', 'scoredMilliCpu', 'scoredMemory'] as const)
          assert.equal(node[key], again[key]);
      }
    }),
  );
});

void test('a heap gives its items in order, whatever was taken out', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer(), fc.boolean())), (items) => {
      const entries = items.map(([value, taken], index) => ({ value, taken, index }));
      const heap = new Heap<(typeof entries)[number]>(
        (a, b) => a.value < b.value || (a.value === b.value && a.index < b.index),
      );
      for (const entry of entries) heap.push(entry);
      for (const entry of entries) if (entry.taken) assert.equal(heap.delete(entry), true);
      const got: number[] = [];
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) got.push(next.value);
      assert.deepEqual(
        got,
        entries
          .filter(({ taken }) => !taken)
          .map(({ value }) => value)
          .toSorted((a, b) => a - b),
      );
    }),
  );
});
