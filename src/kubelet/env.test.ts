import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod, Service } from '../api/mod.ts';
import { containerEnv, envReferences, type ConfigSources, type EnvInput } from './env.ts';
import { expand, expandStrictly } from './expansion.ts';

const pod: Pod = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u1',
    labels: { app: 'web', tier: 'a"b' },
    annotations: { note: 'x' },
  },
  spec: {
    containers: [{ name: 'main', resources: { limits: { cpu: '1500m', memory: '64Mi' } } }],
    serviceAccountName: 'robot',
    nodeName: 'node-1',
  },
};

const sources: ConfigSources = {
  configMap: (name) =>
    name === 'settings' ? { metadata: {}, data: { colour: 'blue', 'not=a name': 'x' } } : undefined,
  secret: (name) => (name === 'keys' ? { metadata: {}, data: { password: btoa('s3cret') } } : undefined),
};

function environment(container: Partial<Container>, more: Partial<EnvInput> = {}): Record<string, string> | string {
  const addresses = { podIPs: ['10.0.0.5'], hostIPs: ['192.168.0.1'] };
  const result = containerEnv({
    pod,
    container: { name: 'main', ...container },
    sources,
    services: [],
    addresses,
    allocatable: { cpu: '4', memory: '8Gi' },
    ...more,
  });
  return result.problem ?? Object.fromEntries(result.env.map(({ key, value }) => [key, value]));
}

test('references to variables are replaced, unknown ones stay', () => {
  const lookup = (name: string): string | undefined => ({ A: '1', B: '2' })[name];
  assert.equal(expand('$(A)-$(B)-$(C)-$A-$$(A)-$$$(A)-$(', lookup), '1-2-$(C)-$A-$(A)-$1-$(');
  assert.deepEqual(expandStrictly('$(A)/$(C)', lookup), { text: '1/$(C)', missing: 'C' });
});

test('values see what stands before them', () => {
  const env = [
    { name: 'A', value: 'a' },
    { name: 'B', value: '$(A)$(C)' },
    { name: 'C', value: 'c' },
    { name: 'A', value: '$(A)!' },
  ];
  assert.deepEqual(environment({ env }), { A: 'a!', B: 'a$(C)', C: 'c' });
});

test('every source of a value', () => {
  const from = (valueFrom: object): object => ({ valueFrom });
  const env = Object.entries({
    COLOUR: from({ configMapKeyRef: { name: 'settings', key: 'colour' } }),
    PASSWORD: from({ secretKeyRef: { name: 'keys', key: 'password' } }),
    NONE: from({ secretKeyRef: { name: 'other', key: 'x', optional: true } }),
    NAME: from({ fieldRef: { fieldPath: 'metadata.name' } }),
    LABEL: from({ fieldRef: { fieldPath: "metadata.labels['app']" } }),
    IPS: from({ fieldRef: { fieldPath: 'status.podIPs' } }),
    NODE: from({ fieldRef: { fieldPath: 'status.hostIP' } }),
    CPU: from({ resourceFieldRef: { resource: 'limits.cpu' } }),
    MILLIS: from({ resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } }),
    MEMORY: from({ resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } }),
    REQUESTED: from({ resourceFieldRef: { resource: 'requests.memory' } }),
  }).map(([name, value]) => ({ name, ...value }));
  assert.deepEqual(environment({ env }), {
    COLOUR: 'blue',
    PASSWORD: 's3cret',
    NAME: 'web',
    LABEL: 'web',
    IPS: '10.0.0.5',
    NODE: '192.168.0.1',
    CPU: '2',
    MILLIS: '1500',
    MEMORY: '64',
    REQUESTED: '0',
  });
  assert.deepEqual(envReferences({ name: 'main', env, envFrom: [{ secretRef: { name: 's' } }] }), [
    { kind: 'Secret', name: 's' },
    { kind: 'ConfigMap', name: 'settings' },
    { kind: 'Secret', name: 'keys' },
    { kind: 'Secret', name: 'other' },
  ]);
});

test('a limit that is not set is what the node can give', () => {
  const unlimited: Pod = { ...pod, spec: { containers: [{ name: 'main' }] } };
  const env = [{ name: 'M', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } }];
  assert.deepEqual(environment({ env }, { pod: unlimited }), { M: String(8 * 1024 ** 3) });
});

test('whole ConfigMaps with a prefix, without what cannot be a name', () => {
  const envFrom = [
    { prefix: 'P_', configMapRef: { name: 'settings' } },
    { secretRef: { name: 'none', optional: true } },
  ];
  const input = { pod, sources, services: [], addresses: { podIPs: [], hostIPs: [] }, allocatable: {} };
  const result = containerEnv({ ...input, container: { name: 'main', envFrom } });
  assert.deepEqual(result.env, [{ key: 'P_colour', value: 'blue' }]);
  assert.deepEqual(result.skipped, [{ from: 'configMap shop/settings', keys: ['P_not=a name'] }]);
});

test('what is missing is named', () => {
  const config = (name: string, key: string): Partial<Container> => ({
    env: [{ name: 'X', valueFrom: { configMapKeyRef: { name, key } } }],
  });
  assert.equal(environment(config('other', 'k')), 'configmap "other" not found');
  assert.equal(environment(config('settings', 'k')), "couldn't find key k in ConfigMap shop/settings");
  assert.equal(
    environment({ env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } }] }),
    "couldn't find key k in Secret shop/keys",
  );
  assert.equal(environment({ envFrom: [{ configMapRef: { name: 'other' } }] }), 'configmap "other" not found');
});

test('services are announced, the own namespace first', () => {
  const service = (namespace: string, name: string, clusterIP: string, ports: object[]): Service => ({
    metadata: { namespace, name },
    spec: { clusterIP, ports: ports as never },
  });
  const services = [
    service('default', 'kubernetes', '10.96.0.1', [{ name: 'https', port: 443, protocol: 'TCP' }]),
    service('default', 'other', '10.96.0.7', [{ port: 1 }]),
    service('shop', 'my-db', '10.96.0.9', [{ port: 5432, protocol: 'TCP' }]),
    service('shop', 'headless', 'None', [{ port: 1 }]),
  ];
  const linked = environment({}, { services }) as Record<string, string>;
  assert.equal(linked['KUBERNETES_SERVICE_HOST'], '10.96.0.1');
  assert.equal(linked['KUBERNETES_SERVICE_PORT_HTTPS'], '443');
  assert.equal(linked['MY_DB_SERVICE_PORT'], '5432');
  assert.equal(linked['MY_DB_PORT_5432_TCP'], 'tcp://10.96.0.9:5432');
  assert.equal(linked['MY_DB_PORT_5432_TCP_ADDR'], '10.96.0.9');
  assert.deepEqual(
    Object.keys(linked).filter((name) => /OTHER|HEADLESS/.test(name)),
    [],
  );
  const unlinked = environment(
    {},
    { services, pod: { ...pod, spec: { ...pod.spec, containers: [], enableServiceLinks: false } } },
  );
  assert.deepEqual(
    Object.keys(unlinked).filter((name) => name.startsWith('MY_DB')),
    [],
  );
});
