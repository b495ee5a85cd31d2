/**
 * Where the pods are that somebody asked about: pods that pass a test, pods that have a term of affinity. Counted once when
 * first asked, then kept up to date pod by pod, so that spreading and affinity cost nodes and never pods.
 *
 * What always holds: each count is that of the pods on nodes right now; a node without any is not in the map.
 */
import type { PlacedTerm, TermKind } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { AffinityTerm, PodInfo } from './pod-info.ts';

interface Counter {
  readonly test: (pod: PodInfo) => boolean;
  readonly nodes: Map<NodeInfo, number>;
}

interface PlacedPod {
  readonly pod: PodInfo;
  readonly node: NodeInfo;
}

/** Tests beyond these are forgotten, the one not asked for longest first, and counted anew when asked again. */
const countersMax = 128;

function bump(nodes: Map<NodeInfo, number>, node: NodeInfo, by: number): void {
  const count = (nodes.get(node) ?? 0) + by;
  if (count === 0) nodes.delete(node);
  else nodes.set(node, count);
}

export class PodCounters {
  readonly #counters = new Map<string, Counter>();

  get(key: string, test: (pod: PodInfo) => boolean, placed: Iterable<PlacedPod>): ReadonlyMap<NodeInfo, number> {
    const known = this.#counters.get(key);
    if (known !== undefined) {
      this.#counters.delete(key);
      this.#counters.set(key, known);
      return known.nodes;
    }
    const nodes = new Map<NodeInfo, number>();
    for (const { pod, node } of placed) if (test(pod)) bump(nodes, node, 1);
    this.#counters.set(key, { test, nodes });
    const oldest = this.#counters.keys().next();
    if (this.#counters.size > countersMax && oldest.done !== true) this.#counters.delete(oldest.value);
    return nodes;
  }

  count(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    for (const { test, nodes } of this.#counters.values()) if (test(pod)) bump(nodes, node, sign);
  }
}

interface CountedTerm extends PlacedTerm {
  readonly nodes: Map<NodeInfo, number>;
}

export class PlacedTerms {
  readonly #terms = new Map<string, CountedTerm>();

  get all(): Iterable<PlacedTerm> {
    return this.#terms.values();
  }

  count(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    if (!pod.hasAffinity) return;
    this.#countAll('requiredAffinity', pod.affinity.required, node, sign);
    this.#countAll('preferredAffinity', pod.affinity.preferred, node, sign);
    this.#countAll('requiredAntiAffinity', pod.antiAffinity.required, node, sign);
    this.#countAll('preferredAntiAffinity', pod.antiAffinity.preferred, node, sign);
  }

  #countAll(kind: TermKind, terms: readonly AffinityTerm[], node: NodeInfo, sign: 1 | -1): void {
    for (const term of terms) {
      const key = `${kind}|${term.id}`;
      const known = this.#terms.get(key);
      const counted: CountedTerm = known ?? { kind, term, nodes: new Map() };
      if (known === undefined) this.#terms.set(key, counted);
      bump(counted.nodes, node, sign);
      if (counted.nodes.size === 0) this.#terms.delete(key);
    }
  }
}
