/** PodTopologyLabels: a pod has its node's zone and region as labels, where its containers can read them. */
import { nodes, type Binding, type Pod } from '../../api/mod.ts';
import type { AdmissionPlugin, ObjectReader } from './admission.ts';

const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  on: ['pods'],
  mutate({ operation, subresource, draft, objects }) {
    if (operation !== 'CREATE' || draft === undefined) return;
    const node = subresource === 'binding' ? boundNode(draft as Binding) : nodeNameOf(draft as Pod, subresource);
    const labels = node === '' ? {} : labelsOf(objects, node);
    if (Object.keys(labels).length === 0) return;
    const metadata = (draft.metadata ??= {});
    metadata.labels = { ...labels, ...metadata.labels };
  },
};

function boundNode({ target }: Binding): string {
  return target?.kind === 'Node' ? (target.name ?? '') : '';
}

function nodeNameOf({ spec }: Pod, subresource: string | undefined): string {
  return subresource === undefined ? (spec?.nodeName ?? '') : '';
}

function labelsOf(objects: ObjectReader, node: string): Record<string, string> {
  const labels = objects.get(nodes, node)?.metadata.labels ?? {};
  return Object.fromEntries(
    topologyLabels.flatMap((key) => {
      const value = labels[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
