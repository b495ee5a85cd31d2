import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../api/mod.ts';
import { admit } from './admission.ts';
import { containersOf, qosClass, restarts } from './pod.ts';
import {
  containerResources,
  milliCpuToQuota,
  milliCpuToShares,
  oomScoreAdj,
  podCgroup,
  podTotal,
} from './resources.ts';

function podOf(containers: Partial<Container>[], spec: object = {}): Pod {
  return {
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { containers: containers.map((container, i) => ({ name: `c${i}`, ...container })), ...spec },
  };
}

const resources = (requests: Record<string, string>, limits: Record<string, string> = {}): Partial<Container> => ({
  resources: { requests, limits },
});
const gibi = 1024 ** 3;

test('quality of service follows from requests and limits', () => {
  assert.equal(qosClass(podOf([{}])), 'BestEffort');
  assert.equal(qosClass(podOf([resources({ cpu: '1' }), {}])), 'Burstable');
  assert.equal(qosClass(podOf([resources({}, { cpu: '1', memory: '1Gi' })])), 'Guaranteed');
  assert.equal(qosClass(podOf([resources({ cpu: '500m', memory: '1Gi' }, { cpu: '1', memory: '1Gi' })])), 'Burstable');
  assert.equal(qosClass(podOf([resources({}, { cpu: '1', memory: '1Gi' }), {}])), 'Burstable');
});

test('cpu and memory as cgroups take them', () => {
  assert.deepEqual([0, 1, 100, 1000, 1_000_000].map(milliCpuToShares), [2, 2, 102, 1024, 262_144]);
  assert.deepEqual([0, 5, 500].map(milliCpuToQuota), [0, 1000, 50_000]);
  const pod = podOf([resources({ cpu: '250m', memory: '1Gi' }, { cpu: '500m', memory: '2Gi' })]);
  const [target] = containersOf(pod);
  assert.ok(target);
  assert.deepEqual(containerResources(pod, target, { memoryBytes: 4 * gibi, oomScoreAdjMin: -1000 }), {
    cpuShares: 256,
    cpuQuota: 50_000,
    cpuPeriod: 100_000,
    memoryLimitInBytes: 2 * gibi,
    oomScoreAdj: 750,
  });
  assert.deepEqual(podCgroup(pod), {
    qos: 'Burstable',
    cpuShares: 256,
    cpuPeriodUs: 100_000,
    cpuQuotaUs: 50_000,
    memoryLimitBytes: 2 * gibi,
  });
});

test('who asks for more memory is killed later', () => {
  const score = (container: Partial<Container>, spec = {}): number => {
    const pod = podOf([container], spec);
    const [target] = containersOf(pod);
    assert.ok(target);
    return oomScoreAdj(pod, target, 4 * gibi);
  };
  assert.equal(score({}), 1000);
  assert.equal(score(resources({}, { cpu: '1', memory: '1Gi' })), -997);
  assert.equal(score(resources({ memory: '1Mi' })), 999 + 0);
  assert.equal(score(resources({ memory: '3Gi' })), 250);
  assert.equal(score({}, { priority: 2_000_001_000 }), -997);
});

test('a pod asks for what its containers ask at the same time', () => {
  const initContainers = [
    { name: 'i', resources: { requests: { cpu: '3' } } },
    { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } },
    { name: 'j', resources: { requests: { cpu: '500m' } } },
  ];
  assert.equal(podTotal(podOf([resources({ cpu: '1' })], { initContainers }), 'requests', 'cpu'), 3000);
  assert.equal(podTotal(podOf([resources({ cpu: '2500m' })], { initContainers }), 'requests', 'cpu'), 3500);
  assert.equal(podTotal(podOf([resources({}, { cpu: '1' }), {}]), 'limits', 'cpu'), undefined);
});

test('restart policies, of the pod and of containers', () => {
  const again = (restartPolicy: string, exitCode: number, container: Partial<Container> = {}): boolean => {
    const pod = podOf([container], { restartPolicy });
    const [target] = containersOf(pod);
    assert.ok(target);
    return restarts(pod, target, exitCode);
  };
  assert.deepEqual(
    [again('Always', 0), again('OnFailure', 0), again('OnFailure', 1), again('Never', 1)],
    [true, false, true, false],
  );
  const restartPolicyRules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
  assert.deepEqual(
    [again('Never', 42, { restartPolicyRules }), again('Never', 41, { restartPolicyRules })],
    [true, false],
  );
  assert.equal(again('Always', 0, { restartPolicy: 'Never' }), false);
});

test('a node takes only what fits', () => {
  const node = {
    metadata: { name: 'n', labels: { disk: 'ssd' } },
    status: { allocatable: { cpu: '2', memory: '1Gi', pods: '2' } },
  };
  const other = podOf([{ ...resources({ cpu: '1' }), ports: [{ containerPort: 80, hostPort: 80 }] }]);
  assert.equal(admit({ pod: podOf([resources({ cpu: '1' })]), others: [other], node }), undefined);
  assert.equal(
    admit({ pod: podOf([resources({ cpu: '1100m' })]), others: [other], node })?.message,
    "Node didn't have enough resource: cpu, requested: 1100, used: 1000, capacity: 2000",
  );
  assert.equal(admit({ pod: podOf([{}]), others: [other, other], node })?.reason, 'OutOfpods');
  assert.equal(
    admit({ pod: podOf([{ ports: [{ containerPort: 1, hostPort: 80 }] }]), others: [other], node })?.reason,
    'NodePorts',
  );
  assert.equal(
    admit({ pod: podOf([{}], { nodeSelector: { disk: 'hdd' } }), others: [], node })?.reason,
    'NodeAffinity',
  );
  const nodeSelectorTerms = [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }];
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
  assert.equal(admit({ pod: podOf([{}], { affinity }), others: [], node }), undefined);
  const done = { ...other, status: { phase: 'Succeeded' } };
  assert.equal(admit({ pod: podOf([resources({ cpu: '2' })]), others: [done], node }), undefined);
});
