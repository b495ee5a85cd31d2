/**
 * Spreads pods that belong together over the domains of a topology: nodes, zones. A hard constraint keeps a pod from domains
 * that would get too far ahead, a soft one prefers those with fewer. Pods without constraints of their own are spread softly
 * among those that their services and their controller select.
 */
import type { TopologySpreadConstraint } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { labelSelectorFromSpec, type LabelSelector } from '../../machinery/mod.ts';
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
import { requiredNodeTest } from '../node-selector.ts';
import type { PodInfo } from '../pod-info.ts';
import { untoleratedTaint } from '../taints.ts';

const name = 'PodTopologySpread';
const hostname = 'kubernetes.io/hostname';
const mismatch = "node(s) didn't match pod topology spread constraints";
const tooSkewed: Failure = { plugin: name, reasons: [mismatch], unresolvable: false };
const missingLabel: Failure = { plugin: name, reasons: [`${mismatch} (missing required label)`], unresolvable: true };

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: LabelSelector;
  /** Whether the pods on the node count: it is one that the pod could go to. Undefined: they all do. */
  readonly includes: ((node: NodeInfo) => boolean) | undefined;
}

function constraintsOf(pod: PodInfo, whenUnsatisfiable: string): readonly Constraint[] {
  const all = pod.pod.spec?.topologySpreadConstraints ?? [];
  const wanted = all.filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable);
  if (wanted.length === 0) return [];
  const required = requiredNodeTest(pod);
  return wanted.map((constraint) => constraintOf(pod, constraint, required));
}

function constraintOf(
  pod: PodInfo,
  constraint: DeepReadonly<TopologySpreadConstraint>,
  required: ((node: NodeInfo) => boolean) | undefined,
): Constraint {
  const {
    topologyKey,
    maxSkew,
    minDomains = 1,
    labelSelector,
    nodeAffinityPolicy = 'Honor',
    nodeTaintsPolicy = 'Ignore',
  } = constraint;
  const byAffinity = nodeAffinityPolicy === 'Honor' ? required : undefined;
  const byTaints = nodeTaintsPolicy === 'Honor';
  const all = byAffinity === undefined && !byTaints;
  const includes = (node: NodeInfo): boolean =>
    byAffinity?.(node) !== false && (!byTaints || untoleratedTaint(node.taints, pod.tolerations) === undefined);
  return {
    topologyKey,
    maxSkew,
    minDomains,
    selector: labelSelectorFromSpec(labelSelector),
    includes: all ? undefined : includes,
  };
}

function defaultConstraints(pod: PodInfo, snapshot: Snapshot): readonly Constraint[] {
  if ((pod.pod.spec?.topologySpreadConstraints ?? []).length > 0) return [];
  const selector = snapshot.peers(pod);
  if (selector === undefined) return [];
  const includes = requiredNodeTest(pod);
  return [
    { topologyKey: hostname, maxSkew: 3, minDomains: 1, selector, includes },
    { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, minDomains: 1, selector, includes },
  ];
}

/** Pods of the namespace that the constraint speaks of, and that stay. */
function countsFor({ selector }: Constraint, { namespace }: PodInfo, snapshot: Snapshot): PodCounts {
  const key = `spread|${namespace}|${selector.selectable}|${selector.toString()}`;
  return snapshot.counts(key, (pod) => counted(pod, namespace, selector));
}

function counted(pod: PodInfo, namespace: string, selector: LabelSelector): boolean {
  return pod.namespace === namespace && !pod.terminating && selector.matches(pod.labels);
}

function hasAll(node: NodeInfo, constraints: readonly Constraint[]): boolean {
  return constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined);
}

/** How many pods each domain has, with the lowest of them and the lowest of the others. */
interface Domains {
  readonly counts: ReadonlyMap<string, number>;
  readonly lowest: string;
  readonly lowestCount: number;
  readonly nextCount: number;
}

