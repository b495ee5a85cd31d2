/** ServiceAccount. */
import { defineKind } from '../../machinery/mod.ts';
import type { ServiceAccount } from '../upstream/types.ts';

export const serviceAccounts = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  shortNames: ['sa'],
});
