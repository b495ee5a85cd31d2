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
import { enforce, type Attributes } from '../authz/authorizer.ts';
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
      user = await this.#authenticate(request, {
        annotate: (key, value) => trail?.annotate(key, value),
        warn: (text) => void warnings.push(text),
      });
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

  /** Throws ApiError Forbidden, and AuthorizationFailure. */
  async authorize(attributes: Attributes, trail: AuditTrail | undefined): Promise<void> {
    const { server, clock, metrics } = this.#parts;
    const begun = clock.monotonic();
    const asked = server.review(attributes);
    const decision = asked instanceof Promise ? await asked : asked;
    const { verdict, reason, error } = decision;
    const failed = verdict !== 'allow' && error !== undefined;
    metrics.authorized(failed ? 'error' : results[verdict], (clock.monotonic() - begun) / 1000);
    if (!failed) trail?.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid');
    trail?.annotate('authorization.k8s.io/reason', failed ? 'internal error' : reason);
    enforce(attributes, decision);
  }

  async #authenticate(request: Credentials, remarks: Remarks): Promise<UserInfo> {
    const { authenticators, anonymous } = this.#parts;
    let wrong: ApiError | undefined;
    for (const authenticator of authenticators) {
      try {
        const asked = authenticator.authenticate(request, remarks);
        const user = asked instanceof Promise ? await asked : asked;
        if (user !== undefined) return user;
      } catch (error) {
        // Another credential of the same request may be right.
        if (!isApiError(error, 'Unauthorized')) throw error;
        wrong = error;
      }
    }
    if (wrong !== undefined) throw wrong;
    const user = anonymousUser(anonymous, request.url);
    if (user === undefined) throw ApiError.unauthorized();
    return user;
  }
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
