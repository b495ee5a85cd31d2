/**
 * A log of lines in a file that is put away when it has grown: `audit.log` becomes `audit-2026-01-31T10-00-00.000.log`, as
 * upstream names it. Written at once: what was logged before a crash is there after it.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { HostError, type Clock } from '../../base/mod.ts';

export interface LogFileOptions {
  readonly path: string;
  readonly sizeBytesMax: number;
  /** 0: for ever. */
  readonly ageMsMax: number;
  /** 0: all. */
  readonly backupsMax: number;
}

export class LogFile implements Disposable {
  readonly #options: LogFileOptions;
  readonly #clock: Clock;
  #file: number;
  #size: number;

  /** Throws HostError for a file that cannot be written. */
  constructor(options: LogFileOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    [this.#file, this.#size] = this.#open();
  }

  /** Throws when the disk does not take it. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#size > 0 && this.#size + bytes.length > this.#options.sizeBytesMax) this.#rotate();
    writeSync(this.#file, bytes);
    this.#size += bytes.length;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #open(): [file: number, size: number] {
    const { path } = this.#options;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const file = openSync(path, 'a', 0o600);
      return [file, fstatSync(file).size];
    } catch (cause) {
      throw new HostError('AuditLog', `ensureLogFile: cannot open the audit log ${path}`, { cause });
    }
  }

  #rotate(): void {
    const { path, backupsMax, ageMsMax } = this.#options;
    const directory = dirname(path);
    const ending = extname(path);
    const stem = `${basename(path, ending)}-`;
    const now = this.#clock.now();
    closeSync(this.#file);
    renameSync(path, join(directory, `${stem}${stampOf(now)}${ending}`));
    [this.#file, this.#size] = this.#open();
    const backups = readdirSync(directory)
      .filter((name) => name.startsWith(stem) && name.endsWith(ending))
      .sort()
      .reverse();
    const oldest = ageMsMax === 0 ? '' : `${stem}${stampOf(now - ageMsMax)}${ending}`;
    for (const [i, name] of backups.entries())
      if ((backupsMax > 0 && i >= backupsMax) || name < oldest) rmSync(join(directory, name), { force: true });
  }
}

/** Sorts by time, and holds nothing that a file system minds. */
function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/:/g, '-').replace('Z', '');
}
