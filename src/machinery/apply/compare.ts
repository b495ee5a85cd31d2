/** What is different between two objects of one type, as sets of fields. Looks only into what is not one and the same. */
import { isJsonObject, jsonEqual, type Json, type JsonObject } from '../../base/mod.ts';
import { leaf, noFields, type FieldSet } from './field-set.ts';
import { elementOf, fieldsOf, memberOf, partsOf } from './fields-of.ts';
import { Gathering, type Memories } from './gathering.ts';
import type { DeducedMerge, ListMerge, MapMerge, MergeType } from './merge-type.ts';

export interface Comparison {
  /** In the right object only; with all that lies below. */
  readonly added: FieldSet;
  /** In both, with different values. */
  readonly modified: FieldSet;
  /** In the left object only; with all that lies below. */
  readonly removed: FieldSet;
}

/** Throws TypedError for objects with items or fields that their type does not know. */
export function compare(left: JsonObject, right: JsonObject, type: MergeType): Comparison {
  const { added = noFields, modified = noFields, removed = noFields } = compareValues(left, right, type) ?? {};
  return { added, modified, removed };
}

/** The differences at and below one field. */
interface Difference {
  readonly added?: FieldSet | undefined;
  readonly modified?: FieldSet | undefined;
  readonly removed?: FieldSet | undefined;
}

const itself: Difference = { modified: leaf };

function compareValues(left: Json | undefined, right: Json | undefined, type: MergeType): Difference | undefined {
  if (left === right) return undefined;
  if (left === undefined) return { added: fieldsOf(right ?? null, type) };
  if (right === undefined) return { removed: fieldsOf(left, type) };
  const leftParts = partsOf(type, left);
  const rightParts = partsOf(type, right);
  const parts = leftParts ?? rightParts;
  if (parts === undefined) return jsonEqual(left, right) ? undefined : itself;
  if (parts.type === 'list') return compareItems(asList(left), asList(right), parts);
  if (parts.type === 'deduced' && !(isMapOrNull(left) && isMapOrNull(right)))
    // The value has become one of another sort: what it was or is now made of comes on top of its own change.
    return {
      modified: leaf,
      removed: leftParts && compareMembers(asMap(left), {}, parts).removed,
      added: rightParts && compareMembers({}, asMap(right), parts).added,
    };
  return compareMembers(asMap(left), asMap(right), parts);
}

function isMapOrNull(value: Json): boolean {
  return value === null || isJsonObject(value);
}

function asMap(value: Json): JsonObject {
  return isJsonObject(value) ? value : {};
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function compareMembers(left: JsonObject, right: JsonObject, type: MapMerge | DeducedMerge): Difference {
  const found = new Differences(type);
  for (const key in right) {
    const after = right[key];
    const before = Object.hasOwn(left, key) ? left[key] : undefined;
    if (after === before || after === undefined) continue;
    const member = memberOf(type, key);
    found.put(member.element, compareValues(before, after, member.type));
  }
  for (const key in left) {
    const before = left[key];
    if (before === undefined || (Object.hasOwn(right, key) && right[key] !== undefined)) continue;
    const member = memberOf(type, key);
    found.put(member.element, compareValues(before, undefined, member.type));
  }
  return found.found();
}

function compareItems(left: readonly Json[], right: readonly Json[], type: ListMerge): Difference {
  const found = new Differences(type);
  const before = itemsByElement(left, type);
  const after = itemsByElement(right, type);
  for (const [element, items] of before) found.put(element, compareCopies(items, after.get(element) ?? [], type));
  for (const [element, items] of after) if (!before.has(element)) found.put(element, compareCopies([], items, type));
  return found.found();
}

function itemsByElement(items: readonly Json[], type: ListMerge): Map<string, Json[]> {
  const result = new Map<string, Json[]>();
  for (const [i, item] of items.entries()) {
    const element = elementOf(type, item, i);
    const copies = result.get(element);
    if (copies === undefined) result.set(element, [item]);
    else copies.push(item);
  }
  return result;
}

/** The items with one key: usually one on each side. Several are one unit, which none of them is part of. */
function compareCopies(left: readonly Json[], right: readonly Json[], { item }: ListMerge): Difference | undefined {
  if (left.length < 2 && right.length < 2) return compareValues(left[0], right[0], item);
  if (left.length >= 2 && right.length >= 2) return jsonEqual(left, right) ? undefined : itself;
  const one = left.length >= 2 ? right[0] : left[0];
  if (left.length >= 2) return { removed: leaf, added: one === undefined ? one : fieldsOf(one, item) };
  return { added: leaf, removed: one === undefined ? one : fieldsOf(one, item) };
}

const addedBefore: Memories = new WeakMap();
const modifiedBefore: Memories = new WeakMap();
const removedBefore: Memories = new WeakMap();

/** Collects the differences of the parts of a value. */
class Differences {
  readonly #type: MergeType;
  #added: Gathering | undefined;
  #modified: Gathering | undefined;
  #removed: Gathering | undefined;

  constructor(type: MergeType) {
    this.#type = type;
  }

  put(element: string, difference: Difference | undefined): void {
    if (difference === undefined) return;
    const { added, modified, removed } = difference;
    if (added !== undefined) (this.#added ??= new Gathering(addedBefore, this.#type)).add(element, added);
    if (modified !== undefined) (this.#modified ??= new Gathering(modifiedBefore, this.#type)).add(element, modified);
    if (removed !== undefined) (this.#removed ??= new Gathering(removedBefore, this.#type)).add(element, removed);
  }

  found(): Difference {
    return { added: this.#added?.set(), modified: this.#modified?.set(), removed: this.#removed?.set() };
  }
}
