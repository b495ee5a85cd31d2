/** Lists that are sets or maps: no item, and no item's key, is in them twice. */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { duplicate, field, invalid, type FieldError, type FieldPath } from '../field-error.ts';
import { additionalOf, itemsOf, schemaHas, type JsonSchema } from './json-schema.ts';

type ListCheck = (value: Json, path: FieldPath | undefined, errors: FieldError[]) => void;

/** Undefined where the schema has no such list: then there is nothing to check. */
export function compileLists(schema: JsonSchema): ((value: JsonObject) => FieldError[]) | undefined {
  const check = compile(schema);
  if (check === undefined) return undefined;
  return (value) => {
    const errors: FieldError[] = [];
    check(value, undefined, errors);
    return errors;
  };
}

export function childOf(path: FieldPath | undefined, name: string): FieldPath {
  return path === undefined ? field(name) : path.child(name);
}

function isUnique({ 'x-kubernetes-list-type': type }: JsonSchema): boolean {
  return type === 'set' || type === 'map';
}

function compile(schema: JsonSchema): ListCheck | undefined {
  if (!schemaHas(schema, isUnique)) return undefined;
  const own = isUnique(schema) ? schema : undefined;
  const items = itemsOf(schema);
  const checkItem = items === undefined ? undefined : compile(items);
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const check = compile(property);
    return check === undefined ? [] : [{ name, check }];
  });
  const additional = additionalOf(schema);
  const checkRest = additional === undefined ? undefined : compile(additional);
  return (value, path, errors) => {
    if (Array.isArray(value)) {
      const list = value as readonly Json[];
      if (path === undefined) return;
      if (own !== undefined) checkUnique(list, own, path, errors);
      if (checkItem !== undefined) for (const [i, item] of list.entries()) checkItem(item, path.index(i), errors);
    } else if (isJsonObject(value)) {
      if (checkRest !== undefined)
        for (const [name, item] of Object.entries(value))
          if (item !== undefined) checkRest(item, path === undefined ? field(name) : path.key(name), errors);
      for (const { name, check } of properties) {
        const item = value[name];
        if (item !== undefined) check(item, childOf(path, name), errors);
      }
    }
  };
}

function checkUnique(list: readonly Json[], schema: JsonSchema, path: FieldPath, errors: FieldError[]): void {
  if (schema['x-kubernetes-list-type'] === 'set') {
    reportSecond(list, list, path, errors);
    return;
  }
  const stray = list.findIndex((item) => item !== null && !isJsonObject(item));
  if (stray >= 0) {
    errors.push(invalid(path.index(stray), list[stray], 'must be an object for an array of list-type map'));
    return;
  }
  const names = schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = list.map((item) =>
    Object.fromEntries(
      names.flatMap((name): [string, Json][] => {
        const value = isJsonObject(item) ? item[name] : undefined;
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  );
  reportSecond(keys, keys, path, errors);
}

/** What is there three times is still named once. */
function reportSecond(keys: readonly Json[], values: readonly Json[], path: FieldPath, errors: FieldError[]): void {
  if (keys.length < 2) return;
  const seen = new Map<string, number>();
  for (const [i, key] of keys.entries()) {
    const text = typeof key === 'string' ? `"${key}` : JSON.stringify(sorted(key));
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    if (times === 2) errors.push(duplicate(path.index(i), values[i]));
  }
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item ?? null)]),
  );
}
