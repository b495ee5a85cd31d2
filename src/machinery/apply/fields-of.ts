/**
 * Which fields a value has under its merge type: all that a comparison with nothing finds (`fieldsOf`), and what somebody
 * who applies the value claims (`appliedFields`).
 *
 * This is on the path of every write, and most objects of a kind have the same fields. So each type remembers what it made
 * last, and gives the same set again while the fields are the same: the sets of many objects are one value in memory.
 */
import { TerminalError, type Json, type JsonObject } from '../../base/mod.ts';
import { inOrder, leaf, noFields, type FieldSet } from './field-set.ts';
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

/** The node of a value. `self`: the field is in the set although it has parts. */
function collect(value: Json, type: MergeType, self: boolean, applied: boolean): FieldSet | undefined {
  const parts = partsOf(type, value);
  if (parts === undefined) return self || !isEmptyGranularList(value, type) ? leaf : undefined;
  const gathered = new Gathering(parts);
  if (self) gathered.add('.', leaf);
  if (parts.type === 'list') {
    for (const [i, item] of (value as readonly Json[]).entries()) {
      const element = elementOf(parts, item, i);
      if (gathered.has(element)) gathered.repeat(element);
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

/** What was made last for a type: the elements as they were found, what is below them, and the set made of both. */
interface Memory {
  readonly elements: readonly string[];
  readonly nodes: readonly FieldSet[];
  readonly set: FieldSet;
}

const nothing: Memory = { elements: [], nodes: [], set: noFields };
const memories = new WeakMap<MergeType, Memory>();

/** The children of one node while they are found. As long as they are those of the memory, nothing is allocated. */
class Gathering {
  readonly #type: MergeType;
  readonly #memory: Memory;
  #same = 0;
  #elements: string[] | undefined;
  #nodes: FieldSet[] = [];

  constructor(type: MergeType) {
    this.#type = type;
    this.#memory = memories.get(type) ?? nothing;
  }

  add(element: string, node: FieldSet): void {
    if (this.#elements === undefined) {
      const { elements, nodes } = this.#memory;
      if (elements[this.#same] === element && nodes[this.#same] === node) {
        this.#same++;
        return;
      }
      this.#diverge();
    }
    this.#elements?.push(element);
    this.#nodes.push(node);
  }

  has(element: string): boolean {
    if (this.#elements !== undefined) return this.#elements.includes(element);
    const at = this.#memory.elements.indexOf(element);
    return at >= 0 && at < this.#same;
  }

  /** Items that are there twice are one unit. */
  repeat(element: string): void {
    this.#diverge();
    this.#nodes[this.#elements?.indexOf(element) ?? -1] = leaf;
  }

  #diverge(): void {
    if (this.#elements !== undefined) return;
    this.#elements = this.#memory.elements.slice(0, this.#same);
    this.#nodes = this.#memory.nodes.slice(0, this.#same);
  }

  set(): FieldSet {
    if (this.#elements === undefined) {
      if (this.#same === this.#memory.elements.length) return this.#memory.set;
      this.#diverge();
    }
    const elements = this.#elements ?? [];
    const node: Record<string, FieldSet> = {};
    for (const [i, element] of elements.entries()) node[element] = this.#nodes[i] ?? leaf;
    const set = inOrder(node);
    memories.set(this.#type, { elements, nodes: this.#nodes, set });
    return set;
  }
}
