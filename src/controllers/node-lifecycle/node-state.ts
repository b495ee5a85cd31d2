/** A node as its life is judged: its Ready condition, its zone, and the taints that controllers put on it. */
import type { DeepReadonly } from '../../base/mod.ts';
import type { Node, NodeCondition, Taint } from '../../api/mod.ts';
import { nodes } from '../../api/mod.ts';
import type { Action } from '../../client/mod.ts';

export type ReadNode = DeepReadonly<Node>;
export type ReadTaint = DeepReadonly<Taint>;
export type Readiness = 'True' | 'False' | 'Unknown';

export const notReadyTaint = 'node.kubernetes.io/not-ready';
export const unreachableTaint = 'node.kubernetes.io/unreachable';

export function nodeCondition({ status }: ReadNode, type: string): DeepReadonly<NodeCondition> | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function readiness(node: ReadNode): Readiness | undefined {
  return nodeCondition(node, 'Ready')?.status as Readiness | undefined;
}

/** Region and zone; nodes that name neither are a zone of their own. */
export function zoneOf({ metadata: { labels = {} } }: ReadNode): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`;
}

/** The key of the taint that a node that is not ready should evict by. */
export function evictingTaint(node: ReadNode): string | undefined {
  const ready = readiness(node);
  if (ready === undefined || ready === 'True') return undefined;
  return ready === 'False' ? notReadyTaint : unreachableTaint;
}

export function isEvicting({ key, effect }: ReadTaint): boolean {
  return effect === 'NoExecute' && (key === notReadyTaint || key === unreachableTaint);
}

/** Writes the taints of exactly this revision of the node. */
export function taintsChange(
  { metadata: { name = '', resourceVersion } }: ReadNode,
  taints: readonly ReadTaint[],
): Action {
  return {
    do: 'patch',
    resource: nodes,
    key: { name },
    patch: {
      type: 'merge',
      body: { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } },
    },
    tolerates: ({ reason }) => reason === 'NotFound',
  };
}
