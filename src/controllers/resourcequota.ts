/**
 * ResourceQuota: says in its status what the quota allows and what of it is used. Writes of objects add to what is used as
 * they happen; here it is counted anew, and what was given up is taken back.
 *
 * What always holds: a view only says that something may have to be written. What is written was counted by the API server
 * after the quota was read there, so nothing that was charged to the quota as it was read is missing; whatever is charged
 * later changes the quota, and the write of an older one is refused.
 */
import {
  deviceClasses,
  pods,
  quotaEvaluatorOf,
  quotaMatches,
  resourceClaims,
  resourceQuotas,
  type QuotaEvaluator,
  type QuotaWorld,
  type ResourceQuota,
} from '../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../base/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type Reads,
  type ResourceView,
  type ServedResource,
  type View,
} from '../client/mod.ts';
import {
  groupResource,
  isApiError,
  keyOf,
  objectKey,
  parseQuantity,
  zeroQuantity,
  type KubeObject,
  type Quantity,
  type Resource,
} from '../machinery/mod.ts';

type Quota = DeepReadonly<ResourceQuota>;
type Status = NonNullable<Quota['status']>;

/** As often as upstream counts although it knows of no reason to. */
const lookAgainMs = 5 * 60_000;

/** Kinds of which a quota limits something. */
interface Counted {
  readonly resource: Resource;
  readonly evaluator: QuotaEvaluator;
}

export const resourceQuotaController = defineController({
  name: 'resourcequota-controller',
  reads: {
    '/': read(resourceQuotas, {
      // Every charge changes what is used: that alone is no reason to count everything.
      wakes: (quota, _view, { previous }) =>
        jsonEqual(quota.spec ?? {}, previous?.spec ?? {}) && sameAmounts(quota.status?.hard, quota.spec?.hard)
          ? []
          : [keyOf(quota)],
    }),
  } as Reads,
  // To count costs as much as there is in the namespace.
  restMs: 100,
  readsOf(resource) {
    // They say what claims for devices count as, and are counted by nobody.
    if (groupResource(resource) === groupResource(deviceClasses)) return read<KubeObject>(resource);
    if (!isCounted(resource) || quotaEvaluatorOf(resource, worldOf({})) === undefined) return undefined;
    return read<KubeObject>(resource, {
      // What is new has been charged when it was written.
      wakes: (object, view, { object: now, previous }) =>
        givesUp(quotaEvaluatorOf(resource, worldOf(view)), previous, now)
          ? (view['/'] as ResourceView<ResourceQuota>).list(object.metadata?.namespace ?? '').map(keyOf)
          : [],
    });
  },
  plan(view, key, now) {
    const quota = (view['/'] as ResourceView<ResourceQuota>).get(key);
    if (quota === undefined) return nothing;
    const { namespace = '' } = quota.metadata;
    const world = worldOf(view);
    const counted = Object.entries(view)
      .filter(([name, { resource }]) => name !== '/' && resource.namespaced)
      .flatMap(([, { resource }]) => {
        const evaluator = quotaEvaluatorOf(resource, world);
        return evaluator !== undefined && Object.keys(quota.spec?.hard ?? {}).some((name) => evaluator.counts(name))
          ? [{ resource, evaluator }]
          : [];
      });
    const objects = Object.values(view);
    const listOf = ({ resource }: Counted): readonly DeepReadonly<KubeObject>[] =>
      objects.find((one) => one.resource === resource)?.list(namespace) ?? [];
    const seen = statusOf(quota, counted, counted.map(listOf), now);
    const actions = sameStatus(quota.status, seen) ? [] : [countAt(quota, counted, now)];
    return { actions, wakeAtMs: now + lookAgainMs };
  },
});

