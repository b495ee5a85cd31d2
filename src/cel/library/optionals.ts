/** Optional values, two-variable comprehensions, and bindings. */
import { fn, type Library, operator, overload } from '../function.ts';
import { bindingMacros, optionalMacros, twoVariableMacros } from '../macros.ts';
import {
  ArrayList,
  CelList,
  CelMap,
  Double,
  Duration,
  EvalError,
  noSuchOverload,
  OptionalValue,
  optionalNone,
  type Result,
  Timestamp,
  Uint,
  type Value,
} from '../values.ts';

/** What a field of the type holds when nobody has set it. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === '') return true;
  if (value instanceof CelList || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelMap) return value.size === 0;
  if (value instanceof Double) return value.value === 0;
  if (value instanceof Uint) return value.value === 0n;
  return value instanceof Duration && value.nanos === 0n;
}

const firstYear = new Timestamp(-62_135_596_800_000_000_000n);

function ofNonZero(value: Value): Result {
  const zero = isZero(value) || (value instanceof Timestamp && value.nanos === firstYear.nanos);
  return zero ? optionalNone : new OptionalValue(value);
}

function at(list: CelList, index: number): Result {
  if (list.length === 0) return optionalNone;
  const value = list.at(index);
  return value instanceof EvalError ? value : new OptionalValue(value);
}

function unwrap(list: CelList): Result {
  const values: Result[] = [];
  for (const item of list.toArray()) {
    if (!(item instanceof OptionalValue)) return noSuchOverload;
    if (item.value !== undefined) values.push(item.value);
  }
  return new ArrayList(values);
}

export const optionalsLibrary: Library = {
  macros: optionalMacros,
  functions: [
    fn(
      'optional.of',
      overload('optional_of', '(A): optional(A)', (value: Value) => new OptionalValue(value)),
    ),
    fn('optional.ofNonZeroValue', overload('optional_ofNonZeroValue', '(A): optional(A)', ofNonZero)),
    fn(
      'optional.none',
      overload('optional_none', '(): optional(A)', () => optionalNone),
    ),
    fn('optional.unwrap', overload('optional_unwrap', '(list(optional(A))): list(A)', unwrap)),
    fn('unwrapOpt', overload('optional_unwrapOpt', 'list(optional(A)).(): list(A)', unwrap)),
    fn(
      'hasValue',
      overload('optional_hasValue', 'optional(A).(): bool', ({ value }: OptionalValue) => value !== undefined),
    ),
    fn(
      'value',
      overload('optional_value', 'optional(A).(): A', ({ value }: OptionalValue) =>
        value === undefined ? new EvalError('optional.none() dereference') : value,
      ),
    ),
    // The evaluator carries these out itself: the alternative is only evaluated when it is needed.
    fn(
      'or',
      overload('optional_or_optional', 'optional(A).(optional(A)): optional(A)', () => noSuchOverload),
    ),
    fn(
      'orValue',
      overload('optional_orValue_value', 'optional(A).(A): A', () => noSuchOverload),
    ),
    operator('_?._', () => noSuchOverload, { select_optional_field: '(dyn, string): optional(A)' }),
    operator('_[?_]', () => noSuchOverload, {
      list_optindex_optional_int: '(list(A), int): optional(A)',
      optional_list_optindex_optional_int: '(optional(list(A)), int): optional(A)',
      map_optindex_optional_value: '(map(A, B), A): optional(B)',
      optional_map_optindex_optional_value: '(optional(map(A, B)), A): optional(B)',
    }),
    operator('_[_]', () => noSuchOverload, {
      optional_list_index_int: '(optional(list(A)), int): optional(A)',
      optional_map_index_value: '(optional(map(A, B)), A): optional(B)',
    }),
    fn(
      'first',
      overload('list_first', 'list(A).(): optional(A)', (list: CelList) => at(list, 0)),
    ),
    fn(
      'last',
      overload('list_last', 'list(A).(): optional(A)', (list: CelList) => at(list, list.length - 1)),
    ),
  ],
};

/** Insertion only happens inside of the macros, where the evaluator does it in place. */
export const twoVariableLibrary: Library = {
  macros: twoVariableMacros,
  functions: [
    operator('cel.@mapInsert', () => noSuchOverload, {
      '@mapInsert_map_map': '(map(A, B), map(A, B)): map(A, B)',
    }),
    fn(
      'cel.@mapInsert',
      overload('@mapInsert_map_key_value', '(map(A, B), A, B): map(A, B)', () => noSuchOverload),
    ),
  ],
};

/** `cel.bind`, which only the selectors of dynamic resource allocation have. */
export const bindingsLibrary: Library = { macros: bindingMacros, functions: [] };
