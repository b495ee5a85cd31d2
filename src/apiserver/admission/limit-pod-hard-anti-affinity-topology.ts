/** LimitPodHardAntiAffinityTopology: pods keep others away from their node, not from a whole zone. */
import type { Pod } from '../../api/mod.ts';
import { forbidden, isOfPods, type AdmissionPlugin } from './admission.ts';

const hostname = 'kubernetes.io/hostname';

export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  off: true,
  on: ['pods'],
  validate(request) {
    if (!isOfPods(request, 'CREATE', 'UPDATE')) return;
    const { affinity } = (request.draft as Pod).spec ?? {};
    for (const { topologyKey } of affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
      if (topologyKey !== hostname)
        throw forbidden(
          request,
          `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${topologyKey} but only key ${hostname} is allowed`,
        );
  },
};
