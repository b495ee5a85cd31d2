/**
 * What the kubelet needs of the world: the container runtime. The host implements it over the CRI v1 (containerd is the
 * reference), the simulator in memory; one contract suite (`test/real/runtime.contract.ts`) holds for both.
 *
 * The records carry the CRI's own names in camelCase and its meanings, so that what a runtime's documentation says of a
 * field holds here too. Times are milliseconds since the epoch (0: never), sizes bytes. A record that is returned is
 * complete: what the runtime left out has its zero value; only what can be unknown is optional.
 *
 * Every call may reject with a `HostError` whose code is a `RuntimeErrorCode`, and whose message is the text that
 * upstream's kubelet would show (`rpc error: code = NotFound desc = ...`). Stop and remove calls are idempotent: what is
 * already stopped or gone is no error. Every call ends: after its time limit with DeadlineExceeded.
 */
import type { PortForwardConnection, RemoteCommandConnection } from '../base/mod.ts';

/** The gRPC codes by name, as the CRI uses them. `Unavailable`: the runtime does not answer, try again. */
export type RuntimeErrorCode =
  | 'Canceled'
  | 'Unknown'
  | 'InvalidArgument'
  | 'DeadlineExceeded'
  | 'NotFound'
  | 'AlreadyExists'
  | 'PermissionDenied'
  | 'ResourceExhausted'
  | 'FailedPrecondition'
  | 'Aborted'
  | 'OutOfRange'
  | 'Unimplemented'
  | 'Internal'
  | 'Unavailable'
  | 'DataLoss'
  | 'Unauthenticated';

/** `timeoutMs` replaces the call's own limit (2 minutes; 4 for a sandbox; none for a pull, which `signal` ends). */
export interface RuntimeCallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ContainerRuntime {
  version(options?: RuntimeCallOptions): Promise<RuntimeVersion>;
  status(options?: RuntimeCallOptions): Promise<RuntimeStatus>;
  /** Tells the runtime the node's pod CIDR, from which it may write its own network configuration. */
  updatePodCIDR(podCIDR: string, options?: RuntimeCallOptions): Promise<void>;

  /** Creates and starts a sandbox with its network; it is ready on return. Answers its id. */
  runPodSandbox(request: RunPodSandboxRequest, options?: RuntimeCallOptions): Promise<string>;
  /** Kills what still runs in the sandbox and gives its network resources back. */
  stopPodSandbox(podSandboxId: string, options?: RuntimeCallOptions): Promise<void>;
  removePodSandbox(podSandboxId: string, options?: RuntimeCallOptions): Promise<void>;
  podSandboxStatus(podSandboxId: string, options?: RuntimeCallOptions): Promise<PodSandboxStatus>;
  listPodSandboxes(filter?: PodSandboxFilter, options?: RuntimeCallOptions): Promise<readonly PodSandbox[]>;

  /** Answers the container's id. The image has to be there. */
  createContainer(request: CreateContainerRequest, options?: RuntimeCallOptions): Promise<string>;
  startContainer(containerId: string, options?: RuntimeCallOptions): Promise<void>;
  /** Sends the stop signal, and SIGKILL after `graceSeconds`; resolves when the container has ended. */
  stopContainer(containerId: string, graceSeconds: number, options?: RuntimeCallOptions): Promise<void>;
  removeContainer(containerId: string, options?: RuntimeCallOptions): Promise<void>;
  containerStatus(containerId: string, options?: RuntimeCallOptions): Promise<ContainerStatus>;
  listContainers(filter?: ContainerFilter, options?: RuntimeCallOptions): Promise<readonly Container[]>;
  updateContainerResources(
    containerId: string,
    resources: LinuxContainerResources,
    options?: RuntimeCallOptions,
  ): Promise<void>;
  /** After a log file was renamed: the runtime goes on in a new file at the old path. */
  reopenContainerLog(containerId: string, options?: RuntimeCallOptions): Promise<void>;

