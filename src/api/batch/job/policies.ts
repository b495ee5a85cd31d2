/** When a Job counts as failed or as done before its pods have all ended well: pod failure policy and success policy. */
import type { DeepReadonly } from '../../../base/mod.ts';
import {
  duplicate,
  goQuote,
  invalid,
  notSupported,
  omittedValue,
  required,
  tooLong,
  tooMany,
  utf8Length,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { checkNonNegative, checkQualifiedName, type Errors } from '../../checks.ts';
import { internalForm } from '../../internal-form.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../upstream/types.ts';
import { countIndexes, IndexesError } from './indexes.ts';

type ReadonlySpec = DeepReadonly<JobSpec>;

const rulesMax = 20;
const exitCodesMax = 255;
const conditionsMax = 20;
const indexesBytesMax = 64 * 1024;
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];

/** A choice that must be made; upstream lists the values when nothing was chosen. */
function checkValue(errors: Errors, value: string, supported: readonly string[], path: FieldPath): void {
  if (value === '') errors.push(required(path, `valid values: [${supported.map(goQuote).join(' ')}]`));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

export function checkFailurePolicy(errors: Errors, spec: ReadonlySpec, path: FieldPath): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const at = path.child('rules');
  if (rules.length > rulesMax) errors.push(tooMany(at, rules.length, rulesMax));
  for (const [i, rule] of rules.entries()) checkFailureRule(errors, rule, at.index(i), spec);
}

function checkFailureRule(
  errors: Errors,
  { action, onExitCodes, onPodConditions }: DeepReadonly<PodFailurePolicyRule>,
  path: FieldPath,
  spec: ReadonlySpec,
): void {
  if (action !== 'FailIndex') checkValue(errors, action, actions, path.child('action'));
  else if (spec.backoffLimitPerIndex === undefined)
    errors.push(invalid(path.child('action'), action, 'requires the backoffLimitPerIndex to be set'));
  const conditions = onPodConditions ?? [];
  if (onExitCodes !== undefined) checkExitCodes(errors, onExitCodes, path.child('onExitCodes'), spec);
  checkConditionPatterns(errors, conditions, path.child('onPodConditions'));
  if ((onExitCodes !== undefined) !== conditions.length > 0) return;
  errors.push(
    invalid(
      path,
      omittedValue,
      onExitCodes === undefined
        ? 'specifying one of OnExitCodes and OnPodConditions is required'
        : 'specifying both OnExitCodes and OnPodConditions is not supported',
    ),
  );
}

function checkConditionPatterns(
  errors: Errors,
  patterns: readonly DeepReadonly<PodFailurePolicyOnPodConditionsPattern>[],
  path: FieldPath,
): void {
  if (patterns.length > conditionsMax) errors.push(tooMany(path, patterns.length, conditionsMax));
  for (const [i, { type, status = '' }] of patterns.entries()) {
    checkQualifiedName(errors, type, path.index(i).child('type'));
    checkValue(errors, status, statuses, path.index(i).child('status'));
  }
}

function checkExitCodes(
  errors: Errors,
  { operator, containerName, values }: DeepReadonly<PodFailurePolicyOnExitCodesRequirement>,
  path: FieldPath,
  { template }: ReadonlySpec,
): void {
  checkValue(errors, operator, operators, path.child('operator'));
  const containers = [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])];
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName))
    errors.push(
      invalid(
        path.child('containerName'),
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  const codes = values ?? [];
  const at = path.child('values');
  if (codes.length === 0) errors.push(invalid(at, values, 'at least one value is required'));
  else if (codes.length > exitCodesMax) errors.push(tooMany(at, codes.length, exitCodesMax));
  for (const [i, code] of codes.entries()) {
    if (operator === 'In' && code === 0) errors.push(invalid(at.index(i), code, 'must not be 0 for the In operator'));
    if (codes.indexOf(code) < i) errors.push(duplicate(at.index(i), code));
  }
  if (codes.some((code, i) => code < (codes[i - 1] ?? code))) errors.push(invalid(at, values, 'must be ordered'));
}

export function checkSuccessPolicy(errors: Errors, spec: ReadonlySpec, path: FieldPath): void {
  const rules = spec.successPolicy?.rules ?? [];
  if (spec.completionMode !== 'Indexed') {
    const bad = internalForm('io.k8s.api.batch.v1.SuccessPolicy', spec.successPolicy);
    return void errors.push(invalid(path, bad, 'requires indexed completion mode'));
  }
  const at = path.child('rules');
  if (rules.length === 0)
    errors.push(required(at, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > rulesMax) errors.push(tooMany(at, rules.length, rulesMax));
  for (const [i, rule] of rules.entries()) checkSuccessRule(errors, rule, at.index(i), spec.completions ?? 0);
}

function checkSuccessRule(
  errors: Errors,
  { succeededCount: count, succeededIndexes: indexes }: DeepReadonly<SuccessPolicyRule>,
  path: FieldPath,
  completions: number,
): void {
  if (count === undefined && indexes === undefined)
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  let total = 0;
  if (indexes !== undefined) {
    const at = path.child('succeededIndexes');
    if (utf8Length(indexes) > indexesBytesMax) errors.push(tooLong(at, indexesBytesMax));
    try {
      total = countIndexes(indexes, completions);
    } catch (error) {
      if (!(error instanceof IndexesError)) throw error;
      errors.push(invalid(at, indexes, `error parsing succeededIndexes: ${error.message}`));
    }
  }
  if (count === undefined) return;
  const at = path.child('succeededCount');
  checkNonNegative(errors, count, at);
  const tooLarge = (limit: number, of: string): void =>
    void errors.push(invalid(at, count, `must be less than or equal to ${limit} (the number of ${of})`));
  if (count > completions) tooLarge(completions, 'specified completions');
  if (indexes !== undefined && count > total) tooLarge(total, 'indexes in the specified succeededIndexes field');
}
