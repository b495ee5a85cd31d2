/** ClusterRoleBinding. */
import { defineKind } from '../../machinery/mod.ts';
import type { ClusterRoleBinding } from '../upstream/types.ts';

export const clusterRoleBindings = defineKind<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
});
