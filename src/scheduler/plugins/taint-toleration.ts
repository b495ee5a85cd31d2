/** Taints keep pods away that do not tolerate them; a PreferNoSchedule taint only lowers the score. */
import { definePlugin, normalizeScores, type Failure, type NodeFilter, type NodeScorer } from '../framework.ts';
import { tolerated, untoleratedTaint } from '../taints.ts';

const failure: Failure = {
  plugin: 'TaintToleration',
  reasons: ['node(s) had untolerated taint(s)'],
  unresolvable: true,
};

export const taintToleration = definePlugin({
  name: 'TaintToleration',
  preFilter: ({ tolerations }): NodeFilter => ({
    check: ({ taints }) =>
      taints.length === 0 || untoleratedTaint(taints, tolerations) === undefined ? undefined : failure,
  }),
  preScore({ tolerations }): NodeScorer {
    const relevant = tolerations.filter(({ effect = '' }) => effect === '' || effect === 'PreferNoSchedule');
    return {
      score({ taints }) {
        let disliked = 0;
        for (const taint of taints) if (taint.effect === 'PreferNoSchedule' && !tolerated(relevant, taint)) disliked++;
        return disliked;
      },
      normalize: (scores) => normalizeScores(scores, true),
    };
  },
  wokenBy: ['nodeAdd', 'nodeTaints'],
});
