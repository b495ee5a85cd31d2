/**
 * From parsed JSON to an object of an API type, driven by the facts of the type: what Go's typed decode and encode
 * together do. Unknown fields are dropped (and named, when somebody wants to know), null is absent, quantities and times
 * take their canonical text, zero values that Go would omit are left out and those that it would write are there, fields
 * are in the order of Go's struct and the keys of maps are sorted.
 *
 * Always holds: the input is not changed, and the result shares nothing with it but values of the types `raw` and `any`,
 * which pass as they are. Types are compiled to closures once, when they are first met: this is on the path of every
 * write.
 */
import { assert, isJsonObject, TerminalError, type Json, type JsonObject } from '../base/mod.ts';
import { normalizeBase64 } from './base64.ts';
import { goNumber, goQuote } from './go-text.ts';
import { quantityFromJson, QuantityError } from './quantity.ts';
import type { Facts, FieldFacts, TypeFacts } from './schema.ts';
import { durationError, normalizeTime } from './times.ts';

/** A value has the wrong type, or cannot be read. The message is that of Go's JSON decoder. */
export class DecodeError extends TerminalError {
  /** What Go says instead where the value has been parsed already: its converter of maps to structs has texts of its own. */
  readonly conversion: string;

  constructor(message: string, conversion = message) {
    super(message);
    this.name = 'DecodeError';
    this.conversion = conversion;
  }
}

export interface Decoded {
  readonly object: JsonObject;
  /** Whether fields were dropped because the type does not have them; `Decoder.unknownFields` names them. */
  readonly hasUnknownFields: boolean;
}

export interface Decoder {
  /** Throws DecodeError. */
  decode(value: unknown): Decoded;
  /**
   * The fields that the type does not have, in the order of the input, as upstream reports them in strict mode:
   * `unknown field "spec.foo"`. Each is named once, and only the first hundred.
   */
  unknownFields(value: unknown): string[];
}

const unknownFieldsMax = 100;

/** What goes along with one decode. */
interface Run {
  unknown: boolean;
}

type Decode = (value: Json, run: Run) => Json | undefined;
type Zero = (run: Run) => Json;

interface FieldPlan {
  readonly name: string;
  /** Gives undefined for a value that is not written. */
  readonly decode: Decode;
  /** What is written when the field is absent, if anything. */
  readonly zero: Zero | undefined;
}

interface StructPlan {
  readonly fields: readonly FieldPlan[];
  readonly decode: (value: Json, run: Run) => JsonObject;
}

/** A type error on its way up: each struct adds the name of the field that it was decoding. */
class Mismatch extends TerminalError {
  readonly #value: string;
  readonly #goType: string;
  readonly #conversion: string;
  readonly #fields: string[] = [];
  #struct: string | undefined;

  /** `own`: the type reads itself from JSON, wherever the JSON comes from. */
  constructor(value: Json, goType: string, own = false) {
    super('type mismatch');
    this.#value = typeof value === 'number' && goType.startsWith('int') ? `number ${goNumber(value)}` : jsonKind(value);
    this.#goType = goType;
    this.#conversion = own
      ? `json: cannot unmarshal ${this.#value} into Go value of type ${goType}`
      : conversionText(value, goType);
  }

  inField(struct: string, field: string): void {
    this.#struct ??= struct;
    this.#fields.unshift(field);
  }

