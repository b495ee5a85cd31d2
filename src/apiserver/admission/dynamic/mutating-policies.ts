/**
 * MutatingAdmissionPolicy: expressions that make patches, applied one after the other. Nothing of it is anybody's field: what
 * a policy adds is there for as long as the policy is, or until somebody applies it.
 */
import {
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  type CompiledExpression,
  type MutatingAdmissionPolicy,
} from '../../../api/mod.ts';
import {
  isJsonObject,
  jsonEqual,
  TerminalError,
  type DeepReadonly,
  type Json,
  type JsonObject,
} from '../../../base/mod.ts';
import { CelList, CelObject, EvalError, fieldPathProblem, toJson, type Value } from '../../../cel/mod.ts';
import {
  ApiError,
  apiVersionOf,
  applyJsonPatch,
  deducedMerge,
  mergeUnowned,
  PatchError,
  TypedError,
} from '../../../machinery/mod.ts';
import { versionsOf } from '../../managed-fields.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from '../admission.ts';
import { Authority } from './authority.ts';
import { Evaluation, matchConditions, OutOfBudget, seeing, type Seen } from './evaluation.ts';
import { isExemptFromPolicies } from './matching.ts';
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
import { Reinvocations } from './reinvocation.ts';
import { VersionedRequest, type Target } from './versioned-request.ts';

interface CompiledMutation {
  readonly type: 'applyConfiguration' | 'jsonPatch';
  readonly expression: CompiledExpression;
}

interface MutatingPolicy extends CompiledPolicy {
  readonly mutations: readonly CompiledMutation[];
  readonly reinvocationPolicy: string | undefined;
}

function compileMutating({ metadata, spec = {} }: DeepReadonly<MutatingAdmissionPolicy>): MutatingPolicy {
  const { policy, scope } = compilePolicy(metadata.name ?? '', spec);
  const { mutations = [], reinvocationPolicy } = spec;
  return {
    ...policy,
    reinvocationPolicy,
    mutations: mutations.map(({ patchType, applyConfiguration, jsonPatch }) => {
      const type = patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration';
      const { expression = '' } = (type === 'jsonPatch' ? jsonPatch : applyConfiguration) ?? {};
      return { type, expression: scope.compile(expression, type, { mutates: true }) };
    }),
  };
}

export function mutatingPolicies(parts: DynamicAdmissionParts): AdmissionPlugin {
  const kinds = { policies: mutatingAdmissionPolicies, bindings: mutatingAdmissionPolicyBindings };
  const hooks = new Hooks(parts.store, kinds, compileMutating);
  const rounds = new WeakMap<AdmissionRequest, Reinvocations>();
  return {
    name: 'MutatingAdmissionPolicy',
    mutate(request) {
      const { all } = hooks;
      if (all.length === 0 || request.operation === 'DELETE') return undefined;
      let reinvocations = rounds.get(request);
      if (reinvocations === undefined) rounds.set(request, (reinvocations = new Reinvocations()));
      return new Dispatch(parts, request, reinvocations).run(all);
    },
  };
}

interface Invocation extends Omit<Application, 'params'> {
  readonly policy: MutatingPolicy;
  readonly params: Application['params'][number];
}

interface Problem {
  readonly policy: MutatingPolicy;
  readonly binding: CompiledBinding | undefined;
  readonly message: string;
  /** It comes from the policy's expressions. */
  readonly invalid: boolean;
}

/** A patch that a policy made cannot be applied. */
class MutationFailure extends TerminalError {}

class Dispatch {
  readonly #request: AdmissionRequest;
  readonly #reinvocations: Reinvocations;
  readonly #versioned: VersionedRequest;
  readonly #authority: Authority;
  readonly #problems: Problem[] = [];
  #applied = false;

  constructor(parts: DynamicAdmissionParts, request: AdmissionRequest, reinvocations: Reinvocations) {
    this.#request = request;
    this.#reinvocations = reinvocations;
    this.#versioned = new VersionedRequest(parts.world(), request);
    this.#authority = new Authority(parts.authorizers, request.context.user);
  }

