/** `'%s is %d'.format([…])`: cel-go's formatting, whose clauses are like C's and whose values are written as CEL writes them. */
import { durationText, timestampText } from '../time.ts';
import {
  CelList,
  CelMap,
  Double,
  Duration,
  EvalError,
  isInt,
  type Result,
  Timestamp,
  typeOf,
  TypeValue,
  Uint,
  type Value,
} from '../values.ts';
import { doubleText } from './conversions.ts';

function failure(message: string): EvalError {
  return new EvalError(message);
}

export function formatString(template: string, args: CelList): Result {
  let out = '';
  let used = 0;
  let at = 0;
  while (at < template.length) {
    const percent = template.indexOf('%', at);
    if (percent < 0) return out + template.slice(at);
    out += template.slice(at, percent);
    if (template[percent + 1] === '%') {
      out += '%';
      at = percent + 2;
      continue;
    }
    const clause = /^%(?:\.(\d*))?(.?)/su.exec(template.slice(percent));
    const [whole = '%', precision, verb = ''] = clause ?? [];
    if (verb === '') return failure('unexpected end of string');
    if (used >= args.length) return failure(`index ${used} out of range`);
    const arg = args.at(used++);
    if (arg instanceof EvalError) return arg;
    const text = clauseText(verb, precision === undefined ? undefined : Number(precision), arg);
    if (text instanceof EvalError) return text;
    out += text;
    at = percent + whole.length;
  }
  return out;
}

function clauseText(verb: string, precision: number | undefined, arg: Value): string | EvalError {
  switch (verb) {
    case 's':
      return valueText(arg);
    case 'd':
      return decimal(arg);
    case 'f':
      return fixedPoint(arg, precision ?? 6);
    case 'e':
      return scientific(arg, precision ?? 6);
    case 'b':
      return binary(arg);
    case 'x':
      return hexadecimal(arg);
    case 'X': {
      const text = hexadecimal(arg);
      return typeof text === 'string' ? text.toUpperCase() : text;
    }
    case 'o':
      return octal(arg);
    default:
      return failure(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function wrong(clause: string, accepted: string, arg: Value): EvalError {
  return failure(
    `error during formatting: ${clause} clause can only be used on ${accepted}, was given ${typeOf(arg).name}`,
  );
}

function integerOf(arg: Value): bigint | undefined {
  if (isInt(arg)) return BigInt(arg);
  return arg instanceof Uint ? arg.value : undefined;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? undefined : value > 0 ? 'Infinity' : '-Infinity';
}

function decimal(arg: Value): string | EvalError {
  const value = integerOf(arg);
  if (value !== undefined) return value.toString();
  if (arg instanceof Double) return special(arg.value) ?? wrong('decimal', 'integers', arg);
  return wrong('decimal', 'integers', arg);
}

function numberOf(arg: Value): number | undefined {
  if (arg instanceof Double) return arg.value;
  const whole = integerOf(arg);
  if (whole !== undefined) return Number(whole);
  const named: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };
  return typeof arg === 'string' && Object.hasOwn(named, arg) ? named[arg] : undefined;
}

function fixedPoint(arg: Value, precision: number): string | EvalError {
  const value = numberOf(arg);
  if (value === undefined) return wrong('fixed-point', 'doubles', arg);
  return special(value) ?? value.toFixed(Math.min(precision, 100));
}

function scientific(arg: Value, precision: number): string | EvalError {
  const value = numberOf(arg);
  if (value === undefined) return wrong('scientific', 'doubles', arg);
  return special(value) ?? value.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2');
}

function binary(arg: Value): string | EvalError {
  if (typeof arg === 'boolean') return arg ? '1' : '0';
  return integerOf(arg)?.toString(2) ?? wrong('binary', 'integers and bools', arg);
}

function octal(arg: Value): string | EvalError {
  return integerOf(arg)?.toString(8) ?? wrong('octal', 'integers', arg);
}

function hexadecimal(arg: Value): string | EvalError {
  if (typeof arg === 'string') return new TextEncoder().encode(arg).toHex();
  if (arg instanceof Uint8Array) return arg.toHex();
  return integerOf(arg)?.toString(16) ?? wrong('hex', 'integers, byte buffers, and strings', arg);
}

/** Lists and maps with their parts in the same way, maps ordered by key. */
function valueText(arg: Value): string | EvalError {
  if (arg instanceof CelList) return joined(arg.toArray(), '[', ']');
  if (arg instanceof CelMap) return mapText(arg);
  if (typeof arg === 'string') return arg;
  if (arg === null) return 'null';
  if (arg instanceof Double) return special(arg.value) ?? doubleText(arg.value);
  if (arg instanceof Duration) return durationText(arg);
  if (arg instanceof Timestamp) return timestampText(arg);
  if (arg instanceof Uint8Array) return new TextDecoder().decode(arg);
  if (arg instanceof TypeValue) return arg.type.name;
  if (typeof arg === 'boolean') return String(arg);
  const whole = integerOf(arg);
  if (whole !== undefined) return whole.toString();
  return wrong('string', 'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps', arg);
}

function joined(parts: readonly Result[], open: string, close: string): string | EvalError {
  const texts: string[] = [];
  for (const part of parts) {
    const text = part instanceof EvalError ? part : valueText(part);
    if (text instanceof EvalError) return text;
    texts.push(text);
  }
  return open + texts.join(', ') + close;
}

function mapText(map: CelMap): string | EvalError {
  const entries: [string, string][] = [];
  for (const key of map.keys()) {
    const keyText = valueText(key);
    const value = map.get(key) ?? null;
    const text = value instanceof EvalError ? value : valueText(value);
    if (keyText instanceof EvalError) return keyText;
    if (text instanceof EvalError) return text;
    entries.push([keyText, text]);
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
}
