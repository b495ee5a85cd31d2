/** ClusterRole. */
import { defineKind } from '../../machinery/mod.ts';
import type { ClusterRole } from '../upstream/types.ts';

export const clusterRoles = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
});
