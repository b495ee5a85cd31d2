/**
 * An immutable ordered map from string to V, structurally shared: `set` and `delete` return a new tree and copy only the
 * path to the change. Holding on to an old tree is a consistent snapshot and costs what has changed since.
 *
 * It is a B+ tree. With at most 3 entries a node instead of 32, setting "d" in
 *
 *        [a        e]                       [a     c     e]
 *       /            \          becomes     /      |      \
 *   (a b c)        (e f)                 (a b)   (c d)   (e f)
 *
 * copies the root and the left leaf, which splits; the leaf (e f) is shared by both trees. Inner nodes hold the first key of
 * each child and the number of entries below, so a range is counted without walking it.
 */
const entriesMax = 32;
const entriesMin = 8;

interface Leaf<V> {
  readonly keys: readonly string[];
  readonly values: readonly V[];
  readonly children?: undefined;
  readonly size: number;
}
interface Inner<V> {
  readonly keys: readonly string[];
  readonly children: readonly Node<V>[];
  readonly size: number;
}
type Node<V> = Leaf<V> | Inner<V>;

/** Returning false ends the walk. */
export type Visit<V> = (value: V, key: string) => boolean | void;

export class Tree<V> implements Iterable<readonly [string, V]> {
  static readonly #empty = new Tree<never>({ keys: [], values: [], size: 0 });
  readonly #root: Node<V>;

  private constructor(root: Node<V>) {
    this.#root = root;
  }

  static empty<V>(): Tree<V> {
    return Tree.#empty;
  }

  /** Builds a tree from entries in ascending order of their keys, in one pass. */
  static fromSorted<V>(entries: readonly (readonly [string, V])[]): Tree<V> {
    let level: Node<V>[] = chunk(entries).map((part) => leaf(part.map(keyOf), part.map(valueOf)));
    while (level.length > 1) level = chunk(level).map((part) => inner(part));
    return level[0] === undefined ? Tree.empty() : new Tree(level[0]);
  }

  get size(): number {
    return this.#root.size;
  }