  toDecodeError(): DecodeError {
    const into =
      this.#struct === undefined
        ? `Go value of type ${this.#goType}`
        : `Go struct field ${this.#struct}.${this.#fields.join('.')} of type ${this.#goType}`;
    return new DecodeError(`json: cannot unmarshal ${this.#value} into ${into}`, this.#conversion);
  }
}

const goPlain: ReadonlySet<string> = new Set(['string', 'bool', 'int32', 'int64', 'float64']);

function conversionText(value: Json, goType: string): string {
  const kind = goKind(value);
  if (goType.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (goType.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (!goPlain.has(goType)) return `cannot restore struct from: ${kind}`;
  // What Go's own conversion could do, but JSON does not mean.
  const convertible = kind === 'int64' ? goType !== 'bool' : kind === 'float64' && goType.startsWith('int');
  return convertible ? `cannot convert ${kind} to ${goType}` : `unrecognized type: ${goType}`;
}

function goKind(value: Json): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (Array.isArray(value)) return 'slice';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'map';
}

function jsonKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What JSON has for a value of the type, as far as the fields of an untagged type are told apart by it. */
function untaggedKind(type: string): string {
  return type.startsWith('[]') ? 'array' : type === 'bool' ? 'bool' : 'object';
}

const goScalars: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['int32', 'int32'],
  ['int64', 'int64'],
  ['bool', 'bool'],
  ['double', 'float64'],
  ['bytes', '[]uint8'],
  ['time', 'v1.Time'],
  ['microtime', 'v1.MicroTime'],
  ['duration', 'v1.Duration'],
  ['quantity', 'resource.Quantity'],
  ['int-or-string', 'intstr.IntOrString'],
  ['raw', 'runtime.RawExtension'],
  ['any', 'interface {}'],
]);

/** The type as Go's error texts name it: `io.k8s.api.core.v1.Probe` is `v1.Probe`. */
function goTypeName(type: string): string {
  if (type.startsWith('[]')) return `[]${goTypeName(type.slice(2))}`;
  if (type.startsWith('{}')) return `map[string]${goTypeName(type.slice(2))}`;
  return goScalars.get(type) ?? type.split('.').slice(-2).join('.');
}

function decodeString(value: Json): Json {
  if (typeof value !== 'string') throw new Mismatch(value, 'string');
  return value;
}

function decodeBool(value: Json): Json {
  if (typeof value !== 'boolean') throw new Mismatch(value, 'bool');
  return value;
}

function int32From(value: Json, own: boolean): Json {
  if (typeof value !== 'number' || (value | 0) !== value) throw new Mismatch(value, 'int32', own);
  return value === 0 ? 0 : value;
}

const decodeInt32: Decode = (value) => int32From(value, false);

const int64Limit = 2 ** 63;

function decodeInt64(value: Json): Json {
  if (typeof value !== 'number' || !Number.isInteger(value) || value >= int64Limit || value < -int64Limit) {
    throw new Mismatch(value, 'int64');
  }
  return value === 0 ? 0 : value;
}

function decodeDouble(value: Json): Json {
  if (typeof value !== 'number') throw new Mismatch(value, 'float64');
  return value;
}

function decodeIntOrString(value: Json): Json {
  return typeof value === 'string' ? value : int32From(value, true);
}

function decodeQuantity(value: Json): Json {
  try {
    return quantityFromJson(value).toString();
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
}

function decodeBytes(value: Json): Json {
  if (typeof value !== 'string') throw new Mismatch(value, '[]uint8');
  const result = normalizeBase64(value);
  if ('error' in result) throw new DecodeError(result.error);
  return result.text;
}

function decodeTime(micro: boolean): Decode {
  return (value) => {
    if (typeof value !== 'string') throw new Mismatch(value, 'string', true);
    const result = normalizeTime(value, micro);
    if ('error' in result) throw new DecodeError(result.error);
    return result.text;
  };
}

function decodeDuration(value: Json): Json {
  if (typeof value !== 'string') throw new Mismatch(value, 'string', true);
  const error = durationError(value);
  if (error !== undefined) throw new DecodeError(error);
  return value;
}

const scalarDecoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['string', decodeString],
  ['int32', decodeInt32],
  ['int64', decodeInt64],
  ['bool', decodeBool],
  ['double', decodeDouble],
  ['bytes', decodeBytes],
  ['time', decodeTime(false)],
  ['microtime', decodeTime(true)],
  ['duration', decodeDuration],
  ['quantity', decodeQuantity],
  ['int-or-string', decodeIntOrString],
  ['raw', (value) => value],
  ['any', (value) => value],
]);

/** The zero value of a scalar as Go writes it. */
const scalarZeros: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['string', ''],
  ['int32', 0],
  ['int64', 0],
  ['bool', false],
  ['double', 0],
  ['duration', '0s'],
  ['quantity', '0'],
  ['int-or-string', 0],
]);

/** Types whose zero value Go leaves out when the field has omitempty. The others are structs there and always written. */
const omittedWhenZero: ReadonlySet<string> = new Set(['string', 'int32', 'int64', 'bool', 'double', 'bytes']);

