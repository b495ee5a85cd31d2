/** A client that watches and does not read costs the server nothing that grows, slows nobody, and does not stay for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { configMaps } from '../src/api/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { RawHttp } from './raw-http.ts';
import { until } from './until.ts';

const namespace = 'default';
const history = { historyRevisionsMax: 100, historyBytesMax: 4 << 20 };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function memoryUsed(): number {
  for (let i = 0; i < 3; i++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Watches without ever reading. */
async function stuckWatch({ store }: TestCluster, raw: RawHttp): Promise<TLSSocket> {
  const socket = await raw.connect();
  socket.pause();
  socket.on('error', () => undefined);
  const path = `/api/v1/namespaces/${namespace}/configmaps?watch=1&resourceVersion=${store.current.revision}`;
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return socket;
}

test('watchers that do not read hold no memory, slow nobody, and are cut in the end', async () => {
  await using cluster = await startApiServer({ https: true, clock: 'virtual', history });
  using raw = new RawHttp(cluster.endpoint);
  const { plane } = cluster.endpoint;
  const stuck = await Promise.all(Array.from({ length: 20 }, () => stuckWatch(cluster, raw)));
  await until(() => plane.front.watches === 20, 'all watch');
  let seen = 0;
  const resourceVersion = String(cluster.store.current.revision);
  using _reader = cluster.endpoint.client().watch(
    configMaps,
    { namespace, resourceVersion },
    {
      onEvents: (events) => void (seen += events.length),
      onEnd: (error) => assert.fail(String(error)),
    },
  );
  await until(() => plane.front.watches === 21, 'the reader watches, too');
  const write = async (name: string, count: number): Promise<void> => {
    const data = { big: 'x'.repeat(50_000) };
    for (let i = 0; i < count; i++) {
      await cluster.client.create(configMaps, { metadata: { name: `${name}-${i}`, namespace }, data });
      await cluster.client.delete(configMaps, { namespace, name: `${name}-${i}` });
      // In step with the one that reads: it must not fall behind because of those that do not.
      if (i % 20 === 19) await until(() => seen >= 2 * i, 'the reader keeps up');
    }
    await until(() => seen >= 2 * count, 'the reader sees everything');
    seen = 0;
  };
  await write('warm', 200);
  const before = memoryUsed();
  await write('more', 1500);
  const grown = memoryUsed() - before;
  assert.ok(grown < 16 << 20, `150 MB of events to 20 stuck watchers left ${grown} bytes behind`);
  assert.equal(plane.front.watches, 21);
  await cluster.advance(61_000);
  await until(() => plane.front.watches === 1 && plane.http.connections <= 2, 'the stuck ones are cut');
  for (const socket of stuck) socket.destroy();
});
