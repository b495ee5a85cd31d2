/**
 * NodeDeclaredFeatureValidator: a pod that has a node changes only in ways that its node says it can follow. Nodes say so in
 * `status.declaredFeatures`.
 */
import { nodes, type Pod } from '../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { parseQuantity } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin } from './admission.ts';

type ReadonlyPod = DeepReadonly<Pod>;

/** The features that a change may need, by what nodes call them. */
const features: Readonly<Record<string, (pod: ReadonlyPod, old: ReadonlyPod) => boolean>> = {
  GuaranteedQoSPodCPUResize: (pod, old) => old.status?.qosClass === 'Guaranteed' && cpuChanges(pod, old),
  InPlacePodLevelResourcesVerticalScaling: ({ spec }, old) =>
    !jsonEqual(spec?.resources ?? {}, old.spec?.resources ?? {}),
};

export const nodeDeclaredFeatureValidator: AdmissionPlugin = {
  name: 'NodeDeclaredFeatureValidator',
  on: ['pods'],
  validate(request) {
    const { operation, subresource, draft, old, objects } = request;
    if (operation !== 'UPDATE' || (subresource !== undefined && subresource !== 'resize')) return;
    const [pod, before] = [draft as Pod, old as ReadonlyPod];
    const nodeName = pod.spec?.nodeName ?? '';
    if (nodeName === '' || pod.metadata.generation === before.metadata.generation) return;
    const needed = Object.keys(features).filter((name) => features[name]?.(pod, before));
    if (needed.length === 0) return;
    const node = objects.get(nodes, nodeName);
    if (node === undefined) throw forbidden(request, `node ${JSON.stringify(nodeName)} not found`);
    const missing = needed.filter((name) => node.status?.declaredFeatures?.includes(name) !== true);
    if (missing.length > 0)
      throw forbidden(
        request,
        `pod update requires features ${missing.join(', ')} which are not available on node ${JSON.stringify(nodeName)}`,
      );
  },
};

function cpuChanges({ spec }: ReadonlyPod, old: ReadonlyPod): boolean {
  const cpu = (containers: ReadonlyPod['spec'], i: number) =>
    parseQuantity(containers?.containers[i]?.resources?.requests?.['cpu'] ?? '0');
  return (old.spec?.containers ?? []).some((_, i) => !cpu(old.spec, i).equals(cpu(spec, i)));
}
