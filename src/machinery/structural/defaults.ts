/** Whether the defaults in a structural schema fit the schema themselves: checked when the schema is written. */
import { jsonEqual, type Json } from '../../base/mod.ts';
import { invalid, type FieldError, type FieldPath } from '../field-error.ts';
import { itemsOf, metaFields, type JsonSchema } from './json-schema.ts';
import { compileShape } from './shape.ts';
import { compileValidator } from './validate.ts';

interface Options {
  readonly resource?: boolean;
  readonly meta?: boolean;
  /** What else is asked of a default that fits. */
  readonly check?: (schema: JsonSchema, value: Json, path: FieldPath, resource: boolean) => FieldError[];
}

/** Defaults inside of `additionalProperties` are forbidden elsewhere. */
export function defaultErrors(
  schema: JsonSchema,
  path: FieldPath,
  { resource = true, meta = false, check }: Options = {},
): FieldError[] {
  const errors: FieldError[] = [];
  const options = check === undefined ? {} : { check };
  const { default: value } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const isResource = resource || embedded;
  const insideMeta = meta && !embedded;
  if (value !== undefined && value !== null) {
    const at = path.child('default');
    if (!insideMeta && !jsonEqual(pruned(value as Json, schema), value))
      errors.push(invalid(at, value, 'must not have unknown fields'));
    const wrong = compileValidator(schema, at.toString()).validate(value as Json);
    errors.push(...wrong);
    if (wrong.length === 0 && check !== undefined) errors.push(...check(schema, value as Json, at, isResource));
  }
  const items = itemsOf(schema);
  if (items !== undefined)
    errors.push(...defaultErrors(items, path.child('items'), { ...options, resource: false, meta: insideMeta }));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(
      ...defaultErrors(property, path.child('properties').key(name), {
        ...options,
        resource: false,
        meta: insideMeta || (isResource && metaFields.includes(name)),
      }),
    );
  return errors;
}

/** Without what is unknown, and nothing added. */
function pruned(value: Json, schema: JsonSchema): Json {
  return compileShape(withoutDefaults(schema))(value, { unknown: false });
}

function withoutDefaults({ default: _default, nullable: _nullable, ...schema }: JsonSchema): JsonSchema {
  const { items, properties, additionalProperties } = schema;
  return {
    ...schema,
    nullable: true,
    ...(items === undefined || Array.isArray(items) ? {} : { items: withoutDefaults(items as JsonSchema) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, withoutDefaults(property)]),
          ),
        }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: withoutDefaults(additionalProperties) }
      : {}),
  };
}
