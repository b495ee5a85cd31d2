/**
 * The types of the Common Expression Language and the rules by which the checker compares them. Always holds: types are
 * immutable, and two types are the same when their kind, name and parameters are.
 */
export type TypeKind =
  | 'dyn'
  | 'error'
  | 'null'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'list'
  | 'map'
  | 'type'
  | 'object'
  | 'opaque'
  | 'param';

export interface CelType {
  readonly kind: TypeKind;
  /** The name that `type(x)` has at run time; of a parameter its letter. */
  readonly name: string;
  readonly params: readonly CelType[];
}

const none: readonly CelType[] = [];
const simple = (kind: TypeKind, name: string = kind): CelType => ({ kind, name, params: none });

export const dynType = simple('dyn');
export const errorType = simple('error', '!error!');
export const nullType = simple('null', 'null_type');
export const boolType = simple('bool');
export const intType = simple('int');
export const uintType = simple('uint');
export const doubleType = simple('double');
export const stringType = simple('string');
export const bytesType = simple('bytes');
export const timestampType = simple('timestamp', 'google.protobuf.Timestamp');
export const durationType = simple('duration', 'google.protobuf.Duration');

export function listType(item: CelType): CelType {
  return { kind: 'list', name: 'list', params: [item] };
}

export function mapType(key: CelType, value: CelType): CelType {
  return { kind: 'map', name: 'map', params: [key, value] };
}

/** The type of a type: `type(1)` is of type `type(int)`. */
export function typeType(of?: CelType): CelType {
  return { kind: 'type', name: 'type', params: of === undefined ? none : [of] };
}

export function objectType(name: string): CelType {
  return { kind: 'object', name, params: none };
}

export function opaqueType(name: string, ...params: readonly CelType[]): CelType {
  return { kind: 'opaque', name, params };
}

function typeParam(name: string): CelType {
  return { kind: 'param', name, params: none };
}

const optionalName = 'optional_type';

export function optionalType(of: CelType): CelType {
  return opaqueType(optionalName, of);
}

/** What an optional holds; undefined for every other type. */
export function unwrapOptional(type: CelType): CelType | undefined {
  return type.kind === 'opaque' && type.name === optionalName ? type.params[0] : undefined;
}

/** As cel-go writes types in its messages. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case 'null':
      return 'null';
    case 'timestamp':
    case 'duration':
      return type.kind;
    case 'list':
    case 'map':
    case 'type':
    case 'opaque':
      return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(typeText).join(', ')})`;
    default:
      return type.name;
  }
}

export function isDyn(type: CelType): boolean {
  return type.kind === 'dyn';
}

export function sameType(a: CelType, b: CelType): boolean {
  return (
    a === b ||
    (a.kind === b.kind &&
      a.name === b.name &&
      a.params.length === b.params.length &&
      a.params.every((param, i) => sameType(param, b.params[i] ?? errorType)))
  );
}

/** What the checker has found out about type variables. */
export class Substitutions {
  readonly #map = new Map<string, CelType>();
  /** What was known before of the variables that the question at hand has taught something about, in order. */
  #taught: (readonly [variable: string, before: CelType | undefined])[] = [];
  #next = 0;

  freshVariable(): CelType {
    return typeParam(`_var${this.#next++}`);
  }

  /** Replaces variables by what is known of them, those of which nothing is known by dyn if asked to. */
  apply(type: CelType, unknownToDyn: boolean): CelType {
    const known = type.kind === 'param' ? this.#map.get(type.name) : undefined;
    if (known !== undefined) return this.apply(known, unknownToDyn);
    if (type.kind === 'param') return unknownToDyn ? dynType : type;
    if (type.params.length === 0) return type;
    return { ...type, params: type.params.map((param) => this.apply(param, unknownToDyn)) };
  }

  /** Whether a value of `from` may stand where `to` is expected. Learns about variables only when the answer is yes. */
  assignable(to: CelType, from: CelType): boolean {
    return this.assignableAll([to], [from]);
  }

  assignableAll(to: readonly CelType[], from: readonly CelType[]): boolean {
    this.#taught = [];
    if (this.#allAssignable(to, from)) return true;
    for (const [variable, before] of this.#taught.toReversed()) {
      if (before === undefined) this.#map.delete(variable);
      else this.#map.set(variable, before);
    }
    return false;
  }

  #learn(variable: CelType, type: CelType): void {
    this.#taught.push([variable.name, this.#map.get(variable.name)]);
    this.#map.set(variable.name, type);
  }

