/**
 * Pods that want to be near others, or far from them. What is required decides, of the new pod and of those that are there;
 * what is preferred, of both, adds up to the score.
 */
import {
  definePlugin,
  scoreMax,
  type ClusterChange,
  type Failure,
  type NodeFilter,
  type NodeScorer,
  type PodCounts,
  type Snapshot,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { termMatches, type AffinityTerm, type PodInfo } from '../pod-info.ts';

const name = 'InterPodAffinity';
const noAffinity: Failure = { plugin: name, reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
const ownAntiAffinity: Failure = {
  plugin: name,
  reasons: ["node(s) didn't match pod anti-affinity rules"],
  unresolvable: false,
};
const othersAntiAffinity: Failure = {
  plugin: name,
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  unresolvable: false,
};
/** What a required term of a pod that is there is worth to pods it speaks of. */
const requiredWeight = 1;

type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined;

/** Sums by topology key and domain, over counts that others keep: putting one together costs nothing. */
class Tally {
  readonly #byKey = new Map<string, { readonly domains: ReadonlyMap<string, number>; readonly weight: number }[]>();

  get empty(): boolean {
    return this.#byKey.size === 0;
  }

  add(topologyKey: string, domains: ReadonlyMap<string, number>, weight = 1): void {
    if (domains.size === 0) return;
    const parts = this.#byKey.get(topologyKey);
    if (parts === undefined) this.#byKey.set(topologyKey, [{ domains, weight }]);
    else parts.push({ domains, weight });
  }

  /** In the domain of one node. */
  addOne({ labels }: NodeInfo, topologyKey: string, amount: number): void {
    const domain = labels[topologyKey];
    if (domain !== undefined) this.add(topologyKey, new Map([[domain, amount]]));
  }

  get(topologyKey: string, domain: string): number {
    let sum = 0;
    for (const { domains, weight } of this.#byKey.get(topologyKey) ?? []) sum += weight * (domains.get(domain) ?? 0);
    return sum;
  }

  get keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** Over all keys, for the domains that the node is in. */
  sum({ labels }: NodeInfo): number {
    let sum = 0;
    for (const key of this.#byKey.keys()) {
      const domain = labels[key];
      if (domain !== undefined) sum += this.get(key, domain);
    }
    return sum;
  }
}

/** Where the pods are that matter to the one to be placed. */
interface Found {
  /** Pods that match all of its affinity terms. */
  readonly affinity: Tally;
  /** Pods that one of its anti-affinity terms speaks of. */
  readonly antiAffinity: Tally;
  /** Pods whose anti-affinity terms speak of it. */
  readonly existing: Tally;
  readonly affinityPods: number;
}

function gather(pod: PodInfo, snapshot: Snapshot): Found {
  const labelsOf: NamespaceLabels = (namespace) => snapshot.namespaceLabels(namespace);
  const found = { affinity: new Tally(), antiAffinity: new Tally(), existing: new Tally(), affinityPods: 0 };
  for (const { kind, term, pods } of snapshot.terms) {
    if (kind === 'requiredAntiAffinity' && termMatches(term, pod, labelsOf))
      found.existing.add(term.topologyKey, pods.inDomains(term.topologyKey));
  }
  const { required } = pod.affinity;
  if (required.length > 0) {
    const matching = countMatching(required, snapshot);
    for (const { topologyKey } of required) found.affinity.add(topologyKey, matching.inDomains(topologyKey));
    found.affinityPods = matching.total;
  }
  for (const term of pod.antiAffinity.required)
    found.antiAffinity.add(term.topologyKey, countMatching([term], snapshot).inDomains(term.topologyKey));
  return found;
}

/** The pods that all of the terms speak of. */
function countMatching(terms: readonly AffinityTerm[], snapshot: Snapshot): PodCounts {
  const labelsOf: NamespaceLabels = (namespace) => snapshot.namespaceLabels(namespace);
  const selecting = terms.some(({ namespaceSelector }) => namespaceSelector !== undefined);
  // Who is in the selected namespaces changes with their labels: each state of these is another question.
  const key = `affinity|${terms.map(({ id }) => id).join('&')}${selecting ? `|${snapshot.namespacesRevision}` : ''}`;
  return snapshot.counts(key, (other) => terms.every((term) => termMatches(term, other, labelsOf)));
}

/** What pods that come or go on a node change. */
function difference(
  pod: PodInfo,
  node: NodeInfo,
  { added, removed }: { readonly added: readonly PodInfo[]; readonly removed: readonly PodInfo[] },
  labelsOf: NamespaceLabels,
): Found {
  const found = { affinity: new Tally(), antiAffinity: new Tally(), existing: new Tally(), affinityPods: 0 };
  const take = (other: PodInfo, sign: 1 | -1): void => {
    for (const term of other.antiAffinity.required)
      if (termMatches(term, pod, labelsOf)) found.existing.addOne(node, term.topologyKey, sign);
    const { required } = pod.affinity;
    if (required.length > 0 && required.every((term) => termMatches(term, other, labelsOf))) {
      for (const { topologyKey } of required) found.affinity.addOne(node, topologyKey, sign);
      found.affinityPods += sign;
    }
    for (const term of pod.antiAffinity.required)
      if (termMatches(term, other, labelsOf)) found.antiAffinity.addOne(node, term.topologyKey, sign);
  };
  for (const other of added) take(other, 1);
  for (const other of removed) take(other, -1);
  return found;
}

function filterOf(pod: PodInfo, found: Found, change: Found | undefined, labelsOf: NamespaceLabels): NodeFilter {
  const sum = (which: 'affinity' | 'antiAffinity' | 'existing', key: string, domain: string): number =>
    found[which].get(key, domain) + (change?.[which].get(key, domain) ?? 0);
  // The first of a group that wants to be together may go anywhere.
  const first = (): boolean =>
    found.affinityPods + (change?.affinityPods ?? 0) === 0 &&
    pod.affinity.required.every((term) => termMatches(term, pod, labelsOf));
  const affinityHolds = ({ labels }: NodeInfo): boolean => {
    let near = true;
    for (const { topologyKey } of pod.affinity.required) {
      const domain = labels[topologyKey];
      if (domain === undefined) return false;
      if (sum('affinity', topologyKey, domain) <= 0) near = false;
    }
    return near || first();
  };
  return {
    check(node) {
      const { labels } = node;
      if (pod.affinity.required.length > 0 && !affinityHolds(node)) return noAffinity;
      for (const { topologyKey } of pod.antiAffinity.required) {
        const domain = labels[topologyKey];
        if (domain !== undefined && sum('antiAffinity', topologyKey, domain) > 0) return ownAntiAffinity;
      }
      for (const key of new Set([...found.existing.keys, ...(change?.existing.keys ?? [])])) {
        const domain = labels[key];
        if (domain !== undefined && sum('existing', key, domain) > 0) return othersAntiAffinity;
      }
      return undefined;
    },
    whatIf: (node, added, removed) =>
      filterOf(pod, found, difference(pod, node, { added, removed }, labelsOf), labelsOf),
  };
}

function preFilter(pod: PodInfo, snapshot: Snapshot): NodeFilter | undefined {
  const found = gather(pod, snapshot);
  const asksNothing = pod.affinity.required.length === 0 && pod.antiAffinity.required.length === 0;
  // Only pods that may come for a nominated one could still say no.
  if (asksNothing && found.existing.empty && !snapshot.anyNominated) return undefined;
  return filterOf(pod, found, undefined, (namespace) => snapshot.namespaceLabels(namespace));
}

function preScore(pod: PodInfo, snapshot: Snapshot): NodeScorer | undefined {
  const tally = new Tally();
  const labelsOf: NamespaceLabels = (namespace) => snapshot.namespaceLabels(namespace);
  const take = (term: AffinityTerm, pods: PodCounts, weight: number): void =>
    tally.add(term.topologyKey, pods.inDomains(term.topologyKey), weight);
  for (const term of pod.affinity.preferred) take(term, countMatching([term], snapshot), term.weight);
  for (const term of pod.antiAffinity.preferred) take(term, countMatching([term], snapshot), -term.weight);
  for (const { kind, term, pods } of snapshot.terms) {
    const weight =
      kind === 'requiredAffinity'
        ? requiredWeight
        : kind === 'preferredAffinity'
          ? term.weight
          : kind === 'preferredAntiAffinity'
            ? -term.weight
            : 0;
    if (weight !== 0 && termMatches(term, pod, labelsOf)) take(term, pods, weight);
  }
  if (tally.empty) return undefined;
  return { score: (node) => tally.sum(node), normalize };
}

/** The lowest gets 0, the highest 100. */
function normalize(scores: number[]): void {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
  }
  const range = highest - lowest;
  for (let i = 0; i < scores.length; i++)
    scores[i] = range === 0 ? 0 : Math.trunc(scoreMax * (((scores[i] ?? 0) - lowest) / range));
}

function mayHelp(pod: PodInfo, change: ClusterChange, snapshot: Snapshot): boolean {
  if (!('pod' in change) || change.kind === 'assignedPodLabels') return true;
  const { pod: other, kind } = change;
  const labelsOf: NamespaceLabels = (namespace) => snapshot.namespaceLabels(namespace);
  if (kind === 'assignedPodAdd') return pod.affinity.required.some((term) => termMatches(term, other, labelsOf));
  return (
    pod.antiAffinity.required.some((term) => termMatches(term, other, labelsOf)) ||
    other.antiAffinity.required.some((term) => termMatches(term, pod, labelsOf)) ||
    pod.affinity.required.length > 0
  );
}

export const interPodAffinity = definePlugin({
  name,
  preFilter,
  preScore,
  wokenBy: ['nodeAdd', 'nodeLabels', 'assignedPodAdd', 'assignedPodLabels', 'assignedPodDelete'],
  mayHelp,
});
