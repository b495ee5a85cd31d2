/**
 * ReplicaSet: as many pods of the template as `spec.replicas` says.
 *
 * What always holds: pods are only counted, created or deleted once every pod is claimed; at most 500 at a time; creation
 * starts with one and doubles, so that a template that is refused is refused a few times and not 500; the status describes
 * the pods as they were seen, never as they are hoped to become.
 */
import { jsonEqual, rfc3339, type DeepReadonly } from '../base/mod.ts';
import {
  deployments,
  pods,
  replicaSets,
  type Pod,
  type ReplicaSet,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
} from '../api/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type Plan,
  type ResourceView,
  type ViewOf,
} from '../client/mod.ts';
import {
  controllerOf,
  keyOf,
  labelSelectorFromSet,
  labelSelectorFromSpec,
  type ApiError,
  type LabelSelector,
} from '../machinery/mod.ts';
import { claim, controlledBy, isNamespaceTerminating, ownershipIndexes, ownersToWake, selects } from './ownership.ts';
import { podsByDeletionOrder } from './pod-deletion-order.ts';
import { availableAtMs, isActive, isDeleting, isFinished, isReady } from './pod-state.ts';
import { podFromTemplate } from './pod-template.ts';

type ReadPod = DeepReadonly<Pod>;
type ReadReplicaSet = DeepReadonly<ReplicaSet>;

const burstMax = 500;

const reads = {
  replicaSets: read(replicaSets, { indexes: ownershipIndexes, wakes: (replicaSet) => [keyOf(replicaSet)] }),
  pods: read(pods, {
    indexes: ownershipIndexes,
    wakes: (pod, view) =>
      ownersToWake(pod, {
        kind: 'ReplicaSet',
        group: 'apps',
        view: view['replicaSets'] as ResourceView<ReplicaSet>,
        selects: (owner, object) => selects(owner.spec?.selector, object),
      }),
  }),
};

export const replicaSet = defineController({
  name: 'replicaset-controller',
  reads,
  restMs: 10,
  plan(view, key, now) {
    const owner = view.replicaSets.get(key);
    if (owner === undefined) return nothing;
    const selector = labelSelectorFromSpec(owner.spec?.selector);
    const { claimed, actions } = claim(
      owner,
      selector,
      { resource: pods, view: view.pods, adoptable: isActive },
      replicaSets,
    );
    if (actions.length > 0) return { actions };
    return planClaimed(view, owner, claimed, now);
  },
});

function planClaimed(
  view: ViewOf<typeof reads>,
  owner: ReadReplicaSet,
  claimed: readonly ReadPod[],
  now: number,
): Plan {
  const active = claimed.filter(isActive);
  const excess = active.length - (owner.spec?.replicas ?? 0);
  const actions =
    owner.metadata.deletionTimestamp !== undefined || excess === 0
      ? []
      : excess < 0
        ? creations(owner, -excess)
        : deletions(view, owner, { active, excess }, now);
  const status = statusOf(owner, active, claimed, now);
  const waiting = active
    .map((pod) => availableAtMs(pod, owner.spec?.minReadySeconds ?? 0) ?? 0)
    .filter((at) => at > now);
  return {
    actions,
    ...(excess < 0 ? { slowStart: true } : {}),
    after: statusUpdate(owner, withFailure(status, owner, undefined, now)),
    otherwise: (error) =>
      statusUpdate(
        owner,
        withFailure(status, owner, { error, reason: excess < 0 ? 'FailedCreate' : 'FailedDelete' }, now),
      ),
    ...(waiting.length === 0 ? {} : { wakeAtMs: Math.min(...waiting) }),
  };
}

function creations(owner: ReadReplicaSet, missing: number): Action[] {
  const object = podFromTemplate(owner.spec?.template, owner);
  const creation: Action = {
    do: 'create',
    resource: pods,
    object,
    tolerates: isNamespaceTerminating,
    onDone: (pod) => [
      {
        do: 'event',
        event: {
          regarding: owner,
          type: 'Normal',
          reason: 'SuccessfulCreate',
          message: `Created pod: ${pod?.metadata?.name ?? ''}`,
        },
      },
    ],
    onError: (error) => [
      {
        do: 'event',
        event: {
          regarding: owner,
          type: 'Warning',
          reason: 'FailedCreate',
          message: `Error creating: ${error.message}`,
        },
      },
    ],
  };
  return Array.from({ length: Math.min(missing, burstMax) }, () => creation);
}

