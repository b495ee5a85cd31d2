/**
 * What is written is what is read: by GET, by LIST, by watching, and after the store has been opened anew from its journal.
 * With every kind in every version, and changes of every sort.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { bootstrap, composeServer, stamp } from '../../src/apiserver/mod.ts';
import { seededRandom, silentLog, type DeepReadonly } from '../../src/base/mod.ts';
import facts from '../../src/api/upstream/facts.json' with { type: 'json' };
import type { Client } from '../../src/client/mod.ts';
import { passingTokenKeys } from '../../src/host/pki/mod.ts';
import { EmbeddedJournal } from '../../src/host/journal/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import { keyOf, usualConfig, type Kind, type KubeObject } from '../../src/machinery/mod.ts';
import { LateWebClients } from '../../src/main/web-clients.ts';
import { defaultLimits, LocalStore } from '../../src/store/mod.ts';
import { samples, type Sample } from '../conformance/samples.ts';
import { tame } from '../fuzz/seeds.ts';

type Objects = ReadonlyMap<string, DeepReadonly<KubeObject>>;

/** An API server over a journal in a directory. */
class Server implements AsyncDisposable {
  readonly client: Client;
  readonly kinds: readonly Kind[];
  readonly #stack: AsyncDisposableStack;

  private constructor(api: ReturnType<typeof composeServer>, stack: AsyncDisposableStack) {
    this.client = api.client({ username: 'admin', groups: ['system:masters', 'system:authenticated'] });
    this.kinds = api.server.registry.list;
    this.#stack = stack;
  }

  static async open(directory: string): Promise<Server> {
    const stack = new AsyncDisposableStack();
    const journal = await EmbeddedJournal.open({ directory, onFatal: (error) => assert.fail(error) });
    const store = await LocalStore.open({ clock: systemClock, limits: defaultLimits, stamp, journal });
    stack.defer(() => store.close());
    const webClients = stack.use(new LateWebClients());
    const world = { store, clock: systemClock, random: seededRandom(1), log: silentLog, config: usualConfig };
    const runsHere = (): boolean => false;
    const admission = { disabled: ['ServiceAccount', 'TaintNodesByCondition'] };
    const api = composeServer(
      { ...world, facts, tokenKeys: passingTokenKeys(), webClients },
      { posts: [], admission, runsHere },
    );
    stack.use(api.customResources);
    await bootstrap(api);
    return new Server(api, stack);
  }

  /** Everything that is stored, in the version that is shown first. */
  async everything(): Promise<Objects> {
    const objects = new Map<string, DeepReadonly<KubeObject>>();
    for (const kind of this.kinds)
      for (const item of (await this.client.list(kind)).items)
        objects.set(`${kind.plural}.${kind.group} ${keyOf(item)}`, item);
    return objects;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** What a watcher of every kind has put together. */
class Watcher implements Disposable {
  readonly objects = new Map<string, DeepReadonly<KubeObject>>();
  readonly #stack = new DisposableStack();

  static async begin({ client, kinds }: Server): Promise<Watcher> {
    const watcher = new Watcher();
    for (const kind of kinds) {
      const { items, resourceVersion } = await client.list(kind);
      const key = (object: DeepReadonly<KubeObject>): string => `${kind.plural}.${kind.group} ${keyOf(object)}`;
      for (const item of items) watcher.objects.set(key(item), item);
      watcher.#stack.use(
        client.watch(
          kind,
          { resourceVersion },
          {
            onEvents(events) {
              for (const { type, object } of events)
                if (type === 'DELETED') watcher.objects.delete(key(object));
                else watcher.objects.set(key(object), object);
            },
            onEnd: (error) => assert.fail(String(error)),
          },
        ),
      );
    }
    return watcher;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function sorted(objects: Objects): readonly unknown[] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Texts with everything that an encoding could spoil. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', '"\\', '\u2028<>&', '\u0000', '{}', 'a: b\n- c', '🐳'.repeat(50), '1e3', 'null', 'yes'),
);
const change = fc.record({
  sample: fc.nat(),
  how: fc.constantFrom('merge', 'json', 'strategic', 'update', 'delete' as const),
  note: text,
  label: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?$/),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const note = 'example.com/note';

async function carryOut(
  client: Client,
  { kind, version, object }: Sample,
  { how, note: value, label }: Change,
): Promise<void> {
  const resource = { ...kind, version };
  const { name = '' } = object.metadata as { readonly name?: string };
  const key = { ...(kind.namespaced ? { namespace: 'default' } : {}), name };
  const metadata = { labels: { label }, annotations: { [note]: value } };
  if (how === 'delete') return void (await client.delete(resource, key, { gracePeriodSeconds: 0 }));
  const before = await client.get(resource, key);
  const written =
    how === 'update'
      ? await client.update(resource, { ...before, metadata: { ...before.metadata, ...metadata } })
      : await client.patch(resource, key, {
          type: how,
          body:
            how === 'json'
              ? Object.entries(metadata).map(([field, to]) => ({ op: 'add', path: `/metadata/${field}`, value: to }))
              : { metadata },
        });
  assert.equal(written.metadata?.annotations?.[note], value);
  assert.deepEqual(await client.get(resource, key), written);
}

void test(
  'every object survives every change, watching and the opening of the store',
  { timeout: 120_000 },
  async (t) => {
    const distinct = samples.filter(
      ({ kind, version }) =>
        kind.version === version || !samples.some((other) => other.kind === kind && other.version === kind.version),
    );
    t.diagnostic(`${distinct.length} kinds in ${samples.length} versions`);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 80 }), async (changes) => {
        const directory = mkdtempSync(join(tmpdir(), 'survival-'));
        try {
          let before: Objects;
          {
            await using server = await Server.open(directory);
            using watcher = await Watcher.begin(server);
            const { client } = server;
            for (const { kind, version, object } of distinct) {
              const metadata = { ...object.metadata, ...(kind.namespaced ? { namespace: 'default' } : {}) };
              await client.create({ ...kind, version }, { ...tame(object), metadata });
            }
            for (const one of changes) {
              const sample = samples[one.sample % samples.length];
              assert.ok(sample);
              try {
                await carryOut(client, sample, one);
              } catch (error) {
                // Some go at the first deletion, and some must not be changed.
                if (error instanceof assert.AssertionError || !('reason' in (error as object))) throw error;
                assert.ok(['NotFound', 'Conflict'].includes((error as { reason: string }).reason), String(error));
              }
            }
            before = await server.everything();
            for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => void setImmediate(resolve));
            before = await server.everything();
            assert.deepEqual(sorted(watcher.objects), sorted(before));
          }
          await using again = await Server.open(directory);
          assert.deepEqual(sorted(await again.everything()), sorted(before));
        } finally {
          rmSync(directory, { recursive: true, force: true });
        }
      }),
      { numRuns: 8 },
    );
  },
);
