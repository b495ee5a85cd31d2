/**
 * PodGroupProtection: a group is not gone before a controller has seen that no pod is in it. PodGroupWorkloadExists: a group
 * that says which template it was made from is made only where there is one.
 */
import { podGroups, workloads, type PodGroup } from '../../api/mod.ts';
import { goQuote, groupResource, objectKey } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

const on = [groupResource(podGroups)];
const finalizer = 'scheduling.k8s.io/podgroup-protection';

function newGroup({ operation, subresource, draft }: AdmissionRequest): PodGroup | undefined {
  return operation === 'CREATE' && subresource === undefined ? (draft as PodGroup) : undefined;
}

export const podGroupProtection: AdmissionPlugin = {
  name: 'PodGroupProtection',
  on,
  mutate(request) {
    const group = newGroup(request);
    if (group === undefined) return;
    const given = group.metadata.finalizers ?? [];
    if (!given.includes(finalizer)) group.metadata.finalizers = [...given, finalizer];
  },
};

export const podGroupWorkloadExists: AdmissionPlugin = {
  name: 'PodGroupWorkloadExists',
  on,
  validate(request) {
    const from = newGroup(request)?.spec.podGroupTemplateRef?.workload ?? undefined;
    if (from === undefined) return;
    const refused = (why: string): Error => forbidden(request, `PodGroup rejected: ${why}`);
    const shown = `Workload ${goQuote(from.workloadName)}`;
    const workload = request.objects.get(workloads, objectKey(request.namespace, from.workloadName));
    if (workload === undefined) throw refused(`${shown} not found`);
    if (workload.metadata.deletionTimestamp !== undefined) throw refused(`${shown} is being deleted`);
    if (!workload.spec.podGroupTemplates.some(({ name }) => name === from.podGroupTemplateName))
      throw refused(`PodGroupTemplate ${goQuote(from.podGroupTemplateName)} not found in ${shown}`);
  },
};
