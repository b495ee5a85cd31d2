/** MutatingAdmissionPolicy: expressions that change objects before they are stored. Bindings say where they apply. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  invalid,
  nameColumn,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { type Errors } from '../checks.ts';
import { column, integerColumn } from '../columns.ts';
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicySpec, Mutation } from '../upstream/types.ts';
import { paramKindText, specPath } from './bindings.ts';
import { ExpressionChecks } from './expression-checks.ts';
import {
  admissionGroup,
  checkFailurePolicy,
  checkMatchConditions,
  checkMatchConstraints,
  checkMutable,
  checkParamKind,
  defaultMatch,
} from './rules.ts';
import { checkVariables } from './variables.ts';

type ReadonlyPolicy = DeepReadonly<MutatingAdmissionPolicy>;
type ReadonlySpec = DeepReadonly<MutatingAdmissionPolicySpec>;

function policyErrors({ spec = {} }: ReadonlyPolicy, old?: ReadonlyPolicy): FieldError[] {
  const errors: Errors = [];
  checkFailurePolicy(errors, spec.failurePolicy, specPath.child('failurePolicy'));
  if (spec.paramKind !== undefined) checkParamKind(errors, spec.paramKind, specPath.child('paramKind'));
  const matchPath = specPath.child('matchConstraints');
  checkMatchConstraints(errors, spec.matchConstraints, matchPath);
  if (spec.matchConstraints !== undefined) checkMutable(errors, spec.matchConstraints, matchPath);
  const before = old?.spec;
  const untouched =
    before !== undefined &&
    jsonEqual(spec.paramKind, before.paramKind) &&
    jsonEqual(spec.matchConditions, before.matchConditions);
  const expressions = new ExpressionChecks(spec.paramKind !== undefined, before && expressionsOf(before));
  if (!untouched) checkMatchConditions(errors, spec.matchConditions, specPath.child('matchConditions'), expressions);
  checkVariables(errors, spec.variables, specPath.child('variables'), expressions);
  const { mutations = [], reinvocationPolicy } = spec;
  const mutationsPath = specPath.child('mutations');
  if (mutations.length === 0) errors.push(required(mutationsPath, 'mutations must contain at least one item'));
  for (const [i, mutation] of mutations.entries())
    checkMutation(errors, mutation, mutationsPath.index(i), expressions.checkWith({ mutates: true }));
  const reinvocationPath = specPath.child('reinvocationPolicy');
  if (reinvocationPolicy === undefined) errors.push(required(reinvocationPath));
  else if (reinvocationPolicy !== 'Never' && reinvocationPolicy !== 'IfNeeded')
    errors.push(notSupported(reinvocationPath, reinvocationPolicy, ['Never', 'IfNeeded']));
  return errors;
}

/** What was accepted before may stay, whatever is thought of it now. */
function expressionsOf({ matchConditions = [], variables = [], mutations = [] }: ReadonlySpec): string[] {
  return [
    ...matchConditions.map(({ expression }) => expression.trim()),
    ...variables.map(({ expression }) => expression),
    ...mutations.map(({ applyConfiguration, jsonPatch }) =>
      ((applyConfiguration ?? jsonPatch)?.expression ?? '').trim(),
    ),
  ];
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
    defaults({ spec }) {
      if (spec === undefined) return;
      spec.failurePolicy ??= 'Fail';
      defaultMatch(spec.matchConstraints);
    },
    validate: (policy) => policyErrors(policy),
    validateUpdate: policyErrors,
  },
  columns: [
    nameColumn(),
    integerColumn(
      'Mutations',
      'Mutation indicates the number of mutations rules defined in this configuration',
      ({ spec }) => spec?.mutations?.length ?? 0,
    ),
    column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy', ({ spec }) =>
      paramKindText(spec?.paramKind),
    ),
    ageColumn(),
  ],
});
