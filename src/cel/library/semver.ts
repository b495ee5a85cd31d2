/** Semantic versions: `semver('1.2.3').isLessThan(semver('1.10.0'))`. */
import { goQuote } from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { objectType } from '../types.ts';
import { EvalError, Extension, type Result } from '../values.ts';

const semverType = objectType('kubernetes.Semver');
type Order = -1 | 0 | 1;

class SemverValue extends Extension {
  readonly type = semverType;
  readonly numbers: readonly [number, number, number];
  readonly prerelease: readonly string[];
  constructor(numbers: readonly [number, number, number], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }
  equals(other: Extension): boolean {
    return other instanceof SemverValue && compare(this, other) === 0;
  }
}

function order<T>(a: T, b: T): Order {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Numbers come before words, a longer list after its beginning, and a release after all that came before it. */
function compare(a: SemverValue, b: SemverValue): Order {
  for (let i = 0; i < 3; i++) {
    const numbers = order(a.numbers[i] ?? 0, b.numbers[i] ?? 0);
    if (numbers !== 0) return numbers;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return order(b.prerelease.length, a.prerelease.length) === 0 ? 0 : a.prerelease.length === 0 ? 1 : -1;
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i++) {
    const parts = comparePrerelease(a.prerelease[i] ?? '', b.prerelease[i] ?? '');
    if (parts !== 0) return parts;
  }
  return order(a.prerelease.length, b.prerelease.length);
}

function comparePrerelease(a: string, b: string): Order {
  const aNumber = /^\d+$/.test(a);
  const bNumber = /^\d+$/.test(b);
  if (aNumber && bNumber) return order(BigInt(a), BigInt(b));
  if (aNumber !== bNumber) return aNumber ? -1 : 1;
  return order(a, b);
}

/** A leading `v`, missing numbers and leading zeros are set right. */
function normalized(text: string): string {
  const bare = text.replace(/^v/, '');
  const end = bare.search(/[-+]/);
  const core = end < 0 ? bare : bare.slice(0, end);
  const rest = end < 0 ? '' : bare.slice(end);
  const numbers = core.split('.').map((part) => part.replace(/^0+(?=.)/, ''));
  while (numbers.length < 3 && core !== '') numbers.push('0');
  return numbers.join('.') + rest;
}

const names = ['major', 'minor', 'patch'];

function parse(text: string, normalize = false): SemverValue | EvalError {
  const version = normalize ? normalized(text) : text;
  if (version === '') return new EvalError('Version string empty');
  const build = version.indexOf('+');
  const plain = build < 0 ? version : version.slice(0, build);
  const dash = plain.indexOf('-');
  const core = (dash < 0 ? plain : plain.slice(0, dash)).split('.');
  if (core.length !== 3) return new EvalError('No Major.Minor.Patch elements found');
  for (const [i, part] of core.entries()) {
    const name = names[i] ?? '';
    if (!/^\d*$/.test(part)) return new EvalError(`Invalid character(s) found in ${name} number ${goQuote(part)}`);
    if (part.length > 1 && part.startsWith('0'))
      return new EvalError(
        `${name.charAt(0).toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${goQuote(part)}`,
      );
    if (part === '') return new EvalError('strconv.ParseUint: parsing "": invalid syntax');
  }
  const prerelease = dash < 0 ? [] : plain.slice(dash + 1).split('.');
  const builds = build < 0 ? [] : version.slice(build + 1).split('.');
  for (const part of prerelease) {
    if (part === '') return new EvalError('Prerelease is empty');
    if (!/^[0-9A-Za-z-]+$/.test(part))
      return new EvalError(`Invalid character(s) found in prerelease ${goQuote(part)}`);
    if (/^0\d+$/.test(part))
      return new EvalError(`Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`);
  }
  for (const part of builds) {
    if (part === '') return new EvalError('Build meta data is empty');
    if (!/^[0-9A-Za-z-]+$/.test(part))
      return new EvalError(`Invalid character(s) found in build meta data ${goQuote(part)}`);
  }
  const [major = 0, minor = 0, patch = 0] = core.map(Number);
  return new SemverValue([major, minor, patch], prerelease);
}

const isSemver = (text: string, normalize?: boolean): Result => !(parse(text, normalize) instanceof EvalError);
const self = 'kubernetes.Semver';

export const semverLibrary: Library = {
  types: [semverType],
  functions: [
    fn(
      'semver',
      overload('string_to_semver', `(string): ${self}`, parse),
      overload('string_bool_to_semver', `(string, bool): ${self}`, parse),
    ),
    fn(
      'isSemver',
      overload('is_semver_string', '(string): bool', isSemver),
      overload('is_semver_string_bool', '(string, bool): bool', isSemver),
    ),
    fn(
      'major',
      overload('semver_major', `${self}.(): int`, ({ numbers }: SemverValue) => numbers[0]),
    ),
    fn(
      'minor',
      overload('semver_minor', `${self}.(): int`, ({ numbers }: SemverValue) => numbers[1]),
    ),
    fn(
      'patch',
      overload('semver_patch', `${self}.(): int`, ({ numbers }: SemverValue) => numbers[2]),
    ),
    fn('compareTo', overload('semver_compare_to', `${self}.(${self}): int`, compare)),
    fn(
      'isGreaterThan',
      overload(
        'semver_is_greater_than',
        `${self}.(${self}): bool`,
        (a: SemverValue, b: SemverValue) => compare(a, b) > 0,
      ),
    ),
    fn(
      'isLessThan',
      overload('semver_is_less_than', `${self}.(${self}): bool`, (a: SemverValue, b: SemverValue) => compare(a, b) < 0),
    ),
  ],
};
