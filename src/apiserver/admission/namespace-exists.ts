/** NamespaceExists: nothing is written into a namespace that is not there. */
import { namespaces } from '../../api/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import type { AdmissionPlugin } from './admission.ts';

export const namespaceExists: AdmissionPlugin = {
  name: 'NamespaceExists',
  off: true,
  validate({ operation, kind, namespace, objects }) {
    if (operation === 'CONNECT' || !kind.namespaced || namespace === undefined) return;
    if (objects.get(namespaces, namespace) === undefined) throw ApiError.notFound(namespaces, namespace);
  },
};
