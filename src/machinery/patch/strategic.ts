/**
 * Strategic merge patch: a merge patch that knows the types, so that lists are merged by key instead of replaced.
 * Driven by the facts' `patchStrategy` and `patchMergeKey`. It understands the directives `$patch` (replace and delete),
 * `$retainKeys`, `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>`.
 *
 * Always holds: neither the original nor the patch is changed, untouched parts are shared, and no directive and no null
 * of the patch ends up in the result.
 *
 * The order of a merged list, as upstream makes it: the patch's items keep the patch's order, the items that only the
 * server has keep theirs, and both are interleaved by their places in the original; what is new goes before whatever
 * has not found its place yet. Original [a, b, c], patch [c, x]: first a, b (they are before c), then c, then x.
 * Original [a, b], patch [x]: x, a, b.
 */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { goQuote, goValue } from '../go-text.ts';
import type { FieldFacts, TypeFacts } from '../schema.ts';
import { setKey } from './merge-patch.ts';
import { PatchError } from './patch-error.ts';

/** The facts of a type by its name; undefined if there are none. */
export type TypeLookup = (typeName: string) => TypeFacts | undefined;

const directive = '$patch';
const retainKeys = '$retainKeys';
const elementOrderPrefix = '$setElementOrder';
const deleteFromListPrefix = '$deleteFromPrimitiveList';

/** Applies a patch to an object of the given type; throws PatchError with upstream's message. */
export function applyStrategicMergePatch(
  original: JsonObject,
  patch: Json,
  typeName: string,
  lookup: TypeLookup,
): JsonObject {
  if (!isJsonObject(patch)) throw new PatchError(400, 'invalid JSON document');
  return new Merger(lookup).object(original, patch, typeName);
}

/** Upstream answers 500 to most of what is wrong with such a patch, and clients know its texts. */
function refuse(message: string, code: 400 | 422 | 500 = 500): never {
  throw new PatchError(code, message);
}

function goKind(value: Json | undefined): string {
  if (value === undefined || value === null) return 'nil';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'int64' : 'string';
}

/** How one field is merged. */
interface MergeRule {
  /** The type of the field's value. */
  readonly type: string;
  readonly strategy: 'merge' | 'replace' | '';
  readonly mergeKey: string;
}

function ruleOf(facts: FieldFacts): MergeRule {
  const strategies = (facts.patchStrategy ?? '').split(',');
  const strategy = strategies.includes('replace') ? 'replace' : strategies.includes('merge') ? 'merge' : '';
  return { type: facts.type, strategy, mergeKey: facts.patchMergeKey ?? '' };
}

class Merger {
  readonly #lookup: TypeLookup;

  constructor(lookup: TypeLookup) {
    this.#lookup = lookup;
  }

  object(original: JsonObject | undefined, patch: JsonObject, type: string): JsonObject {
    const mode = patch[directive];
    if (mode !== undefined) return this.#directed(mode, patch, type);
    const base = retained(original ?? {}, patch);
    const result: Record<string, Json> = { ...(base as Readonly<Record<string, Json>>) };
    let changed = base !== original;
    const change = (key: string, value: Json | undefined): void => {
      const before = Object.hasOwn(result, key) ? result[key] : undefined;
      if (before === value) return;
      changed = true;
      if (value === undefined) delete result[key];
      else setKey(result, key, value);
    };
    const ordered = new Set<string>();
    for (const key of Object.keys(patch)) {
      if (!key.startsWith(elementOrderPrefix)) continue;
      const list = listOfDirective(key, elementOrderPrefix, 'invalid patch format of setElementOrder list');
      ordered.add(list);
      const before = Object.hasOwn(base, list) ? base[list] : undefined;
      const after = this.#ordered(before, patch[list], patch[key] ?? null, this.#rule(type, list));
      if (after !== undefined) change(list, after);
      // A null for the whole list still deletes it.
      if (patch[list] === null) change(list, undefined);
    }
    for (const key of Object.keys(patch)) {
      if (!key.startsWith(deleteFromListPrefix)) continue;
      const list = listOfDirective(key, deleteFromListPrefix, 'invalid patch format of primitive list');
      const before = result[list];
      if (Array.isArray(before)) change(list, withoutItems(before as readonly Json[], patch[key] ?? null));
    }
    for (const key of Object.keys(patch)) {
      if (ordered.has(key) || isDirective(key)) continue;
      const value = patch[key];
      if (value === undefined) continue;
      change(
        key,
        value === null ? undefined : this.#field(Object.hasOwn(base, key) ? result[key] : undefined, value, type, key),
      );
    }
    return changed || original === undefined ? result : original;
  }

