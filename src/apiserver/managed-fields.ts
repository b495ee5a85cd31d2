/**
 * Who owns which fields, at the API server: every write by a client brings `metadata.managedFields` up to date, and an apply
 * patch makes the object that its configuration leads to. What the rules are is in `machinery/apply/`; here is which manager,
 * version and subresource a request stands for, and how objects come to be in a version.
 */
import { isJsonObject, jsonEqual, type DeepReadonly, type JsonObject } from '../base/mod.ts';
import {
  ApiError,
  apiVersionOf,
  applyConfiguration,
  DecodeError,
  deducedMerge,
  entriesProblem,
  excluding,
  fieldSet,
  forbidden,
  groupResource,
  invalid,
  mergeTypeOf,
  parseApiVersion,
  required,
  sameButTimes,
  tooLong,
  updateFields,
  utf8Length,
  type FieldError,
  type FieldPath,
  type FieldWrite,
  type Kind,
  type KindVersion,
  type KubeObject,
  type ManagedEntry,
  type ManagedFieldsEntry,
  type MergeType,
} from '../machinery/mod.ts';
import { fromStorage, toStorage, versionOf } from './codec.ts';
import type { Operation } from './operation.ts';
import { kept } from './stored-form.ts';
import type { WriteWorld } from './world.ts';

const managerBytesMax = 128;
const plain = /^[ -~]{0,128}$/;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Throws ApiError Invalid for a field manager or `force` that cannot be, in the words for the verb. */
export function checkManagerOptions({ verb, patchType, options }: Operation): void {
  const { fieldManager = '', force } = options;
  if (fieldManager === '' && force === undefined && patchType !== 'apply') return;
  const errors: FieldError[] = [];
  if (patchType === 'apply') {
    if (fieldManager === '') errors.push(required('fieldManager', 'is required for apply patch'));
  } else if (force !== undefined && verb === 'patch')
    errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  errors.push(...managerErrors(fieldManager, 'fieldManager'));
  const kind = verb === 'patch' ? 'PatchOptions' : verb === 'update' ? 'UpdateOptions' : 'CreateOptions';
  if (errors.length > 0) throw ApiError.invalid({ group: 'meta.k8s.io', kind }, '', errors);
}

const subresourceBytesMax = 256;

/** What is wrong with entries that a client set itself. */
export function managedFieldsErrors(entries: DeepReadonly<ManagedFieldsEntry[]>, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { manager = '', subresource = '' }] of entries.entries()) {
    if (subresource.length * 4 <= subresourceBytesMax && plain.test(manager)) continue;
    errors.push(...managerErrors(manager, path.index(i).child('manager')));
    if (utf8Length(subresource) > subresourceBytesMax)
      errors.push(tooLong(path.index(i).child('subresource'), subresourceBytesMax));
  }
  return errors;
}

function managerErrors(manager: string, path: FieldPath | string): FieldError[] {
  const errors = utf8Length(manager) > managerBytesMax ? [tooLong(path, managerBytesMax)] : [];
  let position = 0;
  for (const char of manager) {
    if (!printable.test(char))
      errors.push(invalid(path, manager, `invalid character ${codePoint(char)} (at position ${position})`));
    position += utf8Length(char);
  }
  return errors;
}

/** Go's `%#U` of what cannot be printed. */
function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Who writes: the field manager that the request names, or the program that sends it. */
export function managerOf({ options, userAgent = '' }: Operation): string {
  const { fieldManager = '' } = options;
  if (fieldManager !== '') return fieldManager;
  const slash = userAgent.indexOf('/');
  const program = slash < 0 ? userAgent : userAgent.slice(0, slash);
  if (plain.test(program)) return program;
  let name = '';
  for (const char of program) {
    if (!printable.test(char)) continue;
    if (utf8Length(name + char) > managerBytesMax) break;
    name += char;
  }
  return name;
}

/** What somebody writes, in the version that the hooks see. `live` is undefined for a new object. */
export interface TrackedWrite {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly live: DeepReadonly<KubeObject> | undefined;
  readonly draft: KubeObject;
}

/** Brings the managed fields of a draft up to date; a promise only if an object must be converted. */
export function trackFields(
  world: WriteWorld,
  { kind, operation, live, draft }: TrackedWrite,
): Promise<void> | undefined {
  const write = fieldWrite(world, kind, operation);
  const inVersion = (object: DeepReadonly<KubeObject>): DeepReadonly<KubeObject> =>
    fromStorage(kind, operation.version, object);
  const before = live === undefined ? (write.empty as DeepReadonly<KubeObject>) : inVersion(live);
  const updated = updateFields(before, inVersion(draft), write);
  if (updated instanceof Promise) return updated.then((entries) => setEntries(draft, entries));
  setEntries(draft, updated);
  return undefined;
}

function setEntries(draft: KubeObject, entries: readonly ManagedEntry[] | undefined): void {
  const metadata = (draft.metadata ??= {});
  if (entries === undefined) delete metadata.managedFields;
  else metadata.managedFields = entries as ManagedEntry[];
}

