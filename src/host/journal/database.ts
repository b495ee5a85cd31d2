/**
 * The journal's file: an append-only log in SQLite, used by one thread of one process.
 *
 * What always holds: what `append` wrote is on disk when it returns, all of it or nothing; rows are never changed, only
 * removed by compaction, which leaves what is still needed to bring back every revision from `compacted` on. Each row carries
 * a checksum, which SQLite's pages do not.
 *
 * The connection locks the file exclusively for as long as it is open. That keeps a second process out, and keeps SQLite's
 * index of the write-ahead log in this process's memory instead of in a mapped file, whose pages cannot be had on a full disk.
 */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { errorText, HostError } from '../../base/mod.ts';

/** One record, as the thread that owns the file and the one that owns the store exchange it. */
export interface Row {
  readonly revision: number;
  readonly collection: string;
  readonly name: string;
  readonly created: number;
  readonly expiresAtMs: number | undefined;
  readonly replaces: number;
  readonly deleted: boolean;
  readonly value: Uint8Array;
}

export interface DatabaseOptions {
  readonly file: string;
  /** About how long the write-ahead log gets before it moves into the file: shorter pauses against fewer syncs. */
  readonly checkpointBytes?: number | undefined;
  readonly pageSizeBytes?: number | undefined;
}

const schemaVersion = 1;
/** A row's id is its revision and its position among the changes of that revision. */
const positionBits = 16;
const positionMax = 2 ** positionBits - 1;
/** How many revisions one step of compaction covers; an append waits for one step at most. */
const compactionStepRevisions = 64;
const loadBatchBytes = 1 << 20;
/** Measured: a checkpoint of this length takes 2 ms, and a larger page packs objects of 2 KB better than one of 4 KB. */
const defaultCheckpointBytes = 5 << 18;
const defaultPageSizeBytes = 8192;
/** What a row takes besides its value, about. */
const rowBytes = 200;
const busyTimeoutMs = 500;

const schema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    revision INTEGER AS (id >> ${positionBits}) VIRTUAL,
    position INTEGER AS (id & ${positionMax}) VIRTUAL,
    collection TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    replaces INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  INSERT INTO meta VALUES ('schema', ${schemaVersion}), ('compacted', 0);
