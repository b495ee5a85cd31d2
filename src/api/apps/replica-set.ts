/** ReplicaSet. */
import { defineKind } from '../../machinery/mod.ts';
import type { ReplicaSet } from '../upstream/types.ts';

export const replicaSets = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  shortNames: ['rs'],
  categories: ['all'],
});
