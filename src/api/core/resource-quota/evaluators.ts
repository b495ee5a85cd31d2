/**
 * What an object uses of a quota. The API server charges by it before it writes, and the controller counts anew by it: both
 * must come to the same.
 */
import type { DeepReadonly } from '../../../base/mod.ts';
import type { KubeObject } from '../../../machinery/mod.ts';
import type { ResourceQuotaSpec } from '../../upstream/types.ts';
import { claimEvaluator } from './claims.ts';
import { deviceClaimEvaluator } from './device-claims.ts';
import { podEvaluator } from './pods.ts';
import { serviceEvaluator } from './services.ts';
import { oneObject, type QuotaEvaluator, type QuotaScope, type QuotaWorld } from './usage.ts';

/** Kinds that had a name of their own before all kinds could be counted. */
const oldNames = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'];
const special: Readonly<Record<string, (world: QuotaWorld) => QuotaEvaluator>> = {
  pods: () => podEvaluator,
  services: () => serviceEvaluator,
  persistentvolumeclaims: () => claimEvaluator,
  'resourceclaims.resource.k8s.io': deviceClaimEvaluator,
};

interface GroupPlural {
  readonly group: string;
  readonly plural: string;
}

/** Undefined for events, which were never counted. */
export function quotaEvaluatorOf({ group, plural }: GroupPlural, world: QuotaWorld): QuotaEvaluator | undefined {
  if (plural === 'events' && (group === '' || group === 'events.k8s.io')) return undefined;
  const id = group === '' ? plural : `${plural}.${group}`;
  return special[id]?.(world) ?? counterOf(id);
}

/** Any other kind: its objects are counted. */
function counterOf(id: string): QuotaEvaluator {
  const names = [`count/${id}`, ...(oldNames.includes(id) ? [id] : [])];
  const usage = new Map(names.map((name) => [name, oneObject]));
  return { counts: (name) => names.includes(name), usage: () => usage };
}

/** Whether the quota is about the object: it limits something that the object uses, and the object is in all its scopes. */
export function quotaMatches(
  evaluator: QuotaEvaluator,
  spec: DeepReadonly<ResourceQuotaSpec>,
  hard: Iterable<string>,
  object: DeepReadonly<KubeObject>,
): boolean {
  for (const name of hard)
    if (evaluator.counts(name)) return quotaScopes(spec).every((scope) => evaluator.inScope?.(scope, object) ?? false);
  return false;
}

/** Both ways of naming scopes, as one. */
export function quotaScopes({ scopes = [], scopeSelector }: DeepReadonly<ResourceQuotaSpec>): readonly QuotaScope[] {
  return [
    ...scopes.map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ];
}
