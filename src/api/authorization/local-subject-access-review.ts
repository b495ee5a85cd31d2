/** LocalSubjectAccessReview. */
import { defineKind } from '../../machinery/mod.ts';
import type { LocalSubjectAccessReview } from '../upstream/types.ts';

export const localSubjectAccessReviews = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  namespaced: true,
  schema: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  collection: undefined,
  verbs: ['create'],
});
