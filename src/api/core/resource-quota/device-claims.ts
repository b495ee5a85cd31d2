/** What a claim for devices uses: as many of each class as it may be given in the worst case. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { Quantity } from '../../../machinery/mod.ts';
import type { ResourceClaim } from '../../upstream/types.ts';
import { oneObject, type QuotaEvaluator } from './usage.ts';

const count = 'count/resourceclaims.resource.k8s.io';
const ofClass = '.deviceclass.resource.k8s.io/devices';
/** As many devices as one claim can be given. */
const devicesMax = 32;

interface Wanted {
  readonly deviceClassName: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

export const deviceClaimEvaluator: QuotaEvaluator = {
  counts: (name) => name === count || name.endsWith(ofClass),
  usage(object) {
    const devices = new Map<string, number>();
    for (const { exactly, firstAvailable = [] } of (object as DeepReadonly<ResourceClaim>).spec.devices?.requests ??
      []) {
      const most = new Map<string, number>();
      for (const wanted of exactly === undefined ? firstAvailable : [exactly]) {
        const { deviceClassName: name } = wanted;
        most.set(name, Math.max(most.get(name) ?? 0, devicesOf(wanted)));
      }
      for (const [name, number] of most) devices.set(name, (devices.get(name) ?? 0) + number);
    }
    const used = new Map([[count, oneObject]]);
    for (const [name, number] of devices) used.set(name + ofClass, Quantity.of(number));
    return used;
  },
  changes: (subresource) => subresource === undefined,
};

function devicesOf({ allocationMode = 'ExactCount', count: number = 1 }: Wanted): number {
  return allocationMode === 'All' ? devicesMax : number;
}
