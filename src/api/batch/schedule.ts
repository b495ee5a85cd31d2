/**
 * The schedule of a CronJob: five fields of cron, one of its nicknames (`@daily`) or an interval (`@every 90m`), with the
 * texts of the parser that upstream uses. Always holds: the times of a schedule are computed from nothing but the schedule,
 * the time zone and the time to start from.
 *
 * A field is kept as the set of its values. `30 2 * * 1-5` is minute {30}, hour {2}, every day of every month, Monday to
 * Friday. A local time that a clock change skips does not happen, one that it repeats happens twice.
 */
import { TerminalError } from '../../base/mod.ts';
import { durationError, durationNanoseconds, goQuote } from '../../machinery/mod.ts';
import { offsetsIn, timeZoneError } from './time-zone.ts';

export class ScheduleError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'ScheduleError';
  }
}

export interface Schedule {
  /** The first time after `afterMs`, in milliseconds since the epoch; undefined: not in the next five years. */
  next(afterMs: number): number | undefined;
  /** The last time after `afterMs` and up to `untilMs`, if there is one; of an interval that begins at `afterMs`. */
  last(afterMs: number, untilMs: number): number | undefined;
}

const secondMs = 1000;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const yearsAhead = 5;

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const bounds: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: weekdays },
];

const nicknames: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/** `timeZone` is what the schedule counts in unless it says so itself (`TZ=Europe/Berlin 0 3 * * *`). Throws ScheduleError. */
export function parseSchedule(text: string, timeZone = 'UTC'): Schedule {
  if (text === '') throw new ScheduleError('empty spec string');
  const prefix = /^(?:CRON_)?TZ=([^ ]*)(.*)$/s.exec(text);
  if (prefix !== null) {
    const [, zone = '', rest = ''] = prefix;
    const problem = timeZoneError(zone);
    if (problem !== undefined) throw new ScheduleError(`provided bad location ${zone}: ${problem}`);
    return parseFields(rest.trim(), zone);
  }
  return parseFields(text, timeZone);
}

function parseFields(text: string, timeZone: string): Schedule {
  if (text.startsWith('@every ')) return interval(text);
  if (text.startsWith('@')) {
    const fields = nicknames.get(text);
    if (fields === undefined) throw new ScheduleError(`unrecognized descriptor: ${text}`);
    return parseFields(fields, timeZone);
  }
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== bounds.length)
    throw new ScheduleError(`expected exactly ${bounds.length} fields, found ${fields.length}: [${fields.join(' ')}]`);
  const parsed = fields.map((field, i) => parseField(field, bounds[i] ?? { min: 0, max: 0, names: [] }));
  return new CronSchedule(parsed, timeZone);
}

/** At least a second, and whole seconds. */
function interval(text: string): Schedule {
  const duration = text.slice('@every '.length);
  const problem = durationError(duration);
  if (problem !== undefined) throw new ScheduleError(`failed to parse duration ${text}: ${problem}`);
  const delayMs = Math.max(1, Math.floor(durationNanoseconds(duration) / 1e9)) * secondMs;
  const begin = (afterMs: number): number => Math.floor(afterMs / secondMs) * secondMs;
  return {
    next: (afterMs) => begin(afterMs) + delayMs,
    last(afterMs, untilMs) {
      const passed = Math.floor((untilMs - begin(afterMs)) / delayMs);
      return passed < 1 ? undefined : begin(afterMs) + passed * delayMs;
    },
  };
}

interface Field {
  readonly values: ReadonlySet<number>;
  /** It was written as `*`: it excludes nothing, and the other kind of day decides. */
  readonly any: boolean;
}

function parseField(text: string, range: Bounds): Field {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',')) if (part !== '') any = addRange(values, part, range) || any;
  return { values, any };
}