function domainsOf(constraint: Constraint, all: readonly Constraint[], pod: PodInfo, snapshot: Snapshot): Domains {
  const counts =
    all.length > 1 || constraint.includes !== undefined
      ? countNodes(constraint, all, pod, snapshot)
      : countDomains(constraint, pod, snapshot);
  let lowest = '';
  let lowestCount = Number.POSITIVE_INFINITY;
  let nextCount = Number.POSITIVE_INFINITY;
  for (const [domain, count] of counts) {
    if (count >= lowestCount) {
      nextCount = Math.min(nextCount, count);
      continue;
    }
    nextCount = lowestCount;
    [lowest, lowestCount] = [domain, count];
  }
  return { counts, lowest, lowestCount, nextCount };
}

/** Where every node counts. */
function countDomains(constraint: Constraint, pod: PodInfo, snapshot: Snapshot): ReadonlyMap<string, number> {
  const matching = countsFor(constraint, pod, snapshot).inDomains(constraint.topologyKey);
  const counts = new Map<string, number>();
  for (const domain of snapshot.domains(constraint.topologyKey).keys()) counts.set(domain, matching.get(domain) ?? 0);
  return counts;
}

function countNodes(
  constraint: Constraint,
  all: readonly Constraint[],
  pod: PodInfo,
  snapshot: Snapshot,
): ReadonlyMap<string, number> {
  const { topologyKey, includes } = constraint;
  const { onNodes } = countsFor(constraint, pod, snapshot);
  const counts = new Map<string, number>();
  for (const node of snapshot.nodes) {
    const domain = node.labels[topologyKey];
    if (domain === undefined || !hasAll(node, all) || includes?.(node) === false) continue;
    counts.set(domain, (counts.get(domain) ?? 0) + (onNodes.get(node) ?? 0));
  }
  return counts;
}

interface Hard {
  readonly constraint: Constraint;
  readonly domains: Domains;
  /** 1 when the pod itself is one of those that are spread. */
  readonly self: number;
}

/** A domain whose count is another than the cluster's, for asking what would be. */
interface Difference {
  readonly domain: string;
  readonly by: number;
}

function skewOf({ domains, constraint, self }: Hard, domain: string, difference: Difference | undefined): number {
  const { counts, lowest, lowestCount, nextCount } = domains;
  const by = difference?.domain === domain ? difference.by : 0;
  let least = lowestCount;
  if (difference !== undefined) {
    const changed = (counts.get(difference.domain) ?? 0) + difference.by;
    least = Math.min(difference.domain === lowest ? nextCount : lowestCount, changed);
  }
  // Fewer domains than wanted: an empty one is as good as there.
  if (counts.size < constraint.minDomains || !Number.isFinite(least)) least = 0;
  return (counts.get(domain) ?? 0) + by + self - least;
}

function filterOf(hards: readonly Hard[], pod: PodInfo, differences: readonly (Difference | undefined)[]): NodeFilter {
  return {
    check(node) {
      for (let i = 0; i < hards.length; i++) {
        const hard = hards[i];
        if (hard === undefined) continue;
        const domain = node.labels[hard.constraint.topologyKey];
        if (domain === undefined) return missingLabel;
        if (skewOf(hard, domain, differences[i]) > hard.constraint.maxSkew) return tooSkewed;
      }
      return undefined;
    },
    whatIf(node, added, removed) {
      const all = hards.map(({ constraint }) => constraint);
      if (!hasAll(node, all)) return filterOf(hards, pod, []);
      const changes = all.map(({ topologyKey, selector, includes }): Difference | undefined => {
        if (includes?.(node) === false) return undefined;
        const matching = (pods: readonly PodInfo[]): number =>
          pods.filter((other) => counted(other, pod.namespace, selector)).length;
        return { domain: node.labels[topologyKey] ?? '', by: matching(added) - matching(removed) };
      });
      return filterOf(hards, pod, changes);
    },
  };
}

