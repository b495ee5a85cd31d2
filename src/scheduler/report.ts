/** Tells of a pod that could not be scheduled: an event, its PodScheduled condition and its nominated node. */
import { pods, type PodCondition } from '../api/mod.ts';
import { AssertionError, errorText, rfc3339, type Clock, type DeepReadonly, type Log } from '../base/mod.ts';
import type { Client, EventRecorder } from '../client/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import type { PodInfo } from './pod-info.ts';

export interface ReportWorld {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FailureReport {
  readonly pod: PodInfo;
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  /** The node to nominate; empty takes the nomination back, undefined leaves it. */
  readonly nominate: string | undefined;
}

const noteLengthMax = 1024;

export async function reportFailure(
  world: ReportWorld,
  { pod, reason, message, nominate }: FailureReport,
): Promise<void> {
  const note = message.length <= noteLengthMax ? message : `${message.slice(0, noteLengthMax - 4)} ...`;
  const told = world.events.record({ regarding: pod.pod, type: 'Warning', reason: 'FailedScheduling', message: note });
  const condition = conditionToWrite(pod, { type: 'PodScheduled', status: 'False', reason, message }, world.clock);
  const nominates = nominate !== undefined && nominate !== (pod.pod.status?.nominatedNodeName ?? '');
  if (condition !== undefined || nominates) {
    await patchStatus(world, pod, {
      ...(condition === undefined ? {} : { conditions: [condition] }),
      ...(nominates ? { nominatedNodeName: nominate === '' ? null : nominate } : {}),
    });
  }
  await told;
}

/** The condition with its times; undefined when the pod says so already. */
export function conditionToWrite(
  { pod }: PodInfo,
  { type, status, reason, message }: PodCondition,
  clock: Clock,
): PodCondition | undefined {
  const before: DeepReadonly<PodCondition> | undefined = pod.status?.conditions?.find(
    (condition) => condition.type === type,
  );
  const observedGeneration = pod.metadata.generation;
  const same =
    before !== undefined &&
    before.status === status &&
    before.reason === reason &&
    before.message === message &&
    before.observedGeneration === observedGeneration;
  if (same) return undefined;
  const lastTransitionTime =
    before?.status === status && before.lastTransitionTime !== undefined
      ? before.lastTransitionTime
      : rfc3339(clock.now());
  return {
    type,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    lastTransitionTime,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

/** Failing here costs only the telling: the next try tells again. */
export async function patchStatus(
  { client, log }: ReportWorld,
  { pod, uid, key }: PodInfo,
  status: object,
): Promise<void> {
  const { namespace, name = '' } = pod.metadata;
  try {
    await client.patch(
      pods,
      { namespace, name },
      { type: 'strategic', body: { metadata: { uid }, status } },
      {
        subresource: 'status',
        cause: { component: 'scheduler', key, revision: Number(pod.metadata.resourceVersion ?? 0) },
      },
    );
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    if (!isApiError(error, 'NotFound', 'Conflict'))
      log.warn('could not update the status', { pod: key, error: errorText(error) });
  }
}
