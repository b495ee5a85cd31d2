/**
 * The short notation in which the default policy is written down: `verbs | groups | resources | names`, each a list of words.
 * `core` is the group without a name, `read`, `write` and `change` stand for several verbs. `verbs | /path /path/*` is a rule
 * on paths.
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../../api/mod.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';
export const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate';

const verbGroups: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'watch'],
  write: ['create', 'update', 'patch', 'delete', 'deletecollection'],
  change: ['update', 'patch'],
};

export const recordEvents = 'create change | core events.k8s.io | events';

/** Every list in order, as upstream has them. */
export function rule(text: string): PolicyRule {
  const [verbs = [], second = [], resources = [], resourceNames = []] = text
    .split('|')
    .map((part) => part.trim().split(/\s+/));
  const spelled = verbs.flatMap((verb) => verbGroups[verb] ?? [verb]).sort();
  if (second[0]?.startsWith('/') === true || resources.length === 0)
    return { verbs: spelled, nonResourceURLs: [...second].sort() };
  const apiGroups = second.map((group) => (group === 'core' ? '' : group)).sort();
  return {
    verbs: spelled,
    apiGroups,
    resources: [...resources].sort(),
    ...(resourceNames.length === 0 ? {} : { resourceNames: [...resourceNames].sort() }),
  };
}

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
}

function metadata({ name, namespace, labels }: Meta): ClusterRole['metadata'] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { [autoupdate]: 'true' },
  };
}

export function clusterRole(name: string, rules: readonly string[], labels: Record<string, string> = {}): ClusterRole {
  return { metadata: metadata({ name, labels }), rules: rules.map(rule) };
}

const aggregation = (to: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${to}`]: 'true',
});

/** A role that is the sum of those that are labelled to be in it; itself part of `into`. */
export function aggregatedRole(name: string, into?: string): ClusterRole {
  return {
    metadata: metadata({ name, labels: into === undefined ? {} : aggregation(into) }),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregation(name) }] },
  };
}

export function aggregatedPart(to: string, rules: readonly string[]): ClusterRole {
  return clusterRole(`system:aggregate-to-${to}`, rules, aggregation(to));
}

export function role(namespace: string, name: string, rules: readonly string[]): Role {
  return { metadata: metadata({ name, namespace }), rules: rules.map(rule) };
}

/** `user:NAME`, `group:NAME` or `account:NAMESPACE/NAME`. */
function subject(text: string): Subject {
  const [kind = '', ...rest] = text.split(':');
  const name = rest.join(':');
  if (kind === 'account')
    return { kind: 'ServiceAccount', namespace: name.split('/')[0] ?? '', name: name.split('/')[1] ?? '' };
  return { kind: kind === 'user' ? 'User' : 'Group', apiGroup: rbacGroup, name };
}

export function clusterBinding(roleName: string, subjects: readonly string[], name = roleName): ClusterRoleBinding {
  return {
    metadata: metadata({ name }),
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: roleName },
    ...listOf(subjects),
  };
}

export function binding(
  namespace: string,
  roleName: string,
  subjects: readonly string[],
  name = roleName,
): RoleBinding {
  return {
    metadata: metadata({ name, namespace }),
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name: roleName },
    ...listOf(subjects),
  };
}

function listOf(subjects: readonly string[]): { subjects?: Subject[] } {
  return subjects.length === 0 ? {} : { subjects: subjects.map(subject) };
}
