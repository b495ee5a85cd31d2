/** What Go says of a value in JSON that is not of the type that it should be. */
import type { Json } from '../../base/mod.ts';

export function mismatch(value: Json, wanted: string): string {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${type} into Go value of type ${wanted}`;
}
