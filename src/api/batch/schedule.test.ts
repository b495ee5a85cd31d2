import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchedule, ScheduleError } from './schedule.ts';
import { timeZoneError } from './time-zone.ts';

/** The times after `from`, as text. */
function times(schedule: string, from: string, count: number, zone?: string): string[] {
  const parsed = parseSchedule(schedule, zone);
  const found: string[] = [];
  for (let ms = parsed.next(Date.parse(from)); ms !== undefined && found.length < count; ms = parsed.next(ms))
    found.push(new Date(ms).toISOString().slice(0, 19));
  return found;
}

const cases: readonly (readonly [schedule: string, from: string, expected: readonly string[]])[] = [
  ['* * * * *', '2026-03-04T05:06:07Z', ['2026-03-04T05:07:00', '2026-03-04T05:08:00']],
  ['*/15 3 * * *', '2026-03-04T03:30:00Z', ['2026-03-04T03:45:00', '2026-03-05T03:00:00']],
  ['5/20 * * * *', '2026-03-04T03:30:00Z', ['2026-03-04T03:45:00', '2026-03-04T04:05:00']],
  ['0 0 29 2 *', '2026-03-04T00:00:00Z', ['2028-02-29T00:00:00', '2032-02-29T00:00:00']],
  ['0 9 * JAN,mar mon-WED', '2026-03-04T09:00:00Z', ['2026-03-09T09:00:00', '2026-03-10T09:00:00']],
  // The 15th and every Friday, for both kinds of day are restricted; but Fridays alone, for one is not.
  ['0 0 15 * 5', '2026-03-04T00:00:00Z', ['2026-03-06T00:00:00', '2026-03-13T00:00:00', '2026-03-15T00:00:00']],
  ['0 0 ? * 5', '2026-03-04T00:00:00Z', ['2026-03-06T00:00:00', '2026-03-13T00:00:00']],
  ['0 0 */2 * 5', '2026-03-12T00:00:00Z', ['2026-03-13T00:00:00', '2026-03-15T00:00:00']],
  ['@hourly', '2026-03-04T05:06:07Z', ['2026-03-04T06:00:00']],
  ['@weekly', '2026-03-04T05:06:07Z', ['2026-03-08T00:00:00']],
  ['@yearly', '2026-03-04T05:06:07Z', ['2027-01-01T00:00:00']],
  ['@every 90m', '2026-03-04T05:06:07.500Z', ['2026-03-04T06:36:07', '2026-03-04T08:06:07']],
  ['@every 10ms', '2026-03-04T05:06:07Z', ['2026-03-04T05:06:08']],
  ['TZ=Asia/Kolkata 30 5 * * *', '2026-03-04T05:06:07Z', ['2026-03-05T00:00:00']],
  ['0 0 31 2 *', '2026-03-04T05:06:07Z', []],
  [', * * * *', '2026-03-04T05:06:07Z', []],
];

for (const [schedule, from, expected] of cases)
  void test(`${schedule} after ${from}`, () => {
    assert.deepEqual(times(schedule, from, expected.length === 0 ? 1 : expected.length), expected);
  });

void test('the last time up to another is where walking there ends', () => {
  const from = Date.parse('2026-01-31T23:58:00Z');
  const untils = ['2026-01-31T23:58:59.999Z', '2026-01-31T23:59:00Z', '2026-03-29T01:30:00Z', '2026-10-25T01:00:01Z'];
  for (const schedule of ['30 2 * * *', '*/7 9-17 * 2,10 mon', '0 0 31 2 *', '@every 90m', '59 23 31 1 *'])
    for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York'])
      for (const until of untils.map((text) => Date.parse(text))) {
        const parsed = parseSchedule(schedule, zone);
        let walked: number | undefined;
        for (let ms = parsed.next(from); ms !== undefined && ms <= until; ms = parsed.next(ms)) walked = ms;
        assert.equal(parsed.last(from, until), walked, `${schedule} ${zone} ${until}`);
      }
});

void test('a local time that is skipped does not happen, one that is repeated happens twice', () => {
  const zone = 'Europe/Berlin';
  // 2026-03-29: 02:00 becomes 03:00; 2026-10-25: 03:00 becomes 02:00.
  assert.deepEqual(times('30 2 * * *', '2026-03-28T00:00:00Z', 2, zone), [
    '2026-03-28T01:30:00',
    '2026-03-30T00:30:00',
  ]);
  assert.deepEqual(times('30 2 * * *', '2026-10-24T12:00:00Z', 3, zone), [
    '2026-10-25T00:30:00',
    '2026-10-25T01:30:00',
    '2026-10-26T01:30:00',
  ]);
  assert.deepEqual(times('0 * * * *', '2026-10-25T00:00:00Z', 3, zone), [
    '2026-10-25T01:00:00',
    '2026-10-25T02:00:00',
    '2026-10-25T03:00:00',
  ]);
  assert.deepEqual(times('0 0 * * *', '2026-03-28T00:00:00Z', 2, 'America/New_York'), [
    '2026-03-28T04:00:00',
    '2026-03-29T04:00:00',
  ]);
  // Clocks half an hour apart, and a day that begins at one o'clock.
  assert.deepEqual(times('15 2 5 4 *', '2026-01-01T00:00:00Z', 1, 'Australia/Lord_Howe'), ['2026-04-04T15:45:00']);
  assert.deepEqual(times('0 0 * 9 *', '2026-09-04T12:00:00Z', 2, 'America/Santiago'), [
    '2026-09-05T04:00:00',
    '2026-09-07T03:00:00',
  ]);
});

const wrong: readonly (readonly [schedule: string, message: string])[] = [
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
  ['-1 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
  ['*/-3 * * * *', 'negative number (-3) not allowed: -3'],
  ['@fortnightly', 'unrecognized descriptor: @fortnightly'],
  ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
  ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
  ['TZ=Mars/Base 0 0 * * *', 'provided bad location Mars/Base: unknown time zone Mars/Base'],
];

for (const [schedule, message] of wrong)
  void test(`${JSON.stringify(schedule)} is refused`, () => {
    assert.throws(() => parseSchedule(schedule), new ScheduleError(message));
  });

void test('time zones are those of the IANA database, told apart by case', () => {
  for (const zone of [
    '',
    'UTC',
    'Europe/Berlin',
    'US/Eastern',
    'America/Argentina/Ushuaia',
    'EST5EDT',
    'Etc/GMT+3',
    'MST',
  ])
    assert.equal(timeZoneError(zone), undefined, zone);
  for (const zone of [
    'utc',
    'europe/berlin',
    'us/eastern',
    'PST',
    'SystemV/AST4',
    '+0100',
    'Europe/Nowhere',
    'Europe/',
  ])
    assert.equal(timeZoneError(zone), `unknown time zone ${zone}`);
  assert.equal(timeZoneError('../etc/passwd'), 'time: invalid location name');
});
