/**
 * Gives a value the shape that a structural schema declares: fields that it does not know go, defaults come in, and null
 * goes where the schema does not allow it (or becomes the default). One pass over closures that are compiled once, because
 * every write of a custom resource takes it.
 *
 * Always holds: the input is not changed and the result shares nothing with it; what is shaped stays as it is when it is
 * shaped again; the members of an object come in the order of their names.
 */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { goQuote } from '../go-text.ts';
import { additionalOf, itemsOf, metaFields, type JsonSchema } from './json-schema.ts';

/** What goes along with one pass. */
export interface Run {
  unknown: boolean;
}

export type Shape = (value: Json, run: Run) => Json;

interface Property {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly shape: Shape;
  readonly standIn: (() => Json) | undefined;
}

/** A copy of a JSON value that belongs to the caller. */
function copyJson(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(copyJson);
  const out: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value as JsonObject))
    if (member !== undefined) put(out, name, copyJson(member));
  return out;
}

export function put(target: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  else target[name] = value;
}

const copy: Shape = copyJson;

/** Without a schema nothing is known: objects lose all their members, wherever in lists they are. */
const bare: Shape = (value, run) => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => bare(item, run));
  if (Object.values(value).some((member) => member !== undefined)) run.unknown = true;
  return {};
};

/**
 * What becomes of the metadata: `embedded` resources keep theirs whatever the schema says of it, at the `root` it is left
 * out of the result, for others to decode.
 */
type Meta = 'root' | 'embedded' | 'none';

export function compileShape(
  schema: JsonSchema,
  resource: Meta = schema['x-kubernetes-embedded-resource'] === true ? 'embedded' : 'none',
): Shape {
  const object = compileObject(schema, resource);
  const list = compileList(schema);
  return (value, run) => {
    if (typeof value !== 'object' || value === null) return value;
    return Array.isArray(value) ? list(value as readonly Json[], run) : object(value as JsonObject, run);
  };
}

function compileList(schema: JsonSchema): (value: readonly Json[], run: Run) => Json {
  const items = itemsOf(schema);
  if (items === undefined) {
    const one = isOpen(schema) ? copy : bare;
    return (value, run) => value.map((item) => one(item, run));
  }
  const shape = compileShape(items);
  const standIn = standInFor(items, shape);
  return (value, run) => value.map((item) => (item === null && standIn !== undefined ? standIn() : shape(item, run)));
}

function isOpen(schema: JsonSchema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true;
}

/** Makes what stands where null may not stand, or nothing does. */
function standInFor(schema: JsonSchema, shape: Shape): (() => Json) | undefined {
  if (schema.default === undefined || schema.default === null) return undefined;
  const made = shape(schema.default as Json, { unknown: false });
  return typeof made === 'object' && made !== null ? () => copyJson(made) : () => made;
}

function compileObject(schema: JsonSchema, resource: Meta): (value: JsonObject, run: Run) => Json {
  const properties = Object.entries(schema.properties ?? {})
    .filter(([name]) => resource === 'none' || !metaFields.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, property]): Property => {
      const shape = compileShape(property);
      return { name, schema: property, shape, standIn: standInFor(property, shape) };
    });
  const rest = compileRest(schema);
  if (properties.length === 0 && rest !== undefined && resource === 'none')
    return (value, run) => membersOf(value, rest, run);
  const named = new Set(properties.map(({ name }) => name));
  const meta = resource === 'none' ? [] : metaFields;
  return (value, run) => {
    const out: Record<string, Json> = {};
    let seen = 0;
    for (const name of meta) {
      const item = value[name];
      if (item === undefined) continue;
      seen++;
      if (resource === 'embedded') out[name] = copyJson(item);
    }
    for (const { name, schema: property, shape, standIn } of properties) {
      const item = Object.hasOwn(value, name) ? value[name] : undefined;
      if (item === undefined) {
        if (standIn !== undefined) put(out, name, standIn());
        continue;
      }
      seen++;
      if (item !== null) put(out, name, shape(item, run));
      else if (property.nullable === true) put(out, name, null);
      else if (standIn !== undefined) put(out, name, standIn());
    }
    let present = 0;
    for (const name in value) if (value[name] !== undefined) present++;
    if (present === seen) return out;
    if (rest === undefined) run.unknown = true;
    else
      for (const name of Object.keys(value).sort()) {
        const item = value[name];
        if (item === undefined || named.has(name) || meta.includes(name)) continue;
        const shaped = rest(item, run);
        if (shaped !== undefined) put(out, name, shaped);
      }
    return out;
  };
}

/** What becomes of members that are not declared; undefined: they go. */
function compileRest(schema: JsonSchema): ((value: Json, run: Run) => Json | undefined) | undefined {
  if (schema.additionalProperties === undefined) return isOpen(schema) ? copy : undefined;
  const additional = additionalOf(schema);
  // Upstream keeps what `false` forbids, for validation to refuse.
  if (additional === undefined) return isOpen(schema) ? copy : bare;
  const shape = compileShape(additional);
  const standIn = standInFor(additional, shape);
  const nullable = additional.nullable === true;
  return (value, run) => (value !== null || nullable ? shape(value, run) : standIn?.());
}

function membersOf(value: JsonObject, rest: (value: Json, run: Run) => Json | undefined, run: Run): Json {
  const out: Record<string, Json> = {};
  for (const name of Object.keys(value).sort()) {
    const item = value[name];
    const shaped = item === undefined ? undefined : rest(item, run);
    if (shaped !== undefined) put(out, name, shaped);
  }
  return out;
}

/** `unknown field "spec.x"` for each field that shaping takes away, in the order of their texts. */
export function unknownFields(value: Json, schema: JsonSchema, resource: boolean): string[] {
  const found = new Set<string>();
  findUnknown(value, schema, { path: '', resource, found });
  return [...found].sort().map((path) => `unknown field ${goQuote(path)}`);
}

interface Search {
  readonly path: string;
  readonly resource: boolean;
  readonly found: Set<string>;
}

function findUnknown(value: Json, schema: JsonSchema | undefined, { path, resource, found }: Search): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const items = schema === undefined ? undefined : itemsOf(schema);
    if (items === undefined && schema !== undefined && isOpen(schema)) return;
    for (const [i, item] of (value as readonly Json[]).entries())
      findUnknown(item, items, { path: `${path}[${i}]`, resource: embeds(items), found });
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined || (resource && metaFields.includes(name))) continue;
    const at = path === '' ? name : `${path}.${name}`;
    const { properties = {}, additionalProperties } = schema ?? {};
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const further = schema === undefined ? undefined : additionalOf(schema);
    if (property !== undefined) findUnknown(item, property, { path: at, resource: embeds(property), found });
    else if (further !== undefined) findUnknown(item, further, { path: at, resource: embeds(further), found });
    else if (schema !== undefined && isOpen(schema)) continue;
    else if (additionalProperties !== undefined) findUnknown(item, undefined, { path: at, resource: false, found });
    else found.add(at);
  }
}

function embeds(schema: JsonSchema | undefined): boolean {
  return schema?.['x-kubernetes-embedded-resource'] === true;
}
