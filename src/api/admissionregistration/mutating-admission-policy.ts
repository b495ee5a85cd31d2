/** MutatingAdmissionPolicy: expressions that change objects before they are stored. Bindings say where they apply. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, invalid, notSupported, required, type FieldError, type FieldPath } from '../../machinery/mod.ts';
import { type Errors } from '../checks.ts';
import { integerColumn } from '../columns.ts';
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicySpec, Mutation } from '../upstream/types.ts';
import { specPath } from './bindings.ts';
import type { ExpressionChecks } from './expression-checks.ts';
import { checkPolicy, defaultPolicy, policyColumns, type PolicyExpressions } from './policies.ts';
import { admissionGroup } from './rules.ts';

type ReadonlyPolicy = DeepReadonly<MutatingAdmissionPolicy>;

const ownExpressions: PolicyExpressions<DeepReadonly<MutatingAdmissionPolicySpec>> = {
  mutate: true,
  of: ({ mutations = [] }) =>
    mutations.map(({ applyConfiguration, jsonPatch }) => ((applyConfiguration ?? jsonPatch)?.expression ?? '').trim()),
};

function policyErrors({ spec = {} }: ReadonlyPolicy, old?: ReadonlyPolicy): FieldError[] {
  const errors: Errors = [];
  const expressions = checkPolicy(errors, { spec, old: old?.spec }, ownExpressions);
  const { mutations = [], reinvocationPolicy } = spec;
  const mutationsPath = specPath.child('mutations');
  if (mutations.length === 0) errors.push(required(mutationsPath, 'mutations must contain at least one item'));
  for (const [i, mutation] of mutations.entries()) checkMutation(errors, mutation, mutationsPath.index(i), expressions);
  const reinvocationPath = specPath.child('reinvocationPolicy');
  if (reinvocationPolicy === undefined) errors.push(required(reinvocationPath));
  else if (reinvocationPolicy !== 'Never' && reinvocationPolicy !== 'IfNeeded')
    errors.push(notSupported(reinvocationPath, reinvocationPolicy, ['Never', 'IfNeeded']));
  return errors;
}

const patchFields = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;

/** One of two ways to change an object, and the other is not there. */
function checkMutation(
  errors: Errors,
  mutation: DeepReadonly<Mutation>,
  path: FieldPath,
  expressions: ExpressionChecks,
): void {
  const { patchType: type } = mutation;
  if (type === '') return void errors.push(required(path.child('patchType')));
  if (type !== 'ApplyConfiguration' && type !== 'JSONPatch')
    return void errors.push(notSupported(path.child('patchType'), type, ['ApplyConfiguration', 'JSONPatch']));
  const own = patchFields[type];
  const other = patchFields[type === 'JSONPatch' ? 'ApplyConfiguration' : 'JSONPatch'];
  const patch = mutation[own];
  if (patch === undefined) errors.push(required(path.child(own), `must be specified when patchType is ${type}`));
  else {
    const at = path.child(own, 'expression');
    const expression = (patch.expression ?? '').trim();
    if (expression === '') errors.push(required(at));
    else expressions.check(errors, expression, own, at);
  }
  if (mutation[other] !== undefined)
    errors.push(invalid(path.child(other), `{${other}}`, `must not be specified when patchType is ${type}`));
}

export const mutatingAdmissionPolicies = defineKind<MutatingAdmissionPolicy>({
  group: admissionGroup,
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  categories: ['api-extensions'],
  strategy: {
    generation: true,
    unconditionalUpdate: false,
    defaults: defaultPolicy,
    validate: (policy) => policyErrors(policy),
    validateUpdate: policyErrors,
  },
  columns: policyColumns(
    integerColumn(
      'Mutations',
      'Mutation indicates the number of mutations rules defined in this configuration',
      ({ spec }) => spec?.mutations?.length ?? 0,
    ),
  ),
});
