/**
 * Results as bodies. What is stored goes out as the bytes that it was stored as: an object as they are, a list as their
 * concatenation, a watch event with a frame around them.
 */
import { stringify } from 'yaml';
import { encode as protobufEncode, proto2, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { apiVersionOf, type Kind, type KubeObject } from '../../machinery/mod.ts';
import type { Entry } from '../../store/mod.ts';
import { bytesOf, objectOf, type Codec } from '../codec.ts';
import type { ListResult } from '../operation.ts';
import type { WatchItem } from '../watch.ts';
import { isStream, type HttpResponse } from './message.ts';
import type { Representation } from './negotiate.ts';
import { tableOf, type TableOptions } from './table.ts';

const encoder = new TextEncoder();
export const encode = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** How one kind is shown to one client. */
export interface View {
  readonly kind: Kind;
  readonly version: string;
  readonly codec: Codec;
  readonly representation: Representation;
  readonly table: TableOptions;
}

export const protobufType = 'application/vnd.kubernetes.protobuf';
export const yamlType = 'application/yaml';

export interface Served {
  /** Custom resources have none, their metadata has. */
  readonly hasProtobuf: boolean;
  /** A stream has no YAML form. */
  readonly streams: boolean;
  /** What is only asked for in a POST (a review, a token) has no rows. */
  readonly hasRows: boolean;
}

/** What is offered for a kind. */
export function servedViews({ hasProtobuf, streams, hasRows }: Served): (wanted: Representation) => boolean {
  return ({ mediaType, as, group, version: asVersion }) => {
    const protobuf = mediaType === protobufType;
    if (!protobuf && mediaType !== 'application/json' && (mediaType !== yamlType || streams)) return false;
    if (as === undefined) return !protobuf || hasProtobuf;
    if (group !== 'meta.k8s.io' || (asVersion !== 'v1' && (asVersion !== 'v1beta1' || protobuf))) return false;
    return (
      (as === 'Table' && !protobuf && hasRows) || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
    );
  };
}

/** One stored object. */
export function entryBytes(view: View, entry: Entry): Uint8Array {
  const { as } = view.representation;
  if (as === 'Table') return encode(tableFor(view, [entry], undefined));
  if (as !== undefined) return partialBytes(view, entry);
  return isProtobuf(view) ? protobufOf(view, entry) : bytesOf(view.kind, view.version, entry);
}

/** The metadata alone, made once. */
function partialOf({ kind, version, representation }: View, entry: Entry): JsonObject {
  const { metadata } = objectOf(kind, version, entry);
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${representation.version ?? 'v1'}`,
    metadata: metadata as JsonObject,
  };
}

function partialBytes(view: View, entry: Entry): Uint8Array {
  const { kind, version: shown, representation } = view;
  const { mediaType, version } = representation;
  // What a conversion makes of metadata belongs to its kind, not to the entry.
  if (kind.storedForm !== undefined) return partialEncoded(view, entry);
  const key = `metadata ${kind.group} ${shown} ${mediaType} ${version ?? ''}`;
  return entry.memo(key, () => partialEncoded(view, entry));
}

function partialEncoded(view: View, entry: Entry): Uint8Array {
  const partial = partialOf(view, entry);
  return isProtobuf(view) ? (view.codec.toProtobuf(partial) ?? new Uint8Array()) : encode(partial);
}

/** One object that is not stored. */
export function valueBytes(
  view: View,
  value: DeepReadonly<KubeObject>,
): { readonly mediaType: string; readonly body: Uint8Array } {
  const shown = shownValue(view, value);
  const body = isProtobuf(view) ? view.codec.toProtobuf(shown) : undefined;
  return body === undefined
    ? { mediaType: 'application/json', body: encode(shown) }
    : { mediaType: protobufType, body };
}

/** A Status is shown as itself whatever is asked for. */
function shownValue({ kind, representation, table }: View, value: DeepReadonly<KubeObject>): object {
  const { as, version = 'v1' } = representation;
  if (as === undefined || (value.apiVersion === 'v1' && value.kind === 'Status')) return value;
  const apiVersion = `meta.k8s.io/${version}`;
  if (as === 'Table') return tableOf({ kind, apiVersion, listMetadata: undefined, options: table }, [value]);
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: value.metadata ?? {} };
}

function isProtobuf({ representation }: View): boolean {
  return representation.mediaType === protobufType;
}

/** The protobuf of a stored object, made once. Every kind that offers it has facts. */
function protobufOf({ kind, version, codec }: View, entry: Entry): Uint8Array {
  return entry.memo(
    `protobuf ${kind.group} ${version}`,
    () => codec.toProtobuf(objectOf(kind, version, entry)) ?? new Uint8Array(),
  );
}

const listEnd = encoder.encode(']}');
/** Pieces of a list are sent in chunks of about this size. */
const chunkBytesMax = 256 * 1024;

export function listBytes(
  view: View,
  { entries, revision, continue: token, remainingItemCount }: ListResult,
): readonly Uint8Array[] {
  const metadata = {
    resourceVersion: String(revision),
    ...(token === undefined ? {} : { continue: token }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
  const { kind, version, representation } = view;
  if (representation.as === 'Table') return [encode(tableFor(view, entries, metadata))];
  if (representation.as !== undefined) return [partialList(view, entries, metadata)];
  if (isProtobuf(view)) {
    const items = entries.map((entry) => objectOf(kind, version, entry) as JsonObject);
    const list = { kind: kind.listKind, apiVersion: apiVersionOf(kind.group, version), metadata, items };
    return [view.codec.toProtobuf(list) ?? new Uint8Array()];
  }
  const apiVersion = apiVersionOf(kind.group, version);
  const head = encoder.encode(
    `{"kind":${JSON.stringify(kind.listKind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`,
  );
  const self = encoder.encode(itemStart(kind, apiVersion));
  return [
    head,
    ...itemChunks(
      entries.map((entry) => itemBytes(view, entry, self)),
      self.length,
    ),
    listEnd,
  ];
}

/**
 * What items begin with in the store and not in a list: there those of a built-in kind carry no kind and apiVersion of their
 * own, while a custom resource is always whole.
 */
function itemStart(kind: Kind, apiVersion: string): string {
  if (kind.storedForm !== undefined) return '{';
  return `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
}

/** An item that begins with `self`. What this server has stored does; data taken over in etcd may be in any order. */
function itemBytes({ kind, version }: View, entry: Entry, self: Uint8Array): Uint8Array {
  const bytes = bytesOf(kind, version, entry);
  if (beginsWith(bytes, self)) return bytes;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = objectOf(kind, version, entry);
  return encode({ kind: kind.kind, apiVersion: apiVersionOf(kind.group, version), ...rest });
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}

/** The items one after the other, each without its first `skip` bytes and with `{` instead, in chunks. */
function itemChunks(items: readonly Uint8Array[], skip: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let from = 0, to = 0; from < items.length; from = to) {
    let size = from === 0 ? -1 : 0;
    for (; to < items.length && size < chunkBytesMax; to++) size += (items[to]?.length ?? 0) - skip + 2;
    chunks.push(chunkOf(items.slice(from, to), { skip, size, first: from === 0 }));
  }
  return chunks;
}

/**
 * Copies whole items, the last one first: what it writes too much in front of itself is overwritten by the one before. That
 * spares a view of every item, which would cost more than the copying.
 */
function chunkOf(
  items: readonly Uint8Array[],
  { skip, size, first }: { skip: number; size: number; first: boolean },
): Uint8Array {
  const out = new Uint8Array(size);
  let end = size;
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i] ?? listEnd;
    const start = end - item.length + skip;
    if (start >= skip) out.set(item, start - skip);
    else out.set(item.subarray(skip), start);
    out[start - 1] = openBrace;
    end = start - 1;
    if (first && i === 0) break;
    out[start - 2] = comma;
    end = start - 2;
  }
  return out;
}

const comma = 0x2c;
const openBrace = 0x7b;

/** The same answer in YAML. */
export function inYaml(response: HttpResponse): HttpResponse {
  const { body } = response;
  if (isStream(body)) return response;
  const pieces: readonly Uint8Array[] = body instanceof Uint8Array ? [body] : body;
  const json = joined(
    pieces,
    pieces.reduce((size, piece) => size + piece.length, 0),
  );
  return { ...response, headers: { ...response.headers, 'content-type': yamlType }, body: yamlOf(json) };
}

function yamlOf(json: Uint8Array): Uint8Array {
  try {
    return encoder.encode(stringify(JSON.parse(new TextDecoder().decode(json)), { version: '1.1', lineWidth: 0 }));
  } catch (error) {
    // Nested deeper than the library recurses. JSON is YAML, too.
    if (error instanceof RangeError) return json;
    throw error;
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

const WatchEventMessage = proto2<{ type: string; object: { raw: Uint8Array } }>('WatchEvent', {
  type: [1, 'string'],
  object: [2, proto2<{ raw: Uint8Array }>('RawExtension', { raw: [1, 'bytes'] })],
});

function watchEventMessage(type: string, raw: Uint8Array): Uint8Array {
  return protobufEncode(WatchEventMessage, { type, object: { raw } });
}

/** Each message behind its length in four bytes. */
function frames32(messages: readonly Uint8Array[]): Uint8Array {
  const pieces = messages.flatMap((message) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, message.length);
    return [length, message];
  });
  return joined(
    pieces,
    pieces.reduce((size, piece) => size + piece.length, 0),
  );
}

/** One event that is about no stored object: a bookmark, an error. */
export function eventBytes(view: View, type: 'BOOKMARK' | 'ERROR', object: JsonObject): Uint8Array {
  const raw = isProtobuf(view) ? view.codec.toProtobuf(object) : undefined;
  return raw === undefined
    ? encoder.encode(`${JSON.stringify({ type, object })}\n`)
    : frames32([watchEventMessage(type, raw)]);
}

const frames = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
};
const frameEnd = encoder.encode('}\n');

