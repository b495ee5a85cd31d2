/** `nodeSelector` and node affinity: what is required decides, what is preferred adds its weight to the score. */
import { definePlugin, normalizeScores, type Failure, type NodeFilter, type NodeScorer } from '../framework.ts';
import { namedNodes, preferenceTest, requiredNodeTest } from '../node-selector.ts';

const name = 'NodeAffinity';
const failure: Failure = {
  plugin: name,
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
  unresolvable: true,
};
const conflict: Failure = { plugin: name, reasons: ['pod affinity terms conflict'], unresolvable: true };

export const nodeAffinity = definePlugin({
  name,
  preFilter(pod): NodeFilter | { readonly refused: Failure } | undefined {
    const test = requiredNodeTest(pod);
    if (test === undefined) return undefined;
    const required = pod.pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const only = required === undefined ? undefined : namedNodes(required);
    if (only?.size === 0) return { refused: conflict };
    return { ...(only === undefined ? {} : { only }), check: (node) => (test(node) ? undefined : failure) };
  },
  preScore({ pod }): NodeScorer | undefined {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    const terms = preferred.map(({ weight, preference }) => ({ weight, test: preferenceTest(preference) }));
    return {
      score: (node) => terms.reduce((sum, { weight, test }) => (test(node) ? sum + weight : sum), 0),
      normalize: (scores) => normalizeScores(scores, false),
    };
  },
  wokenBy: ['nodeAdd', 'nodeLabels'],
});
