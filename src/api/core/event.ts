/** Event. */
import { defineKind } from '../../machinery/mod.ts';
import type { Event } from '../upstream/types.ts';

export const events = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Event',
  shortNames: ['ev'],
});
