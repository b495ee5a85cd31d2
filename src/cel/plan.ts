/**
 * Makes a checked expression ready to run: one closure for each part, the types and overloads that are known looked up
 * beforehand. Each closure charges what cel-go's interpreter would: a unit for a variable and for each step from there
 * (`a.b[c]` is one attribute), nothing for constants, calls by `meter.ts`.
 */
import {
  type Call,
  type Comprehension,
  type Expr,
  isBinding,
  type List,
  type MapLiteral,
  type Message,
} from './ast.ts';
import type { Checked } from './check.ts';
import type { Environment } from './environment.ts';
import type { Frame, Step } from './frame.ts';
import type { Overload } from './function.ts';
import { isIn } from './library/arithmetic.ts';
import { callCost, listCost, mapCost, messageCost } from './meter.ts';
import { accumulate, BuiltList, BuiltMap, fold, insert } from './plan-fold.ts';
import { callStep, comparison, dispatcher } from './plan-call.ts';
import { type Qualifier, lookUp, qualify } from './plan-attribute.ts';
import {
  ArrayList,
  CelList,
  Double,
  EntryMap,
  EvalError,
  keyOf,
  noSuchOverload,
  OptionalValue,
  type Result,
  TypeValue,
  type Value,
} from './values.ts';

/** A step with what is known of it beforehand. */
interface Planned {
  readonly step: Step;
  /** It has this value whatever the variables are, and costs nothing. */
  readonly constant?: Value;
}

interface Local {
  readonly name: string;
  readonly slot: number;
  /** The value of a binding, which is made when it is first asked for. */
  readonly lazy?: Step;
  /** The accumulator of a macro that collects: what is added goes into the same list or map. */
  readonly collects?: boolean;
}

const conversionNames = new Set('bool bytes double duration dyn int string timestamp type uint'.split(' '));

/** A failure: a constant part of the expression cannot be evaluated. */
export function plan(checked: Checked, environment: Environment): Step | EvalError {
  const planner = new Planner(checked, environment);
  const { step } = planner.plan(checked.expr);
  return planner.failure ?? step;
}

function charged(frame: Frame, cost: number, result: Result): Result {
  frame.charge(cost);
  return result;
}

function constant(value: Value): Planned {
  return { step: () => value, constant: value };
}

