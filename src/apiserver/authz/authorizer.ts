/** Authorization: may this user do this? Authorizers are asked in order; the first one with an opinion decides. */
import { ApiError, type UserInfo } from '../../machinery/mod.ts';

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
  /** As the request has it, for those who decide by it. */
  readonly fieldSelector?: string | undefined;
  /** Set instead of the resource. */
  readonly path?: string;
}

export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'no-opinion';
  readonly reason: string;
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

export const noOpinion: Decision = { verdict: 'no-opinion', reason: '' };

export async function decide(authorizers: readonly Authorizer[], attributes: Attributes): Promise<Decision> {
  const reasons: string[] = [];
  for (const authorizer of authorizers) {
    const asked = authorizer.authorize(attributes);
    const decision = asked instanceof Promise ? await asked : asked;
    if (decision.verdict !== 'no-opinion') return decision;
    if (decision.reason !== '') reasons.push(decision.reason);
  }
  return { verdict: 'no-opinion', reason: reasons.join('\n') };
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
