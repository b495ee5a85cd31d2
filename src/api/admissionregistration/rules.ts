/** Which requests a webhook or a policy is about: rules, selectors and conditions, alike for all of the group. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  invalid,
  labelSelectorErrors,
  nameIsPathSegment,
  notSupported,
  parseApiVersion,
  required,
  tooMany,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkOptionalChoice, checkQualifiedName, repetition, report, type Errors } from '../checks.ts';
import type { ExpressionChecks } from './expression-checks.ts';
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  RuleWithOperations,
} from '../upstream/types.ts';

export const admissionGroup = 'admissionregistration.k8s.io';

export const failurePolicies = ['Fail', 'Ignore'];
export const matchPolicies = ['Equivalent', 'Exact'];
export const reinvocationPolicies = ['IfNeeded', 'Never'];
const operationsKnown = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const operationsMutable = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];
const conditionsMax = 64;

type ReadonlyRule = DeepReadonly<RuleWithOperations>;

export function defaultRules(rules: RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

export function checkRule(errors: Errors, rule: ReadonlyRule, path: FieldPath): void {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  if (operations.length === 0) errors.push(required(path.child('operations')));
  checkAlone(errors, operations, path.child('operations'), 'operations');
  for (const [i, operation] of operations.entries())
    checkOptionalChoice(errors, operation, operationsKnown, path.child('operations').index(i));
  if (apiGroups.length === 0) errors.push(required(path.child('apiGroups')));
  checkAlone(errors, apiGroups, path.child('apiGroups'), 'API groups');
  if (apiVersions.length === 0) errors.push(required(path.child('apiVersions')));
  checkAlone(errors, apiVersions, path.child('apiVersions'), 'API versions');
  for (const [i, version] of apiVersions.entries())
    if (version === '') errors.push(required(path.child('apiVersions').index(i)));
  checkResources(errors, resources, path.child('resources'));
  checkOptionalChoice(errors, scope, scopes, path.child('scope'));
}

function checkAlone(errors: Errors, values: readonly string[], path: FieldPath, what: string): void {
  if (values.length > 1 && values.includes('*'))
    errors.push(invalid(path, values, `if '*' is present, must not specify other ${what}`));
}

/** `pods`, `pods/status`, `pods/*`, `*`, and what else stands for more than one. */
function checkResources(errors: Errors, resources: readonly string[], path: FieldPath): void {
  if (resources.length === 0) errors.push(required(path));
  const allSubresourcesOf = new Set<string>();
  const subresourcesOfAll = new Set<string>();
  let plain = false;
  for (const [i, name] of resources.entries()) {
    const at = path.index(i);
    if (name === '') {
      errors.push(required(at));
      continue;
    }
    const slash = name.indexOf('/');
    if (slash < 0) {
      // The last one decides, as upstream has it.
      plain = name !== '*';
      continue;
    }
    const [resource, subresource] = [name.slice(0, slash), name.slice(slash + 1)];
    if (allSubresourcesOf.has(resource))
      errors.push(invalid(at, name, `if '${resource}/*' is present, must not specify ${name}`));
    if (subresourcesOfAll.has(subresource))
      errors.push(invalid(at, name, `if '*/${subresource}' is present, must not specify ${name}`));
    if (subresource === '*') allSubresourcesOf.add(resource);
    if (resource === '*') subresourcesOfAll.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && plain)
    errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
}

