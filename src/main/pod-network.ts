/** The pod network of a cluster's node, as starting and removing it need it. */
import type { PodNetworkOptions } from '../network/mod.ts';
import { containerdLayout } from '../host/containerd/mod.ts';
import { ipamDirectory, runDirectory } from './runtime.ts';
import type { ClusterPaths, ClusterSettings } from './settings.ts';

export function podNetworkOptions(settings: ClusterSettings, paths: ClusterPaths, nodeCidr: string): PodNetworkOptions {
  const { cniConfDir } = containerdLayout({ dataDir: paths.containerd, runDir: runDirectory(settings) });
  const { podCidr, serviceCidr } = settings;
  return {
    clusterName: settings.name,
    nodeCidr,
    podCidr,
    serviceCidr,
    cniConfigDir: cniConfDir,
    ipamDir: ipamDirectory(paths),
  };
}
