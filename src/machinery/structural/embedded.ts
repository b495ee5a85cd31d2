/**
 * Resources inside of a resource (`x-kubernetes-embedded-resource`): their kind, version and metadata are held against what
 * those are everywhere, whatever the schema says of them.
 */
import { isJsonObject, type DeepReadonly, type Json, type JsonObject } from '../../base/mod.ts';
import { DecodeError, type Decoder } from '../decode.ts';
import { fieldErrorText, invalid, required, type FieldError, type FieldPath } from '../field-error.ts';
import type { ObjectMeta } from '../meta.ts';
import { dns1035LabelErrors } from '../names.ts';
import { additionalOf, itemsOf, schemaHas, type JsonSchema } from './json-schema.ts';
import { childOf } from './lists.ts';

type Mutable = Record<string, Json | undefined>;
type Visit = (resource: Mutable, path: FieldPath) => void;
type Walk = (value: Json, path: FieldPath | undefined, visit: Visit) => void;

function isEmbedded(schema: JsonSchema): boolean {
  return schema['x-kubernetes-embedded-resource'] === true;
}

/** Visits every embedded resource of a value; undefined where the schema has none. */
export function embeddedWalk(schema: JsonSchema): Walk | undefined {
  if (!schemaHas(schema, isEmbedded)) return undefined;
  const own = isEmbedded(schema);
  const items = itemsOf(schema);
  const walkItem = items === undefined ? undefined : embeddedWalk(items);
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const walk = embeddedWalk(property);
    return walk === undefined ? [] : [{ name, walk }];
  });
  const additional = additionalOf(schema);
  const walkRest = additional === undefined ? undefined : embeddedWalk(additional);
  return (value, path, visit) => {
    if (Array.isArray(value)) {
      if (walkItem !== undefined && path !== undefined)
        for (const [i, item] of (value as readonly Json[]).entries()) walkItem(item, path.index(i), visit);
    } else if (isJsonObject(value)) {
      if (own && path !== undefined) visit(value, path);
      if (walkRest !== undefined)
        for (const [name, item] of Object.entries(value))
          if (item !== undefined) walkRest(item, path?.key(name) ?? childOf(path, name), visit);
      for (const { name, walk } of properties) {
        const item = value[name];
        if (item !== undefined) walk(item, childOf(path, name), visit);
      }
    }
  };
}

/** Brings what every resource has into its form, and tells of fields that no metadata has. Throws DecodeError. */
export function coerceEmbedded(metadata: Decoder, onUnknown: () => void): Visit {
  return (resource, path) => {
    for (const name of ['apiVersion', 'kind']) {
      const value = resource[name];
      if (value !== undefined && typeof value !== 'string')
        throw new DecodeError(fieldErrorText(invalid(path.child(name), value, 'must be a string')));
    }
    const given = resource['metadata'];
    if (given === undefined) return;
    try {
      const { object, hasUnknownFields } = metadata.decode(given ?? {});
      resource['metadata'] = object;
      if (hasUnknownFields) onUnknown();
    } catch (error) {
      if (error instanceof DecodeError)
        throw new DecodeError(fieldErrorText(invalid(path.child('metadata'), given, error.message)));
      throw error;
    }
  };
}

/** What is wrong with the metadata of an embedded resource; names only need to fit into a path. */
export type MetadataCheck = (metadata: DeepReadonly<ObjectMeta>, path: FieldPath) => FieldError[];

export function embeddedErrors(
  schema: JsonSchema,
  metadata: MetadataCheck,
): ((value: JsonObject) => FieldError[]) | undefined {
  const walk = embeddedWalk(schema);
  if (walk === undefined) return undefined;
  return (value) => {
    const errors: FieldError[] = [];
    walk(value, undefined, (resource, path) => void errors.push(...resourceErrors(resource, path, metadata)));
    return errors;
  };
}

function resourceErrors(resource: JsonObject, path: FieldPath, metadata: MetadataCheck): FieldError[] {
  const errors: FieldError[] = [];
  const text = (name: string): string | undefined => {
    const value = resource[name];
    const at = path.child(name);
    if (value === undefined) errors.push(required(at, 'must not be empty'));
    else if (typeof value !== 'string') errors.push(invalid(at, value, 'must be a string'));
    else if (value === '') errors.push(invalid(at, value, 'must not be empty'));
    else return value;
    return undefined;
  };
  const apiVersion = text('apiVersion');
  if (apiVersion !== undefined && apiVersion.split('/').length > 2)
    errors.push(invalid(path.child('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  const kind = text('kind');
  const problems = kind === undefined ? [] : dns1035LabelErrors(kind.toLowerCase());
  if (problems.length > 0)
    errors.push(
      invalid(path.child('kind'), kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`),
    );
  const given = resource['metadata'];
  if (isJsonObject(given)) errors.push(...metadata(given, path.child('metadata')));
  return errors;
}
