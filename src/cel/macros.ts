/**
 * Macros: calls that the parser replaces by what they stand for. A macro is found by its name, its number of arguments and
 * whether it has a receiver; an expansion may also decline, and then the call stays a call.
 */
import { TerminalError } from '../base/mod.ts';
import { accumulatorName, type Expr, type MapEntry } from './ast.ts';
import type { Value } from './values.ts';

export interface Macro {
  readonly name: string;
  readonly argCount: number;
  readonly receiver: boolean;
  expand(context: MacroContext, args: readonly Expr[], target: Expr | undefined): Expr | undefined;
}

export function macroKey(name: string, argCount: number, receiver: boolean): string {
  return `${name}:${argCount}:${receiver}`;
}

export class MacroError extends TerminalError {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Makes nodes that all stand where the macro was called. */
export class MacroContext {
  readonly #at: number;
  readonly #newId: () => number;

  constructor(at: number, newId: () => number) {
    this.#at = at;
    this.#newId = newId;
  }

  #place(): { id: number; at: number } {
    return { id: this.#newId(), at: this.#at };
  }

  literal(value: Value): Expr {
    return { kind: 'literal', ...this.#place(), value };
  }

  ident(name: string): Expr {
    return { kind: 'ident', ...this.#place(), name };
  }

  accumulator(): Expr {
    return this.ident(accumulatorName);
  }

  call(name: string, ...args: readonly Expr[]): Expr {
    return { kind: 'call', ...this.#place(), name, args };
  }

  method(target: Expr, name: string, ...args: readonly Expr[]): Expr {
    return { kind: 'call', ...this.#place(), name, target, args };
  }

  list(...items: readonly Expr[]): Expr {
    return { kind: 'list', ...this.#place(), items, optional: new Set() };
  }

  map(): Expr {
    return { kind: 'map', ...this.#place(), entries: [] };
  }

  test(operand: Expr, field: string): Expr {
    return { kind: 'select', ...this.#place(), operand, field, test: true };
  }

  fold(parts: Fold): Expr {
    return { kind: 'comprehension', accumulator: accumulatorName, ...parts, ...this.#place() };
  }

  /** The same expression with ids of its own, for a macro that needs it twice. */
  copy(expr: Expr): Expr {
    const place = { id: this.#newId(), at: expr.at };
    switch (expr.kind) {
      case 'literal':
      case 'ident':
        return { ...expr, ...place };
      case 'select':
        return { ...expr, ...place, operand: this.copy(expr.operand) };
      case 'call': {
        const copied = { ...expr, ...place, args: expr.args.map((arg) => this.copy(arg)) };
        return expr.target === undefined ? copied : { ...copied, target: this.copy(expr.target) };
      }
      case 'list':
        return { ...expr, ...place, items: expr.items.map((item) => this.copy(item)) };
      case 'map':
        return { ...expr, ...place, entries: expr.entries.map((entry) => this.#copyEntry(entry)) };
      case 'message': {
        const fields = expr.fields.map((field) => ({ ...field, id: this.#newId(), value: this.copy(field.value) }));
        return { ...expr, ...place, fields };
      }
      case 'comprehension':
        return {
          ...expr,
          ...place,
          range: this.copy(expr.range),
          initial: this.copy(expr.initial),
          condition: this.copy(expr.condition),
          step: this.copy(expr.step),
          result: this.copy(expr.result),
        };
    }
  }

  #copyEntry(entry: MapEntry): MapEntry {
    return { ...entry, id: this.#newId(), key: this.copy(entry.key), value: this.copy(entry.value) };
  }
}

interface Fold {
  readonly range: Expr;
  readonly variable: string;
  readonly variable2?: string;
  readonly accumulator?: string;
  readonly initial: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

interface Loop {
  readonly range: Expr;
  readonly variable: string;
  readonly variable2?: string;
}

/** The variables of a macro, which come first among its arguments. */
function loopOf(range: Expr | undefined, args: readonly Expr[], variables: 1 | 2, complaint: string): Loop {
  const names = args.slice(0, variables).map((arg) => {
    if (arg.kind !== 'ident') throw new MacroError(arg.at, complaint);
    if (arg.name === accumulatorName || arg.name === '__result__')
      throw new MacroError(arg.at, 'iteration variable overwrites accumulator variable');
    return arg.name;
  });
  const [variable = '', variable2] = names;
  if (range === undefined) throw new MacroError(0, 'missing receiver');
  if (variable2 === undefined) return { range, variable };
  if (variable === variable2) throw new MacroError(args[1]?.at ?? 0, `duplicate variable name: ${variable}`);
  return { range, variable, variable2 };
}

type Expansion = (context: MacroContext, loop: Loop, rest: readonly Expr[]) => Expr;

function receiver(name: string, argCount: number, expand: Macro['expand']): Macro {
  return { name, argCount, receiver: true, expand };
}

/** A macro whose first arguments are one or two variables. */
function looping(name: string, argCount: number, variables: 1 | 2, expansion: Expansion): Macro {
  const complaint = name === 'map' || name === 'filter' ? notIdentifier : simpleName;
  return receiver(name, argCount, (context, args, target) =>
    expansion(context, loopOf(target, args, variables, complaint), args.slice(variables)),
  );
}

const simpleName = 'argument must be a simple name';
const notIdentifier = 'argument is not an identifier';

const all: Expansion = (c, loop, [predicate = c.literal(true)]) =>
  c.fold({
    ...loop,
    initial: c.literal(true),
    condition: c.call('@not_strictly_false', c.accumulator()),
    step: c.call('_&&_', c.accumulator(), predicate),
    result: c.accumulator(),
  });

const exists: Expansion = (c, loop, [predicate = c.literal(true)]) =>
  c.fold({
    ...loop,
    initial: c.literal(false),
    condition: c.call('@not_strictly_false', c.call('!_', c.accumulator())),
    step: c.call('_||_', c.accumulator(), predicate),
    result: c.accumulator(),
  });

const existsOne: Expansion = (c, loop, [predicate = c.literal(true)]) =>
  c.fold({
    ...loop,
    initial: c.literal(0),
    condition: c.literal(true),
    step: c.call('_?_:_', predicate, c.call('_+_', c.accumulator(), c.literal(1)), c.accumulator()),
    result: c.call('_==_', c.accumulator(), c.literal(1)),
  });

/** Collects what `element` makes of each, where the filter, if there is one, allows. */
function collect(c: MacroContext, loop: Loop, element: Expr, filter: Expr | undefined): Expr {
  const added = c.call('_+_', c.accumulator(), c.list(element));
  return c.fold({
    ...loop,
    initial: c.list(),
    condition: c.literal(true),
    step: filter === undefined ? added : c.call('_?_:_', filter, added, c.accumulator()),
    result: c.accumulator(),
  });
}

const transform: Expansion = (c, loop, args) => {
  const [filter, element = filter] = args;
  return collect(c, loop, element ?? c.literal(null), args.length > 1 ? filter : undefined);
};

const filterList: Expansion = (c, loop, [predicate]) => collect(c, loop, c.ident(loop.variable), predicate);

function transformMap(keyed: boolean): Expansion {
  return (c, loop, args) => {
    const [filter, element = filter] = args;
    const value = element ?? c.literal(null);
    const inserted = keyed
      ? c.call('cel.@mapInsert', c.accumulator(), c.ident(loop.variable), value)
      : c.call('cel.@mapInsert', c.accumulator(), value);
    const step =
      args.length > 1 && filter !== undefined ? c.call('_?_:_', filter, inserted, c.accumulator()) : inserted;
    return c.fold({ ...loop, initial: c.map(), condition: c.literal(true), step, result: c.accumulator() });
  };
}

const has: Macro = {
  name: 'has',
  argCount: 1,
  receiver: false,
  expand(context, [arg]) {
    if (arg?.kind === 'select' && !arg.test) return context.test(arg.operand, arg.field);
    throw new MacroError(arg?.at ?? 0, 'invalid argument to has() macro');
  },
};

export const standardMacros: readonly Macro[] = [
  has,
  looping('all', 2, 1, all),
  looping('exists', 2, 1, exists),
  looping('exists_one', 2, 1, existsOne),
  looping('existsOne', 2, 1, existsOne),
  looping('map', 2, 1, transform),
  looping('map', 3, 1, transform),
  looping('filter', 2, 1, filterList),
];

export const twoVariableMacros: readonly Macro[] = [
  looping('all', 3, 2, all),
  looping('exists', 3, 2, exists),
  looping('existsOne', 3, 2, existsOne),
  looping('exists_one', 3, 2, existsOne),
  looping('transformList', 3, 2, transform),
  looping('transformList', 4, 2, transform),
  looping('transformMap', 3, 2, transformMap(true)),
  looping('transformMap', 4, 2, transformMap(true)),
  looping('transformMapEntry', 3, 2, transformMap(false)),
  looping('transformMapEntry', 4, 2, transformMap(false)),
];

/** `cel.bind(x, value, expression with x)`: a fold over nothing whose accumulator is the variable. */
function bind(context: MacroContext, variable: string, value: Expr, result: Expr): Expr {
  return context.fold({
    range: context.list(),
    variable: '#unused',
    accumulator: variable,
    initial: value,
    condition: context.literal(false),
    step: context.ident(variable),
    result,
  });
}

function optionalMap(name: string, wraps: boolean): Macro {
  return receiver(name, 2, (c, [variable, body], target) => {
    if (variable?.kind !== 'ident' || body === undefined || target === undefined)
      throw new MacroError(variable?.at ?? 0, `${name}() variable name must be a simple identifier`);
    const mapped = bind(c, variable.name, c.method(c.copy(target), 'value'), body);
    return c.call(
      '_?_:_',
      c.method(target, 'hasValue'),
      wraps ? c.call('optional.of', mapped) : mapped,
      c.call('optional.none'),
    );
  });
}

/** `list.sortBy(x, key)`: the list is bound to a name, its keys are collected, and both go to one function. */
export const listMacros: readonly Macro[] = [
  receiver('sortBy', 2, (c, args, target) => {
    const input = '@__sortBy_input__';
    const loop = loopOf(c.ident(input), args, 1, notIdentifier);
    const keys = collect(c, loop, args[1] ?? c.literal(null), undefined);
    return bind(c, input, target ?? c.literal(null), c.method(c.ident(input), '@sortByAssociatedKeys', keys));
  }),
];

export const optionalMacros: readonly Macro[] = [optionalMap('optMap', true), optionalMap('optFlatMap', false)];

export const bindingMacros: readonly Macro[] = [
  receiver('bind', 3, (context, [variable, value, result], target) => {
    // Only `cel.bind` is this macro; `x.bind(…)` is a method.
    if (target?.kind !== 'ident' || target.name !== 'cel') return undefined;
    if (variable?.kind !== 'ident' || value === undefined || result === undefined)
      throw new MacroError(variable?.at ?? 0, 'cel.bind() variable names must be simple identifiers');
    return bind(context, variable.name, value, result);
  }),
];
