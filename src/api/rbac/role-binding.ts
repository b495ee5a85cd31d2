/** RoleBinding. It is for one role for ever. */
import { defineKind } from '../../machinery/mod.ts';
import type { RoleBinding } from '../upstream/types.ts';
import { bindingColumns, bindingStrategy, rbacGroup } from './rules.ts';

export const roleBindings = defineKind<RoleBinding>({
  group: rbacGroup,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  strategy: bindingStrategy(true),
  columns: bindingColumns(),
});
