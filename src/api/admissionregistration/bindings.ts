/** What binds a policy to what it is for: which requests, with which parameters. Alike for both kinds of policy. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  field,
  forbidden,
  formatLabelSelector,
  labelSelectorErrors,
  nameColumn,
  nameIsDns1123Subdomain,
  nameIsPathSegment,
  required,
  type Column,
  type FieldPath,
  type KubeObject,
} from '../../machinery/mod.ts';
import { checkChoice, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { MutatingAdmissionPolicyBindingSpec, ParamRef } from '../upstream/types.ts';
import { checkMatch } from './rules.ts';

/** Both kinds' specification, without the actions of one of them. */
type BindingSpec = DeepReadonly<MutatingAdmissionPolicyBindingSpec>;

export const specPath = field('spec');
export const unset = '<unset>';

export function bindingErrors({ policyName = '', paramRef, matchResources }: BindingSpec): Errors {
  const errors: Errors = [];
  if (policyName === '') errors.push(required(specPath.child('policyName')));
  else report(errors, specPath.child('policyName'), policyName, nameIsDns1123Subdomain(policyName, false));
  if (paramRef !== undefined) checkParamRef(errors, paramRef, specPath.child('paramRef'));
  if (matchResources !== undefined) checkMatch(errors, matchResources, specPath.child('matchResources'));
  return errors;
}

function checkParamRef(errors: Errors, ref: DeepReadonly<ParamRef>, path: FieldPath): void {
  const { name = '', selector, parameterNotFoundAction: action } = ref;
  const exclusive = 'name and selector are mutually exclusive';
  if (name !== '') {
    report(errors, path.child('name'), name, nameIsPathSegment(name, false));
    if (selector !== undefined) errors.push(forbidden(path.child('name'), exclusive));
  }
  if (selector !== undefined) {
    errors.push(...labelSelectorErrors(selector, path.child('selector')));
    if (name !== '') errors.push(forbidden(path.child('selector'), exclusive));
  }
  if (name === '' && selector === undefined) errors.push(required(path, 'one of name or selector must be specified'));
  checkChoice(errors, action, ['Deny', 'Allow'], path.child('parameterNotFoundAction'));
}

/** What v1alpha1 takes to be meant; later versions have it said. */
export function denyWithoutParams({ spec }: Binding): void {
  const ref = spec?.paramRef;
  if (ref !== undefined) ref.parameterNotFoundAction ??= 'Deny';
}

function paramText(ref: DeepReadonly<ParamRef> | undefined): string {
  const { name = '', namespace = '', selector } = ref ?? {};
  // Whether the parameters are in a namespace cannot be told from here.
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`;
  return selector === undefined ? unset : formatLabelSelector(selector);
}

interface Binding extends KubeObject {
  spec?: MutatingAdmissionPolicyBindingSpec;
}

export function bindingColumns<T extends Binding>(): Column<T>[] {
  const specOf = (object: DeepReadonly<T>): BindingSpec => (object as DeepReadonly<Binding>).spec ?? {};
  return [
    nameColumn(),
    column(
      'PolicyName',
      'PolicyName indicates the policy definition which the policy binding binded to',
      (object) => specOf(object).policyName ?? '',
    ),
    column('ParamRef', 'ParamRef indicates the param resource which sets the configration param', (object) =>
      paramText(specOf(object).paramRef),
    ),
    ageColumn(),
  ];
}
