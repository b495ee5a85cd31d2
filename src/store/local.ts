/**
 * The store of one process: the tree in memory, and optionally a journal that makes it durable.
 *
 * A commit is checked against `head`, which is ahead of `current` by what the journal has not confirmed yet. So commits never
 * wait for each other, and the journal writes what came in meanwhile as one group. A result that changes nothing (a failed
 * expectation) waits for its place in that queue too, for it may rest on what is not durable. Should the journal fail,
 * everything after `current` is refused and `head` falls back: nobody has seen it.
 */
import { assert, HostError, Tree, type Clock } from '../base/mod.ts';
import { EncryptedJournal, StoredForms, type ValueTransformer } from './encryption.ts';
import { assertDistinct, Engine } from './engine.ts';
import { StoredEntry } from './entry.ts';
import { Root, type Publication } from './history.ts';
import type { Change, ChangeEvent, CommitResult, Entry, Snapshot, Stamp, Store, StoreLimits } from './store.ts';

/** One change as the journal keeps it. */
export interface JournalRecord {
  readonly revision: number;
  readonly collection: string;
  readonly name: string;
  readonly created: number;
  readonly expiresAtMs: number | undefined;
  /** The revision of the record of the same key that this one supersedes; 0: there is none. */
  readonly replaces: number;
  /** The stamped value; for a deletion the last one, stamped with the deletion's revision. */
  readonly bytes: Uint8Array;
  readonly deleted: boolean;
}

/** Durable storage of changes, in order. Implemented in `host/`. */
export interface Journal {
  /** What survived: the records of the history that is still retained, by ascending revision, and where that begins. */
  load(): Promise<{
    readonly records: readonly JournalRecord[];
    readonly revision: number;
    readonly compacted: number;
  }>;
  /**
   * Resolves when all records are on disk; they are written together or not at all. Rejects only when none of them is or
   * ever will be; when that cannot be known it never settles, and the journal ends the process through its own ways.
   * Called again only after it settled.
   */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** Forgets records that are superseded, or deletions, at or below `compacted`. May go on beside `append`. */
  compact(compacted: number): Promise<void>;
  close(): Promise<void>;
}

export interface LocalStoreOptions {
  readonly clock: Clock;
  readonly limits: StoreLimits;
  readonly stamp: Stamp;
  readonly journal?: Journal | undefined;
  /** Encrypts what the journal keeps. */
  readonly transformer?: ValueTransformer | undefined;
}

interface Pending extends Publication {
  readonly result: CommitResult;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** How much older than the retained history the journal may get before it is compacted. */
const journalSlackRevisions = 1_000;
/** Expiry looks at the clock neither more often nor, for it may be set, less often than this. */
const expiryCheckMinMs = 100;
const expiryCheckMaxMs = 60_000;
const expiriesMax = 1_000;

export class LocalStore extends Engine implements Store {
  readonly #options: LocalStoreOptions;
  /** What goes away by itself, in the order in which it does. */
  #expiring: Tree<Entry> = Tree.empty();
  #head: Root;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;
  #publishing = false;
  #compacting: Promise<void> | undefined;
  #journalCompacted: number;
  #timer: Disposable | undefined;
  #wakeMs = 0;
  #closed = false;

  private constructor(
    options: LocalStoreOptions,
    root: Root,
    { journalCompacted, forms }: { readonly journalCompacted: number; readonly forms: StoredForms | undefined },
  ) {
    super(options.limits, root, forms);
    this.#options = options;
    this.#head = root;
    this.#journalCompacted = journalCompacted;
  }

