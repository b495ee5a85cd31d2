/** The service proxy against a real API server, in virtual time, with a simulated kernel. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SimulatedNftables } from '../sim/nftables.ts';
import { endpointSlices, services } from '../src/api/mod.ts';
import { silentLog } from '../src/base/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { ServiceProxy, type StaleFlow } from '../src/proxy/mod.ts';

const table = 'kutter-test';
const protocol = 'TCP';

interface Node extends AsyncDisposable {
  readonly kernel: SimulatedNftables;
  readonly proxy: ServiceProxy;
  readonly forgotten: StaleFlow[];
}

function startProxy(cluster: TestCluster): Node {
  const kernel = new SimulatedNftables();
  const forgotten: StaleFlow[] = [];
  const world = {
    services: cluster.cache.informer(services),
    endpointSlices: cluster.cache.informer(endpointSlices),
    nftables: kernel,
    flows: { forget: async (_: string, flows: readonly StaleFlow[]) => void forgotten.push(...flows) },
    clock: cluster.clock,
    log: silentLog,
  };
  const proxy = new ServiceProxy(world, { clusterName: 'test', nodeName: 'n1', podCidr: '10.244.0.0/16' }).start();
  return { kernel, proxy, forgotten, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

async function create(
  cluster: TestCluster,
  name: string,
  clusterIP: string,
  addresses: readonly string[],
): Promise<void> {
  const namespace = 'default';
  await cluster.client.create(services, {
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ name: 'http', port: 80, protocol }] },
  });
  const labels = { 'kubernetes.io/service-name': name };
  const endpoints = addresses.map((address) => ({ addresses: [address] }));
  const ports = [{ name: 'http', port: 8080, protocol }];
  await cluster.client.create(endpointSlices, {
    metadata: { name: `${name}-1`, namespace, labels },
    addressType: 'IPv4',
    endpoints,
    ports,
  });
}

describe('the service proxy', () => {
  test('follows Services and slices; a burst is one script', async () => {
    await using cluster = await startApiServer({ clock: 'virtual' });
    await create(cluster, 'early', '10.96.0.20', ['10.244.0.9']);
    await using node = startProxy(cluster);
    await cluster.advance(100);
    assert.deepEqual(node.kernel.destinations(table, '10.96.0.20', 'tcp', 80), ['10.244.0.9:8080']);
    assert.equal(node.kernel.scripts, 1, 'nothing was written before all was known');
    for (let i = 0; i < 10; i++) await create(cluster, `web-${i}`, `10.96.0.${30 + i}`, [`10.244.0.${i}`]);
    await cluster.advance(100);
    assert.deepEqual(node.kernel.destinations(table, '10.96.0.34', 'tcp', 80), ['10.244.0.4:8080']);
    assert.ok(node.kernel.scripts <= 3, `${node.kernel.scripts} scripts`);
    await cluster.client.delete(services, { namespace: 'default', name: 'early' });
    await cluster.advance(100);
    assert.deepEqual(node.kernel.destinations(table, '10.96.0.20', 'tcp', 80), []);
  });

  test('while the kernel refuses it tries again, less and less often, with all that came meanwhile', async () => {
    await using cluster = await startApiServer({ clock: 'virtual' });
    await using node = startProxy(cluster);
    await cluster.advance(100);
    node.kernel.failing = true;
    await create(cluster, 'web', '10.96.0.30', ['10.244.0.1']);
    await cluster.advance(60_000);
    await create(cluster, 'late', '10.96.0.31', ['10.244.0.2']);
    await cluster.advance(1000);
    node.kernel.failing = false;
    await cluster.advance(31_000);
    for (const [address, pod] of [
      ['10.96.0.30', '10.244.0.1:8080'],
      ['10.96.0.31', '10.244.0.2:8080'],
    ] as const) {
      assert.deepEqual(node.kernel.destinations(table, address, 'tcp', 80), [pod]);
    }
    assert.deepEqual(await node.kernel.shape('ip', table), node.proxy.table.shape());
  });

  test('a table that is gone is back within half a minute, an element within five', async () => {
    await using cluster = await startApiServer({ clock: 'virtual' });
    await using node = startProxy(cluster);
    await create(cluster, 'web', '10.96.0.30', ['10.244.0.1']);
    await cluster.advance(1000);
    node.kernel.apply(`delete table ip ${table}`);
    await cluster.advance(31_000);
    assert.deepEqual(await node.kernel.shape('ip', table), node.proxy.table.shape());
    const { scripts } = node.kernel;
    await cluster.advance(600_000);
    assert.equal(node.kernel.scripts, scripts, 'nobody touched it, nothing was written');
    node.kernel.apply(`delete element ip ${table} service-ips { 10.96.0.30 . tcp . 80 }`);
    await cluster.advance(301_000);
    assert.deepEqual(await node.kernel.shape('ip', table), node.proxy.table.shape());
  });

  test('stopping leaves the rules and follows no more', async () => {
    await using cluster = await startApiServer({ clock: 'virtual' });
    const node = startProxy(cluster);
    await create(cluster, 'web', '10.96.0.30', ['10.244.0.1']);
    await cluster.advance(1000);
    await node[Symbol.asyncDispose]();
    await create(cluster, 'late', '10.96.0.31', ['10.244.0.2']);
    await cluster.advance(60_000);
    assert.deepEqual(node.kernel.destinations(table, '10.96.0.30', 'tcp', 80), ['10.244.0.1:8080']);
    assert.deepEqual(node.kernel.destinations(table, '10.96.0.31', 'tcp', 80), []);
  });
});
