/**
 * Which pods go first when there are too many: what serves least is deleted first, and where nothing tells two pods apart
 * the order is random but the same every time (by uid), so that no node is emptied systematically.
 *
 * Ages are compared by their order of magnitude: of pods that became ready within the same doubling of time none is "newer".
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { Pod } from '../api/mod.ts';
import { isReady, readySinceMs, timeMs } from './pod-state.ts';

type ReadPod = DeepReadonly<Pod>;

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phases = ['Pending', 'Unknown', 'Running'];

interface Ranked {
  readonly pod: ReadPod;
  /** Precomputed, in the order in which they decide; the smaller one goes first. */
  readonly ranks: readonly number[];
}

/** The pods in the order of their deletion. `related` are the pods of all replica sets with the same owner. */
export function podsByDeletionOrder(pods: readonly ReadPod[], related: readonly ReadPod[], now: number): ReadPod[] {
  const onNode = new Map<string, number>();
  for (const { spec } of related) onNode.set(spec?.nodeName ?? '', (onNode.get(spec?.nodeName ?? '') ?? 0) + 1);
  const ranked = pods.map((pod): Ranked => ({
    pod,
    ranks: ranksOf(pod, onNode.get(pod.spec?.nodeName ?? '') ?? 0, now),
  }));
  return ranked.toSorted(compare).map(({ pod }) => pod);
}

function ranksOf(pod: ReadPod, doubledUp: number, now: number): number[] {
  const { regular, sidecar } = restartsOf(pod);
  return [
    (pod.spec?.nodeName ?? '') === '' ? 0 : 1,
    phases.indexOf(pod.status?.phase ?? '') + 1,
    isReady(pod) ? 1 : 0,
    deletionCost(pod),
    -doubledUp,
    isReady(pod) ? magnitude(readySinceMs(pod), now) : 0,
    -regular,
    -sidecar,
    magnitude(timeMs(pod.metadata.creationTimestamp), now),
  ];
}

function compare(a: Ranked, b: Ranked): number {
  for (const [i, rank] of a.ranks.entries()) {
    const difference = rank - (b.ranks[i] ?? 0);
    if (difference !== 0) return difference;
  }
  const [left = '', right = ''] = [a.pod.metadata.uid, b.pod.metadata.uid];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The base-2 logarithm of an age in nanoseconds; an unknown time is the newest. */
function magnitude(sinceMs: number | undefined, now: number): number {
  return sinceMs === undefined || sinceMs >= now ? -1 : Math.trunc(Math.log2((now - sinceMs) * 1e6));
}

function deletionCost({ metadata }: ReadPod): number {
  const text = metadata.annotations?.[deletionCostAnnotation] ?? '';
  return /^(0|-?[1-9][0-9]*)$/.test(text) && Math.abs(Number(text)) <= 2 ** 31 ? Number(text) : 0;
}

function restartsOf({ status }: ReadPod): { regular: number; sidecar: number } {
  const most = (statuses: readonly { readonly restartCount: number }[] = []): number =>
    statuses.reduce((max, { restartCount }) => Math.max(max, restartCount), 0);
  return { regular: most(status?.containerStatuses), sidecar: most(status?.initContainerStatuses) };
}
