/**
 * The store on etcd, for several API servers at once: etcd decides each commit, and one watch over all of its keys keeps
 * the same tree here as the local store has. So reads, lists and watches cost etcd nothing.
 *
 * What always holds: `current` moves only by what the watch delivers, revision by revision. A commit is acknowledged once it
 * has come back through the watch, so its writer reads it. The watch covers every key, also those of others, because then
 * it passes through every revision that etcd ever names: waiting for one always ends. When the watch has lost its place (its
 * revision was compacted while the connection was gone) the state is listed anew, and every open watch here ends with
 * `CompactedError`.
 */
import { assert, errorText, HostError, sleep, type Clock, type Log, type Random } from '../base/mod.ts';
import { EncryptedEtcdClient, StoredForms, type ValueTransformer } from './encryption.ts';
import { assertDistinct, Engine } from './engine.ts';
import { StoredEntry } from './entry.ts';
import type { EtcdClient, EtcdEvent, EtcdOperation, EtcdTxnResult } from './etcd-client.ts';
import { compactPeriodically } from './etcd-compaction.ts';
import { encodeValue, entryOf, prefix, prefixEnd, splitKey } from './etcd-layout.ts';
import { Leases, type Lease } from './etcd-leases.ts';
import { Root, type Publication } from './history.ts';
import {
  type Change,
  type ChangeEvent,
  type CommitResult,
  type Entry,
  type Snapshot,
  type Stamp,
  type Store,
  type StoreLimits,
} from './store.ts';

export interface EtcdStoreOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: StoreLimits;
  readonly stamp: Stamp;
  /**
   * Ends the process, which must not go on deciding on what it knows: etcd now holds what this program cannot read
   * (`Unsupported`), or is older than it was (`WentBack`).
   */
  readonly onFatal: (error: HostError) => void;
  /** Encrypts what etcd keeps. */
  readonly transformer?: ValueTransformer | undefined;
  /** How often etcd's history is compacted, by one of its API servers; undefined: never. */
  readonly compactionIntervalMs?: number | undefined;
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: HostError) => void;
  readonly timer: Disposable;
}

const pageEntries = 500;
const retryMinMs = 100;
const retryMaxMs = 5_000;
/** How long a commit that etcd has accepted may take to come back, before its writer is told that it is unknown. */
const echoTimeoutMs = 30_000;

export class EtcdStore extends Engine implements Store {
  readonly #options: EtcdStoreOptions;
  readonly #leases: Leases;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #root: Root;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;
  #background: Promise<unknown> = Promise.resolve();

  private constructor(options: EtcdStoreOptions, root: Root, leases: Leases, forms: StoredForms | undefined) {
    super(options.limits, root, forms);
    this.#options = options;
    this.#leases = leases;
    this.#root = root;
  }

