/**
 * A set of fields of an object, in the form in which `managedFields` carries it on the wire (FieldsV1), so nothing is ever
 * converted. Immutable; operations share what they do not change, and return their argument when nothing changes.
 *
 * A set is a trie of path elements. An empty node is a field that is in the set; in a node with children the child `.` says
 * that the field itself is in the set too. `.spec` (itself not), `.spec.replicas` and the label `a` with the map of labels:
 *
 *     {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}, "f:spec": {"f:replicas": {}}}
 *
 * Always holds: children are in upstream's order (`.` first), nothing but a member is empty, and `.` is never alone. The
 * root is no field: as a root, `{}` is the empty set.
 */
import { isJsonObject } from '../../base/mod.ts';
import type { MapMerge, MergeType } from './merge-type.ts';
import { compareElements, elementText, parseElement } from './path-element.ts';

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const noFields: FieldSet = Object.freeze({});
/** What stands for a field that is in the set and has no children there. */
export const leaf: FieldSet = noFields;

export type ElementPath = readonly string[];

/** Whether the field that a node stands for is in the set, and not only something below it. */
export function isMember(node: FieldSet): boolean {
  return node['.'] !== undefined || isEmptySet(node);
}

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** The set of these paths, each a list of elements. */
export function fieldSet(...paths: ElementPath[]): FieldSet {
  let set = noFields;
  for (const path of paths)
    set = union(
      set,
      path.toReversed().reduce<FieldSet>((node, element) => ({ [element]: node }), leaf),
    );
  return set;
}

/** What is in `set` at the end of the path: whether the path itself is a member. */
export function hasPath(set: FieldSet, path: ElementPath): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) if ((node = node[element]) === undefined) return false;
  return path.length > 0 && isMember(node);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  return isEmptySet(a) ? b : unions(a, b);
}

/**
 * The operation, which remembers for each set its last result. Objects that are written alike have the same sets, as values
 * in memory: so nothing is made anew, and they go on having the same.
 */
function rememberingPairs<T>(derive: (a: FieldSet, b: FieldSet) => T): (a: FieldSet, b: FieldSet) => T {
  const last = new WeakMap<FieldSet, { readonly b: FieldSet; readonly derived: T }>();
  return (a, b) => {
    const known = last.get(a);
    if (known?.b === b) return known.derived;
    const derived = derive(a, b);
    last.set(a, { b, derived });
    return derived;
  };
}

const unions = rememberingPairs(unionOfNodes);

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(a)) return isMember(b) ? b : { '.': leaf, ...b };
  if (isEmptySet(b)) return isMember(a) ? a : { '.': leaf, ...a };
  let changed: Record<string, FieldSet> | undefined;
  let ordered = true;
  for (const element in b) {
    const left = a[element];
    const right = b[element] ?? leaf;
    const both = left === undefined ? right : unionOfNodes(left, right);
    if (both === left) continue;
    changed ??= { ...a };
    ordered &&= left !== undefined;
    changed[element] = both;
  }
  if (changed === undefined) return a;
  return ordered ? changed : inOrder(changed);
}

/** The node with its elements in upstream's order; the same node if they are. */
export function inOrder(node: FieldSet): FieldSet {
  const elements = Object.keys(node);
  let ordered = true;
  for (let i = 1; ordered && i < elements.length; i++)
    ordered = compareElements(elements[i - 1] ?? '', elements[i] ?? '') < 0;
  if (ordered) return node;
  const result: Record<string, FieldSet> = {};
  for (const element of elements.sort(compareElements)) result[element] = node[element] ?? leaf;
  return result;
}

/** The members of `a` that are not in `b`, each path for itself: what lies below a path of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(a) || isEmptySet(b) ? a : differences(a, b);
}

const differences = rememberingPairs((a, b) => childrenWithout(a, b, false) ?? noFields);

/** The members of `a` that are neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(a) || isEmptySet(b) ? a : (childrenWithout(a, b, true) ?? noFields);
}

/** The function, computed anew only for another set than the last: the same set comes again and again. */
export function remembering(derive: (fields: FieldSet) => FieldSet): (fields: FieldSet) => FieldSet {
  let last = noFields;
  let derived = derive(noFields);
  return (fields) => {
    if (fields === last) return derived;
    derived = derive(fields);
    last = fields;
    return derived;
  };
}

/** Takes what is in the set, and what lies below it, out of other sets. */
export function excluding(set: FieldSet): (fields: FieldSet) => FieldSet {
  return remembering((fields) => recursiveDifference(fields, set));
}

function nodeWithout(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  if (recursive && isMember(b)) return undefined;
  if (isEmptySet(a)) return isMember(b) ? undefined : a;
  return isEmptySet(b) ? withoutSelf(a) : childrenWithout(a, b, recursive);
}

