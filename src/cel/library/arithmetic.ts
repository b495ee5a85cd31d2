/**
 * What the operators do. Integers are exact: a result beyond what numbers hold exactly is computed again with bigints, and
 * one beyond 64 bits is an error.
 */
import { duration, timestamp } from '../time.ts';
import {
  CelList,
  CelMap,
  Double,
  Duration,
  equal,
  EvalError,
  intOrOverflow,
  isInt,
  noSuchOverload,
  type Result,
  Timestamp,
  Uint,
  uintOrOverflow,
  type Value,
} from '../values.ts';

const divisionByZero = new EvalError('division by zero');
const modulusByZero = new EvalError('modulus by zero');

export function add(a: Value, b: Value): Result {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    return Number.isSafeInteger(sum) ? sum : intOrOverflow(BigInt(a) + BigInt(b));
  }
  if (typeof a === 'string') return typeof b === 'string' ? concatenate(a, b) : noSuchOverload;
  if (isInt(a)) return isInt(b) ? intOrOverflow(BigInt(a) + BigInt(b)) : noSuchOverload;
  if (a instanceof Double) return b instanceof Double ? new Double(a.value + b.value) : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uintOrOverflow(a.value + b.value) : noSuchOverload;
  if (a instanceof CelList) return b instanceof CelList ? a.concat(b) : noSuchOverload;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? new Uint8Array([...a, ...b]) : noSuchOverload;
  if (a instanceof Duration) {
    if (b instanceof Duration) return duration(a.nanos + b.nanos);
    return b instanceof Timestamp ? timestamp(a.nanos + b.nanos) : noSuchOverload;
  }
  return a instanceof Timestamp && b instanceof Duration ? timestamp(a.nanos + b.nanos) : noSuchOverload;
}

/** More than this no text can become: a short expression could otherwise fill all memory. */
export const textLengthMax = 1 << 26;
export const tooLong = new EvalError(`string of more than ${textLengthMax} characters`);

function concatenate(a: string, b: string): Result {
  return a.length + b.length > textLengthMax ? tooLong : a + b;
}

export function subtract(a: Value, b: Value): Result {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    return Number.isSafeInteger(difference) ? difference : intOrOverflow(BigInt(a) - BigInt(b));
  }
  if (isInt(a)) return isInt(b) ? intOrOverflow(BigInt(a) - BigInt(b)) : noSuchOverload;
  if (a instanceof Double) return b instanceof Double ? new Double(a.value - b.value) : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uintOrOverflow(a.value - b.value) : noSuchOverload;
  if (a instanceof Duration) return b instanceof Duration ? duration(a.nanos - b.nanos) : noSuchOverload;
  if (!(a instanceof Timestamp)) return noSuchOverload;
  if (b instanceof Timestamp) return duration(a.nanos - b.nanos);
  return b instanceof Duration ? timestamp(a.nanos - b.nanos) : noSuchOverload;
}

export function multiply(a: Value, b: Value): Result {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // Minus zero is a double's.
    return Number.isSafeInteger(product) ? product + 0 : intOrOverflow(BigInt(a) * BigInt(b));
  }
  if (isInt(a)) return isInt(b) ? intOrOverflow(BigInt(a) * BigInt(b)) : noSuchOverload;
  if (a instanceof Double) return b instanceof Double ? new Double(a.value * b.value) : noSuchOverload;
  return a instanceof Uint && b instanceof Uint ? uintOrOverflow(a.value * b.value) : noSuchOverload;
}

export function divide(a: Value, b: Value): Result {
  if (a instanceof Double) return b instanceof Double ? new Double(a.value / b.value) : noSuchOverload;
  if (isInt(a) && isInt(b)) {
    if (b === 0) return divisionByZero;
    return typeof a === 'number' && typeof b === 'number'
      ? Math.trunc(a / b) + 0
      : intOrOverflow(BigInt(a) / BigInt(b));
  }
  if (!(a instanceof Uint && b instanceof Uint)) return noSuchOverload;
  return b.value === 0n ? divisionByZero : new Uint(a.value / b.value);
}

export function modulo(a: Value, b: Value): Result {
  if (isInt(a) && isInt(b)) {
    if (b === 0) return modulusByZero;
    if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
    // Go's check for overflow in the division stands here too.
    const quotient = intOrOverflow(BigInt(a) / BigInt(b));
    return quotient instanceof EvalError ? quotient : intOrOverflow(BigInt(a) % BigInt(b));
  }
  if (!(a instanceof Uint && b instanceof Uint)) return noSuchOverload;
  return b.value === 0n ? modulusByZero : new Uint(a.value % b.value);
}

export function negate(a: Value): Result {
  if (typeof a === 'number') return 0 - a;
  if (typeof a === 'bigint') return intOrOverflow(-a);
  return a instanceof Double ? new Double(-a.value) : noSuchOverload;
}

export function not(a: Value): Result {
  return typeof a === 'boolean' ? !a : noSuchOverload;
}

export function isIn(item: Value, container: Value): Result {
  if (container instanceof CelList) {
    for (let i = 0; i < container.length; i++) if (equal(item, container.at(i))) return true;
    return false;
  }
  if (!(container instanceof CelMap)) return noSuchOverload;
  const found = container.get(item);
  return found instanceof EvalError ? found : found !== undefined;
}
