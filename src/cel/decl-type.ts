/**
 * Types that a schema declares. One is three things at once: what the checker needs to know of a field, how large a value
 * can be at most (for the cost of expressions before they run), and how JSON of it is read, lazily and in place.
 */
import { isJsonObject } from '../base/mod.ts';
import type { FieldFacts, TypeFacts, Facts } from '../machinery/mod.ts';
import { escapeName, isReserved } from './escape.ts';
import {
  JsonList,
  JsonMap,
  JsonObjectMap,
  KeyedList,
  type Reader,
  SetList,
  dynReader,
  formatReader,
} from './json-values.ts';
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
  objectType,
  stringType,
  timestampType,
} from './types.ts';
import { Double, EvalError, type Result } from './values.ts';

/** The largest request that the API server takes: what has no limit of its own is limited by it. */
const requestSizeMax = 3 * 1024 * 1024;
const dateTimeSizeMax = 32;
const durationSizeMax = 32;
const dateSize = 12;

export interface DeclField {
  /** The property's name in JSON. */
  readonly property: string;
  readonly type: DeclType;
}

export interface DeclType {
  readonly type: CelType;
  /** Characters of a string, items of a list, entries of a map. Of anything else 0. */
  readonly maxElements: number;
  /** How few bytes of JSON can hold a value. */
  readonly minSerializedSize: number;
  /** Of a map. */
  readonly keys?: DeclType;
  /** Items of a list, values of a map. */
  readonly items?: DeclType;
  /** Of an object, by their identifiers. A function, because types may contain themselves. */
  fields?(): ReadonlyMap<string, DeclField>;
  /** Reads JSON as a value of this type. */
  readonly read: Reader;
}

/** What a JSON schema says of a value: the part that CEL goes by. A CRD's structural schema has this form. */
export interface SchemaSource {
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly nullable?: boolean | undefined;
  readonly properties?: Readonly<Record<string, SchemaSource>> | undefined;
  readonly additionalProperties?: boolean | SchemaSource | undefined;
  readonly items?: SchemaSource | undefined;
  readonly required?: readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly default?: unknown;
  readonly maxLength?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly maxProperties?: number | undefined;
  readonly 'x-kubernetes-int-or-string'?: boolean | undefined;
  readonly 'x-kubernetes-embedded-resource'?: boolean | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
  readonly 'x-kubernetes-list-type'?: string | undefined;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[] | undefined;
}

/** The type of a field that has a declared one, in an object that a dotted name leads to. */
export function fieldOf(decl: DeclType, name: string): DeclField | undefined {
  const fields = decl.fields?.();
  return fields?.get(name) ?? (isReserved(name) ? fields?.get(`__${name}__`) : undefined);
}

interface Scalar {
  readonly type: CelType;
  readonly minSize: number;
  readonly maxElements?: number;
  readonly read: Reader;
}

function scalar({ type, minSize, maxElements = 0, read }: Scalar): DeclType {
  return { type, maxElements, minSerializedSize: minSize, read };
}

export const dynDecl = scalar({ type: dynType, minSize: 1, read: dynReader });
const stringKeys = scalar({ type: stringType, minSize: 2, read: dynReader });

function invalid(expected: string): (json: unknown) => EvalError {
  return (json) => new EvalError(`invalid data, expected ${expected}, got ${goTypeName(json)}`);
}

function goTypeName(json: unknown): string {
  if (typeof json === 'number') return Number.isInteger(json) ? 'int64' : 'float64';
  if (typeof json === 'boolean') return 'bool';
  if (typeof json === 'string') return 'string';
  if (json === null) return '<nil>';
  return Array.isArray(json) ? '[]interface {}' : 'map[string]interface {}';
}

const notString = invalid('string');
const notFloat = invalid('float');
const notInt = invalid('int');
const notBool = invalid('bool');

const plainString: Reader = (json) => (typeof json === 'string' ? json : notString(json));
const boolDecl = scalar({
  type: boolType,
  minSize: 4,
  read: (json) => (typeof json === 'boolean' ? json : notBool(json)),
});
const intDecl = scalar({
  type: intType,
  minSize: 1,
  read: (json) => (typeof json === 'number' && Number.isInteger(json) ? json : notInt(json)),
});
const doubleDecl = scalar({
  type: doubleType,
  minSize: 1,
  read: (json) => (typeof json === 'number' ? new Double(json) : notFloat(json)),
});

function intOrString(json: unknown): Result {
  if (typeof json === 'string' || (typeof json === 'number' && Number.isInteger(json))) return json;
  return new EvalError('invalid data, expected XIntOrString value to be either a string or integer');
}

