/**
 * What must hold of the API under load, whatever the order of things: watches and lists agree, nothing written is lost,
 * pages are of one state. Over HTTPS, with many clients at once and a history that is short.
 */
import assert from 'node:assert/strict';
import https from 'node:https';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { configMaps, type ConfigMap } from '../src/api/mod.ts';
import { seededRandom, type DeepReadonly, type Random } from '../src/base/mod.ts';
import type { Client } from '../src/client/mod.ts';
import { isApiError, keyOf } from '../src/machinery/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { until } from './until.ts';

const namespace = 'default';
const nameCount = 40;

/** Writes of every sort to a few names, so that they collide. */
async function writeALot(client: Client, random: Random, writes: number): Promise<void> {
  for (let i = 0; i < writes; i++) {
    const name = `n${Math.floor(random.next() * nameCount)}`;
    const key = { namespace, name };
    const labels = { in: random.next() < 0.5 ? 'yes' : 'no' };
    try {
      const what = random.next();
      if (what < 0.35) await client.create(configMaps, { metadata: { ...key, labels }, data: { i: String(i) } });
      else if (what < 0.75)
        await client.patch(configMaps, key, { type: 'merge', body: { metadata: { labels }, data: { i: String(i) } } });
      else await client.delete(configMaps, key);
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'AlreadyExists', 'Conflict')) throw error;
    }
  }
}

/** Builds the state from a list and the watch that follows it, listing anew when it is told to. */
class Reconstruction implements Disposable {
  readonly objects = new Map<string, DeepReadonly<ConfigMap>>();
  readonly #client: Client;
  readonly #labelSelector: string;
  revision = 0;
  lists = 0;
  failure: unknown;
  #watch: Disposable | undefined;
  #disposed = false;

  constructor(client: Client, labelSelector: string) {
    this.#client = client;
    this.#labelSelector = labelSelector;
  }

  async start(): Promise<void> {
    const list = await this.#client.list(configMaps, { namespace, labelSelector: this.#labelSelector });
    if (this.#disposed) return;
    this.lists += 1;
    this.objects.clear();
    for (const item of list.items) this.objects.set(keyOf(item), item);
    this.revision = Number(list.resourceVersion);
    this.#watch = this.#client.watch(
      configMaps,
      { namespace, labelSelector: this.#labelSelector, resourceVersion: list.resourceVersion },
      {
        onEvents: (events, revision) => {
          for (const { type, object } of events) this.#apply(type, object);
          this.revision = revision;
        },
        onEnd: (error) => {
          if (isApiError(error, 'Expired')) void this.start();
          else this.failure = error;
        },
      },
    );
  }

  #apply(type: string, object: DeepReadonly<ConfigMap>): void {
    const key = keyOf(object);
    const known = this.objects.has(key);
    if (Number(object.metadata.resourceVersion) <= this.revision) this.failure ??= `${type} ${key} came again`;
    if (known !== (type !== 'ADDED')) this.failure ??= `${type} ${key}, which was ${known ? '' : 'not '}there`;
    if (type === 'DELETED') this.objects.delete(key);
    else this.objects.set(key, object);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#watch?.[Symbol.dispose]();
  }
}

async function lastWrite(cluster: TestCluster): Promise<number> {
  const labels = { in: 'yes' };
  const written = await cluster.client.create(configMaps, { metadata: { name: 'last', namespace, labels } });
  return Number(written.metadata.resourceVersion);
}

test('what watchers put together is what a list shows, under load and with a short history', async () => {
  await using cluster = await startApiServer({ https: true, history: { historyRevisionsMax: 300 } });
  const clients = Array.from({ length: 4 }, () => cluster.endpoint.client());
  const watchers = ['', 'in=yes', 'in!=no', 'in'].flatMap((selector) =>
    [cluster.client, ...clients].map((client) => new Reconstruction(client, selector)),
  );
  await Promise.all(watchers.map((watcher) => watcher.start()));
  await Promise.all(clients.map((client, i) => writeALot(client, seededRandom(i + 1), 400)));
  const last = await lastWrite(cluster);
  await until(
    () => watchers.every(({ revision, failure }) => revision >= last || failure !== undefined),
    'every watcher hears of the last write',
  );
  for (const [i, watcher] of watchers.entries()) {
    assert.equal(watcher.failure, undefined);
    const labelSelector = ['', 'in=yes', 'in!=no', 'in'][Math.floor(i / 5)] ?? '';
    const { items } = await cluster.client.list(configMaps, {
      namespace,
      labelSelector,
      resourceVersion: String(last),
      resourceVersionMatch: 'Exact',
    });
    const shown = [...watcher.objects.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    assert.deepEqual(shown, items);
    watcher[Symbol.dispose]();
  }
});

test('a watcher that reads slowly sees every change or a 410, never a gap', async () => {
  await using cluster = await startApiServer({ https: true, history: { historyRevisionsMax: 200 } });
  const slow = slowWatch(cluster);
  await slow.started;
  const big = 'x'.repeat(20_000);
  for (let i = 0; i < 1500; i++)
    await cluster.client.create(configMaps, { metadata: { name: `big-${i}`, namespace }, data: { big } });
  const lines = await slow.readAll();
  const indexes = lines.flatMap(({ type, object }) => (type === 'ADDED' ? Number(object.metadata.name.slice(4)) : []));
  assert.ok(indexes.length > 0 && indexes.length < 1500, 'it fell behind');
  assert.deepEqual(
    indexes,
    indexes.map((_, i) => i),
    'without a gap',
  );
  const end = lines.at(-1);
  assert.deepEqual([end?.type, end?.object.code, end?.object.reason], ['ERROR', 410, 'Expired']);
});

interface Line {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string }; readonly code?: number; readonly reason?: string };
}