function deletions(
  view: ViewOf<typeof reads>,
  owner: ReadReplicaSet,
  { active, excess }: { readonly active: readonly ReadPod[]; readonly excess: number },
  now: number,
): Action[] {
  const count = Math.min(excess, burstMax);
  const chosen =
    count < active.length ? podsByDeletionOrder(active, relatedPods(view, owner), now).slice(0, count) : active;
  return chosen.map(({ metadata: { namespace, name = '', uid = '' } }): Action => ({
    do: 'delete',
    resource: pods,
    key: { namespace, name },
    options: { uid },
    onDone: () => [
      {
        do: 'event',
        event: { regarding: owner, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` },
      },
    ],
    onError: (error) => [
      {
        do: 'event',
        event: {
          regarding: owner,
          type: 'Warning',
          reason: 'FailedDelete',
          message: `Error deleting: ${error.message}`,
        },
      },
    ],
  }));
}

/** The active pods of all replica sets with the same owner: those of a rollout share nodes. */
function relatedPods(view: ViewOf<typeof reads>, owner: ReadReplicaSet): readonly ReadPod[] {
  const controller = controllerOf(owner);
  const siblings = controller?.kind === deployments.kind ? controlledBy(view.replicaSets, controller.uid) : [owner];
  return siblings.flatMap((sibling) => controlledBy(view.pods, sibling.metadata.uid)).filter(isActive);
}

function statusOf(
  owner: ReadReplicaSet,
  active: readonly ReadPod[],
  claimed: readonly ReadPod[],
  now: number,
): ReplicaSetStatus {
  const template: LabelSelector = labelSelectorFromSet(owner.spec?.template?.metadata?.labels);
  const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
  const counts = { labeled: 0, ready: 0, available: 0 };
  for (const pod of active) {
    if (template.matches(pod.metadata.labels)) counts.labeled += 1;
    if (!isReady(pod)) continue;
    counts.ready += 1;
    if ((availableAtMs(pod, minReadySeconds) ?? Infinity) <= now) counts.available += 1;
  }
  return {
    replicas: active.length,
    ...(counts.labeled === 0 ? {} : { fullyLabeledReplicas: counts.labeled }),
    ...(counts.ready === 0 ? {} : { readyReplicas: counts.ready }),
    ...(counts.available === 0 ? {} : { availableReplicas: counts.available }),
    terminatingReplicas: claimed.filter((pod) => isDeleting(pod) && !isFinished(pod)).length,
    ...(owner.metadata.generation === undefined ? {} : { observedGeneration: owner.metadata.generation }),
  };
}

/** Adds the condition `ReplicaFailure` for a failure and takes it away once things go well. */
function withFailure(
  status: ReplicaSetStatus,
  { status: old }: ReadReplicaSet,
  failure: { error: ApiError; reason: string } | undefined,
  now: number,
): ReplicaSetStatus {
  const existing = (old?.conditions ?? []).find(({ type }) => type === 'ReplicaFailure');
  const others = (old?.conditions ?? []).filter((condition) => condition !== existing) as ReplicaSetCondition[];
  const conditions = [...others];
  if (failure !== undefined && existing === undefined)
    conditions.push({
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: rfc3339(now),
      reason: failure.reason,
      message: failure.error.message,
    });
  else if (failure !== undefined && existing !== undefined) conditions.push(existing);
  return { ...status, ...(conditions.length === 0 ? {} : { conditions }) };
}

function statusUpdate(owner: ReadReplicaSet, status: ReplicaSetStatus): Action[] {
  if (jsonEqual(owner.status, status)) return [];
  return [
    { do: 'update', resource: replicaSets, subresource: 'status', object: { ...owner, status } as ReadReplicaSet },
  ];
}
