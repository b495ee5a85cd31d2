/**
 * JSON merge patch (RFC 7386): an object in the patch is merged, null deletes, everything else replaces. Always holds:
 * neither the target nor the patch is changed, and what the patch does not touch is shared with the target.
 */
import { isJsonObject, jsonEqual, type Json, type JsonObject } from '../../base/mod.ts';
import { PatchError } from './patch-error.ts';

/** Applies a patch to an object. Throws PatchError if the patch is not an object. */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) throw new PatchError(400, 'Invalid JSON Patch');
  return merge(target, patch);
}

function merge(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const base: JsonObject = isJsonObject(target) ? target : {};
  const result: Record<string, Json> = {};
  let changed = base !== target;
  for (const key of Object.keys(base)) {
    const value = base[key];
    if (value === undefined) continue;
    const change = Object.hasOwn(patch, key) ? patch[key] : undefined;
    if (change === null) {
      changed = true;
      continue;
    }
    const merged = change === undefined ? value : merge(value, change);
    if (merged !== value) changed = true;
    setKey(result, key, merged);
  }
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === undefined || change === null || (Object.hasOwn(base, key) && base[key] !== undefined)) continue;
    changed = true;
    setKey(result, key, merge(undefined, change));
  }
  return changed ? result : base;
}

/** A key named `__proto__` is data like any other. */
export function setKey(object: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else object[key] = value;
}

/**
 * The patch that turns `from` into `to`. Empty when they are equal. A null inside of `to` cannot be expressed: in a
 * merge patch it means absence.
 */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(from)) {
    if (from[key] !== undefined && (!Object.hasOwn(to, key) || to[key] === undefined)) setKey(patch, key, null);
  }
  for (const key of Object.keys(to)) {
    const after = to[key];
    if (after === undefined) continue;
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (before !== undefined && jsonEqual(before, after)) continue;
    setKey(patch, key, isJsonObject(before) && isJsonObject(after) ? createMergePatch(before, after) : after);
  }
  return patch;
}
