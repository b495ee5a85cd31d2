/**
 * Checks of single values that many kinds share. Always holds: a check appends what is wrong to the list that it is given
 * and costs next to nothing when nothing is; texts are upstream's.
 */
import { jsonEqual, type DeepReadonly } from '../base/mod.ts';
import {
  cidrErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  domainPrefixedPathErrors,
  invalid,
  ipErrors,
  labelSelectorFromSpec,
  nameIsPathSegment,
  notSupported,
  parseIp,
  portNameErrors,
  portNumberErrors,
  qualifiedNameErrors,
  required,
  SelectorError,
  tooLong,
  type FieldError,
  type FieldLike,
  type FieldPath,
  type LabelSelector as CompiledSelector,
} from '../machinery/mod.ts';
import { internalForm } from './internal-form.ts';
import type { LabelSelector } from './upstream/types.ts';

export type Errors = FieldError[];

const fieldIsImmutable = 'field is immutable';
export const mustNotBeNegative = 'must be greater than or equal to 0';

/** One error for each problem of the value. */
export function report(errors: Errors, path: FieldLike, value: unknown, problems: readonly string[]): void {
  for (const problem of problems) errors.push(invalid(path, value, problem));
}

export function checkNonNegative(errors: Errors, value: number | undefined, path: FieldLike): void {
  checkMinimum(errors, value, 0, path);
}

export function checkMinimum(errors: Errors, value: number | undefined, min: number, path: FieldLike): void {
  if (value !== undefined && value < min) errors.push(invalid(path, value, `must be greater than or equal to ${min}`));
}

export function checkDnsLabel(errors: Errors, value: string, path: FieldLike): void {
  report(errors, path, value, dns1123LabelErrors(value));
}

export function checkQualifiedName(errors: Errors, value: string, path: FieldLike): void {
  report(errors, path, value, qualifiedNameErrors(value));
}

const driverNameLengthMax = 63;

/** The name by which a volume driver is asked for. */
/** `example.com/name`. Each part that is wrong is shown by itself. */
export function checkDomainPrefixedPath(errors: Errors, value: string, path: FieldLike): void {
  if (value === '') return void errors.push(required(path));
  const slash = value.indexOf('/');
  for (const problem of domainPrefixedPathErrors(value)) {
    const whole = problem.startsWith('must be a domain-prefixed path');
    const part = problem.startsWith('Invalid path') ? value.slice(slash + 1) : value.slice(0, slash);
    errors.push(invalid(path, whole ? value : part, problem));
  }
}

export function checkCsiDriverName(errors: Errors, name: string, path: FieldLike): void {
  if (name === '') return void errors.push(required(path));
  if (name.length > driverNameLengthMax) errors.push(tooLong(path, driverNameLengthMax));
  report(errors, path, name, dns1123SubdomainErrors(name.toLowerCase()));
}

export function checkImmutable(errors: Errors, value: unknown, old: unknown, path: FieldLike): void {
  if (!jsonEqual(value, old)) errors.push(invalid(path, value ?? null, fieldIsImmutable));
}

/** Where the error shows the internal form of the value, which is what the definition `type` describes. */
export function checkImmutableStruct(
  errors: Errors,
  type: string,
  [value, old]: readonly [unknown, unknown],
  path: FieldLike,
): void {
  if (!jsonEqual(value, old))
    errors.push(invalid(path, value === undefined ? null : internalForm(type, value), fieldIsImmutable));
}

/** A required value out of a fixed set; `supported` in the order in which upstream names it. */
export function checkChoice(
  errors: Errors,
  value: string | undefined,
  supported: readonly string[],
  path: FieldLike,
): void {
  if (value === undefined || value === '') errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

/** A value out of a fixed set that may be absent. */
export function checkOptionalChoice(
  errors: Errors,
  value: string | undefined,
  supported: readonly string[],
  path: FieldLike,
): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(path, value, supported));
}

export const protocols: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** Tells of value after value whether it was there before. Lists may be long. */
export function repetition<T>(): (value: T) => boolean {
  const seen = new Set<T>();
  return (value) => seen.size === seen.add(value).size;
}

export function checkPortNumber(errors: Errors, port: number, path: FieldLike): void {
  report(errors, path, port, portNumberErrors(port));
}

/** A port by its number or by its name. */
export function checkPort(errors: Errors, port: number | string, path: FieldLike): void {
  report(errors, path, port, typeof port === 'number' ? portNumberErrors(port) : portNameErrors(port));
}

export function checkIp(errors: Errors, ip: string, path: FieldLike): void {
  report(errors, path, ip, ipErrors(ip, true));
}

export function checkCidr(errors: Errors, cidr: string, path: FieldLike): void {
  report(errors, path, cidr, cidrErrors(cidr, true));
}

/** A field from before addresses were checked strictly: what the object had before it keeps. */
export function checkLegacyIp(errors: Errors, ip: string, known: ReadonlySet<string>, path: FieldLike): void {
  if (!known.has(ip)) checkIp(errors, ip, path);
}

export function checkLegacyCidr(errors: Errors, cidr: string, known: ReadonlySet<string>, path: FieldLike): void {
  if (!known.has(cidr)) checkCidr(errors, cidr, path);
}

interface LocalReference {
  readonly apiGroup?: string | null;
  readonly kind: string;
  readonly name: string;
}

/** A reference to an object of any kind in the same place. */
export function checkLocalReference(errors: Errors, { apiGroup, kind, name }: LocalReference, path: FieldPath): void {
  if (typeof apiGroup === 'string') report(errors, path.child('apiGroup'), apiGroup, dns1123SubdomainErrors(apiGroup));
  for (const [key, value] of [
    ['kind', kind],
    ['name', name],
  ] as const) {
    if (value === '') errors.push(required(path.child(key)));
    else report(errors, path.child(key), value, nameIsPathSegment(value, false));
  }
}

/** Addresses that mean something else on every machine cannot be endpoints. */
export function checkNonSpecialIp(errors: Errors, text: string, path: FieldLike): void {
  const ip = parseIp(text);
  if (ip === undefined) {
    errors.push(invalid(path, text, 'must be a valid IP address'));
    return;
  }
  const [a = 0, b = 0, c = 0] = ip.bytes;
  const rest = ip.bytes.slice(0, -1);
  const last = ip.bytes.at(-1) ?? 0;
  const four = ip.family === 4;
  const zeros = rest.every((byte) => byte === 0);
  if (zeros && last === 0) errors.push(invalid(path, text, `may not be unspecified (${text})`));
  if (four ? a === 127 : zeros && last === 1)
    errors.push(invalid(path, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (four ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80)
    errors.push(invalid(path, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  if (four ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2)
    errors.push(invalid(path, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
}

/** Undefined for one that cannot be understood; an absent one selects nothing. */
export function compiledSelector(selector: DeepReadonly<LabelSelector> | undefined): CompiledSelector | undefined {
  try {
    return labelSelectorFromSpec(selector);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return undefined;
  }
}
