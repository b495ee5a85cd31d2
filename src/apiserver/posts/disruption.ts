/**
 * Whether PodDisruptionBudgets allow that a pod is evicted. Always holds: an eviction that a budget has allowed is counted
 * in its status before the pod goes, so that of two at the same time only as many pass as may.
 */
import { podDisruptionBudgets, type Pod, type PodDisruptionBudget } from '../../api/mod.ts';
import { rfc3339, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { ApiError, labelSelectorFromSpec, objectKey, SelectorError } from '../../machinery/mod.ts';
import type { Entry } from '../../store/mod.ts';
import type { WriteWorld } from '../world.ts';

type ReadonlyPod = DeepReadonly<Pod>;
type ReadonlyBudget = DeepReadonly<PodDisruptionBudget>;

const collection = podDisruptionBudgets.collection ?? '';
const about = { group: 'policy', plural: 'poddisruptionbudget' };
const attemptsMax = 64;
/** More evictions than this, of which the budget's controller has not heard, are not allowed. */
const disruptedPodsMax = 2000;
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

/** The budget that counts for a pod; undefined if there is none. */
export function budgetOf({ store }: WriteWorld, pod: ReadonlyPod): string | undefined {
  const namespace = pod.metadata.namespace ?? '';
  const names: string[] = [];
  const visit = (entry: Entry): void => {
    const { metadata, spec } = budgetIn(entry);
    if (selects(spec?.selector, pod)) names.push(metadata.name ?? '');
  };
  // `0` is what follows the slash.
  store.head.collection(collection).scan(visit, `${namespace}/`, `${namespace}0`);
  if (names.length > 1)
    throw new ApiError(
      'Unknown',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      { code: 500 },
    );
  return names[0];
}

function selects(selector: NonNullable<ReadonlyBudget['spec']>['selector'], { metadata }: ReadonlyPod): boolean {
  try {
    return labelSelectorFromSpec(selector).matches(metadata.labels);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

function budgetIn({ value }: Entry): ReadonlyBudget {
  return value as unknown as ReadonlyBudget;
}

export function tooManyRequests(budget: string): ApiError {
  return refused(`The disruption budget ${budget} is still being processed by the server.`, 10);
}

function refused(message: string, retryAfterSeconds?: number): ApiError {
  const details = { causes: [{ reason: 'DisruptionBudget', message }] };
  return new ApiError('TooManyRequests', refusal, {
    details: retryAfterSeconds === undefined ? details : { ...details, retryAfterSeconds },
  });
}

/** A pod that is not ready is not counted as healthy, so to evict it disrupts nothing. */
export function isFree({ store }: WriteWorld, pod: ReadonlyPod, budget: string): boolean {
  const ready = (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
  const entry = store.head.get(collection, objectKey(pod.metadata.namespace, budget));
  if (ready || entry === undefined) return false;
  const { spec, status } = budgetIn(entry);
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** Takes one disruption from the budget; throws ApiError when there is none left. */
export async function takeDisruption(
  world: WriteWorld,
  { metadata }: ReadonlyPod,
  budget: string,
  dryRun: boolean,
): Promise<void> {
  const name = objectKey(metadata.namespace, budget);
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const entry = world.store.head.get(collection, name);
    if (entry === undefined) throw ApiError.notFound(podDisruptionBudgets, budget);
    const current = budgetIn(entry);
    checkAllowed(current);
    if (dryRun) return;
    const value = lessOne(current, metadata.name ?? '', rfc3339(world.clock.now())) as unknown as JsonObject;
    const result = await world.store.commit([{ collection, name, expected: entry.revision, value }]);
    if (result.ok) return;
  }
  throw new ApiError('Timeout', `Timeout: couldn't update PodDisruptionBudget "${budget}" due to conflicts`, {
    details: { retryAfterSeconds: 10 },
  });
}

function checkAllowed({ metadata, status = {} }: ReadonlyBudget): void {
  const { name = '', generation = 0 } = metadata;
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {}, conditions = [] } = status;
  if (observedGeneration < generation) throw tooManyRequests(name);
  if (disruptionsAllowed < 0) throw ApiError.forbidden(about, name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > disruptedPodsMax)
    throw ApiError.forbidden(
      about,
      name,
      'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    );
  if (disruptionsAllowed > 0) return;
  const failed = conditions.find(({ type }) => type === 'DisruptionAllowed');
  throw refused(
    failed?.status === 'False' && failed.reason === 'SyncFailed'
      ? `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`
      : `The disruption budget ${name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
  );
}

function lessOne(budget: ReadonlyBudget, pod: string, now: string): ReadonlyBudget {
  const { disruptionsAllowed: allowed = 0, disruptedPods, conditions = [], ...rest } = budget.status ?? {};
  const left = allowed - 1;
  const status = {
    ...rest,
    disruptedPods: { ...disruptedPods, [pod]: now },
    disruptionsAllowed: left,
    conditions: left > 0 ? conditions : exhausted(conditions, rest.observedGeneration, now),
  };
  return { ...budget, status };
}

type Conditions = NonNullable<NonNullable<ReadonlyBudget['status']>['conditions']>;

/** The condition DisruptionAllowed is false from now on, if it was not before. */
function exhausted(conditions: Conditions, observedGeneration = 0, now: string): Conditions {
  const old = conditions.find(({ type }) => type === 'DisruptionAllowed');
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration,
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : now,
    reason: 'InsufficientPods',
    message: '',
  };
  return old === undefined ? [...conditions, condition] : conditions.map((each) => (each === old ? condition : each));
}
