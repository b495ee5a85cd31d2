/** The conversions between types, and the texts that values have as strings. */
import { fn, overload, type FunctionDeclaration } from '../function.ts';
import {
  duration,
  durationText,
  parseDuration,
  parseTimestamp,
  timestamp,
  timestampText,
  unixSeconds,
} from '../time.ts';
import {
  Double,
  type Duration,
  EvalError,
  intOrOverflow,
  type Result,
  type Timestamp,
  TypeValue,
  typeOf,
  type Uint,
  uintOrOverflow,
  type Value,
} from '../values.ts';

function conversionError(from: string, to: string): EvalError {
  return new EvalError(`type conversion error from '${from}' to '${to}'`);
}

/** `%g`: the shortest text that reads back as the same number, with an exponent below 1e-4 and from 1e6 on. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  // JavaScript writes the same digits, and in this range without an exponent.
  if (power >= -4 && power < 6) return String(value);
  const digits = String(Math.abs(power)).padStart(2, '0');
  return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`;
}

function parseDouble(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? Number.NaN : undefined;
}

function truncated(value: number): bigint | undefined {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
}

const integerOverflow = new EvalError('integer overflow');
const unsignedOverflow = new EvalError('unsigned integer overflow');
const int64Edge = 2 ** 63;

function doubleToInt({ value }: Double): Result {
  // The edges themselves are out: they may have been rounded to.
  if (!(value > -int64Edge && value < int64Edge)) return integerOverflow;
  const whole = truncated(value);
  return whole === undefined ? integerOverflow : intOrOverflow(whole);
}

function doubleToUint({ value }: Double): Result {
  const whole = value >= 0 && value < 2 ** 64 ? truncated(value) : undefined;
  return whole === undefined ? unsignedOverflow : uintOrOverflow(whole);
}

function stringToInt(text: string): Result {
  if (!/^[+-]?\d+$/.test(text)) return conversionError('string', 'int');
  const value = intOrOverflow(BigInt(text.replace(/^\+/, '')));
  return value instanceof EvalError ? conversionError('string', 'int') : value;
}

function stringToUint(text: string): Result {
  if (!/^\d+$/.test(text)) return conversionError('string', 'uint');
  const value = uintOrOverflow(BigInt(text));
  return value instanceof EvalError ? conversionError('string', 'uint') : value;
}

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function stringToBool(text: string): Result {
  if (truths.has(text)) return true;
  return falsehoods.has(text) ? false : conversionError('string', 'bool');
}

function bytesToString(bytes: Uint8Array): Result {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new EvalError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

const same = (value: Value): Result => value;

export const conversions: readonly FunctionDeclaration[] = [
  fn(
    'int',
    overload('int64_to_int64', '(int): int', same),
    overload('double_to_int64', '(double): int', doubleToInt),
    overload('duration_to_int64', '(duration): int', (value: Duration) => intOrOverflow(value.nanos)),
    overload('string_to_int64', '(string): int', stringToInt),
    overload('timestamp_to_int64', '(timestamp): int', (value: Timestamp) => unixSeconds(value)),
    overload('uint64_to_int64', '(uint): int', (value: Uint) => intOrOverflow(value.value)),
  ),
  fn(
    'uint',
    overload('uint64_to_uint64', '(uint): uint', same),
    overload('double_to_uint64', '(double): uint', doubleToUint),
    overload('int64_to_uint64', '(int): uint', (value: number | bigint) => uintOrOverflow(BigInt(value))),
    overload('string_to_uint64', '(string): uint', stringToUint),
  ),
  fn(
    'double',
    overload('double_to_double', '(double): double', same),
    overload('int64_to_double', '(int): double', (value: number | bigint) => new Double(Number(value))),
    overload('string_to_double', '(string): double', (text: string) => {
      const value = parseDouble(text);
      return value === undefined ? conversionError('string', 'double') : new Double(value);
    }),
    overload('uint64_to_double', '(uint): double', (value: Uint) => new Double(Number(value.value))),
  ),
  fn(
    'string',
    overload('string_to_string', '(string): string', same),
    overload('bool_to_string', '(bool): string', (value: boolean) => String(value)),
    overload('bytes_to_string', '(bytes): string', bytesToString),
    overload('double_to_string', '(double): string', (value: Double) => doubleText(value.value)),
    overload('duration_to_string', '(duration): string', durationText),
    overload('int64_to_string', '(int): string', (value: number | bigint) => String(value)),
    overload('timestamp_to_string', '(timestamp): string', timestampText),
    overload('uint64_to_string', '(uint): string', (value: Uint) => String(value.value)),
  ),
  fn(
    'bytes',
    overload('bytes_to_bytes', '(bytes): bytes', same),
    overload('string_to_bytes', '(string): bytes', (text: string) => new TextEncoder().encode(text)),
  ),
  fn(
    'bool',
    overload('bool_to_bool', '(bool): bool', same),
    overload('string_to_bool', '(string): bool', stringToBool),
  ),
  fn(
    'timestamp',
    overload('timestamp_to_timestamp', '(timestamp): timestamp', same),
    overload('int64_to_timestamp', '(int): timestamp', (seconds: number | bigint) =>
      timestamp(BigInt(seconds) * 1_000_000_000n),
    ),
    overload(
      'string_to_timestamp',
      '(string): timestamp',
      (text: string) => parseTimestamp(text) ?? conversionError('string', 'google.protobuf.Timestamp'),
    ),
  ),
  fn(
    'duration',
    overload('duration_to_duration', '(duration): duration', same),
    overload('int64_to_duration', '(int): duration', (nanos: number | bigint) => duration(BigInt(nanos))),
    overload(
      'string_to_duration',
      '(string): duration',
      (text: string) => parseDuration(text) ?? conversionError('string', 'google.protobuf.Duration'),
    ),
  ),
  fn('dyn', overload('to_dyn', '(A): dyn', same)),
  fn(
    'type',
    overload('type', '(A): type(A)', (value: Value) => new TypeValue(typeOf(value))),
  ),
];
