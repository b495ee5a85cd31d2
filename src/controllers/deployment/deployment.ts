/**
 * Deployment: one replica set for each template it had, the pods of the newest one, and the way from one to the next.
 *
 * What always holds: one step at a time, planned from what the replica sets report and never from what was asked of them;
 * the old replica sets are the history, which is cut only when the Deployment is complete.
 */
import { jsonEqual } from '../../base/mod.ts';
import { deployments, pods, replicaSets, type Deployment, type DeploymentStatus } from '../../api/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type Plan,
  type ResourceView,
  type View,
  type ViewOf,
} from '../../client/mod.ts';
import { controllerOf, keyOf, labelSelectorFromSpec, objectKey } from '../../machinery/mod.ts';
import { claim, controlledBy, ownershipIndexes, ownersToWake, selects } from '../ownership.ts';
import { isFinished } from '../pod-state.ts';
import { createNewSet, statusAction, withRevision } from './new-set.ts';
import { newSetAnnotations, nextRevision, replicasAnnotations, revisionAnnotation, revisionOf } from './revisions.ts';
import { rollBack, rollbackTo } from './rollback.ts';
import {
  activeSets,
  hasHistoryLimit,
  hasProgressDeadline,
  isRollingUpdate,
  rolloutOf,
  sum,
  wanted,
  type ReadDeployment,
  type ReadReplicaSet,
  type Rollout,
} from './rollout.ts';
import { growNewSet, isScalingEvent, scaleAll, shrinkOldSets, type Sizes } from './scaling.ts';
import { conditionOf, countedStatus, deadlineMs, isComplete, rolloutStatus, withCondition } from './status.ts';

const reads = {
  deployments: read(deployments, { wakes: (deployment) => [keyOf(deployment)] }),
  replicaSets: read(replicaSets, {
    indexes: ownershipIndexes,
    wakes: (set, view) =>
      ownersToWake(set, {
        kind: 'Deployment',
        group: 'apps',
        view: view['deployments'] as ResourceView<Deployment>,
        selects: (owner, object) => selects(owner.spec?.selector, object),
      }),
  }),
  // Recreate waits for the last old pod to be gone.
  pods: read(pods, {
    indexes: ownershipIndexes,
    wakes: (pod, view, { object }) =>
      object === undefined ? recreating(controllerOf(pod)?.name, pod.metadata.namespace, view) : [],
  }),
};
type DeploymentView = ViewOf<typeof reads>;

export const deployment = defineController({
  name: 'deployment-controller',
  reads,
  restMs: 10,
  plan(view, key, now) {
    const owner = view.deployments.get(key);
    if (owner === undefined) return nothing;
    const selector = labelSelectorFromSpec(owner.spec?.selector);
    if (selector.empty) return selectingAll(owner);
    const { claimed, actions } = claim(owner, selector, { resource: replicaSets, view: view.replicaSets }, deployments);
    if (actions.length > 0) return { actions };
    const rollout = rolloutOf(owner, claimed, now);
    if (owner.metadata.deletionTimestamp !== undefined)
      return { actions: statusChange(owner, { ...owner, status: countedStatus(rollout) }) };
    const paused = pausedStatus(owner, now);
    if (paused !== undefined) return { actions: [statusAction({ ...owner, status: paused })] };
    return step(view, rollout);
  },
});

function recreating(setName: string | undefined, namespace: string | undefined, view: View): readonly string[] {
  const set = view['replicaSets']?.get(objectKey(namespace, setName ?? ''));
  const owner = set === undefined ? undefined : controllerOf(set);
  const key = objectKey(namespace, owner?.name ?? '');
  const found = view['deployments']?.get(key) as ReadDeployment | undefined;
  return found?.spec?.strategy?.type === 'Recreate' ? [key] : [];
}

