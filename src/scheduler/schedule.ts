/**
 * One scheduling cycle as a pure function: a pod and a snapshot go in, a decision comes out, and nothing else happens. The
 * decision is a value that says all of why: which nodes fit, what is wrong with the others and who said so, every score.
 *
 * What always holds: the same input gives the same decision. At most as many nodes are tried as are needed for enough that
 * fit, going on where the last cycle stopped, so that all nodes get their turn.
 */
import { seededRandom, type Random } from '../base/mod.ts';
import type {
  FailedAttempt,
  Failure,
  NodeFilter,
  PreemptionPlan,
  Profile,
  ProfilePlugin,
  Snapshot,
} from './framework.ts';
import { fitFailureText, noNodes } from './message.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

export interface CycleInput {
  readonly pod: PodInfo;
  readonly snapshot: Snapshot;
  readonly profile: Profile;
  /** Which try of this pod it is, from 1. Pod and attempt are the seed of what is left to chance. */
  readonly attempt: number;
  /** The index of the node to begin with. */
  readonly start: number;
}

export interface PluginScores {
  readonly plugin: string;
  readonly weight: number;
  /** For each of the feasible nodes, from 0 to 100, before the weight. */
  readonly scores: readonly number[];
}

export interface Decision {
  readonly pod: string;
  /** The chosen node; undefined when none fits. */
  readonly nodeName: string | undefined;
  readonly nodeCount: number;
  /** How many nodes were tried. */
  readonly evaluated: number;
  readonly feasible: readonly string[];
  /** Empty when there was nothing to choose from. */
  readonly scores: readonly PluginScores[];
  readonly totals: readonly number[];
  readonly failures: ReadonlyMap<string, Failure>;
  /** The plugins that refused the pod somewhere: whoever wants to try again waits for what changes their minds. */
  readonly rejectors: ReadonlySet<string>;
  /** Why not, in upstream's words; empty when a node was chosen. */
  readonly message: string;
  readonly preemption: PreemptionPlan | undefined;
  /** The node that was nominated for the pod before is of no use. */
  readonly clearNomination: boolean;
}

const feasibleMin = 100;
const percentageMin = 5;

/** How many nodes that fit are enough: all of a small cluster, fewer in proportion as it grows. */
export function feasibleNodesToFind(nodeCount: number, percentage = 0): number {
  if (nodeCount < feasibleMin || percentage >= 100) return nodeCount;
  const share = percentage > 0 ? percentage : Math.max(percentageMin, 50 - Math.floor(nodeCount / 125));
  return Math.max(feasibleMin, Math.floor((nodeCount * share) / 100));
}

interface ActiveFilter {
  readonly plugin: string;
  readonly filter: NodeFilter;
}

interface Search {
  readonly feasible: readonly NodeInfo[];
  readonly failures: ReadonlyMap<string, Failure>;
  readonly evaluated: number;
}

export function schedule(input: CycleInput): Decision {
  const { pod, snapshot, profile } = input;
  const nodeCount = snapshot.nodes.length;
  if (nodeCount === 0) return refusal(input, { failures: new Map(), message: noNodes, rejectors: new Set() });
  const prepared = prepare(pod, snapshot, profile.plugins);
  const failures = new Map<string, Failure>();
  if ('refused' in prepared)
    return unschedulable(input, { filters: prepared.filters, failures, refused: prepared.refused, others: undefined });
  const { filters, only, narrowedBy } = prepared;
  const others: Failure | undefined =
    only === undefined
      ? undefined
      : {
          plugin: narrowedBy[0] ?? '',
          reasons: [`node(s) didn't satisfy plugin(s) [${narrowedBy.toSorted().join(' ')}]`],
          unresolvable: true,
        };
  const found = nominatedFits(input, filters, only) ?? search(input, filters, only);
  if (found.feasible.length === 0)
    return unschedulable(input, { filters, failures: found.failures, refused: undefined, others });
  return choose(input, found);
}