function preFilter(pod: PodInfo, snapshot: Snapshot): NodeFilter | undefined {
  const constraints = constraintsOf(pod, 'DoNotSchedule');
  if (constraints.length === 0) return undefined;
  const hards = constraints.map((constraint): Hard => ({
    constraint,
    domains: domainsOf(constraint, constraints, pod, snapshot),
    self: constraint.selector.matches(pod.labels) ? 1 : 0,
  }));
  return filterOf(hards, pod, []);
}

interface Soft {
  readonly constraint: Constraint;
  readonly countOf: (node: NodeInfo) => number;
  /** So that the few domains of a large topology are not watered down by the many of a small one. */
  readonly weight: number;
}

function preScore(pod: PodInfo, snapshot: Snapshot, nodes: readonly NodeInfo[]): NodeScorer | undefined {
  const own = constraintsOf(pod, 'ScheduleAnyway');
  const constraints = own.length > 0 ? own : defaultConstraints(pod, snapshot);
  if (constraints.length === 0) return undefined;
  // By default a node without a zone is spread by name all the same.
  const scored = own.length > 0 ? nodes.filter((node) => hasAll(node, constraints)) : nodes;
  const left = own.length > 0 ? new Set(scored) : undefined;
  const softs = constraints.map((constraint) => softOf(constraint, { pod, snapshot, scored, all: own }));
  return {
    score(node) {
      if (left?.has(node) === false) return 0;
      let score = 0;
      for (const { constraint, countOf, weight } of softs)
        if (node.labels[constraint.topologyKey] !== undefined)
          score += countOf(node) * weight + (constraint.maxSkew - 1);
      return Math.round(score);
    },
    normalize: (scores) => normalize(scores, (i) => left === undefined || left.has(nodes[i] as NodeInfo)),
  };
}

function softOf(
  constraint: Constraint,
  {
    pod,
    snapshot,
    scored,
    all,
  }: {
    readonly pod: PodInfo;
    readonly snapshot: Snapshot;
    readonly scored: readonly NodeInfo[];
    readonly all: readonly Constraint[];
  },
): Soft {
  const { topologyKey, includes } = constraint;
  const matching = countsFor(constraint, pod, snapshot);
  if (topologyKey === hostname)
    return { constraint, countOf: (node) => matching.onNodes.get(node) ?? 0, weight: Math.log(scored.length + 2) };
  const present = new Set<string>();
  for (const { labels } of scored) present.add(labels[topologyKey] ?? '');
  const weight = Math.log(present.size + 2);
  const counts =
    all.length > 1 || includes !== undefined
      ? countNodes(constraint, all, pod, snapshot)
      : matching.inDomains(topologyKey);
  return { constraint, countOf: ({ labels }) => counts.get(labels[topologyKey] ?? '') ?? 0, weight };
}

/** The fewest pods get 100, the most what is left of the fewest; nodes outside of the topology 0. */
function normalize(scores: number[], isScored: (index: number) => boolean): void {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  scores.forEach((score, i) => {
    if (!isScored(i)) return;
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
  });
  scores.forEach((score, i) => {
    if (!isScored(i)) scores[i] = 0;
    else scores[i] = highest === 0 ? scoreMax : Math.floor((scoreMax * (highest + lowest - score)) / highest);
  });
}

function mayHelp(pod: PodInfo, change: ClusterChange): boolean {
  const constraints = constraintsOf(pod, 'DoNotSchedule');
  if (!('pod' in change)) return hasAll(change.node, constraints);
  const { pod: other } = change;
  return (
    other.namespace === pod.namespace &&
    (change.kind === 'assignedPodLabels' || constraints.some(({ selector }) => selector.matches(other.labels)))
  );
}

export const podTopologySpread = definePlugin({
  name,
  preFilter,
  preScore,
  wokenBy: [
    'nodeAdd',
    'nodeLabels',
    'nodeTaints',
    'nodeDelete',
    'assignedPodAdd',
    'assignedPodLabels',
    'assignedPodDelete',
  ],
  mayHelp,
});
