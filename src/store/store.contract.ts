/**
 * What every engine of the store must do, as tests. An engine's own test calls `storeContract` with a way to open it.
 * Nothing here depends on where revisions begin: an engine may be given one that has a past.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../base/mod.ts';
import {
  CompactedError,
  FutureRevisionError,
  type Change,
  type ChangeEvent,
  type CommitResult,
  type Entry,
  type Snapshot,
  type Stamp,
  type Store,
  type StoreLimits,
  type Watch,
} from './store.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** Lets time pass for leases. */
  pass(ms: number): Promise<void>;
  /** Closes the store and opens what it left behind; undefined for an engine that leaves nothing. */
  readonly reopen?: (() => Promise<StoreUnderTest>) | undefined;
  dispose(): Promise<void>;
}

export interface ContractOptions {
  /** Opens an empty store. */
  readonly open: (limits: StoreLimits) => Promise<StoreUnderTest>;
  /** How many random histories are tried. */
  readonly runs: number;
  /** How much later than its time to live an entry may go away. */
  readonly expirySlackMs: number;
}

export const stampResourceVersion: Stamp = (value, revision) => ({
  ...value,
  metadata: { ...(value['metadata'] as JsonObject | undefined), resourceVersion: String(revision) },
});

const roomy: StoreLimits = { historyRevisionsMax: 10_000, historyBytesMax: 64 << 20 };
const pods = '/registry/pods/';
const nodes = '/registry/minions/';

const put = (name: string, n: number, expected?: number): Change => ({
  collection: pods,
  name,
  value: { n },
  expected,
});
const remove = (name: string, expected?: number): Change => ({ collection: pods, name, value: undefined, expected });

/** Commits and insists that it was accepted. */
async function accepted(
  store: Store,
  ...changes: Change[]
): Promise<{ revision: number; events: readonly ChangeEvent[] }> {
  const result = await store.commit(changes);
  assert.ok(result.ok, 'the commit was expected to succeed');
  return result;
}

function plain(entry: Entry | undefined): unknown {
  return entry && { name: entry.name, revision: entry.revision, created: entry.created, n: entry.value['n'] };
}

function content(snapshot: Snapshot, collection = pods): Record<string, unknown> {
  return Object.fromEntries([...snapshot.collection(collection)].map(([name, entry]) => [name, entry.value['n']]));
}

function drain(watch: Watch, limit = 1000): ChangeEvent[] {
  const all: ChangeEvent[] = [];
  for (let part = watch.take(limit); part.length > 0; part = watch.take(limit)) all.push(...part);
  return all;
}

const summary = ({ type, revision, entry }: ChangeEvent): string => `${type} ${entry.name} ${revision}`;

export function storeContract(name: string, options: ContractOptions): void {
  const check = (what: string, run: (open: StoreUnderTest, t: TestContext) => Promise<void>, limits = roomy): void => {
    test(`${name}: ${what}`, async (t) => {
      const opened = await options.open(limits);
      try {
        await run(opened, t);
      } finally {
        await opened.dispose();
      }
    });
  };
  commits(check);
  snapshots(check);
  watches(check);
  bounds(check, options);
  survival(check);
  randomHistories(name, options);
}

type Check = (what: string, run: (open: StoreUnderTest, t: TestContext) => Promise<void>, limits?: StoreLimits) => void;

