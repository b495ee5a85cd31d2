import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import facts from '../../api/upstream/facts.json' with { type: 'json' };
import { events, ipAddresses, nodePortCollection, serviceCidrs, services, type Service } from '../../api/mod.ts';
import { seededRandom, silentLog, VirtualClock, type JsonObject } from '../../base/mod.ts';
import { defaultLimits, LocalStore } from '../../store/mod.ts';
import { bootstrap } from '../bootstrap.ts';
import { composeServer } from '../compose.ts';
import type { InProcessClient } from '../in-process-client.ts';
import { stamp } from '../stamp.ts';
import { keepAddresses } from './addresses.ts';
import { keepDefaultRange } from './default-range.ts';
import { keepNodePorts } from './node-ports.ts';
import type { RepairWorld } from './world.ts';

const config = {
  serviceCidr: '10.96.0.0/16',
  nodePortRange: { first: 30000, last: 30009 },
  clusterDomain: 'cluster.local',
};

interface Bench {
  readonly world: RepairWorld;
  readonly client: InProcessClient;
  advance(ms: number): Promise<void>;
  /** What was told, in the order of the texts. */
  told(): Promise<readonly string[]>;
}

async function bench(): Promise<Bench> {
  const clock = new VirtualClock({ rest: async () => await setImmediate(), startMs: Date.UTC(2030, 0, 1) });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const log = silentLog;
  const api = composeServer({ store, clock, random: seededRandom(1), log, facts, config }, { posts: [] });
  await bootstrap(api);
  const client = api.client({ username: 'admin', groups: ['system:masters'] });
  return {
    world: { store, objects: api.server.world.objects, client, clock, log, config },
    client,
    advance: (ms) => clock.advance(ms),
    async told() {
      const { items } = await client.list(events, { namespace: 'default' });
      return items
        .map(({ source, reason, message }) => `${source?.component ?? ''} ${reason ?? ''}: ${message ?? ''}`)
        .sort();
    },
  };
}

const service = (name: string, clusterIP: string, more: Service['spec'] = {}): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { clusterIP, ports: [{ port: 80 }], ...more },
});
const by = 'ipallocator-repair-controller';

/** Puts a service into the store as another API server may have left it: with nothing beside it. */
async function leave({ world: { store } }: Bench, left: Service): Promise<void> {
  const { name = '', namespace = '' } = left.metadata;
  const clusterIPs = [left.spec?.clusterIP ?? ''];
  const value = { apiVersion: 'v1', kind: 'Service', ...left, spec: { type: 'ClusterIP', ...left.spec, clusterIPs } };
  const result = await store.commit([
    { collection: services.collection ?? '', name: `${namespace}/${name}`, value: value as unknown as JsonObject },
  ]);
  assert.ok(result.ok);
}

void test('a deleted address comes back at once, with its labels, and the service stays its owner', async () => {
  const made = await bench();
  using _ = keepAddresses(made.world);
  const { client } = made;
  await client.create(services, service('a', '10.96.0.10'));
  const before = await client.get(ipAddresses, { name: '10.96.0.10' });
  await client.delete(ipAddresses, { name: '10.96.0.10' });
  await made.advance(10);
  const after = await client.get(ipAddresses, { name: '10.96.0.10' });
  assert.deepEqual([after.spec, after.metadata.labels], [before.spec, before.metadata.labels]);
  assert.deepEqual(await made.told(), [
    `${by} ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.0.10 is not allocated; repairing`,
  ]);
  await assert.rejects(client.create(services, service('b', '10.96.0.10')), /provided IP is already allocated/);
  await client.delete(services, { namespace: 'default', name: 'a' });
  await made.advance(400_000);
  await assert.rejects(client.get(ipAddresses, { name: '10.96.0.10' }), { code: 404 });
  assert.equal((await made.told()).length, 1);
});

void test('services of another server get their addresses, however many they are, and others have their turn', async () => {
  const made = await bench();
  const many = Array.from({ length: 600 }, (_, i) => service(`s${i}`, `10.96.${1 + (i >> 8)}.${i & 255}`));
  for (const one of many) await leave(made, one);
  using _ = keepAddresses(made.world);
  for (let turns = 0; turns < 3000; turns++) await Promise.resolve();
  assert.ok((await made.client.list(ipAddresses)).items.length < many.length, 'time has to pass');
  await made.advance(100);
  assert.equal((await made.client.list(ipAddresses)).items.length, many.length);
});

