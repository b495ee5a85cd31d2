/** What a claim for a volume uses: storage, of all and of its class. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import { parseQuantity, type Quantity } from '../../../machinery/mod.ts';
import type { PersistentVolumeClaim } from '../../upstream/types.ts';
import { oneObject, type QuotaEvaluator } from './usage.ts';
import { meansName } from './scopes.ts';

type Claim = DeepReadonly<PersistentVolumeClaim>;

const count = 'count/persistentvolumeclaims';
const claims = 'persistentvolumeclaims';
const storage = 'requests.storage';
const ofClass = '.storageclass.storage.k8s.io/';
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

export const claimEvaluator: QuotaEvaluator = {
  counts: (name) =>
    name === count || [claims, storage].some((one) => name === one || name.endsWith(`${ofClass}${one}`)),
  usage(object) {
    const claim = object as Claim;
    const used = new Map([
      [count, oneObject],
      [claims, oneObject],
    ]);
    const className = claim.metadata.annotations?.[classAnnotation] ?? claim.spec?.storageClassName ?? '';
    if (className !== '') used.set(`${className}${ofClass}${claims}`, oneObject);
    const size = sizeOf(claim);
    if (size === undefined) return used;
    used.set(storage, size);
    if (className !== '') used.set(`${className}${ofClass}${storage}`, size);
    return used;
  },
  inScope: (scope, object) =>
    scope.scopeName === 'VolumeAttributesClass' && meansName(scope, attributesClasses(object as Claim)),
  changes: (subresource, object, old) =>
    subresource === undefined || (subresource === 'status' && changedBySystem(object as Claim, old as Claim)),
};

/** What was asked for, or what is being made of it if that is more; whole bytes. */
function sizeOf({ spec, status }: Claim): Quantity | undefined {
  const asked = spec?.resources?.requests?.['storage'];
  if (asked === undefined) return undefined;
  const size = parseQuantity(asked).roundUp(0);
  const allocated = status?.allocatedResources?.['storage'];
  if (allocated === undefined) return size;
  const other = parseQuantity(allocated);
  return other.compare(size) > 0 ? other.roundUp(0) : size;
}

function attributesClasses({ spec, status }: Claim): string[] {
  const names: readonly (string | undefined)[] = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.flatMap((name = '') => (name === '' ? [] : [name])))].toSorted();
}

function changedBySystem(claim: Claim, old: Claim): boolean {
  return (
    claim.status?.allocatedResources?.['storage'] !== old.status?.allocatedResources?.['storage'] ||
    !jsonEqual(attributesClasses(claim), attributesClasses(old))
  );
}
