/** ServiceAccount `default` in every namespace that is active: pods that name no account run as it. */
import { namespaces, serviceAccounts } from '../api/mod.ts';
import { defineController, nothing, read } from '../client/mod.ts';
import { objectKey } from '../machinery/mod.ts';
import { isNamespaceTerminating } from './ownership.ts';

const name = 'default';

export const serviceAccount = defineController({
  name: 'serviceaccount-controller',
  reads: {
    namespaces: read(namespaces, { wakes: ({ metadata }) => [metadata.name ?? ''] }),
    serviceAccounts: read(serviceAccounts, {
      wakes: ({ metadata }) => (metadata.name === name ? [metadata.namespace ?? ''] : []),
    }),
  },
  plan(view, namespace) {
    if (view.namespaces.get(namespace)?.status?.phase !== 'Active') return nothing;
    if (view.serviceAccounts.get(objectKey(namespace, name)) !== undefined) return nothing;
    const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
    return {
      actions: [
        { do: 'create', resource: serviceAccounts, object, orExisting: true, tolerates: isNamespaceTerminating },
      ],
    };
  },
});
