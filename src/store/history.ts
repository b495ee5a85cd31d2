/**
 * What the store remembers: the published root, past roots, and for each collection the log of its events. Both engines
 * (local and etcd) publish into it; snapshots and watches are served from it.
 *
 * Roots and logs are trimmed together, so a watch that may start at revision R finds every event after R.
 */
import { Tree } from '../base/mod.ts';
import {
  CompactedError,
  FutureRevisionError,
  type ChangeEvent,
  type Entry,
  type Interest,
  type Snapshot,
  type StoreLimits,
  type Watch,
} from './store.ts';

/** What a retained revision costs besides its value: the copied path of the tree and the records here. */
const revisionOverheadBytes = 1024;

export class Root implements Snapshot {
  static readonly empty = new Root(0, Tree.empty());
  readonly revision: number;
  readonly #collections: Tree<Tree<Entry>>;

  private constructor(revision: number, collections: Tree<Tree<Entry>>) {
    this.revision = revision;
    this.#collections = collections;
  }

  static of(revision: number, entries: Iterable<Entry>): Root {
    const byCollection = new Map<string, [string, Entry][]>();
    for (const entry of entries) {
      const list = byCollection.get(entry.collection);
      if (list === undefined) byCollection.set(entry.collection, [[entry.name, entry]]);
      else list.push([entry.name, entry]);
    }
    const trees = [...byCollection].map(
      ([collection, list]) => [collection, Tree.fromSorted(list.sort(byKey))] as const,
    );
    return new Root(revision, Tree.fromSorted(trees.sort(byKey)));
  }

  collection(collection: string): Tree<Entry> {
    return this.#collections.get(collection) ?? Tree.empty();
  }

  get(collection: string, name: string): Entry | undefined {
    return this.#collections.get(collection)?.get(name);
  }

