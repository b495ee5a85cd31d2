/** Role. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, nameIsPathSegment, type FieldError } from '../../machinery/mod.ts';
import type { Role } from '../upstream/types.ts';
import { nameAndCreation } from '../columns.ts';
import { checkRules, rbacGroup } from './rules.ts';

function roleErrors({ rules }: DeepReadonly<Role>): FieldError[] {
  const errors: FieldError[] = [];
  checkRules(errors, rules, true);
  return errors;
}

export const roles = defineKind<Role>({
  group: rbacGroup,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.Role',
  strategy: { validateName: nameIsPathSegment, createOnUpdate: true, validate: roleErrors, validateUpdate: roleErrors },
  columns: nameAndCreation(),
});