function commits(check: Check): void {
  check('each commit makes the next revision, and its writer reads it at once', async ({ store }) => {
    const start = store.current.revision;
    for (let i = 1; i <= 5; i++) {
      const { revision, events } = await accepted(store, put('a', i));
      assert.equal(revision, start + i);
      assert.ok(store.current.revision >= revision);
      assert.deepEqual(plain(store.current.get(pods, 'a')), { name: 'a', revision, created: start + 1, n: i });
      assert.deepEqual(events.map(summary), [`${i === 1 ? 'created' : 'updated'} a ${revision}`]);
      assert.equal(events[0]?.previous?.revision, i === 1 ? undefined : revision - 1);
    }
    const { value, bytes } = store.current.get(pods, 'a') as Entry;
    assert.deepEqual(value, { n: 5, metadata: { resourceVersion: String(start + 5) } });
    assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes)), value);
  });

  check('an expectation is checked, and the failure tells what is there', async ({ store }) => {
    const { revision } = await accepted(store, put('a', 1, 0));
    const exists = await store.commit([put('a', 2, 0)]);
    assert.ok(!exists.ok && exists.failed.name === 'a');
    assert.deepEqual(plain(exists.current), { name: 'a', revision, created: revision, n: 1 });
    assert.ok(store.current.get(pods, 'a') !== undefined, 'who lost sees what won');
    await accepted(store, put('a', 3, revision));
    const stale = await store.commit([put('a', 4, revision)]);
    assert.ok(!stale.ok && stale.current?.revision === revision + 1);
    const absent = await store.commit([remove('b', 77)]);
    assert.ok(!absent.ok && absent.current === undefined);
    assert.equal(store.current.revision, revision + 1, 'a refused commit makes no revision');
    assert.deepEqual(content(store.current), { a: 3 });
    await accepted(store, put('a', 5));
  });

  check('changes of one commit happen together or not at all', async ({ store }) => {
    const node: Change = { collection: nodes, name: 'n1', value: { n: 9 }, expected: 0 };
    const { revision, events } = await accepted(store, put('default/a', 1, 0), node, put('default/b', 2));
    assert.deepEqual(
      events.map(summary),
      ['created default/a', 'created n1', 'created default/b'].map((text) => `${text} ${revision}`),
    );
    const refused = await store.commit([
      put('default/c', 3, 0),
      put('default/a', 4, revision),
      { ...node, value: undefined },
    ]);
    assert.ok(!refused.ok);
    assert.equal(refused.failed.name, 'n1');
    assert.equal(refused.current?.collection, nodes);
    assert.deepEqual(content(store.current), { 'default/a': 1, 'default/b': 2 });
    const swap = await accepted(
      store,
      remove('default/a', revision),
      put('default/c', 3, 0),
      put('default/b', 5, revision),
    );
    assert.deepEqual(
      swap.events.map(({ type }) => type),
      ['deleted', 'created', 'updated'],
    );
    assert.equal(swap.revision, revision + 1);
    assert.deepEqual(content(store.current), { 'default/b': 5, 'default/c': 3 });
    assert.deepEqual(content(store.current, nodes), { n1: 9 });
  });

  check('a deletion is an event with its own revision; deleting nothing is none', async ({ store }) => {
    const created = await accepted(store, put('a', 1));
    const deleted = await accepted(store, remove('a'));
    const [event] = deleted.events;
    assert.equal(event?.type, 'deleted');
    assert.deepEqual(event.entry.value, { n: 1, metadata: { resourceVersion: String(deleted.revision) } });
    assert.equal(event.previous?.revision, created.revision);
    assert.equal(store.current.get(pods, 'a'), undefined);
    const nothing = await accepted(store, remove('a'), remove('never', 0));
    assert.deepEqual([nothing.events, nothing.revision], [[], deleted.revision]);
    const again = await accepted(store, put('a', 2, 0));
    assert.equal(store.current.get(pods, 'a')?.created, again.revision);
  });

  check('of concurrent writers one wins, and nothing is lost', async ({ store }) => {
    const start = store.current.revision;
    const increment = async (): Promise<void> => {
      for (let tries = 0; tries < 1000; tries++) {
        const current = store.current.get(pods, 'counter');
        const n = (current?.value['n'] as number | undefined) ?? 0;
        if ((await store.commit([put('counter', n + 1, current?.revision ?? 0)])).ok) return;
      }
      assert.fail('never won');
    };
    await Promise.all(Array.from({ length: 20 }, increment));
    assert.deepEqual(content(store.current), { counter: 20 });
    assert.equal(store.current.revision, start + 20);
  });
}

