import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { VirtualClock, type HostError } from '../../base/mod.ts';
import { LocalStore, type JournalRecord, type StoreLimits } from '../../store/mod.ts';
import { stampResourceVersion as stamp, storeContract, type StoreUnderTest } from '../../store/store.contract.ts';
import { EmbeddedJournal } from './journal.ts';

const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const temporary = (): string => mkdtempSync(path.join(os.tmpdir(), 'journal-'));
const unexpected = (error: HostError): void => assert.fail(error);

function directoryFor(t: TestContext): string {
  const directory = temporary();
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function openStore(directory: string, limits: StoreLimits): Promise<StoreUnderTest> {
  const clock = new VirtualClock({ rest });
  const journal = await EmbeddedJournal.open({ directory, onFatal: unexpected });
  const store = await LocalStore.open({ clock, limits, stamp, journal });
  /** Time passes and what expires is on disk: a commit comes back only after those before it. */
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await store.commit([{ collection: '/registry/none/', name: 'none', value: undefined }]);
  };
  const dispose = async (): Promise<void> => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  };
  const reopen = async (): Promise<StoreUnderTest> => {
    await store.close();
    return openStore(directory, limits);
  };
  return { store, pass, reopen, dispose };
}

storeContract('embedded', { open: (limits) => openStore(temporary(), limits), runs: 12, expirySlackMs: 100 });

function record(revision: number, name: string, change: Partial<JournalRecord> & { n?: number } = {}): JournalRecord {
  const { n = revision, ...more } = change;
  const bytes = new TextEncoder().encode(JSON.stringify({ n, name }));
  return {
    revision,
    collection: '/registry/pods/',
    name,
    created: revision,
    expiresAtMs: undefined,
    replaces: 0,
    deleted: false,
    bytes,
    ...more,
  };
}

const shown = ({ revision, name, deleted }: JournalRecord): string => `${revision} ${name}${deleted ? ' deleted' : ''}`;

async function withJournal<T>(directory: string, run: (journal: EmbeddedJournal) => Promise<T>): Promise<T> {
  const journal = await EmbeddedJournal.open({ directory, onFatal: unexpected });
  try {
    return await run(journal);
  } finally {
    await journal.close();
  }
}

test('records come back as they were written', async (t) => {
  const directory = directoryFor(t);
  const records = [
    record(1, 'a', { expiresAtMs: 1_800_000_000_000 }),
    record(1, 'b'),
    record(2 ** 40, 'ü/ﬀ', { replaces: 1, created: 7, deleted: true }),
    record(2 ** 40 + 1, 'big', { bytes: new Uint8Array(3 << 20).fill(7) }),
    record(2 ** 40 + 2, 'empty', { bytes: new Uint8Array(0) }),
  ];
  await withJournal(directory, async (journal) => {
    assert.deepEqual(await journal.load(), { records: [], revision: 0, compacted: 0 });
    await journal.append(records.slice(0, 2));
    await journal.append(records.slice(2));
  });
  const loaded = await withJournal(directory, (journal) => journal.load());
  assert.deepEqual(loaded, { records, revision: 2 ** 40 + 2, compacted: 0 });
});

test('compaction removes what is superseded and nothing else, and remembers the revision', async (t) => {
  const directory = directoryFor(t);
  await withJournal(directory, async (journal) => {
    await journal.append([
      record(1, 'a'),
      record(1, 'b'),
      record(2, 'a', { replaces: 1 }),
      record(3, 'b', { replaces: 1, deleted: true }),
    ]);
    await journal.append([record(4, 'a', { replaces: 2 }), record(5, 'a', { replaces: 4, deleted: true })]);
    await journal.compact(3);
    await journal.append([record(6, 'c')]);
  });
  await withJournal(directory, async (journal) => {
    const { records, revision, compacted } = await journal.load();
    assert.deepEqual(records.map(shown), ['2 a', '4 a', '5 a deleted', '6 c']);
    assert.deepEqual([revision, compacted], [6, 3]);
    await journal.append([record(7, 'c', { replaces: 6, deleted: true })]);
    await journal.compact(7);
  });
  assert.deepEqual(await withJournal(directory, (journal) => journal.load()), {
    records: [],
    revision: 7,
    compacted: 7,
  });
});

test('compaction goes on beside the writer, and its space is used again', async (t) => {
  const directory = directoryFor(t);
  const sizes: number[] = [];
  await withJournal(directory, async (journal) => {
    for (let revision = 1; revision <= 20_000;) {
      const compaction = revision > 1000 ? journal.compact(revision - 1) : undefined;
      for (let group = 0; group < 10; group++) {
        const rows = Array.from({ length: 100 }, (_, i) =>
          record(revision + i, `p${(revision + i) % 100}`, {
            replaces: Math.max(0, revision + i - 100),
            bytes: new Uint8Array(2000).fill(i),
          }),
        );
        await journal.append(rows);
        revision += 100;
      }
      await compaction;
      sizes.push(statSync(path.join(directory, 'store.db')).size);
    }
  });
  const last = sizes.at(-1) ?? 0;
  assert.ok(last <= 8_000_000, `20,000 records of 2 KB, of which some 2,000 are left, take ${sizes.join(', ')} bytes`);
});

