/** What every transport of the client must do when it watches, as tests beside `client.contract.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, namespaces, secrets, type ConfigMap } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { ApiError, type KubeObject, type Resource } from '../machinery/mod.ts';
import type { Client, WatchEvent, WatchOptions } from './client.ts';
import type { ClientUnderTest, StartClient } from './client.contract.ts';

const namespace = 'default';
const configMap = (name: string): ConfigMap => ({ metadata: { name, namespace } });
const nameOf = ({ metadata }: DeepReadonly<KubeObject>): string => metadata?.name ?? '';
const versionOf = ({ metadata }: DeepReadonly<KubeObject>): string => metadata?.resourceVersion ?? '';

/** A watch and what it told so far. */
class Seen<T extends KubeObject> implements Disposable {
  readonly events: WatchEvent<T>[] = [];
  revision = 0;
  ended: unknown;
  readonly #watch: Disposable;

  constructor(client: Client, resource: Resource<T>, options: WatchOptions) {
    this.#watch = client.watch(resource, options, {
      onEvents: (events, revision) => {
        assert.equal(this.ended, undefined, 'nothing comes after the end');
        assert.ok(revision >= this.revision, 'revisions only grow');
        this.events.push(...events);
        this.revision = revision;
      },
      onEnd: (error) => {
        assert.equal(this.ended, undefined, 'a watch ends once');
        this.ended = error;
      },
    });
  }

  get told(): string[] {
    return this.events.map(({ type, object }) => `${type} ${nameOf(object)}`);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

export function watchContract(transport: string, start: StartClient): void {
  const contract = (name: string, run: (under: ClientUnderTest) => Promise<void>): void => {
    test(`${transport}: ${name}`, async (t) => {
      await using under = await start(t);
      await run(under);
    });
  };

  contract(
    'a watch tells everything since its revision, in order, to whoever begins when',
    async ({ client, until }) => {
      const { resourceVersion } = await client.list(configMaps, { namespace });
      using early = new Seen(client, configMaps, { namespace, resourceVersion });
      const a = await client.create(configMaps, configMap('a'));
      await client.patch(configMaps, { namespace, name: 'a' }, { type: 'merge', body: { data: { n: '1' } } });
      await client.create(secrets, { metadata: { name: 's', namespace } });
      await client.delete(configMaps, { namespace, name: 'a' });
      await client.create(configMaps, configMap('a'));
      using late = new Seen(client, configMaps, { namespace, resourceVersion });
      using later = new Seen(client, configMaps, { namespace, resourceVersion: versionOf(a) });
      await until(() => early.events.length >= 4 && late.events.length >= 4 && later.events.length >= 3);
      assert.deepEqual(early.told, ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a']);
      assert.deepEqual(late.events, early.events);
      assert.deepEqual(later.events, early.events.slice(1));
      assert.deepEqual(early.events[0]?.object, a);
      const [, , gone, again] = early.events;
      assert.deepEqual(gone?.object.data, { n: '1' }, 'a deletion shows the last state');
      assert.ok(
        Number(versionOf(gone?.object ?? {})) > Number(versionOf(early.events[1]?.object ?? {})),
        'with its own revision',
      );
      assert.notEqual(again?.object.metadata.uid, a.metadata.uid);
      assert.equal(early.revision, Number(versionOf(again?.object ?? {})));
    },
  );

  contract('entering a selection is ADDED, leaving it DELETED', async ({ client, until }) => {
    const { resourceVersion } = await client.list(configMaps, { namespace });
    using seen = new Seen(client, configMaps, { namespace, resourceVersion, labelSelector: 'in=yes' });
    using one = new Seen(client, configMaps, { namespace, resourceVersion, fieldSelector: 'metadata.name=b' });
    await client.create(configMaps, configMap('a'));
    const label = (value: string | null): Promise<unknown> =>
      client.patch(
        configMaps,
        { namespace, name: 'a' },
        { type: 'merge', body: { metadata: { labels: { in: value } } } },
      );
    await label('yes');
    await client.patch(configMaps, { namespace, name: 'a' }, { type: 'merge', body: { data: { n: '1' } } });
    const left = (await label('no')) as KubeObject;
    await client.create(configMaps, configMap('b'));
    await label('yes');
    await client.delete(configMaps, { namespace, name: 'a' });
    await until(() => seen.events.length >= 5 && one.events.length >= 1);
    assert.deepEqual(seen.told, ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a']);
    assert.deepEqual(one.told, ['ADDED b']);
    const [, , end] = seen.events;
    assert.deepEqual(
      [end?.object.metadata.labels, versionOf(end?.object ?? {})],
      [{ in: 'yes' }, versionOf(left)],
      'what left the selection is shown as it was, with the revision at which it left',
    );
  });

  contract('a watch of all namespaces sees them all, and one of one only that', async ({ client, until }) => {
    await client.create(namespaces, { metadata: { name: 'other' } });
    const { resourceVersion } = await client.list(secrets);
    using all = new Seen(client, secrets, { resourceVersion });
    using one = new Seen(client, secrets, { resourceVersion, namespace: 'other' });
    for (const where of ['default', 'other'])
      await client.create(secrets, { metadata: { name: 's', namespace: where } });
    await until(() => all.events.length >= 2 && one.events.length >= 1);
    assert.deepEqual(
      all.events.map(({ object }) => object.metadata.namespace),
      ['default', 'other'],
    );
    assert.deepEqual(
      one.events.map(({ object }) => object.metadata.namespace),
      ['other'],
    );
  });

  contract(
    'a watch from a revision that is gone ends with Expired, and tells nothing',
    async ({ client, compact, until }) => {
      const { resourceVersion } = await client.list(configMaps);
      for (const name of ['a', 'b']) await client.create(configMaps, configMap(name));
      compact();
      using seen = new Seen(client, configMaps, { resourceVersion });
      await until(() => seen.ended !== undefined);
      assert.ok(seen.ended instanceof ApiError);
      assert.deepEqual([seen.ended.reason, seen.ended.code, seen.events], ['Expired', 410, []]);
      assert.match(seen.ended.message, /^too old resource version: \d+ \(\d+\)$/);
    },
  );

  contract('a watch that is refused ends with the reason', async ({ client, until }) => {
    using seen = new Seen(client, configMaps, { resourceVersion: '1', labelSelector: 'a b' });
    await until(() => seen.ended !== undefined);
    assert.equal((seen.ended as ApiError).reason, 'BadRequest');
  });

  contract('a watch that was disposed says nothing more', async ({ client, until }) => {
    const { resourceVersion } = await client.list(configMaps, { namespace });
    const first = new Seen(client, configMaps, { namespace, resourceVersion });
    using second = new Seen(client, configMaps, { namespace, resourceVersion });
    await client.create(configMaps, configMap('a'));
    await until(() => first.events.length === 1 && second.events.length === 1);
    first[Symbol.dispose]();
    await client.create(configMaps, configMap('b'));
    await until(() => second.events.length === 2);
    assert.deepEqual([first.events.length, first.ended], [1, undefined]);
  });
}
