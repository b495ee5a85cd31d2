/**
 * One step of a path in a set of fields, in the text of FieldsV1: `f:name` is a field, `k:{"name":"a"}` the item of a list
 * with these keys, `v:"x"` the item of a set, `i:0` an index. Always holds: the text is canonical, so two elements are the
 * same exactly if their texts are.
 */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { goJson, goNumber, goQuote } from '../go-text.ts';
import type { ListMerge } from './merge-type.ts';

/** The element of one item of a list, or what is wrong with the item. */
export function itemElement(list: ListMerge, item: Json): { readonly element: string } | { readonly error: string } {
  return list.relation === 'map' ? keyElement(list, item) : valueElement(item);
}

function keyElement({ sortedKeys, keyDefaults }: ListMerge, item: Json): { element: string } | { error: string } {
  if (item === null) return { error: 'associative list with keys may not have a null element' };
  if (!isJsonObject(item)) return { error: 'associative list with keys may not have non-map elements' };
  let text = 'k:{';
  for (const { name, text: nameText } of sortedKeys) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    const known = value ?? (value === null ? null : (keyDefaults[name] as Json | undefined));
    if (known === undefined)
      return {
        error: `associative list with keys has an element that omits key field ${goQuote(name)} (and doesn't have default value)`,
      };
    text += `${text.length > 3 ? ',' : ''}${nameText}:${keyText(known)}`;
  }
  return { element: `${text}}` };
}

const plain = /^[ !#-%'-;=?-[\]-~]*$/;

/** As Go's JSON writes it; names and numbers, which keys mostly are, need no escapes. */
function keyText(value: Json): string {
  if (typeof value === 'string' && plain.test(value)) return `"${value}"`;
  return goJson(value);
}

function valueElement(item: Json): { element: string } | { error: string } {
  if (item === null) return { error: "associative list without keys has an element that's an explicit null" };
  if (Array.isArray(item)) return { error: 'not supported: associative list with lists as elements' };
  if (typeof item === 'object') return { error: "associative list without keys has an element that's a map type" };
  return { element: `v:${keyText(item)}` };
}

/** The canonical text of an element that a client sent; undefined for one of a kind that nobody knows yet. */
export function parseElement(text: string): { readonly element: string | undefined } | { readonly error: string } {
  if (text.length < 2) return { error: 'key must be 2 characters long:' };
  if (text.charAt(1) !== ':') return { error: `missing colon: ${text}` };
  const rest = text.slice(2);
  switch (text.charAt(0)) {
    case 'f':
      return { element: text };
    case 'i':
      return /^[+-]?\d+$/.test(rest) ? { element: `i:${Number(rest)}` } : { error: `invalid index: ${rest}` };
    case 'v':
    case 'k':
      return parseJsonElement(text.charAt(0), rest);
    default:
      return { element: undefined };
  }
}

function parseJsonElement(type: string, rest: string): { element: string } | { error: string } {
  let value: Json;
  try {
    value = JSON.parse(rest) as Json;
  } catch {
    return { error: `invalid JSON: ${rest}` };
  }
  if (type === 'v') return { element: `v:${goJson(value)}` };
  return isJsonObject(value) ? { element: `k:${goJson(sortedByName(value))}` } : { error: `not an object: ${rest}` };
}

function sortedByName(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const ranks: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };

/** Upstream's order: fields, keys, values, indexes; within keys and values numbers before strings before booleans. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  const type = a.charAt(0);
  if (type !== b.charAt(0)) return (ranks[type] ?? 5) - (ranks[b.charAt(0)] ?? 5);
  if (type === 'i') return Number(a.slice(2)) - Number(b.slice(2));
  if (type === 'k') return compareKeys(contentOf(a) as JsonObject, contentOf(b) as JsonObject);
  if (type === 'v') return compareValues(contentOf(a), contentOf(b));
  return a < b ? -1 : 1;
}

function contentOf(element: string): Json {
  return JSON.parse(element.slice(2)) as Json;
}

function compareKeys(a: JsonObject, b: JsonObject): number {
  const right = Object.entries(b);
  for (const [i, [name, value]] of Object.entries(a).entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (name !== other[0]) return name < other[0] ? -1 : 1;
    const order = compareValues(value ?? null, other[1] ?? null);
    if (order !== 0) return order;
  }
  return Object.keys(a).length - right.length;
}

function compareValues(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const order = valueRank(a) - valueRank(b);
  if (order !== 0) return order;
  const [left, right] = [typeof a === 'string' ? a : goJson(a), typeof b === 'string' ? b : goJson(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function valueRank(value: Json): number {
  if (value === null) return 5;
  if (Array.isArray(value)) return 3;
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : typeof value === 'boolean' ? 2 : 4;
}

/** As messages write it: `.spec`, `[name="a"]`, `[="x"]`, `[0]`. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  switch (element.charAt(0)) {
    case 'f':
      return `.${rest}`;
    case 'k': {
      const keys = Object.entries(contentOf(element) as JsonObject);
      return `[${keys.map(([name, value]) => `${name}=${valueText(value ?? null)}`).join(',')}]`;
    }
    case 'v':
      return `[=${valueText(contentOf(element))}]`;
    default:
      return `[${rest}]`;
  }
}

/** A value as messages about fields write it. */
function valueText(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return goNumber(value);
  if (typeof value === 'string') return goQuote(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(valueText).join(',')}]`;
  const members = Object.entries(value as JsonObject).map(([name, item]) => `${name}=${valueText(item ?? null)}`);
  return `{${members.join(';')}}`;
}
