/**
 * Turns parsed Go packages into facts: flattens inline fields, resolves named types, reads tags and markers. The input
 * packages decide what is in the result; a reference to a type of a package that is not among them is an error.
 */
import { TerminalError } from '../../src/base/mod.ts';
import type { Facts, FieldFacts, TypeFacts } from '../../src/machinery/mod.ts';
import type { GoConstant, GoDeclaration, GoField, GoPackage, GoType, Marker } from './go-types.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type FieldEntries = Generator<readonly [string, FieldFacts]>;
type Gvk = { readonly group: string; readonly version: string; readonly kind: string };

const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';
const META_BETA = 'k8s.io/apimachinery/pkg/apis/meta/v1beta1';
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

/** Types whose JSON form is the value of the one field that is set. Their fields have no `json` tags. */
const UNTAGGED = /\.JSONSchemaPropsOr(Array|Bool|StringArray)$/;

/** Structs of the API packages that never travel. */
const NOT_SERVED = new Set([`${META}.InternalEvent`, `${META}.TypeMeta`, `${META}.Timestamp`]);

type GroupVersion = readonly [group: string, version: string];
const CORE: GroupVersion = ['', 'v1'];
const META_V1: GroupVersion = ['meta.k8s.io', 'v1'];
const META_V1BETA1: GroupVersion = ['meta.k8s.io', 'v1beta1'];

/** What `register.go` of meta/v1 adds to schemes. Go registers the options everywhere; clients send them as one of these. */
const META_KINDS: Readonly<Record<string, readonly GroupVersion[]>> = {
  Status: [CORE],
  APIVersions: [CORE],
  APIGroup: [CORE],
  APIGroupList: [CORE],
  APIResourceList: [CORE],
  Table: [META_V1, META_V1BETA1],
  TableOptions: [META_V1, META_V1BETA1],
  PartialObjectMetadata: [META_V1, META_V1BETA1],
  PartialObjectMetadataList: [META_V1],
  ListOptions: [CORE, META_V1],
  GetOptions: [CORE, META_V1],
  CreateOptions: [CORE, META_V1],
  UpdateOptions: [CORE, META_V1],
  PatchOptions: [CORE, META_V1],
};

/** Registered, and published in OpenAPI, under every group and version. */
const KINDS_EVERYWHERE = new Set(['DeleteOptions', 'WatchEvent']);

/** `k8s.io/api/core/v1.Pod` → `io.k8s.api.core.v1.Pod` */
function openApiName(goName: string): string {
  const [host = '', ...rest] = goName.split('/');
  return [...host.split('.').reverse(), ...rest].join('.');
}

interface Context {
  readonly declarations: ReadonlyMap<string, GoDeclaration>;
  readonly constants: readonly (GoConstant & { readonly path: string })[];
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
  if (declaration.underlying !== undefined && structOf(context, declaration) === undefined) {
    return typeText(context, declaration.underlying);
  }
  return SPECIAL[declaration.name] ?? openApiName(declaration.name);
}

/** The fields of a struct, also of `type List metav1.List`, a struct of its own with another's fields. */
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
  if (marker(declaration.markers, 'enum') !== undefined) {
    const values = context.constants.filter((c) => `${c.path}.${c.type}` === declaration.name).map((c) => c.value);
    return values.length === 0 ? undefined : [...new Set(values)].toSorted();
  }
  return declaration.underlying === undefined ? undefined : enumOf(context, declaration.underlying);
}

/** Go's `omitempty` does not omit these. */
function isStructByValue(context: Context, type: GoType): boolean {
  if (type.form !== 'name') return false;
  if (SPECIAL[type.name] !== undefined) return type.name.includes('.');
  const declaration = context.declarations.get(type.name);
  return declaration !== undefined && structOf(context, declaration) !== undefined;
}

function marker(markers: readonly Marker[], name: string): string | undefined {
  return markers.find((m) => m.name === name)?.value;
}

/** Markers that say how lists and maps merge. */
function applyMarkers(facts: Mutable<FieldFacts>, field: GoField): void {
  const of = (name: string) => marker(field.markers, name);
  const patchStrategy = of('patchStrategy');
  const patchMergeKey = of('patchMergeKey');
  const listType = of('listType');
  const mapType = of('mapType') ?? of('structType');
  const keys = field.markers.filter((m) => m.name === 'listMapKey').map((m) => m.value);
  if (patchStrategy !== undefined) facts.patchStrategy = patchStrategy;
  if (patchMergeKey !== undefined) facts.patchMergeKey = patchMergeKey;
  if (listType === 'atomic' || listType === 'set' || listType === 'map') facts.listType = listType;
  if (keys.length > 0) facts.listMapKeys = keys;
  if (mapType === 'atomic' || mapType === 'granular') facts.mapType = mapType;
}

/** As Go's OpenAPI generator has it. */
function isRequired(field: GoField, omitted: boolean): boolean {
  if (field.json === undefined || marker(field.markers, 'optional') !== undefined) return false;
  return !omitted || marker(field.markers, 'required') !== undefined;
}

/** A named list type with this marker becomes a message of its own. */
function isWrapped(context: Context, type: GoType): boolean {
  const declaration = type.form === 'name' ? context.declarations.get(type.name) : undefined;
  return declaration?.underlying?.form === 'list' && marker(declaration.markers, 'protobuf.nullable') !== undefined;
}

