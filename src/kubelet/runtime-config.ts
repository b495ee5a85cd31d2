/** What the runtime is asked to make: a pod's sandbox and its containers. Pure. */
import type { Container } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import type { KubeletConfig } from './config.ts';
import { podHostname } from './dns.ts';
import { expand } from './expansion.ts';
import { containerAnnotations, containerLabels, sandboxLabels } from './labels.ts';
import { containerLogPath, podLogDirectory, seccompRoot } from './paths.ts';
import { containersOf, uidOf, type PodContainer, type PodView } from './pod.ts';
import type { ReadyImage } from './pod-facts.ts';
import type { ContainerConfig, DNSConfig, KeyValue, Mount, PodSandboxConfig, PortMapping } from './ports.ts';
import { containerResources, type NodeResources } from './resources.ts';
import { containerSecurity, sandboxSecurity } from './security.ts';

export interface SandboxInput {
  readonly pod: PodView;
  readonly attempt: number;
  readonly dns: DNSConfig;
  readonly cgroupParent: string | undefined;
  readonly config: KubeletConfig;
}

export function sandboxConfig({ pod, attempt, dns, cgroupParent, config }: SandboxInput): PodSandboxConfig {
  const { name = '', namespace = '' } = pod.metadata;
  const hostNetwork = pod.spec?.hostNetwork === true;
  const { hostname } = podHostname(pod, config.clusterDns.domain);
  const ports = hostNetwork ? [] : portMappings(pod);
  const sysctls = pod.spec?.securityContext?.sysctls ?? [];
  return {
    metadata: { name, namespace, uid: uidOf(pod), attempt },
    ...(hostNetwork ? {} : { hostname }),
    logDirectory: podLogDirectory(config, pod),
    dnsConfig: dns,
    ...(ports.length === 0 ? {} : { portMappings: ports }),
    labels: sandboxLabels(pod, config.nodeName),
    annotations: { ...pod.metadata.annotations, 'kubernetes.io/config.source': 'api' },
    linux: {
      ...(cgroupParent === undefined ? {} : { cgroupParent }),
      securityContext: sandboxSecurity(pod, seccompRoot(config)),
      ...(sysctls.length === 0
        ? {}
        : { sysctls: Object.fromEntries(sysctls.map((sysctl) => [sysctl.name, sysctl.value])) }),
    },
  };
}

function portMappings(pod: PodView): PortMapping[] {
  return containersOf(pod).flatMap(({ container }) =>
    (container.ports ?? []).map(({ protocol, containerPort, hostPort = 0, hostIP }) => ({
      protocol: (protocol ?? 'TCP') as PortMapping['protocol'],
      containerPort,
      hostPort,
      ...(hostIP === undefined ? {} : { hostIp: hostIP }),
    })),
  );
}

export interface ContainerInput {
  readonly pod: PodView;
  readonly target: PodContainer;
  readonly attempt: number;
  readonly image: ReadyImage;
  readonly env: readonly KeyValue[];
  readonly mounts: readonly Mount[];
  readonly node: NodeResources;
  readonly config: KubeletConfig;
  /** The container whose processes an ephemeral one sees. */
  readonly targetId?: string;
}

export function containerConfig(input: ContainerInput): ContainerConfig {
  const { pod, target, attempt, image, env, mounts, node, config, targetId } = input;
  const { container } = target;
  const values = new Map(env.map(({ key, value }) => [key, value]));
  const expanded = (texts: readonly string[]): string[] =>
    texts.map((text) => expand(text, (name) => values.get(name)));
  const security = containerSecurity({
    pod,
    container,
    image: image.user,
    seccompRoot: seccompRoot(config),
    ...(targetId === undefined ? {} : { targetId }),
  });
  return {
    metadata: { name: container.name, attempt },
    image: { image: image.ref, ...(container.image === undefined ? {} : { userSpecifiedImage: container.image }) },
    command: expanded(container.command ?? []),
    args: expanded(container.args ?? []),
    ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
    envs: env,
    mounts,
    labels: containerLabels(pod, container, config.nodeName),
    annotations: containerAnnotations(pod, container, attempt),
    logPath: containerLogPath(container.name, attempt),
    ...streams(container),
    linux: { resources: containerResources(pod, target, node), securityContext: security },
    ...(container.lifecycle?.stopSignal === undefined ? {} : { stopSignal: container.lifecycle.stopSignal }),
  };
}

function streams({
  stdin,
  stdinOnce,
  tty,
}: DeepReadonly<Container>): Pick<ContainerConfig, 'stdin' | 'stdinOnce' | 'tty'> {
  return { stdin: stdin === true, stdinOnce: stdinOnce === true, tty: tty === true };
}