function snapshots(check: Check): void {
  check('a snapshot stays as it was', async ({ store }) => {
    const first = await accepted(store, put('a', 1));
    const snapshot = store.current;
    const second = await accepted(store, put('a', 2), put('b', 2));
    await accepted(store, remove('a'));
    assert.deepEqual(content(snapshot), { a: 1 });
    assert.deepEqual(content(store.at(first.revision)), { a: 1 });
    assert.deepEqual(content(store.at(second.revision)), { a: 2, b: 2 });
    assert.deepEqual(content(store.current), { b: 2 });
    assert.equal(store.at(second.revision).revision, second.revision);
    assert.equal(store.current.collection('/registry/none/').size, 0);
  });

  check('names are in order, and what is derived from an entry is kept with it', async ({ store }) => {
    await accepted(store, ...['b/2', 'a/1', 'b/10', 'a'].map((name) => put(name, 1)));
    assert.deepEqual(store.current.collection(pods).keys(), ['a', 'a/1', 'b/10', 'b/2']);
    assert.equal(store.current.collection(pods).count('b/', 'b0'), 2);
    const entry = store.current.get(pods, 'a') as Entry;
    const derived = entry.memo('upper', () => ({ made: 1 }));
    assert.equal(
      store.current.get(pods, 'a')?.memo('upper', () => ({ made: 2 })),
      derived,
    );
  });

  check('the future and the forgotten are told apart', async ({ store }) => {
    const { revision } = await accepted(store, put('a', 1));
    await accepted(store, put('a', 2));
    const last = await accepted(store, put('a', 3));
    assert.throws(() => store.at(last.revision + 1), FutureRevisionError);
    assert.throws(() => store.watch(pods, last.revision + 1, () => {}), FutureRevisionError);
    assert.throws(() => store.compact(last.revision + 1), FutureRevisionError);
    store.compact(revision + 1);
    assert.equal(store.compacted, revision + 1);
    assert.throws(() => store.at(revision), CompactedError);
    assert.throws(() => store.watch(pods, revision, () => {}), CompactedError);
    assert.deepEqual(content(store.at(revision + 1)), { a: 2 });
    const watch = store.watch(pods, revision + 1, () => {});
    assert.deepEqual(drain(watch).map(summary), [`updated a ${last.revision}`]);
    store.compact(last.revision);
    assert.deepEqual(content(store.at(last.revision)), { a: 3 });
    store.compact(revision);
    assert.equal(store.compacted, last.revision, 'compaction never goes back');
  });

  check('sync brings current up to date', async ({ store }) => {
    const { revision } = await accepted(store, put('a', 1));
    await store.sync();
    assert.ok(store.current.revision >= revision);
    assert.ok(store.head.revision >= store.current.revision);
  });
}

