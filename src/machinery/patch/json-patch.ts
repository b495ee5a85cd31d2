/**
 * JSON patch (RFC 6902) with the answers of the library that upstream uses: its error texts, negative indices, and its
 * limits. Always holds: neither the document nor the patch is changed, and untouched parts are shared.
 */
import { isJsonObject, jsonEqual, type Json, type JsonObject } from '../../base/mod.ts';
import { goQuote, utf8Length } from '../go-text.ts';
import { isDeeper, jsonDepthMax } from '../strict-json.ts';
import { setKey } from './merge-patch.ts';
import { PatchError } from './patch-error.ts';

export interface JsonPatchLimits {
  /** Number of operations. */
  readonly operationsMax: number;
  /** Bytes that all `copy` operations together may add. */
  readonly copySizeBytesMax: number;
  /** How deep the result may be nested. */
  readonly depthMax: number;
}

const defaultJsonPatchLimits: JsonPatchLimits = {
  operationsMax: 10_000,
  copySizeBytesMax: 3 * 1024 * 1024,
  depthMax: jsonDepthMax,
};

type Container = Record<string, Json> | Json[];

function refuse(message: string): never {
  throw new PatchError(422, message);
}

function missing(message: string): never {
  return refuse(`${message}: missing value`);
}

function goType(value: Json): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Applies a whole patch; throws PatchError and applies nothing if any operation fails. */
export function applyJsonPatch(document: Json, patch: Json, limits: JsonPatchLimits = defaultJsonPatchLimits): Json {
  if (!Array.isArray(patch)) {
    throw new PatchError(400, `json: cannot unmarshal ${goType(patch)} into Go value of type jsonpatch.Patch`);
  }
  const operations = patch as readonly Json[];
  for (const one of operations) {
    if (one === null || isJsonObject(one)) continue;
    throw new PatchError(400, `json: cannot unmarshal ${goType(one)} into Go value of type jsonpatch.Operation`);
  }
  if (operations.length > limits.operationsMax) {
    const text = `The allowed maximum operations in a JSON patch is ${limits.operationsMax}, got ${operations.length}`;
    throw new PatchError(413, text);
  }
  const run = new PatchRun(document, limits);
  try {
    for (const operation of operations) run.apply(isJsonObject(operation) ? operation : {});
  } catch (error) {
    // What is put together on the way may be nested without end, and is compared and measured by recursion.
    if (error instanceof RangeError) refuse('exceeded max depth');
    throw error;
  }
  if (isDeeper(run.document, limits.depthMax)) refuse('exceeded max depth');
  return run.document;
}

/** One application: the document as it is so far, and which of its containers are already copies of our own. */
class PatchRun {
  document: Json;
  readonly #limits: JsonPatchLimits;
  #owned = new Set<Json>();
  #copiedBytes = 0;

  constructor(document: Json, limits: JsonPatchLimits) {
    this.document = document;
    this.#limits = limits;
  }

  apply(operation: { readonly [key: string]: Json | undefined }): void {
    const text = (key: string): string | undefined => {
      const value = Object.hasOwn(operation, key) ? operation[key] : undefined;
      return typeof value === 'string' ? value : undefined;
    };
    const kind = text('op') ?? 'unknown';
    const value = Object.hasOwn(operation, 'value') ? (operation['value'] ?? null) : null;
    const path = text('path');
    const from = text('from');
    switch (kind) {
      case 'add':
      case 'remove':
        if (path === undefined) return missing(`${kind} operation failed to decode path`);
        return kind === 'add' ? this.#add(path, value) : this.#remove(path);
      case 'replace':
      case 'test':
        if (path === undefined) return missing(`${kind} operation failed to decode path: operation missing path field`);
        return kind === 'replace' ? this.#replace(path, value) : this.#test(path, value);
      case 'move':
      case 'copy':
        if (from === undefined)
          return missing(`${kind} operation failed to decode from: operation, missing from field`);
        if (path === undefined) return missing(`${kind} operation failed to decode path: operation missing path field`);
        return kind === 'move' ? this.#move(from, path) : this.#copy(from, path);
      default:
        return refuse(`Unexpected kind: ${kind}`);
    }
  }

