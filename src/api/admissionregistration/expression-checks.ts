/** Whether the expressions of a configuration compile. Those that it had before are accepted as they are. */
import { invalid, type FieldPath } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { ExpressionScope, type ExpressionOptions, type ExpressionResult } from './expressions.ts';

export class ExpressionChecks {
  readonly #scope: ExpressionScope;
  readonly #accepted: ReadonlySet<string>;
  readonly #options: ExpressionOptions;

  constructor(
    params: boolean | ExpressionScope,
    accepted: Iterable<string> | undefined = [],
    options: ExpressionOptions = {},
  ) {
    this.#scope = typeof params === 'boolean' ? new ExpressionScope({ hasParams: params }) : params;
    this.#accepted = new Set(accepted);
    this.#options = options;
  }

  /** The same for expressions that may speak of more, or less. */
  checkWith(options: ExpressionOptions): ExpressionChecks {
    return new ExpressionChecks(this.#scope, this.#accepted, options);
  }

  /** A variable, for the expressions that come after it. */
  declare(errors: Errors, variable: { readonly name: string; readonly expression: string }, path: FieldPath): void {
    const { error, expression } = this.#scope.declare(variable.name, variable.expression);
    this.#report(errors, expression, error, path);
  }

  check(errors: Errors, expression: string, result: ExpressionResult, path: FieldPath): void {
    this.#report(errors, expression, this.#scope.compile(expression, result, this.#options).error, path);
  }

  #report(errors: Errors, expression: string, error: string | undefined, path: FieldPath): void {
    if (error !== undefined && !this.#accepted.has(expression)) errors.push(invalid(path, expression, error));
  }
}
