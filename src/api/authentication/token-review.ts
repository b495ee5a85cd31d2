/** TokenReview. */
import { defineKind } from '../../machinery/mod.ts';
import type { TokenReview } from '../upstream/types.ts';

export const tokenReviews = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
  schema: 'io.k8s.api.authentication.v1.TokenReview',
  collection: undefined,
  verbs: ['create'],
});
