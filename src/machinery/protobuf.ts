/**
 * Kubernetes' protobuf: `application/vnd.kubernetes.protobuf`, both ways, driven by the facts of a type. JSON objects go in
 * and come out, so nothing else of the server knows that there is another encoding.
 *
 * Go's generated code writes fields that are held by value even when they are zero, and leaves out nil pointers, empty lists
 * and empty maps; equal objects therefore give equal bytes, and the same bytes as upstream's.
 */
import {
  decode,
  encode,
  HostError,
  isJsonObject,
  mapOf,
  proto2,
  repeated,
  type FieldType,
  type Json,
  type JsonObject,
  type Message,
  type SingleType,
} from '../base/mod.ts';
import { durationNanoseconds, durationText } from './go-duration.ts';
import type { Facts, FieldFacts, TypeFacts } from './schema.ts';
import { parseJson } from './strict-json.ts';

type Row = Record<string, unknown>;
const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
const textEncoder = new TextEncoder();

const Time = proto2<{ seconds?: number; nanos?: number }>('Time', { seconds: [1, 'int64'], nanos: [2, 'int32'] });
const Duration = proto2<{ duration?: number }>('Duration', { duration: [1, 'int64'] });
const Text = proto2<{ string?: string }>('Quantity', { string: [1, 'string'] });
const Raw = proto2<{ raw?: Uint8Array }>('RawExtension', { raw: [1, 'bytes'] });
const IntOrString = proto2<{ type?: number; intVal?: number; strVal?: string }>('IntOrString', {
  type: [1, 'int64'],
  intVal: [2, 'int32'],
  strVal: [3, 'string'],
});
const TypeMeta = proto2<{ apiVersion?: string; kind?: string }>('TypeMeta', {
  apiVersion: [1, 'string'],
  kind: [2, 'string'],
});
const Unknown = proto2<{
  typeMeta?: { apiVersion?: string; kind?: string };
  raw?: Uint8Array;
  contentEncoding?: string;
  contentType?: string;
}>('Unknown', {
  typeMeta: [1, TypeMeta],
  raw: [2, 'bytes'],
  contentEncoding: [3, 'string'],
  contentType: [4, 'string'],
});

/** How one sort of value goes between JSON and the record that the protobuf codec takes. */
interface Conversion {
  readonly type: FieldType;
  toRecord(value: Json): unknown;
  toJson(record: unknown): Json;
  /** What stands for the absent value of a field held by value; undefined where nothing is written. */
  zero(): unknown;
}

export interface ProtobufCodec {
  /** The message of a definition, without the envelope. */
  encode(schema: string, object: JsonObject): Uint8Array;
  /** JSON of a message; not cleaned: it goes through the decoder of the type like any other input. Throws HostError. */
  decode(schema: string, bytes: Uint8Array): JsonObject;
}

const codecs = new WeakMap<Facts, ProtobufCodec>();

export function protobufCodec(facts: Facts): ProtobufCodec {
  let codec = codecs.get(facts);
  if (codec === undefined) {
    const types = new Types(facts);
    codec = {
      encode: (schema, object) => encode(types.get(schema).message, types.get(schema).toRow(object)),
      decode: (schema, bytes) => types.get(schema).toObject(decode(types.get(schema).message, bytes)),
    };
    codecs.set(facts, codec);
  }
  return codec;
}

/** Puts the envelope around a message. */
export function wrapUnknown(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const body = encode(Unknown, { typeMeta: { apiVersion, kind }, raw, contentEncoding: '', contentType: '' });
  const out = new Uint8Array(magic.length + body.length);
  out.set(magic);
  out.set(body, magic.length);
  return out;
}

