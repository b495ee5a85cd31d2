/** PodDisruptionBudget. Its status is what evictions are allowed by, so it is only written over a state that was seen. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  invalid,
  labelSelectorErrors,
  nameColumn,
  type FieldError,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkAmount, checkAtMostAll } from '../amounts.ts';
import { checkNonNegative, checkOptionalChoice } from '../checks.ts';
import { column, integerColumn } from '../columns.ts';
import { checkConditions } from '../conditions.ts';
import { internalForm } from '../internal-form.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../upstream/types.ts';

type ReadonlyBudget = DeepReadonly<PodDisruptionBudget>;

const specPath = field('spec');
const statusPath = field('status');
const noStatus: PodDisruptionBudgetStatus = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
};

function budgetErrors({ spec = {} }: ReadonlyBudget, allowInvalidValues = false): FieldError[] {
  const errors: FieldError[] = [];
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: unhealthy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const bad = internalForm('io.k8s.api.policy.v1.PodDisruptionBudgetSpec', spec);
    errors.push(invalid(specPath, bad, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    const amount = spec[name];
    if (amount === undefined) continue;
    checkAmount(errors, amount, specPath.child(name));
    checkAtMostAll(errors, amount, specPath.child(name));
  }
  errors.push(...labelSelectorErrors(selector, specPath.child('selector'), { allowInvalidValues }));
  const path = specPath.child('unhealthyPodEvictionPolicy');
  checkOptionalChoice(errors, unhealthy, ['AlwaysAllow', 'IfHealthyBudget'], path);
  return errors;
}

function statusErrors({ status = {} }: ReadonlyBudget): FieldError[] {
  const errors: FieldError[] = [];
  checkConditions(errors, status.conditions, statusPath.child('conditions'));
  for (const name of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const)
    checkNonNegative(errors, status[name], statusPath.child(name));
  return errors;
}

const strategy: Strategy<PodDisruptionBudget> = {
  generation: true,
  unconditionalUpdate: false,
  prepareForCreate(draft) {
    draft.status = { ...noStatus };
  },
  validate: (budget) => budgetErrors(budget),
  validateUpdate: (budget, old) =>
    budgetErrors(budget, labelSelectorErrors(old.spec?.selector, specPath.child('selector')).length > 0),
};

const amountText = (amount: number | string | undefined): string => (amount === undefined ? 'N/A' : String(amount));

export const podDisruptionBudgets = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  shortNames: ['pdb'],
  strategy,
  subresources: { status: { type: 'part', strategy: { validateUpdate: statusErrors } } },
  columns: [
    nameColumn(),
    column('Min Available', 'The minimum number of pods that must be available.', ({ spec }) =>
      amountText(spec?.minAvailable),
    ),
    column('Max Unavailable', 'The maximum number of pods that may be unavailable.', ({ spec }) =>
      amountText(spec?.maxUnavailable),
    ),
    integerColumn(
      'Allowed Disruptions',
      'Calculated number of pods that may be disrupted at this time.',
      ({ status }) => status?.disruptionsAllowed ?? 0,
    ),
    ageColumn(),
  ],
});
