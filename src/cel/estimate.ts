/**
 * What an expression can cost at least and at most, before it has run: cel-go's model over the checked tree, with sizes
 * from the schema. Presence tests are free. See `estimate-call.ts` for calls.
 */
import { accumulatorName, type Call, type Comprehension, type Expr, isBinding } from './ast.ts';
import type { Checked } from './check.ts';
import { type DeclType, fieldOf } from './decl-type.ts';
import { type CallEstimate, estimateCall, type Operand } from './estimate-call.ts';
import { listCost, mapCost, messageCost } from './meter.ts';
import { addRanges, fixed, multiplyRanges, type Range, unionRange, unknownSize, unlimited } from './range.ts';
import { type CelType, errorType, unwrapOptional } from './types.ts';
import { sizeOf } from './values.ts';

export type CostEstimate = Range;

/** Finds the declared type that a variable has, if it has one. */
type Declared = (variable: string) => DeclType | undefined;

/** A place in the data: a variable and the way from there. Nothing is known of a value with an empty one. */
type Path = readonly string[];

interface EntrySize {
  readonly list: boolean;
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly path: Path;
  readonly size: Range | undefined;
  readonly entries: EntrySize | undefined;
}

const zero = fixed(0);
const one = fixed(1);
const scalars = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint']);

export function estimateCost(checked: Checked, declared: Declared): CostEstimate {
  return new Estimator(checked, declared).cost(checked.expr);
}

class Estimator {
  readonly #checked: Checked;
  readonly #declared: Declared;
  readonly #paths = new Map<number, Path>();
  readonly #sizes = new Map<number, Range>();
  readonly #entries = new Map<number, EntrySize>();
  readonly #locals: (readonly [string, Local])[] = [];

