/** Which requests a FlowSchema is about. */
import type { DeepReadonly } from '../../base/mod.ts';
import type {
  FlowcontrolV1Subject,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '../../api/mod.ts';
import type { UserInfo } from '../../machinery/mod.ts';

/** A request as far as flow control looks at it. */
export interface FlowRequest {
  readonly user: UserInfo;
  readonly verb: string;
  /** Undefined: the request is for the path. */
  readonly resource: { readonly group: string; readonly resource: string; readonly subresource: string } | undefined;
  readonly namespace: string;
  readonly path: string;
}

export function ruleMatches(rule: DeepReadonly<PolicyRulesWithSubjects>, request: FlowRequest): boolean {
  if (!rule.subjects.some((subject) => subjectMatches(subject, request.user))) return false;
  return request.resource === undefined
    ? (rule.nonResourceRules ?? []).some((policy) => pathMatches(policy, request))
    : (rule.resourceRules ?? []).some((policy) => resourceMatches(policy, request));
}

function subjectMatches(
  { kind, user, group, serviceAccount }: DeepReadonly<FlowcontrolV1Subject>,
  who: UserInfo,
): boolean {
  switch (kind) {
    case 'User':
      return user?.name === '*' || user?.name === who.username;
    case 'Group':
      return group?.name === '*' || who.groups.includes(group?.name ?? '');
    case 'ServiceAccount': {
      const prefix = `system:serviceaccount:${serviceAccount?.namespace ?? ''}:`;
      return serviceAccount?.name === '*'
        ? who.username.startsWith(prefix)
        : who.username === prefix + (serviceAccount?.name ?? '');
    }
    default:
      return false;
  }
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function resourceMatches(
  policy: DeepReadonly<ResourcePolicyRule>,
  { verb, resource, namespace }: FlowRequest,
): boolean {
  if (resource === undefined) return false;
  const name = resource.subresource === '' ? resource.resource : `${resource.resource}/${resource.subresource}`;
  return (
    has(policy.verbs, verb) &&
    has(policy.apiGroups, resource.group) &&
    has(policy.resources, name) &&
    (namespace === '' ? policy.clusterScope === true : has(policy.namespaces, namespace))
  );
}

function pathMatches(
  { verbs, nonResourceURLs }: DeepReadonly<NonResourcePolicyRule>,
  { verb, path }: FlowRequest,
): boolean {
  return (
    has(verbs, verb) &&
    nonResourceURLs.some((url) => (url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : url === path))
  );
}
