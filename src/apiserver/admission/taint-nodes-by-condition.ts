/** TaintNodesByCondition: nothing is scheduled on a new node until it has been ready once. */
import { nodes, type Node } from '../../api/mod.ts';
import type { AdmissionPlugin } from './admission.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  on: ['nodes'],
  mutate({ operation, kind, subresource, draft }) {
    if (
      operation !== 'CREATE' ||
      kind.group !== nodes.group ||
      kind.plural !== nodes.plural ||
      subresource !== undefined
    )
      return;
    const node = draft as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};
