/** Service. */
import { defineKind } from '../../machinery/mod.ts';
import type { Service } from '../upstream/types.ts';

export const services = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Service',
  shortNames: ['svc'],
  categories: ['all'],
  collection: '/registry/services/specs/',
});
