/**
 * RBAC: what roles and bindings allow, read from the store's current state. What a user may do is compiled once, cluster-wide
 * and for each namespace that is asked about, and stays valid for as long as the collections that it came from are the same
 * immutable trees; so a decision is a look-up, and a changed role counts from the next request on.
 */
import {
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  type ClusterRole,
  type ClusterRoleBinding,
  type RoleBinding,
  type Subject,
} from '../../api/mod.ts';
import type { DeepReadonly, Tree } from '../../base/mod.ts';
import { goQuote, type Kind, type UserInfo } from '../../machinery/mod.ts';
import type { Entry, Snapshot, Store } from '../../store/mod.ts';
import { aggregated, noOpinion, type Attributes, type Authorizer, type Decision, type RulesFor } from './authorizer.ts';
import { nameFits, pathFits, ruleFits, type ResourceRequest, type Rule } from './rules.ts';

/** Namespaces, and kinds of request, that are kept for one user; beyond that it is forgotten and compiled again. */
const namespacesMax = 256;
const requestsMax = 512;

interface Grant {
  readonly rule: Rule;
  readonly decision: Decision;
}

type RoleReference = DeepReadonly<RoleBinding['roleRef']>;
type Binding = DeepReadonly<RoleBinding | ClusterRoleBinding>;

/** What bindings of one scope give to one user. */
class Grants {
  readonly all: readonly Grant[];
  /** Roles that bindings speak of and that are not there. */
  readonly missing: readonly string[];
  readonly #from: readonly Tree<Entry>[];
  readonly #kept = new Map<string, readonly Grant[]>();
  readonly #paths: readonly Grant[];

  constructor(all: readonly Grant[], missing: readonly string[], from: readonly Tree<Entry>[]) {
    this.all = all;
    this.missing = missing;
    this.#from = from;
    this.#paths = all.filter(({ rule }) => (rule.nonResourceURLs ?? []).length > 0);
  }

