/** The status of a pod: what the server says of a new one, and what a report from the node may and may not say. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import {
  duplicate,
  field,
  forbidden,
  invalid,
  nameIsDns1123Subdomain,
  parseIp,
  required,
  type FieldError,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { checkDnsLabel, checkImmutable, checkIp, checkQualifiedName, report, type Errors } from '../../checks.ts';
import type { Pod, PodCondition, PodExtendedResourceClaimStatus, PodSpec, PodStatus } from '../../upstream/types.ts';
import { qosClassOf } from '../pod-spec/resources.ts';
import { checkContainerUsers, checkDevices, checkTransitions } from './container-statuses.ts';
import { checkAnnotationUpdates } from './validation.ts';

type ReadonlyPod = DeepReadonly<Pod>;

/** Times that nobody has set are shown as null, which their types do not tell. */
const gated = {
  type: 'PodScheduled',
  observedGeneration: 1,
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
  lastProbeTime: null,
  lastTransitionTime: null,
} as unknown as PodCondition;

export function newStatus({ spec = { containers: [] } }: ReadonlyPod): PodStatus {
  const status: PodStatus = { phase: 'Pending', qosClass: qosClassOf(spec) };
  if ((spec.schedulingGates ?? []).length > 0) status.conditions = [gated];
  return status;
}

