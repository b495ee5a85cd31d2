/**
 * DNS messages between data and bytes (RFC 1035, 3596, 2782, 6891), with name compression both ways: an answer about a
 * headless Service repeats one name in every record, and without compression would not fit a datagram. What always
 * holds: any bytes either decode or throw a TerminalError, in time proportional to their number; what was encoded
 * decodes to the same; a message never exceeds its limit.
 */
import { TerminalError } from '../base/mod.ts';
import { addressBytes, addressText } from './address.ts';
import {
  recordType,
  typeOf,
  type Edns,
  type Message,
  type Question,
  type RecordData,
  type ResourceRecord,
} from './message.ts';

const nameBytesMax = 255;
/** A message cannot hold more records than this anyway; it bounds what a lying header makes us try. */
const recordsMax = 6000;

export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const id = reader.u16();
  const flags = reader.u16();
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const;
  if (counts.reduce((sum, count) => sum + count, 0) > recordsMax)
    throw new TerminalError('more records than fit a message');
  const questions = Array.from({ length: counts[0] }, (): Question => ({
    name: reader.name(),
    type: reader.u16(),
    class: reader.u16(),
  }));
  const extra: { edns?: Edns; rcode: number } = { rcode: flags & 15 };
  const section = (count: number): ResourceRecord[] => {
    const records: ResourceRecord[] = [];
    for (let i = 0; i < count; i++) {
      const record = reader.record(extra);
      if (record !== undefined) records.push(record);
    }
    return records;
  };
  const [answers, authorities, additionals] = [section(counts[1]), section(counts[2]), section(counts[3])];
  return {
    id,
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: extra.rcode,
    questions,
    answers,
    authorities,
    additionals,
    edns: extra.edns,
  };
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }
  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }
  take(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.#bytes.slice(at, at + count);
  }

  /** Pointers lead backwards only, each further than the one before, so they end. */
  name(): string {
    let text = '';
    let size = 1;
    let back: number | undefined;
    let limit = this.#at;
    for (;;) {
      const length = this.u8();
      if (length === 0) break;
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | this.u8();
        if (target >= limit) throw new TerminalError('a name points forward');
        back ??= this.#at;
        limit = target;
        this.#at = target;
        continue;
      }
      size += length + 1;
      if (length > 63 || size > nameBytesMax) throw new TerminalError('a name is too long');
      text += `${text === '' ? '' : '.'}${labelText(this.#bytes, this.#advance(length), length)}`;
    }
    if (back !== undefined) this.#at = back;
    return text;
  }

  /** Undefined for the EDNS pseudo record, which goes into `extra`. */
  record(extra: { edns?: Edns; rcode: number }): ResourceRecord | undefined {
    const name = this.name();
    const [code, klass, ttl, length] = [this.u16(), this.u16(), this.u32(), this.u16()];
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new TerminalError('a record is cut off');
    if (code === recordType.OPT) {
      if (extra.edns !== undefined || name !== '') throw new TerminalError('EDNS says two things');
      extra.edns = { version: (ttl >> 16) & 255, udpBytesMax: klass, dnssecOk: (ttl & 0x8000) !== 0 };
      extra.rcode |= (ttl >>> 24) << 4;
      this.#at = end;
      return undefined;
    }
    const data = this.#data(code, length);
    if (this.#at !== end) throw new TerminalError('a record is longer or shorter than it says');
    // The highest bit counts as unset, and the number as zero then (RFC 2181).
    return { name, class: klass, ttlSeconds: ttl > 0x7fffffff ? 0 : ttl, ...data };
  }

  #data(code: number, length: number): RecordData {
    switch (code) {
      case recordType.A:
        if (length === 4) return { type: code, address: addressText(this.take(4)) };
        break;
      case recordType.AAAA:
        if (length === 16) return { type: code, address: addressText(this.take(16)) };
        break;
      case recordType.NS:
      case recordType.CNAME:
      case recordType.PTR:
        return { type: code, target: this.name() };
      case recordType.MX:
        return { type: code, preference: this.u16(), target: this.name() };
      case recordType.SRV:
        return { type: code, priority: this.u16(), weight: this.u16(), port: this.u16(), target: this.name() };
      case recordType.TXT: {
        const end = this.#at + length;
        const texts: Uint8Array[] = [];
        while (this.#at < end) texts.push(this.take(this.u8()));
        return { type: code, texts };
      }
      case recordType.SOA: {
        const [primary, mailbox] = [this.name(), this.name()];
        const [serial, refreshSeconds, retrySeconds] = [this.u32(), this.u32(), this.u32()];
        const [expireSeconds, minimumSeconds] = [this.u32(), this.u32()];
        return { type: code, primary, mailbox, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds };
      }
      default:
        return { type: 'other', code, bytes: this.take(length) };
    }
    throw new TerminalError('an address record of the wrong length');
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new TerminalError('the message is cut off');
    this.#at = at + count;
    return at;
  }
}

