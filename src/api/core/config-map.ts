/** ConfigMap. */
import { defineKind } from '../../machinery/mod.ts';
import type { ConfigMap } from '../upstream/types.ts';

export const configMaps = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  shortNames: ['cm'],
});
