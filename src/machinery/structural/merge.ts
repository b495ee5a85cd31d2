/** How the values of a structural schema merge, for server-side apply. */
import {
  atomicList,
  booleanMerge,
  deducedMerge,
  mapList,
  numericMerge,
  setList,
  stringMerge,
  structMerge,
  untypedMerge,
  type ListMerge,
  type MapMerge,
  type MergeType,
} from '../apply/merge-type.ts';
import { additionalOf, itemsOf, type JsonSchema } from './json-schema.ts';

/** `metadata` is the merge type of ObjectMeta, which the schema does not say. */
export function structuralMerge(schema: JsonSchema, metadata: MergeType): MapMerge {
  return objectMerge(schema, metadata, true);
}

function valueMerge(schema: JsonSchema, metadata: MergeType): MergeType {
  if (schema['x-kubernetes-int-or-string'] === true) return untypedMerge;
  switch (schema.type) {
    case 'string':
      return stringMerge;
    case 'integer':
    case 'number':
      return numericMerge;
    case 'boolean':
      return booleanMerge;
    case 'array':
      return listMerge(schema, metadata);
    case 'object':
      return objectMerge(schema, metadata, schema['x-kubernetes-embedded-resource'] === true);
    default:
      return deducedMerge;
  }
}

function listMerge(schema: JsonSchema, metadata: MergeType): ListMerge {
  const items = itemsOf(schema) ?? {};
  const item = valueMerge(items, metadata);
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return setList(item);
    case 'map':
      return mapList(
        item,
        keys,
        Object.fromEntries(
          keys.flatMap((key) => {
            const value = items.properties?.[key]?.default;
            return value === undefined ? [] : [[key, value]];
          }),
        ),
      );
    default:
      return atomicList(item);
  }
}

function objectMerge(schema: JsonSchema, metadata: MergeType, resource: boolean): MapMerge {
  const fields = new Map(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [name, valueMerge(property, metadata)]),
  );
  if (resource) fields.set('apiVersion', stringMerge).set('kind', stringMerge).set('metadata', metadata);
  const additional = additionalOf(schema);
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  const rest = additional === undefined ? (open ? deducedMerge : undefined) : valueMerge(additional, metadata);
  return structMerge(fields, { rest, atomic: schema['x-kubernetes-map-type'] === 'atomic' });
}