  #allAssignable(a: readonly CelType[], b: readonly CelType[]): boolean {
    return a.length === b.length && a.every((type, i) => this.#assignable(type, b[i] ?? errorType));
  }

  #assignable(a: CelType, b: CelType): boolean {
    if (b.kind === 'param') {
      const { valid, known } = this.#substitutes(a, b);
      if (valid || known) return valid;
    }
    if (a.kind === 'param') return this.#substitutes(b, a).valid;
    if (wild(a) || wild(b)) return true;
    if (a.kind === 'null' || b.kind === 'null') return nullable(a.kind === 'null' ? b : a);
    if (a.kind !== b.kind) return false;
    if (a.kind === 'type') return true;
    return a.name === b.name && this.#allAssignable(a.params, b.params);
  }

  /** Whether `type` may be what the variable stands for, and whether something was known of it before. */
  #substitutes(type: CelType, variable: CelType): { valid: boolean; known: boolean } {
    if (sameType(type, variable)) return { valid: true, known: true };
    const known = this.#map.get(variable.name);
    if (known !== undefined) {
      if (sameType(type, known)) return { valid: true, known: true };
      if (!this.#assignable(type, known)) return { valid: false, known: true };
      const general = moreGeneral(type, known);
      if (!this.#mentions(general, variable)) this.#learn(variable, general);
      return { valid: true, known: true };
    }
    if (this.#mentions(type, variable)) return { valid: false, known: false };
    this.#learn(variable, type);
    return { valid: true, known: false };
  }

  #mentions(type: CelType, variable: CelType): boolean {
    if (sameType(type, variable)) return true;
    const known = type.kind === 'param' ? this.#map.get(type.name) : undefined;
    if (known !== undefined) return this.#mentions(known, variable);
    return type.params.some((param) => this.#mentions(param, variable));
  }
}

function wild(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'error';
}

/** Null goes for messages and what is built on them, not for plain values. */
function nullable(type: CelType): boolean {
  const { kind } = type;
  if (kind === 'opaque') return type.name !== optionalName;
  return kind === 'null' || kind === 'object' || kind === 'timestamp' || kind === 'duration';
}

export function moreGeneral(a: CelType, b: CelType): CelType {
  return asGeneral(a, b) ? a : b;
}

function asGeneral(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true;
  if (isDyn(b) || b.kind === 'param') return false;
  if (a.kind !== b.kind) return false;
  if (a.kind === 'type') return true;
  return a.name === b.name && a.params.every((param, i) => asGeneral(param, b.params[i] ?? errorType));
}

/** Reads a type as declarations write it: `list(A)`, `map(string, int)`, `optional(A)`, `net.IP`. One letter is a parameter. */
export function parseType(text: string): CelType {
  const open = text.indexOf('(');
  if (open < 0) return namedType(text);
  const name = text.slice(0, open);
  const params = splitParams(text.slice(open + 1, -1)).map(parseType);
  const [first = dynType, second = dynType] = params;
  switch (name) {
    case 'list':
      return listType(first);
    case 'map':
      return mapType(first, second);
    case 'type':
      return typeType(first);
    case 'optional':
      return optionalType(first);
    default:
      return opaqueType(name, ...params);
  }
}

const byName: ReadonlyMap<string, CelType> = new Map([
  ['dyn', dynType],
  ['null', nullType],
  ['bool', boolType],
  ['int', intType],
  ['uint', uintType],
  ['double', doubleType],
  ['string', stringType],
  ['bytes', bytesType],
  ['timestamp', timestampType],
  ['duration', durationType],
  ['type', typeType()],
  ['net.IP', opaqueType('net.IP')],
  ['net.CIDR', opaqueType('net.CIDR')],
]);

function namedType(name: string): CelType {
  return byName.get(name) ?? (name.length === 1 ? typeParam(name) : objectType(name));
}

function splitParams(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  if (text.trim() !== '') parts.push(text.slice(start).trim());
  return parts;
}

export interface Signature {
  /** The receiver first, if there is one. */
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly member: boolean;
}

/** `(int, int): int` for a function, `string.(int): string` for a method. */
export function parseSignature(text: string): Signature {
  const colon = text.lastIndexOf(': ');
  const result = parseType(text.slice(colon + 2));
  const left = text.slice(0, colon);
  const dot = left.indexOf('.(');
  const member = dot >= 0;
  const receiver = member ? [parseType(left.slice(0, dot))] : [];
  const rest = splitParams(left.slice(member ? dot + 2 : 1, -1)).map(parseType);
  return { params: [...receiver, ...rest], result, member };
}
