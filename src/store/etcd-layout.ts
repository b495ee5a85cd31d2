/**
 * Upstream's layout in etcd: where a key's collection ends, and what a value holds. So a cluster's data can be taken over
 * from upstream's API server (with `--storage-media-type=application/json`), and given back.
 */
import { HostError, isJsonObject, type JsonObject } from '../base/mod.ts';
import { StoredEntry, type EntryKey } from './entry.ts';
import type { EtcdKeyValue } from './etcd-client.ts';
import type { Entry, Stamp } from './store.ts';

export const prefix = '/registry/';
/** The first key after all keys with the prefix. */
export const prefixEnd = '/registry0';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * `/registry/pods/default/web` is `default/web` in `/registry/pods/`. Custom resources and aggregated kinds have their group
 * in between, which is a domain with a dot, as no built-in resource is; services and endpoints share a folder.
 * Undefined for a key that holds no object.
 */
export function splitKey(key: string): { collection: string; name: string } | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const first = key.indexOf('/', prefix.length);
  if (first < 0) return undefined;
  const folder = key.slice(prefix.length, first);
  const end = folder.includes('.') || folder === 'services' ? key.indexOf('/', first + 1) : first;
  if (end < 0 || end === key.length - 1) return undefined;
  return { collection: key.slice(0, end + 1), name: key.slice(end + 1) };
}

/** What is stored is without its own revision, which etcd keeps. */
export function encodeValue(value: JsonObject): Uint8Array {
  const metadata = value['metadata'];
  if (!isJsonObject(metadata)) return encoder.encode(JSON.stringify(value));
  const { resourceVersion: _, ...kept } = metadata;
  return encoder.encode(JSON.stringify({ ...value, metadata: kept }));
}

/** Throws HostError with the code `Unsupported` for what upstream stores in another encoding. */
export function entryOf(kv: EtcdKeyValue, expiresAtMs: number | undefined, stamp: Stamp): Entry | undefined {
  const place = splitKey(kv.key);
  if (place === undefined) return undefined;
  assertJson(kv);
  const { modRevision: revision, createRevision: created, value } = kv;
  const key: EntryKey = { ...place, revision, created, expiresAtMs };
  return StoredEntry.ofMade(key, () => stamp(JSON.parse(decoder.decode(value)) as JsonObject, revision));
}

function assertJson({ key, value }: EtcdKeyValue): void {
  if (value[0] === 0x7b) return;
  const head = decoder.decode(value.subarray(0, 8));
  const how = head.startsWith('k8s\0')
    ? 'in protobuf'
    : head.startsWith('k8s:enc:')
      ? 'encrypted'
      : 'in an unknown encoding';
  const remedy =
    "have upstream's API server rewrite it with --storage-media-type=application/json, and use its encryption configuration";
  throw new HostError('Unsupported', `the value of ${key} in etcd is stored ${how}, only JSON is supported: ${remedy}`);
}
