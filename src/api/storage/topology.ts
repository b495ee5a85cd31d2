/** The topologies that a class of storage is limited to. */
import type { DeepReadonly } from '../../base/mod.ts';
import { duplicate, required, type FieldPath } from '../../machinery/mod.ts';
import { checkQualifiedName, type Errors } from '../checks.ts';
import type { TopologySelectorTerm } from '../upstream/types.ts';

export function checkTopologies(
  errors: Errors,
  terms: readonly DeepReadonly<TopologySelectorTerm>[],
  path: FieldPath,
): void {
  // Upstream compares with as many empty terms as there are terms, so that an empty one is a duplicate of each.
  const seen = terms.map(() => '[]');
  for (const [i, term] of terms.entries()) {
    const at = path.index(i);
    const text = checkTerm(errors, term, at.child('matchLabelExpressions'));
    for (const other of seen) if (other === text) errors.push(duplicate(at.child('matchLabelExpressions'), ''));
    seen.push(text);
  }
}

/** A text that two terms have in common when they select the same. */
function checkTerm(
  errors: Errors,
  { matchLabelExpressions = [] }: DeepReadonly<TopologySelectorTerm>,
  path: FieldPath,
): string {
  const found = new Map<string, readonly string[]>();
  for (const [i, { key, values: given }] of matchLabelExpressions.entries()) {
    const at = path.index(i);
    const values = given ?? [];
    if (values.length === 0) errors.push(required(at.child('values')));
    for (const [j, value] of values.entries())
      if (values.indexOf(value) < j) errors.push(duplicate(at.child('values').index(j), value));
    checkQualifiedName(errors, key, at.child('key'));
    if (found.has(key)) errors.push(duplicate(at.child('key'), key));
    found.set(key, [...new Set(values)].sort());
  }
  return JSON.stringify([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
