/** No two pods have the same host port on a node. */
import type { Failure, NodeFilter, Plugin } from '../framework.ts';
import { portsClash } from '../node-info.ts';

const failure: Failure = { plugin: 'NodePorts', reasons: ["node(s) didn't have free ports for the requested pod ports"], unresolvable: false };

export const nodePorts: Plugin = {
  name: 'NodePorts',
  preFilter({ hostPorts }): NodeFilter | undefined {
    if (hostPorts.length === 0) return undefined;
    return { check: ({ podsWithPorts }) => (podsWithPorts.some((other) => portsClash(hostPorts, other.hostPorts)) ? failure : undefined) };
  },
  wokenBy: ['nodeAdd', 'assignedPodDelete'],
};