function worldOf(view: View): QuotaWorld {
  const viewOf = <T extends KubeObject>(resource: Resource<T>): ResourceView<T> | undefined =>
    view[groupResource(resource)] as ResourceView<T> | undefined;
  return {
    deviceClasses: () => viewOf(deviceClasses)?.list() ?? [],
    pod: (namespace, name) => viewOf(pods)?.get(objectKey(namespace, name)),
    deviceClaims: (namespace) => viewOf(resourceClaims)?.list(namespace) ?? [],
  };
}

function isCounted({ namespaced, verbs }: ServedResource): boolean {
  return namespaced && ['create', 'list', 'watch', 'delete'].every((verb) => verbs.includes(verb));
}

/** Whether the change leaves less in use than before. */
function givesUp(
  evaluator: QuotaEvaluator | undefined,
  previous: DeepReadonly<KubeObject> | undefined,
  now: DeepReadonly<KubeObject> | undefined,
): boolean {
  if (previous === undefined) return false;
  if (now === undefined) return true;
  // Kinds that are only counted use the same as long as they are there.
  if (evaluator?.changes === undefined) return false;
  const moment = 0;
  const [before, after] = [evaluator.usage(previous, moment), evaluator.usage(now, moment)];
  return [...before].some(([name, amount]) => (after.get(name) ?? zeroQuantity).compare(amount) !== 0);
}

/** First the quota, then what it is about: so nothing is missing that was charged to the quota as it was read. */
function countAt({ metadata }: Quota, counted: readonly Counted[], now: number): Action {
  const { namespace = '', name } = metadata;
  return {
    do: 'look',
    at: [{ resource: resourceQuotas, namespace }],
    onSeen: ([quotas = []]) => {
      const quota = quotas.find((one) => one.metadata?.name === name) as Quota | undefined;
      if (quota === undefined) return [];
      return [
        {
          do: 'look',
          at: counted.map(({ resource }) => ({ resource, namespace })),
          onSeen: (found) => written(quota, statusOf(quota, counted, found, now)),
        },
      ];
    },
  };
}

function written(quota: Quota, status: Status): readonly Action[] {
  if (sameStatus(quota.status, status)) return [];
  return [
    {
      do: 'update',
      resource: resourceQuotas,
      subresource: 'status',
      object: { ...quota, status } as Quota,
      tolerates: (error) => isApiError(error, 'NotFound'),
    },
  ];
}

function statusOf(
  quota: Quota,
  counted: readonly Counted[],
  found: readonly (readonly DeepReadonly<KubeObject>[])[],
  now: number,
): Status {
  const hard = quota.spec?.hard ?? {};
  const sums = new Map<string, Quantity>();
  for (const [i, { evaluator }] of counted.entries()) {
    const names = Object.keys(hard).filter((name) => evaluator.counts(name));
    // Devices are counted by pods and by claims.
    for (const name of names) sums.set(name, sums.get(name) ?? zeroQuantity);
    for (const object of found[i] ?? []) {
      if (!quotaMatches(evaluator, quota.spec ?? {}, names, object)) continue;
      const usage = evaluator.usage(object, now);
      for (const name of names) sums.set(name, (sums.get(name) ?? zeroQuantity).add(usage.get(name) ?? zeroQuantity));
    }
  }
  // Where nothing can be counted, because nothing like it is served now, the last number stays.
  const before = quota.status?.used ?? {};
  const used: Record<string, string> = {};
  for (const name of Object.keys(hard)) {
    const amount = sums.get(name)?.toString() ?? before[name];
    if (amount !== undefined) used[name] = amount;
  }
  return { hard, used };
}

function sameStatus(before: Quota['status'], after: Status): boolean {
  return sameAmounts(before?.hard, after.hard) && sameAmounts(before?.used, after.used);
}

type Amounts = Readonly<Record<string, string>>;

function sameAmounts(a: Amounts | undefined, b: Amounts = {}): boolean {
  if (a === undefined) return false;
  if (jsonEqual(a, b)) return true;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => b[name] !== undefined && parseQuantity(a[name] ?? '0').equals(parseQuantity(b[name] ?? '0')))
  );
}
