/**
 * A node must have left what the pod asks for. Of those that do, the ones with the largest share left come first
 * (LeastAllocated over CPU and memory).
 */
import { definePlugin, scoreMax, type Failure, type NodeFilter, type NodeScorer } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Requests } from '../requests.ts';

const name = 'NodeResourcesFit';

/** The same few failures come again and again, on thousands of nodes. */
class Failures {
  readonly #known = new Map<string, Failure>();

  get(reasons: readonly string[], unresolvable: boolean): Failure {
    const key = `${unresolvable}${reasons.join()}`;
    let failure = this.#known.get(key);
    if (failure === undefined) this.#known.set(key, (failure = { plugin: name, reasons, unresolvable }));
    return failure;
  }
}

function insufficient(
  requests: Requests,
  node: NodeInfo,
): { readonly reasons: readonly string[]; readonly unresolvable: boolean } | undefined {
  const reasons: string[] = [];
  let unresolvable = false;
  if (node.pods.size + 1 > node.allowedPods) reasons.push('Too many pods');
  const compare = (resource: string, asked: number, requested: number, allocatable: number): void => {
    if (asked === 0 || asked <= allocatable - requested) return;
    reasons.push(`Insufficient ${resource}`);
    if (asked > allocatable) unresolvable = true;
  };
  compare('cpu', requests.milliCpu, node.requestedMilliCpu, node.allocatable.milliCpu);
  compare('memory', requests.memory, node.requestedMemory, node.allocatable.memory);
  compare(
    'ephemeral-storage',
    requests.ephemeralStorage,
    node.requestedEphemeralStorage,
    node.allocatable.ephemeralStorage,
  );
  for (const [resource, asked] of requests.scalars ?? [])
    compare(resource, asked, node.requestedScalars.get(resource) ?? 0, node.allocatable.scalars?.get(resource) ?? 0);
  return reasons.length === 0 ? undefined : { reasons, unresolvable };
}

/** The common case without a detour: everything there is room for. */
function fits(requests: Requests, node: NodeInfo): boolean {
  const { allocatable } = node;
  return (
    node.pods.size < node.allowedPods &&
    (requests.milliCpu === 0 || requests.milliCpu <= allocatable.milliCpu - node.requestedMilliCpu) &&
    (requests.memory === 0 || requests.memory <= allocatable.memory - node.requestedMemory) &&
    (requests.ephemeralStorage === 0 ||
      requests.ephemeralStorage <= allocatable.ephemeralStorage - node.requestedEphemeralStorage) &&
    requests.scalars === undefined
  );
}

/** The share that is left of what there is, from 0 to 100. */
function leftOver(requested: number, capacity: number): number {
  return requested > capacity ? 0 : Math.floor(((capacity - requested) * scoreMax) / capacity);
}

export const nodeResourcesFit = definePlugin({
  name,
  preFilter({ requests }): NodeFilter {
    const failures = new Failures();
    return {
      check(node) {
        if (fits(requests, node)) return undefined;
        const lacking = insufficient(requests, node);
        return lacking === undefined ? undefined : failures.get(lacking.reasons, lacking.unresolvable);
      },
    };
  },
  preScore: ({ scored }): NodeScorer => ({
    score(node) {
      const { milliCpu, memory } = node.allocatable;
      if (milliCpu === 0 && memory === 0) return 0;
      if (milliCpu === 0) return leftOver(node.scoredMemory + scored.memory, memory);
      const cpu = leftOver(node.scoredMilliCpu + scored.milliCpu, milliCpu);
      if (memory === 0) return cpu;
      return Math.floor((cpu + leftOver(node.scoredMemory + scored.memory, memory)) / 2);
    },
  }),
  wokenBy: ['nodeAdd', 'nodeAllocatable', 'assignedPodDelete', 'assignedPodScaleDown'],
});
