/** Steps into a value: a field, a key, an index; plain, optional, or only to see whether it is there. */
import type { Step } from './frame.ts';
import {
  CelList,
  CelMap,
  CelObject,
  Double,
  EvalError,
  keyOf,
  noSuchOverload,
  optionalNone,
  OptionalValue,
  plainText,
  type Result,
  typeOf,
  type Value,
} from './values.ts';

export type Qualifier = 'plain' | 'optional' | 'test';

/** A step to a place that is known beforehand. */
export function qualify(base: Step, key: Value, how: Qualifier): Step {
  if (how !== 'plain') return lookUp(base, () => key, how);
  const missing = noSuchKey(key);
  return (frame) => {
    const value = base(frame);
    if (value instanceof CelMap) {
      frame.charge(1);
      return value.get(key) ?? missingOrNull(value, key, missing);
    }
    return step(value, key, how, () => frame.charge(1));
  };
}

/** `get` gives null for a null that is there, and `??` takes it for nothing. */
function missingOrNull(map: CelMap, key: Value, missing: EvalError): Result {
  return map.get(key) === null ? null : missing;
}

/** A step to a place that is computed. */
export function lookUp(base: Step, index: Step, how: Qualifier): Step {
  return (frame) => {
    const value = base(frame);
    if (value instanceof EvalError) return value;
    const key = index(frame);
    if (key instanceof EvalError) return key;
    return step(value, key, how, () => frame.charge(1));
  };
}

/** What is looked up in an optional is optional; only there does a missing place cost nothing. */
function step(value: Result, key: Value, how: Qualifier, charge: () => void): Result {
  if (value instanceof EvalError) return value;
  const inner = value instanceof OptionalValue ? value.value : value;
  if (inner === undefined) return how === 'test' ? false : value;
  const optional = value instanceof OptionalValue || how === 'optional';
  const found = find(inner, key);
  if (how === 'test') {
    charge();
    return found instanceof EvalError ? found : found !== undefined;
  }
  if (optional && found === undefined) return optionalNone;
  charge();
  if (found instanceof EvalError) return found;
  if (found === undefined) return inner instanceof CelList ? outOfBounds(key) : noSuchKey(key);
  return optional ? new OptionalValue(found) : found;
}

function noSuchKey(key: Value): EvalError {
  return new EvalError(`no such key: ${plainText(key)}`);
}

function outOfBounds(index: Value): EvalError {
  return new EvalError(`index out of bounds: ${plainText(index)}`);
}

function find(value: Value, key: Value): Result | undefined {
  if (value instanceof CelMap) return value.get(key);
  if (value instanceof CelList) {
    const index = keyOf(key);
    if (index instanceof Double) return new EvalError(`unsupported index value ${index.value} in list`);
    if (typeof index !== 'number') return new EvalError(`unsupported index type '${typeOf(key).name}' in list`);
    return index >= 0 && index < value.length ? value.at(index) : undefined;
  }
  if (value instanceof CelObject && typeof key === 'string') return value.get(key);
  return noSuchOverload;
}
