/** Node. */
import { defineKind } from '../../machinery/mod.ts';
import type { Node } from '../upstream/types.ts';

export const nodes = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Node',
  shortNames: ['no'],
  collection: '/registry/minions/',
});