/** `*`, `5`, `5/15`, `mon-fri`, `0-30/10`. Tells whether it was a `*` without a step. */
function addRange(values: Set<number>, text: string, { min, max, names }: Bounds): boolean {
  const [ends = '', stepText, ...moreSteps] = text.split('/');
  const [low = '', high, ...more] = ends.split('-');
  const all = low === '*' || low === '?';
  const start = all ? min : valueOf(low, names);
  if (!all && more.length > 0) throw new ScheduleError(`too many hyphens: ${text}`);
  let end = all ? max : high === undefined ? start : valueOf(high, names);
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : numberOf(stepText);
  if (stepText !== undefined && high === undefined) end = max;
  if (start < min) throw new ScheduleError(`beginning of range (${start}) below minimum (${min}): ${text}`);
  if (end > max) throw new ScheduleError(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
  for (let value = start; value <= end; value += step) values.add(value);
  return all && step === 1;
}

function valueOf(text: string, names: readonly string[]): number {
  const index = names.indexOf(text.toLowerCase());
  return index < 0 ? numberOf(text) : names === months ? index + 1 : index;
}

function numberOf(text: string): number {
  if (!/^[-+]?[0-9]+$/.test(text))
    throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0) throw new ScheduleError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

const never: Field = { values: new Set(), any: false };

class CronSchedule implements Schedule {
  readonly #offset: (ms: number) => number;
  readonly #day: Field;
  readonly #month: Field;
  readonly #weekday: Field;
  /** Milliseconds since midnight, in their order. */
  readonly #times: readonly number[];

  constructor(
    [minute = never, hour = never, day = never, month = never, weekday = never]: readonly Field[],
    zone: string,
  ) {
    this.#offset = offsetsIn(zone);
    this.#day = day;
    this.#month = month;
    this.#weekday = weekday;
    this.#times = sorted(hour).flatMap((h) => sorted(minute).map((m) => (h * 60 + m) * minuteMs));
  }

  next(afterMs: number): number | undefined {
    const local = afterMs + this.#offset(afterMs);
    const end = new Date(local).getUTCFullYear() + yearsAhead;
    // From the day before: where a clock change repeats hours, the local day of `afterMs` may have been one later already.
    for (let day = Math.floor(local / dayMs) * dayMs - dayMs; ; day += dayMs) {
      if (new Date(day).getUTCFullYear() > end) return undefined;
      if (!this.#includes(new Date(day))) continue;
      const found = this.#firstOf(day, afterMs);
      if (found !== undefined) return found;
    }
  }

  /** Years of minutes are not walked through: what comes after the last time comes after `untilMs`, and only that. */
  last(afterMs: number, untilMs: number): number | undefined {
    const next = (ms: number): number => this.next(ms) ?? Infinity;
    if (next(afterMs) > untilMs) return undefined;
    let [before, after] = [afterMs, untilMs];
    while (after - before > secondMs) {
      const middle = Math.floor((before + after) / 2);
      if (next(middle) <= untilMs) before = middle;
      else after = middle;
    }
    return next(before);
  }

  /** `day` is the local date as if it were in UTC. Of two restricted kinds of day one is enough. */
  #includes(day: Date): boolean {
    if (!this.#month.values.has(day.getUTCMonth() + 1)) return false;
    const byDay = this.#day.values.has(day.getUTCDate());
    const byWeekday = this.#weekday.values.has(day.getUTCDay());
    return this.#day.any || this.#weekday.any ? byDay && byWeekday : byDay || byWeekday;
  }

  #firstOf(day: number, afterMs: number): number | undefined {
    // No offset is more than fourteen hours, so both ends of the local day are between these.
    const offsets = new Set([day - dayMs, day + dayMs / 2, day + 2 * dayMs].map(this.#offset));
    let first: number | undefined;
    for (const time of this.#times)
      for (const offset of offsets) {
        const ms = day + time - offset;
        if (ms <= afterMs || (first !== undefined && ms >= first)) continue;
        if (offsets.size === 1 || this.#offset(ms) === offset) first = ms;
        if (offsets.size === 1) return first;
      }
    return first;
  }
}

function sorted({ values }: Field): number[] {
  return [...values].sort((a, b) => a - b);
}
