/**
 * Watchers that begin at any revision, with any selector, while the history is short: what each puts together is what a list
 * of that revision shows. And what holds of pages, and of collections that are deleted while they grow.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { configMaps, pods, type Pod } from '../../src/api/mod.ts';
import type { DeepReadonly } from '../../src/base/mod.ts';
import type { Client } from '../../src/client/mod.ts';
import { isApiError, keyOf } from '../../src/machinery/mod.ts';
import { startApiServer } from '../../src/main/testing.ts';

const namespace = 'default';
const selectors = [
  {},
  { labelSelector: 'in=yes' },
  { labelSelector: 'in!=yes' },
  { labelSelector: 'in in (yes,no),!out' },
  { fieldSelector: 'metadata.name=p1' },
  { fieldSelector: 'spec.nodeName=' },
  { fieldSelector: 'spec.nodeName=n1,status.phase!=Failed' },
  { labelSelector: 'in', fieldSelector: 'metadata.name!=p2' },
];
const name = fc.constantFrom('p0', 'p1', 'p2', 'p3');
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('create' as const), name, label: fc.constantFrom('yes', 'no') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('label' as const), name, label: fc.constantFrom('yes', 'no', null) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('phase' as const), name, phase: fc.constantFrom('Failed', 'Running') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bind' as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rest' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('watch' as const),
      selector: fc.nat(selectors.length - 1),
      back: fc.nat(40),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

async function write(client: Client, one: Command): Promise<void> {
  if (one.do === 'watch') return;
  if (one.do === 'rest') return await setImmediate();
  const key = { namespace, name: one.name };
  if (one.do === 'create') {
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    await client.create(pods, { metadata: { ...key, labels: { in: one.label } }, spec });
  } else if (one.do === 'label')
    await client.patch(pods, key, { type: 'merge', body: { metadata: { labels: { in: one.label } } } });
  else if (one.do === 'phase')
    await client.patch(pods, key, { type: 'merge', body: { status: { phase: one.phase } } }, { subresource: 'status' });
  else if (one.do === 'bind') {
    const binding = { metadata: key, target: { kind: 'Node', name: 'n1' } };
    await client.create(pods, binding, { subresource: 'binding' });
  } else await client.delete(pods, key, { gracePeriodSeconds: 0 });
}

/** A state and the watch that keeps it; it lists anew when its revision is gone. */
class Follower implements Disposable {
  readonly objects = new Map<string, DeepReadonly<Pod>>();
  readonly #client: Client;
  readonly #selector: object;
  revision = 0;
  relists = 0;
  failure: unknown;
  #watch: Disposable | undefined;

  constructor(client: Client, selector: object) {
    this.#client = client;
    this.#selector = selector;
  }

  /** Begins with the state at a revision if it is still known, otherwise with the newest. */
  async begin(revision?: number): Promise<void> {
    const at =
      revision === undefined ? {} : { resourceVersion: String(revision), resourceVersionMatch: 'Exact' as const };
    try {
      const list = await this.#client.list(pods, { namespace, ...this.#selector, ...at });
      this.objects.clear();
      for (const item of list.items) this.objects.set(keyOf(item), item);
      this.#follow(list.resourceVersion);
    } catch (error) {
      if (revision === undefined || !isApiError(error, 'Expired')) throw error;
      await this.#anew();
    }
  }

  #anew(): Promise<void> {
    this.relists += 1;
    return this.begin();
  }

  #follow(resourceVersion: string): void {
    this.revision = Number(resourceVersion);
    this.#watch = this.#client.watch(
      pods,
      { namespace, ...this.#selector, resourceVersion },
      {
        onEvents: (events, revision) => {
          for (const { type, object } of events) {
            const key = keyOf(object);
            if (this.objects.has(key) !== (type !== 'ADDED')) this.failure ??= `${type} ${key}`;
            if (Number(object.metadata.resourceVersion) <= this.revision) this.failure ??= `${type} ${key} again`;
            if (type === 'DELETED') this.objects.delete(key);
            else this.objects.set(key, object);
          }
          this.revision = revision;
        },
        onEnd: (error) => {
          if (isApiError(error, 'Expired')) this.#anew().catch((failure: unknown) => (this.failure ??= failure));
          else this.failure ??= error;
        },
      },
    );
  }

  get state(): readonly DeepReadonly<Pod>[] {
    return [...this.objects.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }
}

