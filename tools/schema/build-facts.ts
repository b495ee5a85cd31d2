/**
 * Turns parsed Go packages into facts: flattens inline fields, resolves named types, reads tags and markers. The input
 * packages decide what is in the result; a reference to a type of a package that is not among them is an error.
 */
import { TerminalError } from '../../src/base/errors.ts';
import type { Facts, FieldFacts, TypeFacts } from '../../src/machinery/schema.ts';
import type { GoDeclaration, GoField, GoPackage, GoType, Marker } from './go-types.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Gvk = { readonly group: string; readonly version: string; readonly kind: string };

const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';
const APIEXTENSIONS = 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/';

/** Go types with a JSON and protobuf form of their own. */
const SPECIAL: Readonly<Record<string, string>> = {
  [`${META}.Time`]: 'time',
  [`${META}.MicroTime`]: 'microtime',
  [`${META}.Duration`]: 'duration',
  [`${META}.FieldsV1`]: 'any',
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'int-or-string',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'raw',
  [`${APIEXTENSIONS}v1.JSON`]: 'any',
  [`${APIEXTENSIONS}v1beta1.JSON`]: 'any',
  'interface{}': 'any',
  any: 'any',
  string: 'string',
  bool: 'bool',
  int: 'int64',
  int32: 'int32',
  int64: 'int64',
  uint32: 'int64',
  uint64: 'int64',
  float64: 'double',
};

/** Structs of the API packages that never travel. */
const NOT_SERVED = new Set([`${META}.InternalEvent`, `${META}.TypeMeta`, `${META}.Timestamp`]);

/** What Go's `AddToGroupVersion` registers once, and under which names. */
const META_KINDS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  Status: [['', 'v1']],
  APIVersions: [['', 'v1']],
  APIGroup: [['', 'v1']],
  APIGroupList: [['', 'v1']],
  APIResourceList: [['', 'v1']],
  Table: [
    ['meta.k8s.io', 'v1'],
    ['meta.k8s.io', 'v1beta1'],
  ],
  TableOptions: [
    ['meta.k8s.io', 'v1'],
    ['meta.k8s.io', 'v1beta1'],
  ],
  PartialObjectMetadata: [
    ['meta.k8s.io', 'v1'],
    ['meta.k8s.io', 'v1beta1'],
  ],
  PartialObjectMetadataList: [['meta.k8s.io', 'v1']],
  ListOptions: [['meta.k8s.io', 'v1']],
  GetOptions: [['meta.k8s.io', 'v1']],
  CreateOptions: [['meta.k8s.io', 'v1']],
  UpdateOptions: [['meta.k8s.io', 'v1']],
  PatchOptions: [['meta.k8s.io', 'v1']],
};

/** Registered in every group and version. */
const KINDS_EVERYWHERE = ['DeleteOptions', 'WatchEvent'];

/** `k8s.io/api/core/v1.Pod` → `io.k8s.api.core.v1.Pod` */
export function openApiName(goName: string): string {
  const [host = '', ...rest] = goName.split('/');
  return [...host.split('.').reverse(), ...rest].join('.');
}

interface Context {
  readonly declarations: ReadonlyMap<string, GoDeclaration>;
  readonly constants: ReadonlyMap<string, readonly string[]>;
}

function declarationOf(context: Context, name: string): GoDeclaration {
  const found = context.declarations.get(name);
  if (found === undefined) throw new TerminalError(`no package declares the type ${name}`);
  if (found.alias && found.underlying?.form === 'name') return declarationOf(context, found.underlying.name);
  return found;
}

function typeText(context: Context, type: GoType): string {
  if (type.form === 'pointer') return typeText(context, type.of);
  if (type.form === 'map') return `{}${typeText(context, type.of)}`;
  if (type.form === 'list') {
    if (type.of.form === 'name' && (type.of.name === 'byte' || type.of.name === 'uint8')) return 'bytes';
    return `[]${typeText(context, type.of)}`;
  }
  const special = SPECIAL[type.name];
  if (special !== undefined) return special;
  const declaration = declarationOf(context, type.name);
  if (declaration.underlying !== undefined && !isCopyOfStruct(context, declaration)) {
    return typeText(context, declaration.underlying);
  }
  return SPECIAL[declaration.name] ?? openApiName(declaration.name);
}

/** `type List metav1.List`: a struct of its own with another's fields. */
function isCopyOfStruct(context: Context, declaration: GoDeclaration): boolean {
  return structOf(context, declaration) !== undefined;
}