  /** Runs a command to its end. Past `timeoutSeconds` (0: no limit) it is killed: DeadlineExceeded. */
  execSync(
    containerId: string,
    command: readonly string[],
    timeoutSeconds: number,
    options?: RuntimeCallOptions,
  ): Promise<ExecResult>;
  exec(request: ExecRequest, options?: RuntimeCallOptions): Promise<RemoteCommandEndpoint>;
  attach(request: AttachRequest, options?: RuntimeCallOptions): Promise<RemoteCommandEndpoint>;
  portForward(
    podSandboxId: string,
    ports: readonly number[],
    options?: RuntimeCallOptions,
  ): Promise<PortForwardEndpoint>;

  /** Pulls the image and answers the reference that `createContainer` and `imageRef` of a status use. */
  pullImage(request: PullImageRequest, options?: RuntimeCallOptions): Promise<string>;
  listImages(options?: RuntimeCallOptions): Promise<readonly Image[]>;
  /** Undefined when the image is not there. */
  imageStatus(image: string, options?: RuntimeCallOptions): Promise<Image | undefined>;
  removeImage(image: string, options?: RuntimeCallOptions): Promise<void>;
  imageFsInfo(options?: RuntimeCallOptions): Promise<readonly FilesystemUsage[]>;

  containerStats(containerId: string, options?: RuntimeCallOptions): Promise<ContainerStats>;
  listContainerStats(filter?: ContainerStatsFilter, options?: RuntimeCallOptions): Promise<readonly ContainerStats[]>;

  /**
   * Reports what happens to sandboxes and containers, from any cause, until disposed. An event is a hint to look: it may
   * come late or twice. After the stream was interrupted, and once it is first established, comes `Resync`: events may
   * have been missed, so list. A runtime without events never calls; the kubelet's relist covers for it.
   */
  events(onEvent: (event: RuntimeEvent) => void): Disposable;
}

export interface RuntimeVersion {
  /** `containerd`, `cri-o`, ... */
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}

export interface RuntimeStatus {
  /** `RuntimeReady` and `NetworkReady` at least. */
  readonly conditions: readonly RuntimeCondition[];
  /** Empty when the runtime does not say. The handler with the empty name is the default one. */
  readonly runtimeHandlers: readonly RuntimeHandler[];
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface RuntimeHandler {
  readonly name: string;
  readonly features?: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean };
}

// Sandboxes

export type StringMap = Readonly<Record<string, string>>;

export interface PodSandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  /** 0 for the pod's first sandbox, one more for each that replaces a dead one. */
  readonly attempt: number;
}

export interface RunPodSandboxRequest {
  readonly config: PodSandboxConfig;
  /** From the RuntimeClass; absent is the default handler. */
  readonly runtimeHandler?: string;
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  /** Empty for a pod on the host's network. */
  readonly hostname?: string;
  /** Where `logPath` of its containers starts from. */
  readonly logDirectory?: string;
  /** Absent: the host's resolv.conf. */
  readonly dnsConfig?: DNSConfig;
  readonly portMappings?: readonly PortMapping[];
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly linux?: LinuxPodSandboxConfig;
}

export interface DNSConfig {
  readonly servers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly string[];
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  /** 0: not on the host. */
  readonly hostPort: number;
  readonly hostIp?: string;
}

export interface LinuxPodSandboxConfig {
  /** The pod's cgroup, made by the kubelet. */
  readonly cgroupParent?: string;
  readonly securityContext?: LinuxSandboxSecurityContext;
  readonly sysctls?: StringMap;
  readonly overhead?: LinuxContainerResources;
  readonly resources?: LinuxContainerResources;
}

