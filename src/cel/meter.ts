/**
 * What a call costs when it runs, in the units of cel-go with Kubernetes' additions: about a unit for anything of constant
 * time, a tenth of a unit for each character that is looked at. By the function's name first, then by the overload.
 */
import { CelList, CelMap, EvalError, Extension, OptionalValue, type Result, sizeOf, type Value } from './values.ts';
import { utf8Length } from '../machinery/mod.ts';

const perCharacter = 0.1;
const perRegexCharacter = 0.25;
export const listCost = 10;
export const mapCost = 30;
export const messageCost = 40;

/** Known before the call is carried out, so that what is too expensive is not begun. */
export type CallCost = (args: readonly Value[]) => number;

const one: CallCost = () => 1;

function actualSize(value: Value | undefined): number {
  if (value instanceof Extension) return value.size ?? 1;
  if (value instanceof OptionalValue) return value.value === undefined ? 1 : actualSize(value.value);
  return value === undefined ? 1 : (sizeOf(value) ?? 1);
}

function text(value: Value | undefined, factor = perCharacter): number {
  return Math.ceil(actualSize(value) * factor);
}

/** As if every part of it was looked at once. */
function traversal(value: Result): number {
  if (value instanceof EvalError) return 1;
  if (typeof value === 'string') return Math.floor(utf8Length(value) * perCharacter);
  if (value instanceof Uint8Array) return Math.floor(value.length * perCharacter);
  if (value instanceof CelList) return value.toArray().reduce((sum: number, item) => sum + traversal(item), 0);
  if (!(value instanceof CelMap)) return 1;
  return value.keys().reduce((sum: number, key) => sum + traversal(key) + traversal(value.get(key) ?? null), 0);
}

/** Of all the texts of a list, with what is put between them. */
function joinedSize(list: Value | undefined, separator: Value | undefined): number {
  if (!(list instanceof CelList)) return 0;
  const between = separator === undefined ? 0 : actualSize(separator) * Math.max(0, list.length - 1);
  return list.toArray().reduce((sum: number, item) => sum + (typeof item === 'string' ? actualSize(item) : 0), between);
}

function regexCost(subject: Value | undefined, patternSize: number): number {
  return Math.ceil((1 + actualSize(subject)) * perCharacter) * Math.ceil(patternSize * perRegexCharacter);
}

/** A list and a structure for each requirement, of which there may be one in two characters. */
function selectorCost(size: number): number {
  return listCost + Math.ceil(size * perCharacter) + Math.ceil(size / 2) * (listCost + messageCost);
}

const scan: CallCost = ([a]) => text(a);
const scanTwice: CallCost = ([a]) => text(a, 2 * perCharacter);
const search: CallCost = ([a, b]) => regexCost(a, actualSize(b));
const traverse: CallCost = ([a]) => (a === undefined ? 0 : traversal(a));

/** The containing address is compared as far as its prefix goes, twice over; text has to be parsed first. */
const containsIp: CallCost = ([cidr]) => Math.ceil(2 * actualSize(cidr) * perCharacter);
const containsCidr: CallCost = (args) => containsIp(args) + text(args[0]) + 1;

function named(names: string, cost: CallCost): [string, CallCost][] {
  return names.split(' ').map((name) => [name, cost]);
}

const byFunction: ReadonlyMap<string, CallCost> = new Map([
  ...named('check', () => 350_000),
  ...named('serviceAccount path group resource subresource namespace name allowed reason error errored', one),
  ...named('fieldSelector labelSelector', ([, selector]) => selectorCost(actualSize(selector))),
  ...named('isSorted sum max min indexOf lastIndexOf', traverse),
  ...named('url lowerAscii upperAscii substring trim jsonpatch.escapeKey', scan),
  ...named('replace split', scanTwice),
  ...named('join', ([list, separator]) => Math.ceil(joinedSize(list, separator) * 2 * perCharacter)),
  ...named('find findAll', search),
  ...named('cidr isIP isCIDR ip quantity isQuantity semver isSemver', scan),
  ...named('ip.isCanonical', scanTwice),
  ...named('masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast', one),
  ...named('isGlobalUnicast format.named', one),
  ...named('sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub', one),
  ...named('major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery', one),
  ...named('containsIP', containsIp),
  ...named('containsCIDR', containsCidr),
  // As if the text was matched against a regular expression of the format's size.
  ...named('validate', ([format, value]) => regexCost(value, actualSize(format))),
]);

