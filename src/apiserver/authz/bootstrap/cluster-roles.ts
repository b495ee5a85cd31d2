/** The ClusterRoles that every cluster has: for people, for nodes and for the components. As Kubernetes 1.36 has them. */
import type { ClusterRole } from '../../../api/mod.ts';
import { aggregatedPart, aggregatedRole, clusterRole, recordEvents } from './notation.ts';

const edit = [
  'read | core | pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy',
  'impersonate | core | serviceaccounts',
  'write | core | pods pods/attach pods/proxy pods/exec pods/portforward',
  'create | core | pods/eviction',
  'write | core | replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy persistentvolumeclaims configmaps secrets',
  'create | core | serviceaccounts/token',
  'write | core events.k8s.io | events',
  'write | apps | statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback replicasets replicasets/scale',
  'write | autoscaling | horizontalpodautoscalers',
  'write | batch | jobs cronjobs',
  'write | extensions | daemonsets deployments deployments/scale deployments/rollback ingresses replicasets replicasets/scale replicationcontrollers/scale networkpolicies',
  'write | policy | poddisruptionbudgets',
  'write | networking.k8s.io | networkpolicies ingresses',
  'read write | coordination.k8s.io | leases',
  'write | resource.k8s.io | resourceclaims resourceclaimtemplates',
];

const view = [
  'read | core | pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps',
  'read | core | limitranges resourcequotas bindings pods/status resourcequotas/status namespaces/status replicationcontrollers/status pods/log',
  'read | core | namespaces',
  'read | core events.k8s.io | events',
  'read | discovery.k8s.io | endpointslices',
  'read | apps | controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status deployments deployments/status deployments/scale replicasets replicasets/status replicasets/scale',
  'read | autoscaling | horizontalpodautoscalers horizontalpodautoscalers/status',
  'read | batch | jobs cronjobs cronjobs/status jobs/status',
  'read | extensions | daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status replicasets replicasets/scale replicasets/status replicationcontrollers/scale networkpolicies',
  'read | policy | poddisruptionbudgets poddisruptionbudgets/status',
  'read | networking.k8s.io | networkpolicies ingresses ingresses/status',
  'read | resource.k8s.io | resourceclaims resourceclaims/status resourceclaimtemplates',
];

/** What a kubelet needs; the node authorizer narrows it to what concerns its node. */
export const nodeRules = [
  'create | authentication.k8s.io | tokenreviews',
  'create | authorization.k8s.io | subjectaccessreviews localsubjectaccessreviews',
  'read | core | services',
  'create read | core | nodes',
  'change | core | nodes/status',
  'change | core | nodes',
  recordEvents,
  'read | core | pods',
  'create delete | core | pods',
  'change | core | pods/status',
  'create | core | pods/eviction',
  'read | core | secrets configmaps',
  'get | core | persistentvolumeclaims persistentvolumes',
  'get | core | endpoints',
  'create read | certificates.k8s.io | certificatesigningrequests',
  'get create change delete | coordination.k8s.io | leases',
  'get | storage.k8s.io | volumeattachments',
  'create | core | serviceaccounts/token',
  'get change | core | persistentvolumeclaims/status',
  'read | storage.k8s.io | csidrivers',
  'get create change delete | storage.k8s.io | csinodes',
  'read | node.k8s.io | runtimeclasses',
  'get | resource.k8s.io | resourceclaims',
  'deletecollection | resource.k8s.io | resourceslices',
  'get | core | serviceaccounts',
];

const scheduler = [
  recordEvents,
  'create | coordination.k8s.io | leases',
  'get update list watch | coordination.k8s.io | leases | kube-scheduler',
  'read write | coordination.k8s.io | leasecandidates',
  'read | core | nodes',
  'read delete | core | pods',
  'create | core | pods/binding bindings',
  'change | core | pods/status',
  'read | core | services replicationcontrollers',
  'read | apps extensions | replicasets',
  'read | apps | statefulsets',
  'read | policy | poddisruptionbudgets',
  'read | core | persistentvolumeclaims persistentvolumes',
  'create | authentication.k8s.io | tokenreviews',
  'create | authorization.k8s.io | subjectaccessreviews',
  'read | storage.k8s.io | csinodes',
  'read | storage.k8s.io | volumeattachments',
  'read | core | namespaces',
  'read | storage.k8s.io | csidrivers',
  'read | storage.k8s.io | csistoragecapacities',
  'read | resource.k8s.io | deviceclasses',
  'read change | resource.k8s.io | resourceclaims',
  'read change | resource.k8s.io | resourceclaims/status',
  'update | core | pods/finalizers',
  'read | resource.k8s.io | resourceslices',
];