function watches(check: Check): void {
  check('a watch with an interest is told of that alone, and misses nothing of it', async ({ store }) => {
    const sort = { index: 'sort', of: ({ value }: Entry) => value['sort'] as string };
    const sorted = (name: string, value: string): Change => ({ collection: pods, name, value: { sort: value } });
    const start = await accepted(store, sorted('a', 'red'));
    let told = 0;
    using watch = store.watch(pods, start.revision, () => (told += 1), { ...sort, value: 'red' });
    const red = (): string[] =>
      watch
        .take(99)
        .filter(
          ({ entry, previous }) => sort.of(entry) === 'red' || (previous !== undefined && sort.of(previous) === 'red'),
        )
        .map(({ type, entry }) => `${type} ${entry.name}`);
    assert.deepEqual(red(), []);
    for (const name of ['b', 'c', 'd']) await accepted(store, sorted(name, 'blue'));
    assert.equal(told, 0, 'nothing that concerns it');
    assert.equal(watch.revision, store.current.revision);
    await accepted(store, sorted('b', 'red'));
    await accepted(store, sorted('c', 'green'));
    await accepted(store, sorted('a', 'blue'));
    assert.equal(told, 1, 'told once until it has taken everything');
    assert.deepEqual(red(), ['updated b', 'updated a']);
    await accepted(store, remove('b'));
    assert.equal(told, 2);
    assert.deepEqual(red(), ['deleted b']);
    using late = store.watch(pods, start.revision, () => {}, { ...sort, value: 'green' });
    assert.equal(late.take(99).filter(({ entry }) => sort.of(entry) === 'green').length, 1, 'the past is there too');
  });

  check('a watch gives every event of its collection, from the revision on', async ({ store }) => {
    const a = await accepted(store, put('a', 1));
    const b = await accepted(store, put('b', 1), { collection: nodes, name: 'n', value: { n: 0 } });
    using watch = store.watch(pods, a.revision, () => {});
    assert.equal(watch.revision, a.revision);
    const c = await accepted(store, remove('a'));
    assert.deepEqual(watch.take(1).map(summary), [`created b ${b.revision}`]);
    assert.equal(watch.revision, b.revision);
    assert.deepEqual(watch.take(9).map(summary), [`deleted a ${c.revision}`]);
    assert.deepEqual(watch.take(9), []);
    const other = await accepted(store, { collection: nodes, name: 'n', value: { n: 1 } });
    assert.deepEqual(watch.take(9), []);
    assert.equal(watch.revision, other.revision, 'who has seen all has seen what happened elsewhere');
  });

  check('a reader is told once, when there is more after it had taken all', async ({ store }) => {
    const { revision } = await accepted(store, put('a', 1));
    let inside = true;
    let told = 0;
    using watch = store.watch(pods, revision - 1, () => {
      assert.ok(!inside, 'never from within watch()');
      told += 1;
    });
    inside = false;
    assert.equal(drain(watch).length, 1);
    await accepted(store, put('b', 1));
    await accepted(store, put('c', 1));
    assert.equal(told, 1);
    assert.equal(watch.take(1).length, 1);
    await accepted(store, put('d', 1));
    assert.equal(told, 1, 'it has not taken all yet');
    assert.equal(drain(watch).length, 2);
    await accepted(store, { collection: nodes, name: 'n', value: { n: 1 } });
    assert.equal(told, 1);
    await accepted(store, put('e', 1));
    assert.equal(told, 2);
    watch[Symbol.dispose]();
    drain(watch);
    await accepted(store, put('f', 1));
    assert.equal(told, 2, 'a disposed watch is silent');
  });

  check('a reader that wakes itself up sees the same as the commits', async ({ store }) => {
    const start = store.current.revision;
    const seen: ChangeEvent[] = [];
    const watch: Watch = store.watch(pods, start, () => void seen.push(...drain(watch, 3)));
    drain(watch);
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 25; i++) await accepted(store, i % 5 === 4 ? remove(`w${writer}`) : put(`w${writer}`, i));
    });
    await Promise.all(writers);
    seen.push(...drain(watch));
    assert.deepEqual(
      seen.map(({ revision }) => revision),
      Array.from({ length: 200 }, (_, i) => start + 1 + i),
    );
    const replayed = new Map<string, Entry>();
    for (const { type, entry, previous } of seen) {
      assert.equal(replayed.get(entry.name)?.revision, previous?.revision);
      assert.equal(type, type === 'deleted' ? 'deleted' : previous === undefined ? 'created' : 'updated');
      if (type === 'deleted') replayed.delete(entry.name);
      else replayed.set(entry.name, entry);
    }
    assert.deepEqual(new Map(store.current.collection(pods)), replayed);
    watch[Symbol.dispose]();
  });

  check(
    'subscribers hear everything in the order of revisions, also what a subscriber itself commits',
    async ({ store }) => {
      const heard: string[][] = [[], []];
      const after: Promise<CommitResult>[] = [];
      using _first = store.subscribe((events) => {
        for (const event of events) {
          heard[0]?.push(summary(event));
          assert.ok(store.current.revision >= event.revision, 'current moves on first');
          if (event.entry.name === 'a') after.push(store.commit([put('echo', event.revision)]));
        }
      });
      using _second = store.subscribe((events) => void heard[1]?.push(...events.map(summary)));
      const { revision } = await accepted(store, put('a', 1));
      await Promise.all(after);
      assert.deepEqual(heard[0], [`created a ${revision}`, `created echo ${revision + 1}`]);
      assert.deepEqual(heard[1], heard[0]);
    },
  );

  check('who subscribes from within a callback hears only what comes later', async ({ store }) => {
    const heard: string[] = [];
    let inner: Disposable | undefined;
    using _outer = store.subscribe(() => {
      inner ??= store.subscribe((events) => void heard.push(...events.map(summary)));
    });
    await accepted(store, put('a', 1));
    const { revision } = await accepted(store, put('b', 1));
    assert.deepEqual(heard, [`created b ${revision}`]);
    inner?.[Symbol.dispose]();
    await accepted(store, put('c', 1));
    assert.equal(heard.length, 1);
  });
}

