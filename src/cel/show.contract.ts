/** Values as CEL would write them, for tests to compare. */
import { durationText, timestampText } from './time.ts';
import {
  CelList,
  CelMap,
  CelObject,
  Double,
  Duration,
  EvalError,
  OptionalValue,
  plainText,
  type Result,
  Timestamp,
  TypeValue,
  Uint,
} from './values.ts';

export function show(value: Result): string {
  if (value instanceof EvalError) return `error: ${value.message}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Double) return showDouble(value.value);
  if (value instanceof Uint8Array) return `b"${value.toHex().replace(/../g, '\\x$&')}"`;
  if (value instanceof CelList) return `[${value.toArray().map(show).join(', ')}]`;
  if (value instanceof CelMap)
    return `{${value
      .keys()
      .map((key) => `${show(key)}: ${show(value.get(key) ?? null)}`)
      .join(', ')}}`;
  if (value instanceof CelObject)
    return `${value.type.name}{${value
      .fields()
      .map((field) => `${field}: ${show(value.get(field) ?? null)}`)
      .join(', ')}}`;
  if (value instanceof OptionalValue)
    return value.value === undefined ? 'optional.none()' : `optional.of(${show(value.value)})`;
  if (value instanceof Duration) return `duration("${durationText(value)}")`;
  if (value instanceof Timestamp) return `timestamp("${timestampText(value)}")`;
  return value instanceof TypeValue ? value.type.name : plainText(value);
}

function showDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
