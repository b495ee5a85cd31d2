/** Secret. */
import { defineKind } from '../../machinery/mod.ts';
import type { Secret } from '../upstream/types.ts';

export const secrets = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Secret',
});
