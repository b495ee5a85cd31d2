/**
 * As many pods of the template as `spec.replicas` says: what a ReplicaSet and a ReplicationController have in common, which
 * is everything but a few words.
 *
 * What always holds: pods are only counted, created or deleted once every pod is claimed; at most 500 at a time; creation
 * starts with one and doubles, so that a template that is refused is refused a few times and not 500; the status describes
 * the pods as they were seen, never as they are hoped to become.
 */
import { jsonEqual, rfc3339, type DeepReadonly } from '../base/mod.ts';
import {
  pods,
  type Pod,
  type ReplicaSet,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
  type ReplicationController,
} from '../api/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type Controller,
  type Plan,
  type Read,
  type ResourceView,
} from '../client/mod.ts';
import {
  controllerOf,
  keyOf,
  labelSelectorFromSet,
  labelSelectorFromSpec,
  type ApiError,
  type LabelSelector,
  type LabelSelectorSpec,
  type Resource,
} from '../machinery/mod.ts';
import { event } from './event-action.ts';
import { claim, controlledBy, isNamespaceTerminating, ownershipIndexes, ownersToWake, selects } from './ownership.ts';
import { podsByDeletionOrder } from './pod-deletion-order.ts';
import { availableAtMs, isActive, isDeleting, isFinished, isReady } from './pod-state.ts';
import { podFromTemplate } from './pod-template.ts';

type Owner = ReplicaSet | ReplicationController;
type ReadOwner = DeepReadonly<Owner>;
type ReadPod = DeepReadonly<Pod>;

/** What is special about a kind that has replicas. */
export interface ReplicaKind<T extends Owner = Owner> {
  readonly resource: Resource<T>;
  /** Of the controller. */
  readonly name: string;
  selector(owner: DeepReadonly<T>): LabelSelectorSpec | undefined;
  /** Whether the status tells how many pods are going away. */
  readonly countsTerminating: boolean;
}

type ReplicaReads = { readonly owners: Read<Owner>; readonly pods: Read<Pod> };
interface ReplicaView {
  readonly owners: ResourceView<Owner>;
  readonly pods: ResourceView<Pod>;
}

/** Whose replicas are planned, and from what. */
interface Subject {
  readonly kind: ReplicaKind;
  readonly view: ReplicaView;
  readonly owner: ReadOwner;
  readonly now: number;
}

const burstMax = 500;

export function replicaController(kind: ReplicaKind): Controller<ReplicaReads> {
  const { resource } = kind;
  return defineController({
    name: kind.name,
    reads: {
      owners: read(resource, { indexes: ownershipIndexes, wakes: (owner) => [keyOf(owner)] }),
      pods: read(pods, {
        indexes: ownershipIndexes,
        wakes: (pod, view) =>
          ownersToWake(pod, {
            kind: resource.kind,
            group: resource.group,
            view: view['owners'] as ResourceView<Owner>,
            selects: (owner, object) => selects(kind.selector(owner), object),
          }),
      }),
    },
    restMs: 10,
    plan(view, key, now) {
      const owner = view.owners.get(key);
      if (owner === undefined) return nothing;
      const selector = labelSelectorFromSpec(kind.selector(owner));
      const dependents = { resource: pods, view: view.pods, claimable: isActive };
      const { claimed, actions } = claim(owner, selector, dependents, resource);
      if (actions.length > 0) return { actions };
      return planClaimed({ kind, view, owner, now }, claimed);
    },
  });
}

function planClaimed(subject: Subject, claimed: readonly ReadPod[]): Plan {
  const { owner, now } = subject;
  const active = claimed.filter(isActive);
  const excess = active.length - (owner.spec?.replicas ?? 0);
  const actions =
    owner.metadata.deletionTimestamp !== undefined || excess === 0
      ? []
      : excess < 0
        ? creations(owner, -excess)
        : deletions(subject, active, excess);
  const status = statusOf(subject, active, claimed);
  const waiting = active
    .map((pod) => availableAtMs(pod, owner.spec?.minReadySeconds ?? 0) ?? 0)
    .filter((at) => at > now);
  return {
    actions,
    ...(excess < 0 ? { slowStart: true } : {}),
    after: statusUpdate(subject, withFailure(status, owner, undefined, now)),
    otherwise: (error) => {
      const failure = { error, reason: excess < 0 ? 'FailedCreate' : 'FailedDelete' };
      return statusUpdate(subject, withFailure(status, owner, failure, now));
    },
    ...(waiting.length === 0 ? {} : { wakeAtMs: Math.min(...waiting) }),
  };
}

function creations(owner: ReadOwner, missing: number): Action[] {
  const object = podFromTemplate(owner.spec?.template, owner);
  const creation: Action = {
    do: 'create',
    resource: pods,
    object,
    tolerates: isNamespaceTerminating,
    onDone: (pod) => [event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod?.metadata?.name ?? ''}`)],
    onError: (error) => [event(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`)],
  };
  return Array.from({ length: Math.min(missing, burstMax) }, () => creation);
}

function deletions({ view, owner, now }: Subject, active: readonly ReadPod[], excess: number): Action[] {
  const count = Math.min(excess, burstMax);
  const chosen =
    count < active.length ? podsByDeletionOrder(active, relatedPods(view, owner), now).slice(0, count) : active;
  return chosen.map(({ metadata: { namespace, name = '', uid = '' } }): Action => ({
    do: 'delete',
    resource: pods,
    key: { namespace, name },
    options: { uid },
    onDone: () => [event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)],
    onError: (error) => [event(owner, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`)],
  }));
}

/** The active pods of all that have the same owner as this one: those of a rollout share nodes. */
function relatedPods(view: ReplicaView, owner: ReadOwner): readonly ReadPod[] {
  const controller = controllerOf(owner);
  const siblings = controller === undefined ? [owner] : controlledBy(view.owners, controller.uid);
  return siblings.flatMap((sibling) => controlledBy(view.pods, sibling.metadata.uid)).filter(isActive);
}

function statusOf(
  { kind, owner, now }: Subject,
  active: readonly ReadPod[],
  claimed: readonly ReadPod[],
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
  const terminatingReplicas = claimed.filter((pod) => isDeleting(pod) && !isFinished(pod)).length;
  return {
    replicas: active.length,
    ...(counts.labeled === 0 ? {} : { fullyLabeledReplicas: counts.labeled }),
    ...(counts.ready === 0 ? {} : { readyReplicas: counts.ready }),
    ...(counts.available === 0 ? {} : { availableReplicas: counts.available }),
    ...(kind.countsTerminating ? { terminatingReplicas } : {}),
    ...(owner.metadata.generation === undefined ? {} : { observedGeneration: owner.metadata.generation }),
  };
}

/** Adds the condition `ReplicaFailure` for a failure and takes it away once things go well. */
function withFailure(
  status: ReplicaSetStatus,
  { status: old }: ReadOwner,
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

function statusUpdate({ kind, owner }: Subject, status: ReplicaSetStatus): Action[] {
  if (jsonEqual(owner.status, status)) return [];
  const object = { ...owner, status };
  return [{ do: 'update', resource: kind.resource, subresource: 'status', object }];
}
