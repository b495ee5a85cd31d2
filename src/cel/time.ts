/** Timestamps and durations: Go's texts of them, time zones, and the fields that CEL reads off them. */
import { Duration, EvalError, int, type Result, Timestamp } from './values.ts';

const nanosPerSecond = 1_000_000_000n;
const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: nanosPerSecond,
  m: 60n * nanosPerSecond,
  h: 3600n * nanosPerSecond,
};
const int64Max = 2n ** 63n - 1n;
/** The first nanosecond of the year 1 and the last of 9999. */
const timestampMin = -62_135_596_800n * nanosPerSecond;
const timestampMax = 253_402_300_799n * nanosPerSecond + 999_999_999n;

const timestampOverflow = new EvalError('timestamp overflow');
const durationOverflow = new EvalError('duration overflow');

export function timestamp(nanos: bigint): Timestamp | EvalError {
  return nanos < timestampMin || nanos > timestampMax ? timestampOverflow : new Timestamp(nanos);
}

export function duration(nanos: bigint): Duration | EvalError {
  return nanos < -int64Max - 1n || nanos > int64Max ? durationOverflow : new Duration(nanos);
}

const timePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 as Go reads it. Undefined: it is not that. */
export function parseTimestamp(text: string): Timestamp | EvalError | undefined {
  const match = timePattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHour = '0', zoneMinute = '0'] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(zoneHour) > 24 || Number(zoneMinute) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // A day that the month does not have has become one of the next month.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -60 : 60);
  const seconds = BigInt(date.getTime() / 1000 - offset);
  return timestamp(seconds * nanosPerSecond + BigInt(fraction.slice(0, 9).padEnd(9, '0')));
}

/** `1h30m0.5s` as Go reads it. Undefined: it is not that. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^([-+]?)(0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, parts = ''] = match;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of parts.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const nanos = unitNanos[unit] ?? 0n;
    total += BigInt(whole || '0') * nanos;
    if (fraction !== '') total += (BigInt(fraction) * nanos) / 10n ** BigInt(fraction.length);
  }
  const signed = sign === '-' ? -total : total;
  return signed > int64Max || signed < -int64Max - 1n ? undefined : new Duration(signed);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

function fractionText(nanos: bigint): string {
  return nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`;
}

/** RFC 3339 in UTC with as many digits of a second as it takes. */
export function timestampText({ nanos }: Timestamp): string {
  const seconds = floorDivide(nanos, nanosPerSecond);
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${text}${fractionText(nanos - seconds * nanosPerSecond)}Z`;
}

/** Seconds, as `string(duration)` writes them. */
export function durationText({ nanos }: Duration): string {
  const magnitude = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? '-' : ''}${magnitude / nanosPerSecond}${fractionText(magnitude % nanosPerSecond)}s`;
}

export function unixSeconds({ nanos }: Timestamp): number {
  return Number(floorDivide(nanos, nanosPerSecond));
}

export type TimeField =
  | 'fullYear'
  | 'month'
  | 'date'
  | 'dayOfMonth'
  | 'dayOfWeek'
  | 'dayOfYear'
  | 'hours'
  | 'minutes'
  | 'seconds'
  | 'milliseconds';

/** A field of the time at a place: an IANA zone, an offset like `-08:00`, or UTC. */
export function timeField(at: Timestamp, field: TimeField, zone: string): Result {
  const utcMs = Number(floorDivide(at.nanos, 1_000_000n));
  const offsetMs = zoneOffset(utcMs, zone);
  if (offsetMs instanceof EvalError) return offsetMs;
  const date = new Date(utcMs + offsetMs);
  switch (field) {
    case 'fullYear':
      return date.getUTCFullYear();
    case 'month':
      return date.getUTCMonth();
    case 'date':
      return date.getUTCDate();
    case 'dayOfMonth':
      return date.getUTCDate() - 1;
    case 'dayOfWeek':
      return date.getUTCDay();
    case 'dayOfYear': {
      const start = new Date(date.getTime());
      start.setUTCMonth(0, 1);
      return Math.round((date.getTime() - start.getTime()) / 86_400_000);
    }
    case 'hours':
      return date.getUTCHours();
    case 'minutes':
      return date.getUTCMinutes();
    case 'seconds':
      return date.getUTCSeconds();
    case 'milliseconds':
      return date.getUTCMilliseconds();
  }
}

function zoneOffset(utcMs: number, zone: string): number | EvalError {
  if (zone === 'UTC' || zone === '') return 0;
  const fixed = /^([+-]?)(\d+):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return minutes * (fixed[1] === '-' ? -60_000 : 60_000);
  }
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    const name = format.formatToParts(utcMs).find((part) => part.type === 'timeZoneName')?.value ?? '';
    const offset = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name);
    if (offset === null) return 0;
    const seconds = Number(offset[2]) * 3600 + Number(offset[3]) * 60 + Number(offset[4] ?? 0);
    return seconds * (offset[1] === '-' ? -1000 : 1000);
  } catch {
    return new EvalError(`unknown time zone ${zone}`);
  }
}

/** How many whole units a duration holds. */
export function durationField({ nanos }: Duration, unit: 'h' | 'm' | 's' | 'ms'): Result {
  return int(nanos / (unitNanos[unit] ?? 1n));
}