const smaller: CallCost = ([a, b]) => Math.ceil(Math.min(actualSize(a), actualSize(b)) * perCharacter);
const together: CallCost = ([a, b]) => Math.ceil((actualSize(a) + actualSize(b)) * perCharacter);

const equality: CallCost = (args) => (args[0] instanceof Extension ? 1 : smaller(args));

const byOverload: ReadonlyMap<string, CallCost> = new Map([
  ...named('starts_with_string ends_with_string string_to_bytes bytes_to_string strings_quote string_format', scan),
  ...named('in_list', ([, list]) => actualSize(list)),
  ...named('less_string greater_string less_equals_string greater_equals_string', smaller),
  ...named('less_bytes greater_bytes less_equals_bytes greater_equals_bytes', smaller),
  ...named('equals', equality),
  ...named('not_equals', smaller),
  ...named('add_string add_bytes', together),
  ...named('matches_string', search),
  ...named('contains_string', ([a, b]) => text(a) * text(b)),
]);

/** A call, a new list, and the work on so many items. */
function listWork(items: number, factor = 1): number {
  return Math.floor(items * factor) + 1 + listCost;
}

/** Every item is compared with every other, text by its characters. */
function selfCompare(list: Value | undefined): number {
  const size = actualSize(list);
  const first = list instanceof CelList && size > 0 ? list.at(0) : null;
  const isText = typeof first === 'string' || first instanceof Uint8Array;
  return listWork(size * size, isText ? 2 + perCharacter : 2);
}

const sortable = 'int uint double bool google.protobuf.Duration google.protobuf.Timestamp string bytes'.split(' ');

function sets(factor: number): CallCost {
  return ([a, b]) => 1 + Math.floor(actualSize(a) * actualSize(b) * factor);
}

/** These decide before the function's name does. */
const byOverloadFirst: ReadonlyMap<string, CallCost> = new Map([
  ...named('cidr_ip', one),
  ...named('cidr_contains_ip_string', (args) => containsIp(args) + text(args[1])),
  ...named('cidr_contains_cidr_string', (args) => containsCidr(args) + text(args[1])),
  ...named('list_slice', ([, start, end]) => listWork(Math.max(0, Number(end) - Number(start)))),
  ...named('lists_range', ([count]) => listWork(Math.max(0, Number(count)))),
  ...named('list_reverse', ([list]) => listWork(actualSize(list))),
  ...named('list_flatten', ([list]) => listWork(actualSize(list))),
  ...named('list_flatten_int', ([list, depth]) => listWork(actualSize(list), Math.max(0, Number(depth)))),
  ...named('list_distinct', ([list]) => selfCompare(list)),
  ...named(sortable.map((type) => `list_${type}_sort`).join(' '), ([list]) => selfCompare(list)),
  ...named(sortable.map((type) => `list_${type}_sortByAssociatedKeys`).join(' '), ([, keys]) => selfCompare(keys)),
  ...named('list_sets_contains_list list_sets_intersects_list', sets(1)),
  ...named('list_sets_equivalent_list', sets(2)),
]);

/** The cost of calls to a function; `overloadId` is undefined while it is open which overload it will be. */
export function callCost(name: string, overloadId: string | undefined): CallCost {
  const id = overloadId ?? '';
  return byOverloadFirst.get(id) ?? byFunction.get(name) ?? byOverload.get(id) ?? one;
}
