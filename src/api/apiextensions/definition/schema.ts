/**
 * What a schema of a definition may say: the part of JSON schema that is supported, the extensions and what they need, and
 * the defaults. Whether it is structural is the machinery's to say.
 */
import type { DeepReadonly } from '../../../base/mod.ts';
import {
  additionalOf,
  defaultErrors,
  fieldIn,
  forbidden,
  invalid,
  isCheckedFormat,
  itemsOf,
  metaFields,
  notSupported,
  PathError,
  required,
  schemaHas,
  structuralErrors,
  unsupportedInSchema,
  type FieldPath,
  type JsonSchema,
} from '../../../machinery/mod.ts';
import type { Errors } from '../../checks.ts';
import type { ValidationRule } from '../../upstream/types.ts';
import { defaultRuleErrors } from './evaluation.ts';
import { checkRules, placeOfMembers, RuleCosts, type RulePlace } from './rules.ts';
import { shownSchema } from './shown.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Where in a schema the check is. */
interface Place {
  readonly path: FieldPath;
  readonly root: boolean;
  /** Inside of the metadata of a resource. */
  readonly meta: boolean;
  /** Why there may be no default here. */
  readonly noDefault: string | undefined;
  /** Absent where rules are not looked at: the schema is not structural, or it is a clause. */
  readonly rules: RulePlace | undefined;
}

/** What is wrong with the schema, and what is wrong with the rules in it: these come last. */
interface Found {
  readonly schema: Errors;
  readonly rules: Errors;
}

export interface SchemaOptions {
  /** Whether the status is a subresource of its own. */
  readonly status: boolean;
}

export function checkSchema(errors: Errors, schema: JsonSchema, path: FieldPath, { status }: SchemaOptions): void {
  const before = errors.length;
  if (status) checkRoot(errors, schema, path);
  if (schema.nullable === true) errors.push(forbidden(path.child('nullable'), 'nullable cannot be true at the root'));
  const unsupported = unsupportedInSchema(schema);
  const costs = new RuleCosts();
  let rules: RulePlace | undefined;
  if (unsupported === undefined) {
    const structural = structuralErrors(schema, path);
    const defaults = structural.length > 0 ? structural : defaultErrors(schema, path, { check: defaultRuleErrors });
    if (defaults.length === 0) rules = { costs, cardinality: 1, uncorrelatable: undefined };
    errors.push(...defaults);
  }
  const found: Found = { schema: [], rules: [] };
  checkNode(found, schema, { path, root: true, meta: false, noDefault: undefined, rules });
  errors.push(...found.schema, ...found.rules);
  if (unsupported !== undefined && errors.length === before) errors.push(invalid(path, '', unsupported));
  costs.check(errors, path);
}

/** With a status subresource the schema of the status is taken out of the whole, so the root may say nothing about both. */
const allowedAtRoot: readonly string[] = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
];