void test('a watcher of any selector from any revision has what a list shows', { timeout: 120_000 }, async (t) => {
  let relists = 0;
  let watchers = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 120 }), async (commands) => {
      await using cluster = await startApiServer({ history: { historyRevisionsMax: 25 } });
      using stack = new DisposableStack();
      const { client } = cluster;
      const followers: { readonly follower: Follower; readonly selector: object }[] = [];
      for (const one of commands) {
        if (one.do === 'watch') {
          const selector = selectors[one.selector] ?? {};
          const follower = stack.use(new Follower(client, selector));
          followers.push({ follower, selector });
          await follower.begin(cluster.store.current.revision - one.back);
        } else
          await write(client, one).catch((error: unknown) => {
            if (!isApiError(error, 'NotFound', 'AlreadyExists', 'Conflict')) throw error;
          });
      }
      for (let turn = 0; turn < 50; turn++) await setImmediate();
      for (const { follower, selector } of followers) {
        assert.equal(follower.failure, undefined);
        assert.deepEqual(follower.state, (await client.list(pods, { namespace, ...selector })).items);
        relists += follower.relists;
      }
      watchers += followers.length;
    }),
    { numRuns: 40 },
  );
  t.diagnostic(`${watchers} watchers, ${relists} began anew`);
  assert.ok(relists > 0, 'some were too late');
});

void test('pages of any size are the whole list, whatever is written in between', { timeout: 60_000 }, async () => {
  await using cluster = await startApiServer();
  const { client } = cluster;
  for (let i = 0; i < 60; i++)
    await client.create(configMaps, {
      metadata: { name: `c${i}`, namespace, labels: { in: i % 3 === 0 ? 'yes' : 'no' } },
    });
  const options = fc.constantFrom(
    {},
    { labelSelector: 'in=yes' },
    { namespace },
    { namespace, fieldSelector: 'metadata.name!=c7' },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 70 }),
      options,
      fc.array(fc.nat(80), { maxLength: 30 }),
      async (limit, where, writes) => {
        const whole = await client.list(configMaps, where);
        const items: unknown[] = [];
        let page = await client.list(configMaps, { ...where, limit });
        for (;;) {
          assert.equal(page.resourceVersion, whole.resourceVersion);
          items.push(...page.items);
          const { continue: token } = page;
          if (token === undefined) break;
          const at = writes.pop();
          const key = { namespace, name: `c${at}` };
          if (at !== undefined)
            await client
              .delete(configMaps, key)
              .catch(() => client.create(configMaps, { metadata: { ...key, labels: { in: 'yes' } } }));
          page = await client.list(configMaps, { ...where, limit, continue: token });
        }
        assert.deepEqual(items, whole.items);
      },
    ),
    { numRuns: 40 },
  );
});

void test('a collection that is deleted while it grows loses what was there', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(20),
      async (there, more, pause) => {
        await using cluster = await startApiServer();
        const { client } = cluster;
        const create = (i: number): Promise<{ metadata: { uid?: string } }> =>
          client.create(configMaps, { metadata: { name: `c${i}`, namespace } });
        const old = new Set<string | undefined>();
        for (let i = 0; i < there; i++) old.add((await create(i * 2)).metadata.uid);
        const seen = new Map<string | undefined, string[]>();
        const { resourceVersion } = await client.list(configMaps, { namespace, limit: 1 });
        using _watch = client.watch(
          configMaps,
          { namespace, resourceVersion },
          {
            onEvents: (events) =>
              events.forEach(({ type, object: { metadata } }) =>
                seen.set(metadata.uid, [...(seen.get(metadata.uid) ?? []), type]),
              ),
            onEnd: (error) => assert.fail(String(error)),
          },
        );
        const growing = (async () => {
          for (let i = 0; i < more; i++) await create(i * 2 + 1);
        })();
        for (let i = 0; i < pause; i++) await setImmediate();
        await client.deleteCollection(configMaps, { namespace });
        await growing;
        for (let turn = 0; turn < 20; turn++) await setImmediate();
        const left = (await client.list(configMaps, { namespace })).items.map(({ metadata }) => metadata.uid);
        for (const uid of left) assert.deepEqual([old.has(uid), seen.get(uid)], [false, ['ADDED']]);
        for (const uid of old) assert.deepEqual(seen.get(uid), ['DELETED']);
        const kept = [...seen].filter(([, types]) => types.at(-1) === 'ADDED').map(([uid]) => uid);
        assert.deepEqual(new Set(kept), new Set(left));
      },
    ),
    { numRuns: 12 },
  );
});
