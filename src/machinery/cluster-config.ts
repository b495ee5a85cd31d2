/** The settings that a cluster has where nobody says otherwise. */
import type { ClusterConfig } from './kind.ts';

export const usualConfig: ClusterConfig = {
  serviceCidr: '10.96.0.0/16',
  nodePortRange: { first: 30000, last: 32767 },
  clusterDomain: 'cluster.local',
};