const typeMetaFields: Readonly<Record<string, FieldFacts>> = {
  kind: { type: 'string' },
  apiVersion: { type: 'string' },
};

/** The fields in the order of Go's struct. Whatever is served as a kind begins with the inlined TypeMeta. */
function fieldsOf(facts: TypeFacts): Readonly<Record<string, FieldFacts>> {
  return facts.gvks === undefined ? facts.fields : { ...typeMetaFields, ...facts.fields };
}

/** Compiles types of one set of facts; each type once. */
class Compiler {
  readonly #facts: Facts;
  readonly #structs = new Map<string, StructPlan>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  struct(typeName: string): StructPlan {
    const known = this.#structs.get(typeName);
    if (known !== undefined) return known;
    const facts = this.#facts.types[typeName];
    assert(facts !== undefined, `no facts of the type ${typeName}`);
    const fields: FieldPlan[] = [];
    const plan: StructPlan = { fields, decode: structDecoder(typeName, fields) };
    // Before its fields are compiled, because a type may contain itself.
    this.#structs.set(typeName, plan);
    for (const [name, field] of Object.entries(fieldsOf(facts))) fields.push(this.#field(name, field));
    return plan;
  }

  #field(name: string, facts: FieldFacts): FieldPlan {
    const { type } = facts;
    const decode = this.#value(type);
    const always = facts.always === true;
    const pointer = facts.pointer === true;
    const zero = always ? (pointer ? (): Json => null : this.#zero(type)) : undefined;
    if (always || pointer) return { name, decode, zero };
    if (type.startsWith('[]') || type.startsWith('{}')) return { name, decode: omitEmpty(decode), zero };
    if (omittedWhenZero.has(type)) return { name, decode: omitZero(decode), zero };
    return { name, decode: scalarDecoders.has(type) ? decode : omitEmpty(decode), zero };
  }

  #value(type: string): Decode {
    if (type.startsWith('[]')) return this.#list(type);
    if (type.startsWith('{}')) return this.#map(type);
    const scalar = scalarDecoders.get(type);
    if (scalar !== undefined) return scalar;
    if (this.#facts.types[type]?.untagged === true) return this.#untagged(type);
    // Compiled at the first value: the types of an API are many, and most of them are never met.
    let plan: StructPlan | undefined;
    return (value, run) => {
      plan ??= this.struct(type);
      return plan.decode(value, run);
    };
  }

  /** What Go writes for a value that was never set. */
  #zero(type: string): Zero {
    if (type.startsWith('[]') || type.startsWith('{}')) return () => null;
    const scalar = scalarZeros.get(type);
    if (scalar !== undefined) return () => scalar;
    if (scalarDecoders.has(type)) return () => null;
    return (run) => this.struct(type).decode({}, run);
  }

  /** The value of one of several fields stands for the whole; which one, its JSON type says. */
  #untagged(type: string): Decode {
    const byKind = new Map<string, Decode>();
    for (const { type: fieldType } of Object.values(this.#facts.types[type]?.fields ?? {}))
      byKind.set(untaggedKind(fieldType), this.#value(fieldType));
    return (value, run) => {
      const decode = byKind.get(jsonKind(value));
      if (decode !== undefined) return decode(value, run);
      // Where one of them is a list, Go drops what is none of them.
      if (byKind.has('bool')) throw new DecodeError('boolean or JSON schema expected');
      return undefined;
    };
  }

  #list(type: string): Decode {
    const itemType = type.slice(2);
    const decode = this.#value(itemType);
    const zero = this.#zero(itemType);
    const goType = goTypeName(type);
    return (value, run) => {
      if (!Array.isArray(value)) throw new Mismatch(value, goType);
      const items = value as readonly Json[];
      const out: Json[] = [];
      for (const item of items) out.push(item === null ? zero(run) : (decode(item, run) ?? zero(run)));
      return out;
    };
  }

  #map(type: string): Decode {
    const itemType = type.slice(2);
    const decode = this.#value(itemType);
    const zero = this.#zero(itemType);
    const goType = goTypeName(type);
    return (value, run) => {
      if (!isJsonObject(value)) throw new Mismatch(value, goType);
      const out: Record<string, Json> = {};
      const keys = Object.keys(value);
      if (!isSorted(keys)) keys.sort();
      for (const key of keys) {
        const item = value[key];
        if (item === undefined) continue;
        const decoded = item === null ? zero(run) : (decode(item, run) ?? zero(run));
        if (key === '__proto__') {
          Object.defineProperty(out, key, { value: decoded, writable: true, enumerable: true, configurable: true });
        } else out[key] = decoded;
      }
      return out;
    };
  }

  /** Collects the unknown fields in the order of the input. */
  findUnknown(type: string, value: Json, path: string, found: Set<string>): void {
    if (found.size >= unknownFieldsMax || typeof value !== 'object' || value === null) return;
    if (type.startsWith('[]')) {
      if (!Array.isArray(value)) return;
      const items = value as readonly Json[];
      for (const [i, item] of items.entries()) this.findUnknown(type.slice(2), item, `${path}[${i}]`, found);
      return;
    }
    if (!isJsonObject(value) || scalarDecoders.has(type)) return;
    const facts = type.startsWith('{}') ? undefined : this.#facts.types[type];
    if (facts?.untagged === true) {
      const one = Object.values(facts.fields).find((candidate) => untaggedKind(candidate.type) === 'object');
      if (one !== undefined) this.findUnknown(one.type, value, path, found);
      return;
    }
    const fields = facts && fieldsOf(facts);
    for (const key of Object.keys(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (type.startsWith('{}')) this.findUnknown(type.slice(2), value[key] ?? null, at, found);
      else if (fields !== undefined && Object.hasOwn(fields, key)) {
        this.findUnknown(fields[key]?.type ?? 'any', value[key] ?? null, at, found);
      } else if (found.size < unknownFieldsMax) found.add(`unknown field ${goQuote(at)}`);
    }
  }
}

