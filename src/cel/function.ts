/**
 * How a library declares its functions: by signature, with the code that carries each overload out. The checker reads the
 * signatures, the evaluator runs the code, the cost model goes by the ids, which are cel-go's.
 */
import type { Macro } from './macros.ts';
import { parseSignature, type CelType, type Signature } from './types.ts';
import type { Result, Value } from './values.ts';

/** Gets the receiver first, if there is one. Arguments have the declared types. */
export type Implementation = (...args: never[]) => Result;

export interface Overload extends Signature {
  readonly id: string;
  readonly run: (...args: readonly Value[]) => Result;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
  /** One code for all overloads, which looks at the types itself. */
  readonly operator?: (...args: readonly Value[]) => Result;
}

/** A set of functions, macros and types that an environment has or has not. */
export interface Library {
  readonly functions: readonly FunctionDeclaration[];
  readonly macros?: readonly Macro[];
  /** Types that an expression may name: `type(x) == net.IP`. */
  readonly types?: readonly CelType[];
}

/** One overload: its id, its signature (`string.(int): string`), its code. */
export function overload(id: string, signature: string, run: Implementation): Overload {
  // The dispatch has looked at the types of the arguments before it calls.
  return { ...parseSignature(signature), id, run: run as (...args: readonly Value[]) => Result };
}

export function fn(name: string, ...overloads: readonly Overload[]): FunctionDeclaration {
  return { name, overloads };
}

/** A function with one code for all its overloads: ids with their signatures. */
export function operator(
  name: string,
  run: (a: Value, b: Value) => Result,
  signatures: Readonly<Record<string, string>>,
): FunctionDeclaration {
  const overloads = Object.entries(signatures).map(([id, signature]) => overload(id, signature, run));
  return { name, overloads, operator: (a = null, b = null) => run(a, b) };
}
