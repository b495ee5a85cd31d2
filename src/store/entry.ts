/** Entries: a value and its encoding, each made from the other on demand and kept; or the value made from elsewhere. */
import { assert, type JsonObject } from '../base/mod.ts';
import type { Entry, Stamp } from './store.ts';

export interface EntryKey {
  readonly collection: string;
  readonly name: string;
  readonly revision: number;
  readonly created: number;
  readonly written?: number;
  readonly expiresAtMs: number | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class StoredEntry implements Entry {
  readonly collection: string;
  readonly name: string;
  readonly revision: number;
  readonly created: number;
  readonly written: number;
  readonly expiresAtMs: number | undefined;
  #value: JsonObject | undefined;
  #bytes: Uint8Array | undefined;
  #make: (() => JsonObject) | undefined;
  #memo: Map<string, unknown> | undefined;

  private constructor(key: EntryKey, from: { value?: JsonObject; bytes?: Uint8Array; make?: () => JsonObject }) {
    this.collection = key.collection;
    this.name = key.name;
    this.revision = key.revision;
    this.created = key.created;
    this.written = key.written ?? key.revision;
    this.expiresAtMs = key.expiresAtMs;
    this.#value = from.value;
    this.#bytes = from.bytes;
    this.#make = from.make;
  }

  static ofValue(key: EntryKey, value: JsonObject): StoredEntry {
    return new StoredEntry(key, { value });
  }

  static ofBytes(key: EntryKey, bytes: Uint8Array): StoredEntry {
    return new StoredEntry(key, { bytes });
  }

  /** `make` is called when the value is first needed, once. */
  static ofMade(key: EntryKey, make: () => JsonObject): StoredEntry {
    return new StoredEntry(key, { make });
  }

  /** What was there last, told with the revision that ended it. */
  static ofEnd(last: Entry, revision: number, stamp: Stamp): StoredEntry {
    const { collection, name, created, written } = last;
    const key = { collection, name, revision, created, written, expiresAtMs: undefined };
    return StoredEntry.ofMade(key, () => stamp(last.value, revision));
  }

  get value(): JsonObject {
    if (this.#make !== undefined) {
      this.#value = this.#make();
      this.#make = undefined;
    }
    if (this.#value === undefined) {
      assert(this.#bytes !== undefined, 'an entry has a value or its encoding');
      this.#value = JSON.parse(decoder.decode(this.#bytes)) as JsonObject;
    }
    return this.#value;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= encoder.encode(JSON.stringify(this.value));
    return this.#bytes;
  }

  memo<T>(key: string, make: () => T): T {
    this.#memo ??= new Map();
    if (!this.#memo.has(key)) this.#memo.set(key, make());
    return this.#memo.get(key) as T;
  }
}
