/** The status of a pod: what the server says of a new one, and what a report from the node may and may not say. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import {
  duplicate,
  field,
  forbidden,
  invalid,
  nameIsDns1123Subdomain,
  parseIp,
  type FieldError,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { checkImmutable, checkIp, checkQualifiedName, report, type Errors } from '../../checks.ts';
import type { Pod, PodCondition, PodStatus } from '../../upstream/types.ts';
import { isSidecar } from '../pod-spec/containers.ts';
import { qosClassOf } from '../pod-spec/resources.ts';
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
  const { status = {}, spec } = pod;
  const { status: before = {} } = old;
  const path = field('status');
  checkAnnotationUpdates(errors, pod, old);
  for (const [i, { type }] of (status.conditions ?? []).entries())
    checkQualifiedName(errors, type, field('metadata', 'conditions').index(i).child('Type'));
  const { nominatedNodeName: nominated = '' } = status;
  if (nominated !== '' && nominated !== before.nominatedNodeName)
    report(errors, path.child('nominatedNodeName'), nominated, nameIsDns1123Subdomain(nominated, false));
  checkImmutable(errors, status.qosClass, before.qosClass, path.child('qosClass'));
  const restartPolicy = spec?.restartPolicy ?? '';
  const sidecars = new Set((spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const mayRestart = new Set(
    [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
      .filter((container) => container.restartPolicy !== undefined || container.restartPolicyRules !== undefined)
      .map(({ name }) => name),
  );
  const restarts = { restartPolicy, restartable: mayRestart };
  checkTransitions(errors, status, before, { list: 'containerStatuses', ...restarts });
  const starting = { restartPolicy, restartable: new Set([...sidecars, ...mayRestart]) };
  checkTransitions(errors, status, before, { list: 'initContainerStatuses', ...starting });
  const never = { restartPolicy: 'Never', restartable: new Set<string>() };
  checkTransitions(errors, status, before, { list: 'ephemeralContainerStatuses', ...never });
  checkClaims(errors, pod, path.child('resourceClaimStatuses'));
  if (!jsonEqual(status.podIPs, before.podIPs)) checkAddresses(errors, status.podIPs ?? [], path.child('podIPs'));
  const { hostIPs = [], hostIP = '' } = status;
  if (hostIPs.length > 0 && hostIPs[0]?.ip !== hostIP)
    errors.push(invalid(path.child('hostIPs').index(0).child('ip'), hostIPs[0]?.ip ?? '', 'must be equal to `hostIP`'));
  if (!jsonEqual(hostIPs, before.hostIPs ?? [])) checkAddresses(errors, hostIPs, path.child('hostIPs'));
  return errors;
}

interface Restarts {
  readonly list: 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses';
  readonly restartPolicy: string;
  /** The containers that have a policy of their own. */
  readonly restartable: ReadonlySet<string>;
}

/** A container that is over for good does not come back. */
function checkTransitions(
  errors: Errors,
  status: DeepReadonly<PodStatus>,
  before: DeepReadonly<PodStatus>,
  { list, restartPolicy, restartable }: Restarts,
): void {
  if (restartPolicy === 'Always') return;
  for (const [i, { name, state }] of (before[list] ?? []).entries()) {
    if (state?.terminated === undefined || restartable.has(name)) continue;
    if (state.terminated.exitCode !== 0 && restartPolicy === 'OnFailure') continue;
    for (const now of status[list] ?? [])
      if (now.name === name && now.state?.terminated === undefined)
        errors.push(
          forbidden(field('status', list).index(i).child('state'), 'may not be transitioned to non-terminated state'),
        );
  }
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

/** One address of each family at most. */
function checkAddresses(errors: Errors, addresses: readonly { readonly ip: string }[], path: FieldPath): void {
  for (const [i, { ip }] of addresses.entries()) checkIp(errors, ip, path.index(i));
  if (addresses.length < 2) return;
  const families = new Set(addresses.map(({ ip }) => parseIp(ip)?.family));
  if (families.size < 2 || addresses.length > 2)
    errors.push(invalid(path, addresses, 'may specify no more than one IP for each IP family'));
  for (const [i, address] of addresses.entries())
    if (addresses.findIndex(({ ip }) => ip === address.ip) < i) errors.push(duplicate(path.index(i), address));
}
