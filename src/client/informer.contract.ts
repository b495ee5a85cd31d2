/** What informers must do over every transport, as tests beside `client.contract.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, namespaces, type ConfigMap } from '../api/mod.ts';
import { silentLog, type DeepReadonly } from '../base/mod.ts';
import { keyOf } from '../machinery/mod.ts';
import type { ClientUnderTest, StartClient } from './client.contract.ts';
import { Informer, InformerCache, type InformerOptions, type ObjectChange } from './informer.ts';

const namespace = 'default';
const configMap = (name: string, labels: Record<string, string> = {}): ConfigMap => ({
  metadata: { name, namespace, labels },
});

interface Watched extends Disposable {
  readonly informer: Informer<ConfigMap>;
  readonly changes: ObjectChange<ConfigMap>[];
  /** What the changes add up to. */
  readonly sum: Map<string, DeepReadonly<ConfigMap>>;
}

function watched({ client, clock }: ClientUnderTest, options: InformerOptions = { namespace }): Watched {
  const informer = new Informer<ConfigMap>({ client, clock, log: silentLog }, configMaps, options).start();
  const changes: ObjectChange<ConfigMap>[] = [];
  const sum = new Map<string, DeepReadonly<ConfigMap>>();
  informer.subscribe((batch) => {
    for (const change of batch) {
      assert.equal(change.previous, sum.get(change.key), 'a change tells what was there before');
      changes.push(change);
      if (change.object === undefined) sum.delete(change.key);
      else sum.set(change.key, change.object);
    }
    assert.deepEqual(
      [...sum.keys()].sort(),
      informer.list().map(keyOf).sort(),
      'changes are applied before they are told',
    );
  });
  return { informer, changes, sum, [Symbol.dispose]: () => informer[Symbol.dispose]() };
}

const told = ({ changes }: Watched): string[] =>
  changes.map(
    ({ key, object, previous }) =>
      `${previous === undefined ? '+' : object === undefined ? '-' : '~'}${key.split('/')[1] ?? ''}`,
  );

export function informerContract(transport: string, start: StartClient): void {
  const contract = (name: string, run: (under: ClientUnderTest) => Promise<void>): void => {
    test(`${transport}: ${name}`, async (t) => {
      await using under = await start(t);
      await run(under);
    });
  };
  views(contract);
  interruptions(contract);
}

type Contract = (name: string, run: (under: ClientUnderTest) => Promise<void>) => void;

