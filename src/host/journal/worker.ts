/**
 * The journal's thread: owns the file and does what it is asked, one request at a time, so that no sync of the disk ever
 * holds up the event loop of the API server. Compaction and checkpoints fill the time between appends.
 */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { assert, errorText, HostError } from '../../base/mod.ts';
import { isFull, LogDatabase, type Row } from './database.ts';
import { pack, unpack, type Reply, type Request, type WorkerSetup } from './exchange.ts';

class JournalThread {
  readonly #port: MessagePort;
  readonly #database: LogDatabase;
  #loading: Generator<Row[]> | undefined;
  #compactTo: number | undefined;

  constructor(port: MessagePort, database: LogDatabase) {
    this.#port = port;
    this.#database = database;
  }

  handle(request: Request): void {
    switch (request.kind) {
      case 'load': {
        this.#loading ??= this.#database.load();
        const next = this.#loading.next();
        const rows = pack(next.done === true ? [] : next.value);
        return this.#reply({ kind: 'loaded', rows }, [rows.values.buffer]);
      }
      case 'append':
        if (!this.#attempt('append', () => this.#database.append(unpack(request.rows, false)))) return;
        this.#reply({ kind: 'appended' });
        return this.#database.checkpoint();
      case 'compact':
        this.#compactTo = request.revision;
        return this.#compact();
      case 'close':
        this.#compactTo = undefined;
        this.#database.close();
        this.#reply({ kind: 'closed' });
        return this.#port.close();
    }
  }

  /** One bounded step; requests that came in meanwhile go before the next one. */
  #compact(): void {
    const target = this.#compactTo;
    if (target === undefined) return;
    let more = false;
    const done = this.#attempt('compact', () => (more = this.#database.compactStep(target)));
    if (done) this.#database.checkpoint();
    if (done && more) return void setImmediate(() => guarded(this.#port, () => this.#compact()));
    this.#compactTo = undefined;
    if (done) this.#reply({ kind: 'compacted' });
  }

  /** False when it was refused for want of space, which changed nothing. Throws when that is not certain. */
  #attempt(of: 'append' | 'compact', run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#reply({ kind: 'refused', of, code: (error as HostError).code, message: (error as HostError).message });
      return false;
    }
  }

  #reply(reply: Reply, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(reply, transfer);
  }
}

/** After a failure that leaves it open what is on disk, the thread does nothing any more. */
function guarded(port: MessagePort, run: () => void): void {
  try {
    run();
  } catch (error) {
    const known = error instanceof HostError ? error : new HostError('Internal', errorText(error));
    port.postMessage({ kind: 'failed', code: known.code, message: known.message } satisfies Reply);
    port.close();
  }
}

const port = parentPort;
assert(port !== null, 'this file is the body of a worker thread');
guarded(port, () => {
  const database = LogDatabase.open(workerData as WorkerSetup);
  const thread = new JournalThread(port, database);
  port.on('message', (request: Request) => guarded(port, () => thread.handle(request)));
  port.postMessage({ kind: 'opened', compacted: database.compacted } satisfies Reply);
});
