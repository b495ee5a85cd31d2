/** CronJob. Its schedule counts in its own time zone; a zone in the schedule itself is only kept where it was before. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  age,
  ageColumn,
  defineKind,
  field,
  formatLabelSelector,
  invalid,
  nameColumn,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
  type Strategy,
} from '../../machinery/mod.ts';
import { podNameWarnings } from '../apps/workload.ts';
import { checkChoice, checkNonNegative, type Errors } from '../checks.ts';
import { dropDisabled } from '../core/pod-spec/disabled.ts';
import { column, containerColumns, integerColumn, none, wideColumn } from '../columns.ts';
import type { CronJob, CronJobSpec, JobSpec } from '../upstream/types.ts';
import { defaultJobTemplate, jobSpecWarnings } from './job.ts';
import { checkJobSpec } from './job/spec.ts';
import { parseSchedule, ScheduleError } from './schedule.ts';
import { timeZoneError } from './time-zone.ts';

type ReadonlyCronJob = DeepReadonly<CronJob>;
type ReadonlySpec = DeepReadonly<CronJobSpec>;

/** The names of its jobs are eleven characters longer. */
const nameLengthMax = 52;
const specPath = field('spec');
const jobPath = specPath.child('jobTemplate', 'spec');
const noJob: DeepReadonly<JobSpec> = { template: {} };

function setDefaults({ spec }: CronJob): void {
  spec.concurrencyPolicy ??= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  if (spec.jobTemplate.spec !== undefined) defaultJobTemplate(spec.jobTemplate.spec);
}

function specErrors(spec: ReadonlySpec, old: ReadonlySpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  checkSchedule(errors, spec, old?.schedule.includes('TZ') ?? false);
  checkNonNegative(errors, spec.startingDeadlineSeconds, specPath.child('startingDeadlineSeconds'));
  if (spec.timeZone !== undefined && spec.timeZone !== old?.timeZone)
    checkTimeZone(errors, spec.timeZone, specPath.child('timeZone'));
  checkChoice(errors, spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], specPath.child('concurrencyPolicy'));
  const { spec: job = noJob } = spec.jobTemplate;
  checkJobSpec(errors, job, jobPath);
  if (job.selector !== undefined)
    errors.push(invalid(jobPath.child('selector'), job.selector, '`selector` will be auto-generated'));
  if (job.manualSelector === true) errors.push(notSupported(jobPath.child('manualSelector'), true, ['nil', 'false']));
  for (const name of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const)
    checkNonNegative(errors, spec[name], specPath.child(name));
  return errors;
}

function checkSchedule(errors: Errors, { schedule, timeZone }: ReadonlySpec, zoneAllowed: boolean): void {
  const path = specPath.child('schedule');
  if (schedule === '') return void errors.push(required(path));
  try {
    parseSchedule(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    errors.push(invalid(path, schedule, error.message));
  }
  if (!schedule.includes('TZ')) return;
  if (!zoneAllowed)
    errors.push(invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined)
    errors.push(invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
}

function checkTimeZone(errors: Errors, zone: string, path: FieldPath): void {
  if (zone === '') return void errors.push(invalid(path, zone, 'timeZone must be nil or non-empty string'));
  const isPart = (part: string): boolean => part !== '.' && part !== '..' && /^(?!-)[-A-Za-z._0-9+]{1,14}$/.test(part);
  if (!zone.split('/').every(isPart)) return void errors.push(invalid(path, zone, `unknown time zone ${zone}`));
  if (zone.toLowerCase() === 'local')
    errors.push(
      invalid(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    );
  const problem = timeZoneError(zone);
  if (problem !== undefined) errors.push(invalid(path, zone, problem));
}

const strategy: Strategy<CronJob> = {
  generation: true,
  defaults: setDefaults,
  prepareForCreate(draft, context) {
    draft.status = {};
    dropDisabled(draft.spec.jobTemplate.spec?.template, context);
  },
  prepareForUpdate: ({ spec }, old, context) =>
    dropDisabled(spec.jobTemplate.spec?.template, context, old.spec.jobTemplate.spec?.template),
  validate({ metadata, spec }) {
    const errors = specErrors(spec, undefined);
    const { name = '' } = metadata;
    if (name.length > nameLengthMax)
      errors.push(invalid('metadata.name', name, `must be no more than ${nameLengthMax} characters`));
    return errors;
  },
  validateUpdate: ({ spec }, old) => specErrors(spec, old.spec),
  warnings({ metadata, spec }, old) {
    const path = field('spec', 'jobTemplate', 'spec');
    const ofJob = old !== undefined && jsonEqual(spec, old.spec) ? [] : jobSpecWarnings(spec.jobTemplate.spec, path);
    if (old === undefined) return [...podNameWarnings(metadata.name ?? ''), ...ofJob];
    if (spec.schedule.includes('TZ'))
      ofJob.push(
        'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
      );
    return ofJob;
  },
};

function suspendText({ spec }: ReadonlyCronJob): string {
  if (spec.suspend === undefined) return '<unset>';
  return spec.suspend ? 'True' : 'False';
}

export const cronJobs = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  namespaced: true,
  schema: 'io.k8s.api.batch.v1.CronJob',
  shortNames: ['cj'],
  categories: ['all'],
  strategy,
  subresources: { status: { type: 'part', strategy: {} } },
  columns: [
    nameColumn(),
    column('Schedule', 'When jobs begin, in the form of cron.', ({ spec }) => spec.schedule),
    column('Timezone', 'The time zone that the schedule counts in.', ({ spec }) => spec.timeZone ?? none),
    { ...column<CronJob>('Suspend', 'Whether no new jobs begin.', suspendText), type: 'boolean' },
    integerColumn('Active', 'How many of its jobs run.', ({ status }) => (status?.active ?? []).length),
    column('Last Schedule', 'When a job began last.', ({ status }, now) =>
      status?.lastScheduleTime === undefined ? none : age(status.lastScheduleTime, now),
    ),
    ageColumn(),
    ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec?.template),
    wideColumn('Selector', 'Selects the pods of each job.', ({ spec }) =>
      formatLabelSelector(spec.jobTemplate.spec?.selector),
    ),
  ],
});
