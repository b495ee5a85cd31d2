/** Cordoned nodes take nobody who does not tolerate it. */
import type { Failure, NodeFilter, Plugin } from '../framework.ts';
import { tolerated } from '../taints.ts';

const failure: Failure = { plugin: 'NodeUnschedulable', reasons: ['node(s) were unschedulable'], unresolvable: true };
const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  preFilter({ tolerations }): NodeFilter | undefined {
    if (tolerated(tolerations, taint)) return undefined;
    return { check: (node) => (node.unschedulable ? failure : undefined) };
  },
  wokenBy: ['nodeAdd', 'nodeTaints'],
};
