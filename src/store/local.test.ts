import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError, HostError, VirtualClock } from '../base/mod.ts';
import { LocalStore, type Journal, type JournalRecord } from './local.ts';
import { stampResourceVersion as stamp, storeContract } from './store.contract.ts';
import { defaultLimits, type Change, type StoreLimits } from './store.ts';

const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pods = '/registry/pods/';
const put = (name: string, n: number, expected?: number): Change => ({
  collection: pods,
  name,
  value: { n },
  expected,
});

async function openMemory(limits: StoreLimits) {
  const clock = new VirtualClock({ rest });
  const store = await LocalStore.open({ clock, limits, stamp });
  return { store, pass: (ms: number) => clock.advance(ms), dispose: () => store.close() };
}

storeContract('memory', { open: openMemory, runs: 100, expirySlackMs: 100 });

/** A journal whose disk answers when it is told to. */
class HeldJournal implements Journal {
  readonly #waiting: { records: readonly JournalRecord[]; resolve: () => void; reject: (error: unknown) => void }[] =
    [];
  readonly groups: number[] = [];
  records: JournalRecord[] = [];
  compactions: number[] = [];

  load() {
    return Promise.resolve({ records: this.records, revision: this.records.at(-1)?.revision ?? 0, compacted: 0 });
  }
  append(records: readonly JournalRecord[]): Promise<void> {
    this.groups.push(records.length);
    return new Promise((resolve, reject) => void this.#waiting.push({ records, resolve, reject }));
  }
  async confirm(): Promise<void> {
    const { records, resolve } = this.#waiting.shift() ?? assert.fail('nothing is being written');
    this.records.push(...records);
    resolve();
    await rest();
  }
  async fail(): Promise<void> {
    this.#waiting.shift()?.reject(new HostError('NoSpace', 'the disk is full'));
    await rest();
  }
  compact(compacted: number): Promise<void> {
    this.compactions.push(compacted);
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function openHeld(limits = defaultLimits) {
  const journal = new HeldJournal();
  const clock = new VirtualClock({ rest });
  return { journal, clock, store: await LocalStore.open({ clock, limits, stamp, journal }) };
}

test('nothing is seen before it is durable, and what came in meanwhile is written together', async () => {
  const { journal, store } = await openHeld();
  const seen: number[] = [];
  store.subscribe((events) => void seen.push(...events.map(({ revision }) => revision)));
  const acknowledged: number[] = [];
  const commit = (n: number): void =>
    void store.commit([put('a', n)]).then((result) => acknowledged.push(result.ok ? result.revision : 0));
  commit(1);
  await rest();
  commit(2);
  commit(3);
  assert.deepEqual([store.head.revision, store.current.revision], [3, 0]);
  assert.deepEqual([seen, acknowledged], [[], []]);
  await journal.confirm();
  assert.deepEqual([store.current.revision, seen, acknowledged], [1, [1], [1]]);
  await journal.confirm();
  assert.deepEqual([store.current.revision, seen, acknowledged], [3, [1, 2, 3], [1, 2, 3]]);
  assert.deepEqual(journal.groups, [1, 2]);
});

test('a refusal that rests on what is not durable waits for it', async () => {
  const { journal, store } = await openHeld();
  const winner = store.commit([put('a', 1, 0)]);
  let answered = false;
  const loser = store.commit([put('a', 2, 0)]).finally(() => (answered = true));
  const nothing = store.commit([{ collection: pods, name: 'b', value: undefined }]);
  await rest();
  assert.equal(answered, false);
  await journal.confirm();
  assert.equal((await winner).ok, true);
  const result = await loser;
  assert.ok(!result.ok && result.current === store.current.get(pods, 'a'));
  assert.deepEqual(await nothing, { ok: true, revision: 1, events: [] });
  assert.deepEqual(journal.groups, [1], 'an answer alone is not written');
});

test('when the disk fails, what was not acknowledged has never been', async () => {
  const { journal, store } = await openHeld();
  const first = store.commit([put('a', 1, 0)]);
  await rest();
  const second = store.commit([put('b', 1)]);
  const loser = store.commit([put('a', 2, 0)]);
  const failures = Promise.all([first, second, loser].map((commit) => assert.rejects(commit, HostError)));
  await journal.fail();
  await failures;
  assert.deepEqual([store.current.revision, store.head.revision], [0, 0]);
  assert.equal(store.head.get(pods, 'a'), undefined);
  const again = store.commit([put('a', 3, 0)]);
  await rest();
  await journal.confirm();
  const result = await again;
  assert.ok(result.ok && result.revision === 1);
});

test('history comes back from the journal, so a watch goes on across a restart', async () => {
  const { journal, store } = await openHeld();
  const commits = [
    store.commit([put('a', 1), put('b', 1)]),
    store.commit([put('a', 2)]),
    store.commit([{ ...put('b', 0), value: undefined }]),
  ];
  await rest();
  await journal.confirm();
  await Promise.all(commits);
  await store.close();
  const again = await LocalStore.open({ clock: new VirtualClock({ rest }), limits: defaultLimits, stamp, journal });
  const events = again.watch(pods, 1, () => {}).take(10);
  assert.deepEqual(
    events.map(({ type, revision, entry, previous }) => [type, revision, entry.name, previous?.revision]),
    [
      ['updated', 2, 'a', 1],
      ['deleted', 3, 'b', 1],
    ],
  );
  assert.deepEqual(again.at(1).collection(pods).keys(), ['a', 'b']);
  assert.deepEqual(
    journal.records.map(({ replaces }) => replaces),
    [0, 0, 1, 1],
  );
});

test('the journal is compacted behind the history', async () => {
  const { journal, store } = await openHeld({ historyRevisionsMax: 100, historyBytesMax: 1 << 30 });
  const commits = Array.from({ length: 2500 }, (_, i) => store.commit([put('a', i)]));
  await rest();
  await journal.confirm();
  await Promise.all(commits);
  assert.deepEqual(journal.compactions, [2401]);
  assert.equal(store.compacted, 2401);
});

test('two changes to one key in one commit are a bug of the caller', async () => {
  const { store } = await openMemory(defaultLimits);
  assert.throws(() => store.commit([put('a', 1), put('a', 2)]), AssertionError);
});

test('a closed store finishes what it has begun and refuses the rest', async () => {
  const { journal, store } = await openHeld();
  const begun = store.commit([put('a', 1)]);
  await rest();
  const closed = store.close();
  await assert.rejects(store.commit([put('a', 2)]), HostError);
  await journal.confirm();
  assert.equal((await begun).ok, true);
  await closed;
});

test('a shorter lease is not kept waiting by a longer one', async () => {
  const clock = new VirtualClock({ rest });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  await store.commit([{ ...put('long', 1), ttlMs: 50_000 }]);
  await store.commit([{ ...put('short', 1), ttlMs: 2_000 }]);
  await clock.advance(2_000);
  assert.deepEqual(store.current.collection(pods).keys(), ['long']);
  await clock.advance(48_000);
  assert.equal(store.current.collection(pods).size, 0);
  assert.equal(clock.pending, 0, 'no timer without a lease');
});

test('a lease that is being renewed while it ends is kept', async () => {
  const { journal, clock, store } = await openHeld();
  const created = store.commit([{ ...put('lease', 1), ttlMs: 1000 }]);
  await rest();
  await journal.confirm();
  await created;
  const renewed = store.commit([{ ...put('lease', 2), ttlMs: 60_000 }]);
  await clock.advance(2000);
  await journal.confirm();
  assert.ok((await renewed).ok);
  assert.equal(store.current.get(pods, 'lease')?.value['n'], 2);
  assert.equal(store.head.get(pods, 'lease'), store.current.get(pods, 'lease'));
});
