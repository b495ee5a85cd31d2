/** What policies that refuse and policies that change have in common: whom they concern, parameters, variables, columns. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { ageColumn, nameColumn, type Column, type KubeObject } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { MutatingAdmissionPolicySpec } from '../upstream/types.ts';
import { specPath, unset } from './bindings.ts';
import { ExpressionChecks } from './expression-checks.ts';
import {
  checkFailurePolicy,
  checkMatchConditions,
  checkMatchConstraints,
  checkMutable,
  checkParamKind,
  defaultMatch,
} from './rules.ts';
import { checkVariables } from './variables.ts';

/** What both kinds' specifications have. */
type PolicySpec = Pick<
  MutatingAdmissionPolicySpec,
  'failurePolicy' | 'matchConditions' | 'matchConstraints' | 'paramKind' | 'variables'
>;

interface Policy extends KubeObject {
  spec?: PolicySpec;
}

export function defaultPolicy({ spec }: Policy): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatch(spec.matchConstraints);
}

export interface PolicyExpressions<S> {
  readonly mutate: boolean;
  /** Those that only this kind of policy has. */
  of(spec: S): readonly string[];
}

/** Checks what both kinds have; what is returned checks the expressions of the rest. */
export function checkPolicy<S extends DeepReadonly<PolicySpec>>(
  errors: Errors,
  { spec, old }: { readonly spec: S; readonly old: S | undefined },
  own: PolicyExpressions<S>,
): ExpressionChecks {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables } = spec;
  checkFailurePolicy(errors, failurePolicy, specPath.child('failurePolicy'));
  if (paramKind !== undefined) checkParamKind(errors, paramKind, specPath.child('paramKind'));
  const matchPath = specPath.child('matchConstraints');
  checkMatchConstraints(errors, matchConstraints, matchPath);
  if (own.mutate && matchConstraints !== undefined) checkMutable(errors, matchConstraints, matchPath);
  const untouched =
    old !== undefined && jsonEqual(paramKind, old.paramKind) && jsonEqual(matchConditions, old.matchConditions);
  // What was accepted before may stay, whatever is thought of it now.
  const accepted = old && [
    ...(old.matchConditions ?? []).map(({ expression }) => expression.trim()),
    ...(old.variables ?? []).map(({ expression }) => expression),
    ...own.of(old),
  ];
  const expressions = new ExpressionChecks(paramKind !== undefined, accepted);
  if (!untouched) checkMatchConditions(errors, matchConditions, specPath.child('matchConditions'), expressions);
  checkVariables(errors, variables, specPath.child('variables'), expressions);
  return own.mutate ? expressions.checkWith({ mutates: true }) : expressions;
}

/** `rules` counts those that only this kind of policy has. */
export function policyColumns<T extends Policy>(rules: Column<T>): Column<T>[] {
  return [
    nameColumn(),
    rules,
    column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy', (object) => {
      const kind = (object as DeepReadonly<Policy>).spec?.paramKind;
      return kind === undefined ? unset : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
    }),
    ageColumn(),
  ];
}
