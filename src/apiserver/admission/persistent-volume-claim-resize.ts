/** PersistentVolumeClaimResize: a claim grows only where its class says that its volumes can. */
import { storageClasses, type PersistentVolumeClaim } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { parseQuantity, zeroQuantity, type Quantity } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin } from './admission.ts';

type Claim = DeepReadonly<PersistentVolumeClaim>;

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  on: ['persistentvolumeclaims'],
  validate(request) {
    const { operation, subresource, objects } = request;
    if (operation !== 'UPDATE' || subresource !== undefined) return;
    const claim = request.draft as Claim;
    const old = request.old as Claim;
    if (sizeOf(claim).compare(sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound') throw forbidden(request, 'Only bound persistent volume claims can be expanded');
    const name = classOf(claim);
    const grows =
      name !== '' && name === classOf(old) && objects.get(storageClasses, name)?.allowVolumeExpansion === true;
    if (!grows)
      throw forbidden(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
  },
};

function sizeOf({ spec }: Claim): Quantity {
  const text = spec?.resources?.requests?.['storage'];
  return text === undefined ? zeroQuantity : parseQuantity(text);
}

function classOf({ metadata, spec }: Claim): string {
  return metadata.annotations?.[classAnnotation] ?? spec?.storageClassName ?? '';
}
