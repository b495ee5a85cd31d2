/** What policies that refuse and policies that change have in common: bindings, parameters, variables, and whom they concern. */
import {
  ExpressionScope,
  namespaces,
  type CompiledExpression,
  type MutatingAdmissionPolicySpec,
  type Namespace,
} from '../../../api/mod.ts';
import type { DeepReadonly, JsonObject } from '../../../base/mod.ts';
import {
  ApiError,
  isApiError,
  labelSelectorFromSpec,
  objectKey,
  parseApiVersion,
  type Kind,
  type KubeObject,
} from '../../../machinery/mod.ts';
import type { Entry, Store } from '../../../store/mod.ts';
import { objectOf } from '../../codec.ts';
import { ready } from '../../stored-form.ts';
import type { WriteWorld } from '../../world.ts';
import { CompiledObjects } from './compiled.ts';
import type { Variable } from './evaluation.ts';
import { Matcher } from './matching.ts';
import type { Target, VersionedRequest } from './versioned-request.ts';

/** What both kinds' specifications have. */
type PolicySpec = DeepReadonly<
  Pick<
    MutatingAdmissionPolicySpec,
    'failurePolicy' | 'matchConditions' | 'matchConstraints' | 'paramKind' | 'variables'
  >
>;
type MatchResources = NonNullable<PolicySpec['matchConstraints']>;
type ParamKind = NonNullable<PolicySpec['paramKind']>;

interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly parameterNotFoundAction?: string;
  readonly selector?: Parameters<typeof labelSelectorFromSpec>[0];
}

export interface CompiledPolicy {
  readonly name: string;
  readonly failurePolicy: string;
  readonly paramKind: ParamKind | undefined;
  readonly matcher: Matcher;
  readonly conditions: readonly CompiledExpression[];
  readonly variables: readonly Variable[];
}

/** The scope is for the rest of the policy's expressions. */
export function compilePolicy(name: string, spec: PolicySpec): { policy: CompiledPolicy; scope: ExpressionScope } {
  const { failurePolicy = 'Fail', paramKind, matchConstraints, matchConditions = [], variables = [] } = spec;
  const scope = new ExpressionScope({ hasParams: paramKind !== undefined });
  const declared = variables.map((variable) => ({
    name: variable.name,
    compiled: scope.declare(variable.name, variable.expression),
  }));
  const policy = {
    name,
    failurePolicy,
    paramKind,
    matcher: matcherOf(matchConstraints ?? {}),
    conditions: matchConditions.map(({ expression }) => scope.compile(expression, 'bool')),
    variables: declared,
  };
  return { policy, scope };
}

function matcherOf(match: MatchResources): Matcher {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules } = match;
  return new Matcher({
    matchPolicy,
    namespaceSelector,
    objectSelector,
    rules: resourceRules.length === 0 ? undefined : resourceRules,
    excluded: excludeResourceRules ?? [],
  });
}

export interface CompiledBinding {
  readonly name: string;
  readonly policyName: string;
  /** Undefined: it adds nothing to what the policy itself is about. */
  readonly matcher: Matcher | undefined;
  readonly paramRef: ParamRef | undefined;
  readonly actions: readonly string[];
}

interface Binding extends KubeObject {
  spec?: {
    policyName?: string;
    paramRef?: ParamRef;
    matchResources?: MatchResources;
    validationActions?: string[];
  };
}

function compileBinding(object: DeepReadonly<KubeObject>): CompiledBinding {
  const { metadata = {}, spec = {} } = object as DeepReadonly<Binding>;
  const { policyName = '', paramRef, matchResources, validationActions = [] } = spec;
  return {
    name: metadata.name ?? '',
    policyName,
    matcher: matchResources === undefined ? undefined : matcherOf(matchResources),
    paramRef,
    actions: validationActions,
  };
}

/** A policy with its bindings: one without any concerns nobody. */
export interface Hook<P> {
  readonly policy: P;
  readonly bindings: readonly CompiledBinding[];
}

export interface PolicyKinds<P extends KubeObject, B extends KubeObject> {
  readonly policies: Kind<P>;
  readonly bindings: Kind<B>;
}

export class Hooks<C extends CompiledPolicy, P extends KubeObject, B extends KubeObject> {
  readonly #policies: CompiledObjects<P, C>;
  readonly #bindings: CompiledObjects<B, CompiledBinding>;
  #seen: readonly unknown[] = [];
  #all: readonly Hook<C>[] = [];

  constructor(store: Store, kinds: PolicyKinds<P, B>, compile: (policy: DeepReadonly<P>) => C) {
    this.#policies = new CompiledObjects(store, kinds.policies, compile);
    this.#bindings = new CompiledObjects(store, kinds.bindings, compileBinding);
  }

  get all(): readonly Hook<C>[] {
    const { all: policies } = this.#policies;
    const { all: bindings } = this.#bindings;
    if (policies === this.#seen[0] && bindings === this.#seen[1]) return this.#all;
    this.#seen = [policies, bindings];
    const byPolicy = Map.groupBy(bindings, ({ policyName }) => policyName);
    this.#all = policies.flatMap((policy) => {
      const own = byPolicy.get(policy.name);
      return own === undefined ? [] : [{ policy, bindings: own }];
    });
    return this.#all;
  }
}

