/** A pod that names its node goes there or nowhere. */
import { definePlugin, type Failure, type NodeFilter } from '../framework.ts';

const failure: Failure = {
  plugin: 'NodeName',
  reasons: ["node(s) didn't match the requested node name"],
  unresolvable: true,
};

export const nodeName = definePlugin({
  name: 'NodeName',
  preFilter({ nodeName: wanted }): NodeFilter | undefined {
    if (wanted === '') return undefined;
    return { check: (node) => (node.name === wanted ? undefined : failure) };
  },
  wokenBy: ['nodeAdd'],
});
