/**
 * Changes of a Job's status. Controllers other than the own one may write it, so what readers rely on is held here: what
 * has ended stays ended, counters do not fall, times fit the conditions. A part that breaks the rules already and is left
 * as it is keeps nobody from changing the others.
 */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import { duplicate, field, invalid, omittedValue, required, type FieldError } from '../../../machinery/mod.ts';
import { checkNonNegative, type Errors } from '../../checks.ts';
import type { Job, JobStatus, UncountedTerminatedPods } from '../../upstream/types.ts';
import { countIndexes, firstInBoth, IndexesError } from './indexes.ts';

type ReadonlyJob = DeepReadonly<Job>;
type ReadonlyStatus = DeepReadonly<JobStatus>;

const path = field('status');
const conditionsPath = path.child('conditions');

export function hasCondition({ conditions }: ReadonlyStatus, type: string): boolean {
  return (conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}

/** What the rules ask of a status. */
interface Facts {
  readonly complete: boolean;
  readonly failed: boolean;
  readonly finished: boolean;
  readonly failureTarget: boolean;
  readonly successCriteriaMet: boolean;
}

function factsOf(status: ReadonlyStatus): Facts {
  const complete = hasCondition(status, 'Complete');
  const failed = hasCondition(status, 'Failed');
  return {
    complete,
    failed,
    finished: complete || failed,
    failureTarget: hasCondition(status, 'FailureTarget'),
    successCriteriaMet: hasCondition(status, 'SuccessCriteriaMet'),
  };
}

interface Change {
  readonly job: ReadonlyJob;
  readonly status: ReadonlyStatus;
  readonly before: ReadonlyStatus;
  readonly now: Facts;
  readonly earlier: Facts;
  /** Whether any of these parts or facts is not as it was. */
  changes(...names: readonly (keyof JobStatus | keyof Facts)[]): boolean;
}

export function jobStatusErrors(job: ReadonlyJob, old: ReadonlyJob): FieldError[] {
  const { status = {} } = job;
  const { status: before = {} } = old;
  const [now, earlier] = [factsOf(status), factsOf(before)];
  const change: Change = {
    job,
    status,
    before,
    now,
    earlier,
    changes: (...names) =>
      names.some((name) =>
        name in now
          ? now[name as keyof Facts] !== earlier[name as keyof Facts]
          : !jsonEqual(status[name as keyof JobStatus], before[name as keyof JobStatus]),
      ),
  };
  const errors: FieldError[] = [];
  for (const name of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const)
    checkNonNegative(errors, status[name], path.child(name));
  checkUncounted(errors, status.uncountedTerminatedPods);
  checkCompletion(errors, change);
  checkFinished(errors, change);
  checkIndexes(errors, change);
  checkOutcome(errors, change);
  checkTransition(errors, change);
  return errors;
}

function checkUncounted(errors: Errors, pods: DeepReadonly<UncountedTerminatedPods> | undefined): void {
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed'] as const)
    for (const [i, uid] of (pods?.[list] ?? []).entries()) {
      const at = path.child('uncountedTerminatedPods', list).index(i);
      if (uid === '') errors.push(invalid(at, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(at, uid));
      seen.add(uid);
    }
}

function refuse(errors: Errors, text: string): void {
  errors.push(invalid(conditionsPath, omittedValue, text));
}

function checkCompletion(errors: Errors, { status, now, changes }: Change): void {
  const { startTime, completionTime } = status;
  const at = path.child('completionTime');
  if (changes('complete', 'failed') && now.complete && now.failed)
    refuse(errors, 'cannot set Complete=True and Failed=true conditions');
  if (changes('complete', 'failureTarget') && now.complete && now.failureTarget)
    refuse(errors, 'cannot set Complete=True and FailureTarget=true conditions');
  if (changes('complete', 'completionTime')) {
    if (completionTime !== undefined && !now.complete)
      errors.push(
        invalid(at, new Date(completionTime), 'cannot set completionTime when there is no Complete=True condition'),
      );
    if (completionTime === undefined && now.complete)
      errors.push(required(at, 'completionTime is required for Complete jobs'));
  }
  if (!changes('startTime', 'completionTime') || startTime === undefined || completionTime === undefined) return;
  if (Date.parse(completionTime) < Date.parse(startTime))
    errors.push(invalid(at, new Date(completionTime), 'completionTime cannot be set before startTime'));
}

function checkFinished(errors: Errors, { status, now, changes }: Change): void {
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status;
  if (changes('failed', 'failureTarget') && now.failed && !now.failureTarget)
    refuse(errors, 'cannot set Failed=True condition without the FailureTarget=true condition');
  if (changes('complete', 'successCriteriaMet') && now.complete && !now.successCriteriaMet)
    refuse(errors, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
  if (now.finished) {
    if (changes('finished', 'active') && active > 0)
      errors.push(invalid(path.child('active'), active, 'active>0 is invalid for finished job'));
    if (changes('finished', 'startTime') && startTime === undefined)
      errors.push(required(path.child('startTime'), 'startTime is required for finished job'));
    const { succeeded = [], failed = [] } = uncounted ?? {};
    if (changes('finished', 'uncountedTerminatedPods') && succeeded.length + failed.length > 0)
      errors.push(
        invalid(
          path.child('uncountedTerminatedPods'),
          { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null },
          'uncountedTerminatedPods needs to be empty for finished job',
        ),
      );
  }
}

function checkIndexes(errors: Errors, { job, status, changes }: Change): void {
  const { completions, backoffLimitPerIndex: perIndex, completionMode } = job.spec ?? {};
  const { completedIndexes: completed = '', failedIndexes: failed } = status;
  const checkText = (name: 'completedIndexes' | 'failedIndexes', text: string): void => {
    try {
      countIndexes(text, completions ?? 0);
    } catch (error) {
      if (!(error instanceof IndexesError)) throw error;
      errors.push(invalid(path.child(name), text, `error parsing ${name}: ${error.message}`));
    }
  };
  const [completedChanged, failedChanged] = [changes('completedIndexes'), changes('failedIndexes')];
  if (completedChanged && completions !== undefined) checkText('completedIndexes', completed);
  if (failedChanged && completions !== undefined && perIndex !== undefined && failed !== undefined)
    checkText('failedIndexes', failed);
  if (completedChanged && completed !== '' && completionMode !== 'Indexed')
    errors.push(
      invalid(
        path.child('completedIndexes'),
        completed,
        'cannot set non-empty completedIndexes when non-indexed completion mode',
      ),
    );
  if (failed === undefined) return;
  const at = path.child('failedIndexes');
  if (failedChanged && perIndex === undefined)
    errors.push(invalid(at, failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  const both =
    (failedChanged || completedChanged) && completions !== undefined
      ? firstInBoth(completed, failed, completions)
      : undefined;
  if (both !== undefined)
    errors.push(invalid(at, failed, `failedIndexes and completedIndexes overlap at index: ${both}`));
}

function checkOutcome(errors: Errors, { job, status, now, changes }: Change): void {
  const { active = 0, terminating = 0, ready = 0 } = status;
  if (now.finished && changes('finished', 'terminating') && terminating > 0)
    errors.push(invalid(path.child('terminating'), terminating, 'terminating>0 is invalid for finished job'));
  if (changes('ready', 'active') && ready > active)
    errors.push(invalid(path.child('ready'), ready, 'cannot set more ready pods than active'));
  if (now.successCriteriaMet && now.failed)
    refuse(errors, 'cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (now.successCriteriaMet && now.failureTarget)
    refuse(errors, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (job.spec?.successPolicy !== undefined && !now.successCriteriaMet && now.complete)
    refuse(errors, 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
}

function checkTransition(errors: Errors, { job, status, before, now, earlier }: Change): void {
  for (const type of ['Failed', 'Complete', 'FailureTarget'])
    if (hasCondition(before, type) && !hasCondition(status, type))
      refuse(errors, `cannot disable the terminal ${type}=True condition`);
  const { completionMode, completions, parallelism, suspend = false } = job.spec ?? {};
  const fall = (name: 'failed' | 'succeeded'): void => {
    const count = status[name] ?? 0;
    if (count < (before[name] ?? 0))
      errors.push(invalid(path.child(name), count, `cannot decrease the ${name} counter`));
  };
  fall('failed');
  // Indexes that are scaled away are no longer counted.
  if (completionMode !== 'Indexed' || completions !== parallelism) fall('succeeded');
  const { startTime, completionTime } = status;
  if (completionTime !== undefined && before.completionTime !== undefined && completionTime !== before.completionTime)
    errors.push(invalid(path.child('completionTime'), new Date(completionTime), 'completionTime cannot be mutated'));
  if (before.startTime !== undefined && startTime !== before.startTime && !suspend)
    errors.push(required(path.child('startTime'), 'startTime cannot be removed for unsuspended job'));
  if (earlier.successCriteriaMet && !now.successCriteriaMet)
    refuse(errors, 'cannot disable the SuccessCriteriaMet=True condition');
  if (earlier.complete && !earlier.successCriteriaMet && now.successCriteriaMet)
    refuse(errors, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions');
}
