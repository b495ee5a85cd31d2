/** The embedded store on a disk that runs full: a file system of a few megabytes, mounted for the test. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { errorText, HostError, VirtualClock } from '../../src/base/mod.ts';
import { EmbeddedJournal } from '../../src/host/journal/mod.ts';
import { defaultLimits, LocalStore } from '../../src/store/mod.ts';

const skip = process.getuid?.() === 0 ? false : 'mounting a file system needs root';
const collection = '/registry/secrets/';
const text = 'x'.repeat(100_000);

function smallDisk(t: TestContext, megabytes: number): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'journal-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'kutter-test', directory]);
  t.after(() => {
    execFileSync('umount', ['--lazy', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

async function open(directory: string): Promise<LocalStore> {
  const journal = await EmbeddedJournal.open({ directory, onFatal: (error) => assert.fail(error) });
  const clock = new VirtualClock({ rest: () => new Promise((resolve) => setImmediate(resolve)) });
  return LocalStore.open({
    clock,
    limits: defaultLimits,
    stamp: (value, revision) => ({ ...value, revision }),
    journal,
  });
}

const names = (store: LocalStore): string[] => store.current.collection(collection).keys();

test('a full disk refuses writes, loses nothing, and is well again when there is space', { skip }, async (t) => {
  const directory = smallDisk(t, 8);
  const filler = path.join(directory, 'filler');
  writeFileSync(filler, Buffer.alloc(3 << 20));
  let store = await open(path.join(directory, 'data'));
  const acknowledged: string[] = [];
  let refused = 0;
  for (let i = 0; refused < 5; i++) {
    assert.ok(i < 1000, 'the disk never ran full');
    const name = String(i).padStart(4, '0');
    const half = { collection, name: `${name}-half`, value: { i } };
    try {
      await store.commit([{ collection, name, value: { i, text } }, half]);
      acknowledged.push(name, half.name);
    } catch (error) {
      refused += 1;
      assert.ok(error instanceof HostError && error.code === 'Unavailable', errorText(error));
      assert.match(errorText(error), /no space left to write the store file .*store\.db/);
      assert.equal(store.head.revision, store.current.revision);
    }
    assert.deepEqual(names(store), acknowledged);
  }
  assert.ok(acknowledged.length >= 20);
  rmSync(filler);
  const result = await store.commit([{ collection, name: 'after', value: { text } }]);
  assert.ok(result.ok);
  assert.equal(result.revision, acknowledged.length / 2 + 1, 'a refused write has used no revision');
  await store.close();
  store = await open(path.join(directory, 'data'));
  assert.deepEqual(names(store), [...acknowledged, 'after']);
  assert.equal(store.current.revision, result.revision);
  await store.close();
});

test('a disk that is full from the start says so', { skip }, async (t) => {
  const directory = smallDisk(t, 1);
  try {
    writeFileSync(path.join(directory, 'filler'), Buffer.alloc(2 << 20));
  } catch {
    // As much of it as there was space for.
  }
  await assert.rejects(
    open(path.join(directory, 'data')),
    (error) => error instanceof HostError && /no space|ENOSPC|cannot open/i.test(errorText(error)),
  );
});
