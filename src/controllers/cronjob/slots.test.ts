import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchedule, type CronJob } from '../../api/mod.ts';
import { slotsOf } from './slots.ts';

/** `due`, `!` where too many were missed, and when to look again; `never` for a schedule that does not come. */
function slots(schedule: string, times: { created?: string; last?: string; now: string; deadline?: number }): string {
  const { created = '2026-01-01T00:00:00Z', last, now, deadline } = times;
  const cronJob: CronJob = {
    metadata: { creationTimestamp: created },
    spec: {
      schedule,
      jobTemplate: {},
      ...(deadline === undefined ? {} : { startingDeadlineSeconds: deadline }),
    },
    ...(last === undefined ? {} : { status: { lastScheduleTime: last } }),
  };
  const found = slotsOf(cronJob, parseSchedule(schedule), Date.parse(now));
  if (found === undefined) return 'never';
  const text = (ms: number | undefined): string => (ms === undefined ? '-' : new Date(ms).toISOString().slice(5, -1));
  return `${text(found.due)}${found.tooMany ? '!' : ''} ${text(found.wakeAtMs)}`;
}

void test('a slot is due from its time on, and a tenth of a second later somebody looks', () => {
  const last = '2026-01-05T10:00:00Z';
  assert.equal(slots('0 * * * *', { last, now: '2026-01-05T10:59:59.999Z' }), '- 01-05T11:00:00.100');
  assert.equal(slots('0 * * * *', { last, now: '2026-01-05T11:00:00Z' }), '01-05T11:00:00.000 01-05T12:00:00.100');
  assert.equal(
    slots('0 * * * *', { now: '2026-01-01T00:30:00Z' }),
    '- 01-01T01:00:00.100',
    'counted from the creation',
  );
});

void test('of several that were missed the latest is due', () => {
  const last = '2026-01-05T10:00:00Z';
  assert.equal(slots('0 * * * *', { last, now: '2026-01-05T15:10:00Z' }), '01-05T15:00:00.000 01-05T16:00:00.100');
  assert.equal(slots('* * * * *', { last, now: '2026-01-05T11:40:30Z' }), '01-05T11:40:00.000 01-05T11:41:00.100');
  assert.equal(slots('* * * * *', { last, now: '2026-01-05T11:41:30Z' }), '01-05T11:41:00.000! 01-05T11:42:00.100');
});

void test('what is later than the deadline is not due, and does not count as missed', () => {
  const last = '2026-01-05T10:00:00Z';
  const now = '2026-01-05T15:10:00Z';
  assert.equal(slots('0 * * * *', { last, now, deadline: 601 }), '01-05T15:00:00.000 01-05T16:00:00.100');
  assert.equal(slots('0 * * * *', { last, now, deadline: 600 }), '- 01-05T16:00:00.100');
  assert.equal(slots('* * * * *', { last, now, deadline: 6000 }), '01-05T15:10:00.000 01-05T15:11:00.100');
  assert.equal(slots('* * * * *', { last, now, deadline: 6060 }), '01-05T15:10:00.000! 01-05T15:11:00.100');
  assert.equal(slots('0 * * * *', { last, now, deadline: 0 }), '- 01-05T16:00:00.100');
});

void test('an interval keeps its beat, from the last job or from its deadline', () => {
  const last = '2026-01-05T10:00:17Z';
  assert.equal(slots('@every 1h', { last, now: '2026-01-05T14:30:00Z' }), '01-05T14:00:17.000 01-05T15:00:17.100');
  assert.equal(
    slots('@every 1h', { last, now: '2026-01-05T14:30:00Z', deadline: 1800 }),
    '- 01-05T15:00:17.100',
    'a deadline shorter than the interval: as upstream, nothing is ever due',
  );
});

void test('a clock that was ahead is waited for', () => {
  const last = '2026-02-01T00:00:00Z';
  assert.equal(slots('0 * * * *', { last, now: '2026-01-05T10:00:00Z' }), '- 02-01T01:00:00.100');
});

void test('slots that are not spread evenly are estimated as upstream does', () => {
  const schedule = '30 6-16/4 * * 1-5';
  const last = '2026-01-08T14:30:00Z';
  // A Friday's slots are 06:30, 10:30 and 14:30.
  assert.equal(slots(schedule, { last, now: '2026-01-09T15:00:00Z' }), '01-09T14:30:00.000 01-12T06:30:00.100');
  assert.equal(slots(schedule, { last, now: '2026-01-11T12:00:00Z' }), '- 01-12T06:30:00.100');
});

void test('a schedule that never comes is none', () => {
  assert.equal(slots('59 23 31 2 *', { now: '2026-01-05T10:00:00Z' }), 'never');
});

void test('the first two slots may be far apart and those after them close', () => {
  const times = { last: '1971-06-30T23:58:00Z', now: '2026-06-30T12:00:00Z' };
  assert.equal(slots('* * * 1-6 *', times), '06-30T12:00:00.000! 06-30T12:01:00.100');
});
