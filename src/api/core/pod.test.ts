import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../all.ts';
import type { Pod, PodSpec } from '../upstream/types.ts';
import { defaultPullPolicy } from './pod-spec/image.ts';
import { containerTotal, qosClassOf } from './pod-spec/resources.ts';
import { pods } from './pod.ts';

void test('an image that may change under its name is always pulled', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  const always = ['nginx', 'nginx:latest', 'a.b:5000/x', `nginx:latest@${digest}`, 'docker.io/library/nginx'];
  const ifAbsent = ['nginx:1.27', `nginx@${digest}`, 'a.b:5000/x:v1', '', 'Not An Image', 'x/UPPER', 'nginx:1:2'];
  for (const image of always) assert.equal(defaultPullPolicy(image), 'Always', image);
  for (const image of ifAbsent) assert.equal(defaultPullPolicy(image), 'IfNotPresent', image);
});

void test('a long name of an image that is none costs no time', () => {
  const began = performance.now();
  defaultPullPolicy(`${'a-'.repeat(2000)}!`);
  assert.ok(performance.now() - began < 100);
});

void test('the quality of service follows from requests and limits', () => {
  const spec = (...resources: object[]): PodSpec => ({
    containers: resources.map((resource, i) => ({ name: `c${i}`, resources: resource })),
  });
  const full = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } };
  assert.equal(qosClassOf(spec({}, {})), 'BestEffort');
  assert.equal(qosClassOf(spec(full)), 'Guaranteed');
  assert.equal(qosClassOf(spec(full, {})), 'Burstable');
  assert.equal(qosClassOf(spec({ ...full, requests: { cpu: '500m', memory: '1Gi' } })), 'Burstable');
  assert.equal(qosClassOf(spec({ requests: { 'example.com/gpu': '1' } })), 'BestEffort');
  assert.equal(qosClassOf({ ...spec({}), resources: full }), 'Guaranteed');
  assert.equal(qosClassOf({ ...spec(full), initContainers: [{ name: 'i' }] }), 'Burstable');
});

void test('what a pod asks for is what its most demanding moment needs', () => {
  const container = (name: string, cpu: string, more: object = {}): PodSpec['containers'][number] => ({
    name,
    resources: { requests: { cpu } },
    ...more,
  });
  const spec: PodSpec = {
    initContainers: [
      container('first', '3'),
      container('sidecar', '1', { restartPolicy: 'Always' }),
      container('last', '1500m'),
    ],
    containers: [container('app', '1'), container('other', '500m')],
  };
  assert.equal(containerTotal(spec, 'requests').get('cpu')?.toString(), '3');
  assert.equal(
    containerTotal({ ...spec, initContainers: spec.initContainers?.slice(1) ?? [] }, 'requests')
      .get('cpu')
      ?.toString(),
    '2500m',
  );
});

void test('only a pod that may be running gets time to end', () => {
  const grace = (spec: Partial<PodSpec>, phase: string, requested?: number): number | undefined => {
    const pod: Pod = { metadata: { name: 'p' }, spec: { containers: [], ...spec }, status: { phase } };
    return pods.strategy.gracePeriodSeconds?.(pod, requested);
  };
  const scheduled = { nodeName: 'n1', terminationGracePeriodSeconds: 30 };
  assert.equal(grace(scheduled, 'Running'), 30);
  assert.equal(grace(scheduled, 'Running', 5), 5);
  assert.equal(grace(scheduled, 'Running', 0), 0);
  assert.equal(grace({ ...scheduled, terminationGracePeriodSeconds: -4 }, 'Running'), 1);
  assert.equal(grace({ terminationGracePeriodSeconds: 30 }, 'Pending'), 0);
  assert.equal(grace(scheduled, 'Succeeded', 30), 0);
  assert.equal(grace(scheduled, 'Failed'), 0);
});

void test('fields that can be selected', () => {
  const pod: Pod = {
    metadata: { name: 'p' },
    spec: { containers: [], nodeName: 'n1', hostNetwork: true },
    status: { phase: 'Running', podIP: '10.0.0.1' },
  };
  const values = Object.fromEntries(Object.entries(pods.selectable).map(([name, value]) => [name, value(pod)]));
  assert.deepEqual(values, {
    'spec.nodeName': 'n1',
    'spec.restartPolicy': '',
    'spec.schedulerName': '',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'true',
    'status.phase': 'Running',
    'status.podIP': '10.0.0.1',
    'status.podIPs': '',
    'status.nominatedNodeName': '',
  });
});

void test('no two kinds have the same address or the same short name', () => {
  const addresses = kinds.flatMap(({ group, plural, versions }) =>
    versions.map(({ version }) => `${group}/${version}/${plural}`),
  );
  assert.equal(new Set(addresses).size, addresses.length);
  const shortNames = kinds.filter(({ group }) => group !== 'events.k8s.io').flatMap((kind) => kind.shortNames);
  assert.equal(new Set(shortNames).size, shortNames.length);
});
