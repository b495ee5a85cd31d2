/**
 * Protocol Buffers by table: a message is a record type with a table of its field numbers, and one codec serves all
 * messages. Nothing is generated and nothing is parsed at start.
 *
 *     const Point = proto3<{ readonly x: number; readonly tags: readonly string[] }>('Point', {
 *       x: [1, 'int32'],
 *       tags: [2, repeated('string')],
 *     });
 *     decode(Point, encode(Point, { x: 3, tags: [] }));
 *
 * What always holds: fields are written in the order of their numbers, so equal records give equal bytes. Unknown fields
 * are skipped. A proto3 message decodes to a complete record, with the zero value for what was not sent; a proto2 message
 * to what was sent. Input that is cut short, too deep or of the wrong wire type is refused with the code
 * `MalformedProtobuf`, never read past its end. 64-bit integers are numbers, exact up to 2^53, as in JSON.
 */
import { assert, HostError } from './errors.ts';

export type Scalar = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'double';

/** The names of an enum's values, by number. A value without a name is kept as its decimal text. */
export interface EnumType {
  readonly kind: 'enum';
  readonly names: readonly string[];
}

/** A message that holds one scalar as its field 1 and is spelled as that scalar: Int64Value and its like. */
export interface WrapperType {
  readonly kind: 'wrapper';
  readonly scalar: Scalar;
}

export type SingleType = Scalar | EnumType | WrapperType | MessageType;

export interface RepeatedType {
  readonly kind: 'repeated';
  readonly of: SingleType;
}

/** Keys are strings. */
export interface MapType {
  readonly kind: 'map';
  readonly to: SingleType;
}

export type FieldType = SingleType | RepeatedType | MapType;
export type FieldTable<T> = { readonly [K in keyof T]-?: readonly [number: number, type: FieldType] };

export interface MessageType {
  readonly kind: 'message';
  readonly name: string;
  readonly syntax: 'proto2' | 'proto3';
  /** A function, so that messages may name each other in any order. */
  readonly table: () => Readonly<Record<string, readonly [number: number, type: FieldType]>>;
  /** Filled at first use. */
  readonly compiled: { fields?: readonly Field[]; byNumber?: readonly (Field | undefined)[] };
}

/** A message type together with the record that it stands for; `record` exists for the compiler only. */
export interface Message<in out T> extends MessageType {
  readonly record?: (record: T) => T;
}

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: SingleType;
  readonly shape: 'single' | 'repeated' | 'map';
  readonly wire: number;
  readonly packed: boolean;
  /** What a proto3 message has when the field was not sent; undefined for a message. */
  readonly zero: unknown;
}

type Row = Record<string, unknown>;

const depthMax = 100;
const emptyList: readonly never[] = Object.freeze([]);
const emptyMap: Readonly<Record<string, never>> = Object.freeze({});
const emptyBytes = new Uint8Array(0);
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();
const wireVarint = 0;
const wireFixed64 = 1;
const wireBytes = 2;
const wireFixed32 = 5;

export function proto3<T>(name: string, table: FieldTable<T> | (() => FieldTable<T>)): Message<T> {
  return { kind: 'message', name, syntax: 'proto3', table: asFunction(table), compiled: {} };
}

export function proto2<T>(name: string, table: FieldTable<T> | (() => FieldTable<T>)): Message<T> {
  return { kind: 'message', name, syntax: 'proto2', table: asFunction(table), compiled: {} };
}

export function repeated(of: SingleType): RepeatedType {
  return { kind: 'repeated', of };
}

export function mapOf(to: SingleType): MapType {
  return { kind: 'map', to };
}

export function enumOf(...names: readonly string[]): EnumType {
  return { kind: 'enum', names };
}

export function wrapper(scalar: Scalar): WrapperType {
  return { kind: 'wrapper', scalar };
}

export function encode<T>(message: Message<T>, value: T): Uint8Array {
  const writer = new Writer();
  writeMessage(writer, message, value as Row);
  return writer.finish();
}

export function decode<T>(message: Message<T>, bytes: Uint8Array): T {
  return readMessage(new Reader(bytes, message.name), message, bytes.length, 0) as T;
}