function structOf(context: Context, declaration: GoDeclaration): readonly GoField[] | undefined {
  if (declaration.fields !== undefined) return declaration.fields;
  if (declaration.underlying?.form !== 'name' || SPECIAL[declaration.underlying.name] !== undefined) return undefined;
  const behind = declarationOf(context, declaration.underlying.name);
  return SPECIAL[behind.name] === undefined ? structOf(context, behind) : undefined;
}

/** The values of the enum that a field, or each item of a list, may hold. */
function enumOf(context: Context, type: GoType): readonly string[] | undefined {
  if (type.form !== 'name') return enumOf(context, type.of);
  const declaration = context.declarations.get(type.name);
  if (declaration === undefined) return undefined;
  if (declaration.markers.some((m) => m.name === 'enum')) return context.constants.get(declaration.name)?.toSorted();
  return declaration.underlying === undefined ? undefined : enumOf(context, declaration.underlying);
}

function isStructByValue(context: Context, type: GoType): boolean {
  if (type.form !== 'name') return false;
  const declaration = context.declarations.get(type.name);
  return declaration !== undefined && structOf(context, declaration) !== undefined || SPECIAL_STRUCTS.has(type.name);
}
const SPECIAL_STRUCTS = new Set(Object.keys(SPECIAL).filter((name) => name.includes('.')));

function marker(markers: readonly Marker[], name: string): string | undefined {
  return markers.find((m) => m.name === name)?.value;
}

/** Markers that describe how lists and maps merge, and the default. */
function applyMarkers(facts: Mutable<FieldFacts>, field: GoField): void {
  const of = (name: string) => marker(field.markers, name);
  const patchStrategy = of('patchStrategy');
  const patchMergeKey = of('patchMergeKey');
  const listType = of('listType');
  const mapType = of('mapType') ?? of('structType');
  const keys = field.markers.filter((m) => m.name === 'listMapKey').map((m) => m.value);
  const value = of('default');
  if (patchStrategy !== undefined) facts.patchStrategy = patchStrategy;
  if (patchMergeKey !== undefined) facts.patchMergeKey = patchMergeKey;
  if (listType === 'atomic' || listType === 'set' || listType === 'map') facts.listType = listType;
  if (keys.length > 0) facts.listMapKeys = keys;
  if (mapType === 'atomic' || mapType === 'granular') facts.mapType = mapType;
  if (value !== undefined && !value.startsWith('ref(')) facts.default = JSON.parse(value);
}

function fieldFacts(context: Context, field: GoField, inside: readonly number[]): FieldFacts {
  const [, ...options] = (field.json ?? '').split(',');
  const omitted = options.includes('omitempty') || options.includes('omitzero');
  const facts: Mutable<FieldFacts> = { type: typeText(context, field.type) };
  const [, number, rule] = (field.protobuf ?? '').split(',');
  if (number !== undefined) facts.number = Number(number);
  if (inside.length > 0) facts.inside = inside;
  if (facts.type.startsWith('[]') && number !== undefined && rule === 'opt') facts.wrapped = true;
  const optional = marker(field.markers, 'optional') !== undefined || (omitted && marker(field.markers, 'required') === undefined);
  if (!optional) facts.required = true;
  if (field.type.form === 'pointer') facts.pointer = true;
  if (!omitted || (!options.includes('omitzero') && isStructByValue(context, field.type))) facts.always = true;
  applyMarkers(facts, field);
  const values = enumOf(context, field.type);
  if (values !== undefined) facts.enum = values;
  return facts;
}

function collectFields(
  context: Context,
  owner: string,
  fields: readonly GoField[],
  inside: readonly number[],
  into: Record<string, FieldFacts>,
): void {
  for (const field of fields) {
    const [name = ''] = (field.json ?? '').split(',');
    if (name === '-') continue;
    const inline = field.json?.includes(',inline') === true || (field.embedded && name === '');
    if (!inline) {
      const key = name === '' ? field.name : name;
      if (into[key] !== undefined) throw new TerminalError(`${owner} has the field ${key} twice`);
      into[key] = fieldFacts(context, field, inside);
      continue;
    }
    const type = field.type.form === 'name' ? field.type : undefined;
    if (type === undefined) throw new TerminalError(`${owner} inlines something that is not a struct`);
    if (type.name === `${META}.TypeMeta`) continue;
    const number = field.protobuf?.split(',')[1];
    const inner = structOf(context, declarationOf(context, type.name));
    if (inner === undefined) throw new TerminalError(`${owner} inlines ${type.name}, which is not a struct`);
    collectFields(context, owner, inner, number === undefined ? inside : [...inside, Number(number)], into);
  }
}

