/** Which requests a webhook or a policy is about: rules, and the labels of namespaces and objects. */
import { namespaces } from '../../../api/mod.ts';
import type { DeepReadonly } from '../../../base/mod.ts';
import { ApiError, labelSelectorFromSpec, type LabelSelector, type LabelSelectorSpec } from '../../../machinery/mod.ts';
import type { GroupVersionResource, Target, VersionedRequest } from './versioned-request.ts';

interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

export interface Criteria {
  readonly matchPolicy?: string | undefined;
  readonly namespaceSelector?: DeepReadonly<LabelSelectorSpec> | undefined;
  readonly objectSelector?: DeepReadonly<LabelSelectorSpec> | undefined;
  /** Undefined: every resource. */
  readonly rules: readonly DeepReadonly<Rule>[] | undefined;
  readonly excluded?: readonly DeepReadonly<Rule>[] | undefined;
}

export class Matcher {
  readonly #criteria: Criteria;
  readonly #namespaces: LabelSelector;
  readonly #objects: LabelSelector;

  constructor(criteria: Criteria) {
    this.#criteria = criteria;
    this.#namespaces = labelSelectorFromSpec(criteria.namespaceSelector ?? {});
    this.#objects = labelSelectorFromSpec(criteria.objectSelector ?? {});
  }

  /** As what the request is matched; undefined: it is not. Throws ApiError NotFound when its namespace is not there. */
  match(request: VersionedRequest): Target | undefined {
    if (!this.#selectsObject(request)) return undefined;
    const { rules, excluded = [] } = this.#criteria;
    if (this.#byRules(excluded, request) !== undefined) return undefined;
    const target = rules === undefined ? request.own : this.#byRules(rules, request);
    return target !== undefined && this.#selectsNamespace(request) ? target : undefined;
  }

  #byRules(rules: readonly DeepReadonly<Rule>[], request: VersionedRequest): Target | undefined {
    if (rules.some((rule) => matches(rule, request, request.own.resource))) return request.own;
    if (this.#criteria.matchPolicy !== 'Equivalent') return undefined;
    for (const rule of rules) {
      const found = request.equivalents.find(({ resource }) => matches(rule, request, resource));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #selectsObject(request: VersionedRequest): boolean {
    if (this.#objects.empty) return true;
    return (['object', 'oldObject'] as const).some((which) => {
      const labels = request.labels(which);
      return labels !== undefined && this.#objects.matches(labels);
    });
  }

  #selectsNamespace(versioned: VersionedRequest): boolean {
    const { isNamespace, namespace, subresource, request } = versioned;
    if (this.#namespaces.empty || (namespace === '' && !isNamespace)) return true;
    const isWritten = isNamespace && subresource === '' && ['CREATE', 'UPDATE'].includes(request.operation);
    if (isWritten) return this.#namespaces.matches(versioned.labels('object'));
    const found = request.objects.get(namespaces, namespace);
    if (found === undefined) throw ApiError.notFound(namespaces, namespace);
    return this.#namespaces.matches(found.metadata.labels);
  }
}

function matches(rule: DeepReadonly<Rule>, versioned: VersionedRequest, resource: GroupVersionResource): boolean {
  const { operations, apiGroups, apiVersions, resources = [], resourceNames = [], scope = '*' } = rule;
  return (
    holds(operations, versioned.request.operation) &&
    holds(apiGroups, resource.group) &&
    holds(apiVersions, resource.version) &&
    inScope(scope, versioned) &&
    resources.some((pattern) => isNamed(pattern, resource.resource, versioned.subresource)) &&
    (resourceNames.length === 0 || resourceNames.includes(versioned.name))
  );
}

function holds(values: readonly string[] = [], value: string): boolean {
  return values.includes('*') || values.includes(value);
}

function inScope(scope: string, { isNamespace, namespace }: VersionedRequest): boolean {
  return scope === '*' || (scope === 'Namespaced') === (!isNamespace && namespace !== '');
}

/** `pods`, `pods/status`, `pods/*`, `*` (without subresources), `*` with a subresource. */
function isNamed(pattern: string, resource: string, subresource: string): boolean {
  const slash = pattern.indexOf('/');
  const wanted = slash < 0 ? pattern : pattern.slice(0, slash);
  const wantedPart = slash < 0 ? '' : pattern.slice(slash + 1);
  return (wanted === '*' || wanted === resource) && (wantedPart === '*' || wantedPart === subresource);
}

const admissionGroup = 'admissionregistration.k8s.io';

/** What says how requests are admitted is itself admitted by none of it: there must be a way back from a wrong one. */
export function isExempt({ own }: VersionedRequest): boolean {
  return own.resource.group === admissionGroup;
}

/** Reviews that the cluster's own parts depend on: no policy gets between. */
const reviews: ReadonlySet<string> = new Set([
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
]);

export function isExemptFromPolicies(request: VersionedRequest): boolean {
  const { group, resource } = request.own.resource;
  return isExempt(request) || reviews.has(`${group}/${resource}`);
}