/** The string formats that CEL reads as something else than text. */
const formats: Readonly<Record<string, Omit<Scalar, 'read'>>> = {
  byte: { type: bytesType, minSize: 2 },
  duration: { type: durationType, minSize: 3, maxElements: durationSizeMax },
  date: { type: timestampType, minSize: dateSize, maxElements: dateSize },
  'date-time': { type: timestampType, minSize: 21, maxElements: dateTimeSizeMax },
};

function stringDecl(schema: SchemaSource): DeclType {
  const longest = requestSizeMax - 2;
  const { maxLength } = schema;
  const format = Object.hasOwn(formats, schema.format ?? '') ? formats[schema.format ?? ''] : undefined;
  if (format !== undefined) {
    const maxElements = format.maxElements ?? (maxLength === undefined ? longest : Math.max(0, maxLength));
    return scalar({ ...format, maxElements, read: formatReader(schema.format ?? '') });
  }
  let maxElements = longest;
  // The limit counts code points, of which each may take four bytes.
  if (maxLength !== undefined) maxElements = Math.max(0, maxLength) * 4;
  else if (schema.enum !== undefined && schema.enum.length > 0) maxElements = longestText(schema.enum);
  return scalar({ type: stringType, minSize: 2, maxElements, read: plainString });
}

function longestText(values: readonly unknown[]): number {
  return Math.max(
    0,
    ...values.map((value) => (typeof value === 'string' ? new TextEncoder().encode(value).length : 0)),
  );
}

/** The names of nested types follow the path: `selfType1.spec`, `selfType1.items.@idx`, `selfType1.labels.@elem`. */
export interface DeclOptions {
  readonly name: string;
  /** The schema is that of a whole resource, which always has apiVersion, kind and metadata. */
  readonly root?: boolean;
}

/** Undefined: CEL has no access to values of this schema. */
export function declTypeFromSchema(schema: SchemaSource, options: DeclOptions): DeclType | undefined {
  const decl = declOf(schema, options);
  return decl === undefined ? undefined : { ...decl, read: orNull(schema, decl.read) };
}

function orNull(schema: SchemaSource, read: Reader): Reader {
  return (json) => {
    if (json !== null) return read(json);
    return schema.nullable === true ? null : new EvalError('invalid data, got null for schema with nullable=false');
  };
}

function declOf(schema: SchemaSource, { name, root = false }: DeclOptions): DeclType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    const { maxLength } = schema;
    const maxElements = maxLength === undefined ? requestSizeMax - 2 : Math.max(0, maxLength) * 4;
    return scalar({ type: dynType, minSize: 1, maxElements, read: intOrString });
  }
  const type = root ? 'object' : schema.type;
  switch (type) {
    case 'array':
      return listDecl(schema, name);
    case 'object':
      return objectOrMapDecl(root ? withMeta(schema) : schema, name);
    case 'string':
      return stringDecl(schema);
    case 'boolean':
      return boolDecl;
    case 'number':
      return doubleDecl;
    case 'integer':
      return intDecl;
    default:
      return undefined;
  }
}

function nested(schema: SchemaSource, name: string): DeclType | undefined {
  return declTypeFromSchema(schema, { name, root: schema['x-kubernetes-embedded-resource'] === true });
}

const textSchema: SchemaSource = { type: 'string' };
const metaSchema: SchemaSource = { type: 'object', properties: { name: textSchema, generateName: textSchema } };

function withMeta(schema: SchemaSource): SchemaSource {
  const { properties = {} } = schema;
  const meta = properties['metadata'];
  const complete =
    properties['kind']?.type === 'string' &&
    properties['apiVersion']?.type === 'string' &&
    meta?.properties?.['name']?.type === 'string' &&
    meta.properties['generateName']?.type === 'string';
  if (complete) return schema;
  const added = { kind: textSchema, apiVersion: textSchema, metadata: metaSchema };
  return { ...schema, type: 'object', properties: { ...properties, ...added } };
}

function listDecl(schema: SchemaSource, name: string): DeclType | undefined {
  const items = schema.items === undefined ? undefined : nested(schema.items, `${name}.@idx`);
  if (items === undefined) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const most = Math.floor((requestSizeMax - 2) / (items.minSerializedSize + 1));
  const maxElements = schema.maxItems === undefined ? most : Math.max(0, schema.maxItems);
  return listOf(items, maxElements, listReader(items.read, schema['x-kubernetes-list-type'], keys));
}

function listOf(items: DeclType, maxElements: number, read: Reader): DeclType {
  return { type: listType(items.type), maxElements, minSerializedSize: 2, items, read };
}

function listReader(items: Reader, kind: string | undefined, keys: readonly string[]): Reader {
  return (json) => {
    if (!Array.isArray(json))
      return new EvalError('invalid data, expected an array for the provided schema with type=array');
    if (kind === 'set') return new SetList(json, items);
    return kind === 'map' ? new KeyedList(json, items, keys) : new JsonList(json, items);
  };
}