function withoutSelf(a: FieldSet): FieldSet {
  if (a['.'] === undefined) return a;
  const { '.': _, ...rest } = a;
  return rest;
}

/** Both nodes have children. Undefined: nothing is left. */
function childrenWithout(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  const result: Record<string, FieldSet> = {};
  let changed = false;
  let only: string | undefined;
  for (const element in a) {
    const before = a[element] ?? leaf;
    const other = b[element];
    const after = other === undefined ? before : nodeWithout(before, other, recursive);
    changed ||= after !== before;
    if (after === undefined) continue;
    only = only === undefined ? element : '';
    result[element] = after;
  }
  if (!changed) return a;
  return only === undefined ? undefined : only === '.' ? leaf : result;
}

/** The members that are in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(a) || isEmptySet(b) ? noFields : intersections(a, b);
}

const intersections = rememberingPairs((a, b) => commonChildren(a, b) ?? noFields);

function commonNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  if (isEmptySet(a) || isEmptySet(b)) return isMember(a) && isMember(b) ? leaf : undefined;
  return commonChildren(a, b);
}

function commonChildren(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const result: Record<string, FieldSet> = {};
  let only: string | undefined;
  let all = true;
  for (const element in a) {
    const left = a[element] ?? leaf;
    const right = b[element];
    const common = right === undefined ? undefined : commonNode(left, right);
    all &&= common === left;
    if (common === undefined) continue;
    only = only === undefined ? element : '';
    result[element] = common;
  }
  if (all) return a;
  return only === undefined ? undefined : only === '.' ? leaf : result;
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    const other = b[element];
    if (other === undefined || !equalSets(a[element] ?? leaf, other)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/** Calls `visit` with every member, in upstream's order: at each level the members first, then what is below. */
export function eachPath(set: FieldSet, visit: (path: ElementPath) => void, prefix: ElementPath = []): void {
  for (const element in set) if (element !== '.' && isMember(set[element] ?? leaf)) visit([...prefix, element]);
  for (const element in set) {
    const below = set[element] ?? leaf;
    if (!isEmptySet(below)) eachPath(below, visit, [...prefix, element]);
  }
}

/** A path as messages write it: `.spec.containers[name="a"].image`. */
export function pathText(path: ElementPath): string {
  return path.map(elementText).join('');
}

/**
 * The set with the fields of the schema that lie on the way to a member. Upstream does not own those as such, but they come
 * and go with what they hold.
 */
export function withNamedFields(set: FieldSet, type: MergeType): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in set) {
    const node = set[element] ?? leaf;
    if (isEmptySet(node)) {
      result[element] = node;
      continue;
    }
    const member = type.type === 'map' && element.startsWith('f:') ? type.member(element.slice(2)) : undefined;
    const below = withNamedFields(node, typeBelow(type, element));
    result[element] = member?.declared === true && !isMember(below) ? { '.': leaf, ...below } : below;
  }
  return result;
}

function typeBelow(type: MergeType, element: string): MergeType {
  if (type.type === 'list') return type.item;
  return (type.type === 'map' ? memberAt(type, element)?.type : undefined) ?? { type: 'deduced' };
}

function memberAt(type: MapMerge, element: string): ReturnType<MapMerge['member']> {
  return element.startsWith('f:') ? type.member(element.slice(2)) : undefined;
}

/** What a client sent as FieldsV1, in canonical form; the same value if it is. Undefined: it is not a set of fields. */
export function parseFieldSet(value: unknown): FieldSet | undefined {
  if (value === null || value === undefined) return noFields;
  const node = parseNode(value);
  return node?.['.'] === undefined ? node : (({ '.': _, ...rest }) => rest)(node);
}

function parseNode(value: unknown): FieldSet | undefined {
  if (value === null) return leaf;
  if (!isJsonObject(value)) return undefined;
  let canonical = true;
  const result: Record<string, FieldSet> = {};
  for (const [text, child] of Object.entries(value)) {
    if (text === '.') {
      result['.'] = leaf;
      canonical &&= isJsonObject(child) && isEmptySet(child as FieldSet);
      continue;
    }
    const parsed = parseElement(text);
    if ('error' in parsed) return undefined;
    const { element } = parsed;
    const node = element === undefined ? undefined : parseNode(child);
    if (element === undefined) {
      canonical = false;
      continue;
    }
    if (node === undefined) return undefined;
    canonical &&= element === text && node === child;
    const before = result[element];
    result[element] = before === undefined ? node : unionOfNodes(before, node);
  }
  for (const element in result) if (element !== '.') return ordered(value, result, canonical);
  return canonical && result['.'] === undefined ? (value as FieldSet) : leaf;
}

function ordered(value: unknown, result: FieldSet, canonical: boolean): FieldSet {
  const sorted = inOrder(result);
  return canonical && sorted === result ? (value as FieldSet) : sorted;
}
