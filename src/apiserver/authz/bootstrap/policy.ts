/** The default policy as a whole, and how it is brought into a cluster that has some of it, or a changed one. */
import {
  clusterRoleBindings as clusterRoleBindingKind,
  clusterRoles as clusterRoleKind,
  roleBindings as roleBindingKind,
  roles as roleKind,
  type Subject,
} from '../../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import type { Kind, KubeObject } from '../../../machinery/mod.ts';
import { compactRules, uncovered, type Rule } from '../rules.ts';
import { administrators, clusterRoleBindings, roleBindings, roles } from './bindings.ts';
import { clusterRoles } from './cluster-roles.ts';
import { controllerRoleBindings, controllerRoles } from './controller-roles.ts';
import { autoupdate } from './notation.ts';

/** A role or a binding, whichever it is. */
interface Policy extends KubeObject {
  rules?: Rule[];
  aggregationRule?: { clusterRoleSelectors?: unknown[] };
  subjects?: Subject[];
}

export interface Default {
  readonly kind: Kind;
  readonly object: KubeObject;
}

export function defaultsOf(kind: unknown, objects: readonly unknown[]): Default[] {
  return objects.map((object) => ({ kind: kind as Kind, object: object as KubeObject }));
}

export const defaultPolicy: readonly Default[] = [
  ...defaultsOf(clusterRoleKind, [...clusterRoles, ...controllerRoles]),
  ...defaultsOf(clusterRoleBindingKind, [...clusterRoleBindings, administrators, ...controllerRoleBindings]),
  ...defaultsOf(roleKind, roles),
  ...defaultsOf(roleBindingKind, roleBindings),
];

/**
 * The object as it should be: what is there with all that is missing from it, never with less. Undefined: it is fine as it is,
 * or its owner does not want it touched.
 */
export function reconciled(wanted: DeepReadonly<KubeObject>, found: DeepReadonly<KubeObject>): KubeObject | undefined {
  if (found.metadata?.annotations?.[autoupdate] === 'false') return undefined;
  const want = wanted as DeepReadonly<Policy>;
  const have = found as DeepReadonly<Policy>;
  const metadata = {
    ...have.metadata,
    ...missingKeys('labels', want, have),
    ...missingKeys('annotations', want, have),
  };
  const draft = {
    ...have,
    metadata,
    ...missingRules(want, have),
    ...missingSelectors(want, have),
    ...missingSubjects(want, have),
  };
  return jsonEqual(draft, have) ? undefined : (structuredClone(draft) as KubeObject);
}

function missingKeys(part: 'labels' | 'annotations', want: DeepReadonly<Policy>, have: DeepReadonly<Policy>): object {
  const wanted = want.metadata?.[part];
  return wanted === undefined ? {} : { [part]: { ...wanted, ...have.metadata?.[part] } };
}

/** The rules of an aggregated role come from elsewhere. */
function missingRules(want: DeepReadonly<Policy>, have: DeepReadonly<Policy>): object {
  if (want.aggregationRule !== undefined || want.rules === undefined) return {};
  const held = have.rules ?? [];
  const missing = uncovered(want.rules, held);
  return missing.length === 0 ? {} : { rules: [...held, ...compactRules(missing)] };
}

function missingSelectors(want: DeepReadonly<Policy>, have: DeepReadonly<Policy>): object {
  const wanted = want.aggregationRule?.clusterRoleSelectors;
  if (wanted === undefined) return {};
  const held = have.aggregationRule?.clusterRoleSelectors ?? [];
  const missing = wanted.filter((selector) => !held.some((other) => jsonEqual(selector, other)));
  return missing.length === 0 ? {} : { aggregationRule: { clusterRoleSelectors: [...held, ...missing] } };
}

function missingSubjects(want: DeepReadonly<Policy>, have: DeepReadonly<Policy>): object {
  const held = have.subjects ?? [];
  const same = (a: DeepReadonly<Subject>, b: DeepReadonly<Subject>): boolean =>
    a.kind === b.kind &&
    a.name === b.name &&
    (a.namespace ?? '') === (b.namespace ?? '') &&
    (a.apiGroup ?? '') === (b.apiGroup ?? '');
  const missing = (want.subjects ?? []).filter((subject) => !held.some((other) => same(subject, other)));
  return missing.length === 0 ? {} : { subjects: [...held, ...missing] };
}
