/** The functions and macros that the language itself has. */
import { fn, type FunctionDeclaration, type Library, operator, overload } from '../function.ts';
import { standardMacros } from '../macros.ts';
import { regex } from '../regex.ts';
import { durationField, type TimeField, timeField } from '../time.ts';
import {
  compare,
  type Duration,
  equal,
  EvalError,
  noSuchOverload,
  type Result,
  sizeOf,
  type Timestamp,
  type Value,
} from '../values.ts';
import { add, divide, isIn, modulo, multiply, negate, not, subtract } from './arithmetic.ts';
import { conversions } from './conversions.ts';

/** Numbers compare across their types, everything else within its own. */
const ordered: readonly (readonly [string, string])[] = [
  ['bool', '(bool, bool)'],
  ['int64', '(int, int)'],
  ['int64_double', '(int, double)'],
  ['int64_uint64', '(int, uint)'],
  ['uint64', '(uint, uint)'],
  ['uint64_double', '(uint, double)'],
  ['uint64_int64', '(uint, int)'],
  ['double', '(double, double)'],
  ['double_int64', '(double, int)'],
  ['double_uint64', '(double, uint)'],
  ['string', '(string, string)'],
  ['bytes', '(bytes, bytes)'],
  ['timestamp', '(timestamp, timestamp)'],
  ['duration', '(duration, duration)'],
];

function relation(name: string, id: string, holds: (order: -1 | 0 | 1) => boolean): FunctionDeclaration {
  const run = (a: Value, b: Value): Result => {
    const order = compare(a, b);
    if (order instanceof EvalError) return order;
    // Nothing compares with NaN.
    return order === undefined ? false : holds(order);
  };
  return operator(
    name,
    run,
    Object.fromEntries(ordered.map(([suffix, types]) => [`${id}_${suffix}`, `${types}: bool`])),
  );
}

const operators: readonly FunctionDeclaration[] = [
  operator('_+_', add, {
    add_bytes: '(bytes, bytes): bytes',
    add_double: '(double, double): double',
    add_duration_duration: '(duration, duration): duration',
    add_duration_timestamp: '(duration, timestamp): timestamp',
    add_timestamp_duration: '(timestamp, duration): timestamp',
    add_int64: '(int, int): int',
    add_list: '(list(A), list(A)): list(A)',
    add_string: '(string, string): string',
    add_uint64: '(uint, uint): uint',
  }),
  operator('_-_', subtract, {
    subtract_double: '(double, double): double',
    subtract_duration_duration: '(duration, duration): duration',
    subtract_int64: '(int, int): int',
    subtract_timestamp_duration: '(timestamp, duration): timestamp',
    subtract_timestamp_timestamp: '(timestamp, timestamp): duration',
    subtract_uint64: '(uint, uint): uint',
  }),
  operator('_*_', multiply, {
    multiply_double: '(double, double): double',
    multiply_int64: '(int, int): int',
    multiply_uint64: '(uint, uint): uint',
  }),
  operator('_/_', divide, {
    divide_double: '(double, double): double',
    divide_int64: '(int, int): int',
    divide_uint64: '(uint, uint): uint',
  }),
  operator('_%_', modulo, { modulo_int64: '(int, int): int', modulo_uint64: '(uint, uint): uint' }),
  operator('-_', negate, { negate_double: '(double): double', negate_int64: '(int): int' }),
  operator('!_', not, { logical_not: '(bool): bool' }),
  relation('_<_', 'less', (order) => order < 0),
  relation('_<=_', 'less_equals', (order) => order <= 0),
  relation('_>_', 'greater', (order) => order > 0),
  relation('_>=_', 'greater_equals', (order) => order >= 0),
  operator('_==_', equal, { equals: '(A, A): bool' }),
  operator('_!=_', (a, b) => !equal(a, b), { not_equals: '(A, A): bool' }),
  operator('@in', isIn, { in_list: '(A, list(A)): bool', in_map: '(A, map(A, B)): bool' }),
];