/** A watch whose client takes the first bytes and then nothing until `readAll`. */
function slowWatch({ endpoint, store }: TestCluster): { started: Promise<void>; readAll: () => Promise<Line[]> } {
  const { certificate: cert, key } = endpoint.admin;
  let text = '';
  let ended = false;
  let resume = (): void => undefined;
  const started = new Promise<void>((resolve, reject) => {
    const path = `/api/v1/namespaces/${namespace}/configmaps?watch=1&resourceVersion=${store.current.revision}`;
    https
      .get({ host: '127.0.0.1', port: endpoint.port, path, ca: endpoint.ca, cert, key, agent: false }, (response) => {
        response.pause();
        resume = () =>
          void response
            .setEncoding('utf8')
            .on('data', (chunk: string) => void (text += chunk))
            .on('end', () => (ended = true))
            .resume();
        resolve();
      })
      .on('error', reject);
  });
  const readAll = async (): Promise<Line[]> => {
    resume();
    await until(() => ended, 'the watch ends');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  };
  return { started, readAll };
}

test('a long list is whole, whatever the sizes of its items', async () => {
  await using cluster = await startApiServer({ https: true });
  const client = cluster.endpoint.client();
  const random = seededRandom(3);
  for (const count of [0, 1, 2, 700]) {
    await cluster.client.deleteCollection(configMaps, { namespace });
    for (let i = 0; i < count; i++) {
      const big = 'ö'.repeat(Math.floor(random.next() ** 8 * 300_000));
      await cluster.client.create(configMaps, {
        metadata: { name: `l-${i}`, namespace },
        ...(big === '' ? {} : { data: { big } }),
      });
    }
    assert.deepEqual(
      (await client.list(configMaps, { namespace })).items,
      (await cluster.client.list(configMaps, { namespace })).items,
    );
  }
});

test('concurrent increments lose nothing', async () => {
  await using cluster = await startApiServer({ https: true });
  const key = { namespace, name: 'counter' };
  await cluster.client.create(configMaps, { metadata: key, data: { n: '0' } });
  const clients = [cluster.client, ...Array.from({ length: 7 }, () => cluster.endpoint.client())];
  const perClient = 20;
  let conflicts = 0;
  const increment = async (client: Client): Promise<void> => {
    for (let done = 0; done < perClient;) {
      const counter = await client.get(configMaps, key);
      try {
        await client.update(configMaps, { ...counter, data: { n: String(Number(counter.data?.['n']) + 1) } });
        done += 1;
      } catch (error) {
        if (!isApiError(error, 'Conflict')) throw error;
        conflicts += 1;
      }
    }
  };
  await Promise.all(clients.map(increment));
  assert.equal((await cluster.client.get(configMaps, key)).data?.['n'], String(clients.length * perClient));
  assert.ok(conflicts > 0, 'they did collide');
});

test('the pages of a list show one state while it is being changed', async () => {
  await using cluster = await startApiServer({ https: true });
  const client = cluster.endpoint.client();
  for (let i = 0; i < 100; i++)
    await cluster.client.create(configMaps, { metadata: { name: `p-${String(i).padStart(3, '0')}`, namespace } });
  let writing = true;
  const random = seededRandom(7);
  const writer = (async () => {
    while (writing) await writeALot(cluster.client, random, 1).then(() => sleep(0));
  })();
  for (let round = 0; round < 10; round++) {
    const items: DeepReadonly<ConfigMap>[] = [];
    let token: string | undefined;
    let revision = '';
    do {
      const page = await client.list(configMaps, {
        namespace,
        limit: 7,
        ...(token === undefined ? {} : { continue: token }),
      });
      revision ||= page.resourceVersion;
      assert.equal(page.resourceVersion, revision);
      items.push(...page.items);
      token = page.continue;
    } while (token !== undefined);
    const whole = await client.list(configMaps, {
      namespace,
      resourceVersion: revision,
      resourceVersionMatch: 'Exact',
    });
    assert.deepEqual(items, whole.items);
  }
  writing = false;
  await writer;
});

test('an object that is deleted and made again is another one, and the watch shows both', async () => {
  await using cluster = await startApiServer({ https: true });
  const client = cluster.endpoint.client();
  const told: string[] = [];
  const { resourceVersion } = await client.list(configMaps, { namespace });
  using _watch = client.watch(
    configMaps,
    { namespace, resourceVersion },
    {
      onEvents: (events) => told.push(...events.map(({ type, object }) => `${type} ${object.metadata.uid}`)),
      onEnd: (error) => assert.fail(String(error)),
    },
  );
  const uids: string[] = [];
  for (let i = 0; i < 20; i++) {
    uids.push((await client.create(configMaps, { metadata: { name: 'again', namespace } })).metadata.uid ?? '');
    await client.delete(configMaps, { namespace, name: 'again' }, { uid: uids.at(-1) ?? '' });
  }
  assert.equal(new Set(uids).size, 20);
  await until(() => told.length === 40, 'all events come');
  assert.deepEqual(
    told,
    uids.flatMap((uid) => [`ADDED ${uid}`, `DELETED ${uid}`]),
  );
});
