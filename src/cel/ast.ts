/**
 * An expression as a tree. Each node has an id that is unique in its expression; what the checker finds out is kept beside
 * the tree under that id. Macros are gone: the parser writes what they stand for, comprehensions above all.
 */
import type { Value } from './values.ts';

interface Node {
  readonly id: number;
  /** Where it stands in the source, in code points. Of an operator: the operator's own place. */
  readonly at: number;
}

export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: Value;
}

export interface Ident extends Node {
  readonly kind: 'ident';
  readonly name: string;
}

export interface Select extends Node {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  /** `has(a.b)` asks whether the field is there. */
  readonly test: boolean;
}

export interface Call extends Node {
  readonly kind: 'call';
  /** Operators have names of their own: `_+_`, `_[_]`, `_?_:_`. */
  readonly name: string;
  readonly target?: Expr;
  readonly args: readonly Expr[];
}

export interface List extends Node {
  readonly kind: 'list';
  readonly items: readonly Expr[];
  /** The places of `?x` items. */
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry {
  readonly id: number;
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface MapLiteral extends Node {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface MessageField {
  readonly id: number;
  readonly at: number;
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface Message extends Node {
  readonly kind: 'message';
  readonly type: string;
  readonly fields: readonly MessageField[];
}

/** Goes through `range` and folds it: `accumulator = initial; for each: if (!condition) stop; accumulator = step`. */
export interface Comprehension extends Node {
  readonly kind: 'comprehension';
  readonly range: Expr;
  readonly variable: string;
  /** With two variables the first one is the index or the key. */
  readonly variable2?: string;
  readonly accumulator: string;
  readonly initial: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

export type Expr = Literal | Ident | Select | Call | List | MapLiteral | Message | Comprehension;

/** The accumulator of the standard macros. No user can write such a name. */
export const accumulatorName = '@result';

/** `cel.bind` is a comprehension over nothing: it only has an initial value and a result. */
export function isBinding(expr: Comprehension): boolean {
  const { range, condition } = expr;
  return (
    range.kind === 'list' &&
    range.items.length === 0 &&
    condition.kind === 'literal' &&
    condition.value === false &&
    expr.accumulator !== accumulatorName
  );
}

/** `a.b.c` as one name; undefined when the expression is anything else. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name;
  if (expr.kind !== 'select' || expr.test) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}
