/** Where a pod's things are on the node. Pure: the same pod always has the same places, so a restart finds them. */
import type { KubeletConfig } from './config.ts';
import { uidOf, type PodView } from './pod.ts';

type Roots = Pick<KubeletConfig, 'rootDirectory' | 'podLogsDirectory'>;

export function podsDirectory({ rootDirectory }: Roots): string {
  return `${rootDirectory}/pods`;
}

export function podDirectory(roots: Roots, uid: string): string {
  return `${podsDirectory(roots)}/${uid}`;
}

/** Below a pod's directory. A plugin's name in a path: `kubernetes.io/empty-dir` becomes `kubernetes.io~empty-dir`. */
export function volumeDirectory(podDirectory: string, plugin: string, volume: string): string {
  return `${podDirectory}/volumes/${plugin.replaceAll('/', '~')}/${volume}`;
}

/** The file system in memory for volumes that may not reach a disk; mounted once, shared by all pods. */
export function memoryDirectory({ rootDirectory }: Roots): string {
  return `${rootDirectory}/memory`;
}

export function memoryPodDirectory(roots: Roots, uid: string): string {
  return `${memoryDirectory(roots)}/${uid}`;
}

export function subpathsDirectory(roots: Roots, uid: string): string {
  return `${podDirectory(roots, uid)}/volume-subpaths`;
}

export function hostsPath(roots: Roots, uid: string): string {
  return `${podDirectory(roots, uid)}/etc-hosts`;
}

export function containerDirectory(roots: Roots, uid: string, container: string): string {
  return `${podDirectory(roots, uid)}/containers/${container}`;
}

export function seccompRoot({ rootDirectory }: Roots): string {
  return `${rootDirectory}/seccomp`;
}

export function podLogDirectory({ podLogsDirectory }: Roots, pod: PodView): string {
  return `${podLogsDirectory}/${pod.metadata.namespace}_${pod.metadata.name}_${uidOf(pod)}`;
}

/** Relative to the pod's log directory, as the runtime takes it. */
export function containerLogPath(container: string, attempt: number): string {
  return `${container}/${attempt}.log`;
}