  static async open(given: LocalStoreOptions): Promise<LocalStore> {
    const { transformer } = given;
    if (given.journal === undefined)
      return new LocalStore(given, Root.empty, { journalCompacted: 0, forms: undefined });
    const forms = transformer === undefined ? undefined : new StoredForms(transformer);
    const journal =
      transformer === undefined || forms === undefined
        ? given.journal
        : new EncryptedJournal(given.journal, transformer, forms);
    const options = { ...given, journal };
    const { records, revision, compacted } = await journal.load();
    const base = new Map<string, Entry>();
    const later: JournalRecord[] = [];
    for (const record of records) {
      if (record.revision > compacted) later.push(record);
      else if (record.deleted) base.delete(record.collection + record.name);
      else base.set(record.collection + record.name, StoredEntry.ofBytes(record, record.bytes));
    }
    const root = Root.of(compacted, base.values());
    const store = new LocalStore(options, root, { journalCompacted: compacted, forms });
    store.#replay(later, revision);
    for (const entry of store.history.current.entries()) store.#track(entry);
    store.#armExpiry();
    return store;
  }

  get head(): Snapshot {
    return this.#head;
  }
  sync(): undefined {
    return undefined;
  }

  commit(changes: readonly Change[], cause?: unknown): Promise<CommitResult> {
    if (this.#closed) return Promise.reject(new HostError('Unavailable', 'the store is closed'));
    assertDistinct(changes);
    for (const change of changes) {
      const current = this.#head.get(change.collection, change.name);
      if (change.expected !== undefined && change.expected !== (current?.revision ?? 0))
        return this.#enqueue([], { ok: false, failed: change, current });
    }
    const revision = this.#head.revision + 1;
    const events = changes.flatMap((change) => this.#event(change, revision, cause) ?? []);
    if (events.length === 0) return this.#enqueue([], { ok: true, revision: this.#head.revision, events });
    this.#head = this.#head.apply(revision, events);
    return this.#enqueue(events, { ok: true, revision, events });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
    await this.#options.journal?.close();
  }

  #enqueue(events: readonly ChangeEvent[], result: CommitResult): Promise<CommitResult> {
    if (events.length === 0 && this.#head === this.history.current) return Promise.resolve(result);
    return new Promise((resolve, reject) => {
      this.#pending.push({ root: this.#head, events, result, resolve, reject });
      if (this.#options.journal === undefined) this.#publishPending();
      else this.#writing ??= this.#write(this.#options.journal);
    });
  }

  /** A commit from within a callback of a publication is published after it, so that everybody sees the same order. */
  #publishPending(): void {
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      while (this.#pending.length > 0) this.#publish(this.#pending.splice(0));
    } finally {
      this.#publishing = false;
    }
  }

  #event(change: Change, revision: number, cause: unknown): ChangeEvent | undefined {
    const { collection, name } = change;
    const previous = this.#head.get(collection, name);
    if (change.value === undefined) {
      if (previous === undefined) return undefined;
      const entry = StoredEntry.ofEnd(previous, revision, this.#options.stamp);
      return { revision, type: 'deleted', entry, previous, cause };
    }
    const expiresAtMs = change.ttlMs === undefined ? undefined : Math.floor(this.#options.clock.now() + change.ttlMs);
    const key = { collection, name, revision, created: previous?.created ?? revision, expiresAtMs };
    const entry = StoredEntry.ofValue(key, this.#options.stamp(change.value, revision));
    return { revision, type: previous === undefined ? 'created' : 'updated', entry, previous, cause };
  }

  /** Writes group after group until nothing is left. */
  async #write(journal: Journal): Promise<void> {
    // What arrives in this turn of the event loop belongs to the same group.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const group = this.#pending.splice(0);
      const records = group.flatMap(({ events }) => events.map(recordOf));
      try {
        if (records.length > 0) await journal.append(records);
      } catch (error) {
        this.#refuse(group, error);
        continue;
      }
      this.#publish(group);
      this.#compactJournal(journal);
    }
    this.#writing = undefined;
  }

  #refuse(group: readonly Pending[], cause: unknown): void {
    const refused = [...group, ...this.#pending.splice(0)];
    this.#head = this.history.current;
    const error = new HostError('Unavailable', 'the store could not make the change durable', { cause });
    for (const { reject } of refused) reject(error);
  }

  #publish(group: readonly Pending[]): void {
    const changed = group.filter(({ events }) => events.length > 0);
    for (const { events } of changed) {
      for (const { type, entry, previous } of events) {
        if (previous?.expiresAtMs !== undefined) this.#expiring = this.#expiring.delete(expiryKey(previous));
        if (type !== 'deleted') this.#track(entry);
      }
    }
    this.#armExpiry();
    if (changed.length > 0) this.history.publish(changed);
    for (const { result, resolve } of group) resolve(result);
  }

  /** Superseded records leave the journal once the history in memory no longer needs them. */
  #compactJournal(journal: Journal): void {
    const { compacted } = this.history;
    if (this.#compacting !== undefined || compacted - this.#journalCompacted < journalSlackRevisions) return;
    this.#journalCompacted = compacted;
    // A failure costs disk space only; the next group tells if the disk is really gone.
    this.#compacting = journal
      .compact(compacted)
      .catch(() => undefined)
      .finally(() => (this.#compacting = undefined));
  }

  #track(entry: Entry): void {
    if (entry.expiresAtMs !== undefined) this.#expiring = this.#expiring.set(expiryKey(entry), entry);
  }

  #armExpiry(): void {
    const [first] = this.#expiring;
    if (first === undefined || this.#closed) return;
    const { clock } = this.#options;
    const delayMs = (first[1].expiresAtMs ?? 0) - clock.now();
    const wakeMs = clock.monotonic() + Math.min(expiryCheckMaxMs, Math.max(expiryCheckMinMs, delayMs));
    if (this.#timer !== undefined && this.#wakeMs <= wakeMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#wakeMs = wakeMs;
    this.#timer = clock.after(wakeMs - clock.monotonic(), () => this.#expire());
  }

  #expire(): void {
    this.#timer = undefined;
    const due: Entry[] = [];
    const now = this.#options.clock.now();
    this.#expiring.scan((entry) => (entry.expiresAtMs ?? 0) <= now && due.push(entry) < expiriesMax);
    for (const { collection, name, revision } of due)
      void this.commit([{ collection, name, expected: revision, value: undefined }]).catch(() => undefined);
    this.#armExpiry();
  }

  /** Brings the history back to where it was: same roots, same events, so that watches go on across a restart. */
  #replay(records: readonly JournalRecord[], revision: number): void {
    for (let i = 0; i < records.length;) {
      const first = records[i];
      assert(first !== undefined && first.revision > this.#head.revision, 'a journal is in order');
      const events: ChangeEvent[] = [];
      for (let record = records[i]; record?.revision === first.revision; record = records[++i]) {
        const previous = this.#head.get(record.collection, record.name);
        const entry = StoredEntry.ofBytes(record, record.bytes);
        events.push({
          revision: record.revision,
          type: record.deleted ? 'deleted' : previous === undefined ? 'created' : 'updated',
          entry,
          previous,
        });
      }
      this.#head = this.#head.apply(first.revision, events);
      this.history.publish([{ root: this.#head, events }]);
    }
    if (revision > this.#head.revision) {
      this.#head = this.#head.apply(revision, []);
      this.history.publish([{ root: this.#head, events: [] }]);
    }
  }
}

function recordOf({ type, entry, previous }: ChangeEvent): JournalRecord {
  const { revision, collection, name, created, expiresAtMs, bytes } = entry;
  const replaces = previous?.revision ?? 0;
  return { revision, collection, name, created, expiresAtMs, replaces, bytes, deleted: type === 'deleted' };
}

/** Sorts by time: 15 digits last for another 31,000 years. */
function expiryKey({ expiresAtMs, collection, name }: Entry): string {
  return String(expiresAtMs).padStart(15, '0') + collection + name;
}
