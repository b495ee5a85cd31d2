/**
 * Makes a kind of each served version of a definition: its own schema, columns, selectable fields and hooks, over the
 * collection that all versions share.
 */
import { isJsonObject, jsonEqual, type DeepReadonly, type Json, type JsonObject } from '../../base/mod.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
} from '../../api/mod.ts';
import {
  ageColumn,
  ApiError,
  apiVersionOf,
  compareVersions,
  compileJsonPath,
  defineKind,
  field,
  fieldIn,
  goNumber,
  goJson,
  humanDuration,
  invalid,
  mergeTypeOf,
  nameColumn,
  objectMetaSchema,
  PathError,
  simplePath,
  structuralErrors,
  unsupportedInSchema,
  valueAt,
  type Column,
  type Facts,
  type FieldError,
  type JsonSchema,
  type Kind,
  type KindVersion,
  type KubeObject,
  type ScaleStrategy,
  type StoredForm,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import type { Convert } from './conversion.ts';
import { lateDecoder, lateMerge, lateRules } from './late.ts';
import type { ObjectRules } from './rules.ts';
import { storedForms, type Shapes } from './stored.ts';

type Definition = DeepReadonly<CustomResourceDefinition>;
type Version = DeepReadonly<CustomResourceDefinitionVersion>;

export interface ResourceParts {
  readonly facts: Facts;
  readonly convert: Convert;
  /** The revision of the definition: what was written since then is as the schemas want it. */
  readonly revision: number;
  /** Whether the definition is being deleted by now. */
  readonly terminating: () => boolean;
}

/** The kinds of all served versions, the most preferred first. */
export function kindsOf(definition: Definition, parts: ResourceParts): Kind[] {
  const versions = [...definition.spec.versions].sort((a, b) => compareVersions(a.name, b.name));
  const shapes: Shapes = new Map(
    versions.map((version) => [
      apiVersionOf(definition.spec.group, version.name),
      lateDecoder(schemaOf(version), parts.facts, definition.spec.preserveUnknownFields === true),
    ]),
  );
  const stored = versions.find(({ storage }) => storage) ?? versions[0];
  const storage = apiVersionOf(definition.spec.group, stored?.name ?? '');
  return versions
    .filter(({ served }) => served)
    .map((version) => kindOf(definition, version, { ...parts, shapes, storage }));
}

/** In upstream's order, which discovery shows. */
const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function schemaOf({ schema }: Version): JsonSchema {
  return schema?.openAPIV3Schema ?? { 'x-kubernetes-preserve-unknown-fields': true };
}

/** What all versions of a definition have in common. */
interface SharedParts extends ResourceParts {
  readonly shapes: Shapes;
  /** The apiVersion that is stored. */
  readonly storage: string;
}

function kindOf(definition: Definition, version: Version, parts: SharedParts): Kind {
  const { group, scope, versions } = definition.spec;
  const names = definition.status?.acceptedNames ?? definition.spec.names;
  const schema = schemaOf(version);
  const apiVersion = apiVersionOf(group, version.name);
  const rules = lateRules(schema);
  const { status, scale } = version.subresources ?? {};
  const checks: Checks = { rules, scale };
  const storedForm: StoredForm = storedForms({ apiVersion, kind: names.kind, ...parts });
  const decoder = parts.shapes.get(apiVersion);
  return defineKind<KubeObject>({
    group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === 'Namespaced',
    schema: schemaName(group, version.name, names.kind),
    versions: [
      {
        version: version.name,
        schema: schemaName(group, version.name, names.kind),
        ...(decoder === undefined ? {} : { decoder }),
        ...toldOf(schema, definition.spec.preserveUnknownFields === true),
        mergeType: lateMerge(schema, mergeTypeOf(objectMetaSchema, parts.facts)),
        ...deprecation(definition, version),
      } satisfies KindVersion,
    ],
    storedAs: apiVersion,
    storedForm,
    collection: `/registry/${group}/${names.plural}/`,
    verbs,
    isEnding: parts.terminating,
    strategy: strategyOf(checks, { hasStatus: status !== undefined, terminating: parts.terminating }),
    subresources: {
      ...(status === undefined ? {} : { status: { type: 'part', strategy: statusPart(checks) } }),
      ...(scale === undefined
        ? {}
        : { scale: { type: 'scale', scale: scaleOf(scale, versions), columns: scaleColumns } }),
    },
    columns: columnsOf(version),
    selectable: selectableOf(version, schema),
  });
}

/**
 * What OpenAPI says of a version. What is not structural, which only those with unknown fields may be, is not said at all; old
 * clients would take what is said for all that there may be.
 */
function toldOf(schema: JsonSchema, open: boolean): Pick<KindVersion, 'openapi' | 'openapiV2'> {
  if (!open) return { openapi: schema as unknown as JsonObject };
  const structural = unsupportedInSchema(schema) === undefined && structuralErrors(schema, field('spec')).length === 0;
  return { openapi: structural ? (schema as unknown as JsonObject) : {}, openapiV2: {} };
}

/** `com.example.v1.Widget`. */
function schemaName(group: string, version: string, kind: string): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

function deprecation({ spec }: Definition, version: Version): { readonly deprecated?: string } {
  if (version.deprecated !== true) return {};
  if (version.deprecationWarning !== undefined) return { deprecated: version.deprecationWarning };
  const [better] = spec.versions
    .filter(({ served, deprecated, name }) => served && deprecated !== true && compareVersions(name, version.name) < 0)
    .sort((a, b) => compareVersions(a.name, b.name));
  const about = (name: string): string => `${spec.group}/${name} ${spec.names.kind}`;
  const use = better === undefined ? '' : `; use ${about(better.name)}`;
  return { deprecated: `${about(version.name)} is deprecated${use}` };
}

interface Checks {
  readonly rules: ObjectRules;
  readonly scale: DeepReadonly<CustomResourceSubresourceScale> | undefined;
}

interface StrategyOptions {
  readonly hasStatus: boolean;
  readonly terminating: () => boolean;
}

function strategyOf(checks: Checks, { hasStatus, terminating }: StrategyOptions): Strategy<KubeObject> {
  return {
    unconditionalUpdate: false,
    plainFinalizers: true,
    prepareForCreate(draft) {
      if (terminating())
        throw new ApiError('MethodNotAllowed', 'create not allowed while custom resource definition is terminating', {
          details: {},
        });
      if (hasStatus) delete (draft as Record<string, unknown>)['status'];
      if (draft.metadata !== undefined) draft.metadata.generation = 1;
    },
    prepareForUpdate(draft, old) {
      // Everything but the metadata counts, also a status that is no subresource.
      const { metadata: _new, ...now } = draft as Record<string, unknown>;
      const { metadata: _old, ...before } = old as Record<string, unknown>;
      if (draft.metadata !== undefined && !jsonEqual(now, before))
        draft.metadata.generation = (old.metadata?.generation ?? 0) + 1;
    },
    validate: (object) => [...checks.rules.errors(object), ...scaleErrors(object, checks.scale, 'spec')],
    validateUpdate: (object, old) => [
      ...checks.rules.errors(object, old),
      ...scaleErrors(object, checks.scale, 'spec'),
    ],
    warnings: finalizerWarnings,
  };
}

function finalizerWarnings(object: DeepReadonly<KubeObject>, old?: DeepReadonly<KubeObject>): string[] {
  const before = old?.metadata?.finalizers ?? [];
  return (object.metadata?.finalizers ?? [])
    .filter((name) => !before.includes(name) && !name.includes('/') && !['orphan', 'foregroundDeletion'].includes(name))
    .sort()
    .map(
      (name) =>
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`,
    );
}

/** A status is written without anything of the metadata but who manages which fields. */
function statusPart({ rules, scale }: Checks): UpdateStrategy<KubeObject> {
  return {
    prepareForUpdate(draft, old) {
      const metadata = (draft.metadata ??= {}) as Record<string, unknown>;
      const before = (old.metadata ?? {}) as Readonly<Record<string, unknown>>;
      for (const name of new Set([...Object.keys(metadata), ...Object.keys(before)])) {
        if (name === 'managedFields') continue;
        if (before[name] === undefined) delete metadata[name];
        else metadata[name] = structuredClone(before[name]);
      }
    },
    validateUpdate: (object, old) => [...rules.statusErrors(object, old), ...scaleErrors(object, scale, 'status')],
  };
}

const replicasMax = 2 ** 31 - 1;

/** `spec`: what the client writes there must make a scale; the status must either way. */
function scaleErrors(
  object: DeepReadonly<KubeObject>,
  scale: DeepReadonly<CustomResourceSubresourceScale> | undefined,
  written: 'spec' | 'status',
): FieldError[] {
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale;
  for (const path of written === 'spec' ? [specReplicasPath, statusReplicasPath] : [statusReplicasPath]) {
    const value = valueAt(object as Json, simplePath(path));
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isInteger(value))
      errors.push(invalid(path, 0, `${path} accessor error: ${goText(value)}, expected int64`));
    else if (value < 0) errors.push(invalid(path, value, 'should be a non-negative integer'));
    else if (value > replicasMax) errors.push(invalid(path, value, `should be less than or equal to ${replicasMax}`));
  }
  const selector = labelSelectorPath === '' ? undefined : valueAt(object as Json, simplePath(labelSelectorPath));
  if (selector !== undefined && typeof selector !== 'string')
    errors.push(
      invalid(labelSelectorPath, '', `${labelSelectorPath} accessor error: ${goText(selector)}, expected string`),
    );
  return errors;
}

function goText(value: Json): string {
  const type =
    typeof value === 'number'
      ? Number.isInteger(value)
        ? 'int64'
        : 'float64'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'string'
          ? 'string'
          : Array.isArray(value)
            ? '[]interface {}'
            : 'map[string]interface {}';
  return `${typeof value === 'object' ? goJson(value) : String(value)} is of the type ${type}`;
}

function scaleOf(
  scale: DeepReadonly<CustomResourceSubresourceScale>,
  versions: readonly Version[],
): ScaleStrategy<KubeObject> {
  const spec = simplePath(scale.specReplicasPath);
  const status = simplePath(scale.statusReplicasPath);
  const selector = (scale.labelSelectorPath ?? '') === '' ? undefined : simplePath(scale.labelSelectorPath ?? '');
  return {
    replicas(object) {
      const wanted = valueAt(object as Json, spec);
      if (typeof wanted !== 'number')
        throw ApiError.internal(`the spec replicas field ${JSON.stringify(scale.specReplicasPath)} does not exist`);
      const there = valueAt(object as Json, status);
      const text = selector === undefined ? undefined : valueAt(object as Json, selector);
      return {
        spec: wanted,
        status: typeof there === 'number' ? there : 0,
        selector: typeof text === 'string' ? text : '',
      };
    },
    setReplicas(draft, replicas) {
      let target = draft as Record<string, unknown>;
      for (const name of spec.slice(0, -1)) {
        // The draft shares its parts with what was read.
        const inner = isJsonObject(target[name]) ? { ...target[name] } : {};
        target[name] = inner;
        target = inner;
      }
      target[spec.at(-1) ?? ''] = replicas;
    },
    replicasPath(version) {
      const path = versions.find(({ name }) => name === version)?.subresources?.scale?.specReplicasPath;
      return path === undefined ? undefined : simplePath(path);
    },
  };
}

const usualColumns: readonly DeepReadonly<CustomResourceColumnDefinition>[] = [
  { name: 'Age', type: 'date', description: ageColumn().description, jsonPath: '.metadata.creationTimestamp' },
];

const scaleColumns = [
  nameColumn<KubeObject>(),
  ...[
    { name: 'Desired', type: 'integer', description: 'Number of desired replicas', jsonPath: '.spec.replicas' },
    { name: 'Available', type: 'integer', description: 'Number of actual replicas', jsonPath: '.status.replicas' },
    ...usualColumns,
  ].map(columnOf),
];

function columnsOf({ additionalPrinterColumns: given = [] }: Version): Column<KubeObject>[] {
  const columns = (given.length === 0 ? usualColumns : given).map(columnOf);
  return [nameColumn<KubeObject>(), ...columns];
}

function columnOf(column: DeepReadonly<CustomResourceColumnDefinition>): Column<KubeObject> {
  const { name, type, format = '', description = '', priority = 0, jsonPath } = column;
  const find = pathOrNothing(jsonPath);
  return {
    name,
    type: type as Column<KubeObject>['type'],
    ...(format === '' ? {} : { format }),
    description:
      description === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
    priority,
    cell: (object, now) => {
      const [value] = find(object as Json);
      return value === undefined ? null : cellOf(value, type, now);
    },
  };
}

/** A path that cannot be read is not refused by upstream either: its column is empty. */
function pathOrNothing(jsonPath: string): (value: Json) => Json[] {
  try {
    return compileJsonPath(jsonPath);
  } catch (error) {
    if (error instanceof PathError) return () => [];
    throw error;
  }
}

function cellOf(value: Json, type: string, now: number): Json {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date': {
      if (typeof value !== 'string') return null;
      const time = Date.parse(value);
      return Number.isNaN(time) ? '<invalid>' : humanDuration(now - time);
    }
    default:
      return typeof value === 'string' ? value : typeof value === 'number' ? goNumber(value) : goJson(value);
  }
}

function selectableOf({ selectableFields = [] }: Version, schema: JsonSchema): Kind['selectable'] {
  return Object.fromEntries(
    selectableFields.flatMap(({ jsonPath }) => {
      try {
        const { path, names } = fieldIn(jsonPath, schema, { brackets: false });
        return [[path.toString(), (object: DeepReadonly<KubeObject>) => fieldText(valueAt(object as Json, names))]];
      } catch (error) {
        if (error instanceof PathError) return [];
        throw error;
      }
    }),
  );
}

function fieldText(value: Json | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}
