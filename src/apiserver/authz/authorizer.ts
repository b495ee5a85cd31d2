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
  rulesFor?(user: UserInfo, namespace: string): RulesFor;
}

export interface RulesFor {
  readonly rules: readonly Rule[];
  readonly problems: readonly string[];
  /** The user may do more, and what that is cannot be told. */
  readonly incomplete: boolean;
}

/** What several authorizers know of that. */
export function rulesOfAll(authorizers: readonly Authorizer[], user: UserInfo, namespace: string): RulesFor {
  const told = authorizers.flatMap((authorizer) => authorizer.rulesFor?.(user, namespace) ?? []);
  return {
    rules: told.flatMap(({ rules }) => rules),
    problems: told.flatMap(({ problems }) => problems),
    incomplete: told.some(({ incomplete }) => incomplete),
  };
}

/** An authorizer that was needed did not answer. */
export class AuthorizationFailure extends ApiError {
  constructor(message: string) {
    super('InternalError', message);
  }
}

export const noOpinion: Decision = { verdict: 'no-opinion', reason: '' };

/** Who answers at once is asked at once: where nobody has to wait, the decision is no promise. */
export function decide(authorizers: readonly Authorizer[], attributes: Attributes): Decision | Promise<Decision> {
  return decideFrom(0, { authorizers, attributes, passed: [] });
}

interface Question {
  readonly authorizers: readonly Authorizer[];
  readonly attributes: Attributes;
  /** What those said who have no opinion. */
  readonly passed: Decision[];
}

function decideFrom(from: number, question: Question): Decision | Promise<Decision> {
  const { authorizers, attributes, passed } = question;
  for (let i = from; i < authorizers.length; i++) {
    const asked = authorizers[i]?.authorize(attributes) ?? noOpinion;
    if (asked instanceof Promise)
      return asked.then((decision) => {
        if (decision.verdict !== 'no-opinion') return decision;
        passed.push(decision);
        return decideFrom(i + 1, question);
      });
    if (asked.verdict !== 'no-opinion') return asked;
    passed.push(asked);
  }
  const reasons = passed.flatMap(({ reason }) => (reason === '' ? [] : [reason]));
  const errors = passed.flatMap(({ error = '' }) => (error === '' ? [] : [error]));
  const error = errors.length === 0 ? {} : { error: aggregated(errors) };
  return { verdict: 'no-opinion', reason: reasons.join('\n'), ...error };
}

/** Several errors as Go writes them as one. */
export function aggregated(texts: readonly string[]): string {
  const all = [...new Set(texts)];
  return all.length === 1 ? (all[0] ?? '') : `[${all.join(', ')}]`;
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
