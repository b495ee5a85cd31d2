/**
 * Holds values against a schema. Closures that are compiled once; a valid value costs its walk and allocates nothing.
 *
 * Always holds: texts, order of checks and what stops at the first problem are upstream's (kube-openapi's validation).
 * On an update nothing is refused that was there before: what is wrong with a part that equals its old self does not count.
 */
import { RE2JS } from 're2js';
import { isJsonObject, jsonEqual, type Json, type JsonObject } from '../../base/mod.ts';
import {
  fieldErrorText,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
  type FieldError,
} from '../field-error.ts';
import { goNumber, goQuote } from '../go-text.ts';
import { formatTest } from './formats.ts';
import { additionalOf, itemsOf, type JsonSchema } from './json-schema.ts';

/** One validation on its way: where it is, and what it has found. */
class Walk {
  readonly #prefix: string;
  readonly path: (string | number)[] = [];
  errors: FieldError[] = [];

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** As messages name the place: without what the object itself is in. */
  get place(): string {
    return this.path.map((one, i) => (typeof one === 'number' ? `[${one}]` : i === 0 ? one : `.${one}`)).join('');
  }

  field(name?: string): string {
    const parts = [this.#prefix, this.place, name ?? ''].filter((part) => part !== '');
    return parts.length === 0 ? '<nil>' : parts.join('.');
  }

  fail(value: unknown, text: string): void {
    this.errors.push(invalid(this.field(), value, `${this.place} in body ${text}`));
  }

  /** About how several schemas go together; upstream does not say where. */
  failWhole(text: string): void {
    this.errors.push(invalid(this.#prefix === '' ? '<nil>' : this.#prefix, '', `${goQuote(this.place)} ${text}`));
  }
}

/** Gives how many checks held, by which the clause of an `anyOf` that came closest is found. */
type Check = (value: Json, walk: Walk, old: Json | undefined) => number;

export interface Validator {
  /** `old` is what the value was: then only what it makes worse is wrong. */
  validate(value: Json, old?: Json): FieldError[];
}

/** `prefix` goes before the paths: the field that the values are in. */
export function compileValidator(schema: JsonSchema, prefix = ''): Validator {
  const check = compile(schema);
  return {
    validate(value, old) {
      const walk = new Walk(prefix);
      check(value, walk, undefined);
      if (walk.errors.length === 0) return walk.errors;
      if (old !== undefined) {
        walk.errors = [];
        check(value, walk, old);
      }
      return [...new Map(walk.errors.map((error) => [fieldErrorText(error), error])).values()];
    },
  };
}

function compile(schema: JsonSchema): Check {
  const type = typeCheck(schema);
  const clauses = clausesCheck(schema);
  const string = stringCheck(schema);
  const number = numberCheck(schema);
  const list = listCheck(schema);
  const choice = enumCheck(schema);
  const object = objectCheck(schema);
  return (value, walk, old) => {
    const before = walk.errors.length;
    let held = type(value, walk);
    if (value === null) choice?.(value, walk);
    else {
      if (clauses !== undefined) held += clauses(value, walk, undefined);
      if (typeof value === 'string') string?.(value, walk);
      else if (typeof value === 'number') number?.(value, walk);
      else if (Array.isArray(value)) held += list(value as readonly Json[], walk, old);
      choice?.(value, walk);
      if (isJsonObject(value)) held += object(value, walk, old);
    }
    if (walk.errors.length > before && old !== undefined && jsonEqual(value, old)) walk.errors.length = before;
    return held + 1;
  };
}

function kindOf(value: Json): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

function typeCheck(schema: JsonSchema): (value: Json, walk: Walk) => number {
  const types =
    schema['x-kubernetes-int-or-string'] === true
      ? ['integer', 'string']
      : schema.type === undefined
        ? []
        : [schema.type];
  const known = formatTest(schema.format ?? '') !== undefined;
  const numeric = types.includes('number') || types.includes('integer');
  if (types.length === 0 && !known) return () => 0;
  return (value, walk) => {
    const kind = kindOf(value);
    if (kind === 'null' ? types.length === 0 || schema.nullable === true : types.includes(kind)) return 1;
    if (kind === 'integer' && types.includes('number')) return 1;
    const formatted = known && !numeric;
    if (formatted && (kind === 'string' || kind === 'array')) return 1;
    const [wanted, found] =
      known && kind !== 'null' && kind !== 'string' && kind !== 'array'
        ? [schema.format, formatOf(kind)]
        : [types.join(','), kind];
    walk.errors.push(
      typeInvalid(walk.field(), found, `${walk.place} in body must be of type ${wanted}: ${goQuote(found)}`),
    );
    return 0;
  };
}

function formatOf(kind: string): string {
  return kind === 'integer' ? 'int64' : kind === 'number' ? 'double' : '';
}

function stringCheck(schema: JsonSchema): ((value: string, walk: Walk) => void) | undefined {
  const { maxLength, minLength, pattern = '', format = '' } = schema;
  const test = formatTest(format);
  const regex = pattern === '' ? undefined : RE2JS.compile(pattern);
  if (maxLength === undefined && minLength === undefined && regex === undefined && test === undefined) return undefined;
  return (value, walk) => {
    if (maxLength !== undefined && value.length > maxLength && runeCount(value) > maxLength)
      walk.errors.push(tooLong(walk.field(), maxLength));
    else if (minLength !== undefined && runeCount(value) < minLength)
      walk.fail(value, `should be at least ${minLength} chars long`);
    else if (regex !== undefined && !regex.matcher(value).find()) walk.fail(value, `should match '${pattern}'`);
    if (test !== undefined && !test(value))
      walk.errors.push(
        typeInvalid(walk.field(), value, `${walk.place} in body must be of type ${format}: ${goQuote(value)}`),
      );
  };
}

function runeCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function numberCheck(schema: JsonSchema): ((value: number, walk: Walk) => void) | undefined {
  const { multipleOf, minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false } = schema;
  if (multipleOf === undefined && minimum === undefined && maximum === undefined) return undefined;
  return (value, walk) => {
    if (multipleOf !== undefined && !isMultiple(value, multipleOf))
      walk.fail(value, `should be a multiple of ${goNumber(multipleOf)}`);
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
      walk.fail(value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${goNumber(minimum)}`);
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
      walk.fail(value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${goNumber(maximum)}`);
  };
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? value * (1 / factor) : value / factor;
  return (
    Number.isInteger(quotient) || Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient))
  );
}

function listCheck(schema: JsonSchema): (value: readonly Json[], walk: Walk, old: Json | undefined) => number {
  const { minItems, maxItems } = schema;
  const items = itemsOf(schema);
  const check = items === undefined ? undefined : compile(items);
  const keys = schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
  return (value, walk, old) => {
    let held = 0;
    if (check !== undefined)
      for (let i = 0; i < value.length; i++) {
        const item = value[i] ?? null;
        walk.path.push(i);
        held += check(item, walk, old === undefined ? undefined : counterpart(item, old, keys));
        walk.path.pop();
      }
    if (minItems !== undefined && value.length < minItems)
      walk.fail(value.length, `should have at least ${minItems} items`);
    if (maxItems !== undefined && value.length > maxItems)
      walk.errors.push(tooMany(walk.field(), value.length, maxItems));
    return held;
  };
}

/** The item that was the same one: known by its keys, and there is one. */
export function counterpart(item: Json, old: Json, keys: readonly string[]): Json | undefined {
  if (keys.length === 0 || !isJsonObject(item) || !Array.isArray(old)) return undefined;
  return (old as readonly Json[]).find(
    (other) => isJsonObject(other) && keys.every((key) => jsonEqual(item[key], other[key])),
  );
}

function enumCheck(schema: JsonSchema): ((value: Json, walk: Walk) => void) | undefined {
  const values = schema.enum ?? [];
  if (values.length === 0) return undefined;
  const texts = values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return (value, walk) => {
    if (!values.some((one) => jsonEqual(one, value))) walk.errors.push(notSupported(walk.field(), value, texts));
  };
}

function objectCheck(schema: JsonSchema): (value: JsonObject, walk: Walk, old: Json | undefined) => number {
  const { minProperties, maxProperties, additionalProperties, required: wanted = [] } = schema;
  const properties = Object.entries(schema.properties ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, property]) => ({ name, check: compile(property) }));
  const named = new Set(properties.map(({ name }) => name));
  const rest = additionalOf(schema);
  const checkRest = rest === undefined ? undefined : compile(rest);
  const counted = minProperties !== undefined || maxProperties !== undefined;
  return (value, walk, old) => {
    if (counted && !countFits(value, schema, walk)) return 0;
    const before = isJsonObject(old) ? old : undefined;
    let held = 0;
    const member = (name: string, item: Json, check: Check): void => {
      walk.path.push(name);
      held += check(item, walk, before?.[name]);
      walk.path.pop();
    };
    if (additionalProperties === false) {
      for (const name of Object.keys(value))
        if (!named.has(name))
          walk.errors.push(invalid(walk.field(), name, `${walk.place}.${name} in body is a forbidden property`));
    } else if (checkRest !== undefined)
      for (const name of Object.keys(value)) {
        const item = value[name];
        if (item !== undefined && !named.has(name)) member(name, item, checkRest);
      }
    for (const { name, check } of properties) {
      const item = Object.hasOwn(value, name) ? value[name] : undefined;
      if (item !== undefined) member(name, item, check);
    }
    for (const name of wanted)
      if (!Object.hasOwn(value, name) || value[name] === undefined) walk.errors.push(required(walk.field(name)));
    return held;
  };
}

