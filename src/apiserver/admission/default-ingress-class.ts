/** DefaultIngressClass: an Ingress that names no class gets the default one. */
import { ingressClasses, type Ingress } from '../../api/mod.ts';
import type { AdmissionPlugin } from './admission.ts';
import { defaultClassOf } from './default-class.ts';

const mark = 'ingressclass.kubernetes.io/is-default-class';
const classAnnotation = 'kubernetes.io/ingress.class';

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  on: ['ingresses.networking.k8s.io'],
  mutate({ operation, subresource, draft, objects }) {
    if (operation !== 'CREATE' || subresource !== undefined) return;
    const ingress = draft as Ingress;
    if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[classAnnotation] !== undefined)
      return;
    const found = defaultClassOf(objects, ingressClasses, [mark]);
    if (found?.metadata.name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
  },
};
