/** Lease. */
import { defineKind } from '../../machinery/mod.ts';
import type { Lease } from '../upstream/types.ts';

export const leases = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  schema: 'io.k8s.api.coordination.v1.Lease',
});