/** JSON Schema's "schema or something else" types: their JSON form is the value of the one field that is set. */
function untaggedFields(goName: string, markers: readonly Marker[], version: string): TypeFacts | undefined {
  if (!goName.startsWith(APIEXTENSIONS)) return undefined;
  const props = openApiName(`${APIEXTENSIONS}${version}.JSONSchemaProps`);
  const kept: Record<string, Record<string, FieldFacts>> = {
    JSONSchemaPropsOrArray: {
      schema: { type: props, number: 1, pointer: true },
      jSONSchemas: { type: `[]${props}`, number: 2 },
    },
    JSONSchemaPropsOrBool: {
      allows: { type: 'bool', number: 1 },
      schema: { type: props, number: 2, pointer: true },
    },
    JSONSchemaPropsOrStringArray: {
      schema: { type: props, number: 1, pointer: true },
      property: { type: '[]string', number: 2 },
    },
  };
  const fields = kept[goName.slice(goName.lastIndexOf('.') + 1)];
  return fields === undefined || markers.length < 0 ? undefined : { fields, untagged: true };
}

function typeFacts(context: Context, declaration: GoDeclaration, fields: readonly GoField[], gvks: readonly Gvk[]): TypeFacts {
  const version = declaration.name.slice(declaration.name.lastIndexOf('/') + 1, declaration.name.lastIndexOf('.'));
  const untagged = untaggedFields(declaration.name, declaration.markers, version);
  if (untagged !== undefined) return untagged;
  const own: Record<string, FieldFacts> = {};
  collectFields(context, declaration.name, fields, [], own);
  const mapType = marker(declaration.markers, 'structType') ?? marker(declaration.markers, 'mapType');
  return {
    ...(mapType === 'atomic' || mapType === 'granular' ? { mapType } : {}),
    ...(gvks.length > 0 ? { gvks } : {}),
    fields: own,
  };
}

function gvksOf(pkg: GoPackage, name: string, everywhere: readonly (readonly [string, string])[]): Gvk[] {
  const gvk = ([group, version]: readonly [string, string]): Gvk => ({ group, version, kind: name });
  if (pkg.path === META) {
    return (KINDS_EVERYWHERE.includes(name) ? everywhere : (META_KINDS[name] ?? [])).map(gvk);
  }
  if (pkg.path === 'k8s.io/apimachinery/pkg/apis/meta/v1beta1') {
    return name === 'PartialObjectMetadataList' ? [gvk(['meta.k8s.io', 'v1beta1'])] : [];
  }
  if (pkg.group === undefined || !pkg.kinds.includes(name)) return [];
  return [gvk([pkg.group, pkg.path.slice(pkg.path.lastIndexOf('/') + 1)])];
}

export interface FactsInput {
  readonly version: string;
  /** Packages whose structs become types. */
  readonly packages: readonly GoPackage[];
  /** Packages of versions that the described release has dropped; they become types as well. */
  readonly retired: readonly GoPackage[];
  /** Packages that are only looked into for named types. */
  readonly support: readonly GoPackage[];
}

export function buildFacts(input: FactsInput): Facts {
  const packages = [...input.packages, ...input.retired];
  const declarations = new Map<string, GoDeclaration>();
  const constants = new Map<string, readonly string[]>();
  for (const pkg of [...packages, ...input.support]) {
    for (const declaration of pkg.declarations) declarations.set(declaration.name, declaration);
    for (const [type, values] of pkg.constants) constants.set(`${pkg.path}.${type}`, values);
  }
  const context: Context = { declarations, constants };
  const everywhere = input.packages
    .filter((pkg) => pkg.group !== undefined && pkg.path !== META && !pkg.group.startsWith('apidiscovery'))
    .map((pkg) => [pkg.group ?? '', pkg.path.slice(pkg.path.lastIndexOf('/') + 1)] as const)
    .toSorted((a, b) => (a.join('/') < b.join('/') ? -1 : 1));
  const types: Record<string, TypeFacts> = {};
  for (const pkg of packages) {
    for (const declaration of pkg.declarations) {
      const short = declaration.name.slice(declaration.name.lastIndexOf('.') + 1);
      if (declaration.alias || NOT_SERVED.has(declaration.name) || SPECIAL[declaration.name] !== undefined) continue;
      const fields = structOf(context, declaration);
      if (fields === undefined || !/^[A-Z]/.test(short)) continue;
      types[openApiName(declaration.name)] = typeFacts(context, declaration, fields, gvksOf(pkg, short, everywhere));
    }
  }
  const sorted = Object.entries(types).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { version: input.version, types: Object.fromEntries(sorted) };
}
