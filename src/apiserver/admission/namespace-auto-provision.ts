/** NamespaceAutoProvision: who creates something in a namespace that is not there creates the namespace too. */
import { namespaces } from '../../api/mod.ts';
import { isApiError } from '../../machinery/mod.ts';
import type { AdmissionPlugin } from './admission.ts';

export const namespaceAutoProvision: AdmissionPlugin = {
  name: 'NamespaceAutoProvision',
  off: true,
  async mutate({ operation, kind, namespace, objects, dryRun, self }) {
    if (operation !== 'CREATE' || !kind.namespaced || namespace === undefined || dryRun) return;
    if (objects.get(namespaces, namespace) !== undefined) return;
    try {
      await self().create(namespaces, { metadata: { name: namespace } });
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  },
};
