/**
 * How the values of a type merge: which of them are one unit, and which have parts that different managers may own. Made of
 * the facts of a built-in type here, and of the structural schema of a custom resource; server-side apply and the tracking
 * of managed fields are driven by nothing else.
 *
 * - `scalar`: one value. `of` is what a value must be when somebody applies it.
 * - `list`: `atomic` is one unit; a `set` has its scalars as parts; of a `map` each item is known by its key fields.
 * - `map`: an object with declared fields, with any members, or both. `atomic` makes it one unit.
 * - `deduced`: told by the value: objects are granular maps of deduced values, lists are atomic, the rest is scalar.
 *
 * Types may contain themselves, so the fields of a map are looked up and not enumerated; a built-in type is made when it is
 * first met.
 */
import { assert } from '../../base/mod.ts';
import type { Facts, FieldFacts } from '../schema.ts';

export interface ScalarMerge {
  readonly type: 'scalar';
  readonly of: 'string' | 'numeric' | 'boolean' | 'untyped';
}

export interface ListMerge {
  readonly type: 'list';
  readonly relation: 'atomic' | 'set' | 'map';
  /** The fields that identify an item where `relation` is `map`. */
  readonly keys: readonly string[];
  /** The same in the order of their names, each with its JSON text. */
  readonly sortedKeys: readonly { readonly name: string; readonly text: string }[];
  /** What a key field stands for in an item that leaves it out: the protocol of a port is TCP. */
  readonly keyDefaults: Readonly<Record<string, unknown>>;
  readonly item: MergeType;
}

export interface MapMerge {
  readonly type: 'map';
  readonly atomic: boolean;
  /** How a member merges; undefined: there is no such field. */
  member(name: string): Member | undefined;
}

export interface Member {
  /** Its path element in a set of fields: `f:spec`. */
  readonly element: string;
  readonly type: MergeType;
  /** A field of the schema; otherwise an entry of a map or an unknown field. */
  readonly declared: boolean;
}

export interface DeducedMerge {
  readonly type: 'deduced';
}

export type MergeType = ScalarMerge | ListMerge | MapMerge | DeducedMerge;

export const deducedMerge: DeducedMerge = { type: 'deduced' };
export const stringMerge: ScalarMerge = { type: 'scalar', of: 'string' };
export const numericMerge: ScalarMerge = { type: 'scalar', of: 'numeric' };
export const booleanMerge: ScalarMerge = { type: 'scalar', of: 'boolean' };
export const untypedMerge: ScalarMerge = { type: 'scalar', of: 'untyped' };

export function atomicList(item: MergeType): ListMerge {
  return { type: 'list', relation: 'atomic', keys: [], sortedKeys: [], keyDefaults: {}, item };
}

export function setList(item: MergeType): ListMerge {
  return { type: 'list', relation: 'set', keys: [], sortedKeys: [], keyDefaults: {}, item };
}

export function mapList(
  item: MergeType,
  keys: readonly string[],
  keyDefaults: ListMerge['keyDefaults'] = {},
): ListMerge {
  const sortedKeys = keys.toSorted().map((name) => ({ name, text: JSON.stringify(name) }));
  return { type: 'list', relation: 'map', keys, sortedKeys, keyDefaults, item };
}

/** An object whose members are all of one type. */
export function mapMerge(value: MergeType, atomic = false): MapMerge {
  return { type: 'map', atomic, member: (name) => entry(name, value) };
}

/** An object with declared fields. Other members are of the type `rest`, or not allowed. */
export function structMerge(
  fields: ReadonlyMap<string, MergeType>,
  { rest, atomic = false }: { readonly rest?: MergeType | undefined; readonly atomic?: boolean } = {},
): MapMerge {
  const declared = new Map([...fields].map(([name, type]) => [name, field(name, type)]));
  return {
    type: 'map',
    atomic,
    member: (name) => declared.get(name) ?? (rest === undefined ? undefined : entry(name, rest)),
  };
}

function field(name: string, type: MergeType): Member {
  return { element: `f:${name}`, type, declared: true };
}

function entry(name: string, type: MergeType): Member {
  return { element: `f:${name}`, type, declared: false };
}

const scalars: ReadonlyMap<string, MergeType> = new Map<string, MergeType>([
  ['string', stringMerge],
  ['bytes', stringMerge],
  ['duration', stringMerge],
  ['int32', numericMerge],
  ['int64', numericMerge],
  ['double', numericMerge],
  ['bool', booleanMerge],
  ['time', untypedMerge],
  ['microtime', untypedMerge],
  ['quantity', untypedMerge],
  ['int-or-string', untypedMerge],
  ['any', deducedMerge],
  ['raw', deducedMerge],
]);

/** Makes the merge types of one set of facts; each definition once. */
class MergeTypes {
  readonly #facts: Facts;
  readonly #structs = new Map<string, MergeType>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  definition(name: string): MergeType {
    let made = this.#structs.get(name);
    if (made === undefined) this.#structs.set(name, (made = this.#struct(name)));
    return made;
  }

  #struct(name: string, mapType?: 'atomic' | 'granular'): MergeType {
    const facts = this.#facts.types[name];
    assert(facts !== undefined, `no facts of the type ${name}`);
    if (facts.untagged === true) return deducedMerge;
    const members = new Map<string, Member>();
    if (facts.gvks !== undefined) for (const key of ['apiVersion', 'kind']) members.set(key, field(key, stringMerge));
    const member = (key: string): Member | undefined => {
      const known = members.get(key);
      if (known !== undefined) return known;
      const fieldFacts = Object.hasOwn(facts.fields, key) ? facts.fields[key] : undefined;
      if (fieldFacts === undefined) return undefined;
      const made = field(key, this.#field(fieldFacts));
      members.set(key, made);
      return made;
    };
    return { type: 'map', atomic: (mapType ?? facts.mapType) === 'atomic', member };
  }

  #field({ type, listType, listMapKeys = [], mapType }: FieldFacts): MergeType {
    if (type.startsWith('[]')) {
      const itemType = type.slice(2);
      const item = this.#value(itemType);
      if (listType === 'set') return setList(item);
      return listType === 'map' ? mapList(item, listMapKeys, this.#defaults(itemType, listMapKeys)) : atomicList(item);
    }
    if (type.startsWith('{}')) return mapMerge(this.#value(type.slice(2)), mapType === 'atomic');
    return mapType === undefined || scalars.has(type) ? this.#value(type) : this.#struct(type, mapType);
  }

  #value(type: string): MergeType {
    if (type.startsWith('[]')) return atomicList(this.#value(type.slice(2)));
    if (type.startsWith('{}')) return mapMerge(this.#value(type.slice(2)));
    return scalars.get(type) ?? this.definition(type);
  }

  #defaults(itemType: string, keys: readonly string[]): Record<string, unknown> {
    const fields = this.#facts.types[itemType]?.fields ?? {};
    return Object.fromEntries(
      keys.flatMap((key) => (fields[key]?.default === undefined ? [] : [[key, fields[key].default]])),
    );
  }
}

const madeOf = new WeakMap<Facts, MergeTypes>();

/** The merge type of a definition of the facts. Cheap to call again: what is made is kept for as long as the facts are. */
export function mergeTypeOf(schemaName: string, facts: Facts): MergeType {
  let types = madeOf.get(facts);
  if (types === undefined) madeOf.set(facts, (types = new MergeTypes(facts)));
  return types.definition(schemaName);
}
