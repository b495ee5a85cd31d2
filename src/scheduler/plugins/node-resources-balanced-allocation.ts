/**
 * Prefers nodes whose use of CPU and memory the pod brings closer together.
 *
 * The score is 75 where the pod changes nothing, up to 100 where it evens out what was one-sided, down to 50 where it makes
 * it so. https://github.com/kubernetes/kubernetes/pull/135573
 */
import { definePlugin, scoreMax, type NodeScorer } from '../framework.ts';

function fraction(requested: number, allocatable: number): number {
  return Math.min(1, requested / allocatable);
}

/** The standard deviation of two fractions. A resource that the node does not have does not count. */
function deviation(milliCpu: number, memory: number, cpuCapacity: number, memoryCapacity: number): number {
  if (cpuCapacity === 0 || memoryCapacity === 0) return 0;
  return Math.abs(fraction(milliCpu, cpuCapacity) - fraction(memory, memoryCapacity)) / 2;
}

export const nodeResourcesBalancedAllocation = definePlugin({
  name: 'NodeResourcesBalancedAllocation',
  preScore({ requests }): NodeScorer | undefined {
    // Who asks for nothing balances nothing. https://github.com/kubernetes/kubernetes/issues/129138
    if (requests.milliCpu === 0 && requests.memory === 0) return undefined;
    return {
      score(node) {
        const { milliCpu, memory } = node.allocatable;
        const without = deviation(node.requestedMilliCpu, node.requestedMemory, milliCpu, memory);
        const withPod = deviation(
          node.requestedMilliCpu + requests.milliCpu,
          node.requestedMemory + requests.memory,
          milliCpu,
          memory,
        );
        return Math.trunc(scoreMax * (0.75 + (without - withPod) / 2));
      },
    };
  },
});
