/**
 * A configuration file that is read again when it changes, and taken over when it is right. One that is wrong changes nothing
 * and is told of once.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ReloadMetrics } from '../apiserver/mod.ts';
import { errorText, HostError, type Clock, type Log } from '../base/mod.ts';
import { watchFile } from '../host/watched-file.ts';

/** What may come to be right without a change of the file: it is tried again. */
export const notYet = 'NotYet';

export interface ReloadedFileOptions {
  readonly path: string;
  /** What is in the file: `authentication`. */
  readonly what: string;
  /** As it was read when the server started. */
  readonly text: string;
  /** Makes it hold; false: it says what already holds. Rejects with HostError. */
  readonly apply: (text: string) => Promise<boolean>;
  readonly metrics: ReloadMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often the file is looked at if nothing is heard of it, as upstream does. */
const intervalMs = 60_000;

export class ReloadedFile implements Disposable {
  readonly #options: ReloadedFileOptions;
  readonly #watching: Disposable;
  #seen: string;
  #timer: Disposable;
  #looking = false;
  #again = false;
  #ended = false;

  constructor(options: ReloadedFileOptions) {
    this.#options = options;
    this.#seen = options.text;
    options.metrics.begun(hashOf(options.text));
    this.#watching = watchFile(options.path, () => this.#look());
    this.#timer = this.#later();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#watching[Symbol.dispose]();
    this.#timer[Symbol.dispose]();
  }

  #later(): Disposable {
    return this.#options.clock.after(intervalMs, () => {
      this.#look();
      if (!this.#ended) this.#timer = this.#later();
    });
  }

  /** One look at a time; what happens meanwhile is worth another one. */
  #look(): void {
    this.#again = true;
    if (this.#looking) return;
    this.#looking = true;
    const looks = async (): Promise<void> => {
      while (this.#again && !this.#ended) {
        this.#again = false;
        await this.#lookOnce();
      }
      this.#looking = false;
    };
    void looks();
  }

  async #lookOnce(): Promise<void> {
    const { path, what, apply, metrics, log } = this.#options;
    let text: string | undefined;
    try {
      text = await contents(path);
      if (text === this.#seen || this.#ended) return;
      if (await apply(text)) {
        log.info(`reloaded ${what} config`, { path });
        metrics.reloaded(hashOf(text));
      }
      this.#seen = text;
    } catch (error) {
      log.error(`failed to reload ${what} config`, { path, error: errorText(error) });
      metrics.failed();
      // It will not be right before it changes.
      if (text !== undefined && !(error instanceof HostError && error.code === notYet)) this.#seen = text;
    }
  }
}

export async function contents(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HostError('Read', `cannot read ${path}`, { cause });
  }
}

export function hashOf(text: string): string {
  return text === '' ? '' : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Who this server is, for metrics: upstream's name for the API server of a host, hashed. */
export function serverHash(): string {
  const digest = createHash('sha256').update(hostname()).digest();
  return hashOf(`apiserver-${base32(digest.subarray(0, 16))}`);
}

function base32(bytes: Uint8Array): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
