/** TokenReview and SelfSubjectReview: who is this token's, and who am I? */
import type { TokenReview } from '../../api/mod.ts';
import { rfc3339, type JsonObject } from '../../base/mod.ts';
import { ApiError, type UserInfo } from '../../machinery/mod.ts';
import { InvalidToken, type BearerAuthenticator } from '../authn/tokens.ts';
import { answer, type PostHandler } from '../subresources.ts';

export function tokenReview(bearer: BearerAuthenticator): PostHandler {
  return {
    on: 'tokenreviews.authentication.k8s.io',
    async handle(_server, _kind, _operation, body) {
      const review = body as TokenReview;
      if ((review.spec?.token ?? '') === '')
        throw ApiError.badRequest('token is required for TokenReview in authentication');
      return answer(201, { ...review, status: await statusOf(bearer, review) });
    },
  };
}

async function statusOf(bearer: BearerAuthenticator, { spec }: TokenReview): Promise<JsonObject> {
  const wanted = (spec.audiences ?? []).length === 0 ? bearer.audiences : (spec.audiences ?? []);
  try {
    const { user, audiences } = await bearer.review(spec.token, wanted);
    return { authenticated: true, user: userBody(user), audiences: [...audiences] };
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    return { user: {}, error: error.message };
  }
}

export const selfSubjectReview: PostHandler = {
  on: 'selfsubjectreviews.authentication.k8s.io',
  async handle({ world }, _kind, { user }, body) {
    const { kind, apiVersion } = body;
    return answer(201, {
      kind,
      apiVersion,
      metadata: { creationTimestamp: rfc3339(world.clock.now()) },
      status: { userInfo: userBody(user) },
    });
  },
};

function userBody({ username, uid, groups, extra }: UserInfo): JsonObject {
  const body = { username, ...(uid === undefined ? {} : { uid }), groups: [...groups] };
  return extra === undefined
    ? body
    : { ...body, extra: Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, [...values]])) };
}
