/** The container runtime of a cluster's node: our own containerd, or the one that the user named. */
import { join } from 'node:path';
import type { Log } from '../base/mod.ts';
import {
  containerdLayout,
  findContainerd,
  type ContainerdOptions,
  type RegistryMirror,
  type RemovalOptions,
} from '../host/containerd/mod.ts';
import { pauseImageName } from '../host/images/mod.ts';
import { bridgeName } from '../network/mod.ts';
import type { ClusterPaths, ClusterSettings } from './settings.ts';

export function containerdOptions(settings: ClusterSettings, paths: ClusterPaths, log: Log): ContainerdOptions {
  const { registryMirror } = settings;
  const mirrors: RegistryMirror[] =
    registryMirror === undefined
      ? []
      : ['_default', 'docker.io'].map((registry) => ({ registry, endpoints: [registryMirror] }));
  return {
    dataDir: paths.containerd,
    runDir: runDirectory(settings),
    sandboxImage: pauseImageName,
    registryMirrors: mirrors,
    log,
  };
}

export function runDirectory({ name }: ClusterSettings): string {
  return join('/run/kutter', name);
}

export function runtimeEndpoint(settings: ClusterSettings, paths: ClusterPaths): string {
  return (
    settings.runtimeEndpoint ?? containerdLayout({ dataDir: paths.containerd, runDir: runDirectory(settings) }).endpoint
  );
}

/** The process id of our containerd, if it runs. */
export function containerdProcess(settings: ClusterSettings, paths: ClusterPaths): Promise<number | undefined> {
  return findContainerd(containerdLayout({ dataDir: paths.containerd, runDir: runDirectory(settings) }));
}

/** All cgroups of the cluster's pods are below this one. */
export function cgroupParent({ name }: ClusterSettings): string {
  return `/kutter-${name}`;
}

export function ipamDirectory({ dataDir }: ClusterPaths): string {
  return join(dataDir, 'ipam');
}

export function removalOptions(
  settings: ClusterSettings,
  paths: ClusterPaths,
  log: Log,
  removeData: boolean,
): RemovalOptions {
  return {
    ...containerdOptions(settings, paths, log),
    cgroupParent: cgroupParent(settings),
    cniNetwork: `kutter-${settings.name}`,
    bridges: [bridgeName(settings.name)],
    ipamDir: ipamDirectory(paths),
    removeData,
  };
}
