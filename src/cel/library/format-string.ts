/**
 * `'%s is %d'.format([…])` as cel-go's first version of it has it, which is Kubernetes': numbers with a fraction are written
 * as in American English, lists and maps as CEL would write them.
 */
import { goQuote } from '../../machinery/mod.ts';
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

const precisionDefault = 6;
const precisionMax = 100;

/** What each clause takes, and how it is called when it gets something else. */
export const clauses: Readonly<Record<string, { readonly takes: string; readonly refusal: string }>> = {
  s: {
    takes: 'list map int uint double bool string timestamp bytes duration type null',
    refusal:
      'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  },
  d: { takes: 'int uint', refusal: 'decimal clause can only be used on integers' },
  f: { takes: 'double string', refusal: 'fixed-point clause can only be used on doubles' },
  e: { takes: 'double string', refusal: 'scientific clause can only be used on doubles' },
  b: { takes: 'int uint bool', refusal: 'only integers and bools can be formatted as binary' },
  x: {
    takes: 'int uint string bytes',
    refusal: 'only integers, byte buffers, and strings can be formatted as hex',
  },
  o: { takes: 'int uint', refusal: 'octal clause can only be used on integers' },
};

type Format = (verb: string, precision: number, index: number) => string | EvalError;

/** Fills a template in; `format` gets each clause's letter, its precision, and the number of its argument. */
export function interpolate(template: string, argCount: number, format: Format): string | EvalError {
  let out = '';
  let index = 0;
  let at = 0;
  for (;;) {
    const percent = template.indexOf('%', at);
    if (percent < 0) return out + template.slice(at);
    out += template.slice(at, percent);
    if (template[percent + 1] === '%') {
      out += '%';
      at = percent + 2;
      continue;
    }
    if (index >= argCount) return new EvalError(`index ${index} out of range`);
    if (percent + 1 >= template.length) return new EvalError('unexpected end of string');
    const clause = parseClause(template.slice(percent + 1));
    if (clause instanceof EvalError) return new EvalError(`could not parse formatting clause: ${clause.message}`);
    const text = format(clause.verb, clause.precision, index);
    if (text instanceof EvalError) return new EvalError(`error during formatting: ${text.message}`);
    out += text;
    at = percent + 1 + clause.length;
    index++;
  }
}

function parseClause(text: string): { verb: string; precision: number; length: number } | EvalError {
  const [whole = '', digits] = /^(?:\.(\d*))?/.exec(text) ?? [];
  const verb = text.slice(whole.length, whole.length + 1);
  if (verb === '') return new EvalError('error while parsing precision: could not find end of precision specifier');
  if (digits === '')
    return new EvalError(
      'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
    );
  if (!Object.hasOwn(clauses, verb) && verb !== 'X') return new EvalError(`unrecognized formatting clause "${verb}"`);
  const precision = Math.min(digits === undefined ? precisionDefault : Number(digits), precisionMax);
  return { verb, precision, length: whole.length + 1 };
}

export function formatString(template: string, args: CelList): Result {
  return interpolate(template, args.length, (verb, precision, index) => {
    const arg = args.at(index);
    return arg instanceof EvalError ? arg : (formatted(verb, precision, arg) ?? refused(verb, typeOf(arg).name));
  });
}

/** A clause has got a value that it cannot write. */
export function refused(verb: string, typeName: string): EvalError {
  return new EvalError(`${clauses[verb.toLowerCase()]?.refusal ?? ''}, was given ${typeName}`);
}

function formatted(verb: string, precision: number, arg: Value): string | EvalError | undefined {
  switch (verb) {
    case 's':
      return plain(arg);
    case 'd':
      return integerOf(arg)?.toString();
    case 'f':
      return fixedPoint(arg, precision);
    case 'e':
      return scientific(arg);
    case 'b':
      return typeof arg === 'boolean' ? String(Number(arg)) : integerOf(arg)?.toString(2);
    case 'x':
      return hexadecimal(arg);
    case 'X':
      return hexadecimal(arg)?.toUpperCase();
    default:
      return integerOf(arg)?.toString(8);
  }
}

function integerOf(arg: Value): bigint | undefined {
  if (isInt(arg)) return BigInt(arg);
  return arg instanceof Uint ? arg.value : undefined;
}

const namedDoubles: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

function doubleOf(arg: Value): number | undefined {
  return arg instanceof Double ? arg.value : namedDoubles.get(arg);
}

function unbounded(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? undefined : value > 0 ? '∞' : '-∞';
}

function fixedPoint(arg: Value, precision: number): string | undefined {
  const value = doubleOf(arg);
  if (value === undefined) return undefined;
  return unbounded(value) ?? decimals(value, precision).replace(/\d(?=(?:\d{3})+(?!\d))(?<!\.\d*)/g, '$&,');
}

/** Also of numbers for which JavaScript would go over to exponents. */
function decimals(value: number, precision: number): string {
  if (Math.abs(value) < 1e21) return value.toFixed(precision);
  return `${BigInt(value)}${precision > 0 ? `.${'0'.repeat(precision)}` : ''}`;
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  0: '⁰',
  1: '¹',
  2: '²',
  3: '³',
  4: '⁴',
  5: '⁵',
  6: '⁶',
  7: '⁷',
  8: '⁸',
  9: '⁹',
};

/** Six digits whatever is asked for: upstream takes the precision for a width. */
function scientific(arg: Value): string | undefined {
  const value = doubleOf(arg);
  if (value === undefined) return undefined;
  const special = unbounded(value);
  if (special !== undefined) return special;
  const [mantissa = '', exponent = ''] = value.toExponential(precisionDefault).split('e');
  const digits = exponent.replace('+', '').replace(/\d+/, (text) => text.padStart(2, '0'));
  return `${mantissa}\u202f×\u202f10${Array.from(digits, (digit) => superscripts[digit] ?? '').join('')}`;
}

function hexadecimal(arg: Value): string | undefined {
  if (typeof arg === 'string') return new TextEncoder().encode(arg).toHex();
  return arg instanceof Uint8Array ? arg.toHex() : integerOf(arg)?.toString(16);
}

/** `%s` of a value by itself. */
function plain(arg: Value): string | EvalError | undefined {
  if (arg instanceof CelList) return listText(arg);
  if (arg instanceof CelMap) return mapText(arg);
  if (arg === null) return 'null';
  if (typeof arg === 'string' || typeof arg === 'boolean') return String(arg);
  if (arg instanceof Double) return doubleText(arg.value);
  if (arg instanceof Duration) return durationText(arg);
  if (arg instanceof Timestamp) return timestampText(arg);
  if (arg instanceof Uint8Array) return new TextDecoder().decode(arg);
  return arg instanceof TypeValue ? arg.type.name : integerOf(arg)?.toString();
}

/** A value inside of a list or a map. */
function literal(value: Result): string | EvalError {
  if (value instanceof EvalError) return value;
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof Uint8Array) return `b${goQuote(new TextDecoder().decode(value))}`;
  if (value instanceof Double) return literalDouble(value.value);
  if (value instanceof Duration) return `duration(${goQuote(durationText(value))})`;
  if (value instanceof Timestamp) return `timestamp(${goQuote(timestampText(value))})`;
  return plain(value) ?? new EvalError(`no formatting function for ${typeOf(value).name}`);
}

function literalDouble(value: number): string {
  if (Number.isFinite(value)) return decimals(value, precisionDefault);
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"+Inf"' : '"-Inf"';
}

function listText(list: CelList): string | EvalError {
  const texts: string[] = [];
  for (const item of list.toArray()) {
    const text = literal(item);
    if (text instanceof EvalError) return text;
    texts.push(text);
  }
  return `[${texts.join(', ')}]`;
}

/** Entries in the order of their keys. */
function mapText(map: CelMap): string | EvalError {
  const entries: [string, string][] = [];
  for (const key of map.keys()) {
    if (typeof key !== 'string' && typeof key !== 'boolean' && integerOf(key) === undefined)
      return new EvalError(`no formatting function for map key of type ${typeOf(key).name}`);
    const keyText = literal(key);
    const valueText = literal(map.get(key) ?? null);
    if (keyText instanceof EvalError) return keyText;
    if (valueText instanceof EvalError) return valueText;
    entries.push([keyText, valueText]);
  }
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map((entry) => entry.join(':')).join(', ')}}`;
}