/** Takes the envelope off. Throws HostError `MalformedProtobuf`. */
export function unwrapUnknown(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  if (!magic.every((byte, i) => bytes[i] === byte))
    throw new HostError(
      'MalformedProtobuf',
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  const { typeMeta = {}, raw = new Uint8Array() } = decode(Unknown, bytes.subarray(magic.length));
  return { apiVersion: typeMeta.apiVersion ?? '', kind: typeMeta.kind ?? '', raw };
}

class Types {
  readonly #facts: Facts;
  readonly #types = new Map<string, StructType>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  get(name: string): StructType {
    let type = this.#types.get(name);
    if (type === undefined)
      this.#types.set(name, (type = new StructType(name, this.#facts.types[name] ?? { fields: {} }, this)));
    return type;
  }

  /** The conversion of a type expression that is no list and no map at its outside. */
  single(expression: string): Conversion {
    const special = conversions[expression];
    if (special !== undefined) return special;
    const struct = this.get(expression);
    return {
      type: struct.message,
      toRecord: (value) => struct.toRow(isJsonObject(value) ? value : {}),
      toJson: (record) => struct.toObject(record as Row),
      zero: () => struct.toRow({}),
    };
  }

  conversion({ type, wrapped }: Pick<FieldFacts, 'type' | 'wrapped'>): Conversion {
    if (type.startsWith('[]')) {
      const list = this.#list(type.slice(2));
      return wrapped === true ? inMessage(list) : list;
    }
    if (type.startsWith('{}')) {
      const rest = type.slice(2);
      const value = rest.startsWith('[]') ? inMessage(this.#list(rest.slice(2))) : this.single(rest);
      return {
        type: mapOf(value.type as SingleType),
        toRecord: (json) =>
          mapValues(json as JsonObject, (item) => (item === null ? value.zero() : value.toRecord(item))),
        toJson: (record) => mapValues(record as Row, (item) => value.toJson(item)) as JsonObject,
        zero: () => undefined,
      };
    }
    return this.single(type);
  }

  #list(expression: string): Conversion {
    const item = this.single(expression);
    return {
      type: repeated(item.type as SingleType),
      toRecord: (json) => (json as readonly Json[]).map((value) => item.toRecord(value)),
      toJson: (record) => (record as readonly unknown[]).map((value) => item.toJson(value)),
      zero: () => undefined,
    };
  }
}

function mapValues(map: Row, convert: (value: never) => unknown): Row {
  const out: Row = {};
  for (const [key, value] of Object.entries(map)) out[key] = convert(value as never);
  return out;
}

/** A list that is a message of its own, with the items in field 1. */
function inMessage(list: Conversion): Conversion {
  const message: Message<{ items?: unknown }> = proto2<{ items?: unknown }>('List', { items: [1, list.type] });
  return {
    type: message,
    toRecord: (json) => ({ items: list.toRecord(json) }),
    toJson: (record) => list.toJson((record as Row)['items'] ?? []),
    zero: () => undefined,
  };
}

interface Slot {
  readonly name: string;
  readonly facts: FieldFacts;
  readonly conversion: Conversion;
  /** The field numbers of the nested messages that the field is in. */
  readonly inside: readonly number[];
}

/** One definition: its table, and the way between its JSON and its record. Compiled at first use: types refer to each other. */
class StructType {
  readonly message: Message<Row>;
  readonly #facts: TypeFacts;
  readonly #types: Types;
  #slots: readonly Slot[] | undefined;

