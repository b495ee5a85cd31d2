/** Definitions of OpenAPI from the facts of types, and of what custom resources say of themselves, in the two dialects. */
import { isJsonObject, type JsonObject } from '../../base/mod.ts';
import type { Facts, FieldFacts, KindVersion, TypeFacts } from '../../machinery/mod.ts';

export type Dialect = 'v2' | 'v3';

/** What people are told of a definition and its fields. The text of the definition itself is under the empty name. */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A custom resource's version with its address. */
export interface CustomType {
  readonly group: string;
  readonly kind: string;
  readonly listKind: string;
  readonly version: KindVersion;
}

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
    fields: { name: `${meta}.FieldsV1`, v2: { type: 'object' } },
    patch: { name: `${meta}.Patch`, v2: { type: 'object' } },
  };

const managedFields = `${meta}.ManagedFieldsEntry`;

/** Makes the definitions of one dialect. */
export class Definitions {
  readonly #facts: Facts;
  readonly #dialect: Dialect;
  readonly #descriptions: Descriptions;
  readonly #custom = new Map<string, JsonObject>();

  constructor(facts: Facts, dialect: Dialect, descriptions: Descriptions, custom: readonly CustomType[]) {
    this.#facts = facts;
    this.#dialect = dialect;
    this.#descriptions = descriptions;
    for (const type of custom) {
      const name = type.version.schema;
      this.#custom.set(name, this.#customObject(type));
      this.#custom.set(`${name}List`, this.#customList(type));
    }
  }

  of(name: string): JsonObject {
    const custom = this.#custom.get(name);
    if (custom !== undefined) return custom;
    const one = Object.values(special).find((candidate) => candidate.name === name);
    if (one === undefined) return this.#object(name, this.#facts.types[name] ?? { fields: {} });
    return { ...this.#about(name, ''), ...((this.#dialect === 'v3' ? one.v3 : undefined) ?? one.v2) };
  }

  #object(name: string, { fields, gvks, mapType, untagged }: TypeFacts): JsonObject {
    if (untagged === true) return this.#about(name, '');
    const properties: Record<string, JsonObject> = Object.fromEntries(
      Object.entries(fields).map(([field, facts]) => [field, this.#property(name, field, facts)]),
    );
    // An event of a watch says nothing of itself.
    if (gvks !== undefined && name !== `${meta}.WatchEvent`) Object.assign(properties, this.#self(name));
    // In the order of Go's struct, as upstream writes them; the properties by name.
    const required = Object.keys(fields).filter((field) => fields[field]?.required === true);
    return {
      ...this.#about(name, ''),
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      ...(Object.keys(properties).length === 0
        ? {}
        : { properties: Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1))) }),
      ...(gvks === undefined
        ? {}
        : { 'x-kubernetes-group-version-kind': gvks.map(({ group, kind, version }) => ({ group, kind, version })) }),
      ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
    };
  }

  #self(name: string): Record<string, JsonObject> {
    return {
      apiVersion: { ...this.#about(name, 'apiVersion'), type: 'string' },
      kind: { ...this.#about(name, 'kind'), type: 'string' },
    };
  }

  #about(type: string, field: string): { description?: string } {
    const description = this.#descriptions[type]?.[field];
    return description === undefined ? {} : { description };
  }

  /**
   * The models say nothing of a field whose value is a type of its own. Clients of version 3 then show what the type is;
   * those of version 2 show nothing, so there it is said of the field.
   */
  #aboutField(type: string, name: string, facts: FieldFacts): { description?: string } {
    const about = this.#about(type, name);
    if (about.description !== undefined || this.#dialect === 'v3') return about;
    return this.#about(facts.type.replace(/^(\[\]|\{\})+/, ''), '');
  }