  /** `$patch` in an object: the object is replaced by the rest of the patch, or emptied. */
  #directed(mode: Json, patch: JsonObject, type: string): JsonObject {
    if (mode === 'delete') return {};
    if (mode !== 'replace') refuse(`unknown patch type: ${goValue(mode)} in map: ${goValue(patch)}`);
    const { [directive]: _, ...rest } = patch;
    return this.object(undefined, rest, type);
  }

  #field(before: Json | undefined, value: Json, parent: string, key: string): Json {
    if (isJsonObject(value)) {
      const known = isJsonObject(before) ? before : undefined;
      const rule = known === undefined ? this.#ruleIfKnown(parent, key) : this.#rule(parent, key);
      if (rule === undefined) return withoutNulls(value);
      return this.object(rule.strategy === 'replace' ? undefined : known, value, rule.type);
    }
    if (Array.isArray(value)) {
      const known = Array.isArray(before) ? (before as readonly Json[]) : undefined;
      const rule = known === undefined ? this.#ruleIfKnown(parent, key) : this.#rule(parent, key);
      const items = value as readonly Json[];
      return rule?.strategy === 'merge' ? this.#list(known ?? [], items, rule) : withoutNulls(items);
    }
    return value;
  }

  #ruleIfKnown(parent: string, key: string): MergeRule | undefined {
    if (parent.startsWith('{}')) return { type: parent.slice(2), strategy: '', mergeKey: '' };
    const facts = this.#lookup(parent);
    if (facts !== undefined && Object.hasOwn(facts.fields, key)) {
      const field = facts.fields[key];
      if (field !== undefined) return ruleOf(field);
    }
    // Inside of what has no schema everything is an object of anything.
    return facts === undefined ? { type: 'any', strategy: '', mergeKey: '' } : undefined;
  }

  #rule(parent: string, key: string): MergeRule {
    const rule = this.#ruleIfKnown(parent, key);
    if (rule !== undefined) return rule;
    const struct = parent.slice(parent.lastIndexOf('.') + 1);
    return refuse(`unable to find api field in struct ${struct} for the json field ${goQuote(key)}`);
  }

  #list(original: readonly Json[], patch: readonly Json[], rule: MergeRule): readonly Json[] {
    if (original.length === 0 && patch.length === 0) return original;
    if (itemKind(original, patch) === 'scalar') {
      const merged = [...new Set([...original, ...patch])];
      return interleave(merged, patch, original, identity);
    }
    if (rule.mergeKey === '') return refuse(`cannot merge lists without merge key for type ${rule.type.slice(2)}`);
    const { kept, items, replace } = withoutSpecialItems(original, patch, rule.mergeKey);
    const itemType = rule.type.slice(2);
    if (replace) return items.map((item) => this.object(undefined, item, itemType));
    const keyOf = keyReader(rule.mergeKey);
    const merged = this.#mergeItems(kept, items, rule.mergeKey, itemType);
    return interleave(merged, items, kept, keyOf);
  }

  #mergeItems(original: readonly Json[], patch: readonly JsonObject[], mergeKey: string, type: string): Json[] {
    const merged = [...original];
    const places = new Map<Json | undefined, number>();
    for (const [i, item] of merged.entries()) {
      const value = isJsonObject(item) ? item[mergeKey] : undefined;
      if (!places.has(value)) places.set(value, i);
    }
    for (const item of patch) {
      const value = item[mergeKey];
      const place = places.get(value);
      const before = place === undefined ? undefined : merged[place];
      const after = this.object(isJsonObject(before) ? before : undefined, item, type);
      if (place === undefined) {
        places.set(value, merged.length);
        merged.push(after);
      } else merged[place] = after;
    }
    return merged;
  }

  /** A list with its `$setElementOrder`; undefined if there is no such list on either side. */
  #ordered(before: Json | undefined, patch: Json | undefined, order: Json, rule: MergeRule): Json | undefined {
    if (!Array.isArray(order)) return refuse(`expected a []interface {}, but received a ${goKind(order)}`);
    for (const side of [before, patch]) {
      if (side === undefined || side === null || Array.isArray(side)) continue;
      refuse(`expected a []interface {}, but received a ${goKind(side)}`);
    }
    const wanted = order as readonly Json[];
    const original = Array.isArray(before) ? (before as readonly Json[]) : undefined;
    const changes = Array.isArray(patch) ? (patch as readonly Json[]) : undefined;
    if (original === undefined && changes === undefined) return undefined;
    checkOrder(changes ?? [], wanted, rule.mergeKey);
    if (changes !== undefined && rule.strategy !== 'merge') return withoutNulls(changes);
    const merged = changes === undefined ? (original ?? []) : this.#list(original ?? [], changes, rule);
    if (merged.length === 0) return merged;
    const keyOf = rule.mergeKey === '' ? identity : keyReader(rule.mergeKey);
    return interleave(merged, wanted, original ?? [], keyOf);
  }
}

