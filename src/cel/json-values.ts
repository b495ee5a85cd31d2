/**
 * JSON as CEL reads it, where it lies: a list or an object is wrapped, and its parts are looked at when they are asked for.
 * A `Reader` says how JSON at some place of a schema becomes a value; without a schema, JSON means what it looks like.
 */
import { isJsonObject, jsonEqual, type JsonObject } from '../base/mod.ts';
import { normalizeBase64 } from '../machinery/mod.ts';
import type { DeclField } from './decl-type.ts';
import { escapeName, isReserved } from './escape.ts';
import { parseDuration, parseTimestamp } from './time.ts';
import {
  CelList,
  CelMap,
  Double,
  Duration,
  equal,
  EvalError,
  noSuchOverload,
  plainText,
  type Result,
  typeOf,
  type Value,
} from './values.ts';

export type Reader = (json: unknown) => Result;

/** JSON without a schema: a number is an int when it has no fraction, an object is a map. */
export const dynReader: Reader = (json) => {
  switch (typeof json) {
    case 'string':
    case 'boolean':
      return json;
    case 'number':
      return Number.isSafeInteger(json) ? json : new Double(json);
    default:
  }
  if (Array.isArray(json)) return new JsonList(json, dynReader);
  return isJsonObject(json) ? new JsonMap(json, dynReader) : null;
};

export class JsonList extends CelList {
  protected readonly json: readonly unknown[];
  protected readonly read: Reader;

  constructor(json: readonly unknown[], read: Reader) {
    super();
    this.json = json;
    this.read = read;
  }

  get length(): number {
    return this.json.length;
  }

  at(index: number): Result {
    return this.read(this.json[index]);
  }
}

/** `x-kubernetes-list-type: set`: the order does not matter, and adding adds only what is new. */
export class SetList extends JsonList {
  /** Scalars are found at once; other members of sets are rare and are looked for one by one. */
  #scalars: ReadonlySet<unknown> | undefined;

  override equals(other: CelList): boolean {
    return this.length === other.length && other.toArray().every((item) => this.#has(item));
  }

  override concat(other: CelList): CelList {
    const added = new Map<unknown, Result>();
    for (const item of other.toArray()) if (!this.#has(item)) added.set(memberKey(item), item);
    return new SetOfValues([...this.toArray(), ...added.values()]);
  }

  #has(item: Result): boolean {
    const key = memberKey(item);
    if (key === item) return this.toArray().some((known) => equal(known, item));
    this.#scalars ??= new Set(this.toArray().map(memberKey));
    return this.#scalars.has(key);
  }
}

/** Equal scalars have the same key. Everything else is its own. */
function memberKey(item: Result): unknown {
  if (item instanceof EvalError || (typeof item === 'object' && !(item instanceof Double))) return item;
  return `${typeOf(item).name} ${plainText(item)}`;
}

/** A list of values that is a set: what adding to one makes. */
class SetOfValues extends SetList {
  constructor(values: readonly Result[]) {
    super(values, (value) => value as Result);
  }
}

/** `x-kubernetes-list-type: map`: items are told apart by their keys; adding replaces those that are there. */
export class KeyedList extends JsonList {
  readonly #keys: readonly string[];

  constructor(json: readonly unknown[], read: Reader, keys: readonly string[]) {
    super(json, read);
    this.#keys = keys;
  }

  #keyOf(item: Result): string {
    const parts = this.#keys.map((key) => (item instanceof CelMap ? item.get(escapeName(key) ?? key) : undefined));
    return JSON.stringify(parts.map(keyText));
  }

