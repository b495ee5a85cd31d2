/**
 * What expressions of mutating policies make: `Object{spec: Object.spec{replicas: 3}}` for server-side apply, and
 * `JSONPatch{op: 'add', path: '/spec/x', value: 1}`. Types named `Object.…` have every field; whether the fields are those
 * of the object is seen when the result is applied.
 */
import type { Json } from '../../base/mod.ts';
import { goQuote } from '../../machinery/mod.ts';
import type { MessageType } from '../environment.ts';
import { fn, type Library, overload } from '../function.ts';
import { durationText, timestampText } from '../time.ts';
import { type CelType, dynType, objectType, stringType } from '../types.ts';
import {
  CelList,
  CelMap,
  CelObject,
  Double,
  Duration,
  EvalError,
  isInt,
  plainText,
  type Result,
  Timestamp,
  Uint,
  type Value,
} from '../values.ts';

class MessageValue extends CelObject {
  readonly type: CelType;
  readonly #fields: ReadonlyMap<string, Value>;
  constructor(type: CelType, fields: ReadonlyMap<string, Value>) {
    super();
    this.type = type;
    this.#fields = fields;
  }
  get(field: string): Value | undefined {
    return this.#fields.get(field);
  }
  fields(): string[] {
    return [...this.#fields.keys()];
  }
}

const patchFields: Readonly<Record<string, CelType>> = {
  op: stringType,
  path: stringType,
  from: stringType,
  value: dynType,
};

/** Finds the types of messages that mutating policies may make. */
export function mutationMessages(name: string): MessageType | undefined {
  const type = objectType(name);
  const create = (fields: ReadonlyMap<string, Value>): Result => new MessageValue(type, fields);
  if (name === 'JSONPatch')
    return { type, create, field: (field) => (Object.hasOwn(patchFields, field) ? patchFields[field] : undefined) };
  if (name !== 'Object' && !name.startsWith('Object.')) return undefined;
  return { type, create, field: () => dynType };
}

/** `/` and `~` in one part of a JSON pointer. */
function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

export const jsonPatchLibrary: Library = {
  functions: [fn('jsonpatch.escapeKey', overload('string_jsonpatch_escapeKey_string', '(string): string', escapeKey))],
};

/** A value as JSON. A failure: there is something in it that JSON has not. */
export function toJson(value: Result): Json | EvalError {
  if (value instanceof EvalError) return value;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (isInt(value)) return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Double) return value.value;
  if (value instanceof Uint8Array) return value.toBase64();
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof CelList) return listJson(value);
  if (value instanceof CelMap) return objectJson(value.keys().map((key) => [plainText(key), value.get(key)]));
  if (value instanceof CelObject) return objectJson(value.fields().map((field) => [field, value.get(field)]));
  return new EvalError(`type conversion error from '${plainText(value)}' to JSON`);
}

function listJson(list: CelList): Json | EvalError {
  const items: Json[] = [];
  for (const item of list.toArray()) {
    const json = toJson(item);
    if (json instanceof EvalError) return json;
    items.push(json);
  }
  return items;
}

function objectJson(entries: readonly (readonly [string, Result | undefined])[]): Json | EvalError {
  const object: Record<string, Json> = {};
  for (const [key, value] of entries) {
    const json = toJson(value ?? null);
    if (json instanceof EvalError) return json;
    object[key] = json;
  }
  return object;
}

/** A message that stands in a field has to have the type of that field's path: in `spec` of an `Object`, `Object.spec`. */
export function fieldPathProblem(value: Result | undefined, expected: string): string | undefined {
  if (value instanceof CelList) return firstProblem(value.toArray(), () => expected);
  if (value instanceof CelMap)
    return firstProblem(
      value.keys().map((key) => value.get(key)),
      () => expected,
    );
  if (!(value instanceof CelObject)) return undefined;
  const { name } = value.type;
  if (name !== expected)
    return `unexpected type name ${goQuote(name)}, expected ${goQuote(expected)}, which matches field name path from root Object type`;
  const fields = value.fields();
  return firstProblem(
    fields.map((field) => value.get(field)),
    (i) => `${expected}.${fields[i] ?? ''}`,
  );
}

function firstProblem(values: readonly (Result | undefined)[], expected: (i: number) => string): string | undefined {
  for (const [i, value] of values.entries()) {
    const problem = fieldPathProblem(value, expected(i));
    if (problem !== undefined) return problem;
  }
  return undefined;
}