export interface LinuxSandboxSecurityContext {
  readonly namespaceOptions?: NamespaceOption;
  readonly selinuxOptions?: SELinuxOption;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly readonlyRootfs?: boolean;
  readonly supplementalGroups?: readonly number[];
  readonly privileged?: boolean;
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET';

export interface NamespaceOption {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  /** The container whose namespace is joined, when `pid` is TARGET. */
  readonly targetId?: string;
  readonly usernsOptions?: UserNamespace;
}

export interface UserNamespace {
  readonly mode: NamespaceMode;
  readonly uids?: readonly IDMapping[];
  readonly gids?: readonly IDMapping[];
}

export interface IDMapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

export interface SELinuxOption {
  readonly user?: string;
  readonly role?: string;
  readonly type?: string;
  readonly level?: string;
}

export interface SecurityProfile {
  readonly profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  /** The profile's file, for Localhost. */
  readonly localhostRef?: string;
}

export type PodSandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY';

export interface PodSandbox {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: PodSandboxState;
  readonly createdAtMs: number;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly runtimeHandler: string;
}

export interface PodSandboxStatus extends PodSandbox {
  /** The pod's addresses, the primary one first. Empty on the host's network and when there is no network. */
  readonly ips: readonly string[];
  /** How its namespaces were made; undefined when the runtime does not say. */
  readonly namespaces?: NamespaceOption;
}

/** All parts given must match. */
export interface PodSandboxFilter {
  readonly id?: string;
  readonly state?: PodSandboxState;
  readonly labelSelector?: StringMap;
}

// Containers

export interface CreateContainerRequest {
  readonly podSandboxId: string;
  readonly config: ContainerConfig;
  /** The same as the sandbox was run with. */
  readonly sandboxConfig: PodSandboxConfig;
}

export interface ContainerMetadata {
  readonly name: string;
  /** 0 for the first container of that name in the pod, one more with every restart. */
  readonly attempt: number;
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  /** What `pullImage` or `imageStatus` answered. */
  readonly image: ImageSpec;
  /** Replaces the image's entrypoint; empty keeps it. */
  readonly command?: readonly string[];
  /** Replaces the image's arguments; empty keeps them, unless `command` is given. */
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly envs?: readonly KeyValue[];
  readonly mounts?: readonly Mount[];
  readonly devices?: readonly Device[];
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  /** Relative to the sandbox's `logDirectory`. Absent: nothing is logged. */
  readonly logPath?: string;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly linux?: LinuxContainerConfig;
  /** A signal's name, as `SIGUSR1`; absent: the image's, else SIGTERM. */
  readonly stopSignal?: string;
}

export interface ImageSpec {
  readonly image: string;
  readonly annotations?: StringMap;
  /** What the pod's manifest says, before the image was resolved. */
  readonly userSpecifiedImage?: string;
  readonly runtimeHandler?: string;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
  readonly selinuxRelabel?: boolean;
  readonly propagation?: 'PROPAGATION_PRIVATE' | 'PROPAGATION_HOST_TO_CONTAINER' | 'PROPAGATION_BIDIRECTIONAL';
  readonly uidMappings?: readonly IDMapping[];
  readonly gidMappings?: readonly IDMapping[];
  readonly recursiveReadOnly?: boolean;
  /** An image volume, instead of `hostPath`. */
  readonly image?: ImageSpec;
  readonly imageSubPath?: string;
}

export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  /** Any of r, w and m. */
  readonly permissions: string;
}

export interface LinuxContainerConfig {
  readonly resources?: LinuxContainerResources;
  readonly securityContext?: LinuxContainerSecurityContext;
}

/** 0 or absent leaves a limit unset. */
export interface LinuxContainerResources {
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly hugepageLimits?: readonly HugepageLimit[];
  /** cgroup v2 files and what to write into them. */
  readonly unified?: StringMap;
  readonly memorySwapLimitInBytes?: number;
}

export interface HugepageLimit {
  readonly pageSize: string;
  readonly limit: number;
}

