/**
 * CronJob: a job whenever its schedule says so.
 *
 * What always holds: one job for a slot, because its name says which; what should run and is not in sight is only given up
 * once the API server says that it is gone; the status is written together with what it tells of, and events about what it
 * tells of follow it, so that nothing is told twice.
 */
import { jsonEqual, rfc3339, type DeepReadonly } from '../../base/mod.ts';
import {
  cronJobs,
  jobs,
  parseSchedule,
  ScheduleError,
  timeZoneError,
  type CronJob,
  type CronJobStatus,
  type ObjectReference,
  type Schedule,
} from '../../api/mod.ts';
import { defineController, nothing, read, type Action, type ViewOf } from '../../client/mod.ts';
import { controllerOf, goQuote, keyOf, objectKey, type KubeObject, type ObjectMeta } from '../../machinery/mod.ts';
import { event } from '../event-action.ts';
import { controlledBy, controllerToWake, isNamespaceTerminating, ownershipIndexes } from '../ownership.ts';
import { beyondHistory, jobFor, jobName, lastSuccess, outcomeOf, referenceTo, type ReadJob } from './job.ts';
import { slotsOf } from './slots.ts';

type ReadCronJob = DeepReadonly<CronJob>;
type ReadStatus = DeepReadonly<CronJobStatus>;
type Reference = DeepReadonly<ObjectReference>;

const reads = {
  cronJobs: read(cronJobs, { wakes: (cronJob) => [keyOf(cronJob)] }),
  // A CronJob adopts nothing: what has no controller concerns nobody.
  jobs: read(jobs, { indexes: ownershipIndexes, wakes: (job) => controllerToWake(job, cronJobs) }),
};
type CronJobView = ViewOf<typeof reads>;

/** A job that the API server knows and our view does not should be in it by then. */
const lookAgainMs = 30_000;

export const cronJob = defineController<typeof reads, string>({
  name: 'cronjob-controller',
  reads,
  plan(view, key, now, remembered) {
    const owner = view.cronJobs.get(key);
    if (owner === undefined) return nothing;
    const { schedule, timeZone = '' } = owner.spec;
    const timing = `${timeZone} ${schedule}`;
    const missing = activeOf(owner).filter((reference) => !isPresent(view, reference));
    if (missing.length > 0) {
      const wakeAtMs = now + lookAgainMs;
      return { actions: [confirmMissing(owner, missing)], wakeAtMs, remember: remembered ?? timing };
    }
    const books = keepBooks(view, owner);
    const { events, slot, wakeAtMs } = decide(owner, books.status, now);
    const rest = { ...(wakeAtMs === undefined ? {} : { wakeAtMs }), remember: timing };
    // Under a new schedule nothing begins before its next slot: what it would have brought earlier was none.
    if (remembered !== undefined && remembered !== timing)
      return { actions: [], after: statusUpdate(owner, books), ...rest };
    const after = slot === undefined ? statusUpdate(owner, books) : start(view, owner, books, slot);
    // A job that could not be cleared away holds up no other.
    return { actions: [...books.actions, ...events], after, otherwise: () => after, ...rest };
  },
});

function activeOf({ status }: { readonly status?: ReadStatus }): readonly Reference[] {
  return status?.active ?? [];
}

function keyOfReference({ namespace, name = '' }: Reference): { namespace: string | undefined; name: string } {
  return { namespace, name };
}

function isPresent(view: CronJobView, reference: Reference): boolean {
  const { namespace, name } = keyOfReference(reference);
  return view.jobs.get(objectKey(namespace, name))?.metadata.uid === reference.uid;
}

/** Our view of the jobs may lag behind that of the CronJob. */
function confirmMissing(owner: ReadCronJob, missing: readonly Reference[]): Action {
  return {
    do: 'look',
    at: missing.map((reference) => ({ resource: jobs, key: keyOfReference(reference) })),
    onSeen: (found) => {
      const gone = missing.filter(({ uid }, i) => found[i]?.[0] === undefined || found[i][0].metadata?.uid !== uid);
      const active = activeOf(owner).filter((reference) => !gone.includes(reference));
      const events = gone.map(({ name = '' }) =>
        event(owner, 'Normal', 'MissingJob', `Active job went missing: ${name}`),
      );
      return statusUpdate(owner, { status: statusOf({ ...owner.status, active }), events });
    },
  };
}

