/**
 * CEL's values as JavaScript holds them. Always holds:
 *   null, bool, string, bytes   null, boolean, string, Uint8Array
 *   int                         a number while it is safe, a bigint beyond: one integer has exactly one form
 *   uint, double                `Uint`, `Double`: rare enough to be boxed, so that a bare number is always an int
 *   list, map, object           `CelList`, `CelMap`, `CelObject`: interfaces of reading, so that JSON is read where it lies
 * A failure is a value too (`EvalError`), because `||` and `&&` go on after one.
 */
import { TerminalError } from '../base/mod.ts';
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  optionalType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from './types.ts';

export class EvalError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export const noSuchOverload = new EvalError('no such overload');

/** Thrown through an evaluation that may not go on: its budget is spent, or the caller has called it off. */
export class Cancelled extends TerminalError {}

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Nanoseconds, as Go's time.Duration: 64 bits, signed. */
export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** Nanoseconds since 1970 in UTC, between the years 1 and 9999. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class TypeValue {
  readonly type: CelType;
  constructor(type: CelType) {
    this.type = type;
  }
}

export class OptionalValue {
  /** Undefined: nothing. */
  readonly value: Value | undefined;
  constructor(value?: Value) {
    this.value = value;
  }
}

export const optionalNone = new OptionalValue();

/** A value of a library: an IP address, a quantity, an authorizer. */
export abstract class Extension {
  abstract readonly type: CelType;
  abstract equals(other: Extension): boolean;
  /** What `size` would be, for the cost; undefined where upstream's value has none. */
  readonly size: number | undefined = undefined;
}

export abstract class CelList {
  abstract readonly length: number;
  /** What is at an index within the length; a failure when it cannot be read as what it should be. */
  abstract at(index: number): Result;
  /** A list with a meaning of its own (a set, a list by keys) compares and adds in its own way. */
  equals(other: CelList): boolean {
    if (this.length !== other.length) return false;
    for (let i = 0; i < this.length; i++) if (!equal(this.at(i), other.at(i))) return false;
    return true;
  }
  concat(other: CelList): CelList {
    return new ConcatList(this, other);
  }
  toArray(): Result[] {
    return Array.from({ length: this.length }, (_, i) => this.at(i));
  }
}

export class ArrayList extends CelList {
  readonly items: readonly Result[];
  constructor(items: readonly Result[]) {
    super();
    this.items = items;
  }
  get length(): number {
    return this.items.length;
  }
  at(index: number): Result {
    return this.items[index] ?? null;
  }
  override toArray(): Result[] {
    return [...this.items];
  }
}

class ConcatList extends CelList {
  readonly length: number;
  readonly #left: CelList;
  readonly #right: CelList;
  constructor(left: CelList, right: CelList) {
    super();
    this.#left = left;
    this.#right = right;
    this.length = left.length + right.length;
  }
  at(index: number): Result {
    const { length } = this.#left;
    return index < length ? this.#left.at(index) : this.#right.at(index - length);
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  /** Undefined when there is no such key, also when a key can have no such type. */
  abstract get(key: Value): Value | EvalError | undefined;
  abstract keys(): Value[];
  equals(other: CelMap): boolean {
    if (this.size !== other.size) return false;
    return this.keys().every((key) => equalParts(this.get(key), other.get(key)));
  }
}

/** A map of values; the last entry of two equal keys decides. */
export class EntryMap extends CelMap {
  readonly #entries: ReadonlyMap<unknown, readonly [Value, Value]>;
  constructor(entries: Iterable<readonly [Value, Value]>) {
    super();
    const map = new Map<unknown, readonly [Value, Value]>();
    for (const entry of entries) map.set(keyOf(entry[0]), entry);
    this.#entries = map;
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }
  keys(): Value[] {
    return Array.from(this.#entries.values(), ([key]) => key);
  }
}

/** Keys that are equal are the same to JavaScript: the numeric types meet in the int's form. */
export function keyOf(key: Value): unknown {
  if (key instanceof Uint) return int(key.value);
  if (key instanceof Double) return Number.isSafeInteger(key.value) ? key.value + 0 : key;
  return key;
}

/** A message: a type with a fixed set of fields. */
export abstract class CelObject {
  abstract readonly type: CelType;
  /** Undefined when the field is not set. */
  abstract get(field: string): Value | EvalError | undefined;
  /** The names of the fields that are set. */
  abstract fields(): string[];
}

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Uint
  | Double
  | Duration
  | Timestamp
  | TypeValue
  | OptionalValue
  | Extension
  | CelList
  | CelMap
  | CelObject;
export type Result = Value | EvalError;

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;

/** The one form that an integer within 64 bits has. */
export function int(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

const overflow = new EvalError('integer overflow');
const unsignedOverflow = new EvalError('unsigned integer overflow');

export function intOrOverflow(value: bigint): number | bigint | EvalError {
  return value < int64Min || value > int64Max ? overflow : int(value);
}

export function uintOrOverflow(value: bigint): Uint | EvalError {
  return value < 0n || value > uint64Max ? unsignedOverflow : new Uint(value);
}

export function isInt(value: Result): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function typeOf(value: Value): CelType {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return intType;
    case 'string':
      return stringType;
    case 'boolean':
      return boolType;
    default:
  }
  if (value === null) return nullType;
  if (value instanceof Uint8Array) return bytesType;
  if (value instanceof CelList) return listType(dynType);
  if (value instanceof CelMap) return mapType(dynType, dynType);
  if (value instanceof Double) return doubleType;
  if (value instanceof Uint) return uintType;
  if (value instanceof Duration) return durationType;
  if (value instanceof Timestamp) return timestampType;
  if (value instanceof TypeValue) return typeType();
  if (value instanceof OptionalValue) return optionalType(dynType);
  return value.type;
}

/** Equality as `==` has it: numbers by their value whatever their type, all else only within its type, a failure never. */
export function equal(a: Result, b: Result): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return isNumeric(a) && isNumeric(b) && compareNumbers(a, b) === 0;
  }
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if (a instanceof CelList) return b instanceof CelList && a.equals(b);
  if (a instanceof CelMap) return b instanceof CelMap && a.equals(b);
  if (a instanceof CelObject) return b instanceof CelObject && equalObjects(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.type.name === b.type.name;
  if (a instanceof OptionalValue) return b instanceof OptionalValue && equalOptionals(a, b);
  return a instanceof Extension && b instanceof Extension && a.type.name === b.type.name && a.equals(b);
}

function equalOptionals(a: OptionalValue, b: OptionalValue): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value);
}

