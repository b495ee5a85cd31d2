/** What every kind says of what its objects use of a quota. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { Quantity, type KubeObject } from '../../../machinery/mod.ts';
import type { DeviceClass, Pod, ResourceClaim, ScopedResourceSelectorRequirement } from '../../upstream/types.ts';

/** Amounts by the names that quotas have for them: `requests.cpu`, `count/jobs.batch`. */
export type Usage = ReadonlyMap<string, Quantity>;
export type QuotaScope = DeepReadonly<ScopedResourceSelectorRequirement>;

/** What decides besides the object itself. Kinds that are not served have no objects. */
export interface QuotaWorld {
  deviceClasses(): readonly DeepReadonly<DeviceClass>[];
  pod(namespace: string, name: string): DeepReadonly<Pod> | undefined;
  deviceClaims(namespace: string): readonly DeepReadonly<ResourceClaim>[];
}

export interface QuotaEvaluator {
  /** Whether objects of the kind use anything that a quota calls by this name. */
  counts(name: string): boolean;
  usage(object: DeepReadonly<KubeObject>, now: number): Usage;
  /** Whether the object is in a scope; absent for kinds that no scope is about. */
  inScope?(scope: QuotaScope, object: DeepReadonly<KubeObject>): boolean;
  /** Why the object is refused where these resources are limited at all. */
  lacks?(limited: readonly string[], object: DeepReadonly<KubeObject>): string | undefined;
  /** Whether a change of the object, of it as a whole or of a subresource, may change what it uses. */
  changes?(subresource: string | undefined, object: DeepReadonly<KubeObject>, old: DeepReadonly<KubeObject>): boolean;
}

export const oneObject: Quantity = Quantity.of(1);
