/** ConfigMap `kube-root-ca.crt` in every active namespace: the certificates by which pods trust the API server. */
import { jsonEqual } from '../base/mod.ts';
import { configMaps, namespaces } from '../api/mod.ts';
import { defineController, nothing, read } from '../client/mod.ts';
import { objectKey } from '../machinery/mod.ts';
import { isNamespaceTerminating } from './ownership.ts';

const name = 'kube-root-ca.crt';
const descriptionAnnotation = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

const reads = {
  namespaces: read(namespaces, { wakes: ({ metadata }) => [metadata.name ?? ''] }),
  configMaps: read(configMaps, { wakes: ({ metadata }) => (metadata.name === name ? [metadata.namespace ?? ''] : []) }),
};

/** `rootCa` in PEM. */
export function rootCaPublisher(rootCa: string): ReturnType<typeof defineController<typeof reads>> {
  const data = { 'ca.crt': rootCa };
  return defineController({
    name: 'root-ca-certificate-publisher-controller',
    reads,
    plan(view, namespace) {
      if (view.namespaces.get(namespace)?.status?.phase !== 'Active') return nothing;
      const current = view.configMaps.get(objectKey(namespace, name));
      if (current === undefined) {
        const object = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace, annotations: { [descriptionAnnotation]: description } },
          data,
        };
        return {
          actions: [
            { do: 'create', resource: configMaps, object, orExisting: true, tolerates: isNamespaceTerminating },
          ],
        };
      }
      if (jsonEqual(current.data, data) && (current.metadata.annotations?.[descriptionAnnotation] ?? '') !== '')
        return nothing;
      const object = {
        ...current,
        metadata: {
          ...current.metadata,
          annotations: { ...current.metadata.annotations, [descriptionAnnotation]: description },
        },
        data,
      };
      return { actions: [{ do: 'update', resource: configMaps, object }] };
    },
  });
}