  override equals(other: CelList): boolean {
    if (this.length !== other.length) return false;
    const byKey = new Map(this.toArray().map((item) => [this.#keyOf(item), item]));
    return other.toArray().every((item) => {
      const own = byKey.get(this.#keyOf(item));
      return own !== undefined && equal(own, item);
    });
  }

  override concat(other: CelList): CelList {
    const merged = new Map(this.toArray().map((item) => [this.#keyOf(item), item]));
    for (const item of other.toArray()) merged.set(this.#keyOf(item), item);
    return new KeyedList([...merged.values()], (value) => value as Result, this.#keys);
  }
}

/** Keys are scalars; the text tells them apart by type too. */
function keyText(key: Result | undefined): string {
  return key === undefined || key instanceof EvalError ? '' : `${typeOf(key).name} ${plainText(key)}`;
}

/** An object as a map from its keys to values of one kind. */
export class JsonMap extends CelMap {
  readonly #json: JsonObject;
  readonly #read: Reader;

  constructor(json: JsonObject, read: Reader) {
    super();
    this.#json = json;
    this.#read = read;
  }

  get size(): number {
    return Object.keys(this.#json).length;
  }

  get(key: Value): Result | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#json, key)) return undefined;
    const json = this.#json[key];
    return json === undefined ? undefined : this.#read(json);
  }

  keys(): Value[] {
    return Object.keys(this.#json);
  }
}

/** An object with declared fields. Null in a field is as good as nothing there. */
export class JsonObjectMap extends CelMap {
  readonly #json: JsonObject;
  readonly #fields: ReadonlyMap<string, DeclField>;

  constructor(json: JsonObject, fields: ReadonlyMap<string, DeclField>) {
    super();
    this.#json = json;
    this.#fields = fields;
  }

  get size(): number {
    return Object.keys(this.#json).length;
  }

  get(key: Value): Result | undefined {
    if (typeof key !== 'string') return noSuchOverload;
    const field = this.#fields.get(key) ?? (isReserved(key) ? this.#fields.get(`__${key}__`) : undefined);
    if (field === undefined) return undefined;
    // `constructor` is a property like any other, and every object seems to have one.
    const json = Object.hasOwn(this.#json, field.property) ? this.#json[field.property] : undefined;
    return json === undefined || json === null ? undefined : field.type.read(json);
  }

  /** Unknown properties cannot be read, but they count; null in a field is as good as nothing. */
  override equals(other: CelMap): boolean {
    if (!(other instanceof JsonObjectMap)) return super.equals(other);
    const known = new Set(Array.from(this.#fields.values(), ({ property }) => property));
    const properties = new Set([...Object.keys(this.#json), ...Object.keys(other.#json)]);
    for (const property of properties)
      if (!known.has(property) && !jsonEqual(this.#json[property], other.#json[property])) return false;
    for (const name of this.#fields.keys()) {
      const a = this.get(name);
      const b = other.get(name);
      if (a === undefined || b === undefined ? a !== b : !equal(a, b)) return false;
    }
    return true;
  }

  keys(): Value[] {
    const escaped = Object.keys(this.#json).map((property) => escapeName(property));
    return escaped.filter((name) => name !== undefined && this.#fields.has(name)).map((name) => name ?? '');
  }
}

const secondsPer: Readonly<Record<string, bigint>> = {
  d: 86_400n,
  day: 86_400n,
  days: 86_400n,
  w: 604_800n,
  week: 604_800n,
  weeks: 604_800n,
  wk: 604_800n,
};

/** Durations in a schema may also be written in days and weeks. */
function schemaDuration(text: string): Result {
  const parsed = parseDuration(text);
  if (parsed !== undefined) return parsed;
  const match = /^\s*(\d+)\s*([A-Za-z]+)\s*$/.exec(text);
  const seconds = secondsPer[match?.[2] ?? ''];
  if (match === null || seconds === undefined)
    return new EvalError(`Invalid duration ${text}: unable to parse ${text} as duration`);
  return new Duration(BigInt(match[1] ?? '0') * seconds * 1_000_000_000n);
}

function schemaTime(text: string): Result {
  const parsed = parseTimestamp(text.replace('t', 'T').replace('z', 'Z'));
  return parsed ?? new EvalError(`Invalid date-time formatted string ${text}: cannot parse "${text}"`);
}

function schemaBytes(text: string): Result {
  const canonical = normalizeBase64(text);
  if ('error' in canonical) return new EvalError(`Invalid byte formatted string ${text}: ${canonical.error}`);
  return Uint8Array.fromBase64(canonical.text);
}

const formatReaders: Readonly<Record<string, (text: string) => Result>> = {
  duration: schemaDuration,
  date: (text) => parseTimestamp(`${text}T00:00:00Z`) ?? new EvalError(`Invalid date formatted string ${text}`),
  'date-time': schemaTime,
  byte: schemaBytes,
};

/** How text of one of the formats that CEL knows is read. */
export function formatReader(format: string): Reader {
  const read = formatReaders[format] ?? ((text: string): Result => text);
  return (json) => (typeof json === 'string' ? read(json) : new EvalError('invalid data, expected string'));
}
