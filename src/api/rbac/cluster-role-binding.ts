/** ClusterRoleBinding. It is for one role for ever. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, nameIsPathSegment, type FieldError } from '../../machinery/mod.ts';
import type { ClusterRoleBinding } from '../upstream/types.ts';
import { bindingColumns, checkBinding, checkRoleRefUnchanged, defaultBinding, rbacGroup } from './rules.ts';

function bindingErrors(binding: DeepReadonly<ClusterRoleBinding>): FieldError[] {
  const errors: FieldError[] = [];
  checkBinding(errors, binding, false);
  return errors;
}

export const clusterRoleBindings = defineKind<ClusterRoleBinding>({
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
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
