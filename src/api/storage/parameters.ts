/** What classes of storage have in common: who provides it, and what it is told. */
import { invalid, required, tooLong, type FieldLike } from '../../machinery/mod.ts';
import { checkQualifiedName, type Errors } from '../checks.ts';

const parametersMax = 512;
const parametersBytesMax = 256 * 1024;
const encoder = new TextEncoder();

export const storageGroup = 'storage.k8s.io';

export function checkProvisioner(errors: Errors, name: string, path: FieldLike): void {
  if (name === '') errors.push(required(path));
  else checkQualifiedName(errors, name.toLowerCase(), path);
}

/** How much a map takes when only its keys and values count. */
export function mapBytes(map: Readonly<Record<string, string>> = {}): number {
  let size = 0;
  for (const key in map) size += encoder.encode(key).length + encoder.encode(map[key] ?? '').length;
  return size;
}

export function checkParameters(
  errors: Errors,
  parameters: Readonly<Record<string, string>> = {},
  path: FieldLike,
  needed: boolean,
): void {
  const keys = Object.keys(parameters);
  if (keys.length > parametersMax) return void errors.push(tooLong(path, parametersMax));
  if (keys.includes('')) errors.push(invalid(path, '', 'field can not be empty.'));
  if (mapBytes(parameters) > parametersBytesMax) errors.push(tooLong(path, parametersBytesMax));
  if (needed && keys.length === 0) errors.push(required(path, 'must contain at least one key/value pair'));
}