function asFunction<T>(table: FieldTable<T> | (() => FieldTable<T>)): () => FieldTable<T> {
  return typeof table === 'function' ? table : () => table;
}

function fieldsOf(message: MessageType): readonly Field[] {
  if (message.compiled.fields) return message.compiled.fields;
  const fields = Object.entries(message.table()).map(([name, [number, type]]) =>
    compileField(message, name, number, type),
  );
  fields.sort((a, b) => a.number - b.number);
  const byNumber: (Field | undefined)[] = [];
  for (const field of fields) {
    assert(byNumber[field.number] === undefined, `${message.name}: two fields have the number ${field.number}`);
    byNumber[field.number] = field;
  }
  message.compiled.byNumber = byNumber;
  message.compiled.fields = fields;
  return fields;
}

function compileField(message: MessageType, name: string, number: number, type: FieldType): Field {
  assert(Number.isInteger(number) && number > 0, `${message.name}.${name}: the field number ${number}`);
  let shape: Field['shape'] = 'single';
  let single = type as SingleType;
  if (typeof type === 'object' && (type.kind === 'repeated' || type.kind === 'map')) {
    shape = type.kind;
    single = type.kind === 'repeated' ? type.of : type.to;
  }
  const scalarWire = wireOf(single);
  const packed = shape === 'repeated' && message.syntax === 'proto3' && scalarWire !== wireBytes;
  const wire = shape === 'map' || packed ? wireBytes : scalarWire;
  const zero = shape === 'repeated' ? emptyList : shape === 'map' ? emptyMap : zeroOf(single);
  return { name, number, type: single, shape, wire, packed, zero };
}

function wireOf(type: SingleType): number {
  if (typeof type === 'object') return type.kind === 'enum' ? wireVarint : wireBytes;
  if (type === 'string' || type === 'bytes') return wireBytes;
  return type === 'double' ? wireFixed64 : wireVarint;
}

function zeroOf(type: SingleType): unknown {
  if (typeof type === 'object') return type.kind === 'enum' ? enumName(type, 0) : undefined;
  if (type === 'string') return '';
  if (type === 'bytes') return emptyBytes;
  return type === 'bool' ? false : 0;
}

function enumName(type: EnumType, value: number): string {
  return type.names[value] ?? String(value);
}

function enumNumber(type: EnumType, name: string): number {
  const index = type.names.indexOf(name);
  return index >= 0 ? index : Number(name);
}

// Writing goes from the end of the buffer to its start: the length of a nested message is then known when it is due.

class Writer {
  private bytes = new Uint8Array(256);
  private start = 256;

  finish(): Uint8Array {
    return this.bytes.subarray(this.start);
  }

  position(): number {
    return this.bytes.length - this.start;
  }

  private reserve(count: number): number {
    if (count > this.start) {
      const used = this.position();
      const grown = new Uint8Array(Math.max(2 * this.bytes.length, used + count + 64));
      grown.set(this.bytes.subarray(this.start), grown.length - used);
      this.bytes = grown;
      this.start = grown.length - used;
    }
    this.start -= count;
    return this.start;
  }

  /** Any integer from -2^63 to 2^64; negative ones as two's complement, in ten bytes. */
  varint(value: number): void {
    if (value >= 0 && value < 128) {
      const at = this.reserve(1);
      this.bytes[at] = value;
      return;
    }
    let high = Math.floor(value / 4294967296) >>> 0;
    let low = value >>> 0;
    let at = this.reserve(varintLength(high, low));
    while (high > 0 || low > 127) {
      this.bytes[at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.bytes[at] = low;
  }

  double(value: number): void {
    const at = this.reserve(8);
    new DataView(this.bytes.buffer).setFloat64(at, value, true);
  }

  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
    this.varint(value.length);
  }

  text(value: string): void {
    const length = value.length;
    if (length > 64) return this.raw(utf8Encoder.encode(value));
    const at = this.reserve(length);
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) {
        this.start += length;
        return this.raw(utf8Encoder.encode(value));
      }
      this.bytes[at + i] = unit;
    }
    this.varint(length);
  }
}

