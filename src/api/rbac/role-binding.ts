/** RoleBinding. */
import { defineKind } from '../../machinery/mod.ts';
import type { RoleBinding } from '../upstream/types.ts';

export const roleBindings = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
});
