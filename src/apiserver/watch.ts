/**
 * A watch as its consumer reads it: a filtered cursor over the store's log. The consumer takes when it can write, so a slow
 * one holds no memory; one that falls behind the history gets ApiError `Expired`.
 */
import { errorText } from '../base/mod.ts';
import { ApiError, type Kind } from '../machinery/mod.ts';
import {
  CompactedError,
  FutureRevisionError,
  StoredEntry,
  type ChangeEvent,
  type Entry,
  type Store,
  type Watch,
} from '../store/mod.ts';
import { stamp } from './stamp.ts';
import type { Selection } from './selection.ts';
import { ready, showEnd } from './stored-form.ts';

export type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchItem {
  readonly type: WatchType;
  /** The object; for a DELETED one its last state with the revision of the deletion. */
  readonly entry: Entry;
}

export interface WatchRequest {
  readonly kind: Kind;
  readonly collection: string;
  readonly selection: Selection;
  /** Undefined: begin with the current objects as ADDED. */
  readonly after: number | undefined;
}

/** Events that were taken and wait until they are ready to be shown. */
interface Held {
  readonly events: readonly ChangeEvent[];
  /** Up to which revision everything was taken before them. */
  readonly after: number;
  failure?: Error;
  waiting: boolean;
}

export class WatchStream implements Disposable {
  readonly #kind: Kind;
  readonly #selection: Selection;
  readonly #watch: Watch;
  #initial: Entry[];
  #held: Held | undefined;
  #onReady: () => void = () => undefined;
  #ended = false;
  #untilGone: Disposable | undefined;
  /** The revision of the state that the initial events show. */
  readonly initialRevision: number;
  readonly hasInitial: boolean;

  constructor(store: Store, request: WatchRequest) {
    this.#kind = request.kind;
    this.#selection = request.selection;
    this.hasInitial = request.after === undefined;
    this.initialRevision = request.after ?? store.current.revision;
    this.#initial = [];
    if (request.after === undefined) {
      const { from, to } = request.selection;
      store.current.collection(request.collection).scan(
        (entry) => {
          if (request.kind.storedForm !== undefined || request.selection.matches(entry)) this.#initial.push(entry);
        },
        from,
        to,
      );
      this.#initial.reverse();
    }
    this.#watch = begun(this.initialRevision, () =>
      store.watch(request.collection, this.initialRevision, () => this.#onReady(), request.selection.interest),
    );
  }

  /** Resolves when the stream can be read. Rejects with ApiError, and is disposed, when the first objects cannot be shown. */
  async begin(): Promise<void> {
    if (this.#kind.storedForm === undefined) return;
    try {
      await ready(this.#kind, this.#initial);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    this.#initial = this.#initial.filter((entry) => this.#selection.matches(entry));
  }

  /** Sets who is told that there may be something to take. Called synchronously while the store publishes. */
  onReady(tell: () => void): void {
    this.#onReady = tell;
  }

  /** Nothing more will come, because what was watched is no longer served as it was: there is no error in that. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the stream when it is told to. */
  endWhen(subscribe: (end: () => void) => Disposable): void {
    this.#untilGone = subscribe(() => {
      this.#ended = true;
      this.#onReady();
    });
  }

  get initialDone(): boolean {
    return this.#initial.length === 0;
  }

  /** Up to which revision everything has been taken. */
  get revision(): number {
    return this.#initial.length > 0 ? 0 : (this.#held?.after ?? this.#watch.revision);
  }

  /** The next items, at most about `limit`; empty when there is nothing new now. */
  take(limit: number): readonly WatchItem[] {
    if (this.#ended) return [];
    if (this.#initial.length > 0) {
      const items: WatchItem[] = [];
      for (
        let entry = this.#initial.pop();
        entry !== undefined;
        entry = items.length < limit ? this.#initial.pop() : undefined
      )
        items.push({ type: 'ADDED', entry });
      return items;
    }
    for (;;) {
      const events = this.#next(limit);
      if (events.length === 0) return [];
      const items = events.flatMap((event) => this.#item(event) ?? []);
      if (items.length > 0) return items;
    }
  }

  /** The next events that are ready to be shown; whoever reads is told when there are some again. */
  #next(limit: number): readonly ChangeEvent[] {
    if (this.#held !== undefined) return this.#release(this.#held);
    const after = this.#watch.revision;
    const events = translated(() => this.#watch.take(limit));
    const waiting = ready(
      this.#kind,
      this.#kind.storedForm === undefined
        ? []
        : events.flatMap(({ type, entry, previous }) => [
            ...(previous === undefined ? [] : [previous]),
            ...(type === 'deleted' ? [] : [entry]),
          ]),
    );
    if (waiting === undefined) return events;
    const held: Held = { events, after, waiting: true };
    this.#held = held;
    waiting
      .catch((error: unknown) => {
        held.failure = error instanceof Error ? error : ApiError.internal(errorText(error));
      })
      .finally(() => {
        held.waiting = false;
        this.#onReady();
      });
    return [];
  }

  #release(held: Held): readonly ChangeEvent[] {
    if (held.waiting) return [];
    if (held.failure !== undefined) throw held.failure;
    this.#held = undefined;
    return held.events;
  }

  [Symbol.dispose](): void {
    this.#onReady = () => undefined;
    this.#untilGone?.[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
  }

  /** Entering the selection is ADDED, leaving it DELETED, whatever really happened. */
  #item({ type, entry, previous, revision }: ChangeEvent): WatchItem | undefined {
    const was = previous !== undefined && this.#selection.matches(previous);
    const is = type !== 'deleted' && this.#selection.matches(entry);
    if (is) return { type: was ? 'MODIFIED' : 'ADDED', entry };
    if (!was) return undefined;
    // Who selects does not see what the object has become: it is told what it saw last.
    const left = (): Entry => StoredEntry.ofEnd(previous, revision, stamp);
    const end = type === 'deleted' ? entry : entry.memo('left', left);
    showEnd(this.#kind, end, previous);
    return { type: 'DELETED', entry: end };
  }
}

/** A revision that is no more is no reason to refuse a watch: as upstream's, it begins, and its first event is the error. */
function begun(revision: number, watch: () => Watch): Watch {
  try {
    return translated(watch);
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'Expired') throw error;
    const take = (): never => {
      throw error;
    };
    return { revision, take, [Symbol.dispose]: () => undefined };
  }
}

/** The store's refusals in the API's words. */
export function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CompactedError)
      throw ApiError.expired(`too old resource version: ${error.requested} (${error.compacted})`);
    if (error instanceof FutureRevisionError) throw tooLarge(error.requested, error.current);
    throw error;
  }
}

export function tooLarge(requested: number, current: number): ApiError {
  const message = `Too large resource version: ${requested}, current: ${current}`;
  return new ApiError('Timeout', message, {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
      retryAfterSeconds: 1,
    },
  });
}