function labelText(bytes: Uint8Array, start: number, length: number): string {
  let text = '';
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

/**
 * At most `bytesMax` bytes: answers that do not fit are left out whole and the message says that it is truncated;
 * additional records are left out without a word.
 */
export function encodeMessage(message: Message, bytesMax: number): Uint8Array {
  const writer = new Writer(bytesMax - (message.edns === undefined ? 0 : 11));
  writer.skip(12);
  for (const question of message.questions) {
    writer.name(question.name);
    writer.u16(question.type);
    writer.u16(question.class);
  }
  const counts = [0, 0, 0];
  let { truncated } = message;
  for (const [i, section] of [message.answers, message.authorities, message.additionals].entries()) {
    for (const record of section) {
      if (truncated && i === 2) break;
      if (!writer.record(record)) {
        if (i < 2) truncated = true;
        break;
      }
      counts[i] = (counts[i] ?? 0) + 1;
    }
  }
  if (message.edns !== undefined) {
    writer.edns(message.edns, message.rcode);
    counts[2] = (counts[2] ?? 0) + 1;
  }
  const flags =
    (message.response ? 0x8000 : 0) |
    (message.opcode << 11) |
    (message.authoritative ? 0x0400 : 0) |
    (truncated ? 0x0200 : 0) |
    (message.recursionDesired ? 0x0100 : 0) |
    (message.recursionAvailable ? 0x0080 : 0) |
    (message.authenticData ? 0x0020 : 0) |
    (message.checkingDisabled ? 0x0010 : 0) |
    (message.rcode & 15);
  return writer.finish([message.id, flags, message.questions.length, ...counts]);
}

class Writer {
  #bytes = new Uint8Array(512);
  #at = 0;
  readonly #bytesMax: number;
  /** Where a name was written whole; in that very case, so that a pointer does not change it. */
  readonly #names = new Map<string, number>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  skip(count: number): void {
    this.#room(count);
    this.#at += count;
  }
  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }
  u16(value: number): void {
    this.u8((value >> 8) & 255);
    this.u8(value & 255);
  }
  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }
  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  name(name: string, compress = true): void {
    const labels = splitLabels(name);
    if (labels.reduce((size, label) => size + label.length + 1, 1) > nameBytesMax) {
      throw new TerminalError(`the name "${name}" is too long`);
    }
    let rest = name;
    for (const label of labels) {
      const known = this.#names.get(rest);
      if (known !== undefined && compress) return this.u16(0xc000 | known);
      if (this.#at < 0x4000 && known === undefined) this.#names.set(rest, this.#at);
      this.u8(label.length);
      this.bytes(label);
      rest = rest.slice(labelEnd(rest) + 1);
    }
    this.u8(0);
  }

  /** False, and as if nothing had happened, when it does not fit. */
  record(record: ResourceRecord): boolean {
    const start = this.#at;
    this.name(record.name);
    this.u16(typeOf(record));
    this.u16(record.class);
    this.u32(record.ttlSeconds);
    const length = this.#at;
    this.skip(2);
    this.#data(record);
    const size = this.#at - length - 2;
    if (this.#at <= this.#bytesMax && size <= 0xffff) {
      this.#bytes[length] = size >> 8;
      this.#bytes[length + 1] = size & 255;
      return true;
    }
    this.#at = start;
    for (const [name, at] of this.#names) if (at >= start) this.#names.delete(name);
    return false;
  }

  edns({ version, udpBytesMax, dnssecOk }: Edns, code: number): void {
    this.u8(0);
    this.u16(recordType.OPT);
    this.u16(udpBytesMax);
    this.u8(code >> 4);
    this.u8(version);
    this.u16(dnssecOk ? 0x8000 : 0);
    this.u16(0);
  }

  finish(header: readonly number[]): Uint8Array {
    const size = this.#at;
    this.#at = 0;
    for (const value of header) this.u16(value);
    return this.#bytes.slice(0, size);
  }

  #data(record: RecordData): void {
    switch (record.type) {
      case recordType.A:
        return this.bytes(addressBytes(record.address, 4) ?? badAddress(record.address));
      case recordType.AAAA:
        return this.bytes(addressBytes(record.address, 16) ?? badAddress(record.address));
      case recordType.NS:
      case recordType.CNAME:
      case recordType.PTR:
        return this.name(record.target);
      case recordType.MX:
        this.u16(record.preference);
        return this.name(record.target);
      case recordType.SRV:
        for (const value of [record.priority, record.weight, record.port]) this.u16(value);
        // Younger than compression: RFC 2782 forbids it here.
        return this.name(record.target, false);
      case recordType.TXT:
        for (const text of record.texts) {
          this.u8(text.length);
          this.bytes(text);
        }
        return;
      case recordType.SOA: {
        this.name(record.primary);
        this.name(record.mailbox);
        const { serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds } = record;
        for (const value of [serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds]) this.u32(value);
        return;
      }
      case 'other':
        return this.bytes(record.bytes);
    }
  }

  #room(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

function badAddress(address: string): never {
  throw new TerminalError(`"${address}" is not an address`);
}

function labelEnd(name: string): number {
  let at = 0;
  while (at < name.length && name[at] !== '.') at += name[at] === '\\' ? 2 : 1;
  return at;
}

function splitLabels(name: string): Uint8Array[] {
  const labels: Uint8Array[] = [];
  for (let rest = name; rest !== '';) {
    const end = labelEnd(rest);
    const label = labelBytes(rest.slice(0, end));
    if (label.length === 0 || label.length > 63)
      throw new TerminalError(`the name "${name}" has a label that is empty or too long`);
    labels.push(label);
    rest = rest.slice(end + 1);
  }
  return labels;
}

function labelBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const digits = /^\\(\d{3})/.exec(text.slice(i, i + 4))?.[1];
    if (digits !== undefined) i += 3;
    else if (text[i] === '\\') i++;
    bytes.push(digits === undefined ? text.charCodeAt(i) & 255 : Number(digits) & 255);
  }
  return Uint8Array.from(bytes);
}
