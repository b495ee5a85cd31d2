/**
 * NamespaceLifecycle: nothing is created in a namespace that is not there or is going away, and the namespaces that the
 * cluster stands on are not deleted.
 */
import { namespaces } from '../../api/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import type { AdmissionPlugin } from './admission.ts';

const immortal = ['default', 'kube-system', 'kube-public'];

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  validate({ operation, kind, name }) {
    const isNamespace = kind.group === '' && kind.plural === 'namespaces';
    if (operation === 'DELETE' && isNamespace && immortal.includes(name))
      throw ApiError.forbidden(kind, name, 'this namespace may not be deleted');
  },
  // Before all others, so that nothing else is said about an object that has no place to be.
  mutate({ operation, kind, namespace, name, objects, subresource }) {
    const isNamespace = kind.group === '' && kind.plural === 'namespaces';
    if (operation !== 'CREATE' || namespace === undefined || isNamespace || subresource !== undefined) return;
    // One may ask what is allowed in a namespace that is not there yet.
    if (kind.collection === undefined && kind.group === 'authorization.k8s.io') return;
    const found = objects.get(namespaces, namespace);
    if (found === undefined) throw ApiError.notFound(namespaces, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    };
    throw new ApiError(
      'Forbidden',
      `${kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
      {
        details: { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, causes: [cause] },
      },
    );
  },
};
