/** ABAC: a file with one policy on each line says who may do what. The oldest of the modes, and read at the start only. */
import { HostError, isJsonObject, type JsonObject } from '../../base/mod.ts';
import type { UserInfo } from '../../machinery/mod.ts';
import { noOpinion, type Attributes, type Authorizer, type Decision, type RulesFor } from './authorizer.ts';
import type { Rule } from './rules.ts';

interface Policy {
  readonly user: string;
  readonly group: string;
  readonly readonly: boolean;
  readonly apiGroup: string;
  readonly resource: string;
  readonly namespace: string;
  readonly nonResourcePath: string;
}

const everybody = 'system:authenticated';
const version = 'abac.authorization.kubernetes.io/v1beta1';
const allow: Decision = { verdict: 'allow', reason: '' };
const refusal: Decision = { ...noOpinion, reason: 'No policy matched.' };
const readVerbs = ['get', 'list', 'watch'];

export class AbacAuthorizer implements Authorizer {
  readonly #policies: readonly Policy[];

  private constructor(policies: readonly Policy[]) {
    this.#policies = policies;
  }

  /** Throws HostError for a line that is no policy. */
  static parse(text: string, path: string): AbacAuthorizer {
    const lines = text.split('\n').map((line) => line.trim());
    return new AbacAuthorizer(
      lines.flatMap((line, i) => (line === '' || line.startsWith('#') ? [] : [policyOf(line, `${path}:${i}`)])),
    );
  }

  authorize(attributes: Attributes): Decision {
    return this.#policies.some((policy) => matches(policy, attributes)) ? allow : refusal;
  }

  rulesFor(user: UserInfo, namespace: string): RulesFor {
    const rules = this.#policies.filter((policy) => isAbout(policy, user)).flatMap((one) => rulesOf(one, namespace));
    return { rules, problems: [], incomplete: false };
  }
}

function policyOf(line: string, place: string): Policy {
  const wrong = (why: string): HostError =>
    new HostError('Configuration', `error reading policy file ${place}: ${why}: ${line}`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong('not a JSON object');
  }
  if (!isJsonObject(value)) throw wrong('not a JSON object');
  if (value['kind'] === undefined && value['apiVersion'] === undefined) return unversioned(fieldsOf(value));
  if (value['kind'] !== 'Policy' || value['apiVersion'] !== version) throw wrong(`expected Policy of ${version}`);
  const spec = isJsonObject(value['spec']) ? value['spec'] : {};
  return forEverybody(fieldsOf(spec));
}

function fieldsOf(spec: JsonObject): Policy {
  const text = (name: string): string => {
    const value = spec[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    user: text('user'),
    group: text('group'),
    readonly: spec['readonly'] === true,
    apiGroup: text('apiGroup'),
    resource: text('resource'),
    namespace: text('namespace'),
    nonResourcePath: text('nonResourcePath'),
  };
}

function forEverybody(policy: Policy): Policy {
  return policy.user === '*' || policy.group === '*' ? { ...policy, user: '', group: everybody } : policy;
}

/** From before there were versions: what is left out is anything. */
function unversioned(policy: Policy): Policy {
  const { user, group, namespace, resource } = policy;
  return forEverybody({
    ...policy,
    group: user === '' && group === '' ? everybody : group,
    namespace: namespace === '' ? '*' : namespace,
    resource: resource === '' ? '*' : resource,
    apiGroup: '*',
    nonResourcePath: namespace === '' && resource === '' ? '*' : '',
  });
}

function isAbout({ user, group }: Policy, { username, groups }: UserInfo): boolean {
  if (user === '' && group === '') return false;
  return (user === '' || user === username) && (group === '' || groups.includes(group));
}

function matches(policy: Policy, attributes: Attributes): boolean {
  const { user, verb, path, namespace, resource, group } = attributes;
  if (!isAbout(policy, user) || (policy.readonly && !readVerbs.includes(verb))) return false;
  if (path !== undefined) {
    const pattern = policy.nonResourcePath;
    return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
  }
  const fits = (pattern: string, value: string): boolean => pattern === '*' || pattern === value;
  return fits(policy.namespace, namespace) && fits(policy.resource, resource) && fits(policy.apiGroup, group);
}

function rulesOf(policy: Policy, namespace: string): Rule[] {
  const verbs = policy.readonly ? readVerbs : ['*'];
  const rules: Rule[] = [];
  if (policy.namespace === '*' || policy.namespace === namespace)
    if (policy.resource !== '') rules.push({ verbs, apiGroups: [policy.apiGroup], resources: [policy.resource] });
  if (policy.nonResourcePath !== '') rules.push({ verbs, nonResourceURLs: [policy.nonResourcePath] });
  return rules;
}
