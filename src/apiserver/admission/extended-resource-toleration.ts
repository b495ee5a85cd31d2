/** ExtendedResourceToleration: pods that ask for a special device tolerate that nodes with it are kept for such pods. */
import { isExtendedResource } from '../../api/mod.ts';
import { podSpecOf, type AdmissionPlugin } from './admission.ts';

const noSchedule = 'NoSchedule';

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  off: true,
  on: ['pods'],
  mutate(request) {
    const spec = podSpecOf(request, 'CREATE', 'UPDATE');
    if (spec === undefined) return;
    const asked = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      Object.keys(resources?.requests ?? {}).filter(isExtendedResource),
    );
    const tolerated = spec.tolerations ?? [];
    const lacking = [...new Set(asked)]
      .sort()
      .filter(
        (name) =>
          !tolerated.some(
            ({ key, operator, effect }) => key === name && operator === 'Exists' && effect === noSchedule,
          ),
      );
    if (lacking.length > 0)
      spec.tolerations = [...tolerated, ...lacking.map((key) => ({ key, operator: 'Exists', effect: noSchedule }))];
  },
};
