/** Why a pod could not be scheduled, in upstream's words. The reasons are sorted as texts, counts included. */
import type { Failure } from './framework.ts';

export const noNodes = 'no nodes available to schedule pods';

export interface FitFailure {
  readonly nodeCount: number;
  /** The reasons by node; nodes that are missing all have those of `others`. */
  readonly failures: ReadonlyMap<string, Failure>;
  readonly others?: Failure | undefined;
  /** A refusal that holds for every node, in place of reasons by node. */
  readonly refused?: Failure | undefined;
  /** What the plugins that look for a way out said. */
  readonly postFilter?: string;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …` */
export function fitFailureText({ nodeCount, failures, others, refused, postFilter = '' }: FitFailure): string {
  let text = `0/${nodeCount} nodes are available:`;
  if (refused !== undefined) {
    const all = refused.reasons.join(', ');
    if (all !== '') text += ` ${all}.`;
  } else {
    const reasons = countedReasons(failures, others, nodeCount);
    if (reasons.length > 0) text += ` ${reasons.join(', ')}.`;
  }
  return postFilter === '' ? text : `${text} ${postFilter}`;
}

function countedReasons(
  failures: ReadonlyMap<string, Failure>,
  others: Failure | undefined,
  nodeCount: number,
): string[] {
  const counts = new Map<string, number>();
  const count = (reason: string, nodes: number): void => void counts.set(reason, (counts.get(reason) ?? 0) + nodes);
  for (const { reasons } of failures.values()) for (const reason of reasons) count(reason, 1);
  if (nodeCount > failures.size) for (const reason of others?.reasons ?? []) count(reason, nodeCount - failures.size);
  return [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).toSorted((a, b) => (a < b ? -1 : 1));
}
