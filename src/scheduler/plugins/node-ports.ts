/** No two pods have the same host port on a node. */
import { definePlugin, type Failure, type NodeFilter } from '../framework.ts';
import { portsClash } from '../node-info.ts';

const failure: Failure = {
  plugin: 'NodePorts',
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
};

export const nodePorts = definePlugin({
  name: 'NodePorts',
  preFilter({ hostPorts }): NodeFilter | undefined {
    if (hostPorts.length === 0) return undefined;
    return {
      check({ podsWithPorts }) {
        for (const other of podsWithPorts) if (portsClash(hostPorts, other.hostPorts)) return failure;
        return undefined;
      },
    };
  },
  wokenBy: ['nodeAdd', 'assignedPodDelete'],
});
