/** Versions that upstream still has beside the current ones, and serves no more unless they are asked for. */
import type { Kind } from '../machinery/mod.ts';
import { denyWithoutParams } from './admissionregistration/bindings.ts';
import { mutatingAdmissionPolicies } from './admissionregistration/mutating-admission-policy.ts';
import { mutatingAdmissionPolicyBindings } from './admissionregistration/mutating-admission-policy-binding.ts';
import { legacyKind, type Edit, type LegacyVersion } from './legacy/version.ts';
import { ipAddresses } from './networking/ip-address.ts';
import { serviceCidrs } from './networking/service-cidr.ts';
import { deviceClasses } from './resource/device-class.ts';
import { resourceClaims } from './resource/resource-claim.ts';
import { resourceClaimTemplates } from './resource/resource-claim-template.ts';
import { resourceSlices } from './resource/resource-slice.ts';
import { volumeAttributesClasses } from './storage/volume-attributes-class.ts';
import type { DeviceRequest, ResourceV1beta1DeviceRequest } from './upstream/types.ts';

interface Claim {
  spec?: { devices?: { requests?: ResourceV1beta1DeviceRequest[] | DeviceRequest[] } };
}

interface Template {
  spec?: Claim;
}

interface Slice {
  spec?: { devices?: { name: string; basic?: object }[] };
}

/** A request that names no alternatives is one for exactly what it says. */
function requestToCurrent(request: ResourceV1beta1DeviceRequest): DeviceRequest {
  const { name, firstAvailable, ...exactly } = request;
  const asks = Object.values(exactly).some((value) => value !== '');
  return {
    name,
    ...(asks || (firstAvailable ?? []).length === 0 ? { exactly } : {}),
    ...(firstAvailable === undefined ? {} : { firstAvailable }),
  } as DeviceRequest;
}

function requestFromCurrent({ name, exactly, firstAvailable }: DeviceRequest): ResourceV1beta1DeviceRequest {
  return {
    name,
    deviceClassName: '',
    ...exactly,
    ...(firstAvailable === undefined ? {} : { firstAvailable }),
  };
}

function claimToCurrent({ spec }: Claim): void {
  const devices = spec?.devices;
  if (devices?.requests !== undefined) devices.requests = devices.requests.map(requestToCurrent);
}

function claimFromCurrent({ spec }: Claim): void {
  const devices = spec?.devices;
  if (devices?.requests !== undefined) devices.requests = devices.requests.map(requestFromCurrent);
}

/** What a device is stood in a part of it, when there was to be more than one sort. */
function sliceToCurrent({ spec }: Slice): void {
  if (spec?.devices !== undefined) spec.devices = spec.devices.map(({ name, basic }) => ({ name, ...basic }));
}

function sliceFromCurrent({ spec }: Slice): void {
  if (spec?.devices !== undefined) spec.devices = spec.devices.map(({ name, ...basic }) => ({ name, basic }));
}

const claimOf =
  (edit: (claim: Claim) => void): Edit =>
  ({ spec }: Template) =>
    edit(spec ?? {});

/** Upstream names nothing to use instead. */
const beta = (version: string, ...deprecated: readonly [since: number, until: number]): LegacyVersion => ({
  version,
  deprecated,
  instead: null,
});
const resourceBeta1 = beta('v1beta1', 35, 38);
const resourceBeta2 = beta('v1beta2', 36, 39);

const versions: readonly (readonly [kind: unknown, ...LegacyVersion[]])[] = [
  [ipAddresses, beta('v1beta1', 34, 37)],
  [serviceCidrs, beta('v1beta1', 34, 37)],
  [volumeAttributesClasses, beta('v1beta1', 34, 37)],
  [mutatingAdmissionPolicies, { version: 'v1beta1' }, { version: 'v1alpha1' }],
  [mutatingAdmissionPolicyBindings, { version: 'v1beta1' }, { version: 'v1alpha1', toCurrent: denyWithoutParams }],
  [deviceClasses, resourceBeta2, resourceBeta1],
  [resourceClaims, resourceBeta2, { ...resourceBeta1, toCurrent: claimToCurrent, fromCurrent: claimFromCurrent }],
  [
    resourceClaimTemplates,
    resourceBeta2,
    { ...resourceBeta1, toCurrent: claimOf(claimToCurrent), fromCurrent: claimOf(claimFromCurrent) },
  ],
  [resourceSlices, resourceBeta2, { ...resourceBeta1, toCurrent: sliceToCurrent, fromCurrent: sliceFromCurrent }],
];

export const optionalVersions: readonly Kind[] = versions.flatMap(([kind, ...older]) =>
  older.map((version) => legacyKind(kind as Kind, version)),
);
