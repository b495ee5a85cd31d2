/**
 * The three forms of time in the API as text: `metav1.Time` (RFC 3339, whole seconds, UTC), `metav1.MicroTime` (six
 * digits of a second) and `metav1.Duration` (`1h30m`). Refusals are worded as Go's `time.Parse` does.
 */
import { goQuote } from './go-text.ts';

const layout = '2006-01-02T15:04:05Z07:00';
/** Each part of the layout with what it takes: digits by their number, or the text itself. */
const elements: readonly (readonly [name: string, digits: number])[] = [
  ['2006', 4],
  ['-', 0],
  ['01', 2],
  ['-', 0],
  ['02', 2],
  ['T', 0],
  ['15', 2],
  [':', 0],
  ['04', 2],
  [':', 0],
  ['05', 2],
];

export type TimeResult = { readonly text: string } | { readonly error: string };

const canonicalTime =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/;
const anyTime =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(Z|([+-])([0-9]{2}):([0-9]{2}))$/;

/** Reads RFC 3339 and writes it in UTC with whole seconds, or with six digits when `micro`. */
export function normalizeTime(text: string, micro: boolean): TimeResult {
  // By far the most common case: our own text coming back.
  if (!micro && canonicalTime.test(text)) return { text };
  const match = anyTime.exec(text);
  if (match === null) return { error: parseFailure(text) };
  const [, year, month, day, hour, minute, second, fraction = '', , sign, zoneHour, zoneMinute] = match;
  const range = rangeFailure(Number(year), Number(month), Number(day), [Number(hour), Number(minute), Number(second)]);
  if (range !== undefined) return { error: `parsing time ${goQuote(text)}: ${range}` };
  let base = text.slice(0, 19);
  if (sign !== undefined) {
    const offsetMinutes = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1);
    if (Number(zoneHour) > 24 || Number(zoneMinute) > 59) return { error: parseFailure(text) };
    const ms = Date.parse(`${base}Z`) - offsetMinutes * 60_000;
    base = new Date(ms).toISOString().slice(0, 19);
  }
  return { text: micro ? `${base}.${fraction.slice(0, 6).padEnd(6, '0')}Z` : `${base}Z` };
}

function rangeFailure(year: number, month: number, day: number, clock: readonly number[]): string | undefined {
  if (month < 1 || month > 12) return 'month out of range';
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 31;
  if (day < 1 || day > days) return 'day out of range';
  const [hour = 0, minute = 0, second = 0] = clock;
  if (hour > 23) return 'hour out of range';
  if (minute > 59) return 'minute out of range';
  return second > 59 ? 'second out of range' : undefined;
}

/** What Go says of a text that does not have the layout: the first element that does not fit, and what is there. */
function parseFailure(text: string): string {
  const failure = (rest: string, element: string): string =>
    `parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(element)}`;
  let rest = text;
  for (const [element, digits] of elements) {
    const taken = digits === 0 ? element.length : digits;
    const fits = digits === 0 ? rest.startsWith(element) : new RegExp(`^[0-9]{${digits}}`).test(rest);
    if (!fits) return failure(rest, element);
    rest = rest.slice(taken);
  }
  rest = rest.replace(/^[.,][0-9]+/, '');
  const zone = /^(?:Z|[+-][0-9]{2}:[0-9]{2})/.exec(rest);
  if (zone === null) return failure(rest, 'Z07:00');
  return `parsing time ${goQuote(text)}: extra text: ${goQuote(rest.slice(zone[0].length))}`;
}

/** What is wrong with the text of a duration, as Go's `time.ParseDuration` says it. */
export function durationError(text: string): string | undefined {
  if (/^[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return undefined;
  if (/^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/.test(text)) return `time: missing unit in duration ${goQuote(text)}`;
  return `time: invalid duration ${goQuote(text)}`;
}

const durationUnitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration such as `1h30m` in milliseconds; undefined for what is none. */
export function parseDuration(text: string): number | undefined {
  if (durationError(text) !== undefined) return undefined;
  let ms = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/([0-9.]+)([a-zµμ]+)/g))
    ms += Number(amount) * (durationUnitsMs[unit] ?? 0);
  return text.startsWith('-') ? -ms : ms;
}

/** A duration as Go prints it: `10s`, `1m20s`, `5m0s`, `1.234s`, `520ms`. */
export function goDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1) return `${Math.round(ms * 1000)}µs`;
  if (ms < 1000) return `${thousandths(ms)}ms`;
  const totalSeconds = ms / 1000;
  const hours = Math.trunc(totalSeconds / 3600);
  const minutes = Math.trunc((totalSeconds % 3600) / 60);
  const seconds = `${thousandths(totalSeconds % 60)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

function thousandths(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
