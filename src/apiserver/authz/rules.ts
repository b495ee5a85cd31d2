/** Policy rules of RBAC: what one allows, what one covers of another, and how one is written in messages. */
import type { DeepReadonly } from '../../base/mod.ts';
import type { PolicyRule } from '../../api/mod.ts';
import { goQuote } from '../../machinery/mod.ts';

export type Rule = DeepReadonly<PolicyRule>;

export interface ResourceRequest {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

/** Everything but the name of the object. */
export function ruleFits(rule: Rule, { verb, group, resource, subresource }: ResourceRequest): boolean {
  return (
    anyOf(rule.verbs, verb) && anyOf(rule.apiGroups, group) && resourceFits(rule.resources ?? [], resource, subresource)
  );
}

export function nameFits({ resourceNames }: Rule, name: string): boolean {
  return resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(name);
}

export function pathFits(rule: Rule, verb: string, path: string): boolean {
  return anyOf(rule.verbs, verb) && (rule.nonResourceURLs ?? []).some((url) => urlFits(url, path));
}

function anyOf(allowed: readonly string[] | undefined, value: string): boolean {
  return allowed !== undefined && (allowed.includes(value) || allowed.includes('*'));
}

/** `*` is everything, `*\/scale` that subresource of everything; there is no `pods/*`. */
function resourceFits(allowed: readonly string[], resource: string, subresource: string): boolean {
  if (subresource === '') return allowed.includes(resource) || allowed.includes('*');
  return (
    allowed.includes('*') || allowed.includes(`${resource}/${subresource}`) || allowed.includes(`*/${subresource}`)
  );
}

/** A `*` at the end stands for anything. */
function urlFits(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}

/** The rules among `wanted`, one verb on one thing each, that nothing in `held` covers. */
export function uncovered(wanted: readonly Rule[], held: readonly Rule[]): Rule[] {
  return wanted.flatMap(broken).filter((atom) => !held.some((rule) => covers(rule, atom)));
}

function broken(rule: Rule): Rule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names = resourceNames.length === 0 ? [{}] : resourceNames.map((name) => ({ resourceNames: [name] }));
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((name) => ({ apiGroups: [group], resources: [resource], ...name, verbs: [verb] })),
      ),
    ),
    ...nonResourceURLs.map((url) => ({ nonResourceURLs: [url], verbs: [verb] })),
  ]);
}

function covers(
  held: Rule,
  { verbs: [verb = ''], apiGroups, resources, resourceNames, nonResourceURLs }: Rule,
): boolean {
  if (!anyOf(held.verbs, verb)) return false;
  if (nonResourceURLs !== undefined)
    return (held.nonResourceURLs ?? []).some((url) => urlFits(url, nonResourceURLs[0] ?? ''));
  const [resource, subresource] = splitResource(resources?.[0] ?? '');
  if (!anyOf(held.apiGroups, apiGroups?.[0] ?? '') || !resourceFits(held.resources ?? [], resource, subresource))
    return false;
  const allowed = held.resourceNames ?? [];
  return allowed.length === 0 || (resourceNames !== undefined && allowed.includes(resourceNames[0] ?? ''));
}

function splitResource(resource: string): [string, string] {
  const slash = resource.indexOf('/');
  return slash < 0 ? [resource, ''] : [resource.slice(0, slash), resource.slice(slash + 1)];
}

/** Joins rules that differ only in their verbs, as upstream shortens what it lists. */
export function compactRules(rules: readonly Rule[]): Rule[] {
  const simple = new Map<string, { rule: Rule; verbs: string[] }>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    const found = simple.get(key);
    if (found === undefined) simple.set(key, { rule, verbs: [...rule.verbs] });
    else for (const verb of rule.verbs) if (!found.verbs.includes(verb)) found.verbs.push(verb);
  }
  return [...simple.values()].map(({ rule, verbs }) => ({ ...rule, verbs }));
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function ruleText({
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
  verbs,
}: Rule): string {
  const parts: [string, readonly string[]][] = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ];
  return `{${parts
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${name}:${quoteAll(values)}`)
    .join(', ')}}`;
}

/** A list of strings as Go's %q writes it. */
export function quoteAll(values: readonly string[]): string {
  return `[${values.map(goQuote).join(' ')}]`;
}