/** Puts back the entries that admission has made invalid. Gives a warning that says so. */
export function restoreEntries(
  draft: KubeObject | undefined,
  before: ManagedFieldsEntry[] | undefined,
): readonly string[] {
  const metadata = draft?.metadata;
  if (metadata === undefined || metadata.managedFields === before) return [];
  const problem = entriesProblem(metadata.managedFields);
  if (problem === undefined) return [];
  if (before === undefined) delete metadata.managedFields;
  else metadata.managedFields = before;
  return [
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
  ];
}

/** Whether a draft is what is stored, or differs in nothing but when fields were managed: then the times are put back. */
export function isUnchanged(draft: KubeObject, old: DeepReadonly<KubeObject>): boolean {
  const { metadata } = draft;
  const now = metadata?.managedFields;
  const before = old.metadata?.managedFields;
  if (metadata === undefined || now === undefined || before === undefined) return jsonEqual(draft, old);
  // The rest first: most often it has changed, and is looked at sooner than who owns what.
  metadata.managedFields = before as ManagedEntry[];
  if (jsonEqual(draft, old) && sameButTimes(now, before)) return true;
  metadata.managedFields = now;
  return false;
}

/**
 * The object that an apply patch leads to, decoded, in the version of the request. `live` is in the version that the hooks
 * see; undefined: there is none yet. Throws ApiError.
 */
export async function applied(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  live: DeepReadonly<KubeObject> | undefined,
): Promise<KubeObject> {
  const { version, options, bodyFindings: findings = [] } = operation;
  const { schema, decoder } = versionOf(kind, version);
  const gvk = { group: kind.group, version, kind: kind.kind };
  const config = configurationOf(operation.body, gvk);
  const write = fieldWrite(world, kind, operation);
  const current = live === undefined ? (write.empty as DeepReadonly<KubeObject>) : fromStorage(kind, version, live);
  const { object: body, entries } = await applyConfiguration(current, config, write, options.force === true);
  const validation = options.fieldValidation ?? 'Warn';
  const finding = findings[0] === undefined ? undefined : `error converting YAML to JSON: ${findings[0]}`;
  if (finding !== undefined && validation === 'Strict')
    throw ApiError.badRequest(`error strict decoding YAML: ${finding}`);
  if (finding !== undefined && validation === 'Warn') operation.warn?.(finding);
  const object = world.codec.decode({ gvk, schema, decoder, body, validation: 'Ignore' });
  setEntries(object, entries);
  return object;
}

