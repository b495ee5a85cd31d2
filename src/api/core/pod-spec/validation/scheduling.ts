/** Tolerations, scheduling gates, the group that a pod is in, and the taints that nodes have. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  duplicate,
  invalid,
  labelValueErrors,
  notSupported,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkChoice, checkOptionalChoice, checkQualifiedName, report, type Errors } from '../../../checks.ts';
import { internalForm } from '../../../internal-form.ts';
import type { PodSchedulingGate, PodSchedulingGroup, Taint, Toleration } from '../../../upstream/types.ts';

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function checkTolerations(
  errors: Errors,
  tolerations: readonly DeepReadonly<Toleration>[],
  path: FieldPath,
): void {
  for (const [i, { key = '', operator = '', value = '', effect = '', tolerationSeconds }] of tolerations.entries()) {
    const at = path.index(i);
    if (key !== '') checkQualifiedName(errors, key, at.child('key'));
    else if (operator !== 'Exists')
      errors.push(
        invalid(
          at.child('operator'),
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(invalid(at.child('effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === '' || operator === 'Equal') {
      const problems = labelValueErrors(value);
      if (problems.length > 0) errors.push(invalid(at.child('operator'), value, problems.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '')
        errors.push(invalid(at.child('operator'), value, "value must be empty when `operator` is 'Exists'"));
    } else {
      // Upstream names the operators of a feature that is off to who asks for one of them.
      const known = ['Equal', 'Exists', 'Lt', 'Gt'];
      errors.push(notSupported(at.child('operator'), operator, known.includes(operator) ? known : known.slice(0, 2)));
    }
    if (effect !== '') checkOptionalChoice(errors, effect, taintEffects, at.child('effect'));
  }
}

export function checkSchedulingGates(
  errors: Errors,
  gates: readonly DeepReadonly<PodSchedulingGate>[],
  path: FieldPath,
): void {
  const seen = new Set<string>();
  for (const [i, { name }] of gates.entries()) {
    checkQualifiedName(errors, name, path.index(i));
    if (seen.has(name)) errors.push(duplicate(path.index(i), name));
    seen.add(name);
  }
}

export function checkSchedulingGroup(
  errors: Errors,
  { podGroupName: name }: DeepReadonly<PodSchedulingGroup>,
  path: FieldPath,
): void {
  if (name === undefined) errors.push(invalid(path, '', 'must specify one of: `podGroupName`'));
  else report(errors, path.child('podGroupName'), name, dns1123SubdomainErrors(name));
}

export function checkTaints(errors: Errors, taints: readonly DeepReadonly<Taint>[], path: FieldPath): void {
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const at = path.index(i);
    checkQualifiedName(errors, taint.key, at.child('key'));
    const problems = labelValueErrors(taint.value ?? '');
    if (problems.length > 0) errors.push(invalid(at.child('value'), taint.value ?? '', problems.join(';')));
    checkChoice(errors, taint.effect, taintEffects, at.child('effect'));
    const pair = `${taint.effect}:${taint.key}`;
    if (seen.has(pair))
      errors.push({
        ...duplicate(at, internalForm('io.k8s.api.core.v1.Taint', taint)),
        detail: 'taints must be unique by key and effect pair',
      });
    seen.add(pair);
  }
}
