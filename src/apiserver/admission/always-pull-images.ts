/** AlwaysPullImages: who may not pull an image does not get it from a node where somebody else did. */
import type { Container, EphemeralContainer, PodSpec } from '../../api/mod.ts';
import { fieldErrorsText, field, notSupported } from '../../machinery/mod.ts';
import { forbidden, podSpecOf, type AdmissionPlugin } from './admission.ts';

const always = 'Always';

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  off: true,
  on: ['pods'],
  mutate(request) {
    const spec = podSpecOf(request, 'CREATE', 'UPDATE');
    if (spec === undefined) return;
    for (const list of lists) for (const container of listOf(spec, list)) container.imagePullPolicy = always;
    for (const { image } of spec.volumes ?? []) if (image !== undefined) image.pullPolicy = always;
  },
  validate(request) {
    const spec = podSpecOf(request, 'CREATE', 'UPDATE');
    if (spec === undefined) return;
    const errors = lists.flatMap((list) =>
      listOf(spec, list).flatMap(({ imagePullPolicy = '' }, index) =>
        imagePullPolicy === always
          ? []
          : [notSupported(field('spec', list).index(index).child('imagePullPolicy'), imagePullPolicy, [always])],
      ),
    );
    if (errors.length > 0) throw forbidden(request, fieldErrorsText(errors));
  },
};

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

function listOf(spec: PodSpec, list: (typeof lists)[number]): readonly (Container | EphemeralContainer)[] {
  return spec[list] ?? [];
}
