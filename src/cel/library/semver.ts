/** Semantic versions: `semver('1.2.3').isLessThan(semver('1.10.0'))`. */
import { compareSemanticVersions as compare, parseSemanticVersion, type SemanticVersion } from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { objectType } from '../types.ts';
import { EvalError, Extension, type Result } from '../values.ts';

const semverType = objectType('kubernetes.Semver');

class SemverValue extends Extension implements SemanticVersion {
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

function parse(text: string, normalize = false): SemverValue | EvalError {
  const version = parseSemanticVersion(normalize ? normalized(text) : text);
  return typeof version === 'string' ? new EvalError(version) : new SemverValue(version.numbers, version.prerelease);
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
