/**
 * Between the wire's JSON and the server's objects: checked against the facts of the type, cleaned, converted between
 * versions. What comes out of `decode` belongs to the caller alone; what `encode` takes stays as it is.
 */
import { errorText, HostError, isJsonObject, type DeepReadonly, type Json, type JsonObject } from '../base/mod.ts';
import {
  ApiError,
  apiVersionOf,
  compileDecoder,
  DecodeError,
  goQuote,
  invalid,
  isDeeper,
  jsonDepthMax,
  JsonSyntaxError,
  protobufCodec,
  unwrapUnknown,
  wrapUnknown,
  type Decoded as CleanObject,
  type Facts,
  type GroupVersionKind,
  type Kind,
  type KindVersion,
  type KubeObject,
  type ManagedFieldsEntry,
  type Decoder,
} from '../machinery/mod.ts';
import type { Entry } from '../store/mod.ts';
import type { FieldValidation } from './operation.ts';
import { shownBytes, shownObject } from './stored-form.ts';

export interface DecodeRequest {
  readonly gvk: GroupVersionKind;
  readonly schema: string;
  /** For what the facts do not describe. */
  readonly decoder?: Decoder | undefined;
  readonly body: unknown;
  readonly findings?: readonly string[] | undefined;
  readonly validation: FieldValidation;
  /** Is told the findings that `Warn` lets pass. */
  readonly warn?: ((text: string) => void) | undefined;
  /** Managed fields as they are stored. Where the body holds the very same, as after most patches, they are taken as they are. */
  readonly entries?: ManagedFieldsEntry[] | undefined;
  /** Makes the refusal of something that does not fit the type; a BadRequest that names the kind unless given. */
  readonly refuse?: (why: string, error?: DecodeError) => ApiError;
}

