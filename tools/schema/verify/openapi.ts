/** Facts against an OpenAPI v2 document: definitions, fields, types, required, list and patch extensions, kinds. */
import type { Facts, FieldFacts, TypeFacts } from '../../../src/machinery/mod.ts';
import { messageName, type Report, SPECIAL_MESSAGES } from './protobuf.ts';

interface Property {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}
interface Definition {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-group-version-kind'?: TypeFacts['gvks'];
}
export interface Swagger {
  readonly definitions: Readonly<Record<string, Definition>>;
}

const SCALARS: Readonly<Record<string, string>> = {
  'string/': 'string',
  'string/byte': 'bytes',
  'integer/int32': 'int32',
  'integer/int64': 'int64',
  'number/double': 'double',
  'boolean/': 'bool',
  'object/': 'any',
  '/': 'any',
};

function typeOf(property: Property): string {
  if (property.$ref !== undefined) {
    const id = property.$ref.slice('#/definitions/'.length);
    return SPECIAL_MESSAGES[messageName(id)] ?? id;
  }
  if (property.items !== undefined) return `[]${typeOf(property.items)}`;
  if (property.additionalProperties !== undefined) return `{}${typeOf(property.additionalProperties)}`;
  const scalar = `${property.type ?? ''}/${property.format ?? ''}`;
  return SCALARS[scalar] ?? scalar;
}

function compareProperty(where: string, ours: FieldFacts, property: Property, report: Report): void {
  report(where, 'OpenAPI type', ours.type, typeOf(property));
  report(where, 'OpenAPI list type', ours.listType, property['x-kubernetes-list-type']);
  report(where, 'OpenAPI list map keys', ours.listMapKeys, property['x-kubernetes-list-map-keys']);
  report(where, 'OpenAPI patch strategy', ours.patchStrategy, property['x-kubernetes-patch-strategy']);
  report(where, 'OpenAPI patch merge key', ours.patchMergeKey, property['x-kubernetes-patch-merge-key']);
  report(where, 'OpenAPI map type', ours.mapType, property['x-kubernetes-map-type']);
}

function compareDefinition(id: string, type: TypeFacts, definition: Definition, report: Report): void {
  const gvks = definition['x-kubernetes-group-version-kind'];
  const isMeta = (name: string): boolean => name === 'apiVersion' || name === 'kind';
  // The facts leave a kind's own apiVersion and kind out.
  const theirs = Object.entries(definition.properties ?? {}).filter(([name]) => type.fields[name] || !isMeta(name));
  const ours = Object.keys(type.fields);
  if (type.untagged !== true) report(id, 'fields', ours.toSorted(), theirs.map(([name]) => name).toSorted());
  const required = ours.filter((name) => type.fields[name]?.required === true);
  report(id, 'required', required.toSorted(), (definition.required ?? []).toSorted());
  report(id, 'map type', type.mapType, definition['x-kubernetes-map-type']);
  const text = (all: TypeFacts['gvks']): string[] | undefined =>
    all?.map(({ group, version, kind }) => `${group}/${version}/${kind}`).toSorted();
  if (gvks !== undefined) report(id, 'gvks', text(type.gvks), text(gvks));
  for (const [name, property] of theirs) {
    const field = type.fields[name];
    if (field !== undefined) compareProperty(`${id}.${name}`, field, property, report);
  }
}

export function compareDefinitions(facts: Facts, swagger: Swagger, report: Report): void {
  for (const [id, definition] of Object.entries(swagger.definitions)) {
    const type = facts.types[id];
    if (type !== undefined) compareDefinition(id, type, definition, report);
    else if (SPECIAL_MESSAGES[messageName(id)] === undefined) report(id, 'definition', 'unknown', 'known');
  }
}