function varintLength(high: number, low: number): number {
  const bits = high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low);
  return Math.max(1, Math.ceil(bits / 7));
}

function writeMessage(writer: Writer, message: MessageType, value: Row): void {
  const fields = fieldsOf(message);
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i] as Field;
    const item = value[field.name];
    if (item === undefined || item === null) continue;
    if (field.shape === 'single') {
      if (message.syntax === 'proto3' && isZero(field, item)) continue;
      writeTagged(writer, field, item);
    } else if (field.shape === 'map') {
      writeMap(writer, field, item as Row);
    } else {
      writeRepeated(writer, field, item as readonly unknown[]);
    }
  }
}

function isZero(field: Field, item: unknown): boolean {
  return item === field.zero || (field.type === 'bytes' && (item as Uint8Array).length === 0);
}

function writeTagged(writer: Writer, field: Field, item: unknown): void {
  writeItem(writer, field.type, item);
  writer.varint(field.number * 8 + wireOf(field.type));
}

function writeRepeated(writer: Writer, field: Field, items: readonly unknown[]): void {
  if (items.length === 0) return;
  const end = writer.position();
  for (let i = items.length - 1; i >= 0; i--) {
    if (field.packed) writeItem(writer, field.type, items[i]);
    else writeTagged(writer, field, items[i]);
  }
  if (!field.packed) return;
  writer.varint(writer.position() - end);
  writer.varint(field.number * 8 + wireBytes);
}

function writeMap(writer: Writer, field: Field, map: Row): void {
  const keys = Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .toSorted();
  for (const key of keys.toReversed()) {
    const end = writer.position();
    writeItem(writer, field.type, map[key]);
    writer.varint(16 + wireOf(field.type));
    writer.text(key);
    writer.varint(8 + wireBytes);
    writer.varint(writer.position() - end);
    writer.varint(field.number * 8 + wireBytes);
  }
}

function writeItem(writer: Writer, type: SingleType, item: unknown): void {
  if (type === 'string') return writer.text(item as string);
  if (type === 'bytes') return writer.raw(item as Uint8Array);
  if (type === 'bool') return writer.varint(item === true ? 1 : 0);
  if (type === 'double') return writer.double(item as number);
  if (typeof type === 'string') return writer.varint(item as number);
  if (type.kind === 'enum') return writer.varint(enumNumber(type, item as string));
  const end = writer.position();
  if (type.kind === 'message') {
    writeMessage(writer, type, item as Row);
  } else if (item !== zeroOf(type.scalar)) {
    writeItem(writer, type.scalar, item);
    writer.varint(8 + wireOf(type.scalar));
  }
  writer.varint(writer.position() - end);
}

class Reader {
  readonly bytes: Uint8Array;
  readonly what: string;
  at = 0;
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.what = what;
  }

  malformed(why: string): never {
    throw new HostError('MalformedProtobuf', `${this.what}: ${why} at byte ${this.at}`);
  }

  /** Leaves the 64 bits in `low` and `high`; answers the lower 32. */
  varint(end: number): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) this.malformed('cut short');
      const byte = this.bytes[this.at++] as number;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return this.low;
      }
    }
    return this.malformed('a number of more than ten bytes');
  }

  /** Reads a length and answers where what it measures ends. */
  span(end: number): number {
    const length = this.varint(end);
    if (this.high !== 0 || length > end - this.at) this.malformed('cut short');
    return this.at + length;
  }

  text(end: number): string {
    const stop = this.span(end);
    const start = this.at;
    this.at = stop;
    if (stop - start <= 24) {
      let text = '';
      for (let i = start; i < stop; i++) {
        const byte = this.bytes[i] as number;
        if (byte > 127) return utf8Decoder.decode(this.bytes.subarray(start, stop));
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return utf8Decoder.decode(this.bytes.subarray(start, stop));
  }

  double(end: number): number {
    if (end - this.at < 8) this.malformed('cut short');
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).getFloat64(0, true);
    this.at += 8;
    return value;
  }

  skip(wire: number, end: number): void {
    if (wire === wireVarint) this.varint(end);
    else if (wire === wireBytes) this.at = this.span(end);
    else if (wire === wireFixed64 || wire === wireFixed32) {
      const size = wire === wireFixed64 ? 8 : 4;
      if (end - this.at < size) this.malformed('cut short');
      this.at += size;
    } else this.malformed(`the wire type ${wire}`);
  }
}

