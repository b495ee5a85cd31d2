/** What a claim got, who may use it, and how its devices are. What was allocated does not change while it is allocated. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  field,
  forbidden,
  goQuote,
  invalid,
  ipText,
  parseCidr,
  required,
  tooLong,
  tooMany,
  utf8Length,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkChoice, checkCsiDriverName, checkDnsLabel, checkImmutableStruct, type Errors } from '../checks.ts';
import { checkConditions } from '../conditions.ts';
import { checkNodeSelector } from '../core/pod-spec/validation/affinity.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimStatus,
} from '../upstream/types.ts';
import { checkRequestRef, checkRequestRefs, requestNames } from './device-claim.ts';
import { checkList, checkPoolName, checkRawObject, checkUnique } from './group.ts';
import { checkConfiguration, configurationsMax } from './selectors.ts';
import { checkBindingConditions } from './taints.ts';

type ReadonlyClaim = DeepReadonly<ResourceClaim>;
type ReadonlyStatus = DeepReadonly<ResourceClaimStatus>;

const statusPath = field('status');
const consumersMax = 256;
const resultsMax = 32;
const conditionsMax = 8;
const dataBytesMax = 10 * 1024;
const addressesMax = 16;
const interfaceNameBytesMax = 256;
const hardwareAddressBytesMax = 128;
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface DeviceId {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
}

function deviceKey({ driver, pool, device }: DeviceId): string {
  return `${driver}/${pool}/${device}`;
}

/** One share of a device that several claims use. */
function shareKey(id: DeviceId): string {
  return (id.shareID ?? '') === '' ? deviceKey(id) : `${deviceKey(id)}/${id.shareID ?? ''}`;
}

/** Nobody reports on devices any more that the claim has lost. */
export function dropLostDevices(draft: ResourceClaimStatus, old: ReadonlyStatus): void {
  const kept = new Set((draft.allocation?.devices?.results ?? []).map(deviceKey));
  const lost = new Set((old.allocation?.devices?.results ?? []).map(deviceKey).filter((key) => !kept.has(key)));
  const devices = (draft.devices ?? []).filter((device) => !lost.has(deviceKey(device)));
  if (devices.length > 0) draft.devices = devices;
  else delete draft.devices;
}

/** Whether a device is given with rights of an administrator that was not before. */
export function getsAdminAccess(status: ReadonlyStatus, old: ReadonlyStatus): boolean {
  const given = ({ allocation }: ReadonlyStatus): boolean =>
    (allocation?.devices?.results ?? []).some(({ adminAccess }) => adminAccess === true);
  return given(status) && !given(old);
}

export function claimStatusErrors({ metadata, spec, status = {} }: ReadonlyClaim, old: ReadonlyClaim): FieldError[] {
  const errors: Errors = [];
  const { reservedFor = [], devices, allocation } = status;
  const reservedPath = statusPath.child('reservedFor');
  checkList(errors, reservedFor, { path: reservedPath, countMax: consumersMax }, (consumer, at) => {
    for (const name of ['resource', 'name', 'uid'] as const)
      if (consumer[name] === '') errors.push(required(at.child(name)));
  });
  if (reservedFor.length <= consumersMax) checkUnique(errors, reservedFor, ({ uid }) => uid, reservedPath);
  const allocated = new Set((allocation?.devices?.results ?? []).map(shareKey));
  for (const [i, device] of (devices ?? []).entries())
    checkDeviceStatus(errors, device, statusPath.child('devices').index(i), allocated);
  checkUnique(errors, devices, shareKey, statusPath.child('devices'));
  const before = old.status ?? {};
  if (reservedFor.length > 0 && allocation === undefined)
    errors.push(forbidden(reservedPath, 'may not be specified when `allocated` is not set'));
  else if (metadata.deletionTimestamp !== undefined && reservedFor.some((one) => !isAmong(before.reservedFor, one)))
    errors.push(
      forbidden(
        reservedPath,
        'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
      ),
    );
  const allocationPath = statusPath.child('allocation');
  if (allocation === undefined) return errors;
  if (before.allocation !== undefined)
    checkImmutableStruct(
      errors,
      'io.k8s.api.resource.v1.AllocationResult',
      [allocation, before.allocation],
      allocationPath,
    );
  else checkAllocation(errors, allocation, allocationPath, requestNames(spec.devices ?? {}));
  return errors;
}

