/**
 * What a claim for devices uses: as many of each class as it may be given in the worst case. The same devices can be asked for
 * by the name of an extended resource, so they count as that resource too, except for those that the pod has been charged for
 * whose extended resources the claim stands for.
 */
import type { DeepReadonly } from '../../../base/mod.ts';
import { Quantity, zeroQuantity } from '../../../machinery/mod.ts';
import type { ResourceClaim } from '../../upstream/types.ts';
import { implicitDevice } from '../pod-spec/resources.ts';
import { podEvaluator } from './pods.ts';
import { oneObject, type QuotaEvaluator, type QuotaWorld, type Usage } from './usage.ts';

type Claim = DeepReadonly<ResourceClaim>;

const count = 'count/resourceclaims.resource.k8s.io';
const ofClass = '.deviceclass.resource.k8s.io/devices';
const requests = 'requests.';
const forExtendedResources = 'resource.kubernetes.io/extended-resource-claim';
/** As many devices as one claim can be given. */
const devicesMax = 32;

interface Wanted {
  readonly deviceClassName: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

export function deviceClaimEvaluator(world: QuotaWorld): QuotaEvaluator {
  return {
    counts: (name) =>
      name === count ||
      name.endsWith(ofClass) ||
      (name.startsWith(requests) && isOfDevices(name.slice(requests.length), world)),
    usage(object, now) {
      const claim = object as Claim;
      const devices = devicesIn(claim);
      const used = new Map([[count, oneObject]]);
      for (const [name, number] of devices) used.set(name + ofClass, Quantity.of(number));
      const charged = chargedToPod(claim, world, now);
      for (const [name, number] of asExtendedResources(devices, world)) {
        const rest = Quantity.of(number).sub(charged.get(name) ?? zeroQuantity);
        if (rest.sign > 0) used.set(name, rest);
      }
      return used;
    },
    changes: (subresource) => subresource === undefined,
  };
}

/** Whether an extended resource stands for devices of a class. */
function isOfDevices(resource: string, world: QuotaWorld): boolean {
  return world
    .deviceClasses()
    .some(
      ({ metadata, spec }) => resource === implicitDevice + metadata.name || resource === spec.extendedResourceName,
    );
}

/** By class. Of requests of which the first one that is there is taken, the largest counts. */
function devicesIn({ spec }: Claim): Map<string, number> {
  const devices = new Map<string, number>();
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const most = new Map<string, number>();
    for (const wanted of exactly === undefined ? firstAvailable : [exactly]) {
      const { deviceClassName: name } = wanted;
      most.set(name, Math.max(most.get(name) ?? 0, devicesOf(wanted)));
    }
    for (const [name, number] of most) devices.set(name, (devices.get(name) ?? 0) + number);
  }
  return devices;
}

function devicesOf({ allocationMode = 'ExactCount', count: number = 1 }: Wanted): number {
  return allocationMode === 'All' ? devicesMax : number;
}

function asExtendedResources(devices: ReadonlyMap<string, number>, world: QuotaWorld): Map<string, number> {
  const all = new Map<string, number>();
  for (const [name, number] of devices) {
    all.set(requests + implicitDevice + name, number);
    const named = world.deviceClasses().find(({ metadata }) => metadata.name === name)?.spec.extendedResourceName;
    if (named !== undefined) all.set(requests + named, (all.get(requests + named) ?? 0) + number);
  }
  return all;
}

/** What the pod is charged for whose extended resources the claim stands for. A pod has one such claim. */
function chargedToPod(claim: Claim, world: QuotaWorld, now: number): Usage {
  const { name, namespace = '' } = claim.metadata;
  const owner = podOf(claim);
  const pod = owner && world.pod(namespace, owner.name);
  if (owner === undefined || pod?.metadata.uid !== owner.uid) return new Map();
  const known = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  const first = (): string | undefined =>
    world
      .deviceClaims(namespace)
      .filter((other) => podOf(other)?.uid === owner.uid)
      .toSorted(byAge)[0]?.metadata.name;
  return (known ?? first() ?? name) === name ? podEvaluator.usage(pod, now) : new Map();
}

function podOf({ metadata }: Claim): { readonly name: string; readonly uid: string } | undefined {
  if (metadata.annotations?.[forExtendedResources] !== 'true') return undefined;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? owner : undefined;
}

function byAge({ metadata: a }: Claim, { metadata: b }: Claim): number {
  const [one, other] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  if (one !== other) return one < other ? -1 : 1;
  return (a.name ?? '') < (b.name ?? '') ? -1 : 1;
}
