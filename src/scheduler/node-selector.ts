/**
 * Node selectors: terms of requirements on labels and fields, ready to be asked about many nodes. One term is enough; within
 * a term everything must hold; a term without requirements matches nothing.
 */
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { labelSelectorFromSet, LabelSelector, type LabelOperator } from '../machinery/mod.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

export type NodeTest = (node: NodeInfo) => boolean;
type Term = DeepReadonly<NodeSelectorTerm>;

const operators: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
  ['Gt', 'gt'],
  ['Lt', 'lt'],
]);

function selectorOf(requirements: readonly DeepReadonly<NodeSelectorRequirement>[]): LabelSelector | undefined {
  const out = [];
  for (const { key, operator, values = [] } of requirements) {
    const known = operators.get(operator);
    // Validation lets nothing else through; what got in otherwise matches nothing.
    if (known === undefined) return undefined;
    out.push({ key, operator: known, values });
  }
  return new LabelSelector(out);
}

/** `metadata.name` is the only field there is. */
function termTest({ matchExpressions = [], matchFields = [] }: Term): NodeTest {
  if (matchExpressions.length === 0 && matchFields.length === 0) return () => false;
  const labels = selectorOf(matchExpressions);
  const fields = selectorOf(matchFields);
  if (labels === undefined || fields === undefined) return () => false;
  if (matchFields.length === 0) return (node) => labels.matches(node.labels);
  return (node) => labels.matches(node.labels) && fields.matches({ 'metadata.name': node.name });
}

function nodeSelectorTest({ nodeSelectorTerms }: DeepReadonly<NodeSelector>): NodeTest {
  const tests = nodeSelectorTerms.map(termTest);
  return (node) => tests.some((test) => test(node));
}

/** The test of a preferred term. An empty one prefers every node alike, which is no preference. */
export const preferenceTest: (term: Term) => NodeTest = termTest;

/** The names that a term's fields allow; undefined when they allow any. */
function termNames({ matchFields = [] }: Term): ReadonlySet<string> | undefined {
  let names: ReadonlySet<string> | undefined;
  for (const { key, operator, values = [] } of matchFields) {
    if (key !== 'metadata.name' || operator !== 'In') continue;
    names = names === undefined ? new Set(values) : names.intersection(new Set(values));
  }
  return names;
}

/** The only nodes that come into question by name, as a pod of a DaemonSet names its node; undefined when any may. */
export function namedNodes({ nodeSelectorTerms }: DeepReadonly<NodeSelector>): ReadonlySet<string> | undefined {
  let all: ReadonlySet<string> = new Set();
  for (const term of nodeSelectorTerms) {
    const names = termNames(term);
    if (names === undefined) return undefined;
    all = all.union(names);
  }
  return nodeSelectorTerms.length === 0 ? undefined : all;
}

/** Whether the pod's `nodeSelector` and required node affinity allow a node; undefined when they allow all. */
export function requiredNodeTest({ pod }: PodInfo): NodeTest | undefined {
  const { nodeSelector, affinity } = pod.spec ?? {};
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const byLabels =
    nodeSelector === undefined || Object.keys(nodeSelector).length === 0
      ? undefined
      : labelSelectorFromSet(nodeSelector);
  const byAffinity = required === undefined ? undefined : nodeSelectorTest(required);
  if (byLabels === undefined) return byAffinity;
  if (byAffinity === undefined) return (node) => byLabels.matches(node.labels);
  return (node) => byLabels.matches(node.labels) && byAffinity(node);
}