export interface LinuxContainerSecurityContext {
  readonly capabilities?: Capability;
  readonly privileged?: boolean;
  readonly namespaceOptions?: NamespaceOption;
  readonly selinuxOptions?: SELinuxOption;
  readonly runAsUser?: number;
  /** Only together with `runAsUser` or `runAsUsername`. */
  readonly runAsGroup?: number;
  /** Absent with `runAsUser`: the image's user. */
  readonly runAsUsername?: string;
  readonly readonlyRootfs?: boolean;
  readonly supplementalGroups?: readonly number[];
  readonly noNewPrivs?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

export interface Capability {
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  readonly addAmbientCapabilities?: readonly string[];
}

export type ContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';

export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: ContainerMetadata;
  readonly image: ImageSpec;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly labels: StringMap;
  readonly annotations: StringMap;
}

export interface ContainerStatus {
  readonly id: string;
  readonly metadata: ContainerMetadata;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  /** The name of the image as the manifest gave it, in its full form. */
  readonly image: ImageSpec;
  /** What `pullImage` answered: `name@sha256:...`, or the image's id. */
  readonly imageRef: string;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, ... */
  readonly reason: string;
  readonly message: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly mounts: readonly Mount[];
  /** Absolute. */
  readonly logPath: string;
  /** Undefined when the runtime does not say. */
  readonly resources?: LinuxContainerResources;
}

/** All parts given must match. */
export interface ContainerFilter {
  readonly id?: string;
  readonly state?: ContainerState;
  readonly podSandboxId?: string;
  readonly labelSelector?: StringMap;
}

// Commands and streams

export interface ExecResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

/** One of stdin, stdout and stderr at least; no stderr with a tty, where both come as stdout. */
export interface ExecRequest {
  readonly containerId: string;
  readonly cmd: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export type AttachRequest = Omit<ExecRequest, 'cmd'>;

/**
 * Where a command's streams are: a URL of the runtime's streaming server (SPDY/3.1 or WebSocket with the remotecommand
 * protocol), or, in this process, a function that begins the session. Either is good for one session, soon.
 */
export type RemoteCommandEndpoint =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'local'; connect(): Promise<RemoteCommandConnection> };

export type PortForwardEndpoint =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'local'; connect(): Promise<PortForwardConnection> };

// Images

export interface PullImageRequest {
  readonly image: ImageSpec;
  readonly auth?: AuthConfig;
  readonly sandboxConfig?: PodSandboxConfig;
}

export interface AuthConfig {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  /** The numeric user of the image; undefined when it names one, or none. */
  readonly uid?: number;
  readonly username: string;
  /** Not to be removed by the kubelet's garbage collection. */
  readonly pinned: boolean;
}

// Resource use

export interface FilesystemUsage {
  readonly timestampMs: number;
  readonly mountpoint: string;
  readonly usedBytes?: number;
  readonly inodesUsed?: number;
}

export interface ContainerStats {
  readonly id: string;
  readonly metadata: ContainerMetadata;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  readonly writableLayer?: FilesystemUsage;
}

export interface CpuUsage {
  readonly timestampMs: number;
  readonly usageCoreNanoSeconds?: number;
  readonly usageNanoCores?: number;
}

export interface MemoryUsage {
  readonly timestampMs: number;
  readonly workingSetBytes?: number;
  readonly availableBytes?: number;
  readonly usageBytes?: number;
  readonly rssBytes?: number;
  readonly pageFaults?: number;
  readonly majorPageFaults?: number;
}

export interface ContainerStatsFilter {
  readonly id?: string;
  readonly podSandboxId?: string;
  readonly labelSelector?: StringMap;
}

// Events

/** `id` is a container's or a sandbox's: for some runtimes a sandbox is known by its own container. */
export type RuntimeEvent =
  | { readonly type: 'Created' | 'Started' | 'Deleted' | 'OutOfMemory'; readonly id: string; readonly atMs: number }
  | { readonly type: 'Stopped'; readonly id: string; readonly atMs: number; readonly exitCode?: number }
  | { readonly type: 'Resync' };

export type * from './host-ports.ts';
