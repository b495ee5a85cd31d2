/** What controllers ask of a pod, in upstream's terms: active, ready, available. */
import type { DeepReadonly } from '../base/mod.ts';
import type { Pod, PodCondition } from '../api/mod.ts';

type ReadPod = DeepReadonly<Pod>;

export function podCondition(pod: ReadPod, type: string): DeepReadonly<PodCondition> | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** Succeeded or Failed: it will not run again. */
export function isFinished({ status }: ReadPod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Counts as a replica: neither finished nor going away. */
export function isActive(pod: ReadPod): boolean {
  return !isFinished(pod) && !isDeleting(pod);
}

export function isDeleting({ metadata }: ReadPod): boolean {
  return (metadata.deletionTimestamp ?? '') !== '';
}

export function isReady(pod: ReadPod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Since when the pod is ready, in milliseconds since the epoch. */
export function readySinceMs(pod: ReadPod): number | undefined {
  const condition = podCondition(pod, 'Ready');
  return condition?.status === 'True' ? timeMs(condition.lastTransitionTime) : undefined;
}

/** When the pod has been ready for long enough; undefined while it is not ready. */
export function availableAtMs(pod: ReadPod, minReadySeconds: number): number | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  const since = readySinceMs(pod);
  return since === undefined ? undefined : since + minReadySeconds * 1000;
}

/** A time of the API in milliseconds since the epoch; undefined where it is not set. */
export function timeMs(time: string | null | undefined): number | undefined {
  return time === undefined || time === null || time === '' ? undefined : Date.parse(time);
}
