/** Who a request is from, whom it acts as, and whether it may: asked of others, counted, and told to the audit. */
import type { Clock } from '../../base/mod.ts';
import { ApiError, isApiError, type UserInfo } from '../../machinery/mod.ts';
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
import type { Call } from './call.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import type { RequestInfo } from './request-info.ts';

export interface AccessParts {
  readonly server: ApiServer;
  readonly authenticators: readonly Authenticator[];
  readonly anonymous: AnonymousPolicy;
  readonly clock: Clock;
  readonly metrics: AccessMetrics;
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
   * Whom the request acts as: who sent it, or somebody whom that user may impersonate. Throws or rejects with ApiError
   * Unauthorized or Forbidden, and AuditFailure; a promise only where somebody must be waited for.
   */
  identify(
    request: Credentials & Pick<HttpRequest, 'method'>,
    call: Call,
    refusal: (error: unknown) => HttpResponse,
  ): UserInfo | Promise<UserInfo> {
    const refuse = (error: unknown): never => {
      this.#parts.metrics.authenticated(showsNothing(request) ? 'failure' : 'error', this.#stepSeconds(call));
      call.trail?.unauthenticated(refusal(error));
      throw error;
    };
    let asked: UserInfo | Promise<UserInfo>;
    try {
      asked = this.#authenticate(request, call);
    } catch (error) {
      return refuse(error);
    }
    if (asked instanceof Promise) return asked.then((user) => this.#identified(request, call, user), refuse);
    return this.#identified(request, call, asked);
  }

  #identified(
    request: Credentials & Pick<HttpRequest, 'method'>,
    call: Call,
    user: UserInfo,
  ): UserInfo | Promise<UserInfo> {
    this.#parts.metrics.authenticated('success', this.#stepSeconds(call), user.username);
    const told = call.trail?.authenticated(user);
    return told === undefined && !asksForAnother(request) ? user : this.#acting(request, call, { user, told });
  }

  async #acting(
    request: Credentials & Pick<HttpRequest, 'method'>,
    call: Call,
    { user, told }: { readonly user: UserInfo; readonly told: void | Promise<void> },
  ): Promise<UserInfo> {
    await told;
    if (!asksForAnother(request)) return user;
    const asks = (): Attributes => attributesIn(request.method, call.info, user);
    const acting = await this.#impersonation.acting(user, request, asks);
    if (acting.user !== user) call.trail?.impersonating(acting);
    call.stepMs = this.#parts.clock.monotonic();
    return acting.user;
  }

  /** Throws or rejects with ApiError Forbidden, and AuthorizationFailure; a promise only where somebody must be waited for. */
  authorize(attributes: Attributes, call: Call): Promise<void> | undefined {
    const asked = this.#parts.server.review(attributes);
    if (asked instanceof Promise) return asked.then((decision) => this.#decided(attributes, decision, call));
    this.#decided(attributes, asked, call);
    return undefined;
  }

  #decided(attributes: Attributes, decision: Decision, call: Call): void {
    const { verdict, reason, error } = decision;
    const failed = verdict !== 'allow' && error !== undefined;
    this.#parts.metrics.authorized(failed ? 'error' : results[verdict], this.#stepSeconds(call));
    if (!failed) call.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid');
    call.annotate('authorization.k8s.io/reason', failed ? 'internal error' : reason);
    enforce(attributes, decision);
  }

  /** How long the step took that ends now. */
  #stepSeconds(call: Call): number {
    const now = this.#parts.clock.monotonic();
    const seconds = (now - call.stepMs) / 1000;
    call.stepMs = now;
    return seconds;
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
    const options = {
      fieldSelector: query.get('fieldSelector') ?? '',
      labelSelector: query.get('labelSelector') ?? '',
    };
    return attributesOf(resource, user, options);
  }
  const nothing = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
  return { user, verb: method.toLowerCase(), ...nothing, path };
}