interface Books {
  /** What the jobs there are come to. */
  readonly status: ReadStatus;
  /** To tell once that is written. */
  readonly events: readonly Action[];
  /** What does not depend on it. */
  readonly actions: readonly Action[];
}

function keepBooks(view: CronJobView, owner: ReadCronJob): Books {
  const owned = controlledBy(view.jobs, owner.metadata.uid);
  const expired = beyondHistory(owned, owner);
  const active = activeOf(owner);
  const isActive = (job: ReadJob): boolean => active.some(({ uid }) => uid === job.metadata.uid);
  const finished = owned.filter((job) => outcomeOf(job) !== undefined && isActive(job));
  const unexpected = owned.filter((job) => outcomeOf(job) === undefined && !isActive(job));
  const succeeded = lastSuccess(owned, owner.status?.lastSuccessfulTime);
  const running = active.filter(({ uid }) => !finished.some((job) => job.metadata.uid === uid));
  return {
    status: statusOf({
      ...owner.status,
      active: running,
      ...(succeeded === undefined ? {} : { lastSuccessfulTime: succeeded }),
    }),
    events: finished
      .filter((job) => !expired.includes(job))
      .map((job) => {
        const text = `Saw completed job: ${job.metadata.name ?? ''}, condition: ${outcomeOf(job) ?? ''}`;
        return event(owner, 'Normal', 'SawCompletedJob', text);
      }),
    actions: [
      ...expired.map(({ metadata }) => deletion(owner, metadata, { done: [], refused: [] })),
      ...(unexpected.length === 0 ? [] : [reportUnexpected(owner, unexpected)]),
    ],
  };
}

/** It may have become expected meanwhile, in a state of the CronJob that our view does not show yet. */
function reportUnexpected(owner: ReadCronJob, unexpected: readonly ReadJob[]): Action {
  const { namespace, name = '' } = owner.metadata;
  return {
    do: 'look',
    at: [{ resource: cronJobs, key: { namespace, name } }],
    onSeen: ([found]) => {
      const current = found?.[0] as ReadCronJob | undefined;
      if (current === undefined) return [];
      const expected = activeOf(current).map(({ uid }) => uid);
      return unexpected
        .filter(({ metadata }) => !expected.includes(metadata.uid))
        .map(({ metadata }) => {
          const text = `Saw a job that the controller did not create or forgot: ${metadata.name ?? ''}`;
          return event(owner, 'Warning', 'UnexpectedJob', text);
        });
    },
  };
}

/** What there is to say before a job is begun, the slot to begin one for, and when to look again. */
interface Decision {
  readonly events: readonly Action[];
  readonly slot?: number | undefined;
  readonly wakeAtMs?: number | undefined;
}

function decide(owner: ReadCronJob, status: ReadStatus, now: number): Decision {
  const { schedule: text, timeZone, suspend, concurrencyPolicy } = owner.spec;
  const warning = (reason: string, message: string): Action => event(owner, 'Warning', reason, message);
  if (owner.metadata.deletionTimestamp !== undefined) return { events: [] };
  const zoneProblem = timeZone === undefined ? undefined : timeZoneError(timeZone);
  if (timeZone !== undefined && zoneProblem !== undefined)
    return { events: [warning('UnknownTimeZone', `invalid timeZone: ${goQuote(timeZone)}: ${zoneProblem}`)] };
  if (suspend === true) return { events: [] };
  const events: Action[] = [];
  if (text.includes('TZ'))
    events.push(
      warning(
        'UnsupportedSchedule',
        `CRON_TZ or TZ used in schedule ${goQuote(text)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`,
      ),
    );
  const schedule = scheduleOf(owner);
  if (schedule instanceof ScheduleError) {
    const problem = `unparseable schedule: ${goQuote(text)} : ${schedule.message}`;
    return { events: [...events, warning('UnparseableSchedule', problem)] };
  }
  const slots = slotsOf(owner, schedule, now);
  if (slots === undefined) {
    const problem = `invalid schedule: ${text} : time difference between two schedules is less than 1 second`;
    return { events: [...events, warning('InvalidSchedule', problem)] };
  }
  const { due, tooMany, wakeAtMs } = slots;
  // Of one that is too late nobody hears, of upstream neither: its MissSchedule comes after what has left such slots out.
  if (due === undefined) return { events, wakeAtMs };
  if (tooMany)
    events.push(
      warning(
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      ),
    );
  const active = activeOf({ status });
  if (active.some(({ name }) => name === jobName(owner, due))) return { events, wakeAtMs };
  if (concurrencyPolicy !== 'Forbid' || active.length === 0) return { events, slot: due, wakeAtMs };
  const already = 'Not starting job because prior execution is running and concurrency policy is Forbid';
  return { events: [...events, event(owner, 'Normal', 'JobAlreadyActive', already)], wakeAtMs };
}