function selectingAll(owner: ReadDeployment): Plan {
  const event: Action = {
    do: 'event',
    event: {
      regarding: owner,
      type: 'Warning',
      reason: 'SelectingAll',
      message: 'This deployment is selecting all pods. A non-empty selector is required.',
    },
  };
  const { generation = 0 } = owner.metadata;
  if ((owner.status?.observedGeneration ?? 0) >= generation) return { actions: [event] };
  return { actions: [event, statusAction({ ...owner, status: { ...owner.status, observedGeneration: generation } })] };
}

/** Pausing and resuming is noted under Progressing, so that the deadline does not run meanwhile. */
function pausedStatus(owner: ReadDeployment, now: number): DeploymentStatus | undefined {
  if (!hasProgressDeadline(owner)) return undefined;
  const reason = conditionOf(owner.status, 'Progressing')?.reason;
  if (reason === 'ProgressDeadlineExceeded') return undefined;
  const paused = owner.spec?.paused === true;
  if (paused === (reason === 'DeploymentPaused')) return undefined;
  const text = paused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  return withCondition(
    (owner.status ?? {}) as DeploymentStatus,
    { type: 'Progressing', status: 'Unknown', ...text },
    now,
  );
}

function step(view: DeploymentView, rollout: Rollout): Plan {
  const renewed = renewNewSet(rollout);
  if (renewed.length > 0) return { actions: renewed };
  const { deployment: owner } = rollout;
  const known = withNewSetKnown(rollout);
  if (owner.spec?.paused === true) return resize(known, scaleAll(known), owner, { cleanUp: true, counted: true });
  const revision = rollbackTo(owner);
  if (revision !== undefined) return known.newSet === undefined ? createNewSet(known) : rollBack(known, revision);
  if (isScalingEvent(known)) return resize(known, scaleAll(known), owner, { counted: true });
  return isRollingUpdate(owner) ? rollingStep(known, owner) : recreateStep(view, known, owner);
}

function rollingStep(rollout: Rollout, owner: ReadDeployment): Plan {
  if (rollout.newSet === undefined) return createNewSet(rollout);
  const grown = growNewSet(rollout);
  if (grown.size > 0) return resize(rollout, grown, owner);
  const shrunk = shrinkOldSets(rollout);
  if (shrunk.size > 0) return resize(rollout, shrunk, owner);
  return resize(rollout, new Map(), owner, { cleanUp: isComplete(owner, owner.status) });
}

function recreateStep(view: DeploymentView, rollout: Rollout, owner: ReadDeployment): Plan {
  const { newSet, oldSets } = rollout;
  const active = activeSets(oldSets);
  if (active.length > 0) return resize(rollout, new Map(active.map((set) => [set, 0])), owner);
  const running =
    sum(oldSets, ({ status }) => status?.replicas ?? 0) > 0 ||
    oldSets.some((set) => controlledBy(view.pods, set.metadata.uid).some((pod) => !isFinished(pod)));
  if (running) return resize(rollout, new Map(), owner);
  if (newSet === undefined) return createNewSet(rollout);
  return resize(rollout, wanted(newSet) === wanted(owner) ? new Map() : new Map([[newSet, wanted(owner)]]), owner, {
    cleanUp: isComplete(owner, owner.status),
  });
}

/** Keeps the new replica set's annotations and minReadySeconds at what the Deployment says. */
function renewNewSet({ deployment: owner, newSet, oldSets }: Rollout): readonly Action[] {
  if (newSet === undefined) return [];
  const annotations = newSetAnnotations(owner, newSet.metadata.annotations, nextRevision(oldSets));
  const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
  if (
    jsonEqual(annotations, newSet.metadata.annotations ?? {}) &&
    minReadySeconds === (newSet.spec?.minReadySeconds ?? 0)
  )
    return [];
  const { minReadySeconds: _, ...spec } = newSet.spec ?? {};
  const object = {
    ...newSet,
    metadata: { ...newSet.metadata, annotations },
    spec: { ...spec, ...(minReadySeconds === 0 ? {} : { minReadySeconds }) },
  } as ReadReplicaSet;
  return [{ do: 'update', resource: replicaSets, object }];
}

