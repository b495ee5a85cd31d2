/**
 * What the kubelet needs of its machine beside the container runtime: files and mounts, cgroups, facts about the node,
 * dialing for probes, and container logs. The host implements it against Linux, the simulator in memory.
 *
 * Paths are absolute. Every call may reject with a `HostError`; removing what is not there is no error.
 */
export type { PodCgroupSettings } from './resources.ts';
import type { PodCgroupSettings } from './resources.ts';

export interface KubeletHost {
  readonly files: PodFiles;
  readonly cgroups: PodCgroups;
  readonly node: NodeFacts;
  readonly dialer: ProbeDialer;
  readonly logs: LogFiles;
}

export type FileType = 'directory' | 'file' | 'socket' | 'characterDevice' | 'blockDevice' | 'other';

export interface DirectoryOptions {
  readonly mode?: number;
  readonly gid?: number;
}

export interface VolumeFile {
  /** Relative to the volume, without `..`. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
  /** Owner of the file; absent is root. */
  readonly uid?: number;
}

export interface PodFiles {
  /** With its parents. The mode is that of the last one, whatever the umask. */
  makeDirectory(path: string, options?: DirectoryOptions): Promise<void>;
  writeFile(path: string, content: string, mode: number): Promise<void>;
  /** The last bytes of a file, at most `bytesMax`; undefined when there is none. */
  readTail(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** Follows symbolic links; undefined when there is nothing. */
  typeOf(path: string): Promise<FileType | undefined>;
  list(path: string): Promise<readonly string[]>;
  /** What the files below take on the disk. */
  usedBytes(path: string): Promise<number>;
  /**
   * Makes the volume hold exactly these files, all at once: whoever reads it sees the old ones or the new ones, never a
   * mixture (a directory of their own and the symbolic link `..data` to it). Answers whether anything changed.
   */
  writeVolume(directory: string, files: readonly VolumeFile[], gid?: number): Promise<boolean>;
  /** Gives everything below to a group, as fsGroup wants it: group-writable, new files inherit the group. */
  shareWithGroup(path: string, gid: number, onlyIfRootDiffers: boolean): Promise<void>;
  mountTmpfs(path: string, options: { readonly sizeBytes?: number; readonly mode: number }): Promise<void>;
  /**
   * A path inside a volume that may hold hostile symbolic links, as something that can be mounted: made when it is not
   * there, never outside of the volume. Answers the path to mount.
   */
  bindSubpath(volume: string, subpath: string, target: string): Promise<string>;
  /** Removes a directory tree with all mounts below it, which are never followed. */
  removeTree(path: string): Promise<void>;
}

export interface PodCgroups {
  /** Makes the pod's cgroup with these settings; answers its name for the runtime, or undefined where there are none. */
  ensure(podUid: string, settings: PodCgroupSettings): Promise<string | undefined>;
  remove(podUid: string): Promise<void>;
}

export interface MachineFacts {
  readonly hostname: string;
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** `linux`, and Go's name of the architecture: `amd64`. */
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  /** The addresses of the machine, the one of the default route first. */
  readonly addresses: readonly string[];
  readonly pidsMax: number;
  /** The lowest oom_score_adj that processes may be given here. */
  readonly oomScoreAdjMin: number;
}

export interface NodeUsage {
  readonly memoryAvailableBytes: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryRssBytes: number;
  readonly cpuUsageNanos: number;
  readonly filesystem: {
    readonly capacityBytes: number;
    readonly availableBytes: number;
    readonly inodes: number;
    readonly inodesFree: number;
  };
  readonly pids: number;
}

export interface NodeFacts {
  machine(): Promise<MachineFacts>;
  usage(): Promise<NodeUsage>;
  /** The node's /etc/resolv.conf and /etc/hosts as text. */
  resolvConf(): Promise<string>;
  hostsFile(): Promise<string>;
}

export interface HttpProbeRequest {
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timeoutMs: number;
}

export interface ProbeDialer {
  /** The status, and the first bytes of the body. Follows redirects on the same host. Rejects in Go's words. */
  http(request: HttpProbeRequest): Promise<{ readonly status: number; readonly body: string }>;
  tcp(host: string, port: number, timeoutMs: number): Promise<void>;
  /** gRPC's health check; answers the serving status. Rejects in upstream's words. */
  grpc(host: string, port: number, service: string, timeoutMs: number): Promise<string>;
}

export interface LogFile {
  readonly sizeBytes: number;
  /** Tells a file from the one that took its place. */
  readonly identity: string;
}

export interface LogFiles {
  stat(path: string): Promise<LogFile | undefined>;
  read(path: string, offset: number, length: number): Promise<Uint8Array>;
  /** Names in the directory of a log. */
  list(directory: string): Promise<readonly string[]>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Calls back when the file, or one beside it, may have changed. */
  watch(path: string, onChange: () => void): Disposable;
}
