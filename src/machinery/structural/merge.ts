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
  return objectMerge(schema, { metadata, resource: true, open: false });
}

/** `open`: a schema around this one keeps unknown fields, and for merging that goes for all below it. */
interface Surroundings {
  readonly metadata: MergeType;
  readonly open: boolean;
}

function isOpen(schema: JsonSchema, { open }: Surroundings): boolean {
  return open || schema['x-kubernetes-preserve-unknown-fields'] === true;
}

function valueMerge(schema: JsonSchema, around: Surroundings): MergeType {
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
      return listMerge(schema, { ...around, open: isOpen(schema, around) });
    case 'object':
      return objectMerge(schema, { ...around, resource: schema['x-kubernetes-embedded-resource'] === true });
    default:
      return deducedMerge;
  }
}

function listMerge(schema: JsonSchema, around: Surroundings): ListMerge {
  const items = itemsOf(schema) ?? {};
  const item = valueMerge(items, around);
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

function objectMerge(
  schema: JsonSchema,
  { metadata, open, resource }: Surroundings & { readonly resource: boolean },
): MapMerge {
  const inside: Surroundings = { metadata, open: isOpen(schema, { metadata, open }) };
  const fields = new Map(
    Object.entries(schema.properties ?? {}).map(([name, property]) => [name, valueMerge(property, inside)]),
  );
  if (resource) fields.set('apiVersion', stringMerge).set('kind', stringMerge).set('metadata', metadata);
  const additional = additionalOf(schema);
  // An object of which nothing is said holds anything.
  const anything = inside.open || schema.additionalProperties === true || fields.size === 0;
  const rest = additional === undefined ? (anything ? deducedMerge : undefined) : valueMerge(additional, inside);
  return structMerge(fields, { rest, atomic: schema['x-kubernetes-map-type'] === 'atomic' });
}
