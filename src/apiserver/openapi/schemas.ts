/** Definitions of OpenAPI from the facts of types. Version 2 and 3 differ in how they point to each other. */
import type { JsonObject } from '../../base/mod.ts';
import type { Facts, FieldFacts, TypeFacts } from '../../machinery/mod.ts';

export type Dialect = 'v2' | 'v3';

export function refTo(dialect: Dialect, name: string): string {
  return dialect === 'v2' ? `#/definitions/${name}` : `#/components/schemas/${name}`;
}

const scalars: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  bool: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  double: { type: 'number', format: 'double' },
};

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Types that are one value in JSON and a definition of their own in OpenAPI. */
const special: Readonly<Record<string, { readonly name: string; readonly v2: JsonObject; readonly v3?: JsonObject }>> =
  {
    time: { name: `${meta}.Time`, v2: { type: 'string', format: 'date-time' } },
    microtime: { name: `${meta}.MicroTime`, v2: { type: 'string', format: 'date-time' } },
    duration: { name: `${meta}.Duration`, v2: { type: 'string' } },
    quantity: {
      name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
      v2: { type: 'string' },
      v3: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    },
    'int-or-string': {
      name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
      v2: { type: 'string', format: 'int-or-string' },
      v3: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
    },
    raw: { name: 'io.k8s.apimachinery.pkg.runtime.RawExtension', v2: { type: 'object' } },
    any: { name: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON', v2: {} },
  };

/** The names of the definitions that a definition points to. */
export function references(facts: Facts, name: string): string[] {
  return Object.values(facts.types[name]?.fields ?? {}).flatMap(({ type }) => {
    const inner = innermost(type);
    return scalars[inner] === undefined ? [special[inner]?.name ?? inner] : [];
  });
}

function innermost(type: string): string {
  return type.replace(/^(\[\]|\{\})+/, '');
}

export function definition(facts: Facts, dialect: Dialect, name: string): JsonObject {
  const one = Object.values(special).find((candidate) => candidate.name === name);
  if (one !== undefined) return (dialect === 'v3' ? one.v3 : undefined) ?? one.v2;
  return object(dialect, facts.types[name] ?? { fields: {} });
}

function object(dialect: Dialect, { fields, gvks, mapType }: TypeFacts): JsonObject {
  const names = Object.keys(fields).sort();
  const properties: Record<string, JsonObject> = Object.fromEntries(
    names.map((name) => [name, property(dialect, fields[name] as FieldFacts)]),
  );
  if (gvks !== undefined) Object.assign(properties, { apiVersion: { type: 'string' }, kind: { type: 'string' } });
  const required = names.filter((name) => fields[name]?.required === true);
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(gvks === undefined
      ? {}
      : { 'x-kubernetes-group-version-kind': gvks.map(({ group, kind, version }) => ({ group, kind, version })) }),
    ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
  };
}

function property(dialect: Dialect, facts: FieldFacts): JsonObject {
  const { type, patchStrategy, patchMergeKey, listType, listMapKeys, mapType, default: fallback } = facts;
  return {
    ...typed(dialect, type),
    ...(dialect === 'v3' && fallback !== undefined ? { default: fallback as string } : {}),
    ...(listType === undefined || !type.startsWith('[]') ? {} : { 'x-kubernetes-list-type': listType }),
    ...(listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': listMapKeys }),
    ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
    ...(patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': patchStrategy }),
    ...(patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
  };
}

function typed(dialect: Dialect, type: string): JsonObject {
  if (type.startsWith('[]')) return { type: 'array', items: typed(dialect, type.slice(2)) };
  if (type.startsWith('{}')) return { type: 'object', additionalProperties: typed(dialect, type.slice(2)) };
  return scalars[type] ?? { $ref: refTo(dialect, special[type]?.name ?? type) };
}