/** Refuses the first field that is wrong, in Go's order of them. */
function checkRoot(errors: Errors, schema: JsonSchema, path: FieldPath): void {
  const shown = shownSchema(schema);
  const wrong = Object.entries(shown).find(([name, value]) => {
    if (name === 'Type') return value !== '' && value !== 'object';
    return value !== '' && value !== false && value !== null && !allowedAtRoot.includes(name);
  });
  if (wrong?.[0] === 'Type')
    errors.push(
      invalid(
        path.child('type'),
        schema.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    );
  else if (wrong !== undefined)
    errors.push(
      invalid(
        path,
        shown,
        `only [${allowedAtRoot.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
      ),
    );
}

function checkNode(found: Found, schema: JsonSchema, place: Place): void {
  const errors = found.schema;
  const { path, root, rules } = place;
  const before = errors.length;
  checkSupported(errors, schema, place);
  checkMembers(found, schema, place);
  checkClauses(found, schema, place);
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(path.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  checkMapType(errors, schema, path);
  checkListType(errors, schema, path);
  checkListMap(errors, schema, path);
  checkUniqueItems(errors, schema, path);
  const own = schema['x-kubernetes-validations'] ?? [];
  const rulesPath = path.child('x-kubernetes-validations');
  for (const [i, rule] of own.entries()) checkRule(errors, rule, schema, rulesPath.index(i));
  // What is wrong with a schema makes its rules wrong too, and says nothing to who wrote them.
  if (own.length > 0 && errors.length === before && rules !== undefined)
    checkRules(found.rules, { schema, root, path: rulesPath }, rules);
}

function checkMembers(found: Found, schema: JsonSchema, place: Place): void {
  const { path, root, meta, rules } = place;
  const inner: Place = { ...place, root: false };
  const members = rules && placeOfMembers(rules, schema);
  const within = (correlatable: boolean): RulePlace | undefined =>
    members && { ...members, uncorrelatable: members.uncorrelatable ?? (correlatable ? undefined : path) };
  const go = (nested: JsonSchema, at: FieldPath, more: Partial<Place>): void =>
    checkNode(found, nested, { ...inner, ...more, path: at });
  if (schema.additionalProperties !== undefined) {
    const further = additionalOf(schema);
    const at = path.child('additionalProperties');
    const named = Object.keys(schema.properties ?? {}).length > 0;
    if (named && (schema.additionalProperties === false || further !== undefined))
      found.schema.push(forbidden(at, 'additionalProperties and properties are mutual exclusive'));
    if (further !== undefined)
      go(further, at, {
        rules: members,
        ...(meta ? { noDefault: ' inside additionalProperties applying to object metadata' } : {}),
      });
  }
  const ownRules = within((schema['x-kubernetes-map-type'] ?? 'granular') === 'granular');
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = (root || schema['x-kubernetes-embedded-resource'] === true) && metaFields.includes(name);
    const more = isMeta ? { meta: true, ...(root ? { noDefault: ` in top-level ${name}` } : {}) } : {};
    go(property, path.child('properties').key(name), { rules: ownRules, ...more });
  }
  const at = path.child('items');
  const items = within(schema['x-kubernetes-list-type'] === 'map');
  const one = itemsOf(schema);
  if (one !== undefined) go(one, at, { rules: items });
  else if (Array.isArray(schema.items))
    for (const [i, item] of (schema.items as readonly JsonSchema[]).entries()) go(item, at.index(i), { rules: items });
}

function checkClauses(found: Found, schema: JsonSchema, place: Place): void {
  const { path } = place;
  const go = (nested: JsonSchema, at: FieldPath): void =>
    checkNode(found, nested, { ...place, root: false, rules: undefined, path: at });
  if (schema.not !== undefined) go(schema.not, path.child('not'));
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, nested] of (schema[name] ?? []).entries()) go(nested, path.child(name).index(i));
  for (const [name, nested] of Object.entries(schema.definitions ?? {}))
    go(nested, path.child('definitions').key(name));
  for (const [name, nested] of Object.entries(schema.dependencies ?? {}))
    if (!Array.isArray(nested)) go(nested as JsonSchema, path.child('dependencies').key(name));
}

function checkSupported(errors: Errors, schema: JsonSchema, { path, meta, noDefault }: Place): void {
  const { type = '' } = schema;
  const refuse = (name: string, detail: string): void => void errors.push(forbidden(path.child(name), detail));
  if (type !== '' && !types.includes(type)) errors.push(notSupported(path.child('type'), type, types));
  if (schema.default !== undefined && noDefault !== undefined) refuse('default', `must not be set${noDefault}`);
  if ((schema.id ?? '') !== '') refuse('id', 'id is not supported');
  if (schema.additionalItems !== undefined) refuse('additionalItems', 'additionalItems is not supported');
  if (Object.keys(schema.patternProperties ?? {}).length > 0)
    refuse('patternProperties', 'patternProperties is not supported');
  if (Object.keys(schema.definitions ?? {}).length > 0) refuse('definitions', 'definitions is not supported');
  if (schema.dependencies !== undefined) refuse('dependencies', 'dependencies is not supported');
  if (schema.$ref !== undefined) refuse('$ref', '$ref is not supported');
  if (type === 'null') refuse('type', 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items) && schema.items.length > 0)
    refuse('items', 'items must be a schema object and not an array');
  if (meta && schema['x-kubernetes-embedded-resource'] === true)
    refuse('x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  if (schema.uniqueItems === true)
    refuse('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
}

function checkTypeIs(errors: Errors, schema: JsonSchema, path: FieldPath, [type, because]: [string, string]): boolean {
  const { type: own = '' } = schema;
  if (own === type) return true;
  const detail = `must be ${type} if ${because} is specified`;
  errors.push(own === '' ? required(path.child('type'), detail) : invalid(path.child('type'), own, detail));
  return false;
}

function checkMapType(errors: Errors, schema: JsonSchema, path: FieldPath): void {
  const name = 'x-kubernetes-map-type';
  const type = schema[name];
  if (type === undefined) return;
  checkTypeIs(errors, schema, path, ['object', name]);
  if (type !== 'atomic' && type !== 'granular')
    errors.push(notSupported(path.child(name), type, ['atomic', 'granular']));
}

function checkListType(errors: Errors, schema: JsonSchema, path: FieldPath): void {
  const name = 'x-kubernetes-list-type';
  const type = schema[name];
  if (type === undefined) return;
  const items = itemsOf(schema);
  if (checkTypeIs(errors, schema, path, ['array', name]) && type === 'set' && items !== undefined) {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const itemType = items[name] ?? null;
    if (items.type === 'array' && itemType !== null && itemType !== 'atomic')
      errors.push(invalid(path.child('items', name), itemType, detail));
    if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
      errors.push(invalid(path.child('items', 'x-kubernetes-map-type'), itemType, detail));
  }
  if (!['atomic', 'set', 'map'].includes(type))
    errors.push(notSupported(path.child(name), type, ['atomic', 'set', 'map']));
}

function checkListMap(errors: Errors, schema: JsonSchema, path: FieldPath): void {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const typePath = path.child('x-kubernetes-list-type');
  const keysPath = path.child('x-kubernetes-list-map-keys');
  if (keys.length > 0 && type !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(type === undefined ? required(typePath, detail) : invalid(typePath, type, detail));
  }
  if (type !== 'map') return;
  if (keys.length === 0) errors.push(required(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  const at = path.child('items');
  const items = itemsOf(schema);
  if (schema.items === undefined) errors.push(required(at, 'must have a schema if x-kubernetes-list-type is map'));
  else if (items === undefined)
    errors.push(invalid(at, schema.items, 'must only have a single schema if x-kubernetes-list-type is map'));
  if (items === undefined) return;
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(at.child('type'), items.type ?? '', detail));
    return;
  }
  for (const [i, key] of keys.entries()) {
    const property = items.properties?.[key];
    if (property === undefined) errors.push(invalid(keysPath, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalid(
          at.child('properties').key(key).child('type'),
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (keys.indexOf(key) < i) errors.push(invalid(keysPath, keys, 'must not contain duplicate entries'));
  }
}

/** Items of sets and maps are there, and so are the keys of a map. */
function checkUniqueItems(errors: Errors, schema: JsonSchema, path: FieldPath): void {
  const type = schema['x-kubernetes-list-type'];
  const items = itemsOf(schema);
  if (items === undefined || (type !== 'set' && type !== 'map')) return;
  const at = path.child('items');
  if (items.nullable === true)
    errors.push(forbidden(at.child('nullable'), `cannot be nullable when x-kubernetes-list-type is ${type}`));
  if (type === 'set') return;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = items.properties?.[key];
    if (property === undefined) continue;
    const keyPath = at.child('properties').key(key);
    if (items.required?.includes(key) !== true && property.default === undefined)
      errors.push(
        required(
          keyPath.child('default'),
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    if (property.nullable === true)
      errors.push(
        forbidden(
          keyPath.child('nullable'),
          'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
        ),
      );
  }
}

function hasLineBreak(text: string): boolean {
  return /[\n\r]/.test(text);
}

function checkRule(errors: Errors, rule: DeepReadonly<ValidationRule>, schema: JsonSchema, path: FieldPath): void {
  const { rule: text, message = '', messageExpression = '', reason, fieldPath = '' } = rule;
  const refuse = (name: string, value: string, detail: string): void =>
    void errors.push(invalid(path.child(name), value, detail));
  if (text.trim() === '') errors.push(required(path.child('rule'), 'rule is not specified'));
  else if (message !== '' && message.trim() === '') refuse('message', message, 'must be non-empty if specified');
  else if (hasLineBreak(message.trim())) refuse('message', message, 'must not contain line breaks');
  else if (hasLineBreak(text.trim()) && message.trim() === '')
    errors.push(required(path.child('message'), 'message must be specified if rule contains line breaks'));
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(required(path.child('messageExpression'), 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !reasons.includes(reason))
    errors.push(notSupported(path.child('reason'), reason, reasons));
  if (fieldPath === '') return;
  if (fieldPath.trim() === '') refuse('fieldPath', fieldPath, 'must be non-empty if specified');
  if (hasLineBreak(fieldPath)) refuse('fieldPath', fieldPath, 'must not contain line breaks');
  if (unsupportedInSchema(schema) === undefined && !leadsSomewhere(fieldPath, schema))
    refuse('fieldPath', fieldPath, 'must be a valid path');
}

function leadsSomewhere(path: string, schema: JsonSchema): boolean {
  try {
    fieldIn(path, schema);
    return true;
  } catch (error) {
    if (error instanceof PathError) return false;
    throw error;
  }
}

const numberFormats: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
};

/** Formats that nothing looks at in values of their type, in the order of their names. */
export function unknownFormats(schema: JsonSchema | undefined): string[] {
  const found = new Set<string>();
  schemaHas(schema, ({ format = '', type = '' }) => {
    const known =
      type === '' || type === 'string' ? isCheckedFormat(format) : numberFormats[type]?.includes(format) === true;
    if (format !== '' && !known) found.add(format);
    return false;
  });
  return [...found].sort();
}