  #property(type: string, name: string, facts: FieldFacts): JsonObject {
    const { patchStrategy, patchMergeKey, listType, listMapKeys, mapType, default: fallback } = facts;
    const shape =
      type === managedFields && name === 'fieldsV1' ? this.#ref(`${meta}.FieldsV1`) : this.#typed(facts.type);
    const more: JsonObject = {
      ...this.#aboutField(type, name, facts),
      ...(this.#dialect === 'v3' && fallback !== undefined ? { default: fallback as string } : {}),
      ...(listType === undefined || !/^(\[\]|bytes$)/.test(facts.type) ? {} : { 'x-kubernetes-list-type': listType }),
      ...(listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': listMapKeys }),
      ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
      ...(patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': patchStrategy }),
      ...(patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
    };
    return this.#beside(shape, more);
  }

  /** In version 3 nothing may stand beside a reference. */
  #beside(shape: JsonObject, more: JsonObject): JsonObject {
    return this.#dialect === 'v3' && '$ref' in shape && Object.keys(more).length > 0
      ? { allOf: [shape], ...more }
      : { ...shape, ...more };
  }

  #ref(name: string): JsonObject {
    return { $ref: refTo(this.#dialect, name) };
  }

  #typed(type: string): JsonObject {
    if (type.startsWith('[]')) return { type: 'array', items: this.#typed(type.slice(2)) };
    if (type.startsWith('{}')) return { type: 'object', additionalProperties: this.#typed(type.slice(2)) };
    return scalars[type] ?? this.#ref(special[type]?.name ?? type);
  }

  #customObject({ group, kind, version }: CustomType): JsonObject {
    const schema = this.#dialect === 'v2' ? toV2(version.openapiV2 ?? version.openapi ?? {}) : (version.openapi ?? {});
    const pod = 'io.k8s.api.core.v1.Pod';
    const properties = isJsonObject(schema['properties']) ? schema['properties'] : undefined;
    const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || Object.keys(schema).length === 0;
    return {
      ...schema,
      type: 'object',
      ...(properties === undefined && isOpen
        ? {}
        : {
            properties: {
              ...properties,
              ...this.#self(pod),
              metadata: this.#beside(this.#ref(`${meta}.ObjectMeta`), this.#about(pod, 'metadata')),
            },
          }),
      'x-kubernetes-group-version-kind': [{ group, kind, version: version.version }],
    };
  }

  #customList({ group, kind, listKind, version }: CustomType): JsonObject {
    const list = 'io.k8s.api.core.v1.PodList';
    return {
      description: `${listKind} is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...this.#self(list),
        items: {
          description: `List of ${kind}.`,
          type: 'array',
          items: this.#ref(version.schema),
        },
        metadata: this.#beside(this.#ref(`${meta}.ListMeta`), this.#about(list, 'metadata')),
      },
      'x-kubernetes-group-version-kind': [{ group, kind: listKind, version: version.version }],
    };
  }
}

/**
 * A custom resource's schema in what version 2 can say: no logic, no nullable and no defaults; where unknown fields are kept,
 * the known ones are not told, because old clients would drop the others.
 */
function toV2(schema: JsonObject): JsonObject {
  const { nullable, 'x-kubernetes-preserve-unknown-fields': preserves, 'x-kubernetes-int-or-string': either } = schema;
  const dropped = new Set(['nullable', 'default', 'oneOf', 'anyOf', 'allOf', 'not', 'x-kubernetes-validations']);
  if (nullable === true || either === true) dropped.add('type');
  if (preserves === true || nullable === true)
    for (const name of ['items', 'properties', 'additionalProperties', 'required']) dropped.add(name);
  const out: Record<string, JsonObject[string]> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (dropped.has(name) || value === undefined) continue;
    if (name === 'properties' && isJsonObject(value))
      out[name] = Object.fromEntries(
        Object.entries(value).map(([field, inner]) => [field, isJsonObject(inner) ? toV2(inner) : inner]),
      );
    else if ((name === 'items' || name === 'additionalProperties') && isJsonObject(value)) out[name] = toV2(value);
    else out[name] = value;
  }
  return out;
}

const pointer = /"\$ref":"#\/(?:definitions|components\/schemas)\/([^"]+)"/g;

/** The definitions that JSON points to. */
export function references(value: JsonObject): string[] {
  return [...JSON.stringify(value).matchAll(pointer)].map(([, name = '']) => name);
}
