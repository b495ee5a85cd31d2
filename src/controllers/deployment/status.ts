/** A Deployment's status: counts over its replica sets, and the conditions Available, Progressing and ReplicaFailure. */
import { rfc3339 } from '../../base/mod.ts';
import type { DeploymentCondition, DeploymentStatus } from '../../api/mod.ts';
import { timeMs } from '../pod-state.ts';
import {
  allSets,
  hasProgressDeadline,
  maxUnavailable,
  sum,
  wanted,
  type ReadDeployment,
  type Rollout,
} from './rollout.ts';

export interface ConditionText {
  readonly type: 'Available' | 'Progressing' | 'ReplicaFailure';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(
  status: ReadDeployment['status'],
  type: ConditionText['type'],
): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Sets a condition; one with the same status and reason stays as it was, times and message included. */
export function withCondition(status: DeploymentStatus, text: ConditionText, now: number): DeploymentStatus {
  const current = conditionOf(status, text.type);
  if (current?.status === text.status && current.reason === text.reason) return status;
  const at = rfc3339(now);
  const condition: DeploymentCondition = {
    type: text.type,
    status: text.status,
    lastUpdateTime: at,
    lastTransitionTime: current?.status === text.status ? (current.lastTransitionTime ?? at) : at,
    reason: text.reason,
    message: text.message,
  };
  const others = (status.conditions ?? []).filter(({ type }) => type !== text.type);
  return { ...status, conditions: [...others, condition] };
}

function withoutCondition(status: DeploymentStatus, type: ConditionText['type']): DeploymentStatus {
  const { conditions, ...rest } = status;
  const others = (conditions ?? []).filter((condition) => condition.type !== type);
  return others.length === 0 ? rest : { ...rest, conditions: others };
}

/** The counts, and whether enough pods are available. */
export function countedStatus(rollout: Rollout): DeploymentStatus {
  const { deployment, newSet, now } = rollout;
  const sets = allSets(rollout);
  const available = sum(sets, ({ status }) => status?.availableReplicas ?? 0);
  const counts = {
    replicas: sum(sets, ({ status }) => status?.replicas ?? 0),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(sets, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sets, wanted) - available),
  };
  const { collisionCount, conditions = [] } = (deployment.status ?? {}) as DeploymentStatus;
  const { generation } = deployment.metadata;
  const terminating = sets.every(({ status }) => status?.terminatingReplicas !== undefined);
  const status: DeploymentStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(terminating ? { terminatingReplicas: sum(sets, (set) => set.status?.terminatingReplicas ?? 0) } : {}),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
  const enough = available >= wanted(deployment) - maxUnavailable(deployment);
  const text: ConditionText = enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  return withCondition(status, text, now);
}

/** The status in a rollout: what the counts say of its progress, and failures of the replica sets. */
export function rolloutStatus(rollout: Rollout): DeploymentStatus {
  const { deployment, newSet, now } = rollout;
  let status = countedStatus(rollout);
  const current = conditionOf(deployment.status, 'Progressing');
  if (!hasProgressDeadline(deployment)) status = withoutCondition(status, 'Progressing');
  else if (
    !((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable')
  ) {
    const who =
      newSet === undefined
        ? `Deployment "${deployment.metadata.name ?? ''}"`
        : `ReplicaSet "${newSet.metadata.name ?? ''}"`;
    if (isComplete(deployment, status))
      status = withCondition(
        status,
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `${who} has successfully progressed.`,
        },
        now,
      );
    else if (isProgressing(deployment, status)) status = withProgress(status, current, `${who} is progressing.`, now);
    else if (hasTimedOut(deployment, now))
      status = withCondition(
        status,
        {
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: `${who} has timed out progressing.`,
        },
        now,
      );
  }
  const failure = replicaFailure(rollout);
  return failure === undefined ? withoutCondition(status, 'ReplicaFailure') : withCondition(status, failure, now);
}

/** Each step forward counts as an update of the condition, from which the deadline runs anew. */
function withProgress(
  status: DeploymentStatus,
  current: DeploymentCondition | undefined,
  message: string,
  now: number,
): DeploymentStatus {
  const at = rfc3339(now);
  const transition = current?.status === 'True' ? (current.lastTransitionTime ?? at) : at;
  const condition: DeploymentCondition = {
    type: 'Progressing',
    status: 'True',
    lastUpdateTime: at,
    lastTransitionTime: transition,
    reason: 'ReplicaSetUpdated',
    message,
  };
  const { conditions = [] } = withoutCondition(status, 'Progressing');
  return { ...status, conditions: [...conditions, condition] };
}

export function isComplete(deployment: ReadDeployment, status: ReadDeployment['status']): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status ?? {};
  const size = wanted(deployment);
  return (
    updatedReplicas === size &&
    replicas === size &&
    availableReplicas === size &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing({ status: before }: ReadDeployment, after: DeploymentStatus): boolean {
  const old = (status: ReadDeployment['status']): number => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: ReadDeployment, now: number): boolean {
  const at = deadlineMs(deployment);
  return at !== undefined && at < now;
}

/** When the rollout is given up; undefined when it is through, or given up already, or has no deadline. */
export function deadlineMs(deployment: ReadDeployment): number | undefined {
  if (!hasProgressDeadline(deployment)) return undefined;
  const current = conditionOf(deployment.status, 'Progressing');
  const since = timeMs(current?.lastUpdateTime);
  if (
    current === undefined ||
    since === undefined ||
    current.reason === 'NewReplicaSetAvailable' ||
    current.reason === 'ProgressDeadlineExceeded'
  )
    return undefined;
  return since + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;
}

/** The failure of the new replica set, or else of any other one. */
function replicaFailure({ newSet, oldSets }: Rollout): ConditionText | undefined {
  for (const set of newSet === undefined ? oldSets : [newSet, ...oldSets]) {
    const found = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (found !== undefined)
      return {
        type: 'ReplicaFailure',
        status: found.status as ConditionText['status'],
        reason: found.reason ?? '',
        message: found.message ?? '',
      };
  }
  return undefined;
}
