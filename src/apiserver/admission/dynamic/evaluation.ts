/**
 * Evaluates expressions about a request: one `Evaluation` has one budget and one set of variables, each of which is evaluated
 * when it is first used. Nothing here waits or changes anything, so an evaluation can be begun again.
 */
import { readNamespace, readRequest, type CompiledExpression, type Namespace } from '../../../api/mod.ts';
import { TerminalError, type DeepReadonly, type JsonObject } from '../../../base/mod.ts';
import {
  authorizerValue,
  CelMap,
  dynReader,
  EvalError,
  resourceCheckValue,
  type Activation,
  type Result,
  type Value,
} from '../../../cel/mod.ts';
import type { Authority } from './authority.ts';
import { describe } from './review.ts';
import type { Target, VersionedRequest } from './versioned-request.ts';

/** What the expressions of one policy for one request may cost together, and match conditions alone. */
const costBudget = 10_000_000;
const conditionsBudget = 2_500_000;

/** No expression may be evaluated any more. */
export class OutOfBudget extends TerminalError {}

export interface Variable {
  readonly name: string;
  readonly compiled: CompiledExpression;
}

/** What expressions see. */
export interface Seen {
  readonly versioned: VersionedRequest;
  readonly target: Target;
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
  readonly authority: Authority;
  /** Where the policy has parameters. */
  readonly params?: JsonObject | undefined;
  readonly namespace?: DeepReadonly<Namespace> | undefined;
}

/** Everything about a request in the version of the target. */
export async function seeing(versioned: VersionedRequest, target: Target, authority: Authority): Promise<Seen> {
  return {
    versioned,
    target,
    object: await versioned.object(target),
    oldObject: await versioned.oldObject(target),
    authority,
  };
}

export type Evaluated = { readonly value: Value } | { readonly error: string };

export class Evaluation {
  readonly #variables: Variables;
  readonly #activation: Activation;
  #budget: number;

  constructor(seen: Seen, variables: readonly Variable[], budget = costBudget) {
    this.#variables = new Variables(variables, () => this.#activation);
    this.#activation = activationOf(seen, this.#variables);
    this.#budget = budget;
  }

  get remaining(): number {
    return this.#budget;
  }

  /** Throws OutOfBudget. */
  evaluate({ expression, program, error }: CompiledExpression): Evaluated {
    if (program === undefined) return { error: `compilation error: ${error ?? ''}` };
    const outcome = program.evaluate(this.#activation);
    this.#charge(this.#variables.takeCost());
    this.#charge(outcome.cost);
    return 'error' in outcome
      ? { error: `expression '${expression}' resulted in error: ${outcome.error}` }
      : { value: outcome.value };
  }

  #charge(cost: number): void {
    if (cost > this.#budget)
      throw new OutOfBudget(
        'validation failed due to running out of cost budget, no further validation rules will be run',
      );
    this.#budget -= cost;
  }
}

/** The variable `variables`. */
class Variables extends CelMap {
  readonly #compiled: ReadonlyMap<Value, CompiledExpression>;
  readonly #values = new Map<Value, Result>();
  readonly #activation: () => Activation;
  #cost = 0;

  constructor(variables: readonly Variable[], activation: () => Activation) {
    super();
    this.#compiled = new Map(variables.map(({ name, compiled }) => [name, compiled]));
    this.#activation = activation;
  }

  get size(): number {
    return this.#compiled.size;
  }

  keys(): Value[] {
    return [...this.#compiled.keys()];
  }

  get(name: Value): Result | undefined {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const compiled = this.#compiled.get(name);
    if (compiled === undefined) return undefined;
    const value = this.#evaluate(typeof name === 'string' ? name : '', compiled);
    this.#values.set(name, value);
    return value;
  }

  takeCost(): number {
    const cost = this.#cost;
    this.#cost = 0;
    return cost;
  }

  #evaluate(name: string, { program, error = '' }: CompiledExpression): Result {
    if (program === undefined)
      return new EvalError(`composited variable ${JSON.stringify(name)} fails to compile: ${error}`);
    const outcome = program.evaluate(this.#activation());
    this.#cost += outcome.cost;
    return 'error' in outcome
      ? new EvalError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`)
      : outcome.value;
  }
}

function activationOf(
  { versioned, target, object, oldObject, authority, params, namespace }: Seen,
  variables: Variables,
): Activation {
  const { authorize } = authority;
  const { own, subresource, name } = versioned;
  let request: Result | undefined;
  return {
    object: dynReader(object ?? null),
    oldObject: dynReader(oldObject ?? null),
    params: dynReader(params ?? null),
    // Most expressions do not ask who asks.
    get request(): Result {
      return (request ??= readRequest(describe(versioned, target)));
    },
    namespaceObject: namespace === undefined ? null : readNamespace(namespace),
    variables,
    authorizer: authorizerValue(authorize),
    get 'authorizer.requestResource'(): Value {
      const { group, resource } = own.resource;
      return resourceCheckValue(authorize, { group, resource, subresource, namespace: versioned.namespace, name });
    },
  };
}

/** Whether all conditions hold. One that fails decides, also beside others that cannot be evaluated. */
export type Matched = { readonly matches: boolean } | { readonly error: string };

export function matchConditions(
  seen: Seen,
  conditions: readonly CompiledExpression[],
  variables: readonly Variable[],
  failurePolicy: string,
): Matched {
  if (conditions.length === 0) return { matches: true };
  const errors: string[] = [];
  try {
    const evaluation = new Evaluation(seen, variables, conditionsBudget);
    const results = conditions.map((condition) => evaluation.evaluate(condition));
    if (results.some((result) => 'value' in result && result.value === false)) return { matches: false };
    errors.push(...results.flatMap((result) => ('error' in result ? [result.error] : [])));
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    errors.push(error.message);
  }
  if (errors.length === 0) return { matches: true };
  if (failurePolicy === 'Ignore') return { matches: false };
  return { error: errors.length === 1 ? (errors[0] ?? '') : `[${[...new Set(errors)].join(', ')}]` };
}
