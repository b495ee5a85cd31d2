/**
 * Nobody grants more than they hold: roles and bindings are refused to users who lack some of the permissions in them, unless
 * they may `escalate` the role or `bind` it, or are in the group that may do everything.
 */
import type { ClusterRole, RoleBinding } from '../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { ApiError, goQuote, type KubeObject, type UserInfo } from '../../machinery/mod.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.ts';
import { decide, type Attributes, type Authorizer } from './authorizer.ts';
import { rbacGroup } from './bootstrap/notation.ts';
import type { RbacAuthorizer } from './rbac.ts';
import { compactRules, quoteAll, ruleText, uncovered, type Rule } from './rules.ts';

type AnyRole = DeepReadonly<ClusterRole>;
type AnyBinding = DeepReadonly<RoleBinding>;

const everything: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export function escalationCheck(rbac: RbacAuthorizer, authorizers: readonly Authorizer[]): AdmissionPlugin {
  const may = async (attributes: Attributes): Promise<boolean> =>
    (await decide(authorizers, attributes)).verdict === 'allow';
  return {
    name: 'rbac',
    on: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => `${plural}.${rbacGroup}`),
    async validate(request) {
      const { kind, draft, old, subresource, context } = request;
      if (draft === undefined || subresource !== undefined) return;
      if (context.user.groups.includes('system:masters')) return;
      const binds = kind.plural.endsWith('bindings');
      if (old !== undefined && unchanged(draft, old, binds ? ['subjects', 'roleRef'] : ['rules', 'aggregationRule']))
        return;
      if (binds) await checkBinding(rbac, may, request, draft as unknown as AnyBinding);
      else await checkRole(rbac, may, request, draft as unknown as AnyRole);
    },
  };
}

function unchanged(draft: KubeObject, old: DeepReadonly<KubeObject>, fields: readonly string[]): boolean {
  return fields.every((name) =>
    jsonEqual((draft as Record<string, unknown>)[name], (old as Record<string, unknown>)[name]),
  );
}

type May = (attributes: Attributes) => Promise<boolean>;

async function checkRole(rbac: RbacAuthorizer, may: May, request: AdmissionRequest, role: AnyRole): Promise<void> {
  const { kind, name, namespace = '', context } = request;
  if (await may(asks(request, 'escalate', kind.plural, name))) return;
  const fail = (why: string): never => {
    throw ApiError.forbidden(kind, name, why);
  };
  if (role.aggregationRule !== undefined && lacking(rbac, context.user, namespace, everything) !== undefined)
    fail('must have cluster-admin privileges to use the aggregationRule');
  const problem = lacking(rbac, context.user, namespace, role.rules ?? []);
  if (problem !== undefined) fail(problem);
}

async function checkBinding(
  rbac: RbacAuthorizer,
  may: May,
  request: AdmissionRequest,
  { roleRef }: AnyBinding,
): Promise<void> {
  const { kind, name, namespace = '', context } = request;
  const resource = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
  if (await may(asks(request, 'bind', resource, roleRef.name))) return;
  const rules = rbac.rulesOfRole(roleRef, namespace);
  if (typeof rules === 'string') throw ApiError.notFound({ group: rbacGroup, plural: resource }, roleRef.name);
  const problem = lacking(rbac, context.user, namespace, rules);
  if (problem !== undefined) throw ApiError.forbidden(kind, name, problem);
}

function asks({ context, namespace = '' }: AdmissionRequest, verb: string, resource: string, name: string): Attributes {
  const { user } = context;
  return { user, verb, group: rbacGroup, version: '*', resource, subresource: '', namespace, name };
}

/** Says what the user would grant without holding it. */
function lacking(rbac: RbacAuthorizer, user: UserInfo, namespace: string, wanted: readonly Rule[]): string | undefined {
  const { rules, missing } = rbac.rulesOf(user, namespace);
  const lacks = uncovered(wanted, rules);
  if (lacks.length === 0) return undefined;
  const listed = [...new Set(compactRules(lacks).map(ruleText))].sort().join('\n');
  const unresolved = missing.length === 0 ? '' : `; resolution errors: [${missing.join(', ')}]`;
  return `user ${goQuote(user.username)} (groups=${quoteAll(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${listed}${unresolved}`;
}
