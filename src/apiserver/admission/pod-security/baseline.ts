/** Level baseline: what nobody needs who is not about to take over the node. By upstream's names of the checks, in order. */
import type { SELinuxOptions } from '../../../api/mod.ts';
import type { DeepReadonly } from '../../../base/mod.ts';
import { goQuote } from '../../../machinery/mod.ts';
import {
  containersOf,
  hasOwnUsers,
  named,
  namesOf,
  plural,
  quoted,
  setters,
  sorted,
  uses,
  type AnyContainer,
  type Check,
  type Judged,
  type Violation,
} from './check.ts';

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
const usualCapabilities = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];
const safeProfiles: readonly string[] = ['RuntimeDefault', 'Localhost'];
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];
const sysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const sysctls27 = [...sysctls, 'net.ipv4.ip_local_reserved_ports'];
const sysctls29 = [
  ...sysctls27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const sysctls32 = [...sysctls29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

/** A profile that is named and is not one of those that are safe. */
function isUnsafe(profile: { readonly type: string } | undefined): boolean {
  return profile !== undefined && !safeProfiles.includes(profile.type);
}

function appArmorProfile({ annotations, spec }: Judged): Violation | undefined {
  const pod = spec.securityContext?.appArmorProfile;
  const bad = containersOf(spec).filter(({ securityContext }) => isUnsafe(securityContext?.appArmorProfile));
  const types = bad.map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? '');
  if (pod !== undefined && isUnsafe(pod)) types.push(pod.type);
  const notes = Object.entries(annotations)
    .filter(
      ([name, value]) =>
        name.startsWith(appArmorPrefix) &&
        !(value === '' || value === 'runtime/default' || value.startsWith('localhost/')),
    )
    .map(([name, value]) => `${name}=${goQuote(value)}`)
    .sort();
  const values = [...sorted(types), ...notes];
  if (values.length === 0) return undefined;
  const who = [setters(isUnsafe(pod), bad), ...(notes.length > 0 ? [plural('annotation', notes)] : [])];
  return {
    reason: plural('forbidden AppArmor profile', values),
    detail: `${who.filter((text) => text !== '').join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
}

/** Containers that add capabilities besides these, and what they add. */
export function addedBeyond(
  { spec }: Judged,
  allowed: readonly string[],
): { readonly containers: AnyContainer[]; readonly added: string[] } {
  const beyond = ({ securityContext }: AnyContainer): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !allowed.includes(name));
  const containers = containersOf(spec).filter((container) => beyond(container).length > 0);
  return { containers, added: sorted(containers.flatMap(beyond)) };
}

function capabilities(judged: Judged): Violation | undefined {
  const { containers, added } = addedBeyond(judged, usualCapabilities);
  return containers.length === 0
    ? undefined
    : {
        reason: 'non-default capabilities',
        detail: `${named('container', namesOf(containers))} must not include ${quoted(added)} in securityContext.capabilities.add`,
      };
}

function hostNamespaces({ spec }: Judged): Violation | undefined {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  return used.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: used.map((name) => `${name}=true`).join(', ') };
}

function hostPathVolumes({ spec }: Judged): Violation | undefined {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: named('volume', names) };
}

function hostPorts({ spec }: Judged): Violation | undefined {
  const portsOf = ({ ports = [] }: AnyContainer): string[] =>
    ports.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)]));
  const bad = containersOf(spec).filter((container) => portsOf(container).length > 0);
  const ports = sorted(bad.flatMap(portsOf));
  return bad.length === 0
    ? undefined
    : {
        reason: 'hostPort',
        detail: `${named('container', namesOf(bad))} ${uses(bad)} ${plural('hostPort', ports)} ${ports.join(', ')}`,
      };
}

function hostProbes({ spec }: Judged): Violation | undefined {
  const hostsOf = (container: AnyContainer): string[] =>
    [
      container.livenessProbe,
      container.readinessProbe,
      container.startupProbe,
      container.lifecycle?.postStart,
      container.lifecycle?.preStop,
    ].flatMap((handler) =>
      [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? ''].filter((host) => host !== ''),
    );
  const bad = containersOf(spec).filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = sorted(namesOf(bad));
  const hosts = sorted(bad.flatMap(hostsOf));
  return {
    reason: 'probe or lifecycle host',
    detail: `${named('container', names)} ${uses(names)} ${named('probe or lifecycle host', hosts)}`,
  };
}

function privileged({ spec }: Judged): Violation | undefined {
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.privileged === true);
  return bad.length === 0
    ? undefined
    : {
        reason: 'privileged',
        detail: `${named('container', namesOf(bad))} must not set securityContext.privileged=true`,
      };
}

export function procMount({ spec }: Judged): Violation | undefined {
  const mountOf = ({ securityContext }: AnyContainer): string => securityContext?.procMount ?? 'Default';
  const bad = containersOf(spec).filter((container) => mountOf(container) !== 'Default');
  return bad.length === 0
    ? undefined
    : {
        reason: 'procMount',
        detail: `${named('container', namesOf(bad))} must not set securityContext.procMount to ${quoted(sorted(bad.map(mountOf)))}`,
      };
}

function seLinuxOptions({ spec }: Judged, allowed: readonly string[]): Violation | undefined {
  const isBad = (options: DeepReadonly<SELinuxOptions> | undefined): boolean =>
    options !== undefined &&
    (!allowed.includes(options.type ?? '') || (options.user ?? '') !== '' || (options.role ?? '') !== '');
  const pod = spec.securityContext?.seLinuxOptions;
  const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions));
  const all = [pod, ...bad.map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad);
  if (all.length === 0) return undefined;
  const types = sorted(all.map((options) => options?.type ?? '')).filter((type) => !allowed.includes(type));
  const problems = [
    ...(types.length > 0 ? [named('type', types)] : []),
    ...(all.some((options) => (options?.user ?? '') !== '') ? ['user may not be set'] : []),
    ...(all.some((options) => (options?.role ?? '') !== '') ? ['role may not be set'] : []),
  ];
  return {
    reason: 'seLinuxOptions',
    detail: `${setters(isBad(pod), bad)} set forbidden securityContext.seLinuxOptions: ${problems.join('; ')}`,
  };
}

function seccompAnnotations({ annotations, spec }: Judged): Violation | undefined {
  const names = [seccompPod, ...namesOf(containersOf(spec)).map((name) => seccompPrefix + name)];
  const bad = sorted(names)
    .map((name) => [name, annotations[name] ?? 'runtime/default'] as const)
    .filter(([, value]) => value !== 'runtime/default' && value !== 'docker/default' && !value.startsWith('localhost/'))
    .map(([name, value]) => `${name}=${goQuote(value)}`);
  return bad.length === 0
    ? undefined
    : { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', bad)} ${bad.join(', ')}` };
}

export function seccompProfile({ spec }: Judged): Violation | undefined {
  const pod = spec.securityContext?.seccompProfile;
  const bad = containersOf(spec).filter(({ securityContext }) => isUnsafe(securityContext?.seccompProfile));
  if (bad.length === 0 && !isUnsafe(pod)) return undefined;
  const types = bad.map(({ securityContext }) => securityContext?.seccompProfile?.type ?? '');
  if (pod !== undefined && isUnsafe(pod)) types.push(pod.type);
  return {
    reason: 'seccompProfile',
    detail: `${setters(isUnsafe(pod), bad)} must not set securityContext.seccompProfile.type to ${quoted(sorted(types))}`,
  };
}

function unsafeSysctls({ spec }: Judged, allowed: readonly string[]): Violation | undefined {
  const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.includes(name));
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
}