/** JSON, or the name of a constant: `+default=ref(ProtocolTCP)`. */
function defaultValue(context: Context, owner: string, text: string): unknown {
  const name = /^ref\((\w+)\)$/.exec(text)?.[1];
  if (name === undefined) return JSON.parse(text);
  const constant = context.constants.find((c) => c.name === name && owner.startsWith(`${c.path}.`));
  if (constant === undefined) throw new TerminalError(`${owner}: no package declares the constant ${name}`);
  return constant.value;
}

function fieldFacts(context: Context, owner: string, field: GoField, inside: readonly number[]): FieldFacts {
  const [, ...options] = (field.json ?? '').split(',');
  const omitted = options.includes('omitempty') || options.includes('omitzero');
  const facts: Mutable<FieldFacts> = { type: typeText(context, field.type) };
  const [, number] = (field.protobuf ?? '').split(',');
  if (number !== undefined) facts.number = Number(number);
  if (inside.length > 0) facts.inside = inside;
  if (isWrapped(context, field.type)) facts.wrapped = true;
  if (isRequired(field, omitted)) facts.required = true;
  if (field.type.form === 'pointer') facts.pointer = true;
  const written = !omitted || (!options.includes('omitzero') && isStructByValue(context, field.type));
  if (field.json !== undefined && written) facts.always = true;
  applyMarkers(facts, field);
  const fallback = marker(field.markers, 'default');
  if (fallback !== undefined) facts.default = defaultValue(context, owner, fallback);
  const values = enumOf(context, field.type);
  if (values !== undefined) facts.enum = values;
  return facts;
}

/** The name in JSON; an untagged type has none, there it is protobuf's. */
function fieldName(field: GoField): string {
  const [name = ''] = (field.json ?? '').split(',');
  return name === '' ? (/name=(\w+)/.exec(field.protobuf ?? '')?.[1] ?? field.name) : name;
}

function isInline(field: GoField): boolean {
  const [name = '', ...options] = (field.json ?? '').split(',');
  return options.includes('inline') || (field.embedded && name === '');
}

/** The fields of a struct with those that it inlines; `inside` leads to the protobuf message that holds them. */
function* flatten(
  context: Context,
  owner: string,
  fields: readonly GoField[],
  inside: readonly number[],
): FieldEntries {
  for (const field of fields) {
    if (field.json?.split(',')[0] === '-') continue;
    if (!isInline(field)) {
      yield [fieldName(field), fieldFacts(context, owner, field, inside)];
      continue;
    }
    if (field.type.form !== 'name') throw new TerminalError(`${owner} inlines ${field.name}, which is not a struct`);
    if (field.type.name === `${META}.TypeMeta`) continue;
    const inner = structOf(context, declarationOf(context, field.type.name));
    if (inner === undefined) throw new TerminalError(`${owner} inlines ${field.type.name}, which is not a struct`);
    const number = field.protobuf?.split(',')[1];
    yield* flatten(context, owner, inner, number === undefined ? inside : [...inside, Number(number)]);
  }
}

function typeFacts(
  context: Context,
  declaration: GoDeclaration,
  fields: readonly GoField[],
  gvks: readonly Gvk[],
): TypeFacts {
  const own: Record<string, FieldFacts> = {};
  for (const [name, facts] of flatten(context, declaration.name, fields, [])) {
    if (own[name] !== undefined) throw new TerminalError(`${declaration.name} has the field ${name} twice`);
    own[name] = facts;
  }
  const mapType = marker(declaration.markers, 'structType') ?? marker(declaration.markers, 'mapType');
  return {
    ...(mapType === 'atomic' || mapType === 'granular' ? { mapType } : {}),
    ...(gvks.length > 0 ? { gvks } : {}),
    ...(UNTAGGED.test(declaration.name) ? { untagged: true as const } : {}),
    fields: own,
  };
}

const versionOf = (pkg: GoPackage): string => pkg.path.slice(pkg.path.lastIndexOf('/') + 1);

/** Every group and version that a server registers, in OpenAPI's order; discovery documents are not in its scheme. */
function groupVersions(packages: readonly GoPackage[]): GroupVersion[] {
  return packages
    .filter((pkg) => !pkg.path.startsWith('k8s.io/apimachinery/') && pkg.group !== 'apidiscovery.k8s.io')
    .map((pkg): GroupVersion => [pkg.group ?? '', versionOf(pkg)])
    .toSorted((a, b) => (a.join('/') < b.join('/') ? -1 : 1));
}

function gvksOf(pkg: GoPackage, name: string, everywhere: readonly GroupVersion[]): Gvk[] {
  const gvk = ([group, version]: GroupVersion): Gvk => ({ group, version, kind: name });
  if (pkg.path === META) return (KINDS_EVERYWHERE.has(name) ? everywhere : (META_KINDS[name] ?? [])).map(gvk);
  if (pkg.path === META_BETA) return name === 'PartialObjectMetadataList' ? [gvk(META_V1BETA1)] : [];
  return pkg.kinds.includes(name) ? [gvk([pkg.group ?? '', versionOf(pkg)])] : [];
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
  for (const pkg of [...packages, ...input.support]) {
    for (const declaration of pkg.declarations) declarations.set(declaration.name, declaration);
  }
  const constants = packages.flatMap((pkg) => pkg.constants.map((constant) => ({ ...constant, path: pkg.path })));
  const context: Context = { declarations, constants };
  const everywhere = groupVersions(input.packages);
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
