/** Variables of a policy: expressions with a name, for other expressions to use. */
import type { DeepReadonly } from '../../base/mod.ts';
import { invalid, required, type FieldPath } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import type { Variable } from '../upstream/types.ts';
import type { ExpressionChecks } from './expression-checks.ts';

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

export function checkVariables(
  errors: Errors,
  variables: readonly DeepReadonly<Variable>[] | undefined,
  path: FieldPath,
  expressions: ExpressionChecks,
): void {
  for (const [i, { name, expression }] of (variables ?? []).entries()) {
    const at = path.index(i);
    if (name.trim() === '') errors.push(required(at.child('name'), 'name is not specified'));
    else if (!identifier.test(name) || reserved.has(name))
      errors.push(invalid(at.child('name'), name, 'name is not a valid CEL identifier'));
    if (expression.trim() === '') errors.push(required(at.child('expression'), 'expression is not specified'));
    else expressions.declare(errors, { name, expression }, at.child('expression'));
  }
}
