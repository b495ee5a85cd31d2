/**
 * A configuration merged into an object without regard to who owns what: what admission policies apply. What is one unit may
 * not be part of it, because whoever sets a field of such a unit takes away all others without knowing.
 */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { TypedError } from './fields-of.ts';
import type { MergeType } from './merge-type.ts';
import { merge } from './merge.ts';
import { validateTyped } from './validate.ts';

/** Throws TypedError with upstream's text. */
export function mergeUnowned(live: JsonObject, config: JsonObject, type: MergeType): JsonObject {
  try {
    validateTyped(config, type);
  } catch (error) {
    if (error instanceof TypedError)
      throw new TypedError(`failed to convert patch object to typed object: ${error.message}`);
    throw error;
  }
  const units = unitsIn(config, type, '');
  if (units.length > 0)
    throw new TypedError(
      `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${units.join(', ')}`,
    );
  return merge(live, config, type);
}

/** The paths of lists and maps that are one unit. */
function unitsIn(value: Json, type: MergeType, path: string): string[] {
  if (Array.isArray(value)) {
    if (type.type !== 'list') return [];
    const inside = (value as readonly Json[]).flatMap((item, i) => unitsIn(item, type.item, `${path}[${i}]`));
    return type.relation === 'atomic' ? [path, ...inside] : inside;
  }
  if (!isJsonObject(value) || type.type !== 'map') return [];
  const inside = Object.entries(value).flatMap(([key, item]) => {
    const member = type.member(key);
    return member === undefined || item === undefined ? [] : unitsIn(item, member.type, `${path}.${key}`);
  });
  return type.atomic ? [path, ...inside] : inside;
}
