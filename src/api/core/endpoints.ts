/** Endpoints. */
import { defineKind } from '../../machinery/mod.ts';
import type { Endpoints } from '../upstream/types.ts';

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Endpoints',
  shortNames: ['ep'],
  collection: '/registry/services/endpoints/',
});
