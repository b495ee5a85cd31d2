/** The Pod Security Standards: which checks a level consists of in a version, and what they say together. */
import { baselineChecks } from './baseline.ts';
import type { Check, Judged, Violation } from './check.ts';
import type { Standard } from './policy.ts';
import { restrictedChecks } from './restricted.ts';

/** What a pod does that the standard forbids. */
export function violations(judged: Judged, { level, minor }: Standard): readonly Violation[] {
  if (level === 'privileged') return [];
  const strict = level === 'restricted' ? restrictedChecks.filter((check) => judgeOf(check, minor) !== undefined) : [];
  const overridden = new Set(strict.flatMap(({ overrides = [] }) => overrides));
  return [...baselineChecks.filter(({ id }) => !overridden.has(id)), ...strict].flatMap(
    (check) => judgeOf(check, minor)?.(judged) ?? [],
  );
}

function judgeOf({ since }: Check, minor: number): Check['since'][number][1] | undefined {
  return since.findLast(([first]) => first <= minor)?.[1];
}

export function reasons(found: readonly Violation[]): string {
  return found.map(({ reason }) => reason).join(', ');
}

export function details(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}
