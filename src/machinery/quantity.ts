/**
 * `resource.Quantity`: a fixed-point number with a suffix, e.g. `100m`, `1.5Gi`, `2e3`. Always holds: a value is exact
 * in billionths (what a client writes finer than that is rounded up, away from zero), immutable, and remembers how it
 * was written (decimal, binary or exponent), because that decides how a sum of it is written.
 */
import { TerminalError } from '../base/mod.ts';

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** The text is no quantity. The message is upstream's. */
export class QuantityError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixWrong = "unable to parse quantity's suffix";
const numericWrong = 'unable to parse numeric part of quantity';

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const decimalSuffixOf: ReadonlyMap<number, string> = new Map([...decimalSuffixes].map(([text, e]) => [e, text]));
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

const nanosPerOne = 1_000_000_000n;
const int64Max = (1n << 63n) - 1n;
/** Beyond these upstream's answers are of no use to anybody, and arithmetic on them would be an attack. */
const textLengthMax = 1024;
const exponentMax = 512;
/** Upstream's fast path reads at most this many digits; only it keeps the text as it was written. */
const fastDigitsMax = 18;

function pow10(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** Away from zero, so that who asks for some resources gets some. */
function divideUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  if (dividend % divisor === 0n) return quotient;
  return dividend < 0n ? quotient - 1n : quotient + 1n;
}

export class Quantity {
  /** The value in billionths. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  #text: string | undefined;

  /** `text` only if it is known to be what upstream would write. */
  constructor(nanos: bigint, format: QuantityFormat, text?: string) {
    this.nanos = nanos;
    this.format = format;
    this.#text = text;
  }

  /** A whole number of units. */
  static of(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * nanosPerOne, format);
  }

  /** A whole number of `10 ** scale`; a scale below -9 is rounded up. */
  static ofScaled(value: number | bigint, scale: number, format: QuantityFormat = 'DecimalSI'): Quantity {
    const shift = scale + 9;
    const nanos = shift >= 0 ? BigInt(value) * pow10(shift) : divideUp(BigInt(value), pow10(-shift));
    return new Quantity(nanos, format);
  }

  get isZero(): boolean {
    return this.nanos === 0n;
  }

  get sign(): -1 | 0 | 1 {
    return this.nanos === 0n ? 0 : this.nanos < 0n ? -1 : 1;
  }

  compare(other: Quantity): -1 | 0 | 1 {
    return this.nanos === other.nanos ? 0 : this.nanos < other.nanos ? -1 : 1;
  }

  equals(other: Quantity): boolean {
    return this.nanos === other.nanos;
  }

  /** Zero takes over the other's format. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.isZero ? other.format : this.format);
  }

  /** Zero takes over the other's format. */
  sub(other: Quantity): Quantity {
    return new Quantity(this.nanos - other.nanos, this.isZero ? other.format : this.format);
  }

  multiply(factor: number | bigint): Quantity {
    return new Quantity(this.nanos * BigInt(factor), this.format);
  }

  negate(): Quantity {
    return new Quantity(-this.nanos, this.format);
  }

  /** Rounded away from zero to a multiple of `10 ** scale`, e.g. -3 for thousandths. */
  roundUp(scale: number): Quantity {
    if (scale <= -9) return this;
    const unit = pow10(scale + 9);
    if (this.nanos % unit === 0n) return this;
    return new Quantity(divideUp(this.nanos, unit) * unit, this.format);
  }

  /** In units of `10 ** scale`, rounded away from zero. */
  scaledValue(scale: number): bigint {
    return scale <= -9 ? this.nanos * pow10(-9 - scale) : divideUp(this.nanos, pow10(scale + 9));
  }

  /** In whole units, rounded away from zero: bytes, counts. */
  value(): number {
    return Number(divideUp(this.nanos, nanosPerOne));
  }

  /** In thousandths, rounded away from zero: CPU. */
  milliValue(): number {
    return Number(divideUp(this.nanos, 1_000_000n));
  }

  /** The nearest number, with the fraction. */
  toNumber(): number {
    const whole = this.nanos / nanosPerOne;
    return Number(whole) + Number(this.nanos - whole * nanosPerOne) / 1e9;
  }

  /** The canonical form: no fraction, the largest suffix that loses nothing. */
  toString(): string {
    this.#text ??= canonical(this.nanos, this.format);
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }
}

