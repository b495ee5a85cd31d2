/**
 * ValidatingAdmissionPolicy: expressions that must hold. A binding says what follows where one does not: the request is
 * refused, the client is warned, the audit log is told.
 */
import {
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  type CompiledExpression,
  type ValidatingAdmissionPolicy,
} from '../../../api/mod.ts';
import type { DeepReadonly } from '../../../base/mod.ts';
import { ApiError, utf8Length, type Reason } from '../../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from '../admission.ts';
import { Authority } from './authority.ts';
import { Evaluation, matchConditions, OutOfBudget, seeing, type Seen } from './evaluation.ts';
import { isExemptFromPolicies } from './matching.ts';
import type { AdmissionMetrics } from '../metrics.ts';
import type { DynamicAdmissionParts } from './parts.ts';
import {
  applicationsOf,
  compilePolicy,
  Hooks,
  namespaceOf,
  type Application,
  type CompiledBinding,
  type CompiledPolicy,
  type Hook,
} from './policies.ts';
import { VersionedRequest } from './versioned-request.ts';

interface CompiledValidation {
  readonly expression: CompiledExpression;
  readonly message: string;
  readonly messageExpression: CompiledExpression | undefined;
  readonly reason: string;
}

interface ValidatingPolicy extends CompiledPolicy {
  readonly validations: readonly CompiledValidation[];
  readonly annotations: readonly { readonly key: string; readonly value: CompiledExpression }[];
}

const messageBytesMax = 5 * 1024;
const annotationLengthMax = 10 * 1024;

function compileValidating({ metadata, spec = {} }: DeepReadonly<ValidatingAdmissionPolicy>): ValidatingPolicy {
  const { policy, scope } = compilePolicy(metadata.name ?? '', spec);
  const { validations = [], auditAnnotations = [] } = spec;
  return {
    ...policy,
    validations: validations.map(({ expression, message = '', messageExpression = '', reason = 'Invalid' }) => ({
      expression: scope.compile(expression, 'bool'),
      message,
      messageExpression:
        messageExpression === '' ? undefined : scope.compile(messageExpression, 'string', { authorizer: false }),
      reason,
    })),
    annotations: auditAnnotations.map(({ key, valueExpression }) => ({
      key,
      value: scope.compile(valueExpression, 'stringOrNull'),
    })),
  };
}

export function validatingPolicies(parts: DynamicAdmissionParts): AdmissionPlugin {
  const kinds = { policies: validatingAdmissionPolicies, bindings: validatingAdmissionPolicyBindings };
  const hooks = new Hooks(parts.store, kinds, compileValidating);
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      const { all } = hooks;
      return all.length === 0 ? undefined : new Dispatch(parts, request).run(all);
    },
  };
}

/** What became of one validation; `index` is its place. */
interface Failure {
  readonly index: number;
  readonly message: string;
  readonly reason: string;
}

interface Outcome {
  readonly failures: readonly Failure[];
  readonly annotations: readonly { readonly key: string; readonly value: string }[];
  /** Annotations that could not be made: these refuse the request whatever the binding says. */
  readonly errors: readonly string[];
}

interface TimedOutcome extends Outcome {
  readonly seconds: number;
}

const nothing: Outcome = { failures: [], annotations: [], errors: [] };

interface Denial {
  readonly policy: string;
  readonly binding: string | undefined;
  readonly message: string;
  readonly reason: string;
}

class Dispatch {
  readonly #request: AdmissionRequest;
  readonly #versioned: VersionedRequest;
  readonly #authority: Authority;
  readonly #denials: Denial[] = [];
  readonly #metrics: AdmissionMetrics;

  constructor(parts: DynamicAdmissionParts, request: AdmissionRequest) {
    this.#request = request;
    this.#metrics = parts.metrics;
    this.#versioned = new VersionedRequest(parts.world(), request);
    this.#authority = new Authority(parts.authorizers, request.context.user);
  }

  async run(hooks: readonly Hook<ValidatingPolicy>[]): Promise<void> {
    if (isExemptFromPolicies(this.#versioned)) return;
    for (const hook of hooks) await this.#applyPolicy(hook);
    const [first] = this.#denials;
    if (first !== undefined) throw refusal(this.#request, first);
  }

  async #applyPolicy(hook: Hook<ValidatingPolicy>): Promise<void> {
    const { policy } = hook;
    const applications = applicationsOf(this.#versioned, hook, (message, binding) => {
      if (policy.failurePolicy !== 'Ignore')
        this.#denials.push({ policy: policy.name, binding: binding?.name, message, reason: '' });
    });
    const annotations = new Map<string, Set<string>>();
    for await (const application of applications)
      for (const outcome of await this.#outcomes(policy, application)) {
        this.#report(policy, application.binding, outcome);
        for (const { key, value } of outcome.annotations)
          annotations.set(key, (annotations.get(key) ?? new Set()).add(value.slice(0, annotationLengthMax)));
      }
    for (const [key, values] of annotations) this.#request.annotate(`${policy.name}/${key}`, [...values].join(', '));
  }

  async #outcomes(policy: ValidatingPolicy, { target, params }: Application): Promise<TimedOutcome[]> {
    const namespace = namespaceOf(this.#versioned);
    const seen = await seeing(this.#versioned, target, this.#authority);
    const outcomes: TimedOutcome[] = [];
    const { clock } = this.#request;
    for (const one of params) {
      const begun = clock.monotonic();
      const outcome = await this.#authority.settle(() => evaluate(policy, { ...seen, namespace, params: one }));
      outcomes.push({ ...outcome, seconds: (clock.monotonic() - begun) / 1000 });
    }
    return outcomes;
  }

  #report(policy: ValidatingPolicy, binding: CompiledBinding, { failures, errors, seconds }: TimedOutcome): void {
    const denied = (message: string, reason: string): void =>
      void this.#denials.push({ policy: policy.name, binding: binding.name, message, reason });
    for (const { index, message, reason } of failures)
      for (const action of binding.actions) {
        this.#metrics.checked(policy.name, binding.name, {
          action: action.toLowerCase(),
          error: errorOf(message),
          seconds,
        });
        if (action === 'Deny') denied(message, reason);
        else if (action === 'Warn')
          this.#request.warn(
            `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`,
          );
        else
          this.#request.annotate(
            'validation.policy.admission.k8s.io/validation_failure',
            failureText(index, message, policy, binding),
          );
      }
    for (const error of errors) denied(error, '');
  }
}

