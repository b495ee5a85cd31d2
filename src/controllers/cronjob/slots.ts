/**
 * When jobs of a CronJob are due. A slot is a time that its schedule names.
 *
 * What always holds: only the latest slot is ever started late, those before it are gone; everything follows from the
 * schedule, when a job began last (or when the CronJob was made) and the time, so that a clock that jumps ahead costs
 * slots and one that jumps back only makes the next one wait.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import type { CronJob, Schedule } from '../../api/mod.ts';
import { timeMs } from '../pod-state.ts';

export interface Slots {
  /** The latest slot that no job has begun for; it is not older than the starting deadline. */
  readonly due: number | undefined;
  /** More than a hundred went by before that one. */
  readonly tooMany: boolean;
  /** When to look for the next one. */
  readonly wakeAtMs: number | undefined;
}

interface Passed {
  readonly last: number | undefined;
  readonly missed: 'none' | 'few' | 'many';
}

/** Clocks differ: who looks a little late finds the slot there for sure. */
const paddingMs = 100;
const missedMax = 100;

/** Undefined: a schedule that never comes, or not often enough to tell. */
export function slotsOf(
  { metadata, spec, status }: DeepReadonly<CronJob>,
  schedule: Schedule,
  now: number,
): Slots | undefined {
  const begun = timeMs(status?.lastScheduleTime) ?? timeMs(metadata.creationTimestamp) ?? now;
  const { startingDeadlineSeconds } = spec;
  const since = startingDeadlineSeconds === undefined ? begun : Math.max(begun, now - startingDeadlineSeconds * 1000);
  const startable = passedSince(since, schedule, now);
  if (startable === undefined) return undefined;
  // The next slot is counted from the last one whether or not that could still be started: an interval keeps its beat.
  const all = since === begun ? startable : passedSince(begun, schedule, now);
  const next = schedule.next(all?.last ?? (all?.missed === 'none' ? begun : now));
  return {
    due: startable.last,
    tooMany: startable.missed === 'many',
    wakeAtMs: next === undefined ? undefined : next + paddingMs,
  };
}

/**
 * The slots after `since` up to now. How many were missed is estimated from the distance of the first two, and the last one
 * is looked for no further back than twice that, as upstream does: after a weekend, `30 6-16/4 * * 1-5` has no last slot.
 */
function passedSince(since: number, schedule: Schedule, now: number): Passed | undefined {
  const first = schedule.next(since);
  if (first === undefined) return undefined;
  if (now < first) return { last: undefined, missed: 'none' };
  const second = schedule.next(first);
  if (second === undefined) return undefined;
  if (now < second) return { last: first, missed: 'none' };
  const distance = second - first;
  const missed = Math.floor((now - first) / distance) + 1;
  const last = schedule.last(first + (missed - 2) * distance, now);
  return { last, missed: missed > missedMax ? 'many' : 'few' };
}