interface Prepared {
  readonly filters: readonly ActiveFilter[];
  readonly only: ReadonlySet<string> | undefined;
  readonly narrowedBy: readonly string[];
}

function prepare(
  pod: PodInfo,
  snapshot: Snapshot,
  plugins: readonly ProfilePlugin[],
): Prepared | { readonly refused: Failure; readonly filters: readonly ActiveFilter[] } {
  const filters: ActiveFilter[] = [];
  const narrowedBy: string[] = [];
  let only: ReadonlySet<string> | undefined;
  for (const { plugin } of plugins) {
    const prepared = plugin.preFilter?.(pod, snapshot);
    if (prepared === undefined) continue;
    if ('refused' in prepared) return { refused: prepared.refused, filters };
    if (prepared.only !== undefined) {
      only = only === undefined ? prepared.only : only.intersection(prepared.only);
      narrowedBy.push(plugin.name);
      if (only.size === 0) {
        const reasons = [`node(s) didn't satisfy plugin(s) [${narrowedBy.toSorted().join(' ')}] simultaneously`];
        return { refused: { plugin: plugin.name, reasons, unresolvable: true }, filters };
      }
    }
    if (prepared.check !== undefined) filters.push({ plugin: plugin.name, filter: prepared });
  }
  return { filters, only, narrowedBy };
}

/** The node that room was made on comes first; when it fits, no other is tried. */
function nominatedFits(
  { pod, snapshot }: CycleInput,
  filters: readonly ActiveFilter[],
  only: ReadonlySet<string> | undefined,
): Search | undefined {
  const name = pod.pod.status?.nominatedNodeName ?? '';
  if (name === '' || only?.has(name) === false) return undefined;
  const node = snapshot.node(name);
  if (node === undefined || checkWithNominated(pod, snapshot, filters, node) !== undefined) return undefined;
  return { feasible: [node], failures: new Map(), evaluated: 1 };
}

function search(
  { pod, snapshot, profile, start }: CycleInput,
  filters: readonly ActiveFilter[],
  only: ReadonlySet<string> | undefined,
): Search {
  const { nodes, anyNominated } = snapshot;
  const candidates = only === undefined ? nodes : nodes.filter(({ name }) => only.has(name));
  const count = candidates.length;
  const enough = feasibleNodesToFind(count, profile.percentageOfNodesToScore);
  const feasible: NodeInfo[] = [];
  const failures = new Map<string, Failure>();
  let evaluated = 0;
  for (; evaluated < count && feasible.length < enough; evaluated++) {
    const node = candidates[(start + evaluated) % count];
    if (node === undefined) break;
    const failure = anyNominated ? checkWithNominated(pod, snapshot, filters, node) : check(filters, node);
    if (failure === undefined) feasible.push(node);
    else failures.set(node.name, failure);
  }
  return { feasible, failures, evaluated };
}