/** Whether a validation failed for what it found, or could not be evaluated. */
function errorOf(message: string): 'no_error' | 'compile_error' | 'invalid_error' {
  if (message.startsWith('compilation error: ')) return 'compile_error';
  return /^expression '[^]*' resulted in error: /.test(message) ? 'invalid_error' : 'no_error';
}

function failureText(index: number, message: string, policy: ValidatingPolicy, binding: CompiledBinding): string {
  return JSON.stringify([
    {
      message,
      policy: policy.name,
      binding: binding.name,
      expressionIndex: index,
      validationActions: binding.actions,
    },
  ]);
}

function evaluate(policy: ValidatingPolicy, seen: Seen): Outcome {
  const { failurePolicy, conditions, variables } = policy;
  const failed = (message: string, index = 0): Failure[] =>
    failurePolicy === 'Ignore' ? [] : [{ index, message, reason: '' }];
  const met = matchConditions(seen, conditions, variables, failurePolicy);
  if ('error' in met) return { ...nothing, failures: failed(met.error) };
  if (!met.matches) return nothing;
  try {
    const failures = validate(policy, seen, failed);
    return { failures, ...annotate(policy, seen) };
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return { ...nothing, failures: failed(error.message) };
  }
}

type Failed = (message: string, index: number) => Failure[];

function validate({ validations, variables }: ValidatingPolicy, seen: Seen, failed: Failed): Failure[] {
  const evaluation = new Evaluation(seen, variables);
  const results = validations.map(({ expression }) => evaluation.evaluate(expression));
  if (results.every((result) => 'value' in result && result.value === true)) return [];
  const messages = messagesOf(validations, new Evaluation(seen, variables, evaluation.remaining));
  return validations.flatMap((validation, index) => {
    const result = results[index];
    if (result === undefined || ('value' in result && result.value === true)) return [];
    if ('error' in result) return failed(result.error, index);
    if (typeof messages === 'string') return failed(messages, index);
    const { message, reason, expression } = validation;
    const usual = message === '' ? `failed expression: ${expression.expression.trim()}` : message.trim();
    return [{ index, message: messages[index] ?? usual, reason }];
  });
}

/** What the message expressions say, where it is fit to be said; a text instead: why none of them can be used. */
function messagesOf(
  validations: readonly CompiledValidation[],
  evaluation: Evaluation,
): readonly (string | undefined)[] | string {
  try {
    return validations.map(({ messageExpression }) => {
      const result = messageExpression && evaluation.evaluate(messageExpression);
      const value = result !== undefined && 'value' in result ? result.value : undefined;
      const text = typeof value === 'string' ? value.trim() : '';
      return text === '' || text.includes('\n') || utf8Length(text) > messageBytesMax ? undefined : text;
    });
  } catch (error) {
    if (error instanceof OutOfBudget) return `failed messageExpression: ${error.message}`;
    throw error;
  }
}

function annotate(
  { annotations, variables, failurePolicy }: ValidatingPolicy,
  seen: Seen,
): Pick<Outcome, 'annotations' | 'errors'> {
  const made: { key: string; value: string }[] = [];
  const errors: string[] = [];
  const evaluation = new Evaluation(seen, variables);
  for (const { key, value } of annotations) {
    const result = evaluation.evaluate(value);
    if ('error' in result) {
      if (failurePolicy !== 'Ignore') errors.push(result.error);
    } else if (typeof result.value === 'string' && result.value.trim() !== '')
      made.push({ key, value: result.value.trim() });
  }
  return { annotations: made, errors };
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

function refusal(request: AdmissionRequest, { policy, binding, message, reason }: Denial): ApiError {
  const by = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? '' : ` with binding '${binding}'`}`;
  const text = `${by} denied request: ${message}`;
  const { message: whole, details } = forbidden(request, text);
  const known = (reason === '' ? 'Invalid' : reason) as Reason;
  return new ApiError(known, whole, {
    code: codes[known] ?? 422,
    details: { ...details, causes: [{ message: text }] },
  });
}