  constructor(checked: Checked, declared: Declared) {
    this.#checked = checked;
    this.#declared = declared;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return zero;
      case 'ident':
        this.#paths.set(expr.id, this.#local(expr.name)?.path ?? [expr.name]);
        return one;
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr.id, expr.items);
      case 'map':
        return this.#map(expr);
      case 'message':
        return addRanges(...expr.fields.map((field) => this.cost(field.value)), fixed(messageCost));
      case 'comprehension':
        return isBinding(expr) ? this.#binding(expr) : this.#comprehension(expr);
    }
  }

  #local(name: string): Local | undefined {
    return this.#locals.findLast(([known]) => known === name)?.[1];
  }

  #type(expr: Expr): CelType {
    return this.#checked.types.get(expr.id) ?? errorType;
  }

  #path(expr: Expr): Path {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined;
    return local?.path ?? this.#paths.get(expr.id) ?? [];
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Range {
    // A dotted name of a variable is one identifier.
    const variable = this.#checked.variables.get(expr.id);
    if (variable !== undefined) {
      this.#paths.set(expr.id, [variable]);
      return one;
    }
    const operand = this.cost(expr.operand);
    if (expr.test) return operand;
    this.#paths.set(expr.id, [...this.#path(expr.operand), expr.field]);
    const { kind } = this.#type(expr.operand);
    return kind === 'map' || kind === 'object' || kind === 'param' ? addRanges(operand, one) : operand;
  }

  #list(id: number, items: readonly Expr[]): Range {
    let cost = zero;
    let size: Range = { min: items.length === 0 ? 0 : unlimited, max: 0 };
    for (const item of items) {
      cost = addRanges(cost, this.cost(item));
      size = unionRange(size, this.#sizeOrUnknown(item));
    }
    this.#entries.set(id, { list: true, key: one, value: size });
    return addRanges(cost, fixed(listCost));
  }

  #map({ id, entries }: Extract<Expr, { kind: 'map' }>): Range {
    let cost = zero;
    let keys: Range = { min: entries.length === 0 ? 0 : unlimited, max: 0 };
    let values = keys;
    for (const { key, value } of entries) {
      cost = addRanges(cost, this.cost(key), this.cost(value));
      keys = unionRange(keys, this.#sizeOrUnknown(key));
      values = unionRange(values, this.#sizeOrUnknown(value));
    }
    this.#entries.set(id, { list: false, key: keys, value: values });
    return addRanges(cost, fixed(mapCost));
  }

  #call(expr: Call): Range {
    const { args } = expr;
    const [first] = args;
    if (expr.name === 'dyn' && first !== undefined) {
      const cost = addRanges(one, this.cost(first));
      this.#copySizes(expr, first);
      return cost;
    }
    const costs = args.map((arg) => this.cost(arg));
    const overloads = this.#checked.overloads.get(expr.id) ?? [];
    if (overloads.length === 0) return zero;
    const target = this.#checked.qualified.has(expr.id) ? undefined : expr.target;
    const targetCost = target === undefined ? zero : this.cost(target);
    let own: Range = { min: unlimited, max: 0 };
    let size: Range | undefined;
    for (const { id } of overloads) {
      const estimate = this.#overload(expr, id, costs);
      own = unionRange(own, estimate.cost);
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : unionRange(size, estimate.size);
      if ((id === 'index_list' || id === 'index_map') && first !== undefined) {
        size = this.#entrySize(first)?.value;
        this.#paths.set(expr.id, [...this.#path(first), id === 'index_list' ? '@items' : '@values']);
      }
      size ??= this.#size(expr);
    }
    if (size !== undefined) this.#sizes.set(expr.id, size);
    return addRanges(targetCost, own);
  }

  #overload(expr: Call, overload: string, costs: readonly Range[]): CallEstimate {
    const [first = zero, second = zero, third = zero] = costs;
    if (overload === 'logical_and' || overload === 'logical_or')
      return { cost: { min: first.min, max: addRanges(first, second).max } };
    const [, yes, no] = expr.args;
    if (overload === 'conditional' && yes !== undefined && no !== undefined) {
      this.#joinEntries(expr, yes, no);
      const size = unionRange(this.#sizeOrUnknown(yes), this.#sizeOrUnknown(no));
      return { cost: addRanges(first, unionRange(second, third)), size };
    }
    if (overload.startsWith('add_') && expr.args[0] !== undefined && yes !== undefined)
      this.#joinEntries(expr, expr.args[0], yes);
    const target = this.#checked.qualified.has(expr.id) ? undefined : expr.target;
    const { cost, size } = estimateCall({
      name: this.#checked.qualified.get(expr.id) ?? expr.name,
      overload,
      target: target === undefined ? undefined : this.#operand(target),
      args: expr.args.map((arg) => this.#operand(arg)),
    });
    const whole = addRanges(cost, ...costs);
    return size === undefined ? { cost: whole } : { cost: whole, size };
  }

  #joinEntries(expr: Expr, a: Expr, b: Expr): void {
    const left = this.#entrySize(a);
    const right = this.#entrySize(b);
    if (left === undefined || right === undefined) return;
    const key = unionRange(left.key, right.key);
    this.#entries.set(expr.id, { list: left.list, key, value: unionRange(left.value, right.value) });
  }

  #operand(expr: Expr): Operand {
    const path = this.#path(expr);
    // Only what starts at a variable has a place in a schema.
    const known = path[0] === accumulatorName ? [] : path;
    return {
      expr,
      type: this.#type(expr),
      size: this.#size(expr),
      itemSize: () => (known.length === 0 ? undefined : this.#declaredSize([...known, '@items'])),
    };
  }

  #comprehension(expr: Comprehension): Range {
    const outside = addRanges(this.cost(expr.range), this.cost(expr.initial));
    this.#locals.push([expr.accumulator, this.#localOf(expr.initial)]);
    this.#pushVariables(expr);
    const each = addRanges(this.cost(expr.condition), this.cost(expr.step));
    this.#locals.length -= expr.variable2 === undefined ? 1 : 2;
    const result = this.cost(expr.result);
    this.#locals.pop();
    const count = this.#sizeOrUnknown(expr.range);
    const { kind } = expr.initial;
    if (kind === 'literal') this.#setSize(expr, this.#size(expr.initial));
    if (kind === 'list' || kind === 'map') {
      this.#setSize(expr, count);
      const entries = this.#entrySize(expr.step);
      if (entries !== undefined) this.#entries.set(expr.id, entries);
    }
    return addRanges(outside, result, multiplyRanges(count, each));
  }

  #pushVariables({ range, variable, variable2 }: Comprehension): void {
    const entries = this.#entrySize(range);
    const list = entries?.list ?? this.#type(range).kind === 'list';
    const path = this.#path(range);
    const key: Local = { path: [...path, list ? '@indices' : '@keys'], size: entries?.key, entries: undefined };
    const value: Local = { path: [...path, list ? '@items' : '@values'], size: entries?.value, entries: undefined };
    if (variable2 !== undefined) this.#locals.push([variable, key], [variable2, value]);
    else this.#locals.push([variable, list ? value : key]);
  }

  #binding(expr: Comprehension): Range {
    const before = addRanges(this.cost(expr.range), this.cost(expr.initial));
    this.#locals.push([expr.accumulator, this.#localOf(expr.initial)]);
    const result = this.cost(expr.result);
    this.#locals.pop();
    this.#copySizes(expr, expr.result);
    return addRanges(before, result);
  }

  #localOf(expr: Expr): Local {
    return { path: this.#path(expr), size: this.#size(expr), entries: this.#entrySize(expr) };
  }

  #copySizes(to: Expr, from: Expr): void {
    this.#setSize(to, this.#size(from));
    const entries = this.#entrySize(from);
    if (entries !== undefined) this.#entries.set(to.id, entries);
  }

  #setSize(expr: Expr, size: Range | undefined): void {
    if (size !== undefined) this.#sizes.set(expr.id, size);
  }

  #entrySize(expr: Expr): EntrySize | undefined {
    return this.#entries.get(expr.id) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.entries : undefined);
  }

  #sizeOrUnknown(expr: Expr): Range {
    return this.#size(expr) ?? unknownSize;
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id) ?? literalSize(expr);
    if (known !== undefined) return known;
    const declared = this.#declaredSize(this.#path(expr));
    if (declared !== undefined) {
      this.#sizes.set(expr.id, declared);
      return declared;
    }
    const type = this.#type(expr);
    if (scalars.has((unwrapOptional(type) ?? type).kind)) return one;
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined;
  }

  /**
   * What the schema says of a place. Kubernetes' estimator takes every path for one from `self`, also those that begin at
   * something computed.
   */
  #declaredSize([variable, ...rest]: Path): Range | undefined {
    let decl = variable === undefined ? undefined : (this.#declared(variable) ?? this.#declared('self'));
    for (const part of rest) {
      if (decl === undefined) return undefined;
      if (part === '@items' || part === '@values') decl = decl.items;
      else decl = part === '@keys' ? decl.keys : fieldOf(decl, part)?.type;
    }
    return decl === undefined ? undefined : { min: 0, max: decl.maxElements };
  }
}

function literalSize(expr: Expr): Range | undefined {
  switch (expr.kind) {
    case 'literal':
      return fixed(sizeOf(expr.value) ?? 1);
    case 'list':
      return fixed(expr.items.length);
    case 'map':
      return fixed(expr.entries.length);
    default:
      return undefined;
  }
}
