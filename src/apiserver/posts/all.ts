/** Every POST that the API server itself carries out. */
import type { ServiceAccountTokens } from '../authn/service-account.ts';
import type { BearerAuthenticator } from '../authn/tokens.ts';
import type { Authorizer } from '../authz/authorizer.ts';
import type { PostHandler } from '../subresources.ts';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from './access-review.ts';
import { binding, legacyBinding } from './binding.ts';
import { eviction } from './eviction.ts';
import { rollbackOn } from './rollback.ts';
import { tokenRequest } from './token-request.ts';
import { selfSubjectReview, tokenReview } from './token-review.ts';

export interface PostParts {
  readonly authorizers: readonly Authorizer[];
  readonly tokens: ServiceAccountTokens | undefined;
  readonly bearer: BearerAuthenticator;
}

export function postHandlers({ authorizers, tokens, bearer }: PostParts): readonly PostHandler[] {
  return [
    binding,
    legacyBinding,
    eviction,
    ...['apps', 'extensions'].map(rollbackOn),
    ...(tokens === undefined ? [] : [tokenRequest(tokens)]),
    tokenReview(bearer),
    selfSubjectReview,
    subjectAccessReview,
    localSubjectAccessReview,
    selfSubjectAccessReview,
    selfSubjectRulesReview(authorizers),
  ];
}