export class Codec {
  readonly #facts: Facts;
  readonly #decoders = new Map<string, Decoder>();
  #schemas: ReadonlyMap<string, string> | undefined;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  get facts(): Facts {
    return this.#facts;
  }

  /** JSON of a protobuf body in its envelope. Throws ApiError BadRequest. */
  fromProtobuf(bytes: Uint8Array): JsonObject {
    try {
      const { apiVersion, kind, raw } = unwrapUnknown(bytes);
      const schema = this.#schemaOf(apiVersion, kind);
      if (schema === undefined) throw ApiError.badRequest(notRegistered(kind, apiVersion));
      const object = { kind, apiVersion, ...protobufCodec(this.#facts).decode(schema, raw) };
      // Every level takes two bytes.
      if (bytes.length >= jsonDepthMax * 2 && isDeeper(object, jsonDepthMax))
        throw ApiError.badRequest('exceeded max depth');
      return object;
    } catch (error) {
      if (error instanceof HostError || error instanceof JsonSyntaxError || error instanceof RangeError)
        throw ApiError.badRequest(errorText(error));
      throw error;
    }
  }

  /** An object in its protobuf envelope; undefined for a kind that has no protobuf form. */
  toProtobuf(object: DeepReadonly<KubeObject> | JsonObject): Uint8Array | undefined {
    const { apiVersion = '', kind = '' } = object as KubeObject;
    const schema = this.#schemaOf(apiVersion, kind);
    return schema === undefined
      ? undefined
      : wrapUnknown(apiVersion, kind, protobufCodec(this.#facts).encode(schema, object as JsonObject));
  }

  #schemaOf(apiVersion: string, kind: string): string | undefined {
    this.#schemas ??= new Map(
      Object.entries(this.#facts.types).flatMap(([name, { gvks = [] }]) =>
        gvks.map((gvk) => [`${apiVersionOf(gvk.group, gvk.version)}/${gvk.kind}`, name] as const),
      ),
    );
    return this.#schemas.get(`${apiVersion}/${kind}`);
  }

  /** The object in the version of the request. Throws ApiError BadRequest for what is not an object of this kind. */
  decode(request: DecodeRequest): KubeObject {
    const { gvk, body, findings = [], validation, warn, refuse = refusalOf(gvk) } = request;
    if (!isJsonObject(body))
      throw ApiError.badRequest(`the object provided is unrecognized (must be of type ${gvk.kind})`);
    if (request.decoder === undefined) this.#checkKind(body, gvk);
    else checkCustomKind(body, request);
    const decoder = request.decoder ?? this.#decoder(request.schema);
    const entries = entriesIn(body);
    const stored = entries === undefined || entries !== request.entries ? undefined : request.entries;
    const clean = cleaned(decoder, stored === undefined ? body : withoutEntries(body), refuse);
    const unknown = clean.hasUnknownFields && validation !== 'Ignore' ? decoder.unknownFields(body) : [];
    const notes = request.decoder === undefined ? inOrder(body, unknown, findings) : [...findings, ...unknown];
    if (notes.length > 0 && validation === 'Strict') throw refuse(`strict decoding error: ${notes.join(', ')}`);
    const object = { kind: gvk.kind, apiVersion: apiVersionOf(gvk.group, gvk.version), ...clean.object } as KubeObject;
    if (stored !== undefined) (object.metadata ??= {}).managedFields = stored;
    // An empty list says more than none: one entry that says nothing means the same, and is not dropped as empty.
    else if (Array.isArray(entries) && entries.length === 0) (object.metadata ??= {}).managedFields = [{}];
    if (validation === 'Warn' && warn !== undefined) for (const note of notes) warn(note);
    return object;
  }

  /** What the body says of itself must be what is expected; what it does not say is taken for that. */
  #checkKind(body: JsonObject, { group, version, kind }: GroupVersionKind): void {
    const apiVersion = apiVersionOf(group, version);
    const sentVersion = said(body, 'apiVersion', kind) ?? apiVersion;
    const sentKind = said(body, 'kind', kind) ?? kind;
    if (sentVersion === apiVersion && sentKind === kind) return;
    const short = sentVersion.slice(sentVersion.indexOf('/') + 1);
    const refuse = (why: string): ApiError =>
      ApiError.badRequest(`${sentKind} in version "${short}" cannot be handled as a ${kind}: ${why}`);
    if (this.#schemaOf(sentVersion, sentKind) === undefined) throw refuse(notRegistered(sentKind, sentVersion));
    if (sentKind !== kind)
      throw refuse(
        `converting (${short}.${sentKind}) to (${group === '' ? 'core' : group.split('.')[0]}.${kind}): unknown conversion`,
      );
    throw ApiError.badRequest(
      `the API version in the data (${sentVersion}) does not match the expected API version (${apiVersion})`,
    );
  }

  /** Cleans an object that has no kind of its own, e.g. DeleteOptions. */
  decodePart(schema: string, body: unknown): JsonObject {
    return cleaned(this.#decoder(schema), body, ApiError.badRequest).object;
  }

  #decoder(schema: string): Decoder {
    let decoder = this.#decoders.get(schema);
    if (decoder === undefined) this.#decoders.set(schema, (decoder = compileDecoder(schema, this.#facts)));
    return decoder;
  }
}

function entriesIn({ metadata }: JsonObject): unknown {
  return isJsonObject(metadata) ? metadata['managedFields'] : undefined;
}

function withoutEntries(object: JsonObject): JsonObject {
  return { ...object, metadata: { ...(object['metadata'] as JsonObject), managedFields: undefined } };
}

function cleaned(decoder: Decoder, body: unknown, refuse: (why: string, error?: DecodeError) => ApiError): CleanObject {
  try {
    return decoder.decode(body);
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message, error);
    throw error;
  }
}