  get(key: string): V | undefined {
    let node = this.#root;
    while (node.children !== undefined) node = at(node.children, childIndex(node.keys, key));
    const i = lowerBound(node.keys, key);
    return node.keys[i] === key ? node.values[i] : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): Tree<V> {
    const parts = insert(this.#root, key, value);
    return new Tree(parts.length === 1 ? at(parts, 0) : inner(parts));
  }

  /** The same tree when the key is not there. */
  delete(key: string): Tree<V> {
    let root = remove(this.#root, key);
    if (root === this.#root) return this;
    while (root.children?.length === 1) root = at(root.children, 0);
    return root.size === 0 ? Tree.empty() : new Tree(root);
  }

  /** Visits the entries with `from` ≤ key < `to` in order. Both bounds may be left out. */
  scan(visit: Visit<V>, from = '', to?: string): void {
    walk(this.#root, visit, from, to);
  }

  /** How many entries have `from` ≤ key < `to`, without visiting them. */
  count(from: string, to?: string): number {
    return (to === undefined ? this.size : rank(this.#root, to)) - rank(this.#root, from);
  }

  values(): V[] {
    const out: V[] = [];
    this.scan((value) => void out.push(value));
    return out;
  }

  keys(): string[] {
    const out: string[] = [];
    this.scan((_, key) => void out.push(key));
    return out;
  }

  *[Symbol.iterator](): Iterator<readonly [string, V]> {
    const stack: Node<V>[] = [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node.children === undefined) for (const [i, key] of node.keys.entries()) yield [key, at(node.values, i)];
      else for (let i = node.children.length - 1; i >= 0; i--) stack.push(at(node.children, i));
    }
  }
}

/** The smallest string that is greater than every string that starts with `prefix`. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** An element that the invariants of the tree say is there. */
function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

const keyOf = <V>(entry: readonly [string, V]): string => entry[0];
const valueOf = <V>(entry: readonly [string, V]): V => entry[1];

function chunk<T>(list: readonly T[]): T[][] {
  const out: T[][] = [];
  for (let i = 0; i < list.length; i += entriesMax) out.push(list.slice(i, i + entriesMax));
  return out;
}

function leaf<V>(keys: readonly string[], values: readonly V[]): Leaf<V> {
  return { keys, values, size: keys.length };
}

function inner<V>(children: readonly Node<V>[]): Inner<V> {
  let size = 0;
  for (const child of children) size += child.size;
  return { keys: children.map((child) => at(child.keys, 0)), children, size };
}

/** The index of the first key that is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(keys, middle) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the child that holds `key`, if any does. */
function childIndex(keys: readonly string[], key: string): number {
  const i = lowerBound(keys, key);
  return keys[i] === key ? i : Math.max(0, i - 1);
}

function insert<V>(node: Node<V>, key: string, value: V): Node<V>[] {
  if (node.children === undefined) {
    const i = lowerBound(node.keys, key);
    if (node.keys[i] === key) return [leaf(node.keys, node.values.with(i, value))];
    return split(leaf(node.keys.toSpliced(i, 0, key), node.values.toSpliced(i, 0, value)));
  }
  const i = childIndex(node.keys, key);
  const parts = insert(at(node.children, i), key, value);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return [replaced(node, i, only)];
  return split(inner(node.children.toSpliced(i, 1, ...parts)));
}

/** The node with another child in the place of one, the rest as it was. */
function replaced<V>({ keys, children, size }: Inner<V>, i: number, child: Node<V>): Inner<V> {
  const first = at(child.keys, 0);
  return {
    keys: keys[i] === first ? keys : keys.with(i, first),
    children: children.with(i, child),
    size: size - at(children, i).size + child.size,
  };
}

function split<V>(node: Node<V>): Node<V>[] {
  if (node.keys.length <= entriesMax) return [node];
  const middle = node.keys.length >> 1;
  if (node.children !== undefined) return [inner(node.children.slice(0, middle)), inner(node.children.slice(middle))];
  return [
    leaf(node.keys.slice(0, middle), node.values.slice(0, middle)),
    leaf(node.keys.slice(middle), node.values.slice(middle)),
  ];
}

function remove<V>(node: Node<V>, key: string): Node<V> {
  if (node.children === undefined) {
    const i = lowerBound(node.keys, key);
    return node.keys[i] === key ? leaf(node.keys.toSpliced(i, 1), node.values.toSpliced(i, 1)) : node;
  }
  const i = childIndex(node.keys, key);
  const before = at(node.children, i);
  const after = remove(before, key);
  if (after === before) return node;
  if (after.keys.length >= entriesMin || node.children.length === 1) return replaced(node, i, after);
  const left = i > 0 ? i - 1 : i;
  const merged = i > 0 ? merge(at(node.children, left), after) : merge(after, at(node.children, i + 1));
  return inner(node.children.toSpliced(left, 2, ...merged));
}

function merge<V>(a: Node<V>, b: Node<V>): Node<V>[] {
  if (a.children !== undefined && b.children !== undefined) return split(inner([...a.children, ...b.children]));
  const [left, right] = [a as Leaf<V>, b as Leaf<V>];
  return split(leaf([...left.keys, ...right.keys], [...left.values, ...right.values]));
}

/** False when the visitor ended the walk or the upper bound was reached. */
function walk<V>(node: Node<V>, visit: Visit<V>, from: string, to: string | undefined): boolean {
  const start =
    from === '' ? 0 : node.children === undefined ? lowerBound(node.keys, from) : childIndex(node.keys, from);
  for (let i = start; i < node.keys.length; i++) {
    const key = at(node.keys, i);
    if (to !== undefined && key >= to) return false;
    if (node.children !== undefined) {
      if (!walk(at(node.children, i), visit, i === start ? from : '', to)) return false;
    } else if (visit(at(node.values, i), key) === false) return false;
  }
  return true;
}

/** How many entries have a key less than `key`. */
function rank<V>(node: Node<V>, key: string): number {
  if (node.children === undefined) return lowerBound(node.keys, key);
  const i = childIndex(node.keys, key);
  let before = 0;
  for (let k = 0; k < i; k++) before += at(node.children, k).size;
  return before + rank(at(node.children, i), key);
}
