/** Security contexts of pods and containers as the runtime takes them. Pure; defaults and messages are upstream's. */
import type { DeepReadonly } from '../base/mod.ts';
import { goQuote } from '../machinery/mod.ts';
import type { PodSecurityContext, SeccompProfile, SELinuxOptions } from '../api/mod.ts';
import { podText, type ContainerView, type PodView } from './pod.ts';
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SecurityProfile,
  SELinuxOption,
} from './ports.ts';

const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function namespaceOptions(pod: PodView): NamespaceOption {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec ?? { containers: [] };
  return {
    network: hostNetwork === true ? 'NODE' : 'POD',
    ipc: hostIPC === true ? 'NODE' : 'POD',
    pid: hostPID === true ? 'NODE' : shareProcessNamespace === true ? 'POD' : 'CONTAINER',
  };
}

export function sandboxSecurity(pod: PodView, seccompRoot: string): LinuxSandboxSecurityContext {
  const context = pod.spec?.securityContext ?? {};
  const { runAsUser, runAsGroup } = context;
  const privileged = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some(
    (container) => container.securityContext?.privileged === true,
  );
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged,
    seccomp: profile(context.seccompProfile ?? { type: 'RuntimeDefault' }, seccompRoot),
    supplementalGroups: supplementalGroups(context),
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined || runAsUser === undefined ? {} : { runAsGroup }),
    ...selinux(context.seLinuxOptions),
  };
}

export interface ImageUser {
  readonly uid?: number;
  readonly username: string;
}

export interface SecurityInput {
  readonly pod: PodView;
  readonly container: ContainerView;
  readonly image: ImageUser;
  readonly seccompRoot: string;
  /** The container whose processes this one sees, for ephemeral containers. */
  readonly targetId?: string;
}

export function containerSecurity(input: SecurityInput): LinuxContainerSecurityContext {
  const { pod, container, image, seccompRoot, targetId } = input;
  const podContext = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? podContext.runAsUser ?? image.uid;
  const runAsGroup = own.runAsGroup ?? podContext.runAsGroup;
  const privileged = own.privileged === true;
  const masked = !privileged && (own.procMount ?? 'Default') === 'Default';
  const seccomp = privileged
    ? { type: 'Unconfined' }
    : (own.seccompProfile ?? podContext.seccompProfile ?? { type: 'Unconfined' });
  const namespaces = namespaceOptions(pod);
  const named = runAsUser === undefined && image.username !== '';
  return {
    privileged,
    namespaceOptions: targetId === undefined ? namespaces : { ...namespaces, pid: 'TARGET', targetId },
    capabilities: { addCapabilities: own.capabilities?.add ?? [], dropCapabilities: own.capabilities?.drop ?? [] },
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    supplementalGroups: supplementalGroups(podContext),
    maskedPaths: masked ? maskedPaths : [],
    readonlyPaths: masked ? readonlyPaths : [],
    seccomp: profile(seccomp, seccompRoot),
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(named ? { runAsUsername: image.username } : {}),
    ...(runAsGroup === undefined || (runAsUser === undefined && !named) ? {} : { runAsGroup }),
    ...selinux(own.seLinuxOptions ?? podContext.seLinuxOptions),
  };
}

/** Why a container that must not run as root cannot be started; undefined when it can. */
export function nonRootProblem({ pod, container, image }: SecurityInput): string | undefined {
  const podContext = pod.spec?.securityContext;
  if ((container.securityContext?.runAsNonRoot ?? podContext?.runAsNonRoot) !== true) return undefined;
  const where = `(pod: ${goQuote(podText(pod))}, container: ${container.name})`;
  const user = container.securityContext?.runAsUser ?? podContext?.runAsUser;
  if (user !== undefined) return user === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  if (image.uid === 0) return `container has runAsNonRoot and image will run as root ${where}`;
  if (image.uid === undefined && image.username !== '') {
    return `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`;
  }
  // An image that names no user runs as root.
  return image.uid === undefined ? `container has runAsNonRoot and image will run as root ${where}` : undefined;
}

function supplementalGroups({ supplementalGroups: groups = [], fsGroup }: DeepReadonly<PodSecurityContext>): number[] {
  return [...new Set([...groups, ...(fsGroup === undefined ? [] : [fsGroup])])];
}

function profile({ type, localhostProfile }: DeepReadonly<SeccompProfile>, seccompRoot: string): SecurityProfile {
  if (type === 'Localhost')
    return { profileType: 'Localhost', localhostRef: `${seccompRoot}/${localhostProfile ?? ''}` };
  return { profileType: type === 'RuntimeDefault' ? 'RuntimeDefault' : 'Unconfined' };
}

function selinux(options: DeepReadonly<SELinuxOptions> | undefined): { selinuxOptions?: SELinuxOption } {
  return options === undefined ? {} : { selinuxOptions: options };
}
