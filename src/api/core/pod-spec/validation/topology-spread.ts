/** Topology spread constraints. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  duplicate,
  invalid,
  labelSelectorErrors,
  notSupported,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkOptionalChoice, type Errors } from '../../../checks.ts';
import type { TopologySpreadConstraint } from '../../../upstream/types.ts';
import { checkLabelKeys } from './affinity.ts';

const notPositive = 'must be greater than zero';

export function checkTopologySpread(
  errors: Errors,
  constraints: readonly DeepReadonly<TopologySpreadConstraint>[],
  path: FieldPath,
): void {
  for (const [i, constraint] of constraints.entries()) {
    const at = path.index(i);
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, labelSelector } = constraint;
    if (maxSkew <= 0) errors.push(invalid(at.child('maxSkew'), maxSkew, notPositive));
    if (topologyKey === '') errors.push(required(at.child('topologyKey'), 'can not be empty'));
    if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway')
      errors.push(notSupported(at.child('whenUnsatisfiable'), whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    const repeated = constraints
      .slice(i + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (repeated)
      errors.push(duplicate(at.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`));
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(at.child('minDomains'), minDomains, notPositive));
      if (whenUnsatisfiable !== 'DoNotSchedule')
        errors.push(
          invalid(
            at.child('minDomains'),
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
        );
    }
    checkOptionalChoice(errors, constraint.nodeAffinityPolicy, ['Honor', 'Ignore'], at.child('nodeAffinityPolicy'));
    checkOptionalChoice(errors, constraint.nodeTaintsPolicy, ['Honor', 'Ignore'], at.child('nodeTaintsPolicy'));
    checkLabelKeys(errors, constraint, at);
    errors.push(...labelSelectorErrors(labelSelector, at.child('labelSelector')));
  }
}
