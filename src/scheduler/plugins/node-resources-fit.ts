/**
 * A node must have left what the pod asks for. Of those that do, the ones with the largest share left come first
 * (LeastAllocated over CPU and memory).
 */
import { definePlugin, scoreMax, type Failure, type NodeFilter, type NodeScorer } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Requests } from '../requests.ts';

const name = 'NodeResourcesFit';

const resources = ['cpu', 'memory', 'ephemeral-storage'] as const;

/** Bits of what is lacking, beside one for each of `resources`. */
const tooManyPods = 8;
/** No victim helps. */
const hopeless = 16;

/** The failures without extended resources, by what is lacking: the same few come again and again, on thousands of nodes. */
const failures: readonly Failure[] = Array.from({ length: 32 }, (_, lacking) => {
  const insufficient = resources
    .filter((__, bit) => (lacking & (1 << bit)) !== 0)
    .map((resource) => `Insufficient ${resource}`);
  const reasons = (lacking & tooManyPods) === 0 ? insufficient : ['Too many pods', ...insufficient];
  return { plugin: name, reasons, unresolvable: (lacking & hopeless) !== 0 };
});

function lacks(
  bit: number,
  asked: number,
  { requested, allocatable }: { readonly requested: number; readonly allocatable: number },
): number {
  if (asked === 0 || asked <= allocatable - requested) return 0;
  return asked > allocatable ? bit | hopeless : bit;
}

function check(requests: Requests, node: NodeInfo): Failure | undefined {
  const { allocatable } = node;
  let lacking = node.pods.size < node.allowedPods ? 0 : tooManyPods;
  lacking |= lacks(1, requests.milliCpu, { requested: node.requestedMilliCpu, allocatable: allocatable.milliCpu });
  lacking |= lacks(2, requests.memory, { requested: node.requestedMemory, allocatable: allocatable.memory });
  lacking |= lacks(4, requests.ephemeralStorage, {
    requested: node.requestedEphemeralStorage,
    allocatable: allocatable.ephemeralStorage,
  });
  if (requests.scalars !== undefined) return withScalars(lacking, requests.scalars, node);
  return lacking === 0 ? undefined : failures[lacking];
}

function withScalars(lacking: number, scalars: ReadonlyMap<string, number>, node: NodeInfo): Failure | undefined {
  const reasons: string[] = [];
  let all = lacking;
  for (const [resource, asked] of scalars) {
    const of = {
      requested: node.requestedScalars.get(resource) ?? 0,
      allocatable: node.allocatable.scalars?.get(resource) ?? 0,
    };
    const lacked = lacks(1, asked, of);
    if (lacked !== 0) reasons.push(`Insufficient ${resource}`);
    all |= lacked & hopeless;
  }
  if (reasons.length === 0) return lacking === 0 ? undefined : failures[lacking];
  const others = lacking === 0 ? [] : (failures[lacking]?.reasons ?? []);
  return { plugin: name, reasons: [...others, ...reasons], unresolvable: (all & hopeless) !== 0 };
}

/** The share that is left of what there is, from 0 to 100. */
function leftOver(requested: number, capacity: number): number {
  return requested > capacity ? 0 : Math.floor(((capacity - requested) * scoreMax) / capacity);
}

export const nodeResourcesFit = definePlugin({
  name,
  preFilter: ({ requests }): NodeFilter => ({ check: (node) => check(requests, node) }),
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
