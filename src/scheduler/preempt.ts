/** Carries out a preemption: the victims are told why, deleted, and the pods that were promised the room lose the promise. */
import { pods } from '../api/mod.ts';
import { AssertionError, errorText } from '../base/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import type { PreemptionPlan } from './framework.ts';
import type { PodInfo } from './pod-info.ts';
import { conditionToWrite, patchStatus, type ReportWorld } from './report.ts';

export interface Preemption extends PreemptionPlan {
  /** The pod that room is made for. */
  readonly pod: PodInfo;
}

export async function preempt(
  world: ReportWorld,
  preemption: Preemption,
  displaced: readonly PodInfo[],
): Promise<void> {
  await Promise.all([
    ...displaced.map((pod) => patchStatus(world, pod, { nominatedNodeName: null })),
    ...preemption.victims.map((victim) => evict(world, preemption, victim)),
  ]);
}

async function evict(world: ReportWorld, { pod: preemptor, nodeName }: Preemption, victim: PodInfo): Promise<void> {
  if (victim.terminating) return;
  const { client, events, clock, log } = world;
  const { namespace, name = '' } = victim.pod.metadata;
  const message = `${preemptor.schedulerName}: preempting to accommodate a higher priority pod`;
  const condition = conditionToWrite(
    victim,
    { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message },
    clock,
  );
  if (condition !== undefined) await patchStatus(world, victim, { conditions: [condition] });
  try {
    await client.delete(pods, { namespace, name }, { uid: victim.uid });
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    if (!isApiError(error, 'NotFound', 'Conflict'))
      log.warn('could not preempt', { pod: victim.key, error: errorText(error) });
    return;
  }
  await events.record({
    regarding: victim.pod,
    type: 'Normal',
    reason: 'Preempted',
    message: `Preempted by pod ${preemptor.uid} on node ${nodeName}`,
  });
}
