/** What roles and bindings have in common: rules, subjects, the role that a binding names. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  field,
  invalid,
  nameColumn,
  nameIsDns1123Subdomain,
  nameIsPathSegment,
  notSupported,
  required,
  type Column,
  type FieldPath,
  type KubeObject,
  type Strategy,
} from '../../machinery/mod.ts';
import { report, type Errors } from '../checks.ts';
import { column, wideColumn } from '../columns.ts';
import { internalForm } from '../internal-form.ts';
import type { PolicyRule, RoleRef, Subject } from '../upstream/types.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

type Rules = readonly DeepReadonly<PolicyRule>[] | undefined;

export function checkRules(errors: Errors, rules: Rules, namespaced: boolean): void {
  for (const [i, rule] of (rules ?? []).entries()) checkRule(errors, rule, namespaced, field('rules').index(i));
}

function checkRule(errors: Errors, rule: DeepReadonly<PolicyRule>, namespaced: boolean, path: FieldPath): void {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule;
  if ((rule.verbs ?? []).length === 0)
    errors.push(required(path.child('verbs'), 'verbs must contain at least one value'));
  if (urls.length > 0) {
    const at = path.child('nonResourceURLs');
    if (namespaced) errors.push(invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length + resources.length + resourceNames.length > 0)
      errors.push(invalid(at, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    return;
  }
  if (apiGroups.length === 0)
    errors.push(required(path.child('apiGroups'), 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(required(path.child('resources'), 'resource rules must supply at least one resource'));
}

interface Binding {
  readonly roleRef: DeepReadonly<RoleRef>;
  readonly subjects?: readonly DeepReadonly<Subject>[];
}

function defaultBinding(draft: { roleRef: RoleRef; subjects?: Subject[] }): void {
  // Always written, so what nobody gave is empty.
  if ((draft.roleRef.apiGroup ?? '') === '') draft.roleRef.apiGroup = rbacGroup;
  for (const subject of draft.subjects ?? [])
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= rbacGroup;
}

function checkBinding(errors: Errors, { roleRef, subjects = [] }: Binding, namespaced: boolean): void {
  const path = field('roleRef');
  const { apiGroup = '', kind, name } = roleRef;
  if (apiGroup !== rbacGroup) errors.push(notSupported(path.child('apiGroup'), apiGroup, [rbacGroup]));
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(kind)) errors.push(notSupported(path.child('kind'), kind, kinds));
  if (name === '') errors.push(required(path.child('name')));
  else report(errors, path.child('name'), name, nameIsPathSegment(name, false));
  for (const [i, subject] of subjects.entries()) checkSubject(errors, subject, namespaced, field('subjects').index(i));
}

/** The role is what was granted: to grant another one is another binding. */
function checkRoleRefUnchanged(errors: Errors, { roleRef }: Binding, { roleRef: before }: Binding): void {
  if (!jsonEqual(roleRef, before))
    errors.push(invalid('roleRef', internalForm('io.k8s.api.rbac.v1.RoleRef', roleRef), 'cannot change roleRef'));
}

function checkSubject(
  errors: Errors,
  { kind, apiGroup = '', name, namespace = '' }: DeepReadonly<Subject>,
  namespaced: boolean,
  path: FieldPath,
): void {
  if (name === '') errors.push(required(path.child('name')));
  if (kind === 'ServiceAccount') {
    if (name !== '') report(errors, path.child('name'), name, nameIsDns1123Subdomain(name, false));
    if (apiGroup !== '') errors.push(notSupported(path.child('apiGroup'), apiGroup, ['']));
    if (!namespaced && namespace === '') errors.push(required(path.child('namespace')));
  } else if (kind === 'User' || kind === 'Group') {
    if (name === '') errors.push(invalid(path.child('name'), name, `${kind.toLowerCase()} name cannot be empty`));
    if (apiGroup !== rbacGroup) errors.push(notSupported(path.child('apiGroup'), apiGroup, [rbacGroup]));
  } else errors.push(notSupported(path.child('kind'), kind, ['ServiceAccount', 'User', 'Group']));
}

export function bindingColumns<T extends KubeObject & Binding>(): Column<T>[] {
  const names = (binding: DeepReadonly<T>, kind: string): string =>
    (binding.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
      .join(', ');
  return [
    nameColumn<T>(),
    column('Role', 'The role that is granted.', (binding) => `${binding.roleRef.kind}/${binding.roleRef.name}`),
    ageColumn<T>(),
    wideColumn('Users', 'Users that the role is granted to.', (binding) => names(binding, 'User')),
    wideColumn('Groups', 'Groups that the role is granted to.', (binding) => names(binding, 'Group')),
    wideColumn('ServiceAccounts', 'Service accounts that the role is granted to.', (binding) =>
      names(binding, 'ServiceAccount'),
    ),
  ];
}

/** What both kinds of binding do; only a namespaced one may be for a Role. */
export function bindingStrategy<T extends KubeObject & { roleRef: RoleRef; subjects?: Subject[] }>(
  namespaced: boolean,
): Strategy<T> {
  const check = (binding: Binding): Errors => {
    const errors: Errors = [];
    checkBinding(errors, binding, namespaced);
    return errors;
  };
  return {
    validateName: nameIsPathSegment,
    createOnUpdate: true,
    defaults: defaultBinding,
    validate: (binding) => check(binding),
    validateUpdate(binding, old) {
      const errors = check(binding);
      checkRoleRefUnchanged(errors, binding, old);
      return errors;
    },
  };
}
