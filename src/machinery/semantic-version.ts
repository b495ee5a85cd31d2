/** Semantic versions as upstream reads and orders them: all three numbers, none with a leading zero. */
import { goQuote } from './go-text.ts';

export interface SemanticVersion {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  readonly prerelease: readonly string[];
}

type Order = -1 | 0 | 1;

function order<T>(a: T, b: T): Order {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Numbers come before words, a longer list after its beginning, and a release after all that came before it. */
export function compareSemanticVersions(a: SemanticVersion, b: SemanticVersion): Order {
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

const names = ['major', 'minor', 'patch'];

/** A version, or what is wrong with the text in the words of upstream's library. */
export function parseSemanticVersion(version: string): SemanticVersion | string {
  if (version === '') return 'Version string empty';
  const build = version.indexOf('+');
  const plain = build < 0 ? version : version.slice(0, build);
  const dash = plain.indexOf('-');
  const core = (dash < 0 ? plain : plain.slice(0, dash)).split('.');
  if (core.length !== 3) return 'No Major.Minor.Patch elements found';
  for (const [i, part] of core.entries()) {
    const name = names[i] ?? '';
    if (!/^\d*$/.test(part)) return `Invalid character(s) found in ${name} number ${goQuote(part)}`;
    if (part.length > 1 && part.startsWith('0'))
      return `${name.charAt(0).toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${goQuote(part)}`;
    if (part === '') return 'strconv.ParseUint: parsing "": invalid syntax';
  }
  const prerelease = dash < 0 ? [] : plain.slice(dash + 1).split('.');
  const builds = build < 0 ? [] : version.slice(build + 1).split('.');
  for (const part of prerelease) {
    if (part === '') return 'Prerelease is empty';
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in prerelease ${goQuote(part)}`;
    if (/^0\d+$/.test(part)) return `Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`;
  }
  for (const part of builds) {
    if (part === '') return 'Build meta data is empty';
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in build meta data ${goQuote(part)}`;
  }
  const [major = 0, minor = 0, patch = 0] = core.map(Number);
  return { numbers: [major, minor, patch], prerelease };
}