/** Takes over the revision of an existing new replica set, and notes that it was found. */
function withNewSetKnown(rollout: Rollout): Rollout {
  const { newSet, now } = rollout;
  if (newSet === undefined) return rollout;
  const owner = withRevision(rollout.deployment, newSet.metadata.annotations?.[revisionAnnotation]);
  if (!hasProgressDeadline(owner) || conditionOf(owner.status, 'Progressing') !== undefined)
    return { ...rollout, deployment: owner };
  const text = {
    type: 'Progressing',
    status: 'True',
    reason: 'FoundNewReplicaSet',
    message: `Found new replica set "${newSet.metadata.name ?? ''}"`,
  } as const;
  return {
    ...rollout,
    deployment: { ...owner, status: withCondition((owner.status ?? {}) as DeploymentStatus, text, now) },
  };
}

/** Writes new sizes, then the status that follows from them. `counted`: without a word about progress. */
function resize(
  rollout: Rollout,
  sizes: Sizes,
  owner: ReadDeployment,
  { cleanUp = false, counted = false } = {},
): Plan {
  const { deployment: known } = rollout;
  const actions = [...sizes].flatMap(([set, size]) => sizeChange(known, set, size));
  const sized = (set: ReadReplicaSet): ReadReplicaSet =>
    sizes.has(set) ? ({ ...set, spec: { ...set.spec, replicas: sizes.get(set) } } as ReadReplicaSet) : set;
  const after: Rollout = {
    ...rollout,
    newSet: rollout.newSet === undefined ? undefined : sized(rollout.newSet),
    oldSets: rollout.oldSets.map(sized),
  };
  const status = counted ? countedStatus(after) : rolloutStatus(after);
  const told = { ...known, status };
  const deadline = counted ? undefined : deadlineMs(told);
  return {
    actions: [...actions, ...(cleanUp ? historyCleanUp(rollout) : [])],
    after: statusChange(owner, told),
    ...(deadline === undefined ? {} : { wakeAtMs: deadline + 1000 }),
  };
}

function sizeChange(owner: ReadDeployment, set: ReadReplicaSet, size: number): readonly Action[] {
  const annotations = { ...set.metadata.annotations, ...replicasAnnotations(owner) };
  const before = wanted(set);
  if (size === before && jsonEqual(annotations, set.metadata.annotations)) return [];
  const object = {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, replicas: size },
  } as ReadReplicaSet;
  const message = `Scaled ${size > before ? 'up' : 'down'} replica set ${set.metadata.name ?? ''} from ${before} to ${size}`;
  const event: Action = {
    do: 'event',
    event: { regarding: owner, type: 'Normal', reason: 'ScalingReplicaSet', message },
  };
  return [{ do: 'update', resource: replicaSets, object, onDone: () => (size === before ? [] : [event]) }];
}

/** Deletes the oldest revisions beyond the limit, but none that still has pods. */
function historyCleanUp({ deployment: owner, oldSets }: Rollout): readonly Action[] {
  if (!hasHistoryLimit(owner)) return [];
  const alive = oldSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const excess = alive.length - (owner.spec?.revisionHistoryLimit ?? 0);
  if (excess <= 0) return [];
  const oldest = alive.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, excess);
  const idle = oldest.filter(
    (set) =>
      wanted(set) === 0 &&
      (set.status?.replicas ?? 0) === 0 &&
      (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
  );
  return idle.map(({ metadata: { namespace, name = '', uid = '' } }) => ({
    do: 'delete',
    resource: replicaSets,
    key: { namespace, name },
    options: { uid },
  }));
}

function statusChange(before: ReadDeployment, after: ReadDeployment): readonly Action[] {
  const same =
    jsonEqual(before.status ?? {}, after.status ?? {}) &&
    before.metadata.annotations?.[revisionAnnotation] === after.metadata.annotations?.[revisionAnnotation];
  return same ? [] : [statusAction(after)];
}