function bounds(check: Check, { expirySlackMs }: ContractOptions): void {
  check(
    'history is bounded by number, and who falls behind is told',
    async ({ store }) => {
      const { revision } = await accepted(store, put('a', 0));
      using slow = store.watch(pods, revision, () => {});
      using fast = store.watch(pods, revision, () => {});
      for (let i = 1; i <= 30; i++) {
        await accepted(store, put('a', i));
        assert.equal(fast.take(5).length, 1);
      }
      assert.ok(store.current.revision - store.compacted < 10);
      assert.throws(() => slow.take(1), CompactedError);
      assert.throws(() => slow.take(1), CompactedError, 'and stays told');
      assert.throws(() => store.at(revision), CompactedError);
      assert.deepEqual(content(store.at(store.compacted)), { a: 30 - (store.current.revision - store.compacted) });
    },
    { historyRevisionsMax: 10, historyBytesMax: 1 << 30 },
  );

  check(
    'history is bounded by bytes',
    async ({ store }) => {
      for (let i = 0; i < 40; i++)
        await accepted(store, { collection: pods, name: 'big', value: { n: i, text: 'x'.repeat(50_000) } });
      const kept = store.current.revision - store.compacted;
      assert.ok(kept >= 5 && kept <= 20, `${kept} revisions of 50 KB are kept within 1 MB`);
      assert.deepEqual(content(store.current), { big: 39 });
    },
    { historyRevisionsMax: 10_000, historyBytesMax: 1 << 20 },
  );

  check('an entry with a time to live goes away by itself', async ({ store, pass }) => {
    const long: Change = { ...put('long', 1), ttlMs: 3_600_000 };
    await accepted(store, long);
    const { revision } = await accepted(
      store,
      { ...put('short', 1), ttlMs: 1000 },
      { ...put('kept', 1), ttlMs: 1000 },
      put('lasting', 1),
    );
    const expiresAtMs = store.current.get(pods, 'short')?.expiresAtMs;
    assert.ok(expiresAtMs !== undefined);
    await accepted(store, put('kept', 2));
    assert.equal(
      store.current.get(pods, 'kept')?.expiresAtMs,
      undefined,
      'a write without a time to live takes it away',
    );
    using watch = store.watch(pods, revision + 1, () => {});
    await pass(900);
    assert.ok(store.current.get(pods, 'short') !== undefined);
    await pass(100 + expirySlackMs);
    assert.deepEqual(content(store.current), { kept: 2, lasting: 1, long: 1 });
    const [event, ...more] = drain(watch);
    assert.ok(event?.type === 'deleted' && event.entry.name === 'short' && more.length === 0);
  });

  check('an entry that is renewed in time stays', async ({ store, pass }) => {
    await accepted(store, { ...put('lease', 1), ttlMs: 1000 });
    await pass(600);
    await accepted(store, { ...put('lease', 2), ttlMs: 60_000 });
    await pass(600 + expirySlackMs);
    assert.deepEqual(content(store.current), { lease: 2 });
  });
}

function survival(check: Check): void {
  check('what was acknowledged is there after reopening, at its revision', async (first, t) => {
    if (first.reopen === undefined) return t.skip('this engine keeps nothing');
    await accepted(first.store, put('a', 1), put('b', 1));
    const updated = await accepted(first.store, put('a', 2));
    await accepted(first.store, { ...put('later', 1), ttlMs: 3_600_000 });
    await accepted(first.store, remove('b'));
    const before = first.store.current;
    const second = await first.reopen();
    try {
      const { store } = second;
      assert.equal(store.current.revision, before.revision);
      assert.deepEqual(content(store.current), { a: 2, later: 1 });
      assert.deepEqual(store.current.get(pods, 'a')?.value, before.get(pods, 'a')?.value);
      assert.equal(store.current.get(pods, 'a')?.revision, updated.revision);
      assert.equal(store.current.get(pods, 'a')?.created, before.get(pods, 'a')?.created);
      const next = await accepted(store, put('b', 9, 0));
      assert.equal(next.revision, before.revision + 1);
    } finally {
      await second.dispose();
    }
  });
}

