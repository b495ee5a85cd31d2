/** Cordoned nodes take nobody who does not tolerate it. */
import { definePlugin, type Failure, type NodeFilter } from '../framework.ts';
import { tolerated } from '../taints.ts';

const failure: Failure = { plugin: 'NodeUnschedulable', reasons: ['node(s) were unschedulable'], unresolvable: true };
const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const nodeUnschedulable = definePlugin({
  name: 'NodeUnschedulable',
  preFilter({ tolerations }): NodeFilter | undefined {
    if (tolerated(tolerations, taint)) return undefined;
    return { check: (node) => (node.unschedulable ? failure : undefined) };
  },
  wokenBy: ['nodeAdd', 'nodeTaints'],
});
