/** The machine as the kubelet sees it, on Linux. */
import type { KubeletHost } from '../../kubelet/ports.ts';
import { LinuxCgroups } from './cgroups.ts';
import { linuxDialer } from './dialer.ts';
import { linuxFiles } from './files.ts';
import { linuxLogs } from './logs.ts';
import { linuxNodeFacts } from './node-facts.ts';

export interface LinuxHostOptions {
  /** The kubelet's root directory, on the file system that is the node's storage. */
  readonly rootDirectory: string;
  /** Where pods' cgroups are, absolute within the hierarchies. */
  readonly cgroupParent: string;
}

export async function linuxKubeletHost({ rootDirectory, cgroupParent }: LinuxHostOptions): Promise<KubeletHost> {
  return {
    files: linuxFiles,
    cgroups: await LinuxCgroups.open(cgroupParent),
    node: linuxNodeFacts({ directory: rootDirectory }),
    dialer: linuxDialer,
    logs: linuxLogs,
  };
}
