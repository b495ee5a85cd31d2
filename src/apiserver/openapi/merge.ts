/**
 * Documents of OpenAPI version 2 made one. The first that has a path keeps it; a definition that two know by the same name and
 * do not agree on gets another name for the second, in everything that refers to it.
 */
import { isJsonObject, jsonEqual, type Json, type JsonObject } from '../../base/mod.ts';
import { references } from './schemas.ts';

const prefix = '#/definitions/';
const gvks = 'x-kubernetes-group-version-kind';

export function mergedV2(own: JsonObject, others: readonly JsonObject[]): JsonObject {
  return others.reduce(merged, own);
}

function merged(into: JsonObject, from: JsonObject): JsonObject {
  const known = objectOf(into['paths']);
  const come = Object.fromEntries(Object.entries(objectOf(from['paths'])).filter(([path]) => !(path in known)));
  const definitions = { ...objectOf(into['definitions']) };
  const used = reachable(come, objectOf(from['definitions']));
  const names = renamed(definitions, used);
  for (const [name, definition] of used) {
    const now = names.get(name) ?? name;
    if (!(now in definitions)) definitions[now] = referring(definition, names) as JsonObject;
  }
  return {
    ...into,
    paths: sorted({ ...known, ...(referring(come, names) as JsonObject) }),
    definitions: sorted(definitions),
    ...(from['parameters'] === undefined
      ? {}
      : { parameters: { ...objectOf(from['parameters']), ...objectOf(into['parameters']) } }),
  };
}

/** Every definition that the paths need. */
function reachable(paths: JsonObject, definitions: JsonObject): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const todo = references(paths);
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    const definition = definitions[name];
    if (found.has(name) || !isJsonObject(definition)) continue;
    found.set(name, definition);
    todo.push(...references(definition));
  }
  return found;
}

/** New names for those whose old ones mean something else already. */
function renamed(known: JsonObject, come: ReadonlyMap<string, JsonObject>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, definition] of come) {
    const same = (candidate: string): boolean => {
      const other = known[candidate];
      return other === undefined || jsonEqual(withoutKinds(objectOf(other)), withoutKinds(definition));
    };
    if (same(name)) continue;
    let number = 2;
    while (`${name}_v${number}` in known || come.has(`${name}_v${number}`)) number += 1;
    names.set(name, `${name}_v${number}`);
  }
  return names;
}

/** The kinds that a definition is for grow with every server that uses it. */
function withoutKinds({ [gvks]: _, ...definition }: JsonObject): JsonObject {
  return definition;
}

function referring(value: Json | undefined, names: ReadonlyMap<string, string>): Json | undefined {
  if (names.size === 0) return value;
  if (Array.isArray(value)) return value.map((one) => referring(one, names) ?? null);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string' || !inner.startsWith(prefix))
        return [key, referring(inner, names)];
      const name = inner.slice(prefix.length);
      return [key, `${prefix}${names.get(name) ?? name}`];
    }),
  );
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function sorted(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
