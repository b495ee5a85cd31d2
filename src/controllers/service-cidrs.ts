/**
 * Service CIDRs. What always holds: a range from which an address was given stays until the address is given back or another
 * range has it too, and it stays a while longer, so that every API server has stopped giving addresses from it.
 */
import { ipAddresses, serviceCidrs, type Condition, type IPAddress, type ServiceCIDR } from '../api/mod.ts';
import { rfc3339, type DeepReadonly } from '../base/mod.ts';
import { defineController, nothing, read, type Action, type Plan, type ResourceView } from '../client/mod.ts';
import { cidrContains, parseCidr, parseIp, type ApiError, type Cidr } from '../machinery/mod.ts';

type ReadonlyRange = DeepReadonly<ServiceCIDR>;

const finalizer = 'networking.k8s.io/service-cidr-finalizer';
const managedBy = 'ipaddress.kubernetes.io/managed-by';
const allocator = 'ipallocator.k8s.io';
const gracePeriodMs = 10_000;

const nameOf = ({ metadata }: { readonly metadata: { readonly name?: string } }): string => metadata.name ?? '';
const isGone = ({ reason }: ApiError): boolean => reason === 'NotFound';

function cidrsOf({ spec }: ReadonlyRange): readonly Cidr[] {
  return (spec?.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);
}

function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefixLength <= inner.prefixLength && cidrContains(outer, inner.address);
}

/** The ranges whose fate may depend on this one: those that it has a part in common with, and itself. */
function overlapping(range: ReadonlyRange, all: readonly ReadonlyRange[]): string[] {
  const own = cidrsOf(range);
  const touches = (other: ReadonlyRange): boolean =>
    cidrsOf(other).some((cidr) => own.some((mine) => contains(mine, cidr) || contains(cidr, mine)));
  return [...new Set([nameOf(range), ...all.filter(touches).map(nameOf)])];
}

/** The ranges that an address of a service is from. */
function rangesWith({ metadata }: DeepReadonly<IPAddress>, all: readonly ReadonlyRange[]): readonly ReadonlyRange[] {
  const ip = parseIp(metadata.name ?? '');
  if (ip === undefined || metadata.labels?.[managedBy] !== allocator) return [];
  return all.filter((range) => cidrsOf(range).some((cidr) => cidrContains(cidr, ip)));
}

const reads = {
  ranges: read(serviceCidrs, {
    wakes: (range, view, { object, previous }) =>
      object === undefined || previous === undefined
        ? overlapping(range, (view['ranges'] as ResourceView<ServiceCIDR>).list())
        : [nameOf(range)],
  }),
  addresses: read(ipAddresses, {
    // Addresses come and go all the time; they matter to ranges that want to go.
    wakes: (address, view) =>
      rangesWith(
        address,
        (view['ranges'] as ResourceView<ServiceCIDR>).list().filter(({ metadata }) => isDeleting(metadata)),
      ).map(nameOf),
  }),
};

function isDeleting({ deletionTimestamp }: ReadonlyRange['metadata']): boolean {
  return deletionTimestamp !== undefined;
}

export const serviceCidrsController = defineController({
  name: 'service-cidr-controller',
  reads,
  plan(view, name, now): Plan {
    const range = view.ranges.get(name);
    if (range === undefined) return nothing;
    if (isDeleting(range.metadata)) return planDeletion(range, view.ranges.list(), view.addresses, now);
    const actions: Action[] = [];
    if (range.metadata.finalizers?.includes(finalizer) !== true)
      actions.push(patch(range, { metadata: { finalizers: [finalizer] } }));
    actions.push(...setReady(range, { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }, now));
    return { actions };
  },
});

function planDeletion(
  range: ReadonlyRange,
  all: readonly ReadonlyRange[],
  addresses: ResourceView<IPAddress>,
  now: number,
): Plan {
  if (range.metadata.finalizers?.includes(finalizer) !== true) return nothing;
  if (!canGo(range, all, addresses))
    return {
      actions: setReady(
        range,
        {
          status: 'False',
          reason: 'Terminating',
          message:
            'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
        },
        now,
      ),
    };
  const endMs = Date.parse(range.metadata.deletionTimestamp ?? '') + gracePeriodMs;
  if (now < endMs) return { actions: [], wakeAtMs: endMs };
  return { actions: [patch(range, { metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } })] };
}

/** Whether every address that was given from the range is in another one too. */
function canGo(range: ReadonlyRange, all: readonly ReadonlyRange[], addresses: ResourceView<IPAddress>): boolean {
  const others = all.filter((other) => nameOf(other) !== nameOf(range)).flatMap(cidrsOf);
  if (cidrsOf(range).every((cidr) => others.some((other) => contains(other, cidr)))) return true;
  return !addresses.list().some((address) => {
    const holders = rangesWith(address, all);
    return holders.length === 1 && holders.some((holder) => nameOf(holder) === nameOf(range));
  });
}

function setReady(
  range: ReadonlyRange,
  wanted: Pick<Condition, 'status' | 'reason' | 'message'>,
  now: number,
): readonly Action[] {
  const old = range.status?.conditions?.find(({ type }) => type === 'Ready');
  if (old?.status === wanted.status) return [];
  const condition = { type: 'Ready', ...wanted, lastTransitionTime: rfc3339(now) };
  const failed = {
    regarding: range,
    type: 'Warning',
    reason: 'KubernetesServiceCIDRError',
    message: 'The ServiceCIDR Status can not be set to Ready=True',
  } as const;
  return [
    {
      ...patch(range, { status: { conditions: [condition] } }),
      subresource: 'status',
      ...(wanted.status === 'True' ? { onError: () => [{ do: 'event', event: failed }] } : {}),
    },
  ];
}

function patch({ metadata }: ReadonlyRange, body: object): Extract<Action, { do: 'patch' }> {
  return {
    do: 'patch',
    resource: serviceCidrs,
    key: { name: metadata.name ?? '' },
    patch: { type: 'strategic', body },
    tolerates: isGone,
  };
}