function canonical(nanos: bigint, format: QuantityFormat): string {
  if (nanos === 0n) return '0';
  if (format === 'BinarySI') {
    const whole = nanos / nanosPerOne;
    const small = whole > -1024n && whole < 1024n;
    // A binary suffix cannot hold a fraction; nothing below 1Ki has one.
    if (!small && nanos % nanosPerOne === 0n) return binaryText(whole);
  }
  let mantissa = nanos;
  let exponent = -9;
  while (mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  const suffix = decimalSuffixOf.get(exponent);
  // Upstream has no suffix here either and drops it; the exponent keeps the value.
  return `${mantissa}${suffix ?? `e${exponent}`}`;
}

function binaryText(whole: bigint): string {
  let mantissa = whole;
  let power = 0;
  while (mantissa % 1024n === 0n && power < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    power++;
  }
  return `${mantissa}${binarySuffixes[power] ?? ''}`;
}

interface Suffix {
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function parseSuffix(text: string): Suffix {
  const decimal = decimalSuffixes.get(text);
  if (decimal !== undefined) return { exponent: decimal, format: 'DecimalSI' };
  const power = binarySuffixes.indexOf(text);
  if (power > 0) return { exponent: power * 10, format: 'BinarySI' };
  if (!/^[eE][+-]?[0-9]+$/.test(text)) throw new QuantityError(suffixWrong);
  const exponent = Number(text.slice(1));
  if (exponent > exponentMax) throw new QuantityError(suffixWrong);
  return { exponent: Math.max(exponent, -exponentMax * 4), format: 'DecimalExponent' };
}

/** Whether upstream keeps the text instead of making the canonical form: where it looks canonical at first sight. */
function textIsKept(digits: string, fractionLength: number, suffix: Suffix): boolean {
  if (suffix.format === 'BinarySI') {
    const precision = 15 - digits.length - Math.trunc((suffix.exponent * 3) / 10) - 1;
    return fractionLength === 0 && precision >= 0 && (BigInt(digits) & 7n) !== 0n;
  }
  const scale = suffix.exponent - fractionLength;
  if (digits.length > fastDigitsMax || scale < -9) return false;
  return scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
}

function parse(text: string): Quantity {
  if (text === '') throw new QuantityError(formatWrong);
  if (text.length > textLengthMax) throw new QuantityError(numericWrong);
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text);
  if (match === null) throw new QuantityError(formatWrong);
  const [, sign, whole = '', fraction = '', suffixText = ''] = match;
  if (/^[+-]?0*$/.test(text)) return new Quantity(0n, 'DecimalSI', '0');
  const suffix = parseSuffix(suffixText);
  const number = whole.replace(/^0+/, '') || '0';
  const digits = number + fraction;
  const mantissa = BigInt(digits);
  let { format } = suffix;
  let nanos: bigint;
  if (format === 'BinarySI') {
    nanos = divideUp((mantissa << BigInt(suffix.exponent)) * nanosPerOne, pow10(fraction.length));
    if (nanos > int64Max * nanosPerOne) nanos = int64Max * nanosPerOne;
    if (nanos > 0n && nanos < nanosPerOne) format = 'DecimalSI';
  } else {
    const shift = suffix.exponent - fraction.length + 9;
    nanos = shift >= 0 ? mantissa * pow10(shift) : divideUp(mantissa, pow10(-shift));
  }
  if (sign === '-') nanos = -nanos;
  return new Quantity(nanos, format, nanos !== 0n && textIsKept(digits, fraction.length, suffix) ? text : undefined);
}

/** The same few texts come again and again: every pod of a Deployment asks for the same. */
const cache = new Map<string, Quantity>();
const cacheSizeMax = 4096;

/** Parses the text form; throws QuantityError with upstream's message. */
export function parseQuantity(text: string): Quantity {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const parsed = parse(text);
  if (cache.size >= cacheSizeMax) cache.clear();
  if (text.length <= 32) cache.set(text, parsed);
  return parsed;
}

/** Parses what JSON holds in the place of a quantity: a text, or a number. Throws QuantityError. */
export function quantityFromJson(value: unknown): Quantity {
  if (typeof value === 'string') {
    const known = cache.get(value);
    return known ?? parseQuantity(value.trim());
  }
  if (typeof value === 'number') return parseQuantity(String(value));
  throw new QuantityError(formatWrong);
}

export const zeroQuantity = new Quantity(0n, 'DecimalSI', '0');
