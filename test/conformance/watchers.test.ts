/** Watches over HTTPS: from where they begin, what they select, and in which order they show it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { configMaps } from '../../src/api/mod.ts';
import { seededRandom } from '../../src/base/mod.ts';
import type { HttpClient } from '../../src/client/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { definition, definitionsPath } from '../custom-resources.ts';
import { Requests, type Body } from './requests.ts';
import { Watched, type Seen } from './watched.ts';

let cluster: TestCluster;
let requests: Requests;
let client: HttpClient;
let namespace: string;
let path: string;

before(async () => {
  cluster = await startApiServer({ https: true });
  requests = new Requests(cluster);
  client = cluster.endpoint.client();
  namespace = await requests.namespace('watch');
  path = `/api/v1/namespaces/${namespace}/configmaps`;
});

after(async () => {
  requests[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

const label = 'watch-this-configmap';
const labelled = (name: string, value: string): object => ({ metadata: { name, labels: { [label]: value } } });
const watch = (options: object = {}): Promise<Watched> => Watched.begin(client, configMaps, { namespace, ...options });
const mutate = (name: string, mutation: string): Promise<Body> =>
  requests.patch(`${path}/${name}`, 'merge', { data: { mutation } });
const told = (events: readonly Seen[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.data?.mutation ?? '-'}`);

test('Watchers should observe add, update, and delete watch notifications on configmaps', async () => {
  using a = await watch({ labelSelector: `${label}=a` });
  using b = await watch({ labelSelector: `${label}=b` });
  using both = await watch({ labelSelector: `${label} in (a,b)` });
  await requests.create(path, labelled('one', 'a'));
  await mutate('one', '1');
  await mutate('one', '2');
  await requests.delete(`${path}/one`);
  await requests.create(path, labelled('two', 'b'));
  await requests.delete(`${path}/two`);
  const first = ['ADDED one -', 'MODIFIED one 1', 'MODIFIED one 2', 'DELETED one 2'];
  const second = ['ADDED two -', 'DELETED two -'];
  assert.deepEqual(told(await both.until(({ type }) => type === 'DELETED', 2)), [...first, ...second]);
  assert.deepEqual(told(await a.until(({ type }) => type === 'DELETED')), first);
  assert.deepEqual(told(await b.until(({ type }) => type === 'DELETED')), second);
});

test('Watchers should be able to start watching from a specific resource version', async () => {
  await requests.create(path, labelled('from', 'from'));
  const { metadata } = await mutate('from', '1');
  await mutate('from', '2');
  await requests.delete(`${path}/from`);
  using later = await watch({ labelSelector: `${label}=from`, resourceVersion: metadata.resourceVersion });
  assert.deepEqual(told(await later.until(({ type }) => type === 'DELETED')), ['MODIFIED from 2', 'DELETED from 2']);
});

test('Watchers should be able to restart watching from the last resource version observed by the previous watch', async () => {
  const labelSelector = `${label}=again`;
  let last = '';
  {
    using before = await watch({ labelSelector });
    await requests.create(path, labelled('again', 'again'));
    await mutate('again', '1');
    const events = await before.until(({ type }) => type === 'MODIFIED');
    last = events.at(-1)?.object.metadata.resourceVersion;
  }
  await mutate('again', '2');
  await requests.delete(`${path}/again`);
  using later = await watch({ labelSelector, resourceVersion: last });
  assert.deepEqual(told(await later.until(({ type }) => type === 'DELETED')), ['MODIFIED again 2', 'DELETED again 2']);
});

test('Watchers should observe an object deletion if it stops meeting the requirements of the selector', async () => {
  using selected = await watch({ labelSelector: `${label}=kept` });
  const relabel = (value: string): Promise<Body> => requests.patch(`${path}/kept`, 'merge', labelled('kept', value));
  await requests.create(path, labelled('kept', 'kept'));
  await mutate('kept', '1');
  await relabel('other');
  await mutate('kept', '2');
  await relabel('kept');
  await mutate('kept', '3');
  await requests.delete(`${path}/kept`);
  assert.deepEqual(told(await selected.until(({ type }) => type === 'DELETED', 2)), [
    'ADDED kept -',
    'MODIFIED kept 1',
    'DELETED kept 1',
    'ADDED kept 2',
    'MODIFIED kept 3',
    'DELETED kept 3',
  ]);
});

test('Watchers should receive events on concurrent watches in same order', async () => {
  const random = seededRandom(7);
  using whole = await watch();
  const names: string[] = [];
  const created: Promise<unknown>[] = [];
  const watches: Watched[] = [];
  try {
    for (let i = 0; i < 60; i++) {
      const alive = names[Math.floor(random.next() * names.length)];
      if (alive === undefined || random.next() < 0.5) {
        names.push(`order-${i}`);
        created.push(requests.create(path, { metadata: { name: `order-${i}` } }));
      } else created.push(mutate(alive, String(i)).catch(() => undefined));
      if (i % 6 === 0) {
        await Promise.all(created.splice(0));
        const from = whole.events[Math.floor(random.next() * whole.events.length)]?.object.metadata.resourceVersion;
        watches.push(await watch(from === undefined ? {} : { resourceVersion: from }));
      }
    }
    await Promise.all(created);
    await requests.create(path, { metadata: { name: 'order-end' } });
    const revisions = async (one: Watched): Promise<string[]> =>
      (await one.until(({ object }) => object.metadata.name === 'order-end')).map(
        ({ object }) => object.metadata.resourceVersion as string,
      );
    const all = await revisions(whole);
    assert.deepEqual(
      all.toSorted((a, b) => Number(BigInt(a) - BigInt(b))),
      all,
    );
    for (const one of watches) {
      const seen = await revisions(one);
      assert.deepEqual(seen, all.slice(-seen.length));
    }
  } finally {
    for (const one of watches) one[Symbol.dispose]();
  }
});

test('CustomResourceDefinition Watch CustomResourceDefinition Watch watch on custom resource definition objects', async () => {
  await requests.create(definitionsPath, definition('noxus', 'Noxu', { spec: { scope: 'Cluster' } }));
  await requests.until(`${definitionsPath}/noxus.example.com`, ({ status }) =>
    status?.conditions?.some((one: Body) => one.type === 'Established' && one.status === 'True'),
  );
  const resource = { group: 'example.com', version: 'v1', kind: 'Noxu', plural: 'noxus', namespaced: false };
  const noxus = '/apis/example.com/v1/noxus';
  using watched = await Watched.begin(client, resource);
  for (const name of ['a', 'b']) {
    const created = await requests.create(noxus, {
      apiVersion: 'example.com/v1',
      kind: 'Noxu',
      metadata: { name },
      spec: { size: 1 },
    });
    await requests.update(`${noxus}/${name}`, { ...created, spec: { size: 2 } });
  }
  for (const name of ['a', 'b']) await requests.delete(`${noxus}/${name}`);
  const events = await watched.until(({ type }) => type === 'DELETED', 2);
  assert.deepEqual(
    events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.spec.size}`),
    ['ADDED a 1', 'MODIFIED a 2', 'ADDED b 1', 'MODIFIED b 2', 'DELETED a 2', 'DELETED b 2'],
  );
  await requests.delete(`${definitionsPath}/noxus.example.com`);
});