/**
 * Encodes watch events. Watchers that are told of the same events in the same way share the bytes: the last chunk is kept
 * and handed out again for equal items.
 */
export class WatchEncoder {
  #last:
    | {
        readonly items: readonly WatchItem[];
        readonly kind: Kind;
        readonly version: string;
        /** The version of the metadata where only that is shown. */
        readonly as: string;
        readonly bytes: Uint8Array;
      }
    | undefined;

  chunk(view: View, items: readonly WatchItem[]): Uint8Array {
    if (isProtobuf(view))
      return frames32(items.map(({ type, entry }) => watchEventMessage(type, entryBytes(view, entry))));
    if (view.representation.as === 'Table') return tableEvents(view, items);
    const last = this.#last;
    const as = view.representation.as === undefined ? '' : (view.representation.version ?? '');
    const same = last !== undefined && last.kind === view.kind && last.version === view.version && last.as === as;
    if (same && sameItems(last.items, items)) return last.bytes;
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (const { type, entry } of items) {
      const bytes = entryBytes(view, entry);
      pieces.push(frames[type], bytes, frameEnd);
      size += frames[type].length + bytes.length + frameEnd.length;
    }
    const bytes = joined(pieces, size);
    this.#last = { items, kind: view.kind, version: view.version, as, bytes };
    return bytes;
  }
}

