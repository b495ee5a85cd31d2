/**
 * The shape of a configuration file: every field is known and of its type, or it is named. As upstream's strict decoding,
 * which takes no file that says something nobody reads.
 */
import { isJsonObject } from './json.ts';

export type Shape =
  | 'string'
  | 'boolean'
  | 'number'
  | 'anything'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

/** Each finding as `unknown field "a[0].b"` or `a.b: expected string, got number`; none when the value has the shape. */
export function shapeErrors(value: unknown, shape: Shape, path = ''): string[] {
  if (shape === 'anything' || value === undefined || value === null) return [];
  if (typeof shape === 'string')
    return typeof value === shape ? [] : [`${path}: expected ${shape}, got ${typeName(value)}`];
  if ('list' in shape) {
    if (!Array.isArray(value)) return [`${path}: expected list, got ${typeName(value)}`];
    return value.flatMap((item, i) => shapeErrors(item, shape.list, `${path}[${i}]`));
  }
  if (!isJsonObject(value)) return [`${path === '' ? 'document' : path}: expected object, got ${typeName(value)}`];
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  return Object.entries(value).flatMap(([name, inner]) => {
    if ('map' in shape) return shapeErrors(inner, shape.map, at(name));
    const expected = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    return expected === undefined ? [`unknown field "${at(name)}"`] : shapeErrors(inner, expected, at(name));
  });
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value;
}
