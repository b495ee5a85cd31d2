/**
 * Where the pods are that somebody asked about: pods that pass a test, pods that have a term of affinity. Counted once when
 * first asked, then kept up to date pod by pod, so that spreading and affinity cost neither pods nor nodes.
 *
 * What always holds: each count is that of the pods on nodes right now; a place without any is not in the map. Domains are
 * those of the nodes' labels: whoever changes these calls `forgetDomains`.
 */
import type { PlacedTerm, PodCounts, TermKind } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { AffinityTerm, PodInfo } from './pod-info.ts';

interface PlacedPod {
  readonly pod: PodInfo;
  readonly node: NodeInfo;
}

function bump<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

class Counts implements PodCounts {
  readonly onNodes = new Map<NodeInfo, number>();
  readonly #domains = new Map<string, Map<string, number>>();
  total = 0;

  inDomains(topologyKey: string): ReadonlyMap<string, number> {
    let domains = this.#domains.get(topologyKey);
    if (domains !== undefined) return domains;
    this.#domains.set(topologyKey, (domains = new Map()));
    for (const [{ labels }, count] of this.onNodes) {
      const domain = labels[topologyKey];
      if (domain !== undefined) bump(domains, domain, count);
    }
    return domains;
  }

  count(node: NodeInfo, sign: 1 | -1): void {
    this.total += sign;
    bump(this.onNodes, node, sign);
    for (const [topologyKey, domains] of this.#domains) {
      const domain = node.labels[topologyKey];
      if (domain !== undefined) bump(domains, domain, sign);
    }
  }

  forgetDomains(): void {
    this.#domains.clear();
  }
}

/** Tests beyond these are forgotten, the one not asked for longest first, and counted anew when asked again. */
const countersMax = 128;

export class PodCounters {
  readonly #counters = new Map<string, { readonly test: (pod: PodInfo) => boolean; readonly counts: Counts }>();

  get(key: string, test: (pod: PodInfo) => boolean, placed: Iterable<PlacedPod>): PodCounts {
    const known = this.#counters.get(key);
    if (known !== undefined) {
      this.#counters.delete(key);
      this.#counters.set(key, known);
      return known.counts;
    }
    const counts = new Counts();
    for (const { pod, node } of placed) if (test(pod)) counts.count(node, 1);
    this.#counters.set(key, { test, counts });
    const oldest = this.#counters.keys().next();
    if (this.#counters.size > countersMax && oldest.done !== true) this.#counters.delete(oldest.value);
    return counts;
  }

  count(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    for (const { test, counts } of this.#counters.values()) if (test(pod)) counts.count(node, sign);
  }

  forgetDomains(): void {
    for (const { counts } of this.#counters.values()) counts.forgetDomains();
  }
}

interface CountedTerm extends PlacedTerm {
  readonly pods: Counts;
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

  forgetDomains(): void {
    for (const { pods } of this.#terms.values()) pods.forgetDomains();
  }

  #countAll(kind: TermKind, terms: readonly AffinityTerm[], node: NodeInfo, sign: 1 | -1): void {
    for (const term of terms) {
      const key = `${kind}|${term.id}`;
      const known = this.#terms.get(key);
      const counted: CountedTerm = known ?? { kind, term, pods: new Counts() };
      if (known === undefined) this.#terms.set(key, counted);
      counted.pods.count(node, sign);
      if (counted.pods.total === 0) this.#terms.delete(key);
    }
  }
}
