/** How much of a device's capacity claims may ask for, where several share it: values to choose from, or a range with steps. */
import type { DeepReadonly } from '../../base/mod.ts';
import { forbidden, invalid, parseQuantity, required, type FieldPath, type Quantity } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../upstream/types.ts';
import { checkList, checkUnique } from './group.ts';

const optionsMax = 10;

export function checkRequestPolicy(
  errors: Errors,
  policy: DeepReadonly<CapacityRequestPolicy>,
  capacity: Quantity,
  path: FieldPath,
): void {
  const { default: chosen, validValues = [], validRange } = policy;
  if (validValues.length > 0 && validRange !== undefined)
    return void errors.push(
      forbidden(
        path,
        'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time',
      ),
    );
  const kind = validValues.length > 0 ? 'validValues' : validRange === undefined ? undefined : 'validRange';
  if (kind === undefined) return;
  if (chosen === undefined || chosen === null)
    return void errors.push(required(path.child('default'), `required when ${kind} is defined`));
  const at = { path: path.child(kind), capacity, chosen: parseQuantity(chosen) };
  if (validRange === undefined) checkValues(errors, validValues.map(parseQuantity), at);
  else checkRange(errors, validRange, at);
}

interface Place {
  readonly path: FieldPath;
  /** All that the device has. */
  readonly capacity: Quantity;
  /** What a claim gets that does not say how much it wants. */
  readonly chosen: Quantity;
}

function checkValues(errors: Errors, values: readonly Quantity[], { path, capacity, chosen }: Place): void {
  for (const [i, value] of values.entries()) {
    const before = values[i - 1];
    if (before !== undefined && before.compare(value) > 0)
      errors.push(invalid(path.index(i), value.toString(), 'values must be sorted in ascending order'));
  }
  checkList(errors, values, { path, countMax: optionsMax }, (value, at) => {
    if (value.compare(capacity) > 0)
      errors.push(invalid(at, value.toString(), `option is larger than capacity value: ${capacity.toString()}`));
  });
  if (values.length <= optionsMax) checkUnique(errors, values, (value) => String(value.value()), path);
  if (values.length > optionsMax || !values.some((value) => value.equals(chosen)))
    errors.push(invalid(path, chosen.toString(), 'default value is not valid according to the requestPolicy'));
}

function checkRange(
  errors: Errors,
  range: DeepReadonly<Partial<CapacityRequestPolicyRange>>,
  { path, capacity, chosen }: Place,
): void {
  if (range.min === undefined)
    return void errors.push(required(path.child('min'), 'required when validRange is defined'));
  const min = parseQuantity(range.min);
  const max = range.max === undefined ? undefined : parseQuantity(range.max);
  const wrong = (name: string, value: Quantity, problem: string, limit: Quantity): void =>
    void errors.push(invalid(path.child(name), value.toString(), `${problem}: ${limit.toString()}`));
  if (min.compare(capacity) > 0) wrong('min', min, 'min is larger than capacity value', capacity);
  if (chosen.compare(min) < 0) wrong('min', chosen, 'default is less than min', min);
  if (max !== undefined) {
    if (min.compare(max) > 0) wrong('max', min, 'min is larger than max', max);
    if (max.compare(capacity) > 0) wrong('max', max, 'max is larger than capacity value', capacity);
    if (chosen.compare(max) > 0) wrong('max', chosen, 'default is more than max', max);
  }
  if (range.step === undefined) return;
  const step = parseQuantity(range.step);
  const at = path.child('step');
  if (step.sign <= 0) return void errors.push(invalid(at, step.toString(), 'must be greater than zero'));
  const added = min.add(step);
  if (added.compare(capacity) > 0)
    wrong('step', step, `one step ${added.toString()} is larger than capacity value`, capacity);
  for (const value of max === undefined ? [chosen] : [chosen, max])
    if ((value.scaledValue(0) - min.scaledValue(0)) % step.scaledValue(0) !== 0n)
      errors.push(
        invalid(
          at,
          value.toString(),
          `value is not a multiple of a given step (${step.toString()}) from (${min.toString()})`,
        ),
      );
}
