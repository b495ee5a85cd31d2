/** SubjectAccessReview. */
import { defineKind } from '../../machinery/mod.ts';
import type { SubjectAccessReview } from '../upstream/types.ts';

export const subjectAccessReviews = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
  schema: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  collection: undefined,
  verbs: ['create'],
});
