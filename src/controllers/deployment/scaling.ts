/**
 * How many replicas each replica set gets. Pure arithmetic on numbers: nothing here knows how a size is written.
 *
 * What always holds in a rolling update: never more pods than wanted plus `maxSurge`, and never scaled below wanted minus
 * `maxUnavailable` available ones.
 */
import { desiredReplicas, maxReplicas } from './revisions.ts';
import {
  activeSets,
  allSets,
  isRollingUpdate,
  maxSurge,
  maxUnavailable,
  olderFirst,
  sum,
  wanted,
  type ReadDeployment,
  type ReadReplicaSet,
  type Rollout,
} from './rollout.ts';

/** New sizes; a set that is not named keeps its own. */
export type Sizes = ReadonlyMap<ReadReplicaSet, number>;

const available = (set: ReadReplicaSet): number => set.status?.availableReplicas ?? 0;

/** Whether the Deployment's size was changed since its replica sets were last scaled. */
export function isScalingEvent(rollout: Rollout): boolean {
  return activeSets(allSets(rollout)).some((set) => {
    const desired = desiredReplicas(set);
    return desired !== undefined && desired !== wanted(rollout.deployment);
  });
}

/** The size that a new replica set is made with, or grows to next. */
export function newSetSize(deployment: ReadDeployment, sets: readonly ReadReplicaSet[], current: number): number {
  if (!isRollingUpdate(deployment)) return wanted(deployment);
  const room = wanted(deployment) + maxSurge(deployment) - sum(sets, wanted);
  return room <= 0 ? current : current + Math.min(room, wanted(deployment) - current);
}

/** The next step of a rolling update for the new replica set; undefined when it has its size. */
export function growNewSet(rollout: Rollout): Sizes {
  const { deployment, newSet } = rollout;
  if (newSet === undefined || wanted(newSet) === wanted(deployment)) return new Map();
  const size =
    wanted(newSet) > wanted(deployment) ? wanted(deployment) : newSetSize(deployment, allSets(rollout), wanted(newSet));
  return size === wanted(newSet) ? new Map() : new Map([[newSet, size]]);
}

/** The next step of a rolling update for the old ones: first those pods that do not work anyway, then what can be spared. */
export function shrinkOldSets(rollout: Rollout): Sizes {
  const { deployment, newSet, oldSets } = rollout;
  const sizes = new Map<ReadReplicaSet, number>();
  const old = activeSets(oldSets);
  if (old.length === 0) return sizes;
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const minAvailable = wanted(deployment) - maxUnavailable(deployment);
  const newUnavailable = newSet === undefined ? 0 : wanted(newSet) - available(newSet);
  let spare = sum(all, wanted) - minAvailable - newUnavailable;
  for (const set of old) {
    const down = Math.min(Math.max(0, spare), wanted(set) - available(set));
    if (down <= 0) continue;
    sizes.set(set, wanted(set) - down);
    spare -= down;
  }
  if (spare <= 0) return sizes;
  spare = sum(all, available) - minAvailable;
  for (const set of old) {
    const size = sizes.get(set) ?? wanted(set);
    const down = Math.min(Math.max(0, spare), size);
    if (down <= 0) continue;
    sizes.set(set, size - down);
    spare -= down;
  }
  return sizes;
}

/** The sizes after the Deployment's own size changed: in the middle of a rollout each set keeps its share. */
export function scaleAll(rollout: Rollout): Sizes {
  const { deployment, newSet, oldSets } = rollout;
  const only = activeOrLatest(rollout);
  if (only !== undefined) return new Map([[only, wanted(deployment)]]);
  if (newSet !== undefined && isSaturated(deployment, newSet))
    return new Map(activeSets(oldSets).map((set) => [set, 0]));
  return isRollingUpdate(deployment) ? proportional(rollout) : new Map();
}

function proportional(rollout: Rollout): Sizes {
  const { deployment } = rollout;
  const sets = activeSets(allSets(rollout));
  const allowed = wanted(deployment) > 0 ? wanted(deployment) + maxSurge(deployment) : 0;
  const toAdd = allowed - sum(sets, wanted);
  // Growing favours the newer of two equal ones, shrinking takes from the older one.
  const bySize = sets.toSorted((a, b) => wanted(b) - wanted(a) || (toAdd > 0 ? olderFirst(b, a) : olderFirst(a, b)));
  const sizes = new Map<ReadReplicaSet, number>();
  let added = 0;
  for (const set of bySize) {
    const share = toAdd === 0 ? 0 : shareOf(deployment, set, toAdd - added);
    sizes.set(set, wanted(set) + share);
    added += share;
  }
  const [largest] = bySize;
  if (largest !== undefined && toAdd !== 0) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return sizes;
}

function shareOf(deployment: ReadDeployment, set: ReadReplicaSet, left: number): number {
  if (left === 0 || wanted(set) === 0) return 0;
  const fraction = fractionOf(deployment, set);
  return left > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

/** How much a replica set would grow if it kept its share of the Deployment's greatest size. */
function fractionOf(deployment: ReadDeployment, set: ReadReplicaSet): number {
  if (wanted(deployment) === 0) return -wanted(set);
  const before = maxReplicas(set) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((wanted(set) * (wanted(deployment) + maxSurge(deployment))) / before) - wanted(set);
}

/** The one set that a change of size concerns; undefined in the middle of a rollout. */
function activeOrLatest({ newSet, oldSets }: Rollout): ReadReplicaSet | undefined {
  const active = activeSets(newSet === undefined ? oldSets : [...oldSets, newSet]);
  if (active.length === 0) return newSet ?? oldSets.at(-1);
  return active.length === 1 ? active[0] : undefined;
}

function isSaturated(deployment: ReadDeployment, newSet: ReadReplicaSet): boolean {
  return (
    wanted(newSet) === wanted(deployment) &&
    desiredReplicas(newSet) === wanted(deployment) &&
    available(newSet) === wanted(deployment)
  );
}
