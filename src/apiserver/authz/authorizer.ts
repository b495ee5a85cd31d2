/** Authorization: may this user do this? Authorizers are asked in order; the first one with an opinion decides. */
import { ApiError, type UserInfo } from '../../machinery/mod.ts';
import type { Rule } from './rules.ts';

/** A request as authorization sees it: on a resource, or on a path that is none (`/metrics`). */
export interface Attributes {
  readonly user: UserInfo;
  /** An API verb; for a path the HTTP method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** As the request has them, for those who decide by them: of lists, watches and deletions of many. */
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Set instead of the resource. */
  readonly path?: string;
}

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion';
  readonly reason: string;
  /** Why there may have been another decision: whoever should have been asked did not answer. */
  readonly error?: string;
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
  /** All that a user may do in a namespace, as far as it can be told; absent where there is nothing to tell. */
  rulesFor?(
    user: UserInfo,
    namespace: string,
  ): { readonly rules: readonly Rule[]; readonly problems: readonly string[] };
}

/** An authorizer that was needed did not answer. */
export class AuthorizationFailure extends ApiError {
  constructor(message: string) {
    super('InternalError', message);
  }
}

export const noOpinion: Decision = { verdict: 'no-opinion', reason: '' };

export async function decide(authorizers: readonly Authorizer[], attributes: Attributes): Promise<Decision> {
  const reasons: string[] = [];
  const errors: string[] = [];
  for (const authorizer of authorizers) {
    const asked = authorizer.authorize(attributes);
    const decision = asked instanceof Promise ? await asked : asked;
    if (decision.verdict !== 'no-opinion') return decision;
    if (decision.reason !== '') reasons.push(decision.reason);
    if (decision.error !== undefined) errors.push(decision.error);
  }
  const reason = reasons.join('\n');
  if (errors.length === 0) return { verdict: 'no-opinion', reason };
  return { verdict: 'no-opinion', reason, error: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
}

/** Throws what a request that is not allowed is answered with. */
export function enforce(attributes: Attributes, { verdict, reason, error }: Decision): void {
  if (verdict === 'allow') return;
  throw error === undefined ? refused(attributes, reason) : new AuthorizationFailure(error);
}

/** Upstream's refusal. */
export function refused(attributes: Attributes, reason: string): ApiError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes;
  const suffix = reason === '' ? '' : `: ${reason}`;
  if (path !== undefined)
    return new ApiError('Forbidden', `forbidden: User "${user.username}" cannot ${verb} path "${path}"${suffix}`, {
      details: {},
    });
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return ApiError.forbidden(
    { group, plural: resource },
    name,
    `User "${user.username}" cannot ${verb} resource "${what}" in API group "${group}" ${where}${suffix}`,
  );
}
