/** A cluster inside of a test: what it promises to whoever writes tests with it. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { configMaps, endpoints, endpointSlices, ipAddresses, namespaces, services } from '../src/api/mod.ts';
import { startApiServer, startCluster } from '../src/main/testing.ts';
import { HostError } from '../src/base/mod.ts';
import { RawHttp } from './raw-http.ts';

/** The quickest of some, because other programs share the machine. */
async function quickest(rounds: number, work: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const startedMs = performance.now();
    await work();
    best = Math.min(best, performance.now() - startedMs);
  }
  return best;
}

test('a cluster starts and ends in far less than a tenth of a second', async (t) => {
  const plain = await quickest(5, async () => {
    await using _cluster = await startCluster();
  });
  const https = await quickest(5, async () => {
    await using _cluster = await startCluster({ https: true });
  });
  t.diagnostic(`${plain.toFixed(1)} ms, with HTTPS ${https.toFixed(1)} ms`);
  assert.ok(plain < 100 && https < 200);
});

test('the endpoint speaks to everyone and believes its own CA alone', async () => {
  await using cluster = await startApiServer({ https: true });
  await cluster.endpoint.client().create(configMaps, { metadata: { name: 'a', namespace: 'default' } });
  assert.equal((await cluster.client.list(configMaps, { namespace: 'default' })).items.length, 1);
  await using other = await startApiServer({ https: true });
  const { certificate, key } = other.endpoint.admin;
  await assert.rejects(cluster.endpoint.client({ certificate, key }).list(configMaps), /Unauthorized/);
  const reader = await cluster.endpoint.credential({ commonName: 'jane', organizations: ['dev'], usage: 'client' });
  await assert.rejects(cluster.endpoint.client(reader).list(configMaps), /User "jane" cannot list/);
  using stranger = new RawHttp(cluster.endpoint, { certificate: false });
  assert.equal((await stranger.json('GET', '/version')).status, 200);
});

test('the kubeconfig names the endpoint and an administrator', async () => {
  await using cluster = await startApiServer({ https: true });
  const text = cluster.kubeconfig();
  for (const part of [
    `server: ${cluster.endpoint.server}`,
    'client-certificate-data: ',
    'current-context: kutter-test',
  ])
    assert.ok(text.includes(part), part);
});

test('a cluster without an endpoint says so', async () => {
  await using cluster = await startApiServer();
  assert.throws(() => cluster.kubeconfig(), HostError);
  assert.equal((await cluster.client.list(namespaces)).items.length, 4);
});

test('what is over is over: a client of an ended cluster is refused', async () => {
  const cluster = await startApiServer({ https: true });
  const client = cluster.endpoint.client();
  await client.list(namespaces);
  await cluster[Symbol.asyncDispose]();
  await assert.rejects(client.list(namespaces), HostError);
});

test('the Service of the API server is there, and comes back', async () => {
  await using cluster = await startCluster({ https: true, clock: 'virtual' });
  const { client, endpoint } = cluster;
  const key = { namespace: 'default', name: 'kubernetes' };
  const { spec } = await client.get(services, key);
  assert.deepEqual(
    [spec?.clusterIP, spec?.ports],
    ['10.96.0.1', [{ name: 'https', port: 443, protocol: 'TCP', targetPort: endpoint.port }]],
  );
  await client.delete(services, key);
  await client.delete(endpoints, key);
  await client.delete(endpointSlices, key);
  await cluster.advance(10_000);
  await Promise.all([client.get(services, key), client.get(endpoints, key), client.get(endpointSlices, key)]);
  await using plain = await startCluster({ clock: 'virtual' });
  await plain.client.delete(ipAddresses, { name: '10.96.0.1' });
  await plain.advance(10);
  assert.equal((await plain.client.get(ipAddresses, { name: '10.96.0.1' })).spec.parentRef?.name, 'kubernetes');
  assert.deepEqual((await plain.client.get(endpoints, key)).subsets?.[0]?.ports, [
    { name: 'https', port: 6443, protocol: 'TCP' },
  ]);
});
