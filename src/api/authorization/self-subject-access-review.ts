/** SelfSubjectAccessReview. */
import { defineKind } from '../../machinery/mod.ts';
import type { SelfSubjectAccessReview } from '../upstream/types.ts';

export const selfSubjectAccessReviews = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
  schema: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  collection: undefined,
  verbs: ['create'],
});
