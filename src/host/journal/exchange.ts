/**
 * What the store's thread and the journal's thread say to each other. Rows travel as one flat list and one buffer that is
 * handed over, not as an object each: copying them would cost more than writing them.
 */
import type { DatabaseOptions, Row } from './database.ts';

/** Structured data of the worker thread. */
export type WorkerSetup = DatabaseOptions;

export type Request =
  | { readonly kind: 'load' }
  | { readonly kind: 'append'; readonly rows: PackedRows }
  | { readonly kind: 'compact'; readonly revision: number }
  | { readonly kind: 'close' };

export type Reply =
  | { readonly kind: 'opened'; readonly compacted: number }
  /** An empty batch is the last one. */
  | { readonly kind: 'loaded'; readonly rows: PackedRows }
  | { readonly kind: 'appended' | 'compacted' | 'closed' }
  /** Nothing of the request was done. */
  | { readonly kind: 'refused'; readonly of: 'append' | 'compact'; readonly code: string; readonly message: string }
  /** The thread has ended its work; how far the request came is unknown. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface PackedRows {
  readonly fields: readonly (string | number)[];
  readonly values: Uint8Array<ArrayBuffer>;
}

const fieldsPerRow = 8;
const noExpiry = -1;

export function pack(rows: readonly Row[]): PackedRows {
  let bytes = 0;
  for (const { value } of rows) bytes += value.length;
  const values = new Uint8Array(bytes);
  const fields: (string | number)[] = [];
  let offset = 0;
  for (const { revision, collection, name, created, expiresAtMs, replaces, deleted, value } of rows) {
    fields.push(revision, collection, name, created, expiresAtMs ?? noExpiry, replaces, deleted ? 1 : 0, value.length);
    values.set(value, offset);
    offset += value.length;
  }
  return { fields, values };
}

/** With `copy`, each value gets memory of its own, so that keeping one does not keep them all. */
export function unpack({ fields, values }: PackedRows, copy: boolean): Row[] {
  const rows: Row[] = [];
  let offset = 0;
  for (let i = 0; i < fields.length; i += fieldsPerRow) {
    const at = (k: number): number => Number(fields[i + k]);
    const end = offset + at(7);
    rows.push({
      revision: at(0),
      collection: String(fields[i + 1]),
      name: String(fields[i + 2]),
      created: at(3),
      expiresAtMs: at(4) === noExpiry ? undefined : at(4),
      replaces: at(5),
      deleted: at(6) === 1,
      value: copy ? values.slice(offset, end) : values.subarray(offset, end),
    });
    offset = end;
  }
  return rows;
}