const notMap = new EvalError('invalid data, expected a map for the provided schema with type=object');

function mapOf(values: DeclType, maxElements: number): DeclType {
  const read: Reader = (json) => (isJsonObject(json) ? new JsonMap(json, values.read) : notMap);
  const type = mapType(stringType, values.type);
  return { type, maxElements, minSerializedSize: 2, keys: stringKeys, items: values, read };
}

function objectOrMapDecl(schema: SchemaSource, name: string): DeclType | undefined {
  const { additionalProperties, maxProperties } = schema;
  if (typeof additionalProperties === 'object') {
    const values = nested(additionalProperties, `${name}.@elem`);
    if (values === undefined) return undefined;
    const most = Math.floor((requestSizeMax - 2) / (values.minSerializedSize + 6));
    return mapOf(values, maxProperties === undefined ? most : Math.max(0, maxProperties));
  }
  const required = new Set(schema.required);
  const fields = new Map<string, DeclField>();
  let minSerializedSize = 2;
  for (const [property, propertySchema] of Object.entries(schema.properties ?? {})) {
    const identifier = escapeName(property);
    const type = nested(propertySchema, `${name}.${identifier ?? property}`);
    if (type === undefined) continue;
    if (identifier !== undefined) fields.set(identifier, { property, type });
    // What has a default need not be sent.
    if (required.has(property) && propertySchema.default === undefined)
      minSerializedSize += new TextEncoder().encode(property).length + type.minSerializedSize + 4;
  }
  return objectDecl(name, minSerializedSize, () => fields);
}

function objectDecl(name: string, minSerializedSize: number, fields: () => ReadonlyMap<string, DeclField>): DeclType {
  const read: Reader = (json) => (isJsonObject(json) ? new JsonObjectMap(json, fields()) : notMap);
  return { type: objectType(name), maxElements: 0, minSerializedSize, fields, read };
}

/** An object type that no schema declares; its properties are identifiers. */
export function declaredObject(name: string, types: Readonly<Record<string, DeclType>>): DeclType {
  const fields = new Map(Object.entries(types).map(([property, type]) => [property, { property, type }]));
  return objectDecl(name, 2, () => fields);
}

export function declaredList(items: DeclType): DeclType {
  return listOf(items, requestSizeMax, listReader(items.read, undefined, []));
}

const dateTime: SchemaSource = { type: 'string', format: 'date-time' };
const factSchemas: Readonly<Record<string, SchemaSource>> = {
  string: textSchema,
  int32: { type: 'integer' },
  int64: { type: 'integer' },
  bool: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  double: { type: 'number' },
  time: dateTime,
  microtime: dateTime,
  duration: textSchema,
  quantity: textSchema,
  'int-or-string': { 'x-kubernetes-int-or-string': true },
  raw: { type: 'object', properties: {} },
};

/** The type of a built-in kind, e.g. `io.k8s.api.core.v1.Pod`. Every definition has its own name as its type's name. */
export function declTypeFromFacts(typeName: string, facts: Facts): DeclType {
  const known = new Map<string, DeclType>();
  const definition = (name: string): DeclType => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const type = facts.types[name];
    if (type === undefined) return dynDecl;
    let fields: ReadonlyMap<string, DeclField> | undefined;
    const decl = objectDecl(name, 2, () => (fields ??= factFields(type, factDecl)));
    known.set(name, decl);
    return decl;
  };
  const factDecl = (type: string, field: FieldFacts): DeclType => {
    if (type.startsWith('[]')) return factList(factDecl(type.slice(2), field), field);
    if (type.startsWith('{}')) return factMap(factDecl(type.slice(2), field));
    const schema = Object.hasOwn(factSchemas, type) ? factSchemas[type] : undefined;
    return (schema && declTypeFromSchema(schema, { name: type })) ?? definition(type);
  };
  return definition(typeName);
}

function factList(items: DeclType, field: FieldFacts): DeclType {
  const most = Math.floor((requestSizeMax - 2) / (items.minSerializedSize + 1));
  return listOf(items, most, listReader(items.read, field.listType, field.listMapKeys ?? []));
}

function factMap(values: DeclType): DeclType {
  return mapOf(values, Math.floor((requestSizeMax - 2) / (values.minSerializedSize + 6)));
}

function factFields(
  type: TypeFacts,
  declOfFact: (type: string, field: FieldFacts) => DeclType,
): ReadonlyMap<string, DeclField> {
  const fields = new Map<string, DeclField>();
  for (const [property, field] of Object.entries(type.fields)) {
    const identifier = escapeName(property);
    if (identifier !== undefined) fields.set(identifier, { property, type: declOfFact(field.type, field) });
  }
  return fields;
}