/** The body of an apply patch: an object of the kind. Throws ApiError BadRequest. */
export function configurationOf(
  body: unknown,
  gvk: { readonly group: string; readonly version: string; readonly kind: string },
): JsonObject {
  if (!isJsonObject(body)) {
    const type = Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body;
    throw ApiError.badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  const { apiVersion = '', kind = '' } = body;
  const sent = parseApiVersion(typeof apiVersion === 'string' ? apiVersion : '');
  if (sent.group === gvk.group && sent.version === gvk.version && kind === gvk.kind) return body;
  throw ApiError.badRequest(
    `invalid object type: ${sent.group}/${sent.version}, Kind=${typeof kind === 'string' ? kind : ''}`,
  );
}

/** Throws ApiError for an object that apply is about to create although it names one that was there. */
export function refuseUid(kind: Kind, name: string, { metadata = {} }: KubeObject): void {
  if ((metadata.uid ?? '') !== '')
    throw ApiError.conflict(
      kind,
      name,
      `uid mismatch: the provided object specified uid ${metadata.uid ?? ''}, and no existing object was found`,
    );
}

function fieldWrite(world: WriteWorld, kind: Kind, operation: Operation): FieldWrite {
  const { version, subresource = '' } = operation;
  return {
    manager: managerOf(operation),
    apiVersion: apiVersionOf(kind.group, version),
    subresource,
    now: world.clock.now(),
    without: excluded(kind, subresource),
    versions: versionsOf(world, kind),
    empty: emptyObject(world, kind, version),
  };
}

const nothingExcluded: FieldWrite['without'] = (set) => set;
const statusExcluded = excluding(fieldSet(['f:status']));
const specExcluded = excluding(fieldSet(['f:spec']));
const metadataExcluded = excluding(fieldSet(['f:spec'], ['f:metadata']));
const podStatusExcluded = excluding(
  fieldSet(['f:spec'], ['f:metadata', 'f:deletionTimestamp'], ['f:metadata', 'f:ownerReferences']),
);
const labelsExcluded = excluding(fieldSet(['f:spec'], ['f:metadata', 'f:labels']));
/** What a write of the status does not write besides the spec. */
const excludedFromStatus: Readonly<Record<string, FieldWrite['without']>> = {
  pods: podStatusExcluded,
  'deployments.apps': labelsExcluded,
  'customresourcedefinitions.apiextensions.k8s.io': metadataExcluded,
  'apiservices.apiregistration.k8s.io': metadataExcluded,
  'flowschemas.flowcontrol.apiserver.k8s.io': metadataExcluded,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': metadataExcluded,
  'volumeattachments.storage.k8s.io': metadataExcluded,
  'resourceclaims.resource.k8s.io': metadataExcluded,
};

/** The fields that a way of writing resets, and that nobody owns through it. */
function excluded(kind: Kind, subresource: string): FieldWrite['without'] {
  if (kind.subresources['status'] === undefined) return nothingExcluded;
  if (subresource !== 'status') return statusExcluded;
  // Of custom resources the status writes nothing else.
  if (kind.versions[0]?.decoder !== undefined) return metadataExcluded;
  return excludedFromStatus[groupResource(kind)] ?? specExcluded;
}

const emptyObjects = new WeakMap<KindVersion, JsonObject>();

/** What Go's zero value of the type is as JSON; fields that are always written are there. */
function emptyObject(world: WriteWorld, kind: Kind, version: string): JsonObject {
  const kindVersion = versionOf(kind, version);
  let empty = emptyObjects.get(kindVersion);
  if (empty === undefined) {
    const { schema, decoder } = kindVersion;
    const gvk = { group: kind.group, version, kind: kind.kind };
    empty = (
      decoder === undefined
        ? world.codec.decode({ gvk, schema, body: {}, validation: 'Ignore' })
        : { apiVersion: apiVersionOf(kind.group, version), kind: kind.kind }
    ) as JsonObject;
    emptyObjects.set(kindVersion, empty);
  }
  return empty;
}

const versionsByKind = new WeakMap<Kind, FieldWrite['versions']>();

/** The versions of a kind, including those that are kinds of their own over the same collection. */
export function versionsOf(world: WriteWorld, kind: Kind): FieldWrite['versions'] {
  let versions = versionsByKind.get(kind);
  if (versions === undefined) versionsByKind.set(kind, (versions = new KindVersions(world, kind)));
  return versions;
}

class KindVersions {
  readonly #world: WriteWorld;
  readonly #kind: Kind;
  readonly #own: ReadonlyMap<string, MergeType>;

  constructor(world: WriteWorld, kind: Kind) {
    this.#world = world;
    this.#kind = kind;
    this.#own = new Map(
      kind.versions.map((version) => [apiVersionOf(kind.group, version.version), mergeTypeIn(world, version)]),
    );
  }

  typeOf(apiVersion: string): MergeType | undefined {
    const own = this.#own.get(apiVersion);
    if (own !== undefined) return own;
    const other = this.#find(apiVersion);
    return other && mergeTypeIn(this.#world, versionOf(other, parseApiVersion(apiVersion).version));
  }

  async convert(object: JsonObject, apiVersion: string): Promise<JsonObject> {
    const { apiVersion: fromVersion = '' } = object as KubeObject;
    const from = this.#find(fromVersion) ?? this.#kind;
    const to = this.#find(apiVersion) ?? this.#kind;
    const { version } = parseApiVersion(fromVersion);
    const hub = toStorage(from, version, this.#read(object, from, version));
    const shown = from === to ? hub : await shownAs(to, await kept(from, hub));
    return fromStorage(to, parseApiVersion(apiVersion).version, shown) as JsonObject;
  }

  /** What is being pruned may lack whole parts or have them emptied to null, which no conversion reckons with. */
  #read(body: JsonObject, kind: Kind, version: string): KubeObject {
    const { schema, decoder } = versionOf(kind, version);
    const gvk = { group: kind.group, version, kind: kind.kind };
    if (decoder === undefined) return this.#world.codec.decode({ gvk, schema, body, validation: 'Ignore' });
    const parts = Object.fromEntries(Object.entries(body).filter(([, part]) => part !== null));
    return { ...emptyObject(this.#world, kind, version), ...parts };
  }

  /** The kind that serves a version of these objects. */
  #find(apiVersion: string): Kind | undefined {
    if (this.#own.has(apiVersion)) return this.#kind;
    const { group, version } = parseApiVersion(apiVersion);
    return this.#world
      .kinds()
      .find(
        (other) =>
          other.collection === this.#kind.collection &&
          other.kind === this.#kind.kind &&
          other.group === group &&
          other.versions.some((served) => served.version === version),
      );
  }
}

async function shownAs(kind: Kind, stored: KubeObject): Promise<DeepReadonly<KubeObject>> {
  try {
    const shown = await kind.storedForm?.show([stored]);
    return shown?.[0] ?? stored;
  } catch (error) {
    // What is applied is not read as an object of the kind before it is merged.
    if (error instanceof DecodeError)
      throw ApiError.badRequest(`${kind.kind} cannot be handled as a ${kind.kind}: ${error.message}`);
    throw error;
  }
}

function mergeTypeIn({ codec }: WriteWorld, { schema, mergeType }: KindVersion): MergeType {
  if (mergeType !== undefined) return mergeType;
  return codec.facts.types[schema] === undefined ? deducedMerge : mergeTypeOf(schema, codec.facts);
}
