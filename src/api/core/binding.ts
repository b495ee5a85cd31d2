/** Binding by its old address: pods/binding without the pod in the URL. */
import { defineKind } from '../../machinery/mod.ts';
import type { Binding } from '../upstream/types.ts';

export const bindings = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Binding',
  collection: undefined,
  verbs: ['create'],
});
