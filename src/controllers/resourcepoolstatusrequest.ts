/**
 * Answers once what pools a driver has, and how many of their devices are taken: requests are kept for an hour after that, and
 * for a day if they are never answered.
 *
 * What always holds: a pool is counted by the slices of its newest generation, and nothing is answered while some of those are
 * still to come for a pool that the answer would show.
 */
import {
  resourceClaims,
  resourcePoolStatusRequests,
  resourceSlices,
  type PoolStatus,
  type ResourceClaim,
  type ResourcePoolStatusRequest,
  type ResourceSlice,
} from '../api/mod.ts';
import { rfc3339, type DeepReadonly } from '../base/mod.ts';
import { defineController, nothing, read, type Action, type ResourceView } from '../client/mod.ts';
import { keyOf } from '../machinery/mod.ts';

type Request = DeepReadonly<ResourcePoolStatusRequest>;
type Slice = DeepReadonly<ResourceSlice>;
type Claim = DeepReadonly<ResourceClaim>;

const answeredMs = 3_600_000;
const pendingMs = 24 * 3_600_000;
const limitDefault = 100;

const driversOf = (claim: Claim): string[] => [...new Set(allocatedTo(claim).map(({ driver }) => driver))];

const reads = {
  requests: read(resourcePoolStatusRequests, {
    indexes: { pending: ({ spec, status }) => (status === undefined ? [spec.driver] : []) },
    wakes: (request) => [keyOf(request)],
  }),
  slices: read(resourceSlices, {
    indexes: { driver: ({ spec }) => [spec.driver] },
    // A pool may be complete with it.
    wakes: ({ spec }, { requests }) => requests?.index('pending', spec.driver).map((request) => keyOf(request)) ?? [],
  }),
  claims: read(resourceClaims, { indexes: { driver: driversOf } }),
};

export const resourcePoolStatusRequestController = defineController({
  name: 'resourcepoolstatusrequest-controller',
  reads,
  plan({ requests, slices, claims }, key, now) {
    const request = requests.get(key);
    if (request === undefined) return nothing;
    const endMs = endOf(request);
    if (now > endMs) return { actions: [remove(request)] };
    const waiting = { actions: [], wakeAtMs: endMs + 1 };
    if (request.status !== undefined) return waiting;
    const { driver, poolName, limit = limitDefault } = request.spec;
    const pools = poolsOf(slices.index('driver', driver), poolName);
    const shown = pools.slice(0, limit);
    if (!shown.every(isComplete)) return waiting;
    const allocated = countAllocated(claims, driver);
    const status = shown.map((pool) => poolStatus(driver, pool, allocated.get(pool.name) ?? 0));
    return { ...waiting, actions: [answer(request, status, pools.length, now)] };
  },
});

function allocatedTo({ status }: Claim): readonly { readonly driver: string; readonly pool: string }[] {
  return status?.allocation?.devices?.results ?? [];
}

/** Until when a request is kept. */
function endOf({ metadata, status }: Request): number {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  if (status === undefined) return created + pendingMs;
  const over = status.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
  return (over === undefined ? created : Date.parse(over.lastTransitionTime)) + answeredMs;
}

/** Nobody's request that has come in its place. */
function remove({ metadata: { name = '', uid = '' } }: Request): Action {
  return { do: 'delete', resource: resourcePoolStatusRequests, key: { name }, options: { uid } };
}

/** What the slices of one generation tell of a pool. */
interface Pool {
  readonly name: string;
  readonly generation: number;
  readonly slices: readonly Slice[];
}

/** In the order of their names. */
function poolsOf(slices: readonly Slice[], poolName: string | undefined): readonly Pool[] {
  const asked = poolName === undefined ? slices : slices.filter(({ spec }) => spec.pool.name === poolName);
  return [...Map.groupBy(asked, ({ spec }) => spec.pool.name)]
    .map(([name, all]) => {
      const generation = all.reduce((newest, { spec }) => Math.max(newest, spec.pool.generation), 0);
      return { name, generation, slices: all.filter(({ spec }) => spec.pool.generation === generation) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isComplete({ slices }: Pool): boolean {
  return slices.length >= (slices[0]?.spec.pool.resourceSliceCount ?? 0);
}

/** By pool. A device counts as often as it is allocated. */
function countAllocated(claims: ResourceView<ResourceClaim>, driver: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const claim of claims.index('driver', driver))
    for (const result of allocatedTo(claim))
      if (result.driver === driver) counts.set(result.pool, (counts.get(result.pool) ?? 0) + 1);
  return counts;
}

function poolStatus(
  driver: string,
  { name: poolName, generation, slices }: Pool,
  allocatedDevices: number,
): PoolStatus {
  const totalDevices = slices.reduce((sum, { spec }) => sum + (spec.devices?.length ?? 0), 0);
  const [nodeName, ...others] = new Set(slices.map(({ spec }) => spec.nodeName));
  return {
    driver,
    poolName,
    generation,
    resourceSliceCount: slices.length,
    totalDevices,
    allocatedDevices,
    availableDevices: Math.max(0, totalDevices - allocatedDevices),
    // Upstream does not look at taints in this release.
    unavailableDevices: 0,
    ...(nodeName === undefined || others.length > 0 ? {} : { nodeName }),
  };
}

function answer(request: Request, pools: readonly PoolStatus[], poolCount: number, now: number): Action {
  const condition = {
    type: 'Complete',
    status: 'True',
    lastTransitionTime: rfc3339(now),
    reason: 'CalculationComplete',
    message: `Calculated status for ${pools.length} pools`,
  };
  const status = { poolCount, ...(pools.length === 0 ? {} : { pools }), conditions: [condition] };
  const object = { ...request, status };
  return { do: 'update', resource: resourcePoolStatusRequests, object, subresource: 'status' };
}
