import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubeletConfig, type KubeletConfig } from './config.ts';
import { imageGarbage } from './garbage.ts';
import { nodeObject, nodeStatus, nodeStatusChanged, type NodeInput } from './node-status.ts';
import type { Image, MachineFacts, NodeUsage } from './ports.ts';

const gibi = 1024 ** 3;
const machine: MachineFacts = {
  hostname: 'h',
  machineID: 'm',
  systemUUID: 's',
  bootID: 'b',
  kernelVersion: '6.1',
  osImage: 'Debian',
  operatingSystem: 'linux',
  architecture: 'amd64',
  cpus: 2,
  memoryBytes: 4 * gibi,
  swapBytes: 0,
  addresses: ['192.0.2.1', '192.0.2.2'],
  pidsMax: 1000,
  oomScoreAdjMin: 0,
};
const filesystem = { capacityBytes: 100 * gibi, availableBytes: 50 * gibi, inodes: 100, inodesFree: 50 };
const usage: NodeUsage = {
  memoryAvailableBytes: gibi,
  memoryWorkingSetBytes: 0,
  memoryRssBytes: 0,
  cpuUsageNanos: 0,
  filesystem,
  pids: 10,
};
const condition = (
  type: string,
  status: boolean,
  reason = '',
  message = '',
): { type: string; status: boolean; reason: string; message: string } => ({ type, status, reason, message });
const runtime = { conditions: [condition('RuntimeReady', true), condition('NetworkReady', true)], runtimeHandlers: [] };

function input(more: Partial<NodeInput> = {}, config: Partial<KubeletConfig> = {}): NodeInput {
  const version = { runtimeName: 'containerd', runtimeVersion: '1.6.20', runtimeApiVersion: 'v1' };
  return {
    config: kubeletConfig({ nodeName: 'n', ...config }),
    machine,
    usage,
    version,
    runtime,
    images: [],
    problem: undefined,
    now: 0,
    ...more,
  };
}

const conditionsOf = (given: NodeInput): Record<string, string> =>
  Object.fromEntries(
    (nodeStatus(given, undefined).conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );

test('what the node has and what of it pods may use', () => {
  const { capacity, allocatable, nodeInfo, addresses } = nodeStatus(
    input({}, { reserved: { cpu: '500m' } }),
    undefined,
  );
  assert.deepEqual(capacity, {
    cpu: '2',
    memory: '4194304Ki',
    pods: '110',
    'ephemeral-storage': '104857600Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
  });
  assert.deepEqual(allocatable, {
    cpu: '1500m',
    memory: '3996Mi',
    pods: '110',
    'ephemeral-storage': '96636764160',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
  });
  assert.equal(nodeInfo?.containerRuntimeVersion, 'containerd://1.6.20');
  assert.deepEqual(addresses, [
    { type: 'InternalIP', address: '192.0.2.1' },
    { type: 'Hostname', address: 'n' },
  ]);
});

test('how the node is', () => {
  assert.deepEqual(conditionsOf(input()), {
    MemoryPressure: 'False KubeletHasSufficientMemory',
    DiskPressure: 'False KubeletHasNoDiskPressure',
    PIDPressure: 'False KubeletHasSufficientPID',
    Ready: 'True KubeletReady',
  });
  const tight = {
    ...usage,
    memoryAvailableBytes: 1,
    pids: 990,
    filesystem: { ...filesystem, availableBytes: 5 * gibi },
  };
  assert.deepEqual(conditionsOf(input({ usage: tight, runtime: undefined })), {
    MemoryPressure: 'True KubeletHasInsufficientMemory',
    DiskPressure: 'True KubeletHasDiskPressure',
    PIDPressure: 'True KubeletHasInsufficientPID',
    Ready: 'False KubeletNotReady',
  });
  const none = { memoryBytes: 0, diskFraction: 0, inodesFraction: 0, pidsFraction: 0 };
  assert.equal(
    conditionsOf(input({ usage: tight }, { evictionHard: none }))['DiskPressure'],
    'False KubeletHasNoDiskPressure',
  );
});

test('a node without a network says why it is not ready', () => {
  const broken = {
    ...runtime,
    conditions: [
      condition('RuntimeReady', true),
      condition('NetworkReady', false, 'NetworkPluginNotReady', 'cni plugin not initialized'),
    ],
  };
  const ready = nodeStatus(input({ runtime: broken }), undefined).conditions?.at(-1);
  assert.equal(
    ready?.message,
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized',
  );
});

test('a heartbeat alone is no change', () => {
  const before = nodeStatus(input(), undefined);
  assert.equal(nodeStatusChanged(before, nodeStatus(input({ now: 5000 }), before)), false);
  assert.equal(
    nodeStatus(input({ now: 5000 }), before).conditions?.[0]?.lastTransitionTime,
    before.conditions?.[0]?.lastTransitionTime,
  );
  assert.equal(nodeStatusChanged(before, nodeStatus(input({ runtime: undefined }), before)), true);
});

test('a node registers with its labels and taints', () => {
  const taints = [{ key: 'a', effect: 'NoSchedule' }];
  const { metadata, spec } = nodeObject(input({}, { taints, nodeLabels: { zone: 'x' } }));
  assert.deepEqual(
    [metadata.labels?.['kubernetes.io/arch'], metadata.labels?.['zone'], spec?.taints],
    ['amd64', 'x', taints],
  );
});

test('images that nothing uses go, the least recently used first, but not those of sandboxes', () => {
  const image = (id: string, more: Partial<Image> = {}): Image => ({
    id,
    repoTags: [`${id}:1`],
    repoDigests: [],
    size: 10,
    username: '',
    pinned: false,
    ...more,
  });
  const images = [
    image('new'),
    image('used'),
    image('old'),
    image('older'),
    image('pause'),
    image('pinned', { pinned: true }),
  ];
  const use = (lastUsedMs: number): { firstSeenMs: number; lastUsedMs: number } => ({ firstSeenMs: 0, lastUsedMs });
  const uses = new Map([
    ['used', use(1)],
    ['old', use(5)],
    ['older', use(3)],
    ['pause', use(0)],
    ['pinned', use(0)],
  ]);
  const given = { images, uses, inUse: new Set(['used']), keep: ['pause:1'], now: 1_000_000 };
  assert.deepEqual(
    imageGarbage({ ...given, bytesToFree: 5 }).map(({ id }) => id),
    ['older'],
  );
  assert.deepEqual(
    imageGarbage({ ...given, bytesToFree: 500 }).map(({ id }) => id),
    ['older', 'old'],
  );
});
