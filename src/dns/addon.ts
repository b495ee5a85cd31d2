/**
 * The objects through which pods find the DNS server: the Service kube-dns as every cluster has it, without a selector,
 * and a slice of our own that points to where the server listens.
 */
import type { EndpointSlice, Service } from '../api/mod.ts';

export interface ClusterDnsOptions {
  /** Conventionally the tenth of the Service range. */
  readonly clusterIp: string;
  /** Where a server listens, and on which node. */
  readonly servers: readonly { readonly address: string; readonly nodeName?: string }[];
  readonly port: number;
}

export function clusterDnsObjects({ clusterIp, servers, port }: ClusterDnsOptions): {
  service: Service;
  endpointSlice: EndpointSlice;
} {
  const namespace = 'kube-system';
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
  return {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace, labels },
      spec: {
        clusterIP: clusterIp,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: port },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: port },
        ],
      },
    },
    endpointSlice: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'kube-dns-kutter',
        namespace,
        labels: {
          'k8s-app': 'kube-dns',
          'kubernetes.io/service-name': 'kube-dns',
          // Not the slice controller's, which would take it for a leftover.
          'endpointslice.kubernetes.io/managed-by': 'kutter',
        },
      },
      addressType: clusterIp.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: servers.map(({ address, nodeName }) => ({
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
        ...(nodeName === undefined ? {} : { nodeName }),
      })),
      ports: [
        { name: 'dns', port, protocol: 'UDP' },
        { name: 'dns-tcp', port, protocol: 'TCP' },
      ],
    },
  };
}
