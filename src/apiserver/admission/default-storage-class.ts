/** DefaultStorageClass: a claim that names no class gets the default one. */
import { storageClasses, type PersistentVolumeClaim } from '../../api/mod.ts';
import type { AdmissionPlugin } from './admission.ts';
import { defaultClassOf } from './default-class.ts';

const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  on: ['persistentvolumeclaims'],
  mutate({ operation, subresource, draft, objects }) {
    if (operation !== 'CREATE' || subresource !== undefined) return;
    const claim = draft as PersistentVolumeClaim;
    if (claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[classAnnotation] !== undefined)
      return;
    const found = defaultClassOf(objects, storageClasses, marks);
    if (found?.metadata.name !== undefined) claim.spec = { ...claim.spec, storageClassName: found.metadata.name };
  },
};