  /** Rejects with HostError when etcd cannot be reached, or holds what is not JSON (`Unsupported`). */
  static async open(given: EtcdStoreOptions): Promise<EtcdStore> {
    const { transformer } = given;
    const forms = transformer === undefined ? undefined : new StoredForms(transformer);
    const client =
      transformer === undefined || forms === undefined
        ? given.client
        : new EncryptedEtcdClient(given.client, transformer, forms);
    const options = { ...given, client };
    const leases = new Leases(options.client, options.clock, options.random);
    const store = new EtcdStore(options, await list(options), leases, forms);
    const compaction =
      options.compactionIntervalMs === undefined
        ? undefined
        : compactPeriodically({ ...options, intervalMs: options.compactionIntervalMs }, store.#stop.signal);
    store.#background = Promise.all([store.#follow(), compaction]);
    return store;
  }

  get head(): Snapshot {
    return this.history.current;
  }

  /** Calls that come while one is under way share the next one: the answer to this one may be older than they are. */
  sync(): Promise<void> {
    if (this.#syncing === undefined)
      return (this.#syncing = this.#barrier().finally(() => (this.#syncing = undefined)));
    this.#nextSync ??= this.#syncing
      .catch(() => undefined)
      .then(() => {
        this.#nextSync = undefined;
        return this.sync();
      });
    return this.#nextSync;
  }

  async commit(changes: readonly Change[]): Promise<CommitResult> {
    if (this.#stop.signal.aborted) throw new HostError('Unavailable', 'the store is closed');
    assertDistinct(changes);
    for (const { collection, name } of changes) assertPlace(collection, name);
    const before = this.#root.revision;
    const result = await this.#txn(changes);
    await this.#reached(result.revision, before);
    if (!result.succeeded) return this.#refusal(changes, result);
    if (!result.changed) return { ok: true, revision: result.revision, events: [] };
    return { ok: true, revision: result.revision, events: this.#eventsOf(changes, result.revision) };
  }

  async close(): Promise<void> {
    this.#stop.abort(new HostError('Unavailable', 'the store is closed'));
    for (const { reject, timer } of this.#waiters) {
      timer[Symbol.dispose]();
      reject(new HostError('Unavailable', 'the store is closed'));
    }
    this.#waiters.clear();
    await this.#background;
    this.#options.client.close();
  }

  async #barrier(): Promise<void> {
    const before = this.#root.revision;
    const { revision } = await this.#options.client.range({ from: prefix, to: `${prefix}\0`, limit: 1 });
    await this.#reached(revision, before);
  }

  async #txn(changes: readonly Change[]): Promise<EtcdTxnResult> {
    const expected = changes.flatMap(({ collection, name, expected: modRevision }) =>
      modRevision === undefined ? [] : { key: collection + name, modRevision },
    );
    for (let attempt = 1; ; attempt++) {
      const operations = await Promise.all(changes.map((change) => this.#operation(change)));
      try {
        return await this.#options.client.txn({ expected, operations });
      } catch (error) {
        const leaseLost = error instanceof HostError && error.code === 'LeaseNotFound';
        if (!leaseLost || attempt > 1) throw error;
        this.#leases.forget();
      }
    }
  }

  async #operation({ collection, name, value, ttlMs }: Change): Promise<EtcdOperation> {
    const key = collection + name;
    if (value === undefined) return { kind: 'delete', key };
    const lease: Lease | undefined = ttlMs === undefined ? undefined : await this.#leases.get(ttlMs);
    return { kind: 'put', key, value: encodeValue(value), lease: lease?.id ?? 0 };
  }

  #refusal(changes: readonly Change[], { found }: EtcdTxnResult): CommitResult {
    let i = 0;
    for (const change of changes) {
      if (change.expected === undefined) continue;
      const kv = found[i++];
      if ((kv?.modRevision ?? 0) === change.expected) continue;
      const seen = this.#root.get(change.collection, change.name);
      const current =
        kv === undefined
          ? undefined
          : seen?.revision === kv.modRevision
            ? seen
            : entryOf(kv, this.#leases.expiresAtMs(kv.lease), this.#options.stamp);
      return { ok: false, failed: change, current };
    }
    throw new HostError('Internal', 'etcd refused a transaction whose expectations it met');
  }

  /** In the order of the changes. Should the history have moved past them already, they are made up from the changes. */
  #eventsOf(changes: readonly Change[], revision: number): readonly ChangeEvent[] {
    const events = this.history.eventsOf(revision);
    if (events === undefined) return changes.map((change) => this.#eventOf(change, revision));
    return changes.flatMap(
      ({ collection, name }) =>
        events.find(({ entry }) => entry.collection === collection && entry.name === name) ?? [],
    );
  }

  #eventOf({ collection, name, value, expected }: Change, revision: number): ChangeEvent {
    const key = { collection, name, revision, created: revision, expiresAtMs: undefined };
    const entry = StoredEntry.ofValue(key, this.#options.stamp(value ?? {}, revision));
    return {
      revision,
      type: value === undefined ? 'deleted' : expected === 0 ? 'created' : 'updated',
      entry,
      previous: undefined,
    };
  }

  /** Resolves once the watch has come to this revision. It was named after the watch had come to `before`. */
  #reached(revision: number, before: number): Promise<void> {
    if (revision < before) {
      const error = new HostError(
        'WentBack',
        `etcd is at revision ${revision}, but was at ${before}: it was replaced or restored`,
      );
      this.#options.onFatal(error);
      return Promise.reject(error);
    }
    if (this.#root.revision >= revision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(echoTimeoutMs, () => {
        this.#waiters.delete(waiter);
        reject(
          new HostError('Timeout', `revision ${revision} of etcd did not arrive within ${echoTimeoutMs / 1000} s`),
        );
      });
      const waiter: Waiter = { revision, resolve, reject, timer };
      this.#waiters.add(waiter);
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      if (waiter.revision > this.#root.revision) continue;
      this.#waiters.delete(waiter);
      waiter.timer[Symbol.dispose]();
      waiter.resolve();
    }
  }

  /** Keeps the tree up to date for as long as the store is open, through every loss of the connection. */
  async #follow(): Promise<void> {
    const { client, clock, log, random } = this.#options;
    const { signal } = this.#stop;
    for (let delayMs = retryMinMs; !signal.aborted; delayMs = Math.min(retryMaxMs, delayMs * 2)) {
      try {
        for await (const batch of client.watch(this.#root.revision + 1, signal)) {
          delayMs = retryMinMs;
          this.#apply(batch);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof HostError && error.code === 'Unsupported') return this.#options.onFatal(error);
        log.warn('the watch on etcd ended', { error: errorText(error), revision: this.#root.revision });
        if (error instanceof HostError && error.code === 'Compacted') await this.#relist();
      }
      await sleep(clock, delayMs * (0.5 + random.next() / 2), signal).catch(() => undefined);
    }
  }

  #apply(batch: readonly EtcdEvent[]): void {
    const publications: Publication[] = [];
    for (let i = 0; i < batch.length;) {
      const revision = batch[i]?.kv.modRevision ?? 0;
      const events: ChangeEvent[] = [];
      for (; batch[i]?.kv.modRevision === revision; i++) events.push(...this.#decode(batch[i] as EtcdEvent));
      assert(revision > this.#root.revision, 'a watch on etcd goes forward');
      this.#root = this.#root.apply(revision, events);
      // Revisions of others matter only as far as they have been reached.
      if (events.length > 0 || i === batch.length) publications.push({ root: this.#root, events });
    }
    if (publications.length > 0) this.history.publish(publications);
    this.#wake();
  }

  #decode({ deleted, kv }: EtcdEvent): ChangeEvent[] {
    const place = splitKey(kv.key);
    if (place === undefined) return [];
    const { stamp } = this.#options;
    const previous = this.#root.get(place.collection, place.name);
    const revision = kv.modRevision;
    if (!deleted) {
      const entry = entryOf(kv, this.#leases.expiresAtMs(kv.lease), stamp);
      return entry === undefined
        ? []
        : [{ revision, type: previous === undefined ? 'created' : 'updated', entry, previous }];
    }
    return previous === undefined ? [] : [deletion(previous, revision, stamp)];
  }

  /** The watch has lost its place: says what is different now, as far as that can be told. */
  async #relist(): Promise<void> {
    const { log, stamp, onFatal } = this.#options;
    try {
      const next = await list(this.#options);
      const events = difference(this.#root, next, stamp);
      this.#root = next;
      this.history.reset(next, events);
      this.#wake();
    } catch (error) {
      if (error instanceof HostError && error.code === 'Unsupported') return onFatal(error);
      log.warn('listing etcd anew failed', { error: errorText(error) });
    }
  }
}

/** The state of now, page by page at one revision. */
async function list({ client, stamp }: EtcdStoreOptions): Promise<Root> {
  const entries: Entry[] = [];
  let revision: number | undefined;
  for (let from = prefix; ;) {
    const page = await client.range({ from, to: prefixEnd, limit: pageEntries, revision });
    revision ??= page.revision;
    for (const kv of page.kvs) {
      const entry = entryOf(kv, undefined, stamp);
      if (entry !== undefined) entries.push(entry);
    }
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) return Root.of(revision, entries);
    from = `${last.key}\0`;
  }
}

function deletion(previous: Entry, revision: number, stamp: Stamp): ChangeEvent {
  return { revision, type: 'deleted', entry: StoredEntry.ofEnd(previous, revision, stamp), previous };
}

/** The events that lead from one root to a later one, without those in between. */
function difference(from: Root, to: Root, stamp: Stamp): ChangeEvent[] {
  const events: ChangeEvent[] = [];
  for (const previous of from.entries())
    if (to.get(previous.collection, previous.name) === undefined) events.push(deletion(previous, to.revision, stamp));
  for (const entry of to.entries()) {
    const previous = from.get(entry.collection, entry.name);
    if (previous?.revision === entry.revision) continue;
    events.push({ revision: entry.revision, type: previous === undefined ? 'created' : 'updated', entry, previous });
  }
  return events.sort((a, b) => a.revision - b.revision);
}

function assertPlace(collection: string, name: string): void {
  const place = splitKey(collection + name);
  assert(place?.collection === collection, `${collection} is not a collection in etcd's layout`);
}
