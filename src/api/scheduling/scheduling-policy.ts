/** What groups of pods and the templates of them have in common: how their pods are scheduled. */
import type { DeepReadonly } from '../../base/mod.ts';
import { invalid, required, type FieldPath } from '../../machinery/mod.ts';
import { checkMinimum, type Errors } from '../checks.ts';
import type { PodGroupSchedulingPolicy, PodGroupSpec, PodGroupTemplate } from '../upstream/types.ts';

const minCountMin = 1;

/** Exactly one field of a struct is set. */
export function checkOneOf(errors: Errors, members: Readonly<Record<string, unknown>>, path: FieldPath): void {
  const names = Object.keys(members)
    .map((name) => `\`${name}\``)
    .join(', ');
  const set = Object.keys(members).filter((name) => (members[name] ?? undefined) !== undefined);
  if (set.length > 1) errors.push(invalid(path, `{${set.join(', ')}}`, `must specify exactly one of: ${names}`));
  if (set.length === 0) errors.push(invalid(path, '', `must specify one of: ${names}`));
}

export function checkSchedulingPolicy(
  errors: Errors,
  { basic, gang }: DeepReadonly<PodGroupSchedulingPolicy>,
  path: FieldPath,
): void {
  checkOneOf(errors, { basic, gang }, path);
  if (gang === undefined) return;
  const minCountPath = path.child('gang').child('minCount');
  if (gang.minCount === 0) errors.push(required(minCountPath));
  else checkMinimum(errors, gang.minCount, minCountMin, minCountPath);
}

/**
 * Fields behind features that a cluster of this release has off: placement by topology, claims of a whole group, preemption of
 * groups. None of them is stored; upstream forgets them when an object is written.
 */
export function dropDisabled(of: PodGroupSpec | PodGroupTemplate): void {
  delete of.resourceClaims;
  delete of.disruptionMode;
  delete of.priorityClassName;
  delete of.priority;
  delete of.schedulingConstraints;
}
