/** An object without the fields of a set. */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { isEmptySet, isMember, leaf, type FieldSet } from './field-set.ts';
import { elementOf, memberOf } from './fields-of.ts';
import type { MergeType } from './merge-type.ts';

/**
 * Removes members, entries and items that are in the set. What is emptied that way, and one unit of which only a part is in the
 * set, becomes null: for upstream it is gone when the object is read again.
 */
export function removeFields(object: JsonObject, set: FieldSet, type: MergeType): JsonObject {
  return isEmptySet(set) ? object : ((remove(object, set, type) ?? {}) as JsonObject);
}

function remove(value: Json, set: FieldSet, type: MergeType): Json {
  if (type.type === 'scalar') return value;
  if (Array.isArray(value)) return removeItems(value as readonly Json[], set, type);
  if (!isJsonObject(value)) return type.type === 'deduced' ? value : null;
  if (type.type === 'list' || (type.type === 'map' && type.atomic)) return null;
  const result: Record<string, Json | undefined> = {};
  for (const [key, item] of Object.entries(value)) {
    const { element, type: itemType } = memberOf(type, key);
    const node = set[element];
    if (item === undefined || (node !== undefined && isMember(node))) continue;
    const kept = node === undefined ? item : remove(item, node, itemType);
    Object.defineProperty(result, key, { value: kept, writable: true, enumerable: true, configurable: true });
  }
  return Object.keys(result).length > 0 ? result : null;
}

function removeItems(items: readonly Json[], set: FieldSet, type: MergeType): Json {
  if (type.type !== 'list' || type.relation === 'atomic') return null;
  const kept: Json[] = [];
  for (const [i, item] of items.entries()) {
    const node = set[elementOf(type, item, i)];
    if (node === undefined) kept.push(item);
    else if (!isMember(node)) kept.push(remove(item, node, type.item));
  }
  return kept.length > 0 ? kept : null;
}

/**
 * The set with what has become one unit since it was written as one unit. What has become granular stays as it is: its parts
 * belong to nobody until somebody writes them.
 */
export function reconcileSet(set: FieldSet, type: MergeType): FieldSet {
  let changed: Record<string, FieldSet> | undefined;
  for (const element in set) {
    const node = set[element];
    if (node === undefined || isEmptySet(node)) continue;
    const below = typeBelow(type, element);
    if (below === undefined) continue;
    const after = isUnit(below) ? leaf : reconcileSet(node, below);
    if (after !== node) (changed ??= { ...set })[element] = after;
  }
  return changed ?? set;
}

function isUnit(type: MergeType): boolean {
  return (type.type === 'list' && type.relation === 'atomic') || (type.type === 'map' && type.atomic);
}

function typeBelow(type: MergeType, element: string): MergeType | undefined {
  if (type.type === 'list') return type.item;
  return type.type === 'map' && element.startsWith('f:') ? type.member(element.slice(2))?.type : undefined;
}
