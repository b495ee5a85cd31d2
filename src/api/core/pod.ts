/** Pod. */
import { defineKind } from '../../machinery/mod.ts';
import type { Pod } from '../upstream/types.ts';

export const pods = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Pod',
  shortNames: ['po'],
  categories: ['all'],
});