void test('addresses that refer to something else are made anew', async () => {
  const made = await bench();
  const { client } = made;
  const address = (name: string, labels: Record<string, string>, parentRef: object): Promise<unknown> =>
    client.create(ipAddresses, {
      metadata: { name, labels },
      spec: { parentRef: { resource: 'services', name: 'x', ...parentRef } },
    });
  for (const [name, ip] of [
    ['gateway', '10.96.0.10'],
    ['gone', '10.96.0.11'],
    ['unlabelled', '10.96.0.12'],
  ] as const)
    await leave(made, service(name, ip));
  await address('10.96.0.10', {}, { group: 'gateway.networking.k8s.io', resource: 'gateways', namespace: 'n' });
  await address('10.96.0.11', {}, { namespace: 'default', name: 'nobody' });
  await address('10.96.0.12', {}, { namespace: 'default', name: 'unlabelled' });
  using _ = keepAddresses(made.world);
  await made.advance(100);
  for (const [name, of] of [
    ['10.96.0.10', 'gateway'],
    ['10.96.0.11', 'gone'],
    ['10.96.0.12', 'unlabelled'],
  ] as const) {
    const { spec, metadata } = await client.get(ipAddresses, { name });
    assert.deepEqual(
      [spec.parentRef, metadata.labels?.['ipaddress.kubernetes.io/managed-by']],
      [{ resource: 'services', namespace: 'default', name: of }, 'ipallocator.k8s.io'],
    );
  }
  assert.deepEqual(await made.told(), [
    `${by} ClusterIPNotAllocated: the ClusterIP [IPv4]: 10.96.0.10 for Service default/gateway has a wrong reference; repairing`,
    `${by} ClusterIPNotAllocated: the ClusterIP [IPv4]: 10.96.0.11 for Service default/gone has a wrong reference; repairing`,
  ]);
});

void test('what services cannot have is told, again and again', async () => {
  const made = await bench();
  await leave(made, service('one', '10.96.0.10'));
  await leave(made, service('two', '10.96.0.10'));
  await leave(made, service('outside', '10.200.0.1'));
  await leave(made, service('nonsense', '10.96.0.300'));
  await leave(made, service('headless', 'None'));
  using _ = keepAddresses(made.world);
  await made.advance(100);
  const told = [
    `${by} ClusterIPAlreadyAllocated: Cluster IP [IPv4]:10.96.0.10 was assigned to multiple services; please recreate service`,
    `${by} ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.0.10 is not allocated; repairing`,
    `${by} ClusterIPNotValid: Cluster IP <nil> is not a valid IP; please recreate Service`,
    `${by} ClusterIPOutOfRange: Cluster IP [IPv4]: 10.200.0.1 is not within any configured Service CIDR; please recreate service`,
  ];
  assert.deepEqual(await made.told(), told);
  await made.advance(180_000);
  assert.deepEqual(await made.told(), told);
  const { items } = await made.client.list(events, { namespace: 'default' });
  assert.deepEqual(Object.fromEntries(items.map(({ reason = '', count }) => [reason, count])), {
    ClusterIPAlreadyAllocated: 2,
    ClusterIPNotAllocated: 1,
    ClusterIPNotValid: 2,
    ClusterIPOutOfRange: 2,
  });
});

void test('leaked addresses go after a minute, if they are from here', async () => {
  const made = await bench();
  using _ = keepAddresses(made.world);
  const { client } = made;
  const labels = {
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
  };
  const create = async (
    name: string,
    own: boolean,
    parentRef: { resource: string; name: string; namespace?: string },
  ) => void (await client.create(ipAddresses, { metadata: { name, ...(own ? { labels } : {}) }, spec: { parentRef } }));
  await client.create(services, service('a', '10.96.0.10'));
  await create('10.96.0.20', true, { resource: 'services', namespace: 'default', name: 'nobody' });
  await create('10.96.0.21', false, { resource: 'services', namespace: 'default', name: 'nobody' });
  await create('10.96.0.22', true, { resource: 'services', namespace: 'default', name: 'a' });
  await create('10.96.0.23', true, { resource: 'gateways', name: 'g' });
  const names = async (): Promise<readonly string[]> =>
    (await client.list(ipAddresses)).items.map(({ metadata }) => metadata.name ?? '');
  await made.advance(50_000);
  assert.deepEqual(await names(), ['10.96.0.10', '10.96.0.20', '10.96.0.21']);
  await made.advance(11_000);
  assert.deepEqual(await names(), ['10.96.0.10', '10.96.0.21']);
  assert.deepEqual(await made.told(), [
    `${by} IPAddressNotAllocated: IPAddress 10.96.0.23 appears to have been modified, not referencing a Service &ParentReference{Group:,Resource:gateways,Namespace:,Name:g,}: cleaning up`,
    `${by} IPAddressNotAllocated: IPAddress: 10.96.0.20 for Service default/nobody appears to have leaked: cleaning up`,
    `${by} IPAddressWrongReference: IPAddress: 10.96.0.22 for Service default/a has a wrong reference; cleaning up`,
  ]);
});