  madeFrom(trees: readonly Tree<Entry>[]): boolean {
    for (let i = 0; i < trees.length; i++) if (trees[i] !== this.#from[i]) return false;
    return true;
  }

  decide(request: ResourceRequest, name: string): Decision | undefined {
    const key = `${request.verb} ${request.group} ${request.resource} ${request.subresource}`;
    let fitting = this.#kept.get(key);
    if (fitting === undefined) {
      if (this.#kept.size >= requestsMax) this.#kept.clear();
      this.#kept.set(key, (fitting = this.all.filter(({ rule }) => ruleFits(rule, request))));
    }
    for (const { rule, decision } of fitting) if (nameFits(rule, name)) return decision;
    return undefined;
  }

  decidePath(verb: string, path: string): Decision | undefined {
    return this.#paths.find(({ rule }) => pathFits(rule, verb, path))?.decision;
  }
}

interface UserGrants {
  cluster: Grants | undefined;
  readonly namespaces: Map<string, Grants>;
}

export interface RulesOfUser {
  readonly rules: readonly Rule[];
  readonly missing: readonly string[];
}

export class RbacAuthorizer implements Authorizer {
  readonly #store: Store;
  /** A user is the same object for as long as its connection or its token is known. */
  readonly #users = new WeakMap<UserInfo, UserGrants>();

  constructor(store: Store) {
    this.#store = store;
  }

  authorize(attributes: Attributes): Decision {
    const { user, verb, namespace, name, path } = attributes;
    const snapshot = this.#store.current;
    const cluster = this.#clusterGrants(user, snapshot);
    if (path !== undefined) return cluster.decidePath(verb, path) ?? refusal(cluster.missing);
    const decision = cluster.decide(attributes, name);
    if (decision !== undefined || namespace === '') return decision ?? refusal(cluster.missing);
    const grants = this.#namespaceGrants(user, namespace, snapshot);
    return grants.decide(attributes, name) ?? refusal([...cluster.missing, ...grants.missing]);
  }

  rulesFor(user: UserInfo, namespace: string): RulesFor {
    const { rules, missing } = this.rulesOf(user, namespace);
    return { rules, problems: missing, incomplete: false };
  }

  /** All that the user holds in a namespace, or cluster-wide when it is empty. */
  rulesOf(user: UserInfo, namespace: string): RulesOfUser {
    const snapshot = this.#store.current;
    const cluster = this.#clusterGrants(user, snapshot);
    const parts = namespace === '' ? [cluster] : [cluster, this.#namespaceGrants(user, namespace, snapshot)];
    return {
      rules: parts.flatMap(({ all }) => all.map(({ rule }) => rule)),
      missing: parts.flatMap(({ missing }) => missing),
    };
  }

  /** The rules that a reference stands for; a text when there is no such role. */
  rulesOfRole(reference: RoleReference, namespace: string): readonly Rule[] | string {
    return rulesOfRole(this.#store.current, reference, namespace);
  }

  #of(user: UserInfo): UserGrants {
    let grants = this.#users.get(user);
    if (grants === undefined) this.#users.set(user, (grants = { cluster: undefined, namespaces: new Map() }));
    return grants;
  }

  #clusterGrants(user: UserInfo, snapshot: Snapshot): Grants {
    const known = this.#of(user);
    const trees = [treeOf(snapshot, clusterRoleBindings), treeOf(snapshot, clusterRoles)];
    if (known.cluster?.madeFrom(trees) !== true) known.cluster = compile(user, snapshot, '', trees);
    return known.cluster;
  }

  #namespaceGrants(user: UserInfo, namespace: string, snapshot: Snapshot): Grants {
    const { namespaces } = this.#of(user);
    const trees = [treeOf(snapshot, roleBindings), treeOf(snapshot, roles), treeOf(snapshot, clusterRoles)];
    let grants = namespaces.get(namespace);
    if (grants?.madeFrom(trees) !== true) {
      if (namespaces.size >= namespacesMax) namespaces.clear();
      namespaces.set(namespace, (grants = compile(user, snapshot, namespace, trees)));
    }
    return grants;
  }
}

function treeOf(snapshot: Snapshot, kind: Pick<Kind, 'collection'>): Tree<Entry> {
  return snapshot.collection(kind.collection ?? '');
}

/** `trees[0]` holds the bindings. */
function compile(user: UserInfo, snapshot: Snapshot, namespace: string, trees: readonly Tree<Entry>[]): Grants {
  const grants: Grant[] = [];
  const missing: string[] = [];
  const visit = (entry: Entry): void => {
    const binding = entry.value as unknown as Binding;
    const subject = binding.subjects?.find((candidate) => isSubject(user, candidate, namespace));
    if (subject === undefined) return;
    const rules = rulesOfRole(snapshot, binding.roleRef, namespace);
    if (typeof rules === 'string') return void missing.push(rules);
    const decision: Decision = {
      verdict: 'allow',
      reason: `RBAC: allowed by ${bindingText(binding, subject, namespace)}`,
    };
    for (const rule of rules) grants.push({ rule, decision });
  };
  const bounds: [string?, string?] = namespace === '' ? [] : [`${namespace}/`, `${namespace}0`];
  trees[0]?.scan(visit, ...bounds);
  return new Grants(grants, missing, trees);
}

function isSubject(
  user: UserInfo,
  { kind, name, namespace = '' }: DeepReadonly<Subject>,
  bindingNamespace: string,
): boolean {
  if (kind === 'User') return user.username === name;
  if (kind === 'Group') return user.groups.includes(name);
  const where = namespace === '' ? bindingNamespace : namespace;
  return kind === 'ServiceAccount' && where !== '' && user.username === `system:serviceaccount:${where}:${name}`;
}

function rulesOfRole(snapshot: Snapshot, { kind, name }: RoleReference, namespace: string): readonly Rule[] | string {
  const [resource, key] =
    kind === 'Role' ? ([roles, `${namespace}/${name}`] as const) : ([clusterRoles, name] as const);
  if (kind !== 'Role' && kind !== 'ClusterRole') return `unsupported role reference kind: ${goQuote(kind)}`;
  const entry = snapshot.get(resource.collection ?? '', key);
  if (entry === undefined) return `${resource.singular}.${resource.group} ${goQuote(name)} not found`;
  return (entry.value as unknown as DeepReadonly<ClusterRole>).rules ?? [];
}

function bindingText({ metadata, roleRef }: Binding, subject: DeepReadonly<Subject>, namespace: string): string {
  const [what, name] =
    namespace === ''
      ? ['ClusterRoleBinding', metadata.name ?? '']
      : ['RoleBinding', `${metadata.name ?? ''}/${namespace}`];
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name;
  return `${what} ${goQuote(name)} of ${roleRef.kind} ${goQuote(roleRef.name)} to ${subject.kind} ${goQuote(who)}`;
}

function refusal(missing: readonly string[]): Decision {
  if (missing.length === 0) return noOpinion;
  return { verdict: 'no-opinion', reason: `RBAC: ${aggregated(missing)}` };
}
