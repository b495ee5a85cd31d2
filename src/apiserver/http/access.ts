/** Who a request is from, whom it acts as, and whether it may: asked of others, counted, and told to the audit. */
import type { Clock } from '../../base/mod.ts';
import { ApiError, isApiError, type UserInfo } from '../../machinery/mod.ts';
import type { AuditTrail } from '../audit/trail.ts';
import {
  anonymousUser,
  type AnonymousPolicy,
  type Authenticator,
  type Credentials,
  type Remarks,
} from '../authn/authenticator.ts';
import { asksForAnother, Impersonation } from '../authn/impersonation.ts';
import type { AccessMetrics } from '../authn/metrics.ts';
import { enforce, type Attributes, type Decision } from '../authz/authorizer.ts';
import { attributesOf, type ApiServer } from '../server.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import type { RequestInfo } from './request-info.ts';

export interface AccessParts {
  readonly server: ApiServer;
  readonly authenticators: readonly Authenticator[];
  readonly anonymous: AnonymousPolicy;
  readonly clock: Clock;
  readonly metrics: AccessMetrics;
}

/** What is asked for, and where is told what was found out of it. */
interface Heard {
  readonly info: RequestInfo;
  readonly trail: AuditTrail | undefined;
  readonly warnings: string[];
}

const results = { allow: 'allowed', deny: 'denied', 'no-opinion': 'no-opinion' } as const;

export class Access {
  readonly #parts: AccessParts;
  readonly #impersonation: Impersonation;

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.#impersonation = new Impersonation((attributes) => parts.server.review(attributes));
  }

  /**
   * Whom the request acts as: who sent it, or somebody whom that user may impersonate. Throws ApiError Unauthorized or
   * Forbidden, and AuditFailure.
   */
  async identify(
    request: Credentials & Pick<HttpRequest, 'method'>,
    { info, trail, warnings }: Heard,
    refusal: (error: unknown) => HttpResponse,
  ): Promise<UserInfo> {
    const { clock, metrics } = this.#parts;
    const begun = clock.monotonic();
    let user: UserInfo;
    try {
      const asked = this.#authenticate(request, {
        annotate: (key, value) => trail?.annotate(key, value),
        warn: (text) => void warnings.push(text),
      });
      user = asked instanceof Promise ? await asked : asked;
    } catch (error) {
      metrics.authenticated(showsNothing(request) ? 'failure' : 'error', (clock.monotonic() - begun) / 1000);
      trail?.unauthenticated(refusal(error));
      throw error;
    }
    metrics.authenticated('success', (clock.monotonic() - begun) / 1000, user.username);
    const told = trail?.authenticated(user);
    if (told !== undefined) await told;
    if (!asksForAnother(request)) return user;
    const acting = await this.#impersonation.acting(user, request, () => attributesIn(request.method, info, user));
    if (acting.user !== user) trail?.impersonating(acting);
    return acting.user;
  }

  /** Throws or rejects with ApiError Forbidden, and AuthorizationFailure; a promise only where somebody must be waited for. */
  authorize(attributes: Attributes, trail: AuditTrail | undefined): Promise<void> | undefined {
    const begun = this.#parts.clock.monotonic();
    const asked = this.#parts.server.review(attributes);
    if (asked instanceof Promise) return asked.then((decision) => this.#decided(attributes, decision, trail, begun));
    this.#decided(attributes, asked, trail, begun);
    return undefined;
  }

  #decided(attributes: Attributes, decision: Decision, trail: AuditTrail | undefined, begun: number): void {
    const { verdict, reason, error } = decision;
    const { clock, metrics } = this.#parts;
    const failed = verdict !== 'allow' && error !== undefined;
    metrics.authorized(failed ? 'error' : results[verdict], (clock.monotonic() - begun) / 1000);
    if (!failed) trail?.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid');
    trail?.annotate('authorization.k8s.io/reason', failed ? 'internal error' : reason);
    enforce(attributes, decision);
  }

  /** Asks one authenticator after the other, from the `first`: `wrong` is what the last that refused has said. */
  #authenticate(request: Credentials, remarks: Remarks, first = 0, wrong?: ApiError): UserInfo | Promise<UserInfo> {
    const { authenticators, anonymous } = this.#parts;
    let refused = wrong;
    for (const [i, authenticator] of authenticators.entries()) {
      if (i < first) continue;
      try {
        const asked = authenticator.authenticate(request, remarks);
        if (asked instanceof Promise)
          return asked.then(
            (user) => user ?? this.#authenticate(request, remarks, i + 1, refused),
            (error: unknown) => this.#authenticate(request, remarks, i + 1, unauthorized(error)),
          );
        if (asked !== undefined) return asked;
      } catch (error) {
        refused = unauthorized(error);
      }
    }
    if (refused !== undefined) throw refused;
    const user = anonymousUser(anonymous, request.url);
    if (user === undefined) throw ApiError.unauthorized();
    return user;
  }
}

/** Another credential of the same request may be right; throws what was not a refusal. */
function unauthorized(error: unknown): ApiError {
  if (isApiError(error, 'Unauthorized')) return error;
  throw error;
}

function showsNothing({ headers, peer }: Credentials): boolean {
  return headers['authorization'] === undefined && peer.certificate === undefined && peer.untrusted !== true;
}

/** What is to be authorized: a request on a resource, or on a path. */
export function attributesIn(method: string, { path, query, resource }: RequestInfo, user: UserInfo): Attributes {
  if (resource !== undefined) {
    const [fieldSelector, labelSelector] = [query.get('fieldSelector') ?? '', query.get('labelSelector') ?? ''];
    return attributesOf({ ...resource, user, options: { fieldSelector, labelSelector } });
  }
  const nothing = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
  return { user, verb: method.toLowerCase(), ...nothing, path };
}