  constructor(name: string, facts: TypeFacts, types: Types) {
    this.#facts = facts;
    this.#types = types;
    this.message = proto2<Row>(name, () => this.#table([]));
  }

  toRow(object: JsonObject): Row {
    const row: Row = {};
    for (const { name, facts, conversion, inside } of this.#compiled()) {
      const value = this.#facts.untagged === true ? untagged(object, facts) : object[name];
      const target = descend(row, inside);
      const absent = value === undefined || value === null;
      const record = absent ? (facts.pointer === true ? undefined : conversion.zero()) : conversion.toRecord(value);
      if (record !== undefined) target[name] = record;
    }
    return row;
  }

  toObject(row: Row): JsonObject {
    const object: Record<string, Json> = {};
    for (const { name, conversion, inside } of this.#compiled()) {
      const record = find(row, inside)?.[name];
      if (record !== undefined) object[name] = conversion.toJson(record);
    }
    return object;
  }

  #compiled(): readonly Slot[] {
    this.#slots ??= Object.entries(this.#facts.fields).flatMap(([name, facts]) =>
      facts.number === undefined
        ? []
        : [{ name, facts, conversion: this.#types.conversion(facts), inside: facts.inside ?? [] }],
    );
    return this.#slots;
  }

  /** The table of the message, or of the nested message at `path`. */
  #table(path: readonly number[]): Record<string, readonly [number, FieldType]> {
    const table: Record<string, readonly [number, FieldType]> = {};
    for (const { name, facts, conversion, inside } of this.#compiled()) {
      if (path.some((number, i) => inside[i] !== number)) continue;
      const next = inside[path.length];
      if (next === undefined) table[name] = [facts.number ?? 0, conversion.type];
      else table[nested(next)] ??= [next, proto2<Row>(nested(next), () => this.#table([...path, next]))];
    }
    return table;
  }
}

const nested = (number: number): string => `inside ${number}`;

function descend(row: Row, inside: readonly number[]): Row {
  let target = row;
  for (const number of inside) target = (target[nested(number)] ??= {}) as Row;
  return target;
}

function find(row: Row, inside: readonly number[]): Row | undefined {
  let target: Row | undefined = row;
  for (const number of inside) target = target?.[nested(number)] as Row | undefined;
  return target;
}

/** A union in JSON stands for the whole; which field it is shows by its JSON type. */
function untagged(value: unknown, { type }: FieldFacts): Json | undefined {
  const sort = type.startsWith('[]')
    ? Array.isArray(value)
    : type === 'bool'
      ? typeof value === 'boolean'
      : isJsonObject(value);
  return sort ? (value as Json) : undefined;
}

function scalar(type: 'string' | 'bool' | 'int32' | 'int64' | 'double', zero: Json): Conversion {
  return { type, toRecord: (value) => value, toJson: (record) => record as Json, zero: () => zero };
}

function timeConversion(micro: boolean): Conversion {
  return {
    type: Time,
    toRecord(value) {
      const ms = Date.parse(value as string);
      const seconds = Math.floor(ms / 1000);
      const fraction = /\.(\d+)/.exec(value as string)?.[1] ?? '';
      return { seconds, nanos: micro ? Number(fraction.padEnd(9, '0').slice(0, 9)) : 0 };
    },
    toJson(record) {
      const { seconds, nanos = 0 } = record as { seconds?: number; nanos?: number };
      if (seconds === undefined) return null;
      const text = new Date(seconds * 1000).toISOString().slice(0, 19);
      return micro ? `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
    },
    zero: () => ({}),
  };
}

const json: Conversion = {
  type: Raw,
  toRecord: (value) => ({ raw: textEncoder.encode(JSON.stringify(value)) }),
  toJson(record) {
    const { raw } = record as { raw?: Uint8Array };
    return raw === undefined || raw.length === 0 ? null : parseJson(raw);
  },
  zero: () => ({}),
};

const conversions: Readonly<Record<string, Conversion>> = {
  string: scalar('string', ''),
  bool: scalar('bool', false),
  int32: scalar('int32', 0),
  int64: scalar('int64', 0),
  double: scalar('double', 0),
  bytes: {
    type: 'bytes',
    toRecord: (value) => Uint8Array.fromBase64(value as string),
    toJson: (record) => (record as Uint8Array).toBase64(),
    zero: () => undefined,
  },
  time: timeConversion(false),
  microtime: timeConversion(true),
  duration: {
    type: Duration,
    toRecord: (value) => ({ duration: durationNanoseconds(value as string) }),
    toJson: (record) => durationText((record as { duration?: number }).duration ?? 0),
    zero: () => ({ duration: 0 }),
  },
  quantity: {
    type: Text,
    toRecord: (value) => ({ string: typeof value === 'string' ? value : JSON.stringify(value) }),
    toJson: (record) => (record as { string?: string }).string ?? '0',
    zero: () => ({ string: '0' }),
  },
  'int-or-string': {
    type: IntOrString,
    toRecord: (value) =>
      typeof value === 'number' ? { type: 0, intVal: value, strVal: '' } : { type: 1, intVal: 0, strVal: value },
    toJson(record) {
      const { type = 0, intVal = 0, strVal = '' } = record as { type?: number; intVal?: number; strVal?: string };
      return type === 0 ? intVal : strVal;
    },
    zero: () => ({ type: 0, intVal: 0, strVal: '' }),
  },
  raw: json,
  any: json,
};
