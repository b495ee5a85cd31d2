/** Deployment. */
import { defineKind } from '../../machinery/mod.ts';
import type { Deployment } from '../upstream/types.ts';

export const deployments = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.Deployment',
  shortNames: ['deploy'],
  categories: ['all'],
});
