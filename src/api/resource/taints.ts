/** Taints of devices, the tolerations of claims for them, and the conditions that a binding waits for. */
import type { DeepReadonly } from '../../base/mod.ts';
import { duplicate, invalid, labelValueErrors, type FieldPath } from '../../machinery/mod.ts';
import { checkChoice, checkOptionalChoice, checkQualifiedName, report, type Errors } from '../checks.ts';
import type { DeviceTaint, DeviceToleration } from '../upstream/types.ts';
import { checkList } from './group.ts';

const effects = ['NoExecute', 'NoSchedule', 'None'];
const conditionsMax = 4;

export function checkDeviceTaint(errors: Errors, taint: DeepReadonly<DeviceTaint>, path: FieldPath): void {
  const { key, value = '', effect } = taint;
  checkQualifiedName(errors, key, path.child('key'));
  report(errors, path.child('value'), value, labelValueErrors(value));
  checkChoice(errors, effect, effects, path.child('effect'));
}

export function defaultTolerations(tolerations: DeviceToleration[] | undefined): void {
  for (const toleration of tolerations ?? []) toleration.operator ??= 'Equal';
}

export function checkDeviceTolerations(
  errors: Errors,
  tolerations: readonly DeepReadonly<DeviceToleration>[] | undefined,
  path: FieldPath,
): void {
  for (const [i, { key = '', operator, value = '', effect }] of (tolerations ?? []).entries()) {
    const at = path.index(i);
    if (key !== '') checkQualifiedName(errors, key, at.child('key'));
    if (operator === 'Equal') report(errors, at.child('value'), value, labelValueErrors(value));
    else if (operator !== 'Exists') checkChoice(errors, operator, ['Equal', 'Exists'], at.child('operator'));
    else if (value !== '') errors.push(invalid(at.child('value'), value, 'must be empty for operator `Exists`'));
    if (effect !== '') checkOptionalChoice(errors, effect, effects, at.child('effect'));
  }
}

interface BindingConditions {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** What must come true before a pod is bound, and what says that it never will: both or neither. */
export function checkBindingConditions(errors: Errors, device: BindingConditions, path: FieldPath): void {
  const { bindingConditions: success = [], bindingFailureConditions: failure = [] } = device;
  const successPath = path.child('bindingConditions');
  const failurePath = path.child('bindingFailureConditions');
  const check = (name: string, at: FieldPath): void => checkQualifiedName(errors, name, at);
  checkList(errors, success, { path: successPath, countMax: conditionsMax }, check);
  checkList(errors, failure, { path: failurePath, countMax: conditionsMax }, check);
  for (const [i, name] of success.entries())
    if (success.indexOf(name) < i) errors.push(duplicate(successPath.index(i), name));
  for (const [i, name] of failure.entries()) {
    if (failure.indexOf(name) < i) errors.push(duplicate(failurePath.index(i), name));
    if (success.includes(name))
      errors.push(
        invalid(failurePath.index(i), name, 'bindingFailureConditions must not overlap with bindingConditions'),
      );
  }
  if (success.length === 0 && failure.length > 0)
    errors.push(invalid(successPath, null, 'bindingConditions are required to use bindingFailureConditions'));
  if (failure.length === 0 && success.length > 0)
    errors.push(invalid(failurePath, null, 'bindingFailureConditions are required to use bindingConditions'));
}
