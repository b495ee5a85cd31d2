/** The jobs of a CronJob: how one is made for a slot, what has become of it, and which ones are too many to keep. */
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import { jobs, offsetsIn, type CronJob, type Job, type ObjectReference } from '../../api/mod.ts';
import { apiVersionOf, controllerReference, type KubeObject } from '../../machinery/mod.ts';
import { timeMs } from '../pod-state.ts';

export type ReadJob = DeepReadonly<Job>;

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const apiVersion = apiVersionOf(jobs.group, jobs.version);

/** One slot, one name: so no slot gets two jobs, whoever makes them. */
export function jobName({ metadata }: DeepReadonly<CronJob>, slotMs: number): string {
  return `${metadata.name ?? ''}-${Math.floor(slotMs / 60_000)}`;
}

export function jobFor(cronJob: DeepReadonly<CronJob>, slotMs: number): KubeObject {
  const { metadata, spec } = cronJob;
  const { metadata: template = {}, spec: jobSpec } = spec.jobTemplate;
  const { labels, annotations } = template as NonNullable<Job['metadata']>;
  const job = {
    apiVersion,
    kind: jobs.kind,
    metadata: {
      name: jobName(cronJob, slotMs),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [scheduledAnnotation]: localTime(slotMs, spec.timeZone ?? '') },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: jobSpec,
  };
  return job;
}

/** RFC 3339 with the offset of the zone: `2026-07-01T03:00:00+02:00`. */
function localTime(ms: number, zone: string): string {
  const offsetMs = offsetsIn(zone)(ms);
  const local = rfc3339(ms + offsetMs);
  if (offsetMs === 0) return local;
  const minutes = Math.trunc(Math.abs(offsetMs) / 60_000);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${local.slice(0, -1)}${offsetMs < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

export function referenceTo({ metadata = {} }: DeepReadonly<KubeObject>): ObjectReference {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = metadata;
  return { kind: jobs.kind, namespace, name, uid, apiVersion, resourceVersion };
}

/** `Complete` or `Failed`; undefined while the job runs. */
export function outcomeOf({ status }: ReadJob): string | undefined {
  return status?.conditions?.find(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  )?.type;
}

/** What goes beyond the limits of history: the jobs that began first. */
export function beyondHistory(owned: readonly ReadJob[], { spec }: DeepReadonly<CronJob>): readonly ReadJob[] {
  const beyond = (outcome: string, limit = Infinity): readonly ReadJob[] => {
    const finished = owned.filter((job) => outcomeOf(job) === outcome);
    return finished.toSorted(byStart).slice(0, Math.max(0, finished.length - limit));
  };
  return [...beyond('Complete', spec.successfulJobsHistoryLimit), ...beyond('Failed', spec.failedJobsHistoryLimit)];
}

/** What never began comes last. */
function byStart(a: ReadJob, b: ReadJob): number {
  const [left, right] = [timeMs(a.status?.startTime) ?? Infinity, timeMs(b.status?.startTime) ?? Infinity];
  if (left !== right) return left < right ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

/** When a job of these succeeded last. */
export function lastSuccess(owned: readonly ReadJob[], known: string | undefined): string | undefined {
  let last = known;
  for (const job of owned) {
    if (outcomeOf(job) !== 'Complete') continue;
    const { completionTime } = job.status ?? {};
    if ((timeMs(completionTime) ?? -Infinity) > (timeMs(last) ?? -Infinity)) last = completionTime;
  }
  return last;
}