  #add(path: string, value: Json): void {
    const place = this.#find(path, true);
    if (place === undefined) missing(`add operation does not apply: doc is missing path: ${goQuote(path)}`);
    wrap(`error in add for path: '${path}'`, () => insert(place.container, place.key, value));
  }

  #remove(path: string): void {
    const place = this.#find(path, true);
    if (place === undefined) missing(`remove operation does not apply: doc is missing path: ${goQuote(path)}`);
    wrap(`error in remove for path: '${path}'`, () => take(place.container, place.key));
  }

  #replace(path: string, value: Json): void {
    const place = this.#find(path, true);
    if (place === undefined) missing(`replace operation does not apply: doc is missing path: ${path}`);
    const { container, key } = place;
    if (!holds(container, key)) missing(`replace operation does not apply: doc is missing key: ${path}`);
    if (Array.isArray(container)) container[elementIndex(container, key)] = value;
    else setKey(container, key, value);
  }

  #test(path: string, value: Json): void {
    const place = this.#find(path, false);
    if (place === undefined) missing(`test operation does not apply: is missing path: ${path}`);
    const actual = wrap(`error in test for path: '${path}'`, () => get(place.container, place.key));
    if (!jsonEqual(actual, value)) refuse(`testing value ${path} failed: test failed`);
  }

  #move(from: string, path: string): void {
    const source = this.#find(from, true);
    if (source === undefined) missing(`move operation does not apply: doc is missing from path: ${from}`);
    const value = wrap(`error in move for path: '${source.key}'`, () => {
      const found = get(source.container, source.key);
      take(source.container, source.key);
      return found;
    });
    const target = this.#find(path, true);
    if (target === undefined) missing(`move operation does not apply: doc is missing destination path: ${path}`);
    wrap(`error in move for path: '${path}'`, () => insert(target.container, target.key, value));
  }

  #copy(from: string, path: string): void {
    const source = this.#find(from, false);
    if (source === undefined) missing(`copy operation does not apply: doc is missing from path: ${from}`);
    const value = wrap(`error in copy for from: '${from}'`, () => get(source.container, source.key));
    const target = this.#find(path, true);
    if (target === undefined) missing(`copy operation does not apply: doc is missing destination path: ${path}`);
    this.#copiedBytes += utf8Length(JSON.stringify(value));
    const limit = this.#limits.copySizeBytesMax;
    if (this.#copiedBytes > limit) {
      const increase = `the accumulated size increase of copy is ${this.#copiedBytes}, exceeding the limit ${limit}`;
      refuse(`Unable to complete the copy, ${increase}`);
    }
    wrap('error while adding value during copy', () => insert(target.container, target.key, value));
    // The value is now in two places: from here on nothing may be changed in place.
    this.#owned = new Set();
  }

  /**
   * The container that the path's last part is in. With `writable`, every container on the way becomes our own copy,
   * once for the whole patch: a thousand operations on one list copy it once.
   */
  #find(path: string, writable: boolean): { readonly container: Container; readonly key: string } | undefined {
    const parts = path.split('/');
    if (parts.length < 2 || typeof this.document !== 'object' || this.document === null) return undefined;
    let container = (writable ? this.#own(this.document) : this.document) as Container;
    if (writable) this.document = container as Json;
    for (let i = 1; i < parts.length - 1; i++) {
      const key = decodeKey(parts[i] ?? '');
      if (!holds(container, key)) return undefined;
      const next = get(container, key);
      if (typeof next !== 'object' || next === null) return undefined;
      const inner = writable ? this.#own(next) : next;
      if (inner !== next) {
        if (Array.isArray(container)) container[elementIndex(container, key)] = inner;
        else setKey(container, key, inner);
      }
      container = inner as Container;
    }
    return { container, key: decodeKey(parts.at(-1) ?? '') };
  }

  #own(value: JsonObject | readonly Json[]): JsonObject | readonly Json[] {
    if (this.#owned.has(value)) return value;
    const copy = isJsonObject(value) ? { ...value } : [...value];
    this.#owned.add(copy);
    return copy;
  }
}

function wrap<T>(message: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof PatchError) throw new PatchError(422, `${message}: ${error.message}`);
    throw error;
  }
}

/** RFC 6901: `~1` is a slash and `~0` a tilde. */
function decodeKey(part: string): string {
  return part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part;
}

function parseIndex(key: string): number {
  if (/^[+-]?[0-9]{1,9}$/.test(key)) return Number(key);
  return refuse(`strconv.Atoi: parsing ${goQuote(key)}: invalid syntax`);
}

/** The index of an element that is there; a negative one counts from the end. */
function elementIndex(list: readonly Json[], key: string): number {
  const index = parseIndex(key);
  if (index >= list.length || index < -list.length) {
    refuse(`Unable to access invalid index: ${index}: invalid index referenced`);
  }
  return index < 0 ? index + list.length : index;
}

function holds(container: Container, key: string): boolean {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) && container[key] !== undefined;
  if (!/^[+-]?[0-9]{1,9}$/.test(key)) return false;
  const index = Number(key);
  return index < container.length && index >= -container.length;
}

function get(container: Container, key: string): Json {
  if (Array.isArray(container)) return container[elementIndex(container, key)] ?? null;
  if (!holds(container, key)) missing(`unable to get nonexistent key: ${key}`);
  return container[key] ?? null;
}

function insert(container: Container, key: string, value: Json): void {
  if (!Array.isArray(container)) return setKey(container, key, value);
  if (key === '-') {
    container.push(value);
    return;
  }
  const index = wrap(`value was not a proper array index: '${key}'`, () => parseIndex(key));
  const size = container.length + 1;
  if (index >= size || index < -size) refuse(`Unable to access invalid index: ${index}: invalid index referenced`);
  container.splice(index < 0 ? index + size : index, 0, value);
}

function take(container: Container, key: string): void {
  if (Array.isArray(container)) {
    container.splice(elementIndex(container, key), 1);
    return;
  }
  if (!holds(container, key)) missing(`Unable to remove nonexistent key: ${key}`);
  delete container[key];
}