/** A custom resource says itself what it is, and is held against its own version only. Throws ApiError. */
function checkCustomKind(body: JsonObject, { gvk, validation, refuse }: DecodeRequest): void {
  const { group, version, kind } = gvk;
  const apiVersion = apiVersionOf(group, version);
  const sentVersion = said(body, 'apiVersion', kind) ?? '';
  const sentKind = said(body, 'kind', kind) ?? '';
  if (sentVersion === apiVersion && sentKind === kind) return;
  const text = JSON.stringify(body);
  if (sentKind === '') {
    const why = `Object 'Kind' is missing in '${text}'`;
    if (refuse !== undefined || validation === 'Ignore') throw (refuse ?? refusalOf(gvk))(why);
    const start = text.length > summaryMax ? `${text.slice(0, summaryMax)} ...` : text;
    throw ApiError.badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${start})`);
  }
  // What a patch has made of it upstream reads first and then validates.
  if (sentVersion !== apiVersion && refuse === undefined)
    throw ApiError.badRequest(
      `the API version in the data (${sentVersion}) does not match the expected API version (${apiVersion})`,
    );
  if (sentVersion === '' && refuse !== undefined) throw refuse(`Object 'apiVersion' is missing in '${text}'`);
  throw ApiError.invalid({ group, kind: sentKind }, (body as KubeObject).metadata?.name ?? '', [
    ...(sentKind === kind ? [] : [invalid('kind', sentKind, `must be ${kind}`)]),
    ...(sentVersion === apiVersion ? [] : [invalid('apiVersion', sentVersion, `must be ${apiVersion}`)]),
  ]);
}

const summaryMax = 30;

function refusalOf({ kind, version }: GroupVersionKind): (why: string) => ApiError {
  return (why) => ApiError.badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

function notRegistered(kind: string, apiVersion: string): string {
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
}

function said(body: JsonObject, name: 'apiVersion' | 'kind', expected: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw ApiError.badRequest(
    `the object provided is unrecognized (must be of type ${expected}): couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go struct field .${name} of type string`,
  );
}

export function versionOf(kind: Kind, version: string): KindVersion {
  const found = kind.versions.find((candidate) => candidate.version === version);
  if (found === undefined) throw ApiError.badRequest(`${kind.plural} is not served in version "${version}"`);
  return found;
}

/** Whether a version of a kind is the one that is stored. */
function isStored(kind: Kind, version: string): boolean {
  return (
    version === kind.version &&
    (kind.group === '' ? kind.storedAs === version : kind.storedAs === `${kind.group}/${version}`)
  );
}

/** The object in the version that is stored. */
export function toStorage(kind: Kind, version: string, object: KubeObject): KubeObject {
  if (isStored(kind, version)) return object;
  const converted = versionOf(kind, version).toStorage?.(object as JsonObject) ?? object;
  return { ...(converted as KubeObject), kind: kind.kind, apiVersion: kind.storedAs };
}

/** A stored object in one of its kind's versions; `object` stays as it is. */
export function fromStorage(kind: Kind, version: string, object: DeepReadonly<KubeObject>): DeepReadonly<KubeObject> {
  if (isStored(kind, version)) return object;
  const converted = (versionOf(kind, version).fromStorage?.(object as JsonObject) ?? object) as KubeObject;
  return { ...converted, kind: kind.kind, apiVersion: apiVersionOf(kind.group, version) };
}

/** What was sent, as it is told of: with the defaults of what it left out. */
export function withDefaults(
  kind: Kind,
  { version, subresource }: { readonly version: string; readonly subresource?: string | undefined },
  object: DeepReadonly<KubeObject>,
): DeepReadonly<KubeObject> {
  // Of its own kind only if it is the object, or a part of it.
  if (object.kind !== kind.kind || (subresource !== undefined && kind.subresources[subresource]?.type !== 'part'))
    return object;
  const draft = toStorage(kind, version, structuredClone(object) as KubeObject);
  kind.strategy.defaults?.(draft);
  return fromStorage(kind, version, draft);
}

/** A stored entry in one of its kind's versions, made once. */
export function objectOf(kind: Kind, version: string, entry: Entry): DeepReadonly<KubeObject> {
  if (isStored(kind, version)) return shownObject(kind, entry);
  return entry.memo(`object ${kind.group} ${version}`, () => fromStorage(kind, version, entry.value as KubeObject));
}

const encoder = new TextEncoder();

/** The JSON of a stored entry in one of its kind's versions, made once. */
export function bytesOf(kind: Kind, version: string, entry: Entry): Uint8Array {
  if (isStored(kind, version)) return shownBytes(kind, entry);
  return entry.memo(`bytes ${kind.group} ${version}`, () =>
    encoder.encode(JSON.stringify(objectOf(kind, version, entry))),
  );
}

/**
 * Findings in the order of the document, which is that in which Go comes upon them. Of a field that is not known it does not
 * notice that it is there twice. What is not about fields of the document comes first.
 */
function inOrder(body: JsonObject, unknown: readonly string[], findings: readonly string[]): readonly string[] {
  if (unknown.length === 0 || findings.length === 0) return unknown.length === 0 ? findings : unknown;
  const left = new Set([...unknown, ...findings]);
  const ordered: string[] = [];
  const visit = (value: Json, path: string): void => {
    if (Array.isArray(value)) (value as readonly Json[]).forEach((item, i) => visit(item, `${path}[${i}]`));
    else if (isJsonObject(value))
      for (const [name, item] of Object.entries(value)) {
        const at = path === '' ? name : `${path}.${name}`;
        const [missing, doubled] = [`unknown field ${goQuote(at)}`, `duplicate field ${goQuote(at)}`];
        if (left.delete(missing)) ordered.push(missing);
        else if (left.has(doubled)) ordered.push(doubled);
        left.delete(doubled);
        if (item !== undefined) visit(item, at);
      }
  };
  visit(body, '');
  return [...left, ...ordered];
}
