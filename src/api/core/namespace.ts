/** Namespace. */
import { defineKind } from '../../machinery/mod.ts';
import type { Namespace } from '../upstream/types.ts';

export const namespaces = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Namespace',
  shortNames: ['ns'],
});
