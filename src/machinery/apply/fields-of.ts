/**
 * Which fields a value has under its merge type: all that a comparison with nothing finds (`fieldsOf`), and what somebody
 * who applies the value claims (`appliedFields`).
 */
import { TerminalError, type Json, type JsonObject } from '../../base/mod.ts';
import { leaf, noFields, type FieldSet } from './field-set.ts';
import { Gathering, type Memories } from './gathering.ts';
import type { DeducedMerge, ListMerge, MapMerge, Member, MergeType } from './merge-type.ts';
import { itemElement } from './path-element.ts';

/** A value does not have the form of its type. */
export class TypedError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'TypedError';
  }
}

/** What a granular type is granular in; undefined for what is one unit. A deduced type follows the value. */
export function partsOf(type: MergeType, value: Json | undefined): MapMerge | DeducedMerge | ListMerge | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  switch (type.type) {
    case 'scalar':
      return undefined;
    case 'list':
      return isList && type.relation !== 'atomic' && value.length > 0 ? type : undefined;
    case 'map':
      return isList || type.atomic || isEmpty(value) ? undefined : type;
    case 'deduced':
      return isList || isEmpty(value) ? undefined : type;
  }
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** The member of a map; throws TypedError for a field that the schema does not have. */
export function memberOf(type: MapMerge | DeducedMerge, key: string): Member {
  if (type.type === 'deduced') return { element: `f:${key}`, type, declared: false };
  const member = type.member(key);
  if (member === undefined) throw new TypedError(`.${key}: field not declared in schema`);
  return member;
}

/** The element of an item; throws TypedError for an item that cannot be identified. */
export function elementOf(list: ListMerge, item: Json, index: number): string {
  const found = itemElement(list, item);
  if ('error' in found) throw new TypedError(`element ${index}: ${found.error}`);
  return found.element;
}

/** A value that is there where nothing was: itself and all its parts. */
export function fieldsOf(value: Json, type: MergeType): FieldSet {
  return collect(value, type, true, false) ?? leaf;
}

/**
 * The set of what an object mentions. Fields of the schema are claimed through what they hold; entries of maps, items of lists
 * and what holds nothing are claimed themselves.
 */
export function appliedFields(object: JsonObject, type: MergeType): FieldSet {
  return partsOf(type, object) === undefined ? noFields : (collect(object, type, false, true) ?? noFields);
}

const memories: Memories = new WeakMap();

/** The node of a value. `self`: the field is in the set although it has parts. */
function collect(value: Json, type: MergeType, self: boolean, applied: boolean): FieldSet | undefined {
  const parts = partsOf(type, value);
  if (parts === undefined) return self || !isEmptyGranularList(value, type) ? leaf : undefined;
  const gathered = new Gathering(memories, parts);
  if (self) gathered.add('.', leaf);
  if (parts.type === 'list') {
    const items = value as readonly Json[];
    const seen = new Set<string>();
    for (const [i, item] of items.entries()) {
      const element = elementOf(parts, item, i);
      if (seen.size === seen.add(element).size) gathered.repeat(element);
      else gathered.add(element, collect(item, parts.item, true, applied) ?? leaf);
    }
    return gathered.set();
  }
  const object = value as JsonObject;
  for (const key in object) {
    const item = object[key];
    if (item === undefined) continue;
    const member = memberOf(parts, key);
    const node = collect(item, member.type, !applied || !member.declared, applied);
    if (node !== undefined) gathered.add(member.element, node);
  }
  return gathered.set();
}

function isEmptyGranularList(value: Json, type: MergeType): boolean {
  return Array.isArray(value) && type.type === 'list' && type.relation !== 'atomic';
}
