/** While a pod is kept from being scheduled, where it may run can still be narrowed, but not widened. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import { invalid, type FieldError, type FieldPath } from '../../../machinery/mod.ts';
import { internalForm } from '../../internal-form.ts';
import type { NodeAffinity, NodeSelectorTerm } from '../../upstream/types.ts';

const termType = 'io.k8s.api.core.v1.NodeSelectorTerm';

type Terms = readonly DeepReadonly<NodeSelectorTerm>[];

export function nodeAffinityMutationErrors(
  affinity: DeepReadonly<NodeAffinity> | undefined,
  old: DeepReadonly<NodeAffinity> | undefined,
  path: FieldPath,
): FieldError[] {
  const before: Terms = old?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const now: Terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (before.length === 0) return [];
  const at = path.child('requiredDuringSchedulingIgnoredDuringExecution').child('nodeSelectorTerms');
  if (before.length !== now.length)
    return [
      invalid(
        at,
        internalForm(`[]${termType}`, now),
        'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ),
    ];
  return now.flatMap((term, i) =>
    narrows(term, before[i] ?? {})
      ? []
      : [invalid(at.index(i), internalForm(termType, term), 'only additions are allowed (no mutations or deletions)')],
  );
}

function narrows(term: DeepReadonly<NodeSelectorTerm>, old: DeepReadonly<NodeSelectorTerm>): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  const { matchExpressions: oldExpressions = [], matchFields: oldFields = [] } = old;
  // A term without requirements matches nothing; one with some would match more.
  if (oldExpressions.length === 0 && oldFields.length === 0)
    return matchExpressions.length === 0 && matchFields.length === 0;
  return (
    jsonEqual(matchExpressions.slice(0, oldExpressions.length), oldExpressions) &&
    jsonEqual(matchFields.slice(0, oldFields.length), oldFields)
  );
}