void test('ports of nodes are held by who names them, and by nobody else', async () => {
  const made = await bench();
  const { client, world } = made;
  const at = (name: string, clusterIP: string, nodePort: number): Service =>
    service(name, clusterIP, { type: 'NodePort', ports: [{ name: 'p', port: 80, protocol: 'TCP', nodePort }] });
  await client.create(services, at('proper', '10.96.0.9', 30001));
  await leave(made, at('one', '10.96.0.10', 30002));
  await leave(made, at('two', '10.96.0.11', 30002));
  await leave(made, at('outside', '10.96.0.12', 40000));
  await world.store.commit([{ collection: nodePortCollection, name: '30007', value: { kind: 'NodePort' } }]);
  using _ = keepNodePorts(world);
  await made.advance(100);
  assert.deepEqual(world.store.current.collection(nodePortCollection).keys(), ['30001', '30002']);
  const ports = 'portallocator-repair-controller';
  assert.deepEqual(await made.told(), [
    `${ports} PortAlreadyAllocated: Port 30002 was assigned to multiple services; please recreate service`,
    `${ports} PortNotAllocated: Port 30002 is not allocated; repairing`,
    `${ports} PortOutOfRange: Port 40000 is not within the port range 30000-30009; please recreate service`,
  ]);
  await assert.rejects(client.create(services, at('three', '10.96.0.13', 30002)), /provided port is already allocated/);
  await client.delete(services, { namespace: 'default', name: 'one' });
  await client.delete(services, { namespace: 'default', name: 'two' });
  await client.create(services, at('three', '10.96.0.13', 30002));
  await made.advance(180_000);
  assert.deepEqual(world.store.current.collection(nodePortCollection).keys(), ['30001', '30002']);
});

void test('the own range comes back, and what does not fit is told once', async () => {
  const made = await bench();
  using _ = keepDefaultRange(made.world);
  const { client } = made;
  const own = { name: 'kubernetes' };
  const status = (await client.get(serviceCidrs, own)).status?.conditions?.[0];
  assert.deepEqual(
    [status?.status, status?.reason, status?.message],
    ['True', '', 'Kubernetes default Service CIDR is ready'],
  );
  await client.delete(serviceCidrs, own);
  await made.advance(10_000);
  assert.equal((await client.get(serviceCidrs, own)).status?.conditions?.[0]?.status, 'True');
  const condition = {
    type: 'Ready',
    status: 'False',
    reason: 'Mine',
    message: 'not now',
    lastTransitionTime: '2030-01-01T00:00:00Z',
  };
  await client.patch(
    serviceCidrs,
    own,
    { type: 'strategic', body: { status: { conditions: [condition] } } },
    { subresource: 'status' },
  );
  await made.advance(20_000);
  assert.equal((await client.get(serviceCidrs, own)).status?.conditions?.[0]?.reason, 'Mine', 'left as it is');
  await client.delete(serviceCidrs, own);
  await client.create(serviceCidrs, { metadata: own, spec: { cidrs: ['10.97.0.0/24', 'fd00::/112'] } });
  await made.advance(20_000);
  const range = await client.get(serviceCidrs, own);
  assert.deepEqual([range.spec?.cidrs, range.status], [['10.97.0.0/24', 'fd00::/112'], {}]);
  const { items } = await client.list(events, { namespace: 'default' });
  const component = 'kubernetes-service-cidr-controller';
  assert.deepEqual(
    items
      .toSorted((a, b) => ((a.reason ?? '') < (b.reason ?? '') ? -1 : 1))
      .map(({ source, reason, message, count }) => [source?.component, reason, message, count]),
    [
      [
        component,
        'KubernetesDefaultServiceCIDRInconsistent',
        'The default ServiceCIDR [10.97.0.0/24 fd00::/112] does not match the controller flag configurations [10.96.0.0/16]',
        1,
      ],
      [component, 'Mine', 'Configuration matches, but not now', 1],
    ],
  );
});