function isAmong(list: readonly unknown[] | undefined, value: unknown): boolean {
  return (list ?? []).some((other) => jsonEqual(other, value));
}

function checkAllocation(
  errors: Errors,
  { devices = {}, nodeSelector }: DeepReadonly<AllocationResult>,
  path: FieldPath,
  names: ReadonlySet<string>,
): void {
  const at = path.child('devices');
  checkList(errors, devices.results, { path: at.child('results'), countMax: resultsMax }, (result, here) =>
    checkResult(errors, result, here, names),
  );
  // Those of the class and those of the claim.
  const countMax = 2 * configurationsMax;
  checkList(errors, devices.config, { path: at.child('config'), countMax }, (configuration, here) => {
    checkChoice(errors, configuration.source, ['FromClaim', 'FromClass'], here.child('source'));
    checkRequestRefs(errors, configuration.requests, here.child('requests'), names);
    checkConfiguration(errors, configuration, here);
  });
  if (nodeSelector !== undefined) checkNodeSelector(errors, nodeSelector, path.child('nodeSelector'));
}

function checkDevice(errors: Errors, { driver, pool, device }: DeviceId, path: FieldPath): void {
  checkCsiDriverName(errors, driver, path.child('driver'));
  checkPoolName(errors, pool, path.child('pool'));
  checkDnsLabel(errors, device, path.child('device'));
}

function checkResult(
  errors: Errors,
  result: DeepReadonly<DeviceRequestAllocationResult>,
  path: FieldPath,
  names: ReadonlySet<string>,
): void {
  checkRequestRef(errors, result.request, path.child('request'), names);
  checkDevice(errors, result, path);
  checkBindingConditions(errors, result, path);
  checkShare(errors, result.shareID, path.child('shareID'));
}

function checkShare(errors: Errors, id: string | undefined, path: FieldPath): void {
  if (id === undefined || uuidForm.test(id)) return;
  const wrong = uuidForm.test(id.toLowerCase())
    ? 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
    : `error validating uid: ${id.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${id.length}`}`;
  errors.push(invalid(path, id, wrong));
}

function checkDeviceStatus(
  errors: Errors,
  device: DeepReadonly<AllocatedDeviceStatus>,
  path: FieldPath,
  allocated: ReadonlySet<string>,
): void {
  checkDevice(errors, device, path);
  checkShare(errors, device.shareID, path.child('shareID'));
  if (!allocated.has(shareKey(device)))
    errors.push(invalid(path, shareKey(device), 'must be an allocated device in the claim'));
  const { conditions, data, networkData } = device;
  const count = conditions?.length ?? 0;
  if (count > conditionsMax) errors.push(tooMany(path.child('conditions'), count, conditionsMax));
  checkConditions(errors, conditions, path.child('conditions'));
  if (data !== undefined) checkRawObject(errors, data, dataBytesMax, path.child('data'));
  if (networkData !== undefined) checkNetwork(errors, networkData, path.child('networkData'));
}

function checkNetwork(
  errors: Errors,
  { interfaceName = '', hardwareAddress = '', ips }: DeepReadonly<NetworkDeviceData>,
  path: FieldPath,
): void {
  if (utf8Length(interfaceName) > interfaceNameBytesMax)
    errors.push(tooLong(path.child('interfaceName'), interfaceNameBytesMax));
  if (utf8Length(hardwareAddress) > hardwareAddressBytesMax)
    errors.push(tooLong(path.child('hardwareAddress'), hardwareAddressBytesMax));
  checkList(errors, ips, { path: path.child('ips'), countMax: addressesMax }, (text, at) => {
    const cidr = parseCidr(text);
    if (cidr === undefined)
      errors.push(invalid(at, text, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'));
    else {
      const canonical = `${ipText(cidr.address)}/${cidr.prefixLength}`;
      if (text !== canonical) errors.push(invalid(at, text, `must be in canonical form (${goQuote(canonical)})`));
    }
  });
  if ((ips?.length ?? 0) <= addressesMax) checkUnique(errors, ips, (ip) => ip, path.child('ips'));
}
