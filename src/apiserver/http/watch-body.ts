/**
 * A watch as a stream of JSON lines. Pulls from the store's log only while the client takes what is written, so a slow client
 * costs nothing; one that falls behind the history gets a 410 as its last event.
 */
import type { Clock, JsonObject, Random } from '../../base/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import type { WatchItem, WatchStream } from '../watch.ts';
import { bookmarkBytes, eventBytes, type View, type WatchEncoder } from './encode.ts';
import type { StreamBody, StreamSink } from './message.ts';

export interface WatchBodyOptions {
  readonly view: View;
  readonly encoder: WatchEncoder;
  readonly clock: Clock;
  readonly random: Random;
  readonly bookmarks: boolean;
  /** The client asked for the end of the initial events to be marked. */
  readonly markInitialEnd: boolean;
  readonly timeoutMs: number;
  /** Disposed of when the watch is over. */
  readonly open: Disposable;
}

/** So many events are taken at a time, and encoded into chunks of about so many bytes: what a slow client can hold. */
const eventsAtOnceMax = 128;
const chunkBytesMax = 256 * 1024;
const bookmarkMs = 60_000;
/** A client that takes nothing for so long is as good as gone. */
const stallMs = 60_000;

export class WatchBody implements StreamBody {
  readonly #watch: WatchStream;
  readonly #options: WatchBodyOptions;
  #view: View;
  #sink: StreamSink | undefined;
  #full = false;
  #marked = false;
  /** Taken, and not written yet. */
  #taken: readonly WatchItem[] = [];
  #timeout: Disposable | undefined;
  #nextBookmark: Disposable | undefined;
  #stall: Disposable | undefined;

  constructor(watch: WatchStream, options: WatchBodyOptions) {
    this.#watch = watch;
    this.#options = options;
    this.#view = options.view;
  }

  start(sink: StreamSink): void {
    this.#sink = sink;
    const { clock, random, bookmarks, timeoutMs } = this.#options;
    this.#watch.onReady(() => this.#pump());
    sink.onDrain(() => {
      this.#full = false;
      this.#stall?.[Symbol.dispose]();
      this.#pump();
    });
    this.#timeout = clock.after(timeoutMs, () => this.#end());
    // Spread, so that the bookmarks of many watchers do not come in one burst.
    if (bookmarks) this.#nextBookmark = clock.after(bookmarkMs * (0.75 + random.next() / 2), () => this.#bookmark());
    this.#pump();
  }

  stop(): void {
    this.#options.open[Symbol.dispose]();
    for (const timer of [this.#timeout, this.#nextBookmark, this.#stall]) timer?.[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
    this.#taken = [];
    this.#sink = undefined;
  }

  #pump(): void {
    try {
      while (this.#sink !== undefined && !this.#full) {
        if (this.#taken.length === 0) this.#taken = this.#watch.take(eventsAtOnceMax);
        if (this.#taken.length === 0) {
          if (this.#watch.ended) this.#end();
          else this.#markInitialEnd();
          return;
        }
        this.#writeChunk();
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#write(eventBytes(this.#view, 'ERROR', error.status as unknown as JsonObject));
      this.#end();
    }
  }

  #writeChunk(): void {
    let count = 0;
    for (let bytes = 0; count < this.#taken.length && bytes < chunkBytesMax; count++)
      bytes += this.#taken[count]?.entry.bytes.length ?? 0;
    const items = count === this.#taken.length ? this.#taken : this.#taken.slice(0, count);
    this.#taken = count === this.#taken.length ? [] : this.#taken.slice(count);
    this.#write(this.#options.encoder.chunk(this.#view, items));
    // Only the first rows of a table carry its column definitions.
    if (this.#view.table.headers) this.#view = { ...this.#view, table: { ...this.#view.table, headers: false } };
  }

  #markInitialEnd(): void {
    if (this.#marked || !this.#options.markInitialEnd) return;
    this.#marked = true;
    this.#write(bookmarkBytes(this.#view, this.#watch.initialRevision, true));
  }

  #bookmark(): void {
    if (this.#sink === undefined) return;
    // What is full has more to come that the bookmark must not run ahead of.
    if (!this.#full && this.#watch.initialDone) this.#write(bookmarkBytes(this.#view, this.#watch.revision, false));
    this.#nextBookmark = this.#options.clock.after(bookmarkMs, () => this.#bookmark());
  }

  #write(bytes: Uint8Array): void {
    if (this.#sink === undefined || this.#sink.write(bytes) || this.#full) return;
    this.#full = true;
    this.#stall = this.#options.clock.after(stallMs, () => this.#cut());
  }

  #end(): void {
    const sink = this.#sink;
    this.stop();
    sink?.end();
  }

  #cut(): void {
    const sink = this.#sink;
    this.stop();
    sink?.cut();
  }
}