type KeyOf = (item: Json) => Json | undefined;

const identity: KeyOf = (item) => item;

function keyReader(mergeKey: string): KeyOf {
  return (item) => {
    if (!isJsonObject(item)) return refuse(`expected a map[string]interface {}, but received a ${goKind(item)}`);
    const value = item[mergeKey];
    if (value === undefined) return refuse(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
    return value;
  };
}

function isDirective(key: string): boolean {
  return key === retainKeys || key.startsWith(elementOrderPrefix) || key.startsWith(deleteFromListPrefix);
}

/** `$setElementOrder/containers` is about `containers`. */
function listOfDirective(key: string, prefix: string, message: string): string {
  const parts = key.split('/');
  const list = parts[1];
  if (parts.length !== 2 || parts[0] !== prefix || list === undefined) return refuse(message, 400);
  return list;
}

/** `$retainKeys`: of the original only these stay, and the patch may set no other. */
function retained(original: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch[retainKeys];
  if (keys === undefined) return original;
  if (!Array.isArray(keys)) return refuse('invalid patch format of retainKeys', 400);
  const kept = new Set<Json>(keys as readonly Json[]);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || isDirective(key) || kept.has(key)) continue;
    refuse("patch content doesn't match retainKeys list", 422);
  }
  if (Object.keys(original).every((key) => kept.has(key))) return original;
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)));
}

function withoutItems(list: readonly Json[], items: Json): readonly Json[] {
  if (!Array.isArray(items)) return refuse('invalid patch format of primitive list', 400);
  const gone = new Set<Json>(items as readonly Json[]);
  return list.some((item) => gone.has(item)) ? list.filter((item) => !gone.has(item)) : list;
}

/** The value without the nulls of its objects: in a patch they mean absence. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const result: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== null && item !== undefined) setKey(result, key, withoutNulls(item));
  }
  return result;
}

/** What all items of both lists are; lists of lists and mixed lists cannot be merged. */
function itemKind(...lists: readonly (readonly Json[])[]): 'object' | 'scalar' {
  let first: string | undefined;
  for (const item of lists.flat(1)) {
    const kind = goKind(item);
    if (kind === '[]interface {}') refuse('lists of lists are not supported', 422);
    first ??= kind;
    if (kind !== first) refuse(`list element types are not identical: ${goValue(lists)}`);
  }
  return first === 'map[string]interface {}' ? 'object' : 'scalar';
}

