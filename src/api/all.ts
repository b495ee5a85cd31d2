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
import { configMaps } from './core/config-map.ts';
import { endpoints } from './core/endpoints.ts';
import { events } from './core/event.ts';
import { namespaces } from './core/namespace.ts';
import { nodes } from './core/node.ts';
import { pods } from './core/pod.ts';
import { secrets } from './core/secret.ts';
import { serviceAccounts } from './core/service-account.ts';
import { services } from './core/service.ts';
import { endpointSlices } from './discovery/endpoint-slice.ts';
import { newEvents } from './events/event.ts';
import { ipAddresses } from './networking/ip-address.ts';
import { serviceCidrs } from './networking/service-cidr.ts';
import { clusterRoleBindings } from './rbac/cluster-role-binding.ts';
import { clusterRoles } from './rbac/cluster-role.ts';
import { roleBindings } from './rbac/role-binding.ts';
import { roles } from './rbac/role.ts';
import { priorityClasses } from './scheduling/priority-class.ts';

export const kinds = [
  configMaps,
  endpoints,
  events,
  namespaces,
  nodes,
  pods,
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
  ipAddresses,
  serviceCidrs,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  priorityClasses,
  leases,
  endpointSlices,
] as unknown as readonly Kind[];
