/** EndpointSlice. */
import { defineKind } from '../../machinery/mod.ts';
import type { EndpointSlice } from '../upstream/types.ts';

export const endpointSlices = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
});
