/** SelfSubjectRulesReview. */
import { defineKind } from '../../machinery/mod.ts';
import type { SelfSubjectRulesReview } from '../upstream/types.ts';

export const selfSubjectRulesReviews = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  namespaced: false,
  schema: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  collection: undefined,
  verbs: ['create'],
});
