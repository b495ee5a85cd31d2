/** CEL in configuration files: one expression about one JSON object. */
import {
  boolType,
  compile,
  dynReader,
  dynType,
  Environment,
  EvalError,
  isDyn,
  kubernetesLibraries,
  listType,
  mapType,
  sameType,
  stringType,
  toJson,
  typeText,
  type CelType,
  type Program,
} from '../cel/mod.ts';
import { TerminalError, type Json, type JsonObject } from '../base/mod.ts';

export const expressionResults = {
  bool: [boolType],
  string: [stringType],
  strings: [stringType, listType(stringType), listType(dynType)],
} satisfies Record<string, readonly CelType[]>;

/** An expression went wrong with what it was given. */
export class ExpressionError extends TerminalError {}

export class Expression {
  readonly source: string;
  readonly #variable: string;
  readonly #program: Program;

  private constructor(source: string, variable: string, program: Program) {
    this.source = source;
    this.#variable = variable;
    this.#program = program;
  }

  /** What is wrong with it, as text, instead of the expression. */
  static compile(source: string, variable: string, results: keyof typeof expressionResults): Expression | string {
    const compiled = compile(source, environmentOf(variable));
    if ('error' in compiled) return `compilation failed: ${compiled.error}`;
    const { type } = compiled.program;
    const wanted = expressionResults[results];
    if (!isDyn(type) && !wanted.some((one) => sameType(one, type)))
      return `must evaluate to ${wanted.slice(0, 2).map(typeText).join(' or ')}`;
    return new Expression(source, variable, compiled.program);
  }

  /** Throws ExpressionError. */
  evaluate(about: JsonObject): Json {
    const outcome = this.#program.evaluate({ [this.#variable]: dynReader(about) });
    const value = 'error' in outcome ? new EvalError(outcome.error) : toJson(outcome.value);
    if (value instanceof EvalError)
      throw new ExpressionError(`expression '${this.source}' resulted in error: ${value.message}`);
    return value;
  }
}

function environmentOf(variable: string): Environment {
  return new Environment({ variables: { [variable]: mapType(stringType, dynType) }, libraries: kubernetesLibraries });
}