test('a compaction that closing interrupts goes on later', async (t) => {
  const directory = directoryFor(t);
  const journal = await EmbeddedJournal.open({ directory, onFatal: unexpected });
  const rows = Array.from({ length: 5000 }, (_, i) => record(i + 1, 'a', { replaces: i }));
  await journal.append(rows);
  const interrupted = journal.compact(5000).then(
    () => true,
    () => false,
  );
  await journal.close();
  await interrupted;
  await withJournal(directory, async (again) => {
    await again.compact(5000);
  });
  const { records, compacted } = await withJournal(directory, (again) => again.load());
  assert.deepEqual([records.map(shown), compacted], [['5000 a'], 5000]);
});

test('only the owner can read the files', async (t) => {
  const directory = path.join(directoryFor(t), 'data');
  await withJournal(directory, async (journal) => {
    await journal.append([record(1, 'a')]);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    const files = readdirSync(directory);
    assert.deepEqual(files.toSorted(), ['store.db', 'store.db-wal'], 'no shared memory file');
    for (const file of files) assert.equal(statSync(path.join(directory, file)).mode & 0o777, 0o600);
  });
});

test('a second process, or a second journal of this one, is refused', async (t) => {
  const directory = directoryFor(t);
  await withJournal(directory, async (journal) => {
    const inUse = {
      name: 'HostError',
      code: 'InUse',
      message: `the store file ${directory}/store.db is in use by another process`,
    };
    await assert.rejects(EmbeddedJournal.open({ directory, onFatal: unexpected }), inUse);
    const script = `import { EmbeddedJournal } from ${JSON.stringify(new URL('./journal.ts', import.meta.url))};
      await EmbeddedJournal.open({ directory: ${JSON.stringify(directory)}, onFatal() {} }).then(() => console.log('opened'), (error) => console.log(error.code));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 20_000,
    });
    assert.equal(stdout.trim(), 'InUse');
    await journal.append([record(1, 'a')]);
  });
  await withJournal(directory, async (journal) => assert.equal((await journal.load()).revision, 1));
});

test('what is not a store is refused and left alone', async (t) => {
  const directory = directoryFor(t);
  const file = path.join(directory, 'store.db');
  const opening = (): Promise<EmbeddedJournal> => EmbeddedJournal.open({ directory, onFatal: unexpected });
  writeFileSync(file, 'this is not a database, whatever its name says, and it is long enough to have a header of one');
  await assert.rejects(opening(), { code: 'Corrupted', message: /store\.db is corrupted: file is not a database/ });
  assert.match(readFileSync(file, 'utf8'), /^this is not/);
  rmSync(file);
  const foreign = new DatabaseSync(file);
  foreign.exec('CREATE TABLE photos (id INTEGER)');
  foreign.close();
  await assert.rejects(opening(), { code: 'Foreign', message: /is a SQLite file, but not a store/ });
  rmSync(file);
  await withJournal(directory, (journal) => journal.append([record(1, 'a')]));
  const newer = new DatabaseSync(file);
  newer.exec(`UPDATE meta SET value = 9 WHERE key = 'schema'`);
  newer.close();
  await assert.rejects(opening(), {
    code: 'Version',
    message: /has the store format 9; this program reads and writes 1/,
  });
});

test('bytes that changed on the disk are found, not served', async (t) => {
  const directory = directoryFor(t);
  const file = path.join(directory, 'store.db');
  await withJournal(directory, (journal) =>
    journal.append(Array.from({ length: 50 }, (_, i) => record(i + 1, `name-${i}`))),
  );
  const good = readFileSync(file);
  const loading = (): Promise<unknown> => withJournal(directory, (journal) => journal.load());
  for (const text of ['"n":31', 'name-17"', 'pods/name-5']) {
    const bad = Buffer.from(good);
    const at = bad.indexOf(text);
    assert.ok(at > 0);
    bad[at + text.length - 2] = 0x39;
    if (bad.equals(good)) continue;
    writeFileSync(file, bad);
    await assert.rejects(loading(), {
      code: 'Corrupted',
      message: /store\.db is corrupted: the record at revision \d+, position 0 does not match/,
    });
  }
  writeFileSync(file, good.subarray(0, good.length / 2));
  await assert.rejects(loading(), { code: 'Corrupted', message: /store\.db is corrupted/ });
  writeFileSync(file, good);
  await loading();
});

test('a thread that dies ends the process rather than leaving a write in doubt', async (t) => {
  const directory = directoryFor(t);
  const script = `
    import { EmbeddedJournal } from ${JSON.stringify(new URL('./journal.ts', import.meta.url))};
    const onFatal = (error) => { console.log('fatal', error.code); process.exit(7); };
    const journal = await EmbeddedJournal.open({ directory: ${JSON.stringify(directory)}, onFatal });
    // The table refuses a record without a number, which no code here ever makes.
    const bytes = new Uint8Array(1);
    const record = { revision: 1, collection: 'c', name: 'n', created: NaN, replaces: 0, deleted: false, bytes };
    journal.append([record]).then(() => console.log('resolved'), () => console.log('rejected'));
  `;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
  await assert.rejects(run, { code: 7, stdout: 'fatal IO\n' });
});
