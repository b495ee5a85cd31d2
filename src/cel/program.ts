/**
 * From text to something that runs: parse, check, estimate, plan. What is wrong with an expression is told in cel-go's
 * words, because the API server's clients see them.
 */
import { type Checked, check } from './check.ts';
import type { Environment } from './environment.ts';
import { type CostEstimate, estimateCost } from './estimate.ts';
import { type Activation, Frame, type Step } from './frame.ts';
import { issueText } from './issue.ts';
import { parse } from './parser.ts';
import { plan } from './plan.ts';
import { type CelType, errorType } from './types.ts';
import { validate, visit } from './validate.ts';
import { Cancelled, EvalError, type Value } from './values.ts';

/** What one evaluation of one expression may cost in Kubernetes. */
const perCallLimit = 1_000_000;

export interface Budget {
  /** The most that it may cost; `perCallLimit` unless said otherwise. */
  readonly limit?: number;
  /** Asked now and then; true calls the evaluation off. */
  readonly interrupted?: () => boolean;
}

/** `cancelled`: it was stopped, because of its cost or from outside. Otherwise a failure belongs to the data. */
export type Outcome =
  | { readonly value: Value; readonly cost: number }
  | { readonly error: string; readonly cancelled: boolean; readonly cost: number };

export interface Program {
  readonly type: CelType;
  readonly estimate: CostEstimate;
  /** The variables and functions that the expression names. */
  readonly mentions: { readonly variables: ReadonlySet<string>; readonly functions: ReadonlySet<string> };
  evaluate(variables: Activation, budget?: Budget): Outcome;
}

/** Either a program, or all that is wrong with the expression as one text. */
export type Compiled = { readonly program: Program } | { readonly error: string };

export function compile(source: string, environment: Environment): Compiled {
  const parsed = parse(source, environment.macros);
  if (parsed.expr === undefined) return { error: issueText(source, parsed.issues) };
  const { checked, issues } = check(parsed.expr, environment);
  if (issues.length > 0) return { error: issueText(source, issues) };
  const invalid = validate(checked);
  if (invalid.length > 0) return { error: issueText(source, invalid) };
  const step = plan(checked, environment);
  if (step instanceof EvalError) return { error: step.message };
  return { program: programOf(checked, step, environment) };
}

function programOf(checked: Checked, step: Step, environment: Environment): Program {
  return {
    type: checked.types.get(checked.expr.id) ?? errorType,
    estimate: estimateCost(checked, (name) => environment.declared(name)),
    mentions: mentionsOf(checked),
    evaluate: (variables, budget = {}) => {
      const frame = new Frame(variables, budget.limit ?? perCallLimit, budget.interrupted);
      return run(step, frame);
    },
  };
}

function run(step: Step, frame: Frame): Outcome {
  try {
    const result = step(frame);
    if (result instanceof EvalError) return { error: result.message, cancelled: false, cost: frame.cost };
    return { value: result, cost: frame.cost };
  } catch (error) {
    if (error instanceof Cancelled) return { error: error.message, cancelled: true, cost: frame.cost };
    throw error;
  }
}

function mentionsOf({ expr, variables, overloads, qualified }: Checked): Program['mentions'] {
  const names = new Set(variables.values());
  const functions = new Set<string>();
  visit(expr, (part) => {
    if (part.kind === 'call' && overloads.has(part.id)) functions.add(qualified.get(part.id) ?? part.name);
  });
  return { variables: names, functions };
}