class Planner {
  failure: EvalError | undefined;
  readonly #checked: Checked;
  readonly #environment: Environment;
  #locals: readonly Local[] = [];

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked;
    this.#environment = environment;
  }

  plan(expr: Expr): Planned {
    switch (expr.kind) {
      case 'literal':
        return constant(expr.value);
      case 'ident':
      case 'select':
        return this.#attribute(expr);
      case 'call':
        return isAttributeCall(expr) ? this.#attribute(expr) : this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'message':
        return { step: this.#message(expr) };
      case 'comprehension':
        return { step: this.#comprehension(expr) };
    }
  }

  #step(expr: Expr): Step {
    return this.plan(expr).step;
  }

  /** A whole attribute: what leads to it, and a unit for its root unless that is a choice between two. */
  #attribute(expr: Expr): Planned {
    const typeName = this.#checked.typeNames.get(expr.id);
    if (typeName !== undefined) return constant(new TypeValue(typeName));
    const resolve = this.#resolve(expr);
    if (this.#rootIsChoice(expr) || (expr.kind === 'select' && expr.test)) return { step: resolve };
    return {
      step: (frame) => {
        const value = resolve(frame);
        frame.charge(1);
        return value;
      },
    };
  }

  #rootIsChoice(expr: Expr): boolean {
    if (expr.kind === 'select' && !this.#checked.variables.has(expr.id)) return this.#rootIsChoice(expr.operand);
    if (expr.kind !== 'call' || !isAttributeCall(expr)) return false;
    const [first] = expr.args;
    return expr.name === '_?_:_' || (first !== undefined && this.#rootIsChoice(first));
  }

  /** The value of an attribute without the unit that its root costs. Anything else costs what it costs. */
  #resolve(expr: Expr): Step {
    const variable = this.#checked.variables.get(expr.id);
    if (variable !== undefined) return this.#variable(variable);
    if (expr.kind === 'select') return qualify(this.#base(expr.operand), expr.field, expr.test ? 'test' : 'plain');
    if (expr.kind !== 'call' || !isAttributeCall(expr)) return this.#step(expr);
    const [first, second, third] = expr.args;
    if (first === undefined || second === undefined) return () => noSuchOverload;
    if (expr.name === '_?_:_') return this.#choice(first, second, third ?? second);
    const how: Qualifier = expr.name === '_[_]' ? 'plain' : 'optional';
    if (second.kind === 'literal') return qualify(this.#base(first), second.value, how);
    return lookUp(this.#base(first), this.#index(second), how);
  }

  /** What an attribute starts from. If that is no attribute itself, it becomes the root of one. */
  #base(expr: Expr): Step {
    if (this.#checked.typeNames.has(expr.id) || expr.kind === 'literal') return this.#step(expr);
    return this.#resolve(expr);
  }

  /** An index costs a unit more when it is computed. */
  #index(expr: Expr): Step {
    if (this.#isAttribute(expr)) return this.#resolve(expr);
    const step = this.#step(expr);
    return (frame) => {
      frame.charge(1);
      return step(frame);
    };
  }

  #isAttribute(expr: Expr): boolean {
    if (this.#checked.typeNames.has(expr.id)) return false;
    return expr.kind === 'ident' || expr.kind === 'select' || (expr.kind === 'call' && isAttributeCall(expr));
  }

  #variable(name: string): Step {
    const local = this.#locals.findLast((known) => known.name === name);
    const unset = new EvalError(`no such attribute(s): ${name}`);
    if (local === undefined) return (frame) => frame.variables[name] ?? frameNull(frame.variables, name) ?? unset;
    const { slot, lazy } = local;
    if (lazy === undefined) return (frame) => frame.locals[slot] ?? null;
    return (frame) => {
      const known = frame.locals[slot];
      if (known !== undefined) return known;
      const value = lazy(frame);
      frame.locals[slot] = value;
      return value;
    };
  }

  #choice(condition: Expr, yes: Expr, no: Expr): Step {
    const test = this.#step(condition);
    const then = this.#base(yes);
    const otherwise = this.#base(no);
    return (frame) => {
      const chosen = test(frame);
      if (chosen === true) return then(frame);
      if (chosen === false) return otherwise(frame);
      return chosen instanceof EvalError ? chosen : noSuchOverload;
    };
  }

  #list(expr: List): Planned {
    const items = expr.items.map((item) => this.plan(item));
    const { optional } = expr;
    if (optional.size === 0 && items.every((item) => item.constant !== undefined))
      return constant(new ArrayList(items.map((item) => item.constant ?? null)));
    const steps = items.map((item) => item.step);
    return {
      step: (frame) => {
        const values: Value[] = [];
        for (let i = 0; i < steps.length; i++) {
          const value = steps[i]?.(frame) ?? null;
          if (value instanceof EvalError) return charged(frame, listCost, value);
          if (!optional.has(i)) values.push(value);
          else if (!(value instanceof OptionalValue)) return noSuchOverload;
          else if (value.value !== undefined) values.push(value.value);
        }
        return charged(frame, listCost, new ArrayList(values));
      },
    };
  }

  #map(expr: MapLiteral): Planned {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }));
    if (
      entries.every(
        ({ key, value, optional }) => !optional && key.constant !== undefined && value.constant !== undefined,
      )
    )
      return constant(new EntryMap(entries.map(({ key, value }) => [key.constant ?? null, value.constant ?? null])));
    return {
      step: (frame) => {
        const values: [Value, Value][] = [];
        for (const entry of entries) {
          const key = entry.key.step(frame);
          if (key instanceof EvalError) return charged(frame, mapCost, key);
          const value = entry.value.step(frame);
          if (value instanceof EvalError) return charged(frame, mapCost, value);
          if (!entry.optional) values.push([key, value]);
          else if (!(value instanceof OptionalValue)) return noSuchOverload;
          else if (value.value !== undefined) values.push([key, value.value]);
        }
        return charged(frame, mapCost, new EntryMap(values));
      },
    };
  }

  #message(expr: Message): Step {
    const type = this.#environment.message(expr.type.replace(/^\./, ''));
    const fields = expr.fields.map(({ name, value, optional }) => ({ name, step: this.#step(value), optional }));
    return (frame) => {
      const values = new Map<string, Value>();
      for (const { name, step, optional } of fields) {
        const value = step(frame);
        if (value instanceof EvalError) return charged(frame, messageCost, value);
        if (!optional) values.set(name, value);
        else if (!(value instanceof OptionalValue)) return noSuchOverload;
        else if (value.value !== undefined) values.set(name, value.value);
      }
      return charged(frame, messageCost, type?.create(values) ?? noSuchOverload);
    };
  }

  #comprehension(expr: Comprehension): Step {
    const outer = this.#locals;
    const slot = outer.length;
    const initial = this.#step(expr.initial);
    if (isBinding(expr)) {
      this.#locals = [...outer, { name: expr.accumulator, slot, lazy: initial }];
      const body = this.#step(expr.result);
      this.#locals = outer;
      return (frame) => {
        frame.locals[slot] = undefined;
        return body(frame);
      };
    }
    const range = this.#step(expr.range);
    const collects = expr.initial.kind === 'list' || expr.initial.kind === 'map';
    const accumulator: Local = { name: expr.accumulator, slot, collects };
    const variables: Local[] = [{ name: expr.variable, slot: slot + 1 }];
    if (expr.variable2 !== undefined) variables.push({ name: expr.variable2, slot: slot + 2 });
    this.#locals = [...outer, accumulator, ...variables];
    const condition = this.plan(expr.condition);
    const step = this.#step(expr.step);
    this.#locals = [...outer, accumulator];
    const result = this.#step(expr.result);
    this.#locals = outer;
    const start: Step = !collects
      ? initial
      : expr.initial.kind === 'list'
        ? () => new BuiltList()
        : () => new BuiltMap();
    const always = condition.constant === true;
    const loop = { range, start, condition: always ? undefined : condition.step, step, result };
    return fold(loop, slot, expr.variable2 !== undefined);
  }

  #call(expr: Call): Planned {
    const { name } = expr;
    const [first, second] = expr.args;
    if (name === '_&&_' && first !== undefined && second !== undefined)
      return { step: this.#logical(first, second, false) };
    if (name === '_||_' && first !== undefined && second !== undefined)
      return { step: this.#logical(first, second, true) };
    const collected = this.#collected(expr);
    if (collected !== undefined) return { step: collected };
    const member = expr.target !== undefined && !this.#checked.qualified.has(expr.id);
    const operands = member && expr.target !== undefined ? [expr.target, ...expr.args] : expr.args;
    const args = operands.map((arg) => this.plan(arg));
    const overloads = this.#checked.overloads.get(expr.id) ?? [];
    if (name === '@in' && overloads[0]?.id === 'in_list' && overloads.length === 1) {
      const membership = constantMembership(args);
      if (membership !== undefined) return membership;
    }
    if (name === '@not_strictly_false') return { step: this.#notStrictlyFalse(args) };
    const or = member && (name === 'or' || name === 'orValue') ? alternative(args, name === 'or') : undefined;
    if (or !== undefined && overloads[0]?.params[0]?.kind === 'opaque') return { step: or };
    const functionName = this.#checked.qualified.get(expr.id) ?? name.replace(/^\./, '');
    return this.#plainCall(functionName, overloads, args);
  }

  #plainCall(name: string, overloads: readonly Overload[], args: readonly Planned[]): Planned {
    const operator = this.#environment.function(name)?.operator;
    const run = operator ?? dispatcher(name, overloads);
    const [only] = args;
    if (args.length === 1 && conversionNames.has(name) && only?.constant !== undefined) {
      const value = run(only.constant);
      if (!(value instanceof EvalError)) return constant(value);
      this.failure ??= value;
    }
    const overloadId = equality(name) ?? (overloads.length === 1 ? overloads[0]?.id : undefined);
    const cost = callCost(name, overloadId);
    const steps = args.map((arg) => arg.step);
    return { step: comparison(name, steps, run, cost) ?? callStep(steps, run, cost) };
  }

  /** Left to right; what decides decides, even when the other side has failed. */
  #logical(first: Expr, second: Expr, decisive: boolean): Step {
    const left = this.#step(first);
    const right = this.#step(second);
    return (frame) => {
      const a = left(frame);
      if (a === decisive) return decisive;
      const b = right(frame);
      if (b === decisive) return decisive;
      if (a === !decisive && b === !decisive) return !decisive;
      if (a instanceof EvalError) return a;
      return b instanceof EvalError ? b : noSuchOverload;
    };
  }

  #notStrictlyFalse([arg]: readonly Planned[]): Step {
    return (frame) => {
      const value = arg?.step(frame);
      frame.charge(1);
      return value !== false;
    };
  }

  /** `@result + [x]` and `cel.@mapInsert(@result, …)`: nobody else sees the accumulator, so it is added to in place. */
  #collected(expr: Call): Step | undefined {
    const [first, ...rest] = expr.args;
    if (first?.kind !== 'ident') return undefined;
    const local = this.#locals.findLast((known) => known.name === first.name);
    if (local?.collects !== true) return undefined;
    if (expr.name === '_+_') return accumulate(local.slot, this.#step(rest[0] ?? first));
    const mapInsert = expr.name === 'cel.@mapInsert';
    return mapInsert
      ? insert(
          local.slot,
          rest.map((arg) => this.#step(arg)),
        )
      : undefined;
  }
}

