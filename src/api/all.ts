/** Every built-in kind, in the order of discovery. */
import type { Kind } from '../machinery/mod.ts';
import { namespaces } from './core/namespace.ts';
import { nodes } from './core/node.ts';
import { pods } from './core/pod.ts';
import { services } from './core/service.ts';
import { endpoints } from './core/endpoints.ts';
import { configMaps } from './core/config-map.ts';
import { secrets } from './core/secret.ts';
import { serviceAccounts } from './core/service-account.ts';
import { events } from './core/event.ts';
import { newEvents } from './events/event.ts';
import { endpointSlices } from './discovery/endpoint-slice.ts';
import { leases } from './coordination/lease.ts';
import { replicaSets } from './apps/replica-set.ts';
import { deployments } from './apps/deployment.ts';
import { priorityClasses } from './scheduling/priority-class.ts';
import { ipAddresses } from './networking/ip-address.ts';
import { serviceCidrs } from './networking/service-cidr.ts';
import { roles } from './rbac/role.ts';
import { clusterRoles } from './rbac/cluster-role.ts';
import { roleBindings } from './rbac/role-binding.ts';
import { clusterRoleBindings } from './rbac/cluster-role-binding.ts';
import { tokenReviews } from './authentication/token-review.ts';
import { selfSubjectReviews } from './authentication/self-subject-review.ts';
import { subjectAccessReviews } from './authorization/subject-access-review.ts';
import { selfSubjectAccessReviews } from './authorization/self-subject-access-review.ts';
import { selfSubjectRulesReviews } from './authorization/self-subject-rules-review.ts';
import { localSubjectAccessReviews } from './authorization/local-subject-access-review.ts';

export const kinds = [
  namespaces,
  nodes,
  pods,
  services,
  endpoints,
  configMaps,
  secrets,
  serviceAccounts,
  events,
  newEvents,
  endpointSlices,
  leases,
  replicaSets,
  deployments,
  priorityClasses,
  ipAddresses,
  serviceCidrs,
  roles,
  clusterRoles,
  roleBindings,
  clusterRoleBindings,
  tokenReviews,
  selfSubjectReviews,
  subjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  localSubjectAccessReviews,
] as unknown as readonly Kind[];
