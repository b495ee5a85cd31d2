/** StorageObjectInUseProtection: what holds data is not gone before a controller has seen that nobody uses it. */
import { groupResource } from '../../machinery/mod.ts';
import type { AdmissionPlugin } from './admission.ts';

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  on: Object.keys(finalizers),
  mutate({ operation, subresource, kind, draft }) {
    const finalizer = finalizers[groupResource(kind)];
    if (operation !== 'CREATE' || subresource !== undefined || draft === undefined || finalizer === undefined) return;
    const metadata = (draft.metadata ??= {});
    const given = metadata.finalizers ?? [];
    if (!given.includes(finalizer)) metadata.finalizers = [...given, finalizer];
  },
};
