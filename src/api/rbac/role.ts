/** Role. */
import { defineKind } from '../../machinery/mod.ts';
import type { Role } from '../upstream/types.ts';

export const roles = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.Role',
});