/** `optional.or(another)` and `optional.orValue(value)`: what comes after is only evaluated when there is nothing. */
function alternative([first, second]: readonly Planned[], keeps: boolean): Step | undefined {
  if (first === undefined || second === undefined) return undefined;
  return (frame) => {
    const value = first.step(frame);
    if (value instanceof EvalError) return value;
    if (!(value instanceof OptionalValue)) return noSuchOverload;
    if (value.value === undefined) return second.step(frame);
    return keeps ? value : value.value;
  };
}

/** A variable may hold null, which is not the same as not being there. */
function frameNull(variables: Readonly<Record<string, unknown>>, name: string): null | undefined {
  return variables[name] === null ? null : undefined;
}

function equality(name: string): string | undefined {
  if (name === '_==_') return 'equals';
  return name === '_!=_' ? 'not_equals' : undefined;
}

function isAttributeCall({ name }: Call): boolean {
  return name === '_[_]' || name === '_[?_]' || name === '_?._' || name === '_?_:_';
}

/** `x in ['a', 'b']` with plain constants becomes a look into a set, which costs nothing. */
function constantMembership([item, list]: readonly Planned[]): Planned | undefined {
  const values = list?.constant;
  if (item === undefined || !(values instanceof CelList)) return undefined;
  const items = values.toArray();
  if (items.length === 0) return constant(false);
  const plain = (value: unknown): boolean =>
    value instanceof Double || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
  if (!items.every(plain)) return undefined;
  const known = new Set(items.map((value) => (value instanceof EvalError ? value : keyOf(value))));
  const { step } = item;
  return {
    step: (frame) => {
      const value = step(frame);
      if (value instanceof EvalError) return value;
      return value instanceof Double && !Number.isInteger(value.value) ? isIn(value, values) : known.has(keyOf(value));
    },
  };
}
