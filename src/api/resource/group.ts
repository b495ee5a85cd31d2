/** What the kinds for devices share: lists with limits, and the names of drivers, pools and attributes. */
import {
  cIdentifierErrors,
  dns1123SubdomainErrors,
  duplicate,
  invalid,
  required,
  tooLong,
  tooMany,
  utf8Length,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkCsiDriverName, report, type Errors } from '../checks.ts';

export const resourceGroup = 'resource.k8s.io';

export const poolNameLengthMax = 253;
const identifierLengthMax = 32;
/** A domain, a slash and an identifier. */
export const qualifiedNameLengthMax = 63 + 1 + identifierLengthMax;

/** A key as a path shows it: the middle of a long one is left out. */
export function shortened(key: string, lengthMax: number): string {
  if (key.length <= lengthMax) return key;
  const rest = lengthMax - 3;
  return `${key.slice(0, Math.floor((rest + 1) / 2))}...${key.slice(key.length - Math.floor(rest / 2))}`;
}

/** A list that is too long is not looked at any further. */
export function checkList<T>(
  errors: Errors,
  items: readonly T[] | undefined,
  { path, countMax }: { readonly path: FieldPath; readonly countMax: number },
  check: (item: T, path: FieldPath) => void,
): void {
  const count = items?.length ?? 0;
  if (count > countMax) return void errors.push(tooMany(path, count, countMax));
  for (const [i, item] of (items ?? []).entries()) check(item, path.index(i));
}

/** Says of each item whose key another one had before. */
export function checkUnique<T>(
  errors: Errors,
  items: readonly T[] | undefined,
  keyOf: (item: T) => string,
  path: FieldPath,
): void {
  const seen = new Set<string>();
  for (const [i, item] of (items ?? []).entries()) {
    const key = keyOf(item);
    if (seen.has(key)) errors.push(duplicate(path.index(i), key));
    seen.add(key);
  }
}

/** Segments of subdomains. */
export function checkPoolName(errors: Errors, name: string, path: FieldPath): void {
  if (name === '') return void errors.push(required(path));
  if (utf8Length(name) > poolNameLengthMax) errors.push(tooLong(path, poolNameLengthMax));
  for (const part of name.split('/')) report(errors, path, part, dns1123SubdomainErrors(part));
}

/** `model`, or `driver.example.com/model`. */
export function checkQualifiedAttribute(errors: Errors, name: string, path: FieldPath): void {
  const [first = '', second, ...more] = name.split('/');
  // Upstream lets these pass.
  if (more.length > 0) return;
  if (second === undefined) checkIdentifier(errors, first, path);
  else {
    if (first === '') errors.push(invalid(path, '', 'the domain must not be empty'));
    else checkCsiDriverName(errors, first, path);
    if (second === '') errors.push(invalid(path, '', 'the name must not be empty'));
    else checkIdentifier(errors, second, path);
  }
}

export function checkFullyQualifiedAttribute(errors: Errors, name: string, path: FieldPath): void {
  checkQualifiedAttribute(errors, name, path);
  if (!name.includes('/'))
    errors.push(invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash'));
}

function checkIdentifier(errors: Errors, name: string, path: FieldPath): void {
  if (utf8Length(name) > identifierLengthMax) errors.push(tooLong(path, identifierLengthMax));
  report(errors, path, name, cIdentifierErrors(name));
}

/** Parameters that only a driver understands: a JSON object of limited size. */
export function checkRawObject(errors: Errors, value: unknown, bytesMax: number | undefined, path: FieldPath): void {
  if (value === undefined || value === null) errors.push(required(path));
  else if (bytesMax !== undefined && utf8Length(JSON.stringify(value)) > bytesMax) errors.push(tooLong(path, bytesMax));
  else if (typeof value !== 'object' || Array.isArray(value))
    errors.push(invalid(path, '<value omitted>', 'must be a valid JSON object'));
}