export function defaultMatch(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

export function checkMatch(errors: Errors, match: DeepReadonly<MatchResources>, path: FieldPath): void {
  const { matchPolicy, resourceRules = [], excludeResourceRules = [] } = match;
  if (matchPolicy === undefined) errors.push(required(path.child('matchPolicy')));
  checkOptionalChoice(errors, matchPolicy, matchPolicies, path.child('matchPolicy'));
  for (const name of ['namespaceSelector', 'objectSelector'] as const)
    if (match[name] === undefined) errors.push(required(path.child(name)));
    else errors.push(...labelSelectorErrors(match[name], path.child(name)));
  for (const [i, rule] of resourceRules.entries()) checkNamedRule(errors, rule, path.child('resourceRules').index(i));
  for (const [i, rule] of excludeResourceRules.entries())
    checkNamedRule(errors, rule, path.child('excludeResourceRules').index(i));
}

/** A policy is about one kind at least, or there is nothing to check its expressions against. */
export function checkMatchConstraints(
  errors: Errors,
  match: DeepReadonly<MatchResources> | undefined,
  path: FieldPath,
): void {
  if (match === undefined) return void errors.push(required(path));
  checkMatch(errors, match, path);
  if ((match.resourceRules ?? []).length === 0) errors.push(required(path.child('resourceRules')));
}

/** What is deleted cannot be changed. */
export function checkMutable(errors: Errors, match: DeepReadonly<MatchResources>, path: FieldPath): void {
  for (const { operations = [] } of match.resourceRules ?? [])
    for (const operation of operations)
      checkOptionalChoice(errors, operation, operationsMutable, path.child('resourceRules', 'operations'));
}

function checkNamedRule(errors: Errors, rule: DeepReadonly<NamedRuleWithOperations>, path: FieldPath): void {
  const { resourceNames = [] } = rule;
  const isRepeated = repetition<string>();
  for (const [i, name] of resourceNames.entries()) {
    const at = path.child('resourceNames').index(i);
    report(errors, at, name, nameIsPathSegment(name, false));
    if (isRepeated(name)) errors.push(duplicate(at, name));
  }
  checkRule(errors, rule, path);
}

export function checkParamKind(
  errors: Errors,
  { apiVersion = '', kind = '' }: DeepReadonly<ParamKind>,
  path: FieldPath,
): void {
  const at = path.child('apiVersion');
  if (apiVersion === '') errors.push(required(at));
  else if (apiVersion.split('/').length > 2)
    errors.push(invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const { group, version } = parseApiVersion(apiVersion);
    const groupProblems = group === '' ? [] : dns1123SubdomainErrors(group);
    if (groupProblems.length > 0) errors.push(invalid(at, group, groupProblems.join(',')));
    const versionProblems = version === '' ? [] : dns1035LabelErrors(version);
    if (version === '') errors.push(invalid(at, apiVersion, 'version must be specified'));
    else if (versionProblems.length > 0) errors.push(invalid(at, version, versionProblems.join(',')));
  }
  const kindProblems = kind === '' ? [] : dns1035LabelErrors(kind.toLowerCase());
  if (kind === '') errors.push(required(path.child('kind')));
  else if (kindProblems.length > 0)
    errors.push(
      invalid(path.child('kind'), kind, `may have mixed case, but should otherwise match: ${kindProblems.join(',')}`),
    );
}

export function checkMatchConditions(
  errors: Errors,
  conditions: readonly DeepReadonly<MatchCondition>[] | undefined,
  path: FieldPath,
  expressions: ExpressionChecks,
): void {
  const count = conditions?.length ?? 0;
  const own = expressions.checkWith({ variables: false });
  if (count > conditionsMax) errors.push(tooMany(path, count, conditionsMax));
  const names = new Set<string>();
  for (const [i, { name, expression }] of (conditions ?? []).entries()) {
    const at = path.index(i);
    if (expression.trim() === '') errors.push(required(at.child('expression')));
    else own.check(errors, expression.trim(), 'bool', at.child('expression'));
    if (name === '') errors.push(required(at.child('name')));
    else {
      checkQualifiedName(errors, name, at.child('name'));
      if (names.has(name)) errors.push(duplicate(at.child('name'), name));
      names.add(name);
    }
  }
}

export function checkFailurePolicy(errors: Errors, policy: string | undefined, path: FieldPath): void {
  if (policy === undefined) errors.push(required(path));
  else if (!failurePolicies.includes(policy)) errors.push(notSupported(path, policy, failurePolicies));
}
