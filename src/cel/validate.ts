/**
 * What Kubernetes asks of an expression beyond its types: constants that can be read as what they are for, and lists and
 * maps whose members are of one type.
 */
import type { Call, Expr } from './ast.ts';
import type { Checked } from './check.ts';
import type { Issue } from './issue.ts';
import { clauses, interpolate, refused } from './library/format-string.ts';
import { regex } from './regex.ts';
import { parseDuration, parseTimestamp } from './time.ts';
import { type CelType, errorType, sameType, typeText, unwrapOptional } from './types.ts';
import { EvalError } from './values.ts';

export function validate(checked: Checked): Issue[] {
  const issues: Issue[] = [];
  visit(checked.expr, (expr, enclosing) => {
    if (expr.kind === 'call') issues.push(...invalidArgument(expr), ...invalidFormat(expr, checked));
    // What is formatted may be of any type.
    else if (!enclosing.includes('format')) issues.push(...mixed(expr, checked));
  });
  return issues;
}

function invalidArgument({ name, args }: Call): Issue[] {
  const arg = name === 'matches' ? args.at(-1) : args[0];
  if (arg?.kind !== 'literal' || typeof arg.value !== 'string') return [];
  const invalid =
    (name === 'duration' && parseDuration(arg.value) === undefined) ||
    (name === 'timestamp' && parseTimestamp(arg.value) === undefined) ||
    (name === 'matches' && regex(arg.value) instanceof EvalError);
  return invalid ? [{ at: arg.at, message: `invalid ${name} argument` }] : [];
}

/** A template that is known, with arguments whose types are. */
function invalidFormat({ name, target, args, at }: Call, { types }: Checked): Issue[] {
  const [list] = args;
  if (name !== 'format' || target?.kind !== 'literal' || list?.kind !== 'list') return [];
  if (typeof target.value !== 'string') return [];
  let used = 0;
  let place = at;
  const problem = interpolate(target.value, list.items.length, (verb, _precision, index) => {
    used++;
    const item = list.items[index];
    const wrong = item === undefined ? undefined : unfit(item, verb, types);
    if (wrong === undefined) return '';
    place = wrong.at;
    return refused(verb, (types.get(wrong.id) ?? errorType).name);
  });
  if (problem instanceof EvalError) return [{ at: place, message: problem.message }];
  const given = list.items.length;
  if (given <= used) return [];
  return [{ at, message: `too many arguments supplied to string.format (expected ${used}, got ${given})` }];
}

/** The part of an argument that a clause cannot write, by its type. */
function unfit(expr: Expr, verb: string, types: Checked['types']): Expr | undefined {
  const { kind } = types.get(expr.id) ?? errorType;
  const takes = clauses[verb.toLowerCase()]?.takes.split(' ') ?? [];
  if (kind !== 'dyn' && !takes.includes(kind)) return expr;
  if (verb !== 's' || (expr.kind !== 'list' && expr.kind !== 'map')) return undefined;
  for (const child of childrenOf(expr)) {
    const wrong = unfit(child, verb, types);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function mixed(expr: Expr, checked: Checked): Issue[] {
  if (expr.kind === 'list')
    return differing(
      expr.items.map((item, i) => ({ expr: item, optional: expr.optional.has(i) })),
      checked,
    );
  if (expr.kind !== 'map') return [];
  const keys = expr.entries.map(({ key }) => ({ expr: key, optional: false }));
  const values = expr.entries.map(({ value, optional }) => ({ expr: value, optional }));
  return [...differing(keys, checked), ...differing(values, checked)];
}

/** The first member whose type is not that of the first one of all. */
function differing(members: readonly { expr: Expr; optional: boolean }[], { types }: Checked): Issue[] {
  const typeOf = ({ expr, optional }: { expr: Expr; optional: boolean }): CelType => {
    const type = types.get(expr.id) ?? errorType;
    return optional ? (unwrapOptional(type) ?? type) : type;
  };
  const [first] = members;
  if (first === undefined) return [];
  const expected = typeOf(first);
  const other = members.find((member) => !sameType(typeOf(member), expected));
  if (other === undefined) return [];
  const message = `expected type '${typeText(expected)}' but found '${typeText(typeOf(other))}'`;
  return [{ at: other.expr.at, message }];
}

/** Every part of an expression, with the names of the calls that it is in. */
export function visit(
  expr: Expr,
  look: (expr: Expr, enclosing: readonly string[]) => void,
  enclosing: readonly string[] = [],
): void {
  look(expr, enclosing);
  const inside = expr.kind === 'call' ? [...enclosing, expr.name] : enclosing;
  for (const child of childrenOf(expr)) visit(child, look, inside);
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return [];
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    case 'list':
      return expr.items;
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'message':
      return expr.fields.map(({ value }) => value);
    case 'comprehension':
      return [expr.range, expr.initial, expr.condition, expr.step, expr.result];
  }
}
