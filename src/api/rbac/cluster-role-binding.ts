/** ClusterRoleBinding. It is for one role for ever. */
import { defineKind } from '../../machinery/mod.ts';
import type { ClusterRoleBinding } from '../upstream/types.ts';
import { bindingColumns, bindingStrategy, rbacGroup } from './rules.ts';

export const clusterRoleBindings = defineKind<ClusterRoleBinding>({
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  strategy: bindingStrategy(false),
  columns: bindingColumns(),
});