`;
const insertSql = `INSERT INTO log (id, collection, name, created, expires, replaces, deleted, checksum, value)
  VALUES (?1 << ${positionBits} | ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`;
const loadSql = `SELECT revision, position, collection, name, created, expires, replaces, deleted, checksum, value
  FROM log ORDER BY id`;
const range = `BETWEEN (?1 + 1) << ${positionBits} AND (?2 << ${positionBits} | ${positionMax})`;
/** The unary plus keeps SQLite from building an index over the whole log for each step. */
const dropReplacedSql = `DELETE FROM log WHERE id IN (
  SELECT old.id FROM log AS new CROSS JOIN log AS old
  WHERE new.id ${range} AND new.replaces > 0
    AND old.id BETWEEN new.replaces << ${positionBits} AND (new.replaces << ${positionBits} | ${positionMax})
    AND +old.name = new.name AND +old.collection = new.collection)`;
const dropDeletionsSql = `DELETE FROM log WHERE id ${range} AND deleted = 1`;

export class LogDatabase {
  readonly #options: DatabaseOptions;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #dropReplaced: StatementSync;
  readonly #dropDeletions: StatementSync;
  readonly #setCompacted: StatementSync;
  #compacted: number;
  #walBytes = 0;

  private constructor(options: DatabaseOptions, db: DatabaseSync, compacted: number) {
    this.#options = options;
    this.#db = db;
    this.#compacted = compacted;
    this.#insert = db.prepare(insertSql);
    // It reports the id of the row, which is more than a number holds from revision 2^37 on.
    this.#insert.setReadBigInts(true);
    this.#dropReplaced = db.prepare(dropReplacedSql);
    this.#dropDeletions = db.prepare(dropDeletionsSql);
    this.#setCompacted = db.prepare(`UPDATE meta SET value = ? WHERE key = 'compacted'`);
  }

  static open(options: DatabaseOptions): LogDatabase {
    const { file } = options;
    return translating(file, () => {
      createPrivate(file);
      const db = new DatabaseSync(file, { timeout: busyTimeoutMs });
      try {
        db.exec(`PRAGMA page_size = ${options.pageSizeBytes ?? defaultPageSizeBytes}; PRAGMA locking_mode = EXCLUSIVE;
          PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -2000`);
        return new LogDatabase(options, db, prepareSchema(db, file));
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  /** Where the retained history begins. */
  get compacted(): number {
    return this.#compacted;
  }

  /** All rows in order, in batches of bounded size. */
  *load(): Generator<Row[]> {
    let batch: Row[] = [];
    let bytes = 0;
    const rows = this.#guard(() => this.#db.prepare(loadSql).iterate());
    for (;;) {
      const next = this.#guard(() => rows.next());
      if (next.done === true) break;
      const row = this.#decode(next.value);
      batch.push(row);
      bytes += row.value.length;
      if (bytes < loadBatchBytes) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
    yield batch;
  }

  /** Writes the rows, which are in order, as one transaction. */
  append(rows: readonly Row[]): void {
    this.#transaction(() => {
      let previous = 0;
      let position = 0;
      for (const row of rows) {
        position = row.revision === previous ? position + 1 : 0;
        previous = row.revision;
        if (position > positionMax) throw new HostError('TooLarge', `a commit has at most ${positionMax + 1} changes`);
        const { revision, collection, name, created, expiresAtMs, replaces, deleted, value } = row;
        const fields = [collection, name, created, expiresAtMs ?? null, replaces, deleted ? 1 : 0] as const;
        this.#insert.run(revision, position, ...fields, checksum(row), value);
        this.#walBytes += rowBytes + value.length;
      }
    });
  }

  /**
   * Removes what a few more revisions up to `target` have superseded. Returns whether there is more to do. It waits for no
   * sync: should it be lost, it is done again, and the sync of the next append covers it.
   */
  compactStep(target: number): boolean {
    if (this.#compacted >= target) return false;
    const from = this.#compacted;
    const to = Math.min(target, from + compactionStepRevisions);
    this.#guard(() => this.#db.exec('PRAGMA synchronous = NORMAL'));
    try {
      this.#transaction(() => {
        const { changes } = this.#dropReplaced.run(from, to);
        this.#dropDeletions.run(from, to);
        this.#setCompacted.run(to);
        this.#walBytes += Number(changes) * defaultPageSizeBytes;
      });
    } finally {
      this.#guard(() => this.#db.exec('PRAGMA synchronous = FULL'));
    }
    this.#compacted = to;
    return to < target;
  }

  /** Moves the write-ahead log into the file once it is long enough. A full disk is not an error here: it stays longer. */
  checkpoint(): void {
    if (this.#walBytes < (this.#options.checkpointBytes ?? defaultCheckpointBytes)) return;
    try {
      this.#guard(() => this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)'));
      this.#walBytes = 0;
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#walBytes /= 2;
    }
  }

  close(): void {
    this.#guard(() => this.#db.close());
  }

  #transaction(run: () => void): void {
    this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        run();
        this.#db.exec('COMMIT');
        this.#walBytes += defaultPageSizeBytes;
      } catch (error) {
        // SQLite has rolled back by itself after most failures.
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #guard<T>(run: () => T): T {
    return translating(this.#options.file, run);
  }

  #decode(raw: Record<string, unknown>): Row {
    const { revision, position, collection, name, created, expires, replaces, deleted, value } = raw;
    const row = {
      revision,
      collection,
      name,
      created,
      replaces,
      deleted: deleted === 1,
      value,
      expiresAtMs: expires ?? undefined,
    } as Row;
    if (raw['checksum'] === checksum(row)) return row;
    throw corrupted(
      this.#options.file,
      `the record at revision ${String(revision)}, position ${String(position)} does not match its checksum`,
    );
  }
}

/** Whether an error leaves it certain that nothing was written. Any other failure of the disk does not. */
export function isFull(error: unknown): boolean {
  return error instanceof HostError && (error.code === 'NoSpace' || error.code === 'TooLarge');
}

function checksum(row: Row): number {
  const { revision, collection, name, created, expiresAtMs, replaces, deleted, value } = row;
  return crc32(
    value,
    crc32(`${collection}\0${name}\0${revision} ${created} ${expiresAtMs ?? ''} ${replaces} ${deleted}`),
  );
}

/** SQLite gives its other files the mode of this one. A file that is there is not opened here: closing it would drop locks. */
function createPrivate(file: string): void {
  const directory = path.dirname(file);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(file)) return chmodSync(file, 0o600);
  closeSync(openSync(file, 'wx', 0o600));
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Returns where the retained history begins. */
function prepareSchema(db: DatabaseSync, file: string): number {
  // Also the first access to the file: it takes the lock.
  db.exec('BEGIN IMMEDIATE');
  try {
    const tables = db.prepare('SELECT name FROM sqlite_schema').all();
    if (tables.length === 0) db.exec(schema);
    else if (!tables.some(({ name }) => name === 'meta'))
      throw new HostError('Foreign', `${file} is a SQLite file, but not a store`);
    const meta = new Map(
      db
        .prepare('SELECT key, value FROM meta')
        .all()
        .map(({ key, value }) => [key, value]),
    );
    const version = meta.get('schema');
    const compacted = meta.get('compacted');
    if (version !== schemaVersion)
      throw new HostError(
        'Version',
        `${file} has the store format ${String(version)}; this program reads and writes ${schemaVersion}`,
      );
    if (typeof compacted !== 'number') throw corrupted(file, 'it does not say where its history begins');
    db.exec('COMMIT');
    return compacted;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function corrupted(file: string, what: string, cause?: unknown): HostError {
  return new HostError('Corrupted', `the store file ${file} is corrupted: ${what}; restore it from a backup`, {
    cause,
  });
}

/** SQLite's primary result codes. */
const results = { busy: 5, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

function translating<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof HostError) throw error;
    const { errcode, errstr } = error as { errcode?: number; errstr?: string };
    const text = errstr ?? errorText(error);
    switch ((errcode ?? 0) & 0xff) {
      case results.busy:
        throw new HostError('InUse', `the store file ${file} is in use by another process`, { cause: error });
      case results.corrupt:
      case results.notADatabase:
        throw corrupted(file, text, error);
      case results.full:
        throw new HostError('NoSpace', `no space left to write the store file ${file}`, { cause: error });
      case results.cannotOpen:
        throw new HostError('CannotOpen', `cannot open the store file ${file}: ${text}`, { cause: error });
      default:
        throw new HostError('IO', `the store file ${file} failed: ${text}`, { cause: error });
    }
  }
}
