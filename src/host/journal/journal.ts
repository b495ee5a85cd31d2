/**
 * The embedded journal: durable storage for the store of one process, in one SQLite file written by a thread of its own.
 *
 * What always holds: an append that resolved survives `kill -9` and power loss; one that rejected has left nothing behind.
 * When neither can be said (the disk failed in the middle, the thread died) the append stays open and `onFatal` is called,
 * once: the process must end, and find out by opening the file again.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { assert, HostError } from '../../base/mod.ts';
import type { Journal, JournalRecord } from '../../store/mod.ts';
import type { DatabaseOptions, Row } from './database.ts';
import { pack, unpack, type Reply, type Request, type WorkerSetup } from './exchange.ts';

export interface EmbeddedJournalOptions {
  /** The directory of the data; created with mode 0700 if it is not there. One process at a time. */
  readonly directory: string;
  /** Ends the process: what is in memory may differ from what is on disk. */
  readonly onFatal: (error: HostError) => void;
  readonly tuning?: Omit<DatabaseOptions, 'file'> | undefined;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: HostError) => void;
}

type Answer = 'opened' | 'loaded' | 'appended' | 'compacted' | 'closed';
const answerOf = { load: 'loaded', append: 'appended', compact: 'compacted', close: 'closed' } as const;

/** The thread holds one batch of rows and SQLite's cache, little else. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

export class EmbeddedJournal implements Journal {
  readonly #options: EmbeddedJournalOptions;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<Answer, Waiting>();
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #compacted = 0;

  private constructor(options: EmbeddedJournalOptions) {
    this.#options = options;
    const workerData: WorkerSetup = { ...options.tuning, file: path.join(options.directory, 'store.db') };
    // The same file as this one, in source or compiled.
    const body = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
    this.#worker = new Worker(body, { workerData, resourceLimits, name: 'journal', execArgv: [], env: {} });
    this.#worker.on('message', (reply: Reply) => this.#receive(reply));
    this.#worker.on('error', (error) =>
      this.#fail(new HostError('Internal', 'the thread of the store broke', { cause: error })),
    );
    this.#exited = new Promise((resolve) => void this.#worker.once('exit', () => resolve()));
    this.#worker.on('exit', () => this.#fail(new HostError('Internal', 'the thread of the store ended')));
  }

  /** Rejects with the code `InUse`, `Corrupted`, `Version`, `Foreign` or `CannotOpen`; the message names the file. */
  static async open(options: EmbeddedJournalOptions): Promise<EmbeddedJournal> {
    const journal = new EmbeddedJournal(options);
    const reply = await journal.#answer('opened');
    assert(reply.kind === 'opened', 'opening is answered by opened');
    journal.#compacted = reply.compacted;
    journal.#state = 'open';
    return journal;
  }

  async load(): Promise<{
    readonly records: readonly JournalRecord[];
    readonly revision: number;
    readonly compacted: number;
  }> {
    const records: JournalRecord[] = [];
    let next = this.#ask({ kind: 'load' });
    for (;;) {
      const reply = await next;
      assert(reply.kind === 'loaded', 'load is answered by loaded');
      if (reply.rows.fields.length === 0) break;
      // The thread reads on while this batch is unpacked.
      next = this.#ask({ kind: 'load' });
      for (const { value, ...row } of unpack(reply.rows, true)) records.push({ ...row, bytes: value });
    }
    const compacted = this.#compacted;
    return { records, revision: Math.max(compacted, records.at(-1)?.revision ?? 0), compacted };
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    const rows = pack(records.map(rowOf));
    await this.#ask({ kind: 'append', rows }, [rows.values.buffer]);
  }

  async compact(compacted: number): Promise<void> {
    await this.#ask({ kind: 'compact', revision: compacted });
  }

  /** Lets what is being written come to its end; a compaction goes on when the file is opened again. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    const closed = this.#ask({ kind: 'close' });
    this.#state = 'closed';
    await closed;
    this.#waiting.get('compacted')?.reject(new HostError('Closed', 'the journal was closed'));
    await this.#exited;
  }

  #ask(request: Request, transfer: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#state === 'closed') return Promise.reject(new HostError('Closed', 'the journal is closed'));
    const answer = this.#answer(answerOf[request.kind]);
    this.#worker.postMessage(request, transfer);
    return answer;
  }

  #answer(kind: Answer): Promise<Reply> {
    assert(!this.#waiting.has(kind), 'a request is made again only after its answer');
    return new Promise((resolve, reject) => void this.#waiting.set(kind, { resolve, reject }));
  }

  #receive(reply: Reply): void {
    if (reply.kind === 'failed') return this.#fail(new HostError(reply.code, reply.message));
    const kind = reply.kind === 'refused' ? answerOf[reply.of] : reply.kind;
    const waiting = this.#waiting.get(kind);
    this.#waiting.delete(kind);
    if (reply.kind === 'refused') waiting?.reject(new HostError(reply.code, reply.message));
    else waiting?.resolve(reply);
  }

  /** Failing to open, to load or to close is an ordinary error of who asked, unless a write is in doubt. */
  #fail(error: HostError): void {
    const inDoubt = this.#waiting.has('appended');
    const asked = this.#waiting.get('opened') ?? this.#waiting.get('loaded') ?? this.#waiting.get('closed');
    if (this.#state === 'closed' && asked === undefined && !inDoubt) return;
    this.#state = 'closed';
    this.#waiting.clear();
    void this.#worker.terminate();
    if (inDoubt || asked === undefined) this.#options.onFatal(error);
    else asked.reject(error);
  }
}

function rowOf({ bytes, ...record }: JournalRecord): Row {
  return { ...record, value: bytes };
}
