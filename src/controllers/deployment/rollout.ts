/**
 * What a Deployment's plan works on: the Deployment, its replica sets sorted into the new one and the old ones, and how many
 * pods more or less than wanted a rollout may have.
 */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import type { Deployment, IntOrString, PodTemplateSpec, ReplicaSet } from '../../api/mod.ts';
import { timeMs } from '../pod-state.ts';

export type ReadDeployment = DeepReadonly<Deployment>;
export type ReadReplicaSet = DeepReadonly<ReplicaSet>;

export const hashLabel = 'pod-template-hash';
const unlimited = 2_147_483_647;

export interface Rollout {
  readonly deployment: ReadDeployment;
  readonly newSet: ReadReplicaSet | undefined;
  /** All that are not the new one, oldest first. */
  readonly oldSets: readonly ReadReplicaSet[];
  readonly now: number;
}

export function rolloutOf(deployment: ReadDeployment, sets: readonly ReadReplicaSet[], now: number): Rollout {
  const byAge = sets.toSorted(olderFirst);
  const newSet = byAge.find(({ spec }) => sameTemplate(spec?.template, deployment.spec?.template));
  return { deployment, newSet, oldSets: byAge.filter((set) => set !== newSet), now };
}

export function allSets({ newSet, oldSets }: Rollout): readonly ReadReplicaSet[] {
  return newSet === undefined ? oldSets : [...oldSets, newSet];
}

/** Those that still want pods. */
export function activeSets(sets: readonly ReadReplicaSet[]): readonly ReadReplicaSet[] {
  return sets.filter((set) => wanted(set) > 0);
}

/** `spec.replicas`. */
export function wanted(object: ReadReplicaSet | ReadDeployment): number {
  return object.spec?.replicas ?? 0;
}

export function sum(sets: readonly ReadReplicaSet[], count: (set: ReadReplicaSet) => number): number {
  return sets.reduce((total, set) => total + count(set), 0);
}

export function olderFirst(a: ReadReplicaSet, b: ReadReplicaSet): number {
  const difference = (timeMs(a.metadata.creationTimestamp) ?? 0) - (timeMs(b.metadata.creationTimestamp) ?? 0);
  if (difference !== 0) return difference;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

/** Equal but for the label that the controller itself adds. */
export function sameTemplate(
  a: DeepReadonly<PodTemplateSpec> | undefined,
  b: DeepReadonly<PodTemplateSpec> | undefined,
): boolean {
  return jsonEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): unknown {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

export function isRollingUpdate({ spec }: ReadDeployment): boolean {
  return spec?.strategy?.type !== 'Recreate';
}

/** How many pods more than wanted there may be. */
export function maxSurge(deployment: ReadDeployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** How many of the wanted pods may be missing. */
export function maxUnavailable(deployment: ReadDeployment): number {
  if (!isRollingUpdate(deployment) || wanted(deployment) === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, wanted(deployment));
}

/** Surge rounds up, unavailability down; if both come to nothing one pod may be missing, or there would be no progress. */
function fenceposts(deployment: ReadDeployment): { surge: number; unavailable: number } {
  const { maxSurge: surgeText, maxUnavailable: unavailableText } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaled(surgeText, wanted(deployment), Math.ceil);
  const unavailable = scaled(unavailableText, wanted(deployment), Math.floor);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

function scaled(value: IntOrString | undefined, total: number, round: (value: number) => number): number {
  if (typeof value === 'string') return value.endsWith('%') ? round((Number.parseInt(value, 10) * total) / 100) : 0;
  return value ?? 0;
}

export function hasProgressDeadline({ spec }: ReadDeployment): boolean {
  return spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== unlimited;
}

export function hasHistoryLimit({ spec }: ReadDeployment): boolean {
  return spec?.revisionHistoryLimit !== undefined && spec.revisionHistoryLimit !== unlimited;
}
