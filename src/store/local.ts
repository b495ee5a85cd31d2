/**
 * The store of one process: the tree in memory, and optionally a journal that makes it durable.
 *
 * A commit is checked against `head`, which is ahead of `current` by what the journal has not confirmed yet. So commits never
 * wait for each other, and the journal writes what came in meanwhile as one group. Should the journal fail, everything after
 * `current` is refused and `head` falls back: nobody has seen it.
 */
import { assert, HostError, type Clock, type JsonObject } from '../base/mod.ts';
import { StoredEntry } from './entry.ts';
import { History, Root } from './history.ts';
import type { Change, ChangeEvent, CommitResult, Entry, Snapshot, Stamp, Store, StoreLimits, Watch } from './store.ts';

/** One change as the journal keeps it. */
export interface JournalRecord {
  readonly revision: number;
  readonly collection: string;
  readonly name: string;
  readonly created: number;
  readonly expiresAtMs: number | undefined;
  /** The stamped value; for a deletion the last one, stamped with the deletion's revision. */
  readonly bytes: Uint8Array;
  readonly deleted: boolean;
}

/** Durable storage of changes, in order. Implemented in `host/`. */
export interface Journal {
  /** What survived: the records of the history that is still retained, by ascending revision, and where that begins. */
  load(): Promise<{ readonly records: readonly JournalRecord[]; readonly revision: number; readonly compacted: number }>;
  /** Resolves when all records are on disk; they are written together or not at all. Called again only after it settled. */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** Forgets superseded records: what is at or below `compacted` and has been replaced or deleted since. */
  compact(compacted: number): Promise<void>;
  close(): Promise<void>;
}

export interface LocalStoreOptions {
  readonly clock: Clock;
  readonly limits: StoreLimits;
  readonly stamp: Stamp;
  readonly journal?: Journal | undefined;
}

interface Pending {
  readonly revision: number;
  readonly events: readonly ChangeEvent[];
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** How much older than the retained history the journal may get before it is compacted. */
const journalSlackRevisions = 5_000;
const expiryCheckMs = 1_000;

export class LocalStore implements Store {
  readonly #options: LocalStoreOptions;
  readonly #history: History;
  readonly #expiring = new Map<string, Entry>();
  #head: Root;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;
  #journalCompacted: number;
  #timer: Disposable | undefined;
  #closed = false;

  private constructor(options: LocalStoreOptions, root: Root, journalCompacted: number) {
    this.#options = options;
    this.#history = new History(options.limits, root);
    this.#head = root;
    this.#journalCompacted = journalCompacted;
  }

