/**
 * The store: every object of the cluster, by collection and name, with revisions.
 *
 * What always holds, for every engine:
 * - Each commit makes the next revision. A revision is a root of an immutable tree: a consistent snapshot that costs nothing.
 * - A commit is acknowledged only once it is durable, and is seen by readers and watchers only then, in order.
 * - Values are deeply immutable and shared by every reader in the process.
 * - A watch is gap-free or ends with `CompactedError`. History is bounded by number and by bytes.
 */
import type { JsonObject } from '../base/mod.ts';
import type { Tree } from '../base/mod.ts';

/** One key at one revision. */
export interface Entry {
  /** Where objects of one resource live, in upstream's layout: `/registry/pods/`. Ends in a slash. */
  readonly collection: string;
  /** Within the collection: `default/web-0`, or `node-1` for cluster-wide resources. */
  readonly name: string;
  /** The revision of the last change, and of the creation. */
  readonly revision: number;
  readonly created: number;
  /** The revision that wrote the value: an earlier one where the entry tells how something ended. */
  readonly written: number;
  /** When the entry goes away by itself, in milliseconds since the epoch. */
  readonly expiresAtMs: number | undefined;
  /** The object, stamped with its revision. Deeply immutable. */
  readonly value: JsonObject;
  /** The JSON encoding of `value`, made once. */
  readonly bytes: Uint8Array;
  /** Keeps what is derived from this entry (another encoding, a decoded view) for as long as the entry lives. */
  memo<T>(key: string, make: () => T): T;
}

export interface ChangeEvent {
  readonly revision: number;
  readonly type: 'created' | 'updated' | 'deleted';
  /** The entry after the change; for a deletion the last one, stamped with the revision of the deletion. */
  readonly entry: Entry;
  readonly previous: Entry | undefined;
  /** What the change answers to, as whoever committed it in this process said; kept as long as the event. */
  readonly cause?: unknown;
}

export interface Snapshot {
  readonly revision: number;
  collection(collection: string): Tree<Entry>;
  get(collection: string, name: string): Entry | undefined;
}

export interface Change {
  readonly collection: string;
  readonly name: string;
  /** The revision that the entry must have now; 0: it must not be there; undefined: whatever is there. */
  readonly expected?: number | undefined;
  /** The new value; undefined deletes. */
  readonly value: JsonObject | undefined;
  /** The entry goes away by itself after this time. */
  readonly ttlMs?: number | undefined;
}

export type CommitResult =
  | {
      readonly ok: true;
      readonly revision: number;
      /** In the order of the changes. */ readonly events: readonly ChangeEvent[];
    }
  | {
      readonly ok: false;
      /** The first change whose expectation failed, and what is there. */ readonly failed: Change;
      readonly current: Entry | undefined;
    };

/**
 * What a watch is about, if that is few of a collection's entries: those for which `of` gives `value`, now or before the
 * change. Such a watch is not told of anything else, though what it takes may hold it: telling a thousand watches of a change
 * that concerns one of them would cost a thousand times as much. Watches that name the same `index` share one `of`.
 */
export interface Interest {
  readonly index: string;
  readonly value: string;
  of(entry: Entry): string | undefined;
}

export interface Watch extends Disposable {
  /**
   * What happened in the collection since the last call, oldest first, at most `limit` events; none when there is nothing
   * new. Throws `CompactedError` when this watcher fell behind the retained history.
   */
  take(limit: number): readonly ChangeEvent[];
  /** Everything up to this revision has been taken. */
  readonly revision: number;
}

export interface Store {
  /** The newest durable state: all that was acknowledged, nothing that could still be lost. */
  readonly current: Snapshot;
  /** The newest state that a commit is checked against; may hold what is not durable yet. Only for computing a change. */
  readonly head: Snapshot;
  /** Revisions below this one are gone. */
  readonly compacted: number;
  /** The state at a past revision. Throws `CompactedError` or `FutureRevisionError`. */
  at(revision: number): Snapshot;
  /**
   * Applies all changes as one revision, or none; each is to another key. Rejects with HostError when the outside world
   * failed. What a result says, also that an expectation failed, is durable.
   */
  commit(changes: readonly Change[], cause?: unknown): Promise<CommitResult>;
  /**
   * Watches a collection from just after revision `after`: take what is there first. `onReady` is called, never from within
   * this call, when there may be more after everything had been taken. Throws `CompactedError` or `FutureRevisionError`.
   */
  watch(collection: string, after: number, onReady: () => void, interest?: Interest): Watch;
  /**
   * Calls back after every publication with the events of that moment, in order. For caches in this process: the events
   * lead from what `current` was at the time of the call to what it is in the callback. With `of` it is called only where
   * some of the events are of these collections.
   */
  subscribe(onEvents: (events: readonly ChangeEvent[]) => void, of?: ReadonlySet<string>): Disposable;
  /** Whether the entry is kept for good in another form than it would be written in now: writing it again renews it. */
  isStale(entry: Entry): boolean;
  /**
   * Resolves once `current` is at least as new as the cluster's state was at the time of the call; undefined where it always
   * is.
   */
  sync(): Promise<void> | undefined;
  /** Forgets the history below `revision`. */
  compact(revision: number): void;
  close(): Promise<void>;
}

export interface StoreLimits {
  /** How many past revisions are kept at most. */
  readonly historyRevisionsMax: number;
  /** How many bytes of past values are kept at most, about. */
  readonly historyBytesMax: number;
}

export const defaultLimits: StoreLimits = { historyRevisionsMax: 20_000, historyBytesMax: 64 << 20 };

/** Puts the revision into a value: the API server sets `metadata.resourceVersion`. Must not mutate. */
export type Stamp = (value: JsonObject, revision: number) => JsonObject;

/** The revision asked for is no longer retained. */
export class CompactedError extends Error {
  readonly requested: number;
  readonly compacted: number;
  constructor(requested: number, compacted: number) {
    super(`revision ${requested} has been compacted, the oldest one is ${compacted}`);
    this.name = 'CompactedError';
    this.requested = requested;
    this.compacted = compacted;
  }
}

/** The revision asked for has not happened yet. */
export class FutureRevisionError extends Error {
  readonly requested: number;
  readonly current: number;
  constructor(requested: number, current: number) {
    super(`revision ${requested} is in the future, the current one is ${current}`);
    this.name = 'FutureRevisionError';
    this.requested = requested;
    this.current = current;
  }
}
