/** The kubelet's settings: names, addresses, directories, and the times that upstream's defaults give. */
import type { Taint } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import type { ClusterDns } from './dns.ts';

export interface EvictionThresholds {
  readonly memoryBytes: number;
  readonly diskFraction: number;
  readonly inodesFraction: number;
  readonly pidsFraction: number;
}

export interface KubeletConfig {
  readonly nodeName: string;
  /** The node's addresses, the primary one first. Empty: what the host finds. */
  readonly nodeIPs: readonly string[];
  readonly kubeletVersion: string;
  /** Labels beside those that every node gets. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly taints: readonly DeepReadonly<Taint>[];
  readonly providerID?: string;
  readonly clusterDns: ClusterDns;
  /** Where volumes, hosts files and termination messages are: `<root>/pods/<uid>/...`. */
  readonly rootDirectory: string;
  readonly podLogsDirectory: string;
  /** The port of the kubelet's own HTTPS server, which the node reports. */
  readonly port: number;
  readonly podsMax: number;
  /** Kept back from pods: what `allocatable` is less than `capacity`. */
  readonly reserved: Readonly<Record<string, string>>;
  /** How often everything is listed again though events came: a safety net. */
  readonly relistMs: number;
  /** How often the node says that it is alive, and how long that holds. */
  readonly leaseRenewMs: number;
  readonly leaseSeconds: number;
  readonly statusUpdateMs: number;
  /** How often an unchanged status is written all the same. */
  readonly statusReportMs: number;
  readonly imagePullsMax: number;
  /** Sandboxes and containers being made at one time: more only makes each of them slower. */
  readonly startsMax: number;
  /** What has to stay free; below it the node is under pressure. 0 never is, for a machine that is not only a node. */
  readonly evictionHard: EvictionThresholds;
  /** Images that garbage collection leaves alone: those of sandboxes. */
  readonly keptImages: readonly string[];
  /** Percent of the image file system in use at which unused images go, and down to which. 100 never is. */
  readonly imageGcHighPercent: number;
  readonly imageGcLowPercent: number;
  /** Log files: when a container's log is cut, and how many of its files are kept. */
  readonly logSizeMax: number;
  readonly logFilesMax: number;
}

export function kubeletConfig(given: Partial<KubeletConfig> & Pick<KubeletConfig, 'nodeName'>): KubeletConfig {
  return {
    nodeIPs: [],
    kubeletVersion: 'v1.36.0',
    nodeLabels: {},
    taints: [],
    clusterDns: { servers: [], domain: 'cluster.local' },
    rootDirectory: '/var/lib/kubelet',
    podLogsDirectory: '/var/log/pods',
    port: 10_250,
    podsMax: 110,
    reserved: {},
    relistMs: 10_000,
    leaseRenewMs: 10_000,
    leaseSeconds: 40,
    statusUpdateMs: 10_000,
    statusReportMs: 300_000,
    imagePullsMax: 4,
    startsMax: 4,
    evictionHard: { memoryBytes: 100 * 1024 * 1024, diskFraction: 0.1, inodesFraction: 0.05, pidsFraction: 0.03 },
    keptImages: ['localhost/kutter/pause:1'],
    imageGcHighPercent: 85,
    imageGcLowPercent: 80,
    logSizeMax: 10 * 1024 * 1024,
    logFilesMax: 5,
    ...given,
  };
}
