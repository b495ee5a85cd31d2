/** What a report says of single containers: they do not come back to life, and their users and devices can exist. */
import type { DeepReadonly } from '../../../base/mod.ts';
import {
  duplicate,
  field,
  forbidden,
  groupIdErrors,
  invalid,
  notSupported,
  required,
  tooLong,
  userIdErrors,
  utf8Length,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { report, type Errors } from '../../checks.ts';
import type { Container, ContainerStatus, PodSpec, PodStatus, ResourceStatus } from '../../upstream/types.ts';

type ReadonlySpec = DeepReadonly<PodSpec>;
type ReadonlyStatus = DeepReadonly<PodStatus>;
type ReadonlyContainer = DeepReadonly<Container>;

const messageBytesMax = 1024;
const healths = ['Healthy', 'Unhealthy', 'Unknown'];
const statusPath = field('status');

/** In upstream's order, each with the containers that it is about. */
const lists = [
  ['containerStatuses', 'containers'],
  ['initContainerStatuses', 'initContainers'],
  ['ephemeralContainerStatuses', undefined],
] as const;

/** A container that is over for good does not come back. `spec` is that of the stored pod. */
export function checkTransitions(
  errors: Errors,
  status: ReadonlyStatus,
  before: ReadonlyStatus,
  spec: ReadonlySpec,
): void {
  const allCouldRestart = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );
  for (const [list, of] of lists) {
    if (of !== undefined && allCouldRestart) continue;
    for (const [i, { name, state }] of (before[list] ?? []).entries()) {
      const exitCode = state?.terminated?.exitCode;
      if (exitCode === undefined) continue;
      const now = status[list]?.find((one) => one.name === name);
      if (now === undefined || now.state?.terminated !== undefined) continue;
      const container = of && spec[of]?.find((one) => one.name === name);
      if (container === undefined || !restarts(container, spec, exitCode))
        errors.push(
          forbidden(statusPath.child(list).index(i).child('state'), 'may not be transitioned to non-terminated state'),
        );
    }
  }
}

/** The first of the container's own rules that fits counts, then its own policy, then that of the pod. */
function restarts(
  { restartPolicy, restartPolicyRules = [] }: ReadonlyContainer,
  { restartPolicy: ofPod = 'Always' }: ReadonlySpec,
  exitCode: number,
): boolean {
  const rule = restartPolicyRules.find(
    ({ exitCodes }) =>
      exitCodes !== undefined && (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In'),
  );
  if (rule?.action === 'Restart') return true;
  const policy = restartPolicy ?? ofPod;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

export function checkContainerUsers(errors: Errors, status: ReadonlyStatus, spec: ReadonlySpec): void {
  const os = spec.os?.name ?? 'linux';
  for (const [list] of lists)
    for (const [i, { user }] of (status[list] ?? []).entries()) {
      const linux = user?.linux;
      if (linux === undefined) continue;
      const path = statusPath.child(list).index(i).child('user').child('linux');
      if (os === 'windows') errors.push(forbidden(path, 'cannot be set for a windows pod'));
      if (os !== 'linux') continue;
      report(errors, path.child('uid'), linux.uid, userIdErrors(linux.uid));
      report(errors, path.child('gid'), linux.gid, groupIdErrors(linux.gid));
      for (const [j, gid] of (linux.supplementalGroups ?? []).entries())
        report(errors, path.child('supplementalGroups').index(j), gid, groupIdErrors(gid));
    }
}

/** The devices of containers, and how they are. */
export function checkDevices(errors: Errors, status: ReadonlyStatus, spec: ReadonlySpec): void {
  for (const [list, of] of lists)
    for (const [i, container] of (status[list] ?? []).entries()) {
      const path = statusPath.child(list).index(i).child('allocatedResourcesStatus');
      if (of !== undefined) checkResources(errors, container, spec[of], path);
      else if ((container.allocatedResourcesStatus ?? []).length > 0)
        errors.push(forbidden(path, 'must not be specified in container status'));
    }
}

function checkResources(
  errors: Errors,
  { name, allocatedResourcesStatus = [] }: DeepReadonly<ContainerStatus>,
  containers: readonly ReadonlyContainer[] | undefined,
  path: FieldPath,
): void {
  const container = containers?.find((one) => one.name === name);
  for (const [i, resource] of allocatedResourcesStatus.entries()) {
    if (container !== undefined && !asksFor(container, resource.name))
      errors.push(
        invalid(
          path.index(i).child('name'),
          resource.name,
          resource.name.startsWith('claim:')
            ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
            : "must match one of the container's resource requests",
        ),
      );
    checkHealth(errors, resource, path.index(i).child('resources'));
  }
}

function asksFor({ resources }: ReadonlyContainer, name: string): boolean {
  if (!name.startsWith('claim:')) return resources?.requests?.[name] !== undefined;
  return (resources?.claims ?? []).some(
    (claim) => name === `claim:${claim.name}${(claim.request ?? '') === '' ? '' : `/${claim.request ?? ''}`}`,
  );
}

function checkHealth(errors: Errors, { resources = [] }: DeepReadonly<ResourceStatus>, path: FieldPath): void {
  const seen = new Set<string>();
  for (const [i, { resourceID: id, health = '', message }] of resources.entries()) {
    const at = path.index(i);
    if (!healths.includes(health)) errors.push(notSupported(at.child('health'), health, healths));
    if (message === '') errors.push(required(at.child('message'), 'must be non-empty if specified'));
    else if (message !== undefined && utf8Length(message) > messageBytesMax)
      errors.push(tooLong(at.child('message'), messageBytesMax));
    if (seen.has(id)) errors.push(duplicate(at.child('resourceID'), id));
    seen.add(id);
  }
}
