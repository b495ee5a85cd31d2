/** LimitPodHardAntiAffinityTopology: pods keep others away from their node, not from a whole zone. */
import { forbidden, podSpecOf, type AdmissionPlugin } from './admission.ts';

const hostname = 'kubernetes.io/hostname';

export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  off: true,
  on: ['pods'],
  validate(request) {
    const { affinity } = podSpecOf(request, 'CREATE', 'UPDATE') ?? {};
    for (const { topologyKey } of affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
      if (topologyKey !== hostname)
        throw forbidden(
          request,
          `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${topologyKey} but only key ${hostname} is allowed`,
        );
  },
};