function check(filters: readonly ActiveFilter[], node: NodeInfo): Failure | undefined {
  for (const { filter } of filters) {
    const failure = filter.check?.(node);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** Fits both with the pods that room is being made for, which may come, and without them, who may not. */
function checkWithNominated(
  pod: PodInfo,
  snapshot: Snapshot,
  filters: readonly ActiveFilter[],
  node: NodeInfo,
): Failure | undefined {
  const nominated = snapshot
    .nominated(node.name)
    .filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
  if (nominated.length === 0) return check(filters, node);
  return checkWhatIf(filters, node, nominated, []) ?? check(filters, node);
}

function checkWhatIf(
  filters: readonly ActiveFilter[],
  node: NodeInfo,
  added: readonly PodInfo[],
  removed: readonly PodInfo[],
): Failure | undefined {
  const changed = node.whatIf(added, removed);
  const changedFilters = filters.map(({ plugin, filter }) => ({
    plugin,
    filter: filter.whatIf?.(changed, added, removed) ?? filter,
  }));
  return check(changedFilters, changed);
}

function choose(input: CycleInput, { feasible, failures, evaluated }: Search): Decision {
  const { pod, snapshot, profile } = input;
  const scores: PluginScores[] = [];
  const totals: number[] = feasible.map(() => 0);
  // Nothing to compare: upstream does not score either.
  if (feasible.length > 1) {
    for (const { plugin, weight } of profile.plugins) {
      const scorer = plugin.preScore?.(pod, snapshot, feasible);
      if (scorer === undefined) continue;
      const own = feasible.map((node) => scorer.score(node));
      scorer.normalize?.(own, feasible);
      for (let i = 0; i < own.length; i++) totals[i] = (totals[i] ?? 0) + weight * (own[i] ?? 0);
      scores.push({ plugin: plugin.name, weight, scores: own });
    }
  }
  const nodeName = feasible[best(totals, () => attemptRandom(input))]?.name;
  return {
    pod: pod.key,
    nodeName,
    nodeCount: snapshot.nodes.length,
    evaluated,
    feasible: feasible.map(({ name }) => name),
    scores,
    totals,
    failures,
    rejectors: new Set(),
    message: '',
    preemption: undefined,
    clearNomination: false,
  };
}

/** The index of the highest total; among equals, chance decides. */
function best(totals: readonly number[], random: () => Random): number {
  let highest = -1;
  const equal: number[] = [];
  for (let i = 0; i < totals.length; i++) {
    const total = totals[i] ?? 0;
    if (total < highest) continue;
    if (total > highest) equal.length = 0;
    highest = total;
    equal.push(i);
  }
  return (equal.length === 1 ? equal[0] : equal[Math.floor(random().next() * equal.length)]) ?? 0;
}

/** FNV-1a over the pod's uid and the attempt. */
function attemptRandom({ pod, attempt }: CycleInput): Random {
  let hash = 0x811c9dc5;
  const text = `${pod.uid}/${attempt}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return seededRandom(hash >>> 0);
}

interface Unfit {
  readonly filters: readonly ActiveFilter[];
  readonly failures: ReadonlyMap<string, Failure>;
  readonly refused: Failure | undefined;
  readonly others: Failure | undefined;
}

/** No node fits: asks the plugins that look for a way out, and says why. */
function unschedulable(input: CycleInput, { filters, failures, refused, others }: Unfit): Decision {
  const { pod, snapshot, profile } = input;
  const rejectors = new Set<string>();
  for (const { plugin } of failures.values()) rejectors.add(plugin);
  if (refused !== undefined) rejectors.add(refused.plugin);
  if (others !== undefined && failures.size < snapshot.nodes.length) rejectors.add(others.plugin);
  const random = attemptRandom(input);
  const attempt: FailedAttempt = {
    snapshot,
    failures,
    random: () => random.next(),
    fits: (node, added, removed) => {
      const nominated = snapshot
        .nominated(node.name)
        .filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
      return checkWhatIf(filters, node, [...nominated, ...added], removed);
    },
  };
  const said: string[] = [];
  let preemption: PreemptionPlan | undefined;
  let clearNomination = false;
  for (const { plugin } of profile.plugins) {
    const result = plugin.postFilter?.(pod, attempt);
    if (result === undefined) continue;
    if (result.message !== undefined) said.push(result.message);
    if (result.clearNomination === true) clearNomination = true;
    preemption = result.preemption;
    if (preemption !== undefined) break;
  }
  // Room is being made: upstream says nothing of what the others said.
  const postFilter = preemption === undefined ? said.join(', ') : '';
  const message = fitFailureText({ nodeCount: snapshot.nodes.length, failures, others, refused, postFilter });
  return { ...refusal(input, { failures, message, rejectors }), preemption, clearNomination };
}

function refusal({ pod, snapshot }: CycleInput, why: Pick<Decision, 'failures' | 'message' | 'rejectors'>): Decision {
  return {
    pod: pod.key,
    nodeName: undefined,
    nodeCount: snapshot.nodes.length,
    evaluated: why.failures.size,
    feasible: [],
    scores: [],
    totals: [],
    preemption: undefined,
    clearNomination: true,
    ...why,
  };
}
