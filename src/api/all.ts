/** Every built-in kind, in the order of discovery: groups by their priority, resources by their names. */
import type { Kind } from '../machinery/mod.ts';
import { deployments } from './apps/deployment.ts';
import { replicaSets } from './apps/replica-set.ts';
import { selfSubjectReviews } from './authentication/self-subject-review.ts';
import { tokenReviews } from './authentication/token-review.ts';
import { localSubjectAccessReviews } from './authorization/local-subject-access-review.ts';
import { selfSubjectAccessReviews } from './authorization/self-subject-access-review.ts';
import { selfSubjectRulesReviews } from './authorization/self-subject-rules-review.ts';
import { subjectAccessReviews } from './authorization/subject-access-review.ts';
import { leases } from './coordination/lease.ts';
import { bindings } from './core/binding.ts';
import { configMaps } from './core/config-map.ts';
import { endpoints } from './core/endpoints.ts';
import { events } from './core/event.ts';
import { limitRanges } from './core/limit-range.ts';
import { namespaces } from './core/namespace.ts';
import { nodes } from './core/node.ts';
import { persistentVolumeClaims } from './core/persistent-volume-claim.ts';
import { persistentVolumes } from './core/persistent-volume.ts';
import { pods } from './core/pod.ts';
import { resourceQuotas } from './core/resource-quota.ts';
import { secrets } from './core/secret.ts';
import { serviceAccounts } from './core/service-account.ts';
import { services } from './core/service.ts';
import { endpointSlices } from './discovery/endpoint-slice.ts';
import { newEvents } from './events/event.ts';
import { ingressClasses } from './networking/ingress-class.ts';
import { ingresses } from './networking/ingress.ts';
import { ipAddresses } from './networking/ip-address.ts';
import { networkPolicies } from './networking/network-policy.ts';
import { serviceCidrs } from './networking/service-cidr.ts';
import { runtimeClasses } from './node/runtime-class.ts';
import { clusterRoleBindings } from './rbac/cluster-role-binding.ts';
import { clusterRoles } from './rbac/cluster-role.ts';
import { roleBindings } from './rbac/role-binding.ts';
import { roles } from './rbac/role.ts';
import { priorityClasses } from './scheduling/priority-class.ts';
import { csiDrivers } from './storage/csi-driver.ts';
import { csiNodes } from './storage/csi-node.ts';
import { csiStorageCapacities } from './storage/csi-storage-capacity.ts';
import { storageClasses } from './storage/storage-class.ts';
import { volumeAttachments } from './storage/volume-attachment.ts';
import { volumeAttributesClasses } from './storage/volume-attributes-class.ts';

export const kinds = [
  bindings,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  deployments,
  replicaSets,
  newEvents,
  selfSubjectReviews,
  tokenReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCidrs,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
  priorityClasses,
  leases,
  runtimeClasses,
  endpointSlices,
] as unknown as readonly Kind[];