function views(contract: Contract): void {
  contract('an informer shows what is there, then every change, each with what was before', async (under) => {
    const { client } = under;
    await client.create(configMaps, configMap('a'));
    using view = watched(under);
    assert.equal(view.informer.synced, false);
    await view.informer.reached(0);
    const b = await client.create(configMaps, configMap('b'));
    await client.patch(configMaps, { namespace, name: 'a' }, { type: 'merge', body: { data: { n: '1' } } });
    await client.delete(configMaps, { namespace, name: 'b' });
    await view.informer.gone('default/b', b.metadata.uid ?? '');
    assert.deepEqual(told(view), ['+a', '+b', '~a', '-b']);
    assert.deepEqual(view.informer.get('default/a')?.data, { n: '1' });
    assert.deepEqual([view.informer.size, view.informer.get('default/b')], [1, undefined]);
  });

  contract('who subscribes late hears of everything at once', async (under) => {
    for (const name of ['a', 'b']) await under.client.create(configMaps, configMap(name));
    using view = watched(under);
    await view.informer.reached(0);
    const late: string[] = [];
    view.informer.subscribe((changes) => late.push(...changes.map(({ key }) => key)))[Symbol.dispose]();
    assert.deepEqual(late, ['default/a', 'default/b']);
    await under.client.create(configMaps, configMap('c'));
    await under.until(() => view.informer.size === 3);
    assert.deepEqual(late, ['default/a', 'default/b'], 'and of nothing once it has gone');
  });

  contract('`reached` waits until the view holds a write', async (under) => {
    using view = watched(under);
    for (let i = 0; i < 20; i++) {
      const written = await under.client.create(configMaps, configMap(`c${i}`));
      await view.informer.reached(Number(written.metadata.resourceVersion));
      assert.deepEqual(view.informer.get(`default/c${i}`), written);
    }
  });

  contract('an index follows its objects', async (under) => {
    const { client } = under;
    await client.create(configMaps, configMap('a', { app: 'x' }));
    using view = watched(under);
    const byApp = (object: DeepReadonly<ConfigMap>): string[] => Object.values(object.metadata.labels ?? {});
    const names = (value: string): string =>
      view.informer
        .index('app', value)
        .map(({ metadata }) => metadata.name ?? '')
        .sort()
        .join('');
    view.informer.addIndex('app', byApp);
    await view.informer.reached(0);
    view.informer.addIndex('late', byApp);
    assert.deepEqual([names('x'), view.informer.index('late', 'x').length], ['a', 1]);
    await client.create(configMaps, configMap('b', { app: 'x', other: 'y' }));
    const last = await client.patch(
      configMaps,
      { namespace, name: 'a' },
      { type: 'merge', body: { metadata: { labels: { app: 'y' } } } },
    );
    await view.informer.reached(Number(last.metadata.resourceVersion));
    assert.deepEqual([names('x'), names('y')], ['b', 'ab']);
    assert.equal(
      view.informer.index('app', 'y').find(({ metadata }) => metadata.name === 'a'),
      view.informer.get('default/a'),
    );
    await client.deleteCollection(configMaps, { namespace });
    await under.until(() => view.informer.size === 0);
    assert.deepEqual([names('x'), names('y'), names('z')], ['', '', '']);
  });

  contract('a selected view holds what is selected', async (under) => {
    const { client } = under;
    using view = watched(under, { namespace, labelSelector: 'in=yes' });
    await view.informer.reached(0);
    for (const [name, value] of [
      ['a', 'yes'],
      ['b', 'no'],
    ] as const)
      await client.create(configMaps, configMap(name, { in: value }));
    const label = (name: string, value: string): Promise<unknown> =>
      client.patch(configMaps, { namespace, name }, { type: 'merge', body: { metadata: { labels: { in: value } } } });
    await label('a', 'no');
    await label('b', 'yes');
    await under.until(() => view.changes.length === 3);
    assert.deepEqual(told(view), ['+a', '-a', '+b']);
  });

  contract('informers of one cache are shared, and the views of different selections are not', async (under) => {
    using cache = new InformerCache({ client: under.client, clock: under.clock, log: silentLog });
    assert.equal(cache.informer(configMaps), cache.informer(configMaps));
    assert.notEqual(cache.informer<ConfigMap>(configMaps), cache.informer(configMaps, { namespace }));
    await cache.synced();
    assert.deepEqual(cache.informer(namespaces).list('default').length, 0);
  });
}

function interruptions(contract: Contract): void {
  contract('a broken connection is taken up where it was', async (under) => {
    const { client, cut, until } = under;
    if (cut === undefined) return;
    using view = watched(under);
    await view.informer.reached(0);
    await client.create(configMaps, configMap('a'));
    await until(() => view.informer.size === 1);
    cut();
    await client.create(configMaps, configMap('b'));
    await client.delete(configMaps, { namespace, name: 'a' });
    await until(() => view.changes.length === 3);
    assert.deepEqual(told(view), ['+a', '+b', '-a'], 'nothing is missing and nothing comes twice');
  });

  contract('after too long an absence the difference is told as changes', async (under) => {
    const { client, cut, compact, until } = under;
    if (cut === undefined) return;
    for (const name of ['gone', 'kept', 'changed', 'remade']) await client.create(configMaps, configMap(name));
    using view = watched(under);
    view.informer.addIndex('name', ({ metadata }) => [metadata.name ?? '']);
    await until(() => view.changes.length === 4);
    cut();
    await client.delete(configMaps, { namespace, name: 'gone' });
    await client.patch(configMaps, { namespace, name: 'changed' }, { type: 'merge', body: { data: { n: '1' } } });
    await client.delete(configMaps, { namespace, name: 'remade' });
    const remade = await client.create(configMaps, configMap('remade'));
    const last = await client.create(configMaps, configMap('new'));
    compact();
    await view.informer.reached(Number(last.metadata.resourceVersion));
    assert.deepEqual(told(view).slice(4).sort(), ['+new', '+remade', '-gone', '-remade', '~changed']);
    assert.equal(view.informer.get('default/remade')?.metadata.uid, remade.metadata.uid);
    assert.deepEqual([view.informer.index('name', 'gone').length, view.informer.index('name', 'new').length], [0, 1]);
  });
}