function readMessage(reader: Reader, message: MessageType, end: number, depth: number): Row {
  if (depth > depthMax) reader.malformed(`more than ${depthMax} levels`);
  const fields = fieldsOf(message);
  const row: Row = {};
  if (message.syntax === 'proto3') {
    for (const field of fields) if (field.zero !== undefined) row[field.name] = field.zero;
  }
  while (reader.at < end) {
    const tag = reader.varint(end);
    const wire = tag & 7;
    const field = message.compiled.byNumber?.[tag >>> 3];
    if (field === undefined) {
      if (tag >>> 3 === 0) reader.malformed('the field number 0');
      reader.skip(wire, end);
    } else {
      readField(reader, field, row, { wire, end, depth });
    }
  }
  return row;
}

interface Place {
  readonly wire: number;
  readonly end: number;
  readonly depth: number;
}

function readField(reader: Reader, field: Field, row: Row, place: Place): void {
  const { wire, end, depth } = place;
  const single = wireOf(field.type);
  if (field.shape === 'map') {
    if (wire !== wireBytes) reader.malformed(`${field.name} with the wire type ${wire}`);
    return readMapEntry(reader, field, row, place);
  }
  if (field.shape === 'single') {
    if (wire !== single) reader.malformed(`${field.name} with the wire type ${wire}`);
    row[field.name] = readItem(reader, field.type, end, depth);
    return;
  }
  if (row[field.name] === undefined || row[field.name] === emptyList) row[field.name] = [];
  const list = row[field.name] as unknown[];
  if (wire === single) {
    list.push(readItem(reader, field.type, end, depth));
  } else if (wire === wireBytes) {
    const stop = reader.span(end);
    while (reader.at < stop) list.push(readItem(reader, field.type, stop, depth));
  } else {
    reader.malformed(`${field.name} with the wire type ${wire}`);
  }
}

function readMapEntry(reader: Reader, field: Field, row: Row, { end, depth }: Place): void {
  const stop = reader.span(end);
  let key = '';
  let value: unknown;
  while (reader.at < stop) {
    const tag = reader.varint(stop);
    if (tag === 8 + wireBytes) key = reader.text(stop);
    else if (tag === 16 + wireOf(field.type)) value = readItem(reader, field.type, stop, depth);
    else reader.skip(tag & 7, stop);
  }
  if (row[field.name] === undefined || row[field.name] === emptyMap) row[field.name] = {};
  const map = row[field.name] as Row;
  value ??= zeroOf(field.type) ?? {};
  if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true, configurable: true });
  else map[key] = value;
}

function readItem(reader: Reader, type: SingleType, end: number, depth: number): unknown {
  if (type === 'string') return reader.text(end);
  if (type === 'double') return reader.double(end);
  if (type === 'bytes') {
    const stop = reader.span(end);
    const bytes = reader.bytes.slice(reader.at, stop);
    reader.at = stop;
    return bytes;
  }
  if (typeof type === 'string') return integer(type, reader.varint(end), reader.high);
  if (type.kind === 'enum') return enumName(type, reader.varint(end) | 0);
  const stop = reader.span(end);
  if (type.kind === 'message') return readMessage(reader, type, stop, depth + 1);
  let value = zeroOf(type.scalar);
  while (reader.at < stop) {
    const tag = reader.varint(stop);
    if (tag === 8 + wireOf(type.scalar)) value = readItem(reader, type.scalar, stop, depth);
    else reader.skip(tag & 7, stop);
  }
  return value;
}

function integer(type: Exclude<Scalar, 'string' | 'bytes' | 'double'>, low: number, high: number): number | boolean {
  if (type === 'bool') return low !== 0 || high !== 0;
  if (type === 'int32') return low | 0;
  if (type === 'uint32') return low;
  return (type === 'int64' ? high | 0 : high) * 4294967296 + low;
}
