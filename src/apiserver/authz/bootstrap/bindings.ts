/** Who has the default roles, and the roles within kube-system and kube-public. As Kubernetes 1.36 has them. */
import type { ClusterRoleBinding, Role, RoleBinding } from '../../../api/mod.ts';
import { binding, clusterBinding, recordEvents, role } from './notation.ts';

const system = 'kube-system';

export const clusterRoleBindings: readonly ClusterRoleBinding[] = [
  clusterBinding('cluster-admin', ['group:system:masters']),
  clusterBinding('system:monitoring', ['group:system:monitoring']),
  clusterBinding('system:discovery', ['group:system:authenticated']),
  clusterBinding('system:basic-user', ['group:system:authenticated']),
  clusterBinding('system:public-info-viewer', ['group:system:authenticated', 'group:system:unauthenticated']),
  clusterBinding('system:node-proxier', ['user:system:kube-proxy']),
  clusterBinding('system:kube-controller-manager', ['user:system:kube-controller-manager']),
  clusterBinding('system:kube-dns', [`account:${system}/kube-dns`]),
  clusterBinding('system:kube-scheduler', ['user:system:kube-scheduler']),
  clusterBinding('system:volume-scheduler', ['user:system:kube-scheduler']),
  // Nodes have their own authorizer; the binding is there for those who want to add to it.
  clusterBinding('system:node', []),
  clusterBinding('system:service-account-issuer-discovery', ['group:system:serviceaccounts']),
];

/** What kubeadm adds: the group that administrators' certificates name. */
export const administrators: ClusterRoleBinding = {
  ...clusterBinding('cluster-admin', ['group:kubeadm:cluster-admins']),
  metadata: { name: 'kubeadm:cluster-admins' },
};

export const roles: readonly Role[] = [
  role(system, 'extension-apiserver-authentication-reader', [
    'read | core | configmaps | extension-apiserver-authentication',
  ]),
  role(system, 'system:controller:bootstrap-signer', ['read | core | secrets']),
  role(system, 'system:controller:cloud-provider', ['create read | core | configmaps']),
  role(system, 'system:controller:token-cleaner', ['read delete | core | secrets', recordEvents]),
  role(system, 'system::leader-locking-kube-controller-manager', [
    'watch | core | configmaps',
    'get update | core | configmaps | kube-controller-manager',
    'read create update | coordination.k8s.io | leases',
  ]),
  role(system, 'system::leader-locking-kube-scheduler', [
    'watch | core | configmaps',
    'get update | core | configmaps | kube-scheduler',
  ]),
  role('kube-public', 'system:controller:bootstrap-signer', [
    'read | core | configmaps',
    'update | core | configmaps | cluster-info',
    recordEvents,
  ]),
];

export const roleBindings: readonly RoleBinding[] = [
  binding(
    system,
    'extension-apiserver-authentication-reader',
    ['user:system:kube-controller-manager', 'user:system:kube-scheduler'],
    'system::extension-apiserver-authentication-reader',
  ),
  binding(system, 'system::leader-locking-kube-controller-manager', [
    'user:system:kube-controller-manager',
    `account:${system}/kube-controller-manager`,
    `account:${system}/leader-election-controller`,
  ]),
  binding(system, 'system::leader-locking-kube-scheduler', [
    'user:system:kube-scheduler',
    `account:${system}/kube-scheduler`,
  ]),
  binding(system, 'system:controller:bootstrap-signer', [`account:${system}/bootstrap-signer`]),
  binding(system, 'system:controller:cloud-provider', [`account:${system}/cloud-provider`]),
  binding(system, 'system:controller:token-cleaner', [`account:${system}/token-cleaner`]),
  binding('kube-public', 'system:controller:bootstrap-signer', [`account:${system}/bootstrap-signer`]),
];
