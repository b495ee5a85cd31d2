/** SelfSubjectReview. */
import { defineKind } from '../../machinery/mod.ts';
import type { SelfSubjectReview } from '../upstream/types.ts';

export const selfSubjectReviews = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
  schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  collection: undefined,
  verbs: ['create'],
});
