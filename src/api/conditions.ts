/** Conditions in a status, where they have the type that all newer kinds share. */
import type { DeepReadonly } from '../base/mod.ts';
import {
  duplicate,
  invalid,
  notSupported,
  regexError,
  required,
  tooLong,
  utf8Length,
  type FieldPath,
} from '../machinery/mod.ts';
import { checkQualifiedName, type Errors } from './checks.ts';
import type { Condition } from './upstream/types.ts';

const statuses = ['False', 'True', 'Unknown'];
const reasonBytesMax = 1024;
const messageBytesMax = 32 * 1024;
const reasonSource = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reason = new RegExp(`^${reasonSource}$`);
const reasonMismatch = regexError(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  reasonSource,
  'my_name',
  'MY_NAME',
  'MyName',
  'ReasonA,ReasonB',
  'ReasonA:ReasonB',
);

export function checkConditions(
  errors: Errors,
  conditions: readonly DeepReadonly<Condition>[] | undefined,
  path: FieldPath,
): void {
  const seen = new Set<string>();
  for (const [i, condition] of (conditions ?? []).entries()) {
    const at = path.index(i);
    if (seen.has(condition.type)) errors.push(duplicate(at.child('type'), condition.type));
    seen.add(condition.type);
    checkCondition(errors, condition, at);
  }
}

function checkCondition(errors: Errors, condition: DeepReadonly<Partial<Condition>>, path: FieldPath): void {
  const {
    type = '',
    status = '',
    observedGeneration = 0,
    lastTransitionTime,
    reason: why = '',
    message = '',
  } = condition;
  checkQualifiedName(errors, type, path.child('type'));
  if (!statuses.includes(status)) errors.push(notSupported(path.child('status'), status, statuses));
  if (observedGeneration < 0)
    errors.push(invalid(path.child('observedGeneration'), observedGeneration, 'must be greater than or equal to zero'));
  if ((lastTransitionTime ?? '') === '') errors.push(required(path.child('lastTransitionTime'), 'must be set'));
  if (why === '') errors.push(required(path.child('reason'), 'must be set'));
  else {
    if (!reason.test(why)) errors.push(invalid(path.child('reason'), why, reasonMismatch));
    if (utf8Length(why) > reasonBytesMax) errors.push(tooLong(path.child('reason'), reasonBytesMax));
  }
  if (utf8Length(message) > messageBytesMax) errors.push(tooLong(path.child('message'), messageBytesMax));
}
