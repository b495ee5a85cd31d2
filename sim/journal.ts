/**
 * A disk that is not there: the store's journal in memory. What always holds: what was acknowledged survives a crash; a
 * group that was being written when the crash came survives whole or not at all.
 */
import { HostError, sleep, type Clock, type Random } from '../src/base/mod.ts';
import type { Journal, JournalRecord } from '../src/store/mod.ts';

export interface SimulatedDiskOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Hears of every group once nothing can undo it. */
  readonly onDurable: (records: readonly JournalRecord[]) => void;
}

const writeMsMax = 4;

export class SimulatedDisk {
  readonly #options: SimulatedDiskOptions;
  #records: JournalRecord[] = [];
  #revision = 0;
  #compacted = 0;
  #mount = 0;
  #writing: readonly JournalRecord[] | undefined;
  /** Share of the writes that fail. */
  failing = 0;

  constructor(options: SimulatedDiskOptions) {
    this.#options = options;
  }

  /** The journal as the next store sees it; only the last one that was mounted writes. */
  mount(): Journal {
    const mount = ++this.#mount;
    const lost = (): boolean => mount !== this.#mount;
    return {
      load: async () => ({ records: [...this.#records], revision: this.#revision, compacted: this.#compacted }),
      append: async (records) => {
        if (lost()) return never();
        const { clock, random } = this.#options;
        this.#writing = records;
        await sleep(clock, random.next() * writeMsMax);
        if (lost()) return never();
        this.#writing = undefined;
        if (random.next() < this.failing) throw new HostError('EIO', 'the disk refuses to write');
        this.#keep(records);
      },
      compact: async (compacted) => {
        if (!lost()) this.#compact(compacted);
      },
      close: async () => undefined,
    };
  }

  /** The machine loses its power. */
  crash(): void {
    this.#mount += 1;
    const writing = this.#writing;
    this.#writing = undefined;
    if (writing !== undefined && this.#options.random.next() < 0.5) this.#keep(writing);
  }

  #keep(records: readonly JournalRecord[]): void {
    this.#records.push(...records);
    this.#revision = records.at(-1)?.revision ?? this.#revision;
    this.#options.onDurable(records);
  }

  #compact(compacted: number): void {
    const newest = new Map<string, JournalRecord>();
    for (const record of this.#records)
      if (record.revision <= compacted) newest.set(record.collection + record.name, record);
    this.#records = this.#records.filter(
      (record) =>
        record.revision > compacted || (!record.deleted && newest.get(record.collection + record.name) === record),
    );
    this.#compacted = compacted;
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
