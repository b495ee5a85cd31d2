/** ClusterRole. One that aggregates others gets its rules from a controller. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  field,
  invalid,
  labelSelectorErrors,
  nameIsPathSegment,
  required,
  type FieldError,
} from '../../machinery/mod.ts';
import { compiledSelector } from '../checks.ts';
import type { ClusterRole } from '../upstream/types.ts';
import { nameAndCreation } from '../columns.ts';
import { checkRules, rbacGroup } from './rules.ts';

function clusterRoleErrors({ rules, aggregationRule }: DeepReadonly<ClusterRole>): FieldError[] {
  const errors: FieldError[] = [];
  checkRules(errors, rules, false);
  if (aggregationRule === undefined) return errors;
  const path = field('aggregationRule', 'clusterRoleSelectors');
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  for (const [i, selector] of selectors.entries()) {
    errors.push(...labelSelectorErrors(selector, path.index(i)));
    if (compiledSelector(selector) === undefined) errors.push(invalid(path.index(i), null, 'invalid label selector.'));
  }
  return errors;
}

export const clusterRoles = defineKind<ClusterRole>({
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  strategy: {
    validateName: nameIsPathSegment,
    createOnUpdate: true,
    validate: clusterRoleErrors,
    validateUpdate: clusterRoleErrors,
  },
  columns: nameAndCreation(),
});
