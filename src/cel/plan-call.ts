/** Calls: evaluate the arguments, charge for the call, find the overload, run it. */
import type { Step } from './frame.ts';
import type { Overload } from './function.ts';
import type { CallCost } from './meter.ts';
import { EvalError, hasType, type Result, typeOf, type Value } from './values.ts';

type Run = (...args: readonly Value[]) => Result;

/** The first of the overloads whose types the arguments have. */
export function dispatcher(name: string, overloads: readonly Overload[]): Run {
  return (...args) => {
    for (const { params, run } of overloads) {
      if (params.length === args.length && params.every((param, i) => hasType(args[i] ?? null, param)))
        return run(...args);
    }
    return new EvalError(`no such overload: ${name}(${args.map((arg) => typeOf(arg).name).join(', ')})`);
  };
}

export function callStep(steps: readonly Step[], run: Run, cost: CallCost): Step {
  const [first, second] = steps;
  if (first !== undefined && second === undefined) return unary(first, run, cost);
  if (first !== undefined && second !== undefined && steps.length === 2) return binary([first, second], run, cost);
  return (frame) => {
    const args: Value[] = [];
    for (const step of steps) {
      const value = step(frame);
      if (value instanceof EvalError) return value;
      args.push(value);
    }
    frame.charge(cost(args));
    return run(...args);
  };
}

/** A call that is not made, because an argument has failed, is charged for all the same: the failure counts as nothing. */
function counted(argument: Result): Value {
  return argument instanceof EvalError ? null : argument;
}

function unary(operand: Step, run: Run, cost: CallCost): Step {
  return (frame) => {
    const value = operand(frame);
    frame.charge(cost([counted(value)]));
    return value instanceof EvalError ? value : run(value);
  };
}

function binary([left, right]: readonly [Step, Step], run: Run, cost: CallCost): Step {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    frame.charge(cost([counted(a), counted(b)]));
    if (a instanceof EvalError) return a;
    return b instanceof EvalError ? b : run(a, b);
  };
}

const relations: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '_<_': (a, b) => a < b,
  '_<=_': (a, b) => a <= b,
  '_>_': (a, b) => a > b,
  '_>=_': (a, b) => a >= b,
  '_==_': (a, b) => a === b,
  '_!=_': (a, b) => a !== b,
};

/** Comparisons of small integers, which most rules are made of, go past everything. */
export function comparison(name: string, steps: readonly Step[], run: Run, cost: CallCost): Step | undefined {
  const holds = relations[name];
  const [left, right] = steps;
  if (holds === undefined || left === undefined || right === undefined) return undefined;
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === 'number' && typeof b === 'number') {
      frame.charge(1);
      return holds(a, b);
    }
    frame.charge(cost([counted(a), counted(b)]));
    if (a instanceof EvalError) return a;
    return b instanceof EvalError ? b : run(a, b);
  };
}