function hostProcess({ spec }: Judged): Violation | undefined {
  const pod = spec.securityContext?.windowsOptions?.hostProcess === true;
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
  return !pod && bad.length === 0
    ? undefined
    : {
        reason: 'hostProcess',
        detail: `${setters(pod, bad)} must not set securityContext.windowsOptions.hostProcess=true`,
      };
}

export const baselineChecks: readonly Check[] = [
  { id: 'appArmorProfile', since: [[0, appArmorProfile]] },
  { id: 'capabilities_baseline', since: [[0, capabilities]] },
  { id: 'hostNamespaces', since: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', since: [[0, hostPathVolumes]] },
  { id: 'hostPorts', since: [[0, hostPorts]] },
  { id: 'hostProbesAndHostLifecycle', since: [[34, hostProbes]] },
  { id: 'privileged', since: [[0, privileged]] },
  {
    id: 'procMount',
    since: [
      [0, procMount],
      [35, (judged) => (hasOwnUsers(judged.spec) ? undefined : procMount(judged))],
    ],
  },
  {
    id: 'seLinuxOptions',
    since: [
      [0, (judged) => seLinuxOptions(judged, seLinuxTypes)],
      [31, (judged) => seLinuxOptions(judged, [...seLinuxTypes, 'container_engine_t'])],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    since: [
      [0, seccompAnnotations],
      [19, seccompProfile],
    ],
  },
  {
    id: 'sysctls',
    since: [
      [0, (judged) => unsafeSysctls(judged, sysctls)],
      [27, (judged) => unsafeSysctls(judged, sysctls27)],
      [29, (judged) => unsafeSysctls(judged, sysctls29)],
      [32, (judged) => unsafeSysctls(judged, sysctls32)],
    ],
  },
  { id: 'windowsHostProcess', since: [[0, hostProcess]] },
];