interface Step {
  readonly changes: readonly {
    readonly name: string;
    readonly n: number | undefined;
    readonly expect: 'right' | 'wrong' | 'nothing';
  }[];
  readonly next: 'go on' | 'look back' | 'compact';
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  changes: fc.uniqueArray(
    fc.record({
      name: fc.integer({ min: 0, max: 12 }).map((i) => `ns${i % 3}/p${i}`),
      n: fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined }),
      expect: fc.oneof(
        { weight: 3, arbitrary: fc.constant('right' as const) },
        { weight: 1, arbitrary: fc.constantFrom('wrong' as const, 'nothing' as const) },
      ),
    }),
    { minLength: 1, maxLength: 4, selector: ({ name }) => name },
  ),
  next: fc.constantFrom('go on' as const, 'go on' as const, 'look back' as const, 'compact' as const),
});

/** The same store, as simple as it can be said. */
class Model {
  readonly past = new Map<number, ReadonlyMap<string, { n: number; revision: number }>>();
  readonly log: string[] = [];
  revision: number;
  compacted: number;

  constructor(revision: number) {
    this.revision = revision;
    this.compacted = revision;
    this.past.set(revision, new Map());
  }

  get current(): ReadonlyMap<string, { n: number; revision: number }> {
    return this.past.get(this.revision) ?? new Map();
  }

  changesOf(step: Step): Change[] {
    return step.changes.map(({ name, n, expect }) => {
      const revision = this.current.get(name)?.revision ?? 0;
      const value = n === undefined ? undefined : { n };
      if (expect === 'nothing') return { collection: pods, name, value };
      return { collection: pods, name, value, expected: expect === 'right' ? revision : revision === 0 ? 1 : 0 };
    });
  }

  apply(changes: readonly Change[]): boolean {
    const wrong = changes.some(
      ({ name, expected }) => expected !== undefined && expected !== (this.current.get(name)?.revision ?? 0),
    );
    if (wrong) return false;
    const next = new Map(this.current);
    const revision = this.revision + 1;
    let changed = false;
    for (const { name, value } of changes) {
      if (value === undefined && !next.has(name)) continue;
      changed = true;
      this.log.push(`${value === undefined ? 'deleted' : next.has(name) ? 'updated' : 'created'} ${name} ${revision}`);
      if (value === undefined) next.delete(name);
      else next.set(name, { n: value['n'] as number, revision });
    }
    if (changed) this.past.set((this.revision = revision), next);
    return true;
  }
}

function randomHistories(name: string, { open, runs }: ContractOptions): void {
  test(`${name}: random histories agree with a plain map`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), async (steps) => {
        const opened = await open(roomy);
        try {
          await runHistory(opened.store, steps);
        } finally {
          await opened.dispose();
        }
      }),
      { numRuns: runs },
    );
  });
}

async function runHistory(store: Store, steps: readonly Step[]): Promise<void> {
  const model = new Model(store.current.revision);
  using watch = store.watch(pods, model.revision, () => {});
  const watched: string[] = [];
  for (const [i, step] of steps.entries()) {
    const changes = model.changesOf(step);
    const before = model.current;
    const result = await store.commit(changes);
    assert.equal(result.ok, model.apply(changes));
    if (!result.ok) assert.equal(result.current?.revision, before.get(result.failed.name)?.revision);
    assert.equal(store.current.revision, model.revision);
    if (step.next === 'compact') {
      watched.push(...drain(watch).map(summary));
      model.compacted = Math.max(model.compacted, model.revision - 3);
      store.compact(model.compacted);
    } else if (step.next === 'look back') {
      const revision = model.compacted + (i % (model.revision - model.compacted + 1));
      const [then, expected] = [store.at(revision), model.past.get(revision) ?? new Map()];
      assert.deepEqual(
        then.collection(pods).keys(),
        [...expected.keys()].sort((a, b) => (a < b ? -1 : 1)),
      );
      for (const [name, { n, revision }] of expected) {
        assert.equal(then.get(pods, name)?.value['n'], n);
        assert.equal(then.get(pods, name)?.revision, revision);
      }
    }
  }
  watched.push(...drain(watch).map(summary));
  assert.deepEqual(watched, model.log);
}
