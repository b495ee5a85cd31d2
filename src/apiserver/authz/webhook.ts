/** Authorization by a webhook: it is sent a SubjectAccessReview, and what it says counts; answers are kept for a while. */
import { errorText, isJsonObject, type Clock, type JsonObject } from '../../base/mod.ts';
import type { Webhook } from '../http/webhook.ts';
import { ExpressionError, type Expression } from '../expression.ts';
import { noOpinion, type Attributes, type Authorizer, type Decision, type RulesFor } from './authorizer.ts';
import { selectorRequirements } from './selectors.ts';

export interface WebhookAuthorizerOptions {
  readonly webhook: Webhook;
  readonly clock: Clock;
  /** Of SubjectAccessReview: `v1` or `v1beta1`. */
  readonly version: string;
  /** How long answers are kept; 0: not at all. */
  readonly allowedMs: number;
  readonly refusedMs: number;
  /** What a webhook that does not answer means. */
  readonly failurePolicy: 'Deny' | 'NoOpinion';
  /** It is asked only about what all of these are true of. */
  readonly matchConditions: readonly Expression[];
}

const answersMax = 8192;
/** Requests that say more than this are asked about each time: others must not be able to fill the memory. */
const keptLengthMax = 10_000;

export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions;
  /** The oldest first. */
  readonly #kept = new Map<string, { readonly decision: Decision; readonly untilMs: number }>();

  constructor(options: WebhookAuthorizerOptions) {
    this.#options = options;
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    const spec = specOf(attributes);
    const unmatched = this.#unmatched(spec);
    if (unmatched !== undefined) return unmatched;
    const key = JSON.stringify(spec);
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#options.clock.monotonic() < kept.untilMs) return kept.decision;
    this.#kept.delete(key);
    return this.#ask(spec, lengthOf(attributes) < keptLengthMax ? key : undefined);
  }

  rulesFor(): RulesFor {
    return { rules: [], problems: ['webhook authorizer does not support user rule resolution'], incomplete: true };
  }

  /** The decision about a request that it is not asked about. One condition that is false outweighs others that fail. */
  #unmatched(spec: JsonObject): Decision | undefined {
    const failures: string[] = [];
    for (const condition of this.#options.matchConditions) {
      try {
        if (condition.evaluate(spec) !== true) return noOpinion;
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        failures.push(error.message);
      }
    }
    return failures.length === 0 ? undefined : this.#failed(failures.join(', '));
  }

  #failed(error: string): Decision {
    return { verdict: this.#options.failurePolicy === 'Deny' ? 'deny' : 'no-opinion', reason: '', error };
  }

  async #ask(spec: JsonObject, key: string | undefined): Promise<Decision> {
    const { webhook, version } = this.#options;
    let status: JsonObject;
    try {
      const review = await webhook.post({
        apiVersion: `authorization.k8s.io/${version}`,
        kind: 'SubjectAccessReview',
        metadata: { creationTimestamp: null },
        spec: version === 'v1beta1' ? inBeta(spec) : spec,
        status: { allowed: false },
      });
      status = isJsonObject(review['status']) ? review['status'] : {};
    } catch (error) {
      return this.#failed(errorText(error));
    }
    const { allowed, denied, reason } = status;
    if (allowed === true && denied === true)
      return {
        verdict: 'deny',
        reason: '',
        error: 'webhook subject access review returned both allow and deny response',
      };
    const verdict = denied === true ? 'deny' : allowed === true ? 'allow' : 'no-opinion';
    const decision: Decision = { verdict, reason: typeof reason === 'string' ? reason : '' };
    if (key !== undefined) this.#keep(key, decision);
    return decision;
  }

  #keep(key: string, decision: Decision): void {
    const { clock, allowedMs, refusedMs } = this.#options;
    const ms = decision.verdict === 'allow' ? allowedMs : refusedMs;
    if (ms <= 0) return;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < answersMax) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key, { decision, untilMs: clock.monotonic() + ms });
  }
}

function specOf(attributes: Attributes): JsonObject {
  const { user, verb, path } = attributes;
  const { username, uid, groups, extra } = user;
  const given = (fields: Record<string, string>): JsonObject =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
  const { namespace, group, version, resource, subresource, name } = attributes;
  const what =
    path === undefined
      ? {
          resourceAttributes: {
            ...given({ namespace, verb, group, version, resource, subresource, name }),
            ...selectorRequirements(attributes),
          },
        }
      : { nonResourceAttributes: given({ path, verb }) };
  return {
    ...what,
    user: username,
    groups: [...groups],
    ...(extra === undefined
      ? {}
      : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
    ...(uid === undefined ? {} : { uid }),
  };
}

/** The beta called the groups `group`. */
function inBeta({ groups, ...spec }: JsonObject): JsonObject {
  return { ...spec, ...(groups === undefined ? {} : { group: groups }) };
}

function lengthOf({ namespace, verb, group, version, resource, subresource, name, path = '' }: Attributes): number {
  return [namespace, verb, group, version, resource, subresource, name, path].join('').length;
}
