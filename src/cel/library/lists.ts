/** Functions on lists: cel-go's (version 3) and sets, and Kubernetes' own. */
import { fn, type FunctionDeclaration, type Library, overload } from '../function.ts';
import { listMacros } from '../macros.ts';
import {
  ArrayList,
  CelList,
  compare,
  Double,
  Duration,
  equal,
  EvalError,
  type Result,
  typeOf,
  Uint,
  type Value,
} from '../values.ts';
import { add } from './arithmetic.ts';

type Int = number | bigint;

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
/** Ids have the full names of types in them. */
const idName: Readonly<Record<string, string>> = {
  duration: 'google.protobuf.Duration',
  timestamp: 'google.protobuf.Timestamp',
};

function slice(list: CelList, start: Int, end: Int): Result {
  const refuse = (why: string): EvalError => new EvalError(`cannot slice(${start}, ${end}), ${why}`);
  if (start < 0 || end < 0) return refuse('negative indexes not supported');
  if (start > end) return refuse('start index must be less than or equal to end index');
  if (end > list.length) return refuse(`list is length ${list.length}`);
  return new ArrayList(list.toArray().slice(Number(start), Number(end)));
}

function flatten(list: CelList, depth: Int = 1): Result {
  if (depth < 0) return new EvalError('level must be non-negative');
  const flat = (items: readonly Result[], left: number): Result[] =>
    items.flatMap((item) => (item instanceof CelList && left > 0 ? flat(item.toArray(), left - 1) : [item]));
  return new ArrayList(flat(list.toArray(), Number(depth)));
}

function distinct(list: CelList): Result {
  const kept: Result[] = [];
  for (const item of list.toArray()) if (!kept.some((known) => equal(known, item))) kept.push(item);
  return new ArrayList(kept);
}

/** The numbers from zero on. Nothing is made before it is asked for, so a huge one is only expensive. */
class RangeList extends CelList {
  readonly length: number;
  constructor(length: number) {
    super();
    this.length = length;
  }
  at(index: number): Result {
    return index;
  }
}

function sortBy(list: CelList, keys: CelList): Result {
  const { length } = list;
  if (length !== keys.length)
    return new EvalError(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${length} and ${keys.length} elements respectively`,
    );
  const keyed = list.toArray().map((item, i) => [keys.at(i), item] as const);
  const first = keyed[0]?.[0];
  if (first === undefined) return list;
  if (first instanceof EvalError) return first;
  if (compare(first, first) instanceof EvalError) return new EvalError('list elements must be comparable');
  const typeName = typeOf(first).name;
  if (keyed.some(([key]) => key instanceof EvalError || typeOf(key).name !== typeName))
    return new EvalError('list elements must have the same type');
  keyed.sort(([a], [b]) => Number(compare(a, b) ?? 0));
  return new ArrayList(keyed.map(([, item]) => item));
}

const celFunctions: readonly FunctionDeclaration[] = [
  fn('slice', overload('list_slice', 'list(A).(int, int): list(A)', slice)),
  fn(
    'flatten',
    overload('list_flatten', 'list(list(A)).(): list(A)', flatten),
    overload('list_flatten_int', 'list(dyn).(int): list(dyn)', flatten),
  ),
  fn(
    'sort',
    ...comparable.map((type) =>
      overload(`list_${idName[type] ?? type}_sort`, `list(${type}).(): list(${type})`, (list: CelList) =>
        sortBy(list, list),
      ),
    ),
  ),
  fn(
    '@sortByAssociatedKeys',
    ...comparable.map((type) =>
      overload(`list_${idName[type] ?? type}_sortByAssociatedKeys`, `list(A).(list(${type})): list(A)`, sortBy),
    ),
  ),
  fn(
    'lists.range',
    overload('lists_range', '(int): list(int)', (count: Int) => new RangeList(Math.max(0, Number(count)))),
  ),
  fn(
    'reverse',
    overload('list_reverse', 'list(A).(): list(A)', (list: CelList) => new ArrayList(list.toArray().reverse())),
  ),
  fn('distinct', overload('list_distinct', 'list(A).(): list(A)', distinct)),
];

export const listsLibrary: Library = { functions: celFunctions, macros: listMacros };

function has(list: readonly Result[], item: Result): boolean {
  return list.some((known) => equal(known, item));
}

function contains(list: CelList, part: CelList): boolean {
  const items = list.toArray();
  return part.toArray().every((item) => has(items, item));
}

export const setsLibrary: Library = {
  functions: [
    fn('sets.contains', overload('list_sets_contains_list', '(list(A), list(A)): bool', contains)),
    fn(
      'sets.equivalent',
      overload(
        'list_sets_equivalent_list',
        '(list(A), list(A)): bool',
        (a: CelList, b: CelList) => contains(a, b) && contains(b, a),
      ),
    ),
    fn(
      'sets.intersects',
      overload('list_sets_intersects_list', '(list(A), list(A)): bool', (a: CelList, b: CelList) => {
        const items = b.toArray();
        return a.toArray().some((item) => has(items, item));
      }),
    ),
  ],
};

function isSorted(list: CelList): Result {
  for (let i = 1; i < list.length; i++) {
    const order = compare(list.at(i - 1), list.at(i));
    if (order instanceof EvalError) return order;
    if (order === 1) return false;
  }
  return true;
}

/** The item that comes before all others in one direction. */
function extreme(name: string, wanted: -1 | 1): (list: CelList) => Result {
  return (list) => {
    if (list.length === 0) return new EvalError(`${name} called on empty list`);
    let best = list.at(0);
    for (let i = 1; i < list.length; i++) {
      const item = list.at(i);
      const order = compare(item, best);
      if (order instanceof EvalError) return order;
      if (order === wanted) best = item;
    }
    return best;
  };
}

function sum(zero: Value): (list: CelList) => Result {
  return (list) => {
    let total: Result = zero;
    for (const item of list.toArray()) {
      if (item instanceof EvalError) return item;
      total = add(total, item);
      if (total instanceof EvalError) return total;
    }
    return total;
  };
}

const zeros: readonly (readonly [string, Value])[] = [
  ['int', 0],
  ['uint', new Uint(0n)],
  ['double', new Double(0)],
  ['duration', new Duration(0n)],
];

/** One overload for each type that has an order. */
function perType(name: string, result: (type: string) => string, run: (list: CelList) => Result): FunctionDeclaration {
  const overloads = comparable.map((type) =>
    overload(`list_${type}_${name}_${result(type)}`, `list(${type}).(): ${result(type)}`, run),
  );
  return fn(name, ...overloads);
}

export const kubernetesListsLibrary: Library = {
  functions: [
    perType('isSorted', () => 'bool', isSorted),
    fn(
      'sum',
      ...zeros.map(([type, zero]) => overload(`list_${type}_sum_${type}`, `list(${type}).(): ${type}`, sum(zero))),
    ),
    perType('max', (type) => type, extreme('max', 1)),
    perType('min', (type) => type, extreme('min', -1)),
    fn(
      'indexOf',
      overload('list_a_index_of_int', 'list(A).(A): int', (list: CelList, item: Value) =>
        list.toArray().findIndex((known) => equal(known, item)),
      ),
    ),
    fn(
      'lastIndexOf',
      overload('list_a_last_index_of_int', 'list(A).(A): int', (list: CelList, item: Value) =>
        list.toArray().findLastIndex((known) => equal(known, item)),
      ),
    ),
  ],
};
