/**
 * DER, as far as requests for certificates need it. What is wrong is said in the words of Go's `encoding/asn1`, which reads
 * a value into a type: whoever reads here says which type Go has at that place.
 */
import { TerminalError } from '../../base/mod.ts';

export class DerError extends TerminalError {}

export const tags = { integer: 2, bits: 3, identifier: 6, sequence: 16 } as const;

export interface Element {
  readonly tag: number;
  /** The tag is the context's own. */
  readonly isContextual: boolean;
  readonly content: Uint8Array;
  /** With its tag and length. */
  readonly whole: Uint8Array;
}

interface Header {
  readonly class: number;
  readonly tag: number;
  readonly isCompound: boolean;
  readonly length: number;
  /** Where the content begins. */
  readonly start: number;
}

/** What should be there: a tag, and the Go type that is read from it. */
interface Expected {
  readonly tag: number;
  readonly type: string;
}

/** Reads elements one after the other. All of it throws DerError. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next element, whatever it is unless something is expected. */
  next(expected?: Expected): Element {
    if (this.atEnd) throw syntax('sequence truncated');
    const from = this.#at;
    const header = headerAt(this.#bytes, from);
    const wanted = expected?.tag === tags.sequence;
    if (expected !== undefined && (header.class !== 0 || header.tag !== expected.tag || header.isCompound !== wanted))
      throw mismatch(header, expected);
    return this.#take(from, header);
  }

  /** An element with the context's own tag and others in it. */
  contextual(expected: Expected): Element {
    if (this.atEnd) throw syntax('sequence truncated');
    const from = this.#at;
    const header = headerAt(this.#bytes, from);
    if (header.class !== 2 || header.tag !== expected.tag || !header.isCompound) throw mismatch(header, expected);
    return this.#take(from, header);
  }

  #take(from: number, { class: sort, tag, start, length }: Header): Element {
    const end = start + length;
    if (end > this.#bytes.length) throw syntax('data truncated');
    this.#at = end;
    return {
      tag,
      isContextual: sort === 2,
      content: this.#bytes.subarray(start, end),
      whole: this.#bytes.subarray(from, end),
    };
  }
}

/** The elements of a whole; undefined where it is no DER. */
export function elementsOf(bytes: Uint8Array): Element[] | undefined {
  const reader = new DerReader(bytes);
  const elements: Element[] = [];
  try {
    while (!reader.atEnd) elements.push(reader.next());
    return elements;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** The bytes of a bit string; all bits count in what is read here. */
export function bitsOf({ content }: Element): Uint8Array {
  const [padding = 0] = content;
  if (content.length === 0) throw syntax('zero length BIT STRING');
  const last = content.at(-1) ?? 0;
  if (padding > 7 || (content.length === 1 && padding > 0) || (last & ((1 << padding) - 1)) !== 0)
    throw syntax('invalid padding bits in BIT STRING');
  return content.subarray(1);
}

export function syntax(text: string): DerError {
  return new DerError(`asn1: syntax error: ${text}`);
}

function structure(text: string): DerError {
  return new DerError(`asn1: structure error: ${text}`);
}

function mismatch({ class: sort, tag, length, isCompound, start }: Header, { tag: wanted, type }: Expected): DerError {
  const found = `{class:${sort} tag:${tag} length:${length} isCompound:${isCompound}}`;
  const asked =
    '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';
  return structure(`tags don't match (${wanted} vs ${found}) ${asked} ${type} @${start}`);
}

function headerAt(bytes: Uint8Array, from: number): Header {
  const first = bytes[from] ?? 0;
  let at = from + 1;
  let tag = first & 0x1f;
  if (tag === 0x1f) [tag, at] = longTag(bytes, at);
  const of = { class: first >> 6, isCompound: (first & 0x20) !== 0, tag };
  const short = byteAt(bytes, at++);
  if (short < 0x80) return { ...of, length: short, start: at };
  if (short === 0x80) throw syntax('indefinite length found (not DER)');
  let length = 0;
  for (let count = short & 0x7f; count > 0; count--) {
    const byte = byteAt(bytes, at++);
    if (length >= 1 << 23) throw structure('length too large');
    length = length * 256 + byte;
    if (length === 0) throw structure('superfluous leading zeros in length');
  }
  if (length < 0x80) throw structure('non-minimal length');
  return { ...of, length, start: at };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw syntax('truncated tag or length');
  return byte;
}

function longTag(bytes: Uint8Array, from: number): [tag: number, at: number] {
  let tag = 0;
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw syntax('truncated base 128 integer');
    if (at === from && byte === 0x80) throw syntax('integer is not minimally encoded');
    if (at - from === 5) throw structure('base 128 integer too large');
    tag = tag * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (tag < 0x1f) throw syntax('non-minimal tag');
    return [tag, at + 1];
  }
}