  async run(hooks: readonly Hook<MutatingPolicy>[]): Promise<void> {
    if (isExemptFromPolicies(this.#versioned)) return;
    const invocations: Invocation[] = [];
    for (const hook of hooks) invocations.push(...(await this.#invocationsOf(hook)));
    if (invocations.length > 0) {
      this.#reinvocations.begin(this.#request);
      for (const invocation of invocations) await this.#invoke(invocation);
      // Also the one that was the last to change something may be asked again.
      if (this.#applied) this.#reinvocations.changed(this.#request);
      this.#reinvocations.end(this.#request);
    }
    const refusing = this.#problems.filter(({ policy }) => policy.failurePolicy !== 'Ignore');
    if (refusing.length > 0) throw refusal(this.#request, refusing);
  }

  async #invocationsOf(hook: Hook<MutatingPolicy>): Promise<Invocation[]> {
    const { policy } = hook;
    const invocations: Invocation[] = [];
    const applications = applicationsOf(this.#versioned, hook, (message, binding) => {
      this.#problems.push({ policy, binding, message, invalid: false });
    });
    for await (const { params, ...rest } of applications)
      invocations.push(...params.map((one) => ({ policy, ...rest, params: one })));
    return invocations;
  }

  async #invoke({ policy, binding, target, params }: Invocation): Promise<void> {
    const namespace = namespaceOf(this.#versioned);
    const see = async (): Promise<Seen> => ({
      ...(await seeing(this.#versioned, target, this.#authority)),
      params,
      namespace,
    });
    const fail = (message: string): void => void this.#problems.push({ policy, binding, message, invalid: true });
    const before = await see();
    const { conditions, variables, failurePolicy } = policy;
    const met = await this.#authority.settle(() => matchConditions(before, conditions, variables, failurePolicy));
    if ('error' in met) return fail(met.error);
    const key = JSON.stringify([policy.name, binding.name, params?.['metadata'] ?? null]);
    if (!met.matches || !this.#reinvocations.isDue(this.#request, key)) return;
    for (const mutation of policy.mutations) {
      const seen = await see();
      if (seen.object === undefined) continue;
      try {
        await this.#mutate(mutation, policy, seen);
      } catch (error) {
        if (!(error instanceof MutationFailure || error instanceof OutOfBudget)) throw error;
        fail(error.message);
      }
    }
    if (!jsonEqual(before.object ?? null, (await this.#versioned.object(target)) ?? null))
      this.#reinvocations.changed(this.#request);
    this.#reinvocations.asked(key, policy.reinvocationPolicy);
  }

  async #mutate({ type, expression }: CompiledMutation, { variables }: MutatingPolicy, seen: Seen): Promise<void> {
    const { object = {}, target } = seen;
    if (expression.error !== undefined) throw new MutationFailure(expression.error);
    const result = await this.#authority.settle(() => new Evaluation(seen, variables).evaluate(expression));
    if ('error' in result) throw new MutationFailure(result.error);
    const isApplied = type === 'applyConfiguration';
    const changed = isApplied ? this.#merged(target, object, result.value) : patched(object, result.value);
    this.#applied = true;
    if (changed !== object) await this.#versioned.replace(target, changed, isApplied ? 'Ignore' : 'Strict');
  }

  #merged({ kind: { group, version, kind }, served }: Target, object: JsonObject, value: Value): JsonObject {
    const problem = fieldPathProblem(value, 'Object');
    if (problem !== undefined) throw new MutationFailure(`type mismatch: ${problem}`);
    const config = jsonOf(value);
    const apiVersion = apiVersionOf(group, version);
    const type = versionsOf(this.#versioned.world, served).typeOf(apiVersion) ?? deducedMerge;
    try {
      return mergeUnowned(object, { ...(isJsonObject(config) ? config : {}), apiVersion, kind }, type);
    } catch (error) {
      if (error instanceof TypedError) throw new MutationFailure(`error applying patch: ${error.message}`);
      throw error;
    }
  }
}

function jsonOf(value: Value): Json {
  const json = toJson(value);
  if (json instanceof EvalError) throw new MutationFailure(json.message);
  return json;
}

/** The object itself where a test in the patch fails: then there is nothing to do. */
function patched(object: JsonObject, value: Value): JsonObject {
  const operations = value instanceof CelList ? value.toArray() : [];
  const patch = operations.map((operation) => {
    if (!(operation instanceof CelObject)) throw new MutationFailure('type mismatch: no JSONPatch');
    const made = operation.get('value');
    const problem = made instanceof CelObject ? fieldPathProblem(made, made.type.name) : undefined;
    if (problem !== undefined) throw new MutationFailure(`type mismatch: ${problem}`);
    return jsonOf(operation);
  });
  try {
    return applyJsonPatch(object, patch) as JsonObject;
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (error.message.endsWith(': test failed')) return object;
    throw new MutationFailure(`JSONPath: ${error.message}`);
  }
}

/** The first problem speaks for all; the others are its causes. */
function refusal(request: AdmissionRequest, problems: readonly Problem[]): ApiError {
  const causes = problems.map((problem) => ({ message: problemText(problem) }));
  const { details } = forbidden(request, '');
  return new ApiError(problems[0]?.invalid === true ? 'Invalid' : 'Forbidden', causes[0]?.message ?? '', {
    code: 403,
    details: { ...details, causes },
  });
}

function problemText({ policy, binding, message }: Problem): string {
  return binding === undefined
    ? `policy ${JSON.stringify(policy.name)} denied request: ${message}`
    : `policy '${policy.name}' with binding '${binding.name}' denied request: ${message}`;
}
