/** PodDisruptionBudget of policy/v1beta1, where an empty selector was no pods and not all of them. */
import { jsonEqual } from '../../base/mod.ts';
import type { Kind } from '../../machinery/mod.ts';
import { podDisruptionBudgets } from '../policy/pod-disruption-budget.ts';
import type { LabelSelector, PodDisruptionBudget } from '../upstream/types.ts';
import { legacyKind } from './version.ts';

/** A key that no pod has: how each version says what only the other one can say with an empty selector. */
const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
const empty: LabelSelector = {};
const none: LabelSelector = { matchExpressions: [{ key, operator: 'Exists' }] };
const all: LabelSelector = { matchExpressions: [{ key, operator: 'DoesNotExist' }] };

function replaced(
  { spec }: Pick<PodDisruptionBudget, 'spec'>,
  pairs: readonly (readonly [from: LabelSelector, to: LabelSelector])[],
): void {
  const [, to] = pairs.find(([from]) => jsonEqual(spec?.selector, from)) ?? [];
  if (spec !== undefined && to !== undefined) spec.selector = structuredClone(to);
}

export const legacyBudgets: readonly Kind[] = [
  legacyKind(podDisruptionBudgets as unknown as Kind, {
    version: 'v1beta1',
    deprecated: [21, 25],
    toCurrent: (draft: PodDisruptionBudget) =>
      replaced(draft, [
        [empty, none],
        [all, empty],
      ]),
    fromCurrent: (draft: PodDisruptionBudget) =>
      replaced(draft, [
        [none, empty],
        [empty, all],
      ]),
  }),
];