function tableEvents(view: View, items: readonly WatchItem[]): Uint8Array {
  const { headers } = view.table;
  return encoder.encode(
    items
      .map(({ type, entry }, i) => {
        const table = { ...view.table, headers: headers && i === 0 };
        return `${JSON.stringify({ type, object: tableFor({ ...view, table }, [entry], undefined) })}\n`;
      })
      .join(''),
  );
}

function sameItems(a: readonly WatchItem[], b: readonly WatchItem[]): boolean {
  return a.length === b.length && a.every((item, i) => item.entry === b[i]?.entry && item.type === b[i].type);
}

export function bookmarkBytes(view: View, revision: number, initialEventsEnd: boolean): Uint8Array {
  const { kind, version, representation } = view;
  const annotations = initialEventsEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
  const metadata = {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(annotations === undefined ? {} : { annotations }),
  };
  const self = { kind: kind.kind, apiVersion: apiVersionOf(kind.group, version), metadata };
  const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
  const table = {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: String(revision) },
    columnDefinitions: null,
    rows: [{ cells: [], object: partial }],
  };
  const object = representation.as === 'Table' ? table : representation.as === undefined ? self : partial;
  return eventBytes(view, 'BOOKMARK', object);
}

/** One or many entries as what `kubectl get` prints. */
function tableFor(view: View, entries: readonly Entry[], listMetadata: JsonObject | undefined): object {
  const { kind, version, representation } = view;
  const apiVersion = `meta.k8s.io/${representation.version ?? 'v1'}`;
  const objects = entries.map((entry) => objectOf(kind, version, entry));
  return tableOf({ kind, apiVersion, listMetadata, options: view.table }, objects);
}

/** Many entries as their metadata alone. */
function partialList(view: View, entries: readonly Entry[], metadata: JsonObject): Uint8Array {
  const apiVersion = `meta.k8s.io/${view.representation.version ?? 'v1'}`;
  const items = entries.map((entry) => partialOf(view, entry));
  const list = { kind: 'PartialObjectMetadataList', apiVersion, metadata, items };
  return isProtobuf(view) ? (view.codec.toProtobuf(list) ?? new Uint8Array()) : encode(list);
}