function scheduleOf({ spec }: ReadCronJob): Schedule | ScheduleError {
  try {
    return parseSchedule(spec.schedule, spec.timeZone);
  } catch (error) {
    if (error instanceof ScheduleError) return error;
    throw error;
  }
}

function start(view: CronJobView, owner: ReadCronJob, books: Books, slot: number): readonly Action[] {
  const begin = (kept: Books): readonly Action[] => beginJob(view, owner, kept, slot);
  return owner.spec.concurrencyPolicy === 'Replace' ? replaceActive(owner, books, begin) : begin(books);
}

/** Deletes what runs, one after the other, and then goes on; what could not be deleted goes on running instead. */
function replaceActive(owner: ReadCronJob, books: Books, then: (books: Books) => readonly Action[]): readonly Action[] {
  const [first, ...others] = activeOf(books);
  if (first === undefined) return then(books);
  const without = { ...books, status: statusOf({ ...books.status, active: others }) };
  const done = replaceActive(owner, without, then);
  return [deletion(owner, first, { done, refused: statusUpdate(owner, books) })];
}

function beginJob(view: CronJobView, owner: ReadCronJob, books: Books, slot: number): readonly Action[] {
  const job = jobFor(owner, slot);
  const noteJob = (begun: DeepReadonly<KubeObject>): Action[] => {
    const active = [...activeOf(books), referenceTo(begun)];
    const status = statusOf({ ...books.status, active, lastScheduleTime: rfc3339(slot) });
    return statusUpdate(owner, { ...books, status });
  };
  // Made before, and not noted in the status then; or somebody else's, who has taken the slot.
  const existing = view.jobs.get(keyOf(job));
  if (existing !== undefined)
    return controllerOf(existing)?.uid === owner.metadata.uid ? noteJob(existing) : statusUpdate(owner, books);
  return [
    {
      do: 'create',
      resource: jobs,
      object: job,
      tolerates: isNamespaceTerminating,
      onDone: (begun = job) => [
        event(owner, 'Normal', 'SuccessfulCreate', `Created job ${begun.metadata?.name ?? ''}`),
        ...noteJob(begun),
      ],
      onError: ({ reason, message }) => {
        const noted = statusUpdate(owner, books);
        // One of that name that our view does not show yet: it will, and then it is dealt with.
        if (reason === 'AlreadyExists') return noted;
        return [event(owner, 'Warning', 'FailedCreate', `Error creating job: ${message}`), ...noted];
      },
    },
  ];
}

/** Deletes a job and its pods. */
function deletion(
  owner: ReadCronJob,
  { namespace, name = '', uid = '' }: DeepReadonly<ObjectMeta>,
  then: { readonly done: readonly Action[]; readonly refused: readonly Action[] },
): Action {
  return {
    do: 'delete',
    resource: jobs,
    key: { namespace, name },
    options: { uid, propagationPolicy: 'Background' },
    onDone: () => [event(owner, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`), ...then.done],
    onError: (error) => [event(owner, 'Warning', 'FailedDelete', `Deleted job: ${error.message}`), ...then.refused],
  };
}

/** In the order in which Go writes it. */
function statusOf({ active = [], lastScheduleTime, lastSuccessfulTime }: ReadStatus): ReadStatus {
  return {
    ...(active.length === 0 ? {} : { active }),
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
}

/** Writes the status if it says anything new, and tells then what it says. */
function statusUpdate(owner: ReadCronJob, { status, events }: Pick<Books, 'status' | 'events'>): Action[] {
  if (jsonEqual(owner.status ?? {}, status)) return [];
  const object = { ...owner, status };
  return [{ do: 'update', resource: cronJobs, subresource: 'status', object, onDone: () => events }];
}