  /** Every entry, collection by collection. */
  *entries(): Iterable<Entry> {
    for (const [, tree] of this.#collections) for (const [, entry] of tree) yield entry;
  }

  /** The root after these events, which all have the same revision. */
  apply(revision: number, events: readonly ChangeEvent[]): Root {
    let collections = this.#collections;
    for (const { type, entry } of events) {
      const tree = collections.get(entry.collection) ?? Tree.empty<Entry>();
      const next = type === 'deleted' ? tree.delete(entry.name) : tree.set(entry.name, entry);
      collections = next.size === 0 ? collections.delete(entry.collection) : collections.set(entry.collection, next);
    }
    return new Root(revision, collections);
  }
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

/** A queue whose elements keep their absolute index, trimmed from the front. */
class Deque<T> {
  #items: (T | undefined)[] = [];
  #start = 0;
  #dropped = 0;

  get first(): number {
    return this.#dropped + this.#start;
  }
  get end(): number {
    return this.#dropped + this.#items.length;
  }
  get(index: number): T | undefined {
    return this.#items[index - this.#dropped];
  }
  push(item: T): void {
    this.#items.push(item);
  }
  dropFirst(): void {
    this.#items[this.#start] = undefined;
    this.#start += 1;
    if (this.#start < 1024 || this.#start * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#start);
    this.#dropped += this.#start;
    this.#start = 0;
  }
  slice(from: number, to: number): T[] {
    return this.#items.slice(from - this.#dropped, to - this.#dropped) as T[];
  }
  /** The first index whose item satisfies `test`, which must hold for all later ones too. */
  search(test: (item: T) => boolean): number {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (test(this.get(middle) as T)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

interface CollectionLog {
  readonly events: Deque<ChangeEvent>;
  /** Those that are told of everything. */
  readonly watches: Set<LogWatch>;
  /** By index, those that are told of what they are interested in. */
  readonly interested: Map<string, InterestIndex>;
}

interface InterestIndex {
  readonly of: Interest['of'];
  readonly byValue: Map<string, Set<LogWatch>>;
}

interface Subscriber {
  readonly tell: (events: readonly ChangeEvent[]) => void;
  /** The collections that it wants to hear of; undefined: all. */
  readonly of: ReadonlySet<string> | undefined;
  hasLeft: boolean;
}

function concerns({ of, hasLeft }: Subscriber, events: readonly ChangeEvent[]): boolean {
  return !hasLeft && (of === undefined || events.some(({ entry }) => of.has(entry.collection)));
}

interface WatchStart {
  readonly after: number;
  readonly onReady: () => void;
  readonly interest: Interest | undefined;
}

/** The next root, and the events that led to it. */
export interface Publication {
  readonly root: Root;
  readonly events: readonly ChangeEvent[];
}

interface Retained extends Publication {
  readonly bytes: number;
}

export class History {
  readonly #limits: StoreLimits;
  readonly #retained = new Deque<Retained>();
  readonly #logs = new Map<string, CollectionLog>();
  /** Another list with every change: who subscribes or leaves from within a callback changes nothing for the others. */
  #subscribers: readonly Subscriber[] = [];
  #bytes = 0;
  #epoch = 0;
  #current: Root;
  #compacted: number;

  constructor(limits: StoreLimits, root: Root) {
    this.#limits = limits;
    this.#current = root;
    this.#compacted = root.revision;
    this.#retained.push({ root, events: [], bytes: 0 });
  }

  get current(): Root {
    return this.#current;
  }
  get compacted(): number {
    return this.#compacted;
  }
  /** Grows with each reset. */
  get epoch(): number {
    return this.#epoch;
  }

  at(revision: number): Root {
    this.#check(revision);
    const next = this.#retained.search(({ root }) => root.revision > revision);
    return (this.#retained.get(next - 1) as Retained).root;
  }

  /** The events of one revision, if it is retained. */
  eventsOf(revision: number): readonly ChangeEvent[] | undefined {
    const found = this.#retained.get(this.#retained.search(({ root }) => root.revision >= revision));
    return found?.root.revision === revision && revision > this.#compacted ? found.events : undefined;
  }

  /** Makes the revisions visible, in order: first the root moves on, then watchers and subscribers hear of it. */
  publish(batch: readonly Publication[]): void {
    const woken = new Set<CollectionLog>();
    const aimed = new Map<LogWatch, number>();
    for (const { root, events } of batch) {
      this.#current = root;
      let bytes = revisionOverheadBytes;
      for (const event of events) {
        const log = this.#log(event.entry.collection);
        log.events.push(event);
        woken.add(log);
        for (const index of log.interested.values()) aim(index, event, log.events.end - 1, aimed);
        bytes += event.entry.bytes.length;
      }
      this.#bytes += bytes;
      this.#retained.push({ root, events, bytes });
    }
    this.#trim();
    this.#tell(batch.length === 1 ? (batch[0]?.events ?? []) : batch.flatMap(({ events }) => events), woken);
    for (const [watch, index] of aimed) watch.wakeAt(index);
  }

  /** Goes on from a root that what is retained does not lead to: `events` say what differs; every open watch has lost its place. */
  reset(root: Root, events: readonly ChangeEvent[]): void {
    this.#current = root;
    this.#retained.push({ root, events: [], bytes: 0 });
    while (this.#retained.end - this.#retained.first > 1) this.#dropOldest();
    this.#epoch += 1;
    this.#tell(events, this.#logs.values());
    for (const { interested } of this.#logs.values())
      for (const { byValue } of interested.values())
        for (const watches of byValue.values()) for (const watch of watches) watch.wakeAt(0);
  }

  #tell(events: readonly ChangeEvent[], woken: Iterable<CollectionLog>): void {
    // One who subscribes from within a callback has seen these events already: they are in `current`.
    for (const subscriber of this.#subscribers) if (concerns(subscriber, events)) subscriber.tell(events);
    for (const log of woken) for (const watch of log.watches) watch.wake();
  }

  compact(revision: number): void {
    if (revision > this.#current.revision) throw new FutureRevisionError(revision, this.#current.revision);
    while (this.#compacted < revision) this.#dropOldest();
  }

  watch(collection: string, start: WatchStart): Watch {
    this.#check(start.after);
    return new LogWatch(this, this.#log(collection), start);
  }

  subscribe(tell: (events: readonly ChangeEvent[]) => void, of?: ReadonlySet<string>): Disposable {
    const subscriber: Subscriber = { tell, of, hasLeft: false };
    this.#subscribers = [...this.#subscribers, subscriber];
    return {
      [Symbol.dispose]: () => {
        subscriber.hasLeft = true;
        this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
      },
    };
  }

  #check(revision: number): void {
    if (revision < this.#compacted) throw new CompactedError(revision, this.#compacted);
    if (revision > this.#current.revision) throw new FutureRevisionError(revision, this.#current.revision);
  }

  #log(collection: string): CollectionLog {
    let log = this.#logs.get(collection);
    if (log === undefined)
      this.#logs.set(collection, (log = { events: new Deque(), watches: new Set(), interested: new Map() }));
    return log;
  }

  #trim(): void {
    const { historyRevisionsMax, historyBytesMax } = this.#limits;
    const retained = (): number => this.#retained.end - this.#retained.first;
    while (retained() > 1 && (retained() > historyRevisionsMax || this.#bytes > historyBytesMax)) this.#dropOldest();
  }

  /** Drops the oldest root, and with it the events that led from it to the next one. */
  #dropOldest(): void {
    this.#retained.dropFirst();
    const oldest = this.#retained.get(this.#retained.first) as Retained;
    this.#bytes -= oldest.bytes;
    this.#compacted = oldest.root.revision;
    for (const { entry } of oldest.events) this.#log(entry.collection).events.dropFirst();
  }
}

/** Finds the watches that the event concerns, and notes where each has to begin. */
function aim(
  { of, byValue }: InterestIndex,
  { entry, previous }: ChangeEvent,
  index: number,
  aimed: Map<LogWatch, number>,
): void {
  const now = of(entry);
  const before = previous === undefined ? undefined : of(previous);
  for (const value of now === before ? [now] : [now, before]) {
    if (value === undefined) continue;
    for (const watch of byValue.get(value) ?? []) if (!aimed.has(watch)) aimed.set(watch, index);
  }
}

/**
 * A cursor into the log of one collection; however slow its reader is, it holds nothing. One with an interest has no place in
 * the log while it has taken everything: it gets one with the next event that concerns it.
 */
class LogWatch implements Watch {
  readonly #history: History;
  readonly #log: CollectionLog;
  readonly #onReady: () => void;
  readonly #interest: Interest | undefined;
  readonly #epoch: number;
  #next: number;
  #revision: number;
  /** Its reader has taken all there was, so it must be told of more. */
  #waiting = true;
  /** It waits and has no place: what comes does not concern it until `wakeAt`. */
  #resting = false;

  constructor(history: History, log: CollectionLog, { after, onReady, interest }: WatchStart) {
    this.#history = history;
    this.#log = log;
    this.#epoch = history.epoch;
    this.#next = log.events.search((event) => event.revision > after);
    this.#onReady = onReady;
    this.#interest = interest;
    this.#revision = after;
    if (interest === undefined) log.watches.add(this);
    else this.#file(interest).add(this);
  }

  get revision(): number {
    if (this.#resting && this.#epoch === this.#history.epoch) return this.#history.current.revision;
    return this.#lost || this.#next !== this.#log.events.end ? this.#revision : this.#history.current.revision;
  }

  get #lost(): boolean {
    return this.#epoch !== this.#history.epoch || this.#next < this.#log.events.first;
  }

  wake(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#onReady();
  }

  /** Something that concerns it happened at this index of the log. */
  wakeAt(index: number): void {
    if (this.#resting) {
      this.#resting = false;
      this.#next = index;
    }
    this.wake();
  }

  take(limit: number): readonly ChangeEvent[] {
    const { events } = this.#log;
    if (this.#resting && this.#epoch === this.#history.epoch) return [];
    if (this.#lost) throw new CompactedError(this.#revision, this.#history.compacted);
    const taken = events.slice(this.#next, Math.min(events.end, this.#next + limit));
    this.#next += taken.length;
    this.#revision = taken.at(-1)?.revision ?? this.#revision;
    this.#waiting = this.#next === events.end;
    this.#resting = this.#waiting && this.#interest !== undefined;
    return taken;
  }

  [Symbol.dispose](): void {
    this.#log.watches.delete(this);
    if (this.#interest === undefined) return;
    const { index, value } = this.#interest;
    const watches = this.#log.interested.get(index)?.byValue;
    watches?.get(value)?.delete(this);
    if (watches?.get(value)?.size === 0) watches.delete(value);
    if (watches?.size === 0) this.#log.interested.delete(index);
  }

  #file({ index, value, of }: Interest): Set<LogWatch> {
    let found = this.#log.interested.get(index);
    if (found === undefined) this.#log.interested.set(index, (found = { of, byValue: new Map() }));
    let watches = found.byValue.get(value);
    if (watches === undefined) found.byValue.set(value, (watches = new Set()));
    return watches;
  }
}