  static async open(options: LocalStoreOptions): Promise<LocalStore> {
    if (options.journal === undefined) return new LocalStore(options, Root.empty, 0);
    const { records, revision, compacted } = await options.journal.load();
    const base = new Map<string, Entry>();
    const later: JournalRecord[] = [];
    for (const record of records) {
      if (record.revision > compacted) later.push(record);
      else if (record.deleted) base.delete(record.collection + record.name);
      else base.set(record.collection + record.name, StoredEntry.ofBytes(record, record.bytes));
    }
    const store = new LocalStore(options, Root.of(compacted, base.values()), compacted);
    store.#replay(later, revision);
    for (const entry of store.#history.current.entries()) store.#track(entry);
    return store;
  }

  get current(): Snapshot {
    return this.#history.current;
  }
  get head(): Snapshot {
    return this.#head;
  }
  get compacted(): number {
    return this.#history.compacted;
  }
  at(revision: number): Snapshot {
    return this.#history.at(revision);
  }
  watch(collection: string, after: number, onReady: () => void): Watch {
    return this.#history.watch(collection, after, onReady);
  }
  subscribe(onEvents: (events: readonly ChangeEvent[]) => void): Disposable {
    return this.#history.subscribe(onEvents);
  }
  compact(revision: number): void {
    this.#history.compact(revision);
  }
  sync(): Promise<void> {
    return Promise.resolve();
  }

  commit(changes: readonly Change[]): Promise<CommitResult> {
    if (this.#closed) return Promise.reject(new HostError('Unavailable', 'the store is closed'));
    for (const change of changes) {
      const current = this.#head.get(change.collection, change.name);
      if (change.expected !== undefined && change.expected !== (current?.revision ?? 0)) return Promise.resolve({ ok: false, failed: change, current });
    }
    const revision = this.#head.revision + 1;
    const events = changes.flatMap((change) => this.#event(change, revision) ?? []);
    if (events.length === 0) return Promise.resolve({ ok: true, revision: this.#head.revision, events });
    this.#head = this.#head.apply(revision, events);
    return new Promise((resolve, reject) => {
      this.#pending.push({ revision, events, resolve, reject });
      if (this.#options.journal === undefined) this.#publish(this.#pending.splice(0));
      else this.#writing ??= this.#write(this.#options.journal);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
    await this.#options.journal?.close();
  }

  #event(change: Change, revision: number): ChangeEvent | undefined {
    const { collection, name } = change;
    const previous = this.#head.get(collection, name);
    const stamped = (value: JsonObject): JsonObject => this.#options.stamp(value, revision);
    if (change.value === undefined) {
      if (previous === undefined) return undefined;
      const key = { collection, name, revision, created: previous.created, expiresAtMs: undefined };
      return { revision, type: 'deleted', entry: StoredEntry.ofValue(key, stamped(previous.value)), previous };
    }
    const expiresAtMs = change.ttlMs === undefined ? undefined : this.#options.clock.now() + change.ttlMs;
    const key = { collection, name, revision, created: previous?.created ?? revision, expiresAtMs };
    const entry = StoredEntry.ofValue(key, stamped(change.value));
    return { revision, type: previous === undefined ? 'created' : 'updated', entry, previous };
  }

  /** Writes group after group until nothing is left. */
  async #write(journal: Journal): Promise<void> {
    // What arrives in this turn of the event loop belongs to the same group.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const group = this.#pending.splice(0);
      try {
        await journal.append(group.flatMap(({ events }) => events.map(recordOf)));
      } catch (error) {
        this.#refuse(group, error);
        continue;
      }
      this.#publish(group);
      await this.#compactJournal(journal);
    }
    this.#writing = undefined;
  }

  #refuse(group: readonly Pending[], cause: unknown): void {
    const refused = [...group, ...this.#pending.splice(0)];
    this.#head = this.#history.current;
    const error = new HostError('Unavailable', 'the store could not make the change durable', { cause });
    for (const { reject } of refused) reject(error);
  }

  #publish(group: readonly Pending[]): void {
    for (const { events } of group) for (const { type, entry } of events) type === 'deleted' ? this.#expiring.delete(entry.collection + entry.name) : this.#track(entry);
    this.#history.publish(group);
    for (const { revision, events, resolve } of group) resolve({ ok: true, revision, events });
  }

  /** Superseded records leave the journal once the history in memory no longer needs them. */
  async #compactJournal(journal: Journal): Promise<void> {
    const { compacted } = this.#history;
    if (compacted - this.#journalCompacted < journalSlackRevisions) return;
    this.#journalCompacted = compacted;
    // A failure costs disk space only; the next group tells if the disk is really gone.
    await journal.compact(compacted).catch(() => undefined);
  }

  #track(entry: Entry): void {
    const key = entry.collection + entry.name;
    if (entry.expiresAtMs === undefined) this.#expiring.delete(key);
    else this.#expiring.set(key, entry);
    if (this.#expiring.size > 0) this.#timer ??= this.#options.clock.after(expiryCheckMs, () => this.#expire());
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#options.clock.now();
    for (const { collection, name, revision, expiresAtMs } of this.#expiring.values())
      if (expiresAtMs !== undefined && expiresAtMs <= now) void this.commit([{ collection, name, expected: revision, value: undefined }]).catch(() => undefined);
    if (this.#expiring.size > 0 && !this.#closed) this.#timer = this.#options.clock.after(expiryCheckMs, () => this.#expire());
  }

  /** Brings the history back to where it was: same roots, same events, so that watches go on across a restart. */
  #replay(records: readonly JournalRecord[], revision: number): void {
    for (let i = 0; i < records.length; ) {
      const first = records[i];
      assert(first !== undefined && first.revision > this.#head.revision, 'a journal is in order');
      const events: ChangeEvent[] = [];
      for (let record = records[i]; record?.revision === first.revision; record = records[++i]) {
        const previous = this.#head.get(record.collection, record.name);
        const entry = StoredEntry.ofBytes(record, record.bytes);
        events.push({ revision: record.revision, type: record.deleted ? 'deleted' : previous === undefined ? 'created' : 'updated', entry, previous });
      }
      this.#head = this.#head.apply(first.revision, events);
      this.#history.publish([{ revision: first.revision, events }]);
    }
    if (revision > this.#head.revision) {
      this.#head = this.#head.apply(revision, []);
      this.#history.publish([{ revision, events: [] }]);
    }
  }
}

function recordOf({ type, entry }: ChangeEvent): JournalRecord {
  const { revision, collection, name, created, expiresAtMs, bytes } = entry;
  return { revision, collection, name, created, expiresAtMs, bytes, deleted: type === 'deleted' };
}
