import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { seededRandom, type Random } from '../../base/mod.ts';
import { LogDatabase, type Row } from './database.ts';

const files = ['store.db', 'store.db-wal'];
const sectorBytes = 512;
const walHeaderBytes = 32;
type Disk = ReadonlyMap<string, Buffer>;

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'journal-torn-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function diskOf(directory: string): Disk {
  return new Map(
    files.map((file) => [
      file,
      existsSync(path.join(directory, file)) ? readFileSync(path.join(directory, file)) : Buffer.alloc(0),
    ]),
  );
}

/** Breaks what was being written. The rest of the sector is safe: SQLite, too, takes that from disks (`powersafe overwrite`). */
function scramble(bytes: Buffer, at: number, sector: Buffer, random: Random): void {
  for (const [i, byte] of sector.entries()) if (byte !== bytes[at + i]) bytes[at + i] = Math.floor(random.next() * 256);
}

/** Between the two states, as power loss may leave it: of each changed sector the old, the new, or neither. */
function torn(before: Disk, after: Disk, random: Random): Map<string, Buffer> {
  const disk = new Map<string, Buffer>();
  const newer = random.next();
  for (const file of files) {
    const [old, now] = [before.get(file) ?? Buffer.alloc(0), after.get(file) ?? Buffer.alloc(0)];
    const bytes = Buffer.alloc(Math.max(old.length, now.length));
    old.copy(bytes);
    // SQLite syncs the header of a write-ahead log that starts anew before it writes anything else to it.
    if (file.endsWith('-wal')) now.copy(bytes, 0, 0, walHeaderBytes);
    let changedFrom = bytes.length;
    for (let at = 0; at < now.length; at += sectorBytes) {
      const sector = now.subarray(at, at + sectorBytes);
      if (sector.equals(bytes.subarray(at, at + sector.length)) && at < old.length) continue;
      changedFrom = Math.min(changedFrom, at);
      if (random.next() < newer) sector.copy(bytes, at);
      else if (random.next() < 0.1) scramble(bytes, at, sector, random);
    }
    const cut =
      Math.max(old.length, changedFrom) +
      Math.floor(random.next() * (bytes.length - Math.max(old.length, changedFrom)));
    disk.set(file, random.next() < 0.3 ? bytes.subarray(0, Math.max(old.length, cut)) : bytes);
  }
  return disk;
}

function rowsOf(revision: number, count: number, random: Random): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const value = random.bytes(Math.floor(random.next() * 6000));
    const key = { collection: '/registry/pods/', name: `p${i}`, created: 1, expiresAtMs: undefined };
    return { ...key, revision: revision + (i >> 1), replaces: 0, deleted: false, value };
  });
}

const shown = (rows: readonly Row[]): string[] =>
  rows.map(({ revision, name, value }) => `${revision} ${name} ${value.length} ${crc32(value)}`);

/** What is found on a disk, by a program that starts there. */
function recovered(directory: string, disk: ReadonlyMap<string, Buffer>): Row[] {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const [file, bytes] of disk) writeFileSync(path.join(directory, file), bytes);
  const database = LogDatabase.open({ file: path.join(directory, 'store.db') });
  const rows = [...database.load()].flat();
  database.append(rowsOf(1_000_000, 2, seededRandom(1)));
  database.close();
  return rows;
}

test('a write that power loss tears is there as a whole or not at all, and nothing before it is touched', (t) => {
  const directory = directoryFor(t);
  const random = seededRandom(20260101);
  const outcomes = { lost: 0, kept: 0 };
  for (let round = 0; round < 25; round++) {
    const file = path.join(directory, `round-${round}`, 'store.db');
    const database = LogDatabase.open({ file, checkpointBytes: 160_000 });
    const acknowledged: Row[] = [];
    let revision = 1;
    for (let groups = 1 + Math.floor(random.next() * 12); groups > 0; groups--) {
      const rows = rowsOf(revision, 1 + Math.floor(random.next() * 8), random);
      database.append(rows);
      database.checkpoint();
      acknowledged.push(...rows);
      revision = (rows.at(-1)?.revision ?? revision) + 1;
    }
    const before = diskOf(path.dirname(file));
    const inFlight = rowsOf(revision, 1 + Math.floor(random.next() * 20), random);
    database.append(inFlight);
    const after = diskOf(path.dirname(file));
    database.close();
    for (let variant = 0; variant < 8; variant++) {
      const rows = recovered(path.join(directory, 'after'), torn(before, after, random));
      const whole = rows.length > acknowledged.length;
      outcomes[whole ? 'kept' : 'lost'] += 1;
      assert.deepEqual(
        shown(rows),
        shown(whole ? [...acknowledged, ...inFlight] : acknowledged),
        `round ${round}, variant ${variant}`,
      );
    }
  }
  assert.ok(outcomes.lost > 50, `the tears were real: ${JSON.stringify(outcomes)}`);
});

test('a checkpoint or a compaction that power loss tears loses nothing', (t) => {
  const directory = directoryFor(t);
  const random = seededRandom(42);
  for (let round = 0; round < 20; round++) {
    const file = path.join(directory, `round-${round}`, 'store.db');
    const database = LogDatabase.open({ file, checkpointBytes: 1 });
    const first = rowsOf(1, 12, random);
    database.append(first);
    database.checkpoint();
    const second = first.map((row) => ({ ...row, revision: row.revision + 10, replaces: row.revision }));
    database.append(second);
    const before = diskOf(path.dirname(file));
    if (round % 2 === 0) database.compactStep(10);
    database.checkpoint();
    const after = diskOf(path.dirname(file));
    database.close();
    for (let variant = 0; variant < 8; variant++) {
      // A checkpoint writes the file only; the log that it comes from is already safe.
      const disk = torn(before, after, random);
      if (round % 2 === 1) disk.set('store.db-wal', before.get('store.db-wal') ?? Buffer.alloc(0));
      else disk.set('store.db', before.get('store.db') ?? Buffer.alloc(0));
      assert.deepEqual(shown(recovered(path.join(directory, 'after'), disk)), shown([...first, ...second]));
    }
  }
});
