/** What a claim asks for: requests for devices of a class, what holds between them, and parameters for their drivers. */
import type { DeepReadonly } from '../../base/mod.ts';
import { dns1123SubdomainErrors, invalid, notSupported, required, type FieldPath } from '../../machinery/mod.ts';
import { checkDnsLabel, report, type Errors } from '../checks.ts';
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../upstream/types.ts';
import { checkFullyQualifiedAttribute, checkList, checkUnique } from './group.ts';
import { checkConfiguration, checkSelectors, configurationsMax } from './selectors.ts';
import { checkDeviceTolerations, defaultTolerations } from './taints.ts';

type ReadonlyClaim = DeepReadonly<DeviceClaim>;
type ReadonlyRequest = DeepReadonly<DeviceRequest>;

const requestsMax = 32;
const alternativesMax = 8;
const constraintsMax = 32;

export function defaultClaim({ devices }: ResourceClaimSpec): void {
  for (const { exactly, firstAvailable = [] } of devices?.requests ?? [])
    for (const request of exactly === undefined ? firstAvailable : [exactly, ...firstAvailable]) {
      if ((request.allocationMode ?? '') === '') request.allocationMode = 'ExactCount';
      if (request.allocationMode === 'ExactCount' && (request.count ?? 0) === 0) request.count = 1;
      defaultTolerations(request.tolerations);
    }
}

export function checkClaimSpec(
  errors: Errors,
  { devices = {} }: DeepReadonly<ResourceClaimSpec>,
  path: FieldPath,
): void {
  const at = path.child('devices');
  const { requests, constraints, config } = devices;
  const requestsPath = at.child('requests');
  checkList(errors, requests, { path: requestsPath, countMax: requestsMax }, (request, here) =>
    checkRequest(errors, request, here),
  );
  if ((requests?.length ?? 0) <= requestsMax) checkUnique(errors, requests, ({ name }) => name, requestsPath);
  const names = requestNames(devices);
  checkList(errors, constraints, { path: at.child('constraints'), countMax: constraintsMax }, (constraint, here) =>
    checkConstraint(errors, constraint, here, names),
  );
  checkList(errors, config, { path: at.child('config'), countMax: configurationsMax }, (configuration, here) => {
    checkRequestRefs(errors, configuration.requests, here.child('requests'), names);
    checkConfiguration(errors, configuration, here);
  });
}

/** `request`, and `request/alternative` for each of its alternatives. */
export function requestNames({ requests }: ReadonlyClaim): ReadonlySet<string> {
  return new Set(
    (requests ?? []).flatMap(({ name, firstAvailable = [] }) => [
      name,
      ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
    ]),
  );
}

function checkRequest(errors: Errors, { name, exactly, firstAvailable = [] }: ReadonlyRequest, path: FieldPath): void {
  checkDnsLabel(errors, name, path.child('name'));
  const oneNeeded = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly === undefined && firstAvailable.length === 0) errors.push(required(path, oneNeeded));
  else if (exactly !== undefined && firstAvailable.length > 0)
    errors.push(invalid(path, null, `${oneNeeded}, but multiple fields are set`));
  else if (exactly !== undefined) checkWhat(errors, exactly, path.child('exactly'));
  else {
    const at = path.child('firstAvailable');
    checkList(errors, firstAvailable, { path: at, countMax: alternativesMax }, (alternative, here) => {
      checkDnsLabel(errors, alternative.name, here.child('name'));
      checkWhat(errors, alternative, here);
    });
    if (firstAvailable.length <= alternativesMax) checkUnique(errors, firstAvailable, (one) => one.name, at);
  }
}

function checkWhat(
  errors: Errors,
  request: DeepReadonly<ExactDeviceRequest | DeviceSubRequest>,
  path: FieldPath,
): void {
  const { deviceClassName: name, selectors, allocationMode: mode = '', count = 0, tolerations } = request;
  if (name === '') errors.push(required(path.child('deviceClassName')));
  else report(errors, path.child('deviceClassName'), name, dns1123SubdomainErrors(name));
  checkSelectors(errors, selectors, path.child('selectors'));
  if (mode === 'All') {
    if (count !== 0)
      errors.push(invalid(path.child('count'), count, "must not be specified when allocationMode is 'All'"));
  } else if (mode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(path.child('count'), count, 'must be greater than zero'));
  } else errors.push(notSupported(path.child('allocationMode'), mode, ['All', 'ExactCount']));
  checkDeviceTolerations(errors, tolerations, path.child('tolerations'));
}

function checkConstraint(
  errors: Errors,
  { requests, matchAttribute, distinctAttribute }: DeepReadonly<DeviceConstraint>,
  path: FieldPath,
  names: ReadonlySet<string>,
): void {
  checkRequestRefs(errors, requests, path.child('requests'), names);
  if (matchAttribute !== undefined) checkFullyQualifiedAttribute(errors, matchAttribute, path.child('matchAttribute'));
  else if (distinctAttribute !== undefined)
    checkFullyQualifiedAttribute(errors, distinctAttribute, path.child('distinctAttribute'));
  else
    errors.push(
      required(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'),
    );
}

export function checkRequestRefs(
  errors: Errors,
  refs: readonly string[] | undefined,
  path: FieldPath,
  names: ReadonlySet<string>,
): void {
  checkList(errors, refs, { path, countMax: requestsMax }, (ref, at) => checkRequestRef(errors, ref, at, names));
  if ((refs?.length ?? 0) <= requestsMax) checkUnique(errors, refs, (ref) => ref, path);
}

export function checkRequestRef(errors: Errors, ref: string, path: FieldPath, names: ReadonlySet<string>): void {
  const unknown = invalid(
    path,
    ref,
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
  );
  const segments = ref.split('/');
  if (segments.length > 2) return void errors.push(unknown);
  for (const segment of segments) checkDnsLabel(errors, segment, path);
  if (!names.has(ref)) errors.push(unknown);
}