/** A single address and the list of addresses say the same; of two that differ the single one counts. */
export function syncAddresses(status: PodStatus): void {
  const { podIP = '', podIPs = [] } = status;
  if (podIP !== '' && podIPs[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (podIP === '' && podIPs[0] !== undefined) status.podIP = podIPs[0].ip;
}

/** As of the specification: what is behind features that are off is not kept. */
export function dropDisabledStatus(status: PodStatus): void {
  delete status.nodeAllocatableResourceClaimStatuses;
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const)
    for (const { volumeMounts } of status[list] ?? [])
      for (const mount of volumeMounts ?? []) delete mount.volumeStatus;
}

/** A reporter that does not know a field does not mean to clear it. */
export function keepObserved(status: PodStatus, before: DeepReadonly<PodStatus> = {}): void {
  if ((status.qosClass ?? '') === '' && before.qosClass !== undefined) status.qosClass = before.qosClass;
  if ((status.observedGeneration ?? 0) === 0 && before.observedGeneration !== undefined)
    status.observedGeneration = before.observedGeneration;
  const generations = new Map<string, number[]>();
  for (const { type, observedGeneration = 0 } of before.conditions ?? [])
    generations.set(type, [...(generations.get(type) ?? []), observedGeneration]);
  for (const condition of status.conditions ?? []) {
    const known = generations.get(condition.type)?.shift() ?? 0;
    if ((condition.observedGeneration ?? 0) === 0 && known !== 0) condition.observedGeneration = known;
  }
}

export function podStatusErrors(pod: ReadonlyPod, old: ReadonlyPod): FieldError[] {
  const errors: FieldError[] = [];
  const { status = {}, spec = { containers: [] } } = pod;
  const { status: before = {} } = old;
  const path = field('status');
  checkAnnotationUpdates(errors, pod, old);
  for (const [i, { type, observedGeneration }] of (status.conditions ?? []).entries()) {
    const at = path.child('conditions').index(i);
    checkObserved(errors, observedGeneration, at);
    checkQualifiedName(errors, type, at.child('Type'));
  }
  checkNominated(errors, status.nominatedNodeName, old, path.child('nominatedNodeName'));
  checkObserved(errors, status.observedGeneration, path);
  checkImmutable(errors, status.qosClass, before.qosClass, path.child('qosClass'));
  checkTransitions(errors, status, before, old.spec ?? spec);
  checkClaims(errors, pod, path.child('resourceClaimStatuses'));
  checkExtendedClaim(errors, status.extendedResourceClaimStatus, spec, path.child('extendedResourceClaimStatus'));
  if (!jsonEqual(status.podIPs, before.podIPs)) checkAddresses(errors, status.podIPs ?? [], path.child('podIPs'));
  const { hostIPs = [], hostIP = '' } = status;
  if (hostIPs.length > 0 && hostIPs[0]?.ip !== hostIP)
    errors.push(invalid(path.child('hostIPs').index(0).child('ip'), hostIPs[0]?.ip ?? '', 'must be equal to `hostIP`'));
  if (!jsonEqual(hostIPs, before.hostIPs ?? [])) checkAddresses(errors, hostIPs, path.child('hostIPs'));
  checkContainerUsers(errors, status, spec);
  checkDevices(errors, status, spec);
  return errors;
}

function checkObserved(errors: Errors, generation: number | undefined, path: FieldPath): void {
  if (generation !== undefined && generation < 0)
    errors.push(invalid(path.child('observedGeneration'), generation, 'must be a non-negative integer'));
}

/** The node where room is made for the pod: of no use to one that has its node. */
function checkNominated(errors: Errors, name = '', { spec, status }: ReadonlyPod, path: FieldPath): void {
  if (name === '' || name === status?.nominatedNodeName) return;
  report(errors, path, name, nameIsDns1123Subdomain(name, false));
  if ((spec?.nodeName ?? '') !== '')
    errors.push(forbidden(path, 'may not be set on pods that are already bound to a node'));
}

function checkClaims(errors: Errors, { spec, status }: ReadonlyPod, path: FieldPath): void {
  const seen = new Set<string>();
  for (const [i, { name, resourceClaimName }] of (status?.resourceClaimStatuses ?? []).entries()) {
    const at = path.index(i).child('name');
    if (spec?.resourceClaims?.some((claim) => claim.name === name) !== true)
      errors.push(invalid(at, name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    if (resourceClaimName !== undefined)
      report(errors, at, resourceClaimName, nameIsDns1123Subdomain(resourceClaimName, false));
  }
}

/** The claim that was made for devices that containers ask for as if they were plain resources. */
function checkExtendedClaim(
  errors: Errors,
  claim: DeepReadonly<PodExtendedResourceClaimStatus> | undefined,
  spec: DeepReadonly<PodSpec>,
  path: FieldPath,
): void {
  if (claim === undefined) return;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const mappings = claim.requestMappings ?? [];
  const mappingsPath = path.child('requestMappings');
  if (mappings.length === 0) errors.push(required(mappingsPath, 'at least one request mapping is required'));
  const seen = new Set<string>();
  for (const [i, { containerName, resourceName, requestName }] of mappings.entries()) {
    const at = mappingsPath.index(i);
    const container = containers.findLast(({ name }) => name === containerName);
    if (container === undefined)
      errors.push(
        invalid(
          at.child('containerName'),
          containerName,
          'must match the name of an entry in spec.initContainers.name or spec.containers.name',
        ),
      );
    else if (container.resources?.requests?.[resourceName] === undefined)
      errors.push(
        invalid(
          at.child('resourceName'),
          resourceName,
          'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
        ),
      );
    // Upstream names the claim here and not the mapping.
    checkDnsLabel(errors, requestName, path.child('requestName'));
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key))
      errors.push(
        duplicate(at.child('containerName'), containerName),
        duplicate(at.child('resourceName'), resourceName),
        duplicate(at.child('requestName'), requestName),
      );
    seen.add(key);
  }
  const { resourceClaimName: name } = claim;
  if (name === '') errors.push(required(path.child('resourceClaimName')));
  else report(errors, path.child('resourceClaimName'), name, nameIsDns1123Subdomain(name, false));
}

/** One address of each family at most. */
function checkAddresses(errors: Errors, addresses: readonly { readonly ip: string }[], path: FieldPath): void {
  for (const [i, { ip }] of addresses.entries()) checkIp(errors, ip, path.index(i));
  if (addresses.length < 2) return;
  const families = new Set(addresses.map(({ ip }) => parseIp(ip)?.family));
  if (families.size < 2 || addresses.length > 2)
    errors.push(
      invalid(
        path,
        addresses.map(({ ip }) => ({ IP: ip })),
        'may specify no more than one IP for each IP family',
      ),
    );
}