/** The evaluator carries these out itself: they do not evaluate all their arguments, or go into one without a function. */
const special: readonly FunctionDeclaration[] = [
  operator('_&&_', () => noSuchOverload, { logical_and: '(bool, bool): bool' }),
  operator('_||_', () => noSuchOverload, { logical_or: '(bool, bool): bool' }),
  operator('_?_:_', () => noSuchOverload, { conditional: '(bool, A, A): A' }),
  operator('@not_strictly_false', (a) => a !== false, { not_strictly_false: '(bool): bool' }),
  operator('_[_]', () => noSuchOverload, { index_list: '(list(A), int): A', index_map: '(map(A, B), A): B' }),
];

const size = (value: Value): Result => sizeOf(value) ?? noSuchOverload;

const functions: readonly FunctionDeclaration[] = [
  fn(
    'size',
    overload('size_bytes', '(bytes): int', size),
    overload('bytes_size', 'bytes.(): int', size),
    overload('size_list', '(list(A)): int', size),
    overload('list_size', 'list(A).(): int', size),
    overload('size_map', '(map(A, B)): int', size),
    overload('map_size', 'map(A, B).(): int', size),
    overload('size_string', '(string): int', size),
    overload('string_size', 'string.(): int', size),
  ),
  fn(
    'contains',
    overload('contains_string', 'string.(string): bool', (a: string, b: string) => a.includes(b)),
  ),
  fn(
    'endsWith',
    overload('ends_with_string', 'string.(string): bool', (a: string, b: string) => a.endsWith(b)),
  ),
  fn(
    'startsWith',
    overload('starts_with_string', 'string.(string): bool', (a: string, b: string) => a.startsWith(b)),
  ),
  fn(
    'matches',
    overload('matches', '(string, string): bool', matches),
    overload('matches_string', 'string.(string): bool', matches),
  ),
];

function matches(text: string, pattern: string): Result {
  const compiled = regex(pattern);
  return compiled instanceof EvalError ? compiled : compiled.test(text);
}

const timeFields: readonly (readonly [name: string, id: string, field: TimeField])[] = [
  ['getFullYear', 'year', 'fullYear'],
  ['getMonth', 'month', 'month'],
  ['getDayOfYear', 'day_of_year', 'dayOfYear'],
  ['getDate', 'day_of_month_1_based', 'date'],
  ['getDayOfMonth', 'day_of_month', 'dayOfMonth'],
  ['getDayOfWeek', 'day_of_week', 'dayOfWeek'],
  ['getHours', 'hours', 'hours'],
  ['getMinutes', 'minutes', 'minutes'],
  ['getSeconds', 'seconds', 'seconds'],
  ['getMilliseconds', 'milliseconds', 'milliseconds'],
];
const durationUnits = { hours: 'h', minutes: 'm', seconds: 's', milliseconds: 'ms' } as const;

const timeFunctions = timeFields.map(([name, id, field]): FunctionDeclaration => {
  const at = overload(`timestamp_to_${id}`, 'timestamp.(): int', (value: Timestamp) => timeField(value, field, 'UTC'));
  const atZone = overload(`timestamp_to_${id}_with_tz`, 'timestamp.(string): int', (value: Timestamp, zone: string) =>
    timeField(value, field, zone),
  );
  if (field !== 'hours' && field !== 'minutes' && field !== 'seconds' && field !== 'milliseconds')
    return fn(name, at, atZone);
  const unit = durationUnits[field];
  return fn(
    name,
    at,
    atZone,
    overload(`duration_to_${id}`, 'duration.(): int', (value: Duration) => durationField(value, unit)),
  );
});

export const standardLibrary: Library = {
  functions: [...operators, ...special, ...functions, ...timeFunctions, ...conversions],
  macros: standardMacros,
};
