/**
 * Reads a container's log as `kubectl logs` wants it. What always holds: it is read in pieces and only as fast as they are
 * taken; following goes on over the rotation of the file, and ends when the container has.
 */
import { sleep, type Clock } from '../base/mod.ts';
import type { LogFiles } from './ports.ts';

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** Only what was logged at or after this time. */
  readonly sinceMs?: number;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly stream?: 'stdout' | 'stderr';
}

export interface LogSource {
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly path: string;
  /** Whether more may still come. */
  isRunning(): boolean;
  readonly signal: AbortSignal;
}

const pieceBytes = 64 * 1024;
/** A line longer than this is passed on in pieces; runtimes cut at 16 KiB themselves. */
const lineBytesMax = 1024 * 1024;
/** In case a change went unnoticed. */
const lookAgainMs = 1_000;
const newline = 10;
const space = 32;

export async function* readContainerLog(
  source: LogSource,
  options: LogOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = options.limitBytes ?? Infinity;
  for await (const bytes of entries(source, options)) {
    yield bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= bytes.length;
    if (left <= 0) return;
  }
}

async function* entries(source: LogSource, options: LogOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { files, path, signal } = source;
  let stat = await files.stat(path);
  if (stat === undefined && !options.follow) return;
  const formatter = new Formatter(options);
  let identity = stat?.identity;
  let offset =
    stat === undefined || options.tailLines === undefined
      ? 0
      : await tailOffset(source, stat.sizeBytes, options.tailLines);
  using changes = new Changes(source);
  while (!signal.aborted) {
    const runs = source.isRunning();
    stat = await files.stat(path);
    if (stat !== undefined && identity !== undefined && stat.identity !== identity) {
      const old = await rotatedName(source);
      if (old !== undefined) for await (const piece of pieces(files, old, offset)) yield* formatter.take(piece);
      offset = 0;
    }
    identity = stat?.identity;
    if (stat !== undefined && stat.sizeBytes > offset) {
      for await (const piece of pieces(files, path, offset)) {
        offset += piece.length;
        yield* formatter.take(piece);
        if (signal.aborted) return;
      }
    } else if (!options.follow || !runs) {
      return;
    } else {
      await changes.next();
    }
  }
}

async function* pieces(files: LogFiles, path: string, from: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = from; ;) {
    const piece = await files.read(path, offset, pieceBytes);
    if (piece.length === 0) return;
    offset += piece.length;
    yield piece;
  }
}

/** The newest of the files that the log was renamed to. */
async function rotatedName({ files, path }: LogSource): Promise<string | undefined> {
  const slash = path.lastIndexOf('/');
  const names = (await files.list(path.slice(0, slash)))
    .filter((name) => name.startsWith(`${path.slice(slash + 1)}.`))
    .sort();
  const last = names.at(-1);
  return last === undefined ? undefined : `${path.slice(0, slash)}/${last}`;
}

/** Where the last lines begin, found from the end backwards. */
async function tailOffset({ files, path }: LogSource, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let found = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - pieceBytes);
    const piece = await files.read(path, start, end - start);
    for (let i = piece.length - 1; i >= 0; i--) {
      // The newline that ends the file ends a line and begins none.
      if (piece[i] !== newline || start + i === size - 1) continue;
      if (++found === lines) return start + i + 1;
    }
    end = start;
  }
  return 0;
}

/** Wakes its reader when the file may have changed, when the reader is no longer wanted, and from time to time. */
class Changes implements Disposable {
  readonly #source: LogSource;
  readonly #watch: Disposable;
  #wake: AbortController | undefined;
  #changed = false;

  constructor(source: LogSource) {
    this.#source = source;
    this.#watch = source.files.watch(source.path, () => {
      this.#changed = true;
      this.#wake?.abort();
    });
  }

  async next(): Promise<void> {
    if (!this.#changed) {
      this.#wake = new AbortController();
      const either = AbortSignal.any([this.#wake.signal, this.#source.signal]);
      await sleep(this.#source.clock, lookAgainMs, either).catch(() => undefined);
      this.#wake = undefined;
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

/** Takes a log apart into its entries and keeps what is asked for. Works on bytes: logs need not be text. */
class Formatter {
  readonly #options: LogOptions;
  #rest: Uint8Array = new Uint8Array();
  #partial = false;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  *take(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    const bytes = this.#rest.length === 0 ? piece : joined([this.#rest, piece]);
    const out: Uint8Array[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      const entry = this.#entry(bytes.subarray(start, end));
      if (entry !== undefined) out.push(...entry);
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
    if (this.#rest.length > lineBytesMax) {
      out.push(this.#rest);
      this.#rest = new Uint8Array();
    }
    if (out.length > 0) yield joined(out);
  }

  /** `<time> <stream> <F or P> <text>` without its newline. */
  #entry(line: Uint8Array): Uint8Array[] | undefined {
    const { timestamps, sinceMs, stream } = this.#options;
    const first = line.indexOf(space);
    const second = line.indexOf(space, first + 1);
    if (first < 0 || second < 0) return undefined;
    const third = line.indexOf(space, second + 1);
    const ascii = (from: number, to: number): string => String.fromCharCode(...line.subarray(from, to));
    if (stream !== undefined && ascii(first + 1, second) !== stream) return undefined;
    if (sinceMs !== undefined && Date.parse(ascii(0, Math.min(first, 23)).replace(/Z?$/, 'Z')) < sinceMs)
      return undefined;
    const partial = line[second + 1] === 0x50;
    const out: Uint8Array[] = [];
    if (timestamps && !this.#partial) out.push(line.subarray(0, first + 1));
    if (third >= 0) out.push(line.subarray(third + 1));
    if (!partial) out.push(lineEnd);
    this.#partial = partial;
    return out;
  }
}

const lineEnd = Uint8Array.of(newline);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
