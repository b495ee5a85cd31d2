/**
 * What a scheduling plugin is. A plugin prepares for one pod and gives back what to ask of each node, so that its state of a
 * cycle is a value and never shared between cycles; everything up to `reserve` is synchronous and pure.
 *
 * The extension points carry upstream's names. https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 */
import type { Cause, Client } from '../client/mod.ts';
import type { LabelSelector } from '../machinery/mod.ts';
import type { NodeInfo } from './node-info.ts';
import type { AffinityTerm, PodInfo } from './pod-info.ts';

/** The cluster at one moment. The scheduler's own state is one; a cycle is synchronous, so nothing changes under it. */
export interface Snapshot {
  /** Nodes in the order in which they are tried, zone by zone in turn. */
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** On how many nodes the image is. */
  imageSpread(image: string): number;
  /** Where the pods are that pass the test. The key names the test. */
  counts(key: string, test: (pod: PodInfo) => boolean): PodCounts;
  /** How many nodes are in each domain of a topology. */
  domains(topologyKey: string): ReadonlyMap<string, number>;
  /** The affinity terms that pods on nodes have, each with where such pods are. */
  readonly terms: Iterable<PlacedTerm>;
  /** What the pod's services and its controller select: the pods that it should be spread among. */
  peers(pod: PodInfo): LabelSelector | undefined;
  /** Pods that wait for room that is being made for them on this node. */
  nominated(nodeName: string): readonly PodInfo[];
  readonly anyNominated: boolean;
  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined;
  /** Another number whenever the labels of a namespace may be others. */
  readonly namespacesRevision: number;
}

export type TermKind = 'requiredAffinity' | 'preferredAffinity' | 'requiredAntiAffinity' | 'preferredAntiAffinity';

/** How many pods there are of some kind, and where. Places without any are left out. */
export interface PodCounts {
  readonly total: number;
  readonly onNodes: ReadonlyMap<NodeInfo, number>;
  inDomains(topologyKey: string): ReadonlyMap<string, number>;
}

export interface PlacedTerm {
  readonly kind: TermKind;
  readonly term: AffinityTerm;
  /** The pods that have it. */
  readonly pods: PodCounts;
}

/** Why a node, or all of them, cannot take a pod. */
export interface Failure {
  readonly plugin: string;
  /** Each is counted by itself in the message: `2 Insufficient cpu`. */
  readonly reasons: readonly string[];
  /** Removing pods from the node could not help. */
  readonly unresolvable: boolean;
}

/** What a plugin asks of each node for one pod. */
export interface NodeFilter {
  /** Only these nodes come into question. */
  readonly only?: ReadonlySet<string>;
  check?(node: NodeInfo): Failure | undefined;
  /**
   * The same filter if these pods came to the node or left it, for plugins that look further than at one node. `node` is
   * the one that `check` is going to be asked about.
   */
  whatIf?(node: NodeInfo, added: readonly PodInfo[], removed: readonly PodInfo[]): NodeFilter;
}

/** What a plugin thinks of each node for one pod. */
export interface NodeScorer {
  /** Before `normalize` any number, after it a whole number from 0 to 100. */
  score(node: NodeInfo): number;
  /** Brings all scores to 0 to 100, in place. */
  normalize?(scores: number[], nodes: readonly NodeInfo[]): void;
}

/** What happened in the cluster that may make a pod schedulable. */
export type ClusterChange =
  | {
      readonly kind: 'nodeAdd' | 'nodeAllocatable' | 'nodeLabels' | 'nodeTaints' | 'nodeDelete';
      readonly node: NodeInfo;
    }
  | {
      readonly kind: 'assignedPodAdd' | 'assignedPodLabels' | 'assignedPodScaleDown' | 'assignedPodDelete';
      readonly node: NodeInfo;
      readonly pod: PodInfo;
    };
export type ChangeKind = ClusterChange['kind'];

export interface PreemptionPlan {
  readonly nodeName: string;
  readonly victims: readonly PodInfo[];
}

export interface PostFilterResult {
  /** Added to the message of the failure. */
  readonly message?: string;
  readonly preemption?: PreemptionPlan;
  /** The pod's nominated node, if it has one, is of no use any more. */
  readonly clearNomination?: true;
}

/** What a plugin that looks for a way out has to go by. */
export interface FailedAttempt {
  readonly snapshot: Snapshot;
  readonly failures: ReadonlyMap<string, Failure>;
  /** A random number in [0, 1), the same for the same attempt. */
  readonly random: () => number;
  /** Whether the pod would fit the node with these pods added and removed; the failure if not. */
  fits(node: NodeInfo, added: readonly PodInfo[], removed: readonly PodInfo[]): Failure | undefined;
}

export type Permission = { readonly allow: true } | { readonly refused: Failure };

/** What carries out a decision. */
export interface BindingWorld {
  readonly client: Client;
  readonly cause: Cause;
}

export interface Plugin {
  readonly name: string;
  /** Which of two pods goes first: negative for `a`. Exactly one plugin of a profile sorts. */
  queueSort?(
    a: { readonly info: PodInfo; readonly addedMs: number },
    b: { readonly info: PodInfo; readonly addedMs: number },
  ): number;
  /** Why the pod must not even be tried. */
  preEnqueue?(pod: PodInfo): string | undefined;
  /** Undefined: nothing to ask. A refusal holds for every node. */
  preFilter?(pod: PodInfo, snapshot: Snapshot): NodeFilter | { readonly refused: Failure } | undefined;
  /** Called when no node fits. The first plugin that makes room ends the search. */
  postFilter?(pod: PodInfo, attempt: FailedAttempt): PostFilterResult;
  /** Undefined: no opinion. `nodes` are those that fit. */
  preScore?(pod: PodInfo, snapshot: Snapshot, nodes: readonly NodeInfo[]): NodeScorer | undefined;
  /** Takes what the pod needs besides the node; undone by `unreserve` when anything later fails. */
  reserve?(pod: PodInfo, nodeName: string): Failure | undefined;
  unreserve?(pod: PodInfo, nodeName: string): void;
  /** Says whether the pod may be bound, maybe after a while. */
  permit?(pod: PodInfo, nodeName: string): Promise<Permission>;
  /** Carries out what must be there before the pod is. */
  preBind?(pod: PodInfo, nodeName: string, binding: BindingWorld): Promise<void>;
  /** Binds the pod. Exactly one plugin of a profile binds. */
  bind?(pod: PodInfo, nodeName: string, binding: BindingWorld): Promise<void>;
  /** The changes after which a pod that this plugin refused may be worth another try. */
  readonly wokenBy?: readonly ChangeKind[];
  /** Whether this change helps this pod. Without it: whether `check` now lets it pass on the node that changed. */
  mayHelp?(pod: PodInfo, change: ClusterChange, snapshot: Snapshot): boolean;
}

export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

/** How pods that name this scheduler are scheduled. */
export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly ProfilePlugin[];
  /** How many of the nodes to look for, in percent; 0 chooses by the size of the cluster. */
  readonly percentageOfNodesToScore?: number;
}

export interface ProfilePlugin {
  readonly plugin: Plugin;
  readonly weight: number;
}

export const scoreMax = 100;

/** Brings scores to 0 to 100 in proportion to the highest; reversed, the lowest becomes the best. */
export function normalizeScores(scores: number[], reversed: boolean): void {
  let highest = 0;
  for (const score of scores) if (score > highest) highest = score;
  for (let i = 0; i < scores.length; i++) {
    const share = highest === 0 ? 0 : Math.floor((scoreMax * (scores[i] ?? 0)) / highest);
    scores[i] = reversed ? scoreMax - share : share;
  }
}
