/** One evaluation while it runs: variables, what it has cost, and when it has to stop. */
import { Cancelled, type Result } from './values.ts';

/** Finds the value of a variable; undefined when it has none. A failure is the variable's value too. */
export type Activation = Readonly<Record<string, Result | undefined>>;

/** Every so many turns of loops it is asked whether to go on. */
const turnsPerLook = 100;

export class Frame {
  readonly variables: Activation;
  /** Variables of comprehensions, by the places that the plan gave them. */
  readonly locals: (Result | undefined)[] = [];
  cost = 0;
  readonly #limit: number;
  readonly #interrupted: (() => boolean) | undefined;
  #turns = 0;

  constructor(variables: Activation, limit: number, interrupted: (() => boolean) | undefined) {
    this.variables = variables;
    this.#limit = limit;
    this.#interrupted = interrupted;
  }

  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#limit) throw new Cancelled('operation cancelled: actual cost limit exceeded');
  }

  /** A loop has gone around once. */
  turn(): void {
    if (++this.#turns % turnsPerLook === 0 && this.#interrupted?.() === true)
      throw new Cancelled('operation interrupted');
  }
}

/** A part of an expression, ready to run. */
export type Step = (frame: Frame) => Result;