/** Carries out `$patch` in a list: `delete` takes matching items away, `replace` makes the patch the whole list. */
function withoutSpecialItems(
  original: readonly Json[],
  patch: readonly Json[],
  mergeKey: string,
): { readonly kept: readonly Json[]; readonly items: readonly JsonObject[]; readonly replace: boolean } {
  const keyOf = keyReader(mergeKey);
  const items: JsonObject[] = [];
  const deleted = new Set<Json | undefined>();
  let replace = false;
  for (const item of patch) {
    if (!isJsonObject(item)) return refuse(`expected a map[string]interface {}, but received a ${goKind(item)}`);
    const mode = item[directive];
    if (mode === undefined) items.push(item);
    else if (mode === 'delete') deleted.add(keyOf(item));
    else if (mode === 'replace') replace = true;
    else if (mode === 'merge') refuse('merging lists cannot yet be specified in the patch');
    else refuse(`unknown patch type: ${goValue(mode)} in map: ${goValue(item)}`);
  }
  for (const item of items) keyOf(item);
  if (deleted.size === 0) return { kept: original, items, replace };
  return { kept: original.filter((item) => !deleted.has(keyOf(item))), items, replace };
}

/** The patch's items must be in the order that `$setElementOrder` gives, and all of them named there. */
function checkOrder(patch: readonly Json[], order: readonly Json[], mergeKey: string): void {
  if (patch.length === 0 || order.length === 0) return;
  const keyOf = mergeKey === '' ? identity : keyReader(mergeKey);
  const items = patch.filter((item) => !isJsonObject(item) || item[directive] !== 'delete');
  let found = 0;
  for (const wanted of order) {
    const item = items[found];
    if (item === undefined) return;
    if (keyOf(item) === keyOf(wanted)) found++;
  }
  if (found < items.length) {
    const lists = `${goValue(patch)}\n doesn't match ${elementOrderPrefix} list:\n${goValue(order)}`;
    refuse(`the order in patch list:\n${lists}\n`);
  }
}

function ranks(list: readonly Json[], keyOf: KeyOf): ReadonlyMap<Json | undefined, number> {
  const result = new Map<Json | undefined, number>();
  for (const [i, item] of list.entries()) {
    const key = keyOf(item);
    if (!result.has(key)) result.set(key, i);
  }
  return result;
}

/** Puts a merged list in order; the file's header says which. */
function interleave(
  merged: readonly Json[],
  patchOrder: readonly Json[],
  serverOrder: readonly Json[],
  keyOf: KeyOf,
): readonly Json[] {
  const patchRank = ranks(patchOrder, keyOf);
  const serverRank = ranks(serverOrder, keyOf);
  const rankIn = (of: ReadonlyMap<Json | undefined, number>, item: Json): number => of.get(keyOf(item)) ?? -1;
  const ofPatch = merged.filter((item) => patchRank.has(keyOf(item)));
  const ofServer = merged.filter((item) => !patchRank.has(keyOf(item)));
  ofPatch.sort((a, b) => rankIn(patchRank, a) - rankIn(patchRank, b));
  ofServer.sort((a, b) => rankIn(serverRank, a) - rankIn(serverRank, b));
  const result: Json[] = [];
  let next = 0;
  for (const item of ofPatch) {
    const place = rankIn(serverRank, item);
    for (let server = ofServer[next]; server !== undefined && place >= 0; server = ofServer[next]) {
      const serverPlace = rankIn(serverRank, server);
      if (serverPlace < 0 || serverPlace >= place) break;
      result.push(server);
      next++;
    }
    result.push(item);
  }
  result.push(...ofServer.slice(next));
  return result;
}
