/** A decision as plain data, for printing: node by node what was said and by whom. */
import type { Decision } from './schedule.ts';

export interface Explanation {
  readonly pod: string;
  readonly node?: string;
  /** Why not, as the pod's condition says it. */
  readonly message?: string;
  /** Present when not all nodes were tried. */
  readonly tried?: string;
  readonly nodes: Readonly<Record<string, NodeExplanation>>;
  readonly preemption?: { readonly node: string; readonly victims: readonly string[] };
}

export type NodeExplanation =
  | {
      readonly total: number;
      /** By plugin: the score, with its weight where that is not 1. */ readonly scores: Readonly<
        Record<string, string>
      >;
    }
  | { readonly refusedBy: string; readonly reasons: readonly string[]; readonly unresolvable?: true };

export function explain(decision: Decision): Explanation {
  const { pod, nodeName, message, evaluated, nodeCount, preemption } = decision;
  return {
    pod,
    ...(nodeName === undefined ? {} : { node: nodeName }),
    ...(message === '' ? {} : { message }),
    ...(evaluated === nodeCount || nodeCount === 0 ? {} : { tried: `${evaluated} of ${nodeCount}` }),
    nodes: nodesOf(decision),
    ...(preemption === undefined
      ? {}
      : { preemption: { node: preemption.nodeName, victims: preemption.victims.map(({ key }) => key) } }),
  };
}

function nodesOf({ feasible, failures, scores, totals }: Decision): Record<string, NodeExplanation> {
  const nodes: Record<string, NodeExplanation> = {};
  feasible.forEach((name, i) => {
    const own = scores.map((said): [string, string] => [
      said.plugin,
      `${said.scores[i] ?? 0}${said.weight === 1 ? '' : ` × ${said.weight}`}`,
    ]);
    nodes[name] = { total: totals[i] ?? 0, scores: Object.fromEntries(own) };
  });
  for (const [name, { plugin, reasons, unresolvable }] of failures)
    nodes[name] = { refusedBy: plugin, reasons, ...(unresolvable ? { unresolvable } : {}) };
  return Object.fromEntries(Object.entries(nodes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
