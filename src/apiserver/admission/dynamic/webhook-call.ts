/** One call of one admission webhook: whether it is about the request, what it is asked, and what its answer means. */
import { ExpressionScope, type CompiledExpression, type MutatingWebhook } from '../../../api/mod.ts';
import { errorText, HostError, isJsonObject, uuid, type DeepReadonly, type JsonObject } from '../../../base/mod.ts';
import { ApiError, isApiError, type Status } from '../../../machinery/mod.ts';
import type { Authority } from './authority.ts';
import { matchConditions, seeing } from './evaluation.ts';
import { Matcher } from './matching.ts';
import type { CallProblem } from '../metrics.ts';
import type { DynamicAdmissionParts } from './parts.ts';
import { InvalidAnswer, jsonPatchType, reviewFor, UndecodablePatch, verdictOf, type Verdict } from './review.ts';
import type { Target, VersionedRequest } from './versioned-request.ts';

/** What both kinds of webhooks have. */
type Hook = DeepReadonly<MutatingWebhook>;

export interface CompiledWebhook {
  readonly configuration: string;
  readonly hook: Hook;
  readonly matcher: Matcher;
  readonly conditions: readonly CompiledExpression[];
}

const timeoutSecondsUsual = 10;
const reviewSchema = 'io.k8s.api.admission.v1.AdmissionResponse';

export function compileWebhooks(configuration: string, hooks: readonly Hook[]): CompiledWebhook[] {
  return hooks.map((hook) => {
    const { matchPolicy, namespaceSelector, objectSelector, rules = [], matchConditions: conditions = [] } = hook;
    const scope = new ExpressionScope({ hasParams: false });
    return {
      configuration,
      hook,
      matcher: new Matcher({ matchPolicy, namespaceSelector, objectSelector, rules }),
      conditions: conditions.map(({ expression }) => scope.compile(expression, 'bool')),
    };
  });
}

/** The webhook could not be asked, or answered nonsense. Its failure policy says what that means. */
export class CallFailure extends HostError {
  constructor(name: string, why: string) {
    super('Webhook', `failed calling webhook ${JSON.stringify(name)}: ${why}`);
  }

  refusal(): ApiError {
    return ApiError.internal(this.message, this);
  }
}

/** The webhook does not allow the request: its own Status, completed. */
class Denied extends ApiError {
  readonly #status: Status;

  constructor(status: Status) {
    super('Unknown', status.message ?? '', { code: status.code });
    this.#status = status;
  }

  override get status(): Status {
    return this.#status;
  }
}

function denial(name: string, result: JsonObject | undefined): ApiError {
  const { code = 0, message = '', reason = '', details } = (result ?? {}) as Partial<Status>;
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message === '' ? reason : message;
  return new Denied({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: why === '' ? `${by} without explanation` : `${by}: ${why}`,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code: code < 400 ? 403 : code,
  });
}

/** As what the webhook sees the request; undefined: it is not asked. Throws ApiError. */
export async function targetOf(
  { hook, matcher, conditions }: CompiledWebhook,
  versioned: VersionedRequest,
  authority: Authority,
): Promise<Target | undefined> {
  const target = matcher.match(versioned);
  if (target === undefined || conditions.length === 0) return target;
  const seen = await seeing(versioned, target, authority);
  const matched = await authority.settle(() => matchConditions(seen, conditions, [], hook.failurePolicy ?? 'Fail'));
  if ('error' in matched) throw ApiError.forbidden(versioned.request.kind, versioned.name, matched.error);
  return matched.matches ? target : undefined;
}

/** Asks. Throws CallFailure, and ApiError where the webhook does not allow the request. */
export async function call(
  parts: DynamicAdmissionParts,
  compiled: CompiledWebhook,
  versioned: VersionedRequest,
  target: Target,
): Promise<Verdict> {
  const { clock, operation } = versioned.request;
  const { name, failurePolicy } = compiled.hook;
  const begun = clock.monotonic();
  const tell = (code: number, problem: CallProblem): void =>
    parts.metrics.called(
      { name, operation, sort: versioned.isMutating ? 'admit' : 'validating' },
      {
        seconds: (clock.monotonic() - begun) / 1000,
        code,
        problem,
        failedOpen: problem === 'calling_webhook_error' && failurePolicy === 'Ignore',
      },
    );
  try {
    const verdict = await ask(parts, compiled, versioned, target);
    tell(200, undefined);
    return verdict;
  } catch (error) {
    if (error instanceof CallFailure) tell(unavailableCode, 'calling_webhook_error');
    else if (error instanceof Denied) tell(error.code, 'no_error');
    else tell(0, 'apiserver_internal_error');
    throw error;
  }
}

/** What a call that fails is counted as. */
const unavailableCode = 503;

async function ask(
  { caller, random }: DynamicAdmissionParts,
  { hook }: CompiledWebhook,
  versioned: VersionedRequest,
  target: Target,
): Promise<Verdict> {
  const { name, sideEffects, admissionReviewVersions: versions, timeoutSeconds = timeoutSecondsUsual } = hook;
  const { request, world } = versioned;
  if (request.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw ApiError.badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  const uid = uuid(random);
  const review = await reviewFor(versioned, target, versions, uid);
  if (review === undefined)
    throw new CallFailure(
      name,
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    );
  const answer = await answerOf(name, async () => {
    const sent = await caller().post(hook.clientConfig, review, timeoutSeconds * 1000);
    const { response } = sent;
    return isJsonObject(response) ? { ...sent, response: world.codec.decodePart(reviewSchema, response) } : sent;
  });
  const verdict = checked(name, () =>
    verdictOf(answer, { uid, apiVersion: review.apiVersion, mutating: versioned.isMutating }),
  );
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) request.annotate(`${name}/${key}`, value);
  for (const warning of verdict.warnings) request.warn(warning);
  if (!verdict.allowed) throw denial(name, verdict.result);
  if (verdict.patch.length > 0 && verdict.patchType !== jsonPatchType)
    throw new CallFailure(name, `unsupported patch type ${JSON.stringify(verdict.patchType)}`);
  return verdict;
}

async function answerOf(name: string, ask: () => Promise<JsonObject>): Promise<JsonObject> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof HostError || isApiError(error))
      throw new CallFailure(name, `failed to call webhook: ${errorText(error)}`);
    throw error;
  }
}

function checked(name: string, verify: () => Verdict): Verdict {
  try {
    return verify();
  } catch (error) {
    if (error instanceof UndecodablePatch)
      throw new CallFailure(name, `received undecodable patch in webhook response: ${error.message}`);
    if (error instanceof InvalidAnswer)
      throw new CallFailure(name, `received invalid webhook response: ${error.message}`);
    throw error;
  }
}