/** Something is wrong with a policy or a binding; the failure policy says whether requests are refused for it. */
class Misconfigured {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

/** A binding under which a policy concerns a request, and the parameters that it is evaluated with, one after the other. */
export interface Application {
  readonly binding: CompiledBinding;
  readonly target: Target;
  readonly params: Params;
}

/** Hears what cannot be followed, in a policy itself or in one of its bindings. */
type Unusable = (message: string, binding?: CompiledBinding) => void;

/** Parameters are read when the application is asked for, so that what one does is seen by the next. */
export async function* applicationsOf(
  versioned: VersionedRequest,
  { policy, bindings }: Hook<CompiledPolicy>,
  unusable: Unusable,
): AsyncGenerator<Application> {
  const failed = (why: string): void => unusable(`failed to configure policy: ${why}`);
  const target = matched(() => policy.matcher.match(versioned), failed);
  if (target === undefined) return;
  const paramKind = policy.paramKind && paramKindOf(versioned.world, policy.paramKind);
  if (paramKind instanceof Misconfigured) return failed(paramKind.why);
  for (const binding of bindings) {
    const bindingFailed = (why: string): void => unusable(`failed to configure binding: ${why}`, binding);
    if (matched(() => bindingMatches(binding, versioned), bindingFailed) === undefined) continue;
    const params = await paramsOf(versioned, policy, paramKind, binding);
    if (params instanceof Misconfigured) bindingFailed(params.why);
    else yield { binding, target, params };
  }
}

/** As what a binding concerns a request; undefined: not at all. */
function bindingMatches(binding: CompiledBinding, versioned: VersionedRequest): Target | undefined {
  return binding.matcher === undefined ? versioned.own : binding.matcher.match(versioned);
}

/** What `match` finds. A selector that cannot be followed makes its policy or binding unusable: then `unusable` hears why. */
function matched(match: () => Target | undefined, unusable: (why: string) => void): Target | undefined {
  try {
    return match();
  } catch (error) {
    if (!isApiError(error)) throw error;
    unusable(error.message);
    return undefined;
  }
}

type Params = readonly (JsonObject | undefined)[];

/** The kind of a policy's parameters, and the version that it names. */
function paramKindOf(world: WriteWorld, { apiVersion = '', kind = '' }: ParamKind): Kind | Misconfigured {
  const { group, version } = parseApiVersion(apiVersion);
  const found = world
    .kinds()
    .find(
      (one) => one.group === group && one.kind === kind && one.versions.some((served) => served.version === version),
    );
  if (found?.collection !== undefined) return found;
  return new Misconfigured(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`);
}

/** The parameters that a binding names, each for an evaluation of its own; one undefined where there are none to name. */
async function paramsOf(
  versioned: VersionedRequest,
  { paramKind }: CompiledPolicy,
  kind: Kind | undefined,
  { paramRef }: CompiledBinding,
): Promise<Params | Misconfigured> {
  if (paramKind === undefined || kind === undefined || paramRef === undefined) return [undefined];
  const { namespace: own = '', name = '', selector, parameterNotFoundAction } = paramRef;
  const namespace = own === '' ? versioned.namespace : own;
  if (kind.namespaced && namespace === '')
    return new Misconfigured('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  if (!kind.namespaced && own !== '')
    return new Misconfigured('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const entries = entriesOf(versioned.world, kind, kind.namespaced ? namespace : undefined, { name, selector });
  if (entries.length === 0 && parameterNotFoundAction === 'Deny')
    return new Misconfigured('no params found for policy binding with `Deny` parameterNotFoundAction');
  await ready(kind, entries);
  const { version } = parseApiVersion(paramKind.apiVersion ?? '');
  return entries.map((entry) => objectOf(kind, version, entry) as JsonObject);
}

function entriesOf(
  { store }: WriteWorld,
  { collection = '' }: Kind,
  namespace: string | undefined,
  { name, selector }: Pick<ParamRef, 'selector'> & { readonly name: string },
): readonly Entry[] {
  if (name !== '') {
    const entry = store.head.get(collection, objectKey(namespace, name));
    return entry === undefined ? [] : [entry];
  }
  const selected = labelSelectorFromSpec(selector ?? {});
  const found: Entry[] = [];
  const bounds: [string, string?] = namespace === undefined ? [''] : [`${namespace}/`, `${namespace}0`];
  store.head.collection(collection).scan(
    (entry) => {
      if (selected.matches((entry.value as KubeObject).metadata?.labels)) found.push(entry);
    },
    ...bounds,
  );
  return found;
}

/** The namespace that the request is in. Throws ApiError NotFound. */
export function namespaceOf({
  isNamespace,
  namespace,
  request,
}: VersionedRequest): DeepReadonly<Namespace> | undefined {
  if (isNamespace || namespace === '') return undefined;
  const found = request.objects.get(namespaces, namespace);
  if (found === undefined) throw ApiError.notFound(namespaces, namespace);
  return found;
}
