/** RoleBinding. It is for one role for ever. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, nameIsPathSegment, type FieldError } from '../../machinery/mod.ts';
import type { RoleBinding } from '../upstream/types.ts';
import { bindingColumns, checkBinding, checkRoleRefUnchanged, defaultBinding, rbacGroup } from './rules.ts';

function bindingErrors(binding: DeepReadonly<RoleBinding>): FieldError[] {
  const errors: FieldError[] = [];
  checkBinding(errors, binding, true);
  return errors;
}

export const roleBindings = defineKind<RoleBinding>({
  group: rbacGroup,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  strategy: {
    validateName: nameIsPathSegment,
    createOnUpdate: true,
    defaults: defaultBinding,
    validate: bindingErrors,
    validateUpdate(binding, old) {
      const errors = bindingErrors(binding);
      checkRoleRefUnchanged(errors, binding, old);
      return errors;
    },
  },
  columns: bindingColumns(),
});
