/** Endpoints and EndpointSlices follow pods and services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deployments,
  endpoints,
  endpointSlices,
  ipAddresses,
  nodes,
  pods,
  serviceCidrs,
  services,
  type EndpointSlice,
  type Service,
} from '../../src/api/mod.ts';
import type { DeepReadonly } from '../../src/base/mod.ts';
import type { TestCluster } from '../../src/main/testing.ts';
import { podsOf, web, workbench, type Workbench } from './workbench.ts';

const serving = {
  controllers: ['deployment-controller', 'replicaset-controller', 'endpoints-controller', 'endpointslice-controller'],
};

function webService(spec: Partial<NonNullable<Service['spec']>> = {}): Service {
  return {
    metadata: { name: 'web', namespace: 'default', labels: { team: 'a' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  };
}

async function withNode(bench: Workbench): Promise<TestCluster> {
  await bench.cluster.client.create(nodes, {
    metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'zone-a' } },
  });
  return bench.cluster;
}

async function slicesOf({ client }: TestCluster): Promise<readonly DeepReadonly<EndpointSlice>[]> {
  return (await client.list(endpointSlices, { namespace: 'default', labelSelector: 'kubernetes.io/service-name=web' }))
    .items;
}

test('a service without pods has one empty slice and empty endpoints', async () => {
  await using bench = await workbench(serving);
  const cluster = await withNode(bench);
  await cluster.client.create(services, webService());
  await cluster.advance(100);
  const [slice, ...others] = await slicesOf(cluster);
  assert.deepEqual(others, []);
  assert.deepEqual([slice?.addressType, slice?.endpoints ?? [], slice?.ports ?? []], ['IPv4', [], []]);
  assert.deepEqual(slice?.metadata.labels, {
    team: 'a',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
  assert.match(slice?.metadata.name ?? '', /^web-[a-z0-9]{5}$/);
  assert.equal(slice?.metadata.ownerReferences?.[0]?.kind, 'Service');
  const object = await cluster.client.get(endpoints, { namespace: 'default', name: 'web' });
  assert.deepEqual(
    [object.subsets, object.metadata.labels],
    [undefined, { team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }],
  );
});

test('endpoints are told from not ready to ready to terminating to gone', async () => {
  await using bench = await workbench({ ...serving, startMs: 1000 });
  const cluster = await withNode(bench);
  await cluster.client.create(services, webService());
  await cluster.client.create(deployments, web({ replicas: 1 }));
  await cluster.advance(3000);
  const [pod] = await podsOf(cluster);
  const ip = pod?.status?.podIP ?? '';
  const { name = '', uid = '' } = pod?.metadata ?? {};
  const targetRef = { kind: 'Pod', namespace: 'default', name, uid };
  const endpoint = {
    addresses: [ip],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef,
    nodeName: 'node-1',
    zone: 'zone-a',
  };
  const [slice] = await slicesOf(cluster);
  assert.deepEqual(slice?.endpoints, [endpoint]);
  assert.deepEqual(slice?.ports, [{ name: 'http', protocol: 'TCP', port: 8080 }]);
  assert.match(
    slice?.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'] ?? '',
    /^2026-01-01T00:00:0/,
  );
  const subsets = async (): Promise<unknown> =>
    (await cluster.client.get(endpoints, { namespace: 'default', name: 'web' })).subsets;
  assert.deepEqual(await subsets(), [
    { addresses: [{ ip, nodeName: 'node-1', targetRef }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] },
  ]);
  await cluster.client.patch(
    deployments,
    { namespace: 'default', name: 'web' },
    { type: 'merge', body: { spec: { replicas: 0 } } },
  );
  await cluster.advance(100);
  assert.deepEqual((await slicesOf(cluster))[0]?.endpoints?.[0]?.conditions, {
    ready: false,
    serving: true,
    terminating: true,
  });
  assert.equal(await subsets(), undefined);
  await cluster.advance(3000);
  assert.deepEqual(
    (await slicesOf(cluster)).map(({ endpoints: left = [] }) => left),
    [[]],
  );
});

test('many endpoints fill slices of a hundred, and few changes write few slices', async () => {
  await using bench = await workbench(serving);
  const cluster = await withNode(bench);
  await cluster.client.create(services, webService());
  await cluster.client.create(deployments, web({ replicas: 250 }));
  await cluster.advance(20_000);
  const sizes = async (): Promise<number[]> =>
    (await slicesOf(cluster)).map(({ endpoints: all = [] }) => all.length).toSorted((a, b) => b - a);
  assert.equal(
    (await sizes()).reduce((a, b) => a + b),
    250,
  );
  assert.ok(
    (await sizes()).every((size) => size <= 100),
    String(await sizes()),
  );
  const before = new Map((await slicesOf(cluster)).map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  const [victim] = await podsOf(cluster);
  await cluster.client.patch(
    pods,
    { namespace: 'default', name: victim?.metadata.name ?? '' },
    { type: 'merge', body: { metadata: { labels: { app: 'other' }, ownerReferences: null } } },
  );
  await cluster.advance(0);
  const changed = (await slicesOf(cluster)).filter(
    ({ metadata }) => before.get(metadata.name) !== metadata.resourceVersion,
  );
  assert.equal(changed.length, 1);
});

test('a named port with two numbers makes two groups, a headless service is labelled', async () => {
  await using bench = await workbench(serving);
  const cluster = await withNode(bench);
  await cluster.client.create(
    services,
    webService({ clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 'web' }] }),
  );
  for (const [name, port] of [
    ['a', 8080],
    ['b', 9090],
    ['c', 9090],
  ] as const)
    await cluster.client.create(pods, {
      metadata: { name, namespace: 'default', labels: { app: 'web' } },
      spec: {
        nodeName: 'node-1',
        hostname: name,
        subdomain: 'web',
        containers: [{ name, image: name, ports: [{ name: 'web', containerPort: port }] }],
      },
    });
  await cluster.advance(3000);
  const told = (await slicesOf(cluster)).map(({ ports, endpoints: all }) => [
    ports?.[0]?.port,
    all?.map(({ hostname }) => hostname).toSorted(),
  ]);
  assert.deepEqual(
    told.toSorted((a, b) => Number(a[0]) - Number(b[0])),
    [
      [8080, ['a']],
      [9090, ['b', 'c']],
    ],
  );
  assert.ok(
    (await slicesOf(cluster)).every(({ metadata }) => metadata.labels?.['service.kubernetes.io/headless'] === ''),
  );
  const { subsets = [] } = await cluster.client.get(endpoints, { namespace: 'default', name: 'web' });
  assert.deepEqual(
    subsets.map(({ addresses, ports }) => [ports?.[0]?.port, addresses?.length]),
    [
      [8080, 1],
      [9090, 2],
    ],
  );
});

test('endpoints go with their service', async () => {
  await using bench = await workbench({ controllers: [...serving.controllers, 'garbage-collector-controller'] });
  const cluster = await withNode(bench);
  await cluster.client.create(services, webService());
  await cluster.advance(1000);
  await cluster.client.delete(services, { namespace: 'default', name: 'web' });
  await cluster.advance(1000);
  const { items } = await cluster.client.list(endpoints, { namespace: 'default' });
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['kubernetes'],
  );
  assert.equal((await slicesOf(cluster)).length, 0);
});

const ranged = { controllers: ['service-cidr-controller'] };

async function conditionOf({ client }: TestCluster, name: string): Promise<readonly unknown[]> {
  const { status } = await client.get(serviceCidrs, { name });
  return (status?.conditions ?? []).map(({ type, status: is, reason }) => [type, is, reason]);
}

const addressed = (name: string, clusterIP?: string): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 80 }], ...(clusterIP === undefined ? {} : { clusterIP }) },
});

test('a cluster has its range from the start, and another one adds to it for as long as it is used', async () => {
  await using bench = await workbench(ranged);
  const { cluster } = bench;
  const { client } = cluster;
  await cluster.advance(100);
  const own = await client.get(serviceCidrs, { name: 'kubernetes' });
  assert.deepEqual(own.metadata.finalizers, ['networking.k8s.io/service-cidr-finalizer']);
  assert.deepEqual(
    [own.spec?.cidrs, own.status?.conditions?.map(({ message }) => message)],
    [['10.96.0.0/16'], ['Kubernetes default Service CIDR is ready']],
  );
  const outside =
    'Service "far" is invalid: spec.clusterIPs: Invalid value: ["10.200.0.9"]: failed to allocate IP 10.200.0.9: the provided network does not match the current range';
  await assert.rejects(client.create(services, addressed('far', '10.200.0.9')), { message: outside });
  await client.create(serviceCidrs, { metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/28'] } });
  await cluster.advance(100);
  assert.deepEqual(await conditionOf(cluster, 'more'), [['Ready', 'True', '']]);
  await assert.rejects(client.create(services, addressed('far', '10.200.0.15')), {
    message:
      /the provided IP \(10\.200\.0\.15\) is not in the valid range\. The range of valid IPs is 10\.200\.0\.0\/28$/,
  });
  await client.create(services, addressed('far', '10.200.0.9'));
  const held = await client.get(ipAddresses, { name: '10.200.0.9' });
  assert.deepEqual(
    [held.spec.parentRef, held.metadata.labels],
    [
      { resource: 'services', namespace: 'default', name: 'far' },
      { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
    ],
  );
  await client.delete(serviceCidrs, { name: 'more' });
  await cluster.advance(60_000);
  assert.deepEqual(await conditionOf(cluster, 'more'), [['Ready', 'False', 'Terminating']]);
  await assert.rejects(client.create(services, addressed('late', '10.200.0.10')), /does not match the current range/);
  await client.delete(services, { namespace: 'default', name: 'far' });
  await assert.rejects(client.get(ipAddresses, { name: '10.200.0.9' }), { code: 404 });
  await cluster.advance(1000);
  await assert.rejects(client.get(serviceCidrs, { name: 'more' }), { code: 404 });
});

test('the own range gives addresses although its object was deleted', async () => {
  await using bench = await workbench({ controllers: [] });
  const { client } = bench.cluster;
  await client.delete(serviceCidrs, { name: 'kubernetes' });
  const { spec } = await client.create(services, addressed('a'));
  assert.match(spec?.clusterIP ?? '', /^10\.96\./);
});

test('when the own range is full, the others give addresses', async () => {
  await using bench = await workbench({ controllers: [] });
  const { client } = bench.cluster;
  await client.patch(
    serviceCidrs,
    { name: 'kubernetes' },
    {
      type: 'merge',
      body: {
        status: {
          conditions: [
            { type: 'Ready', status: 'False', reason: 'Full', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
          ],
        },
      },
    },
    { subresource: 'status' },
  );
  await assert.rejects(client.create(services, addressed('a')), {
    message: 'Internal error occurred: failed to allocate a serviceIP: range is full',
  });
  await client.create(serviceCidrs, { metadata: { name: 'tiny' }, spec: { cidrs: ['10.201.0.0/30'] } });
  const addresses = [];
  for (const name of ['a', 'b']) addresses.push((await client.create(services, addressed(name))).spec?.clusterIP);
  assert.deepEqual(new Set(addresses), new Set(['10.201.0.1', '10.201.0.2']));
  await assert.rejects(client.create(services, addressed('c')), /range is full/);
});
