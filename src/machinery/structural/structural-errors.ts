/**
 * Whether a schema is structural. Always holds: a schema without errors says of every value what it is outside of value
 * validation, so that whatever reads it looks at `properties`, `items` and `additionalProperties` alone.
 */
import { isJsonObject, jsonEqual } from '../../base/mod.ts';
import { RE2JS } from 're2js';
import { fieldErrorText, forbidden, invalid, required, type FieldError, type FieldPath } from '../field-error.ts';
import { additionalOf, isList, itemsOf, type JsonSchema } from './json-schema.ts';

type Level = 'root' | 'item' | 'field';
type Errors = FieldError[];

const intOrString: readonly JsonSchema[] = [{ type: 'integer' }, { type: 'string' }];

/** What a structural schema cannot even be made of; undefined when there is nothing of it. */
export function unsupportedInSchema(schema: JsonSchema): string | undefined {
  const present = (value: unknown): boolean => isJsonObject(value) && Object.keys(value).length > 0;
  const found: readonly [boolean, string][] = [
    [(schema.id ?? '') !== '', "OpenAPIV3Schema 'id' is not supported"],
    [(schema.$schema ?? '') !== '', "OpenAPIV3Schema 'schema' is not supported"],
    [(schema.$ref ?? '') !== '', "OpenAPIV3Schema '$ref' is not supported"],
    [present(schema.patternProperties), "OpenAPIV3Schema 'patternProperties' is not supported"],
    [present(schema.dependencies), "OpenAPIV3Schema 'dependencies' is not supported"],
    [schema.additionalItems !== undefined, "OpenAPIV3Schema 'additionalItems' is not supported"],
    [present(schema.definitions), "OpenAPIV3Schema 'definitions' is not supported"],
    [
      schema['x-kubernetes-preserve-unknown-fields'] === false,
      "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined",
    ],
    [isList(schema.items), "OpenAPIV3Schema 'items' must be a schema, but is an array"],
  ];
  const own = found.find(([is]) => is)?.[1];
  if (own !== undefined) return own;
  const { allOf = [], anyOf = [], oneOf = [], not, properties = {} } = schema;
  for (const nested of [
    itemsOf(schema),
    additionalOf(schema),
    not,
    ...allOf,
    ...anyOf,
    ...oneOf,
    ...Object.values(properties),
  ]) {
    const text = nested === undefined ? undefined : unsupportedInSchema(nested);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** In the order of their texts. The schema must be free of what `unsupportedInSchema` names. */
export function structuralErrors(schema: JsonSchema, path: FieldPath): FieldError[] {
  const errors: Errors = [];
  checkInvariants(errors, schema, 'root', path);
  checkCompleteness(errors, schema, path);
  const texts = new Map(errors.map((error) => [error, fieldErrorText(error)]));
  return errors.sort((a, b) => ((texts.get(a) ?? '') < (texts.get(b) ?? '') ? -1 : 1));
}

function checkInvariants(errors: Errors, schema: JsonSchema, level: Level, path: FieldPath): void {
  const { type = '', properties = {} } = schema;
  const items = itemsOf(schema);
  if (type === 'array' && items === undefined) errors.push(required(path.child('items'), 'must be specified'));
  if (items !== undefined) checkInvariants(errors, items, 'item', path.child('items'));
  for (const [name, property] of Object.entries(properties))
    checkInvariants(errors, property, 'field', path.child('properties').key(name));
  if (schema.additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbidden(path.child('additionalProperties'), 'must not be used at the root'));
    const additional = additionalOf(schema);
    if (additional !== undefined) checkInvariants(errors, additional, 'field', path.child('additionalProperties'));
  }
  checkExtensions(errors, schema, path);
  const plainAnyOf = !jsonEqual(schema.anyOf, intOrString);
  checkValueValidation(errors, schema, path, {
    anyOf: plainAnyOf,
    first: !jsonEqual(schema.allOf?.[0]?.anyOf, intOrString),
  });
  checkType(errors, schema, level, path);
  checkMeta(errors, schema, level, path);
}

function checkExtensions(errors: Errors, schema: JsonSchema, path: FieldPath): void {
  if (schema['x-kubernetes-int-or-string'] !== true) return;
  for (const name of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    if (schema[name] === true)
      errors.push(invalid(path.child(name), true, 'must be false if x-kubernetes-int-or-string is true'));
}

const emptyType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function checkType(errors: Errors, schema: JsonSchema, level: Level, path: FieldPath): void {
  const { type = '' } = schema;
  const at = path.child('type');
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (embedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(at, text) : invalid(at, type, text));
  } else if (type === '' && !open && schema['x-kubernetes-int-or-string'] !== true)
    errors.push(required(at, emptyType[level]));
  if (embedded && schema.additionalProperties !== undefined)
    errors.push(
      forbidden(path.child('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'),
    );
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(at, type, 'must be object at the root'));
  if (embedded && !open && Object.keys(schema.properties ?? {}).length === 0)
    errors.push(
      required(
        path.child('properties'),
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
}

/** Of the metadata a schema may only restrict the names. */
function checkMeta(errors: Errors, schema: JsonSchema, level: Level, path: FieldPath): void {
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  const at = path.child('properties');
  for (const name of isResource ? ['kind', 'apiVersion'] : []) {
    const property = schema.properties?.[name];
    if (property !== undefined && property.type !== 'string')
      errors.push(invalid(at.key(name).child('type'), property.type ?? '', 'must be string'));
  }
  const metadata = schema.properties?.['metadata'];
  if (metadata === undefined || !isResource) return;
  if (metadata.type !== 'object')
    errors.push(invalid(at.key('metadata').child('type'), metadata.type ?? '', 'must be object'));
  const { type: _type, default: _default, properties = {}, ...rest } = metadata;
  const restricted = Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
  if (level === 'root' && (!restricted || Object.values(rest).some((value) => value !== undefined)))
    errors.push(
      forbidden(
        at.key('metadata'),
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
}

/** Which of the two places where `anyOf: [integer, string]` is allowed this schema does not use. */
interface Checked {
  readonly anyOf: boolean;
  readonly first: boolean;
}

const all: Checked = { anyOf: true, first: true };

function checkValueValidation(errors: Errors, schema: JsonSchema, path: FieldPath, { anyOf, first }: Checked): void {
  if (anyOf)
    for (const [i, nested] of (schema.anyOf ?? []).entries())
      checkNested(errors, nested, path.child('anyOf').index(i), all);
  for (const [i, nested] of (schema.allOf ?? []).entries())
    checkNested(errors, nested, path.child('allOf').index(i), { anyOf: first || i > 0, first: true });
  for (const [i, nested] of (schema.oneOf ?? []).entries())
    checkNested(errors, nested, path.child('oneOf').index(i), all);
  if (schema.not !== undefined) checkNested(errors, schema.not, path.child('not'), all);
  const problem = patternProblem(schema.pattern ?? '');
  if (problem !== undefined)
    errors.push(
      invalid(path.child('pattern'), schema.pattern, `must be a valid regular expression, but isn't: ${problem}`),
    );
}

/** What is wrong with a regular expression, in Go's words. */
function patternProblem(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const forbiddenWhenSet: readonly (readonly [keyof JsonSchema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function checkNested(errors: Errors, schema: JsonSchema, path: FieldPath, checked: Checked): void {
  checkValueValidation(errors, schema, path, checked);
  const items = itemsOf(schema);
  if (items !== undefined) checkNested(errors, items, path.child('items'), all);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    checkNested(errors, property, path.child('properties').key(name), all);
  for (const [name, text] of forbiddenWhenSet) {
    const value = schema[name];
    const empty = value === undefined || value === '' || value === null || (isList(value) && value.length === 0);
    if (!empty && !(value === false && name !== 'default')) errors.push(forbidden(path.child(name), text));
  }
  if (schema.properties?.['metadata'] !== undefined)
    errors.push(forbidden(path.child('properties').key('metadata'), 'must not be specified in a nested context'));
}

/** Whatever value validation at the root speaks of must be there outside of it; upstream asks it of the root alone. */
function checkCompleteness(errors: Errors, schema: JsonSchema, path: FieldPath): void {
  const nested = (clauses: readonly JsonSchema[] | undefined, name: string): void => {
    for (const [i, clause] of (clauses ?? []).entries())
      checkClause(errors, schema, clause, { path, at: path.child(name).index(i) });
  };
  nested(schema.allOf, 'allOf');
  nested(schema.anyOf, 'anyOf');
  nested(schema.oneOf, 'oneOf');
  if (schema.not !== undefined) checkClause(errors, schema, schema.not, { path, at: path.child('not') });
}

/** `path` is where the schema should say it, `at` where the clause speaks of it. */
interface Where {
  readonly path: FieldPath;
  readonly at: FieldPath;
}

function checkClause(errors: Errors, schema: JsonSchema | undefined, clause: JsonSchema, { path, at }: Where): void {
  const missing = (where: FieldPath, because: FieldPath): void =>
    void errors.push(required(where, `because it is defined in ${because.toString()}`));
  for (const [name, nested] of Object.entries(clause.properties ?? {})) {
    const property = schema?.properties?.[name];
    const where = { path: path.child('properties').key(name), at: at.child('properties').key(name) };
    if (property === undefined) missing(where.path, where.at);
    else checkClause(errors, property, nested, where);
  }
  const items = itemsOf(clause);
  if (items !== undefined) {
    const own = schema === undefined ? undefined : itemsOf(schema);
    const where = { path: path.child('items'), at: at.child('items') };
    if (own === undefined) missing(where.path, where.at);
    else checkClause(errors, own, items, where);
  }
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [i, nested] of (clause[name] ?? []).entries())
      checkClause(errors, schema, nested, { path, at: at.child(name).index(i) });
  if (clause.not !== undefined) checkClause(errors, schema, clause.not, { path, at: at.child('not') });
}