const controllerManager = [
  recordEvents,
  'create | coordination.k8s.io | leases',
  'get update | coordination.k8s.io | leases | kube-controller-manager',
  'create | core | secrets serviceaccounts',
  'delete | core | secrets',
  'get | core | namespaces secrets serviceaccounts configmaps',
  'update | core | secrets serviceaccounts',
  'create | authentication.k8s.io | tokenreviews',
  'create | authorization.k8s.io | subjectaccessreviews',
  'list watch | * | *',
  'create | core | serviceaccounts/token',
];

const signer = (name: string): string => `approve | certificates.k8s.io | signers | kubernetes.io/${name}`;

export const clusterRoles: readonly ClusterRole[] = [
  clusterRole('cluster-admin', ['* | * | *', '* | *']),
  clusterRole('system:discovery', [
    'get | /livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*',
  ]),
  clusterRole('system:monitoring', [
    'get | /metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*',
    'get | core | nodes/metrics',
  ]),
  clusterRole('system:basic-user', [
    'create | authorization.k8s.io | selfsubjectaccessreviews selfsubjectrulesreviews',
    'create | authentication.k8s.io | selfsubjectreviews',
  ]),
  clusterRole('system:public-info-viewer', ['get | /livez /readyz /healthz /version /version/']),
  aggregatedRole('admin'),
  aggregatedRole('edit', 'admin'),
  aggregatedRole('view', 'edit'),
  aggregatedPart('admin', [
    'create | authorization.k8s.io | localsubjectaccessreviews',
    'read write | rbac.authorization.k8s.io | roles rolebindings',
  ]),
  aggregatedPart('edit', edit),
  aggregatedPart('view', view),
  clusterRole('system:heapster', ['read | core | events pods nodes namespaces', 'read | extensions | deployments']),
  clusterRole('system:node', nodeRules),
  clusterRole('system:node-problem-detector', ['get | core | nodes', 'patch | core | nodes/status', recordEvents]),
  clusterRole('system:node-bootstrapper', ['create read | certificates.k8s.io | certificatesigningrequests']),
  clusterRole('system:auth-delegator', [
    'create | authentication.k8s.io | tokenreviews',
    'create | authorization.k8s.io | subjectaccessreviews',
  ]),
  clusterRole('system:kube-aggregator', ['read | core | services endpoints']),
  clusterRole('system:kube-controller-manager', controllerManager),
  clusterRole('system:kube-dns', ['list watch | core | endpoints services']),
  clusterRole('system:persistent-volume-provisioner', [
    'read create delete | core | persistentvolumes',
    'read update | core | persistentvolumeclaims',
    'read | storage.k8s.io | storageclasses',
    'watch | core | events',
    recordEvents,
  ]),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:nodeclient', [
    'create | certificates.k8s.io | certificatesigningrequests/nodeclient',
  ]),
  clusterRole('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [
    'create | certificates.k8s.io | certificatesigningrequests/selfnodeclient',
  ]),
  clusterRole('system:volume-scheduler', [
    'read change | core | persistentvolumes',
    'read | storage.k8s.io | storageclasses',
    'read change | core | persistentvolumeclaims',
  ]),
  clusterRole('system:certificates.k8s.io:legacy-unknown-approver', [signer('legacy-unknown')]),
  clusterRole('system:certificates.k8s.io:kubelet-serving-approver', [signer('kubelet-serving')]),
  clusterRole('system:certificates.k8s.io:kube-apiserver-client-approver', [signer('kube-apiserver-client')]),
  clusterRole('system:certificates.k8s.io:kube-apiserver-client-kubelet-approver', [
    signer('kube-apiserver-client-kubelet'),
  ]),
  clusterRole('system:service-account-issuer-discovery', [
    'get | /.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
  ]),
  clusterRole('system:kubelet-api-admin', [
    'read | core | nodes',
    'proxy | core | nodes',
    '* | core | nodes/proxy nodes/metrics nodes/stats nodes/log',
    '* | core | nodes/pods nodes/healthz nodes/configz',
  ]),
  clusterRole('system:node-proxier', [
    'list watch | core | services endpoints',
    'read | core | nodes',
    recordEvents,
    'list watch | networking.k8s.io | servicecidrs',
    'list watch | discovery.k8s.io | endpointslices',
  ]),
  clusterRole('system:kube-scheduler', scheduler),
];
