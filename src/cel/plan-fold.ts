/** Loops: what comprehensions are at run time. */
import { type Frame, type Step } from './frame.ts';
import { CelList, CelMap, EvalError, keyOf, noSuchOverload, plainText, type Result, type Value } from './values.ts';

export interface Loop {
  readonly range: Step;
  readonly start: Step;
  /** Undefined: it goes to the end. */
  readonly condition: Step | undefined;
  readonly step: Step;
  readonly result: Step;
}

/** The accumulator is in `slot`, the variables are in the next ones. */
export function fold(loop: Loop, slot: number, two: boolean): Step {
  const { range, start, result } = loop;
  return (frame) => {
    const over = range(frame);
    if (over instanceof EvalError) return over;
    frame.locals[slot] = start(frame);
    if (over instanceof CelList) {
      for (let i = 0; i < over.length; i++) {
        frame.locals[slot + 1] = two ? i : over.at(i);
        if (two) frame.locals[slot + 2] = over.at(i);
        if (!goOn(frame, loop, slot)) break;
      }
    } else if (over instanceof CelMap) {
      for (const key of over.keys()) {
        frame.locals[slot + 1] = key;
        if (two) frame.locals[slot + 2] = over.get(key) ?? null;
        if (!goOn(frame, loop, slot)) break;
      }
    } else {
      return noSuchOverload;
    }
    return result(frame);
  };
}

function goOn(frame: Frame, { condition, step }: Loop, slot: number): boolean {
  if (condition !== undefined && condition(frame) === false) return false;
  frame.locals[slot] = step(frame);
  frame.turn();
  return true;
}

/** A list while it is collected. */
export class BuiltList extends CelList {
  readonly #items: Result[] = [];
  get length(): number {
    return this.#items.length;
  }
  at(index: number): Result {
    return this.#items[index] ?? null;
  }
  push(...items: readonly Result[]): void {
    for (const item of items) this.#items.push(item);
  }
}

/** A map while it is collected. */
export class BuiltMap extends CelMap {
  readonly #entries = new Map<unknown, readonly [Value, Result]>();
  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Result | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }
  keys(): Value[] {
    return Array.from(this.#entries.values(), ([key]) => key);
  }
  /** False: there is such a key already. */
  add(key: Value, value: Result): boolean {
    if (this.#entries.has(keyOf(key))) return false;
    this.#entries.set(keyOf(key), [key, value]);
    return true;
  }
}

/** `@result + items`. */
export function accumulate(slot: number, items: Step): Step {
  return (frame) => {
    const into = frame.locals[slot] ?? null;
    frame.charge(1);
    const added = items(frame);
    frame.charge(1);
    if (into instanceof EvalError) return into;
    if (added instanceof EvalError) return added;
    if (!(into instanceof BuiltList && added instanceof CelList)) return noSuchOverload;
    for (let i = 0; i < added.length; i++) into.push(added.at(i));
    return into;
  };
}

/** `cel.@mapInsert(@result, key, value)`, or with a map of entries instead of the two. */
export function insert(slot: number, args: readonly Step[]): Step {
  return (frame) => {
    const into = frame.locals[slot] ?? null;
    frame.charge(1);
    const [first = null, second] = args.map((arg) => arg(frame));
    if (into instanceof EvalError) return into;
    if (first instanceof EvalError) return first;
    if (second instanceof EvalError) return second;
    if (!(into instanceof BuiltMap)) return noSuchOverload;
    const failure = second === undefined ? insertAll(into, first) : insertOne(into, first, second);
    frame.charge(1);
    return failure ?? into;
  };
}

function insertOne(into: BuiltMap, key: Value, value: Result): EvalError | undefined {
  return into.add(key, value) ? undefined : new EvalError(`insert failed: key ${plainText(key)} already exists`);
}

function insertAll(into: BuiltMap, entries: Value): EvalError | undefined {
  if (!(entries instanceof CelMap)) return noSuchOverload;
  for (const key of entries.keys()) {
    const failure = insertOne(into, key, entries.get(key) ?? null);
    if (failure !== undefined) return failure;
  }
  return undefined;
}