function countFits(value: JsonObject, { minProperties, maxProperties }: JsonSchema, walk: Walk): boolean {
  let count = 0;
  for (const name in value) if (value[name] !== undefined) count++;
  if (minProperties !== undefined && count < minProperties)
    walk.fail(count, `should have at least ${minProperties} properties`);
  else if (maxProperties !== undefined && count > maxProperties)
    walk.errors.push(tooMany(walk.field(), count, maxProperties));
  else return true;
  return false;
}

function clausesCheck(schema: JsonSchema): Check | undefined {
  const anyOf = (schema.anyOf ?? []).map(compile);
  const oneOf = (schema.oneOf ?? []).map(compile);
  const allOf = (schema.allOf ?? []).map(compile);
  const not = schema.not === undefined ? undefined : compile(schema.not);
  if (anyOf.length + oneOf.length + allOf.length === 0 && not === undefined) return undefined;
  return (value, walk) => {
    let held = 1;
    if (anyOf.length > 0) {
      const { valid, closest } = tryAll(anyOf, value, walk);
      if (valid === 0) {
        walk.failWhole('must validate at least one schema (anyOf)');
        walk.errors.push(...closest);
      }
    }
    if (oneOf.length > 0) {
      const { valid, closest } = tryAll(oneOf, value, walk);
      if (valid !== 1) {
        const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
        walk.failWhole(`must validate one and only one schema (oneOf). ${found}`);
        if (valid === 0) walk.errors.push(...closest);
      }
    }
    let valid = 0;
    for (const check of allOf) {
      const before = walk.errors.length;
      held += check(value, walk, undefined);
      if (walk.errors.length === before) valid++;
    }
    if (valid !== allOf.length)
      walk.failWhole(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
    if (not !== undefined && tryAll([not], value, walk).valid === 1)
      walk.failWhole('must not validate the schema (not)');
    return held;
  };
}

/** How many of the clauses hold, and what is wrong with the one that comes closest. */
function tryAll(clauses: readonly Check[], value: Json, walk: Walk): { valid: number; closest: readonly FieldError[] } {
  const errors = walk.errors;
  let valid = 0;
  let most = -1;
  let closest: readonly FieldError[] = [];
  for (const check of clauses) {
    walk.errors = [];
    const held = check(value, walk, undefined);
    if (walk.errors.length === 0) valid++;
    else if (held > most) {
      most = held;
      closest = walk.errors;
    }
  }
  walk.errors = errors;
  return { valid, closest };
}
