/**
 * A watch as a stream of JSON lines. Pulls from the store's log only while the client takes what is written, so a slow client
 * costs nothing; one that falls behind the history gets a 410 as its last event.
 */
import type { Clock, JsonObject, Random } from '../../base/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import type { WatchStream } from '../watch.ts';
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
  /** Where the watch is counted while it is open. */
  readonly open: Set<WatchBody>;
}

const eventsAtOnceMax = 512;
const bookmarkMs = 60_000;

export class WatchBody implements StreamBody {
  readonly #watch: WatchStream;
  readonly #options: WatchBodyOptions;
  #view: View;
  #sink: StreamSink | undefined;
  #full = false;
  #marked = false;
  #timers: Disposable[] = [];

  constructor(watch: WatchStream, options: WatchBodyOptions) {
    this.#watch = watch;
    this.#options = options;
    this.#view = options.view;
    options.open.add(this);
  }

  start(sink: StreamSink): void {
    this.#sink = sink;
    const { clock, random, bookmarks, timeoutMs } = this.#options;
    this.#watch.onReady(() => this.#pump());
    sink.onDrain(() => {
      this.#full = false;
      this.#pump();
    });
    this.#timers.push(clock.after(timeoutMs, () => this.#end()));
    // Spread, so that the bookmarks of many watchers do not come in one burst.
    if (bookmarks) this.#timers.push(clock.after(bookmarkMs * (0.75 + random.next() / 2), () => this.#bookmark()));
    this.#pump();
  }

  stop(): void {
    this.#options.open.delete(this);
    for (const timer of this.#timers.splice(0)) timer[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
    this.#sink = undefined;
  }

  #pump(): void {
    try {
      while (this.#sink !== undefined && !this.#full) {
        const items = this.#watch.take(eventsAtOnceMax);
        if (items.length === 0) {
          this.#markInitialEnd();
          return;
        }
        this.#write(this.#options.encoder.chunk(this.#view, items));
        // Only the first rows of a table carry its column definitions.
        if (this.#view.table.headers) this.#view = { ...this.#view, table: { ...this.#view.table, headers: false } };
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#write(eventBytes(this.#view, 'ERROR', error.status as unknown as JsonObject));
      this.#end();
    }
  }

  #markInitialEnd(): void {
    if (this.#marked || !this.#options.markInitialEnd) return;
    this.#marked = true;
    this.#write(bookmarkBytes(this.#view, this.#watch.initialRevision, true));
  }

  #bookmark(): void {
    if (this.#sink === undefined) return;
    if (!this.#full && this.#watch.initialDone) this.#write(bookmarkBytes(this.#view, this.#watch.revision, false));
    this.#timers.push(this.#options.clock.after(bookmarkMs, () => this.#bookmark()));
  }

  #write(bytes: Uint8Array): void {
    if (this.#sink !== undefined && !this.#sink.write(bytes)) this.#full = true;
  }

  #end(): void {
    const sink = this.#sink;
    this.stop();
    sink?.end();
  }
}