function equalObjects(a: CelObject, b: CelObject): boolean {
  if (a.type.name !== b.type.name) return false;
  const fields = a.fields();
  return fields.length === b.fields().length && fields.every((field) => equalParts(a.get(field), b.get(field)));
}

function equalParts(a: Result | undefined, b: Result | undefined): boolean {
  if (a === undefined || b === undefined || a instanceof EvalError || b instanceof EvalError) return false;
  return equal(a, b);
}

type Numeric = number | bigint | Uint | Double;

function isNumeric(value: Result): value is Numeric {
  return isInt(value) || value instanceof Double || value instanceof Uint;
}

/** NaN compares with nothing, not even with itself. */
function compareNumbers(a: Numeric, b: Numeric): -1 | 0 | 1 | undefined {
  const left = a instanceof Uint || a instanceof Double ? a.value : a;
  const right = b instanceof Uint || b instanceof Double ? b.value : b;
  // JavaScript compares bigint with number exactly.
  return left < right ? -1 : left > right ? 1 : left >= right ? 0 : undefined;
}

function compareBytes(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const left = a[i] ?? 0;
    const right = b[i] ?? 0;
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

/** The order of code points, which is that of UTF-8, where JavaScript's own is that of UTF-16. */
function compareStrings(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  let i = 0;
  while (i < shared && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === shared) return a.length < b.length ? -1 : 1;
  const left = a.charCodeAt(i);
  const right = b.charCodeAt(i);
  const leftPair = left >= 0xd800 && left < 0xe000;
  const rightPair = right >= 0xd800 && right < 0xe000;
  if (leftPair !== rightPair) return leftPair ? 1 : -1;
  return left < right ? -1 : 1;
}

/** The order of two values; undefined when one of them is NaN, a failure when they have none. */
export function compare(a: Result, b: Result): -1 | 0 | 1 | undefined | EvalError {
  if (isNumeric(a)) return isNumeric(b) ? compareNumbers(a, b) : noSuchOverload;
  if (typeof a === 'string') return typeof b === 'string' ? compareStrings(a, b) : noSuchOverload;
  if (typeof a === 'boolean') return typeof b === 'boolean' ? compareNumbers(Number(a), Number(b)) : noSuchOverload;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? compareBytes(a, b) : noSuchOverload;
  if (a instanceof Duration) return b instanceof Duration ? compareNumbers(a.nanos, b.nanos) : noSuchOverload;
  if (a instanceof Timestamp) return b instanceof Timestamp ? compareNumbers(a.nanos, b.nanos) : noSuchOverload;
  return noSuchOverload;
}

/** The length in code points. */
export function runeCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && isTrail(text.charCodeAt(i + 1))) {
      count--;
      i++;
    }
  }
  return count;
}

function isTrail(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

/** What `size()` is; undefined for what has none. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return runeCount(value);
  if (value instanceof CelList || value instanceof Uint8Array) return value.length;
  return value instanceof CelMap ? value.size : undefined;
}

/** As messages show it. */
export function plainText(value: Value): string {
  switch (typeof value) {
    case 'object':
      break;
    default:
      return String(value);
  }
  if (value instanceof Uint || value instanceof Double) return String(value.value);
  return value === null ? 'null' : typeOf(value).name;
}

/** Whether a value may stand where the type is declared. Lists and maps are not looked into. */
export function hasType(value: Value, type: CelType): boolean {
  switch (type.kind) {
    case 'int':
      return isInt(value);
    case 'string':
    case 'null':
      return type.kind === 'null' ? value === null : typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'list':
      return value instanceof CelList;
    case 'map':
      return value instanceof CelMap;
    case 'dyn':
    case 'error':
    case 'param':
      return true;
    default:
      return value !== null && typeOf(value).name === type.name;
  }
}