function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] ?? '') > (keys[i] ?? '')) return false;
  return true;
}

function omitZero(decode: Decode): Decode {
  return (value, run) => {
    const decoded = decode(value, run);
    return decoded === '' || decoded === 0 || decoded === false ? undefined : decoded;
  };
}

function omitEmpty(decode: Decode): Decode {
  return (value, run) => {
    const decoded = decode(value, run);
    for (const _ in decoded as object) return decoded;
    return undefined;
  };
}

function structDecoder(typeName: string, fields: readonly FieldPlan[]): (value: Json, run: Run) => JsonObject {
  const structName = typeName.slice(typeName.lastIndexOf('.') + 1);
  const goType = goTypeName(typeName);
  return (value, run) => {
    if (!isJsonObject(value)) throw new Mismatch(value, goType);
    const out: Record<string, Json> = {};
    let seen = 0;
    let current = '';
    try {
      for (const { name, decode, zero } of fields) {
        const item = value[name];
        if (item !== undefined) seen++;
        if (item !== undefined && item !== null) {
          current = name;
          const decoded = decode(item, run);
          if (decoded !== undefined) out[name] = decoded;
        } else if (zero !== undefined) out[name] = zero(run);
      }
    } catch (error) {
      if (error instanceof Mismatch) error.inField(structName, current);
      throw error;
    }
    let present = 0;
    for (const key in value) if (value[key] !== undefined) present++;
    if (present !== seen) run.unknown = true;
    return out;
  };
}

const compilers = new WeakMap<Facts, Compiler>();

/** The decoder of one type. Cheap to call again: what is compiled is kept for as long as the facts are. */
export function compileDecoder(typeName: string, facts: Facts): Decoder {
  let compiler = compilers.get(facts);
  if (compiler === undefined) {
    compiler = new Compiler(facts);
    compilers.set(facts, compiler);
  }
  const types = compiler;
  const plan = types.struct(typeName);
  return {
    decode(value) {
      const run: Run = { unknown: false };
      try {
        const object = plan.decode(value as Json, run);
        return { object, hasUnknownFields: run.unknown };
      } catch (error) {
        if (error instanceof Mismatch) throw error.toDecodeError();
        if (error instanceof RangeError) throw new DecodeError('exceeded max depth');
        throw error;
      }
    },
    unknownFields(value) {
      const found = new Set<string>();
      types.findUnknown(typeName, value as Json, '', found);
      return [...found];
    },
  };
}
