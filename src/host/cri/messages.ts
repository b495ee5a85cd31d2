/**
 * The messages of the CRI v1 as tables: field numbers are the protocol's, records are the port's wherever the two agree,
 * and have the suffix `Wire` where they do not. Fields that the kubelet has no use for are left out and skipped.
 * https://github.com/kubernetes/cri-api/blob/master/pkg/apis/runtime/v1/api.proto
 */
import { enumOf, mapOf, proto3, repeated, wrapper } from '../../base/mod.ts';
import type * as port from '../../kubelet/ports.ts';

export type Empty = Readonly<Record<never, never>>;
export const Empty = proto3<Empty>('Empty', {});

// Pieces

const namespaceMode = enumOf('POD', 'CONTAINER', 'NODE', 'TARGET');
const profileType = enumOf('RuntimeDefault', 'Unconfined', 'Localhost');
const sandboxState = enumOf('SANDBOX_READY', 'SANDBOX_NOTREADY');
const containerState = enumOf('CONTAINER_CREATED', 'CONTAINER_RUNNING', 'CONTAINER_EXITED', 'CONTAINER_UNKNOWN');
const protocol = enumOf('TCP', 'UDP', 'SCTP');
const propagation = enumOf('PROPAGATION_PRIVATE', 'PROPAGATION_HOST_TO_CONTAINER', 'PROPAGATION_BIDIRECTIONAL');
const basicSignals =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP ' +
  'TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN';
const aboveMinimum = Array.from({ length: 15 }, (_, i) => `SIGRTMIN+${i + 1}`);
const belowMaximum = Array.from({ length: 14 }, (_, i) => `SIGRTMAX-${14 - i}`);
const signal = enumOf(
  'RUNTIME_DEFAULT',
  ...basicSignals.split(' ').map((name) => `SIG${name}`),
  ...aboveMinimum,
  ...belowMaximum,
  'SIGRTMAX',
);

const PodSandboxMetadata = proto3<port.PodSandboxMetadata>('PodSandboxMetadata', {
  name: [1, 'string'],
  uid: [2, 'string'],
  namespace: [3, 'string'],
  attempt: [4, 'uint32'],
});

const ContainerMetadata = proto3<port.ContainerMetadata>('ContainerMetadata', {
  name: [1, 'string'],
  attempt: [2, 'uint32'],
});

const DNSConfig = proto3<port.DNSConfig>('DNSConfig', {
  servers: [1, repeated('string')],
  searches: [2, repeated('string')],
  options: [3, repeated('string')],
});

const PortMapping = proto3<port.PortMapping>('PortMapping', {
  protocol: [1, protocol],
  containerPort: [2, 'int32'],
  hostPort: [3, 'int32'],
  hostIp: [4, 'string'],
});

const IDMapping = proto3<port.IDMapping>('IDMapping', {
  hostId: [1, 'uint32'],
  containerId: [2, 'uint32'],
  length: [3, 'uint32'],
});

const UserNamespace = proto3<port.UserNamespace>('UserNamespace', {
  mode: [1, namespaceMode],
  uids: [2, repeated(IDMapping)],
  gids: [3, repeated(IDMapping)],
});

const NamespaceOption = proto3<port.NamespaceOption>('NamespaceOption', {
  network: [1, namespaceMode],
  pid: [2, namespaceMode],
  ipc: [3, namespaceMode],
  targetId: [4, 'string'],
  usernsOptions: [5, UserNamespace],
});

const SELinuxOption = proto3<port.SELinuxOption>('SELinuxOption', {
  user: [1, 'string'],
  role: [2, 'string'],
  type: [3, 'string'],
  level: [4, 'string'],
});

const SecurityProfile = proto3<port.SecurityProfile>('SecurityProfile', {
  profileType: [1, profileType],
  localhostRef: [2, 'string'],
});

const HugepageLimit = proto3<port.HugepageLimit>('HugepageLimit', { pageSize: [1, 'string'], limit: [2, 'uint64'] });

const LinuxContainerResources = proto3<port.LinuxContainerResources>('LinuxContainerResources', {
  cpuPeriod: [1, 'int64'],
  cpuQuota: [2, 'int64'],
  cpuShares: [3, 'int64'],
  memoryLimitInBytes: [4, 'int64'],
  oomScoreAdj: [5, 'int64'],
  cpusetCpus: [6, 'string'],
  cpusetMems: [7, 'string'],
  hugepageLimits: [8, repeated(HugepageLimit)],
  unified: [9, mapOf('string')],
  memorySwapLimitInBytes: [10, 'int64'],
});

const LinuxSandboxSecurityContext = proto3<port.LinuxSandboxSecurityContext>('LinuxSandboxSecurityContext', {
  namespaceOptions: [1, NamespaceOption],
  selinuxOptions: [2, SELinuxOption],
  runAsUser: [3, wrapper('int64')],
  readonlyRootfs: [4, 'bool'],
  supplementalGroups: [5, repeated('int64')],
  privileged: [6, 'bool'],
  runAsGroup: [8, wrapper('int64')],
  seccomp: [9, SecurityProfile],
  apparmor: [10, SecurityProfile],
});

const LinuxPodSandboxConfig = proto3<port.LinuxPodSandboxConfig>('LinuxPodSandboxConfig', {
  cgroupParent: [1, 'string'],
  securityContext: [2, LinuxSandboxSecurityContext],
  sysctls: [3, mapOf('string')],
  overhead: [4, LinuxContainerResources],
  resources: [5, LinuxContainerResources],
});

const PodSandboxConfig = proto3<port.PodSandboxConfig>('PodSandboxConfig', {
  metadata: [1, PodSandboxMetadata],
  hostname: [2, 'string'],
  logDirectory: [3, 'string'],
  dnsConfig: [4, DNSConfig],
  portMappings: [5, repeated(PortMapping)],
  labels: [6, mapOf('string')],
  annotations: [7, mapOf('string')],
  linux: [8, LinuxPodSandboxConfig],
});

const ImageSpec = proto3<port.ImageSpec>('ImageSpec', {
  image: [1, 'string'],
  annotations: [2, mapOf('string')],
  userSpecifiedImage: [18, 'string'],
  runtimeHandler: [19, 'string'],
});

const KeyValue = proto3<port.KeyValue>('KeyValue', { key: [1, 'string'], value: [2, 'string'] });

const Mount = proto3<port.Mount>('Mount', {
  containerPath: [1, 'string'],
  hostPath: [2, 'string'],
  readonly: [3, 'bool'],
  selinuxRelabel: [4, 'bool'],
  propagation: [5, propagation],
  uidMappings: [6, repeated(IDMapping)],
  gidMappings: [7, repeated(IDMapping)],
  recursiveReadOnly: [8, 'bool'],
  image: [9, ImageSpec],
  imageSubPath: [10, 'string'],
});

const Device = proto3<port.Device>('Device', {
  containerPath: [1, 'string'],
  hostPath: [2, 'string'],
  permissions: [3, 'string'],
});

const Capability = proto3<port.Capability>('Capability', {
  addCapabilities: [1, repeated('string')],
  dropCapabilities: [2, repeated('string')],
  addAmbientCapabilities: [3, repeated('string')],
});

const LinuxContainerSecurityContext = proto3<port.LinuxContainerSecurityContext>('LinuxContainerSecurityContext', {
  capabilities: [1, Capability],
  privileged: [2, 'bool'],
  namespaceOptions: [3, NamespaceOption],
  selinuxOptions: [4, SELinuxOption],
  runAsUser: [5, wrapper('int64')],
  runAsUsername: [6, 'string'],
  readonlyRootfs: [7, 'bool'],
  supplementalGroups: [8, repeated('int64')],
  noNewPrivs: [11, 'bool'],
  runAsGroup: [12, wrapper('int64')],
  maskedPaths: [13, repeated('string')],
  readonlyPaths: [14, repeated('string')],
  seccomp: [15, SecurityProfile],
  apparmor: [16, SecurityProfile],
});

const LinuxContainerConfig = proto3<port.LinuxContainerConfig>('LinuxContainerConfig', {
  resources: [1, LinuxContainerResources],
  securityContext: [2, LinuxContainerSecurityContext],
});

const ContainerConfig = proto3<port.ContainerConfig>('ContainerConfig', {
  metadata: [1, ContainerMetadata],
  image: [2, ImageSpec],
  command: [3, repeated('string')],
  args: [4, repeated('string')],
  workingDir: [5, 'string'],
  envs: [6, repeated(KeyValue)],
  mounts: [7, repeated(Mount)],
  devices: [8, repeated(Device)],
  labels: [9, mapOf('string')],
  annotations: [10, mapOf('string')],
  logPath: [11, 'string'],
  stdin: [12, 'bool'],
  stdinOnce: [13, 'bool'],
  tty: [14, 'bool'],
  linux: [15, LinuxContainerConfig],
  stopSignal: [18, signal],
});

// Runtime

export const VersionRequest = proto3<{ readonly version: string }>('VersionRequest', { version: [1, 'string'] });
export const VersionResponse = proto3<port.RuntimeVersion>('VersionResponse', {
  runtimeName: [2, 'string'],
  runtimeVersion: [3, 'string'],
  runtimeApiVersion: [4, 'string'],
});

const RuntimeCondition = proto3<port.RuntimeCondition>('RuntimeCondition', {
  type: [1, 'string'],
  status: [2, 'bool'],
  reason: [3, 'string'],
  message: [4, 'string'],
});
const RuntimeConditions = proto3<{ readonly conditions: readonly port.RuntimeCondition[] }>('RuntimeStatus', {
  conditions: [1, repeated(RuntimeCondition)],
});
const RuntimeHandlerFeatures = proto3<NonNullable<port.RuntimeHandler['features']>>('RuntimeHandlerFeatures', {
  recursiveReadOnlyMounts: [1, 'bool'],
  userNamespaces: [2, 'bool'],
});
const RuntimeHandler = proto3<port.RuntimeHandler>('RuntimeHandler', {
  name: [1, 'string'],
  features: [2, RuntimeHandlerFeatures],
});
export interface StatusWire {
  readonly status?: { readonly conditions: readonly port.RuntimeCondition[] };
  readonly runtimeHandlers: readonly port.RuntimeHandler[];
}
export const StatusResponse = proto3<StatusWire>('StatusResponse', {
  status: [1, RuntimeConditions],
  runtimeHandlers: [3, repeated(RuntimeHandler)],
});

const NetworkConfig = proto3<{ readonly podCidr: string }>('NetworkConfig', { podCidr: [1, 'string'] });
const RuntimeConfig = proto3<{ readonly networkConfig: { readonly podCidr: string } }>('RuntimeConfig', {
  networkConfig: [1, NetworkConfig],
});
export interface UpdateRuntimeConfigWire {
  readonly runtimeConfig: { readonly networkConfig: { readonly podCidr: string } };
}
export const UpdateRuntimeConfigRequest = proto3<UpdateRuntimeConfigWire>('UpdateRuntimeConfigRequest', {
  runtimeConfig: [1, RuntimeConfig],
});

// Sandboxes

export const RunPodSandboxRequest = proto3<port.RunPodSandboxRequest>('RunPodSandboxRequest', {
  config: [1, PodSandboxConfig],
  runtimeHandler: [2, 'string'],
});
export const PodSandboxId = proto3<{ readonly podSandboxId: string }>('PodSandboxId', { podSandboxId: [1, 'string'] });

/** Nanoseconds since the epoch, as the protocol has them; good to about 256 of them. */
export type WithNanos<T> = Omit<T, 'createdAtMs'> & { readonly createdAt: number };
export type PodSandboxWire = WithNanos<port.PodSandbox>;
const PodSandbox = proto3<PodSandboxWire>('PodSandbox', {
  id: [1, 'string'],
  metadata: [2, PodSandboxMetadata],
  state: [3, sandboxState],
  createdAt: [4, 'int64'],
  labels: [5, mapOf('string')],
  annotations: [6, mapOf('string')],
  runtimeHandler: [7, 'string'],
});

const PodIP = proto3<{ readonly ip: string }>('PodIP', { ip: [1, 'string'] });
interface NetworkStatusWire {
  readonly ip: string;
  readonly additionalIps: readonly { readonly ip: string }[];
}
const PodSandboxNetworkStatus = proto3<NetworkStatusWire>('PodSandboxNetworkStatus', {
  ip: [1, 'string'],
  additionalIps: [2, repeated(PodIP)],
});
interface NamespaceWire {
  readonly options?: port.NamespaceOption;
}
const Namespace = proto3<NamespaceWire>('Namespace', { options: [2, NamespaceOption] });
const LinuxPodSandboxStatus = proto3<{ readonly namespaces?: NamespaceWire }>('LinuxPodSandboxStatus', {
  namespaces: [1, Namespace],
});
export interface PodSandboxStatusWire extends PodSandboxWire {
  readonly network?: NetworkStatusWire;
  readonly linux?: { readonly namespaces?: NamespaceWire };
}
const PodSandboxStatus = proto3<PodSandboxStatusWire>('PodSandboxStatus', {
  id: [1, 'string'],
  metadata: [2, PodSandboxMetadata],
  state: [3, sandboxState],
  createdAt: [4, 'int64'],
  network: [5, PodSandboxNetworkStatus],
  linux: [6, LinuxPodSandboxStatus],
  labels: [7, mapOf('string')],
  annotations: [8, mapOf('string')],
  runtimeHandler: [9, 'string'],
});
export const PodSandboxStatusResponse = proto3<{ readonly status?: PodSandboxStatusWire }>('PodSandboxStatusResponse', {
  status: [1, PodSandboxStatus],
});

const PodSandboxStateValue = proto3<{ readonly state: string }>('PodSandboxStateValue', { state: [1, sandboxState] });
export interface PodSandboxFilterWire extends Omit<port.PodSandboxFilter, 'state'> {
  readonly state?: { readonly state: string };
}
const PodSandboxFilter = proto3<PodSandboxFilterWire>('PodSandboxFilter', {
  id: [1, 'string'],
  state: [2, PodSandboxStateValue],
  labelSelector: [3, mapOf('string')],
});
export const ListPodSandboxRequest = proto3<{ readonly filter?: PodSandboxFilterWire }>('ListPodSandboxRequest', {
  filter: [1, PodSandboxFilter],
});
export const ListPodSandboxResponse = proto3<{ readonly items: readonly PodSandboxWire[] }>('ListPodSandboxResponse', {
  items: [1, repeated(PodSandbox)],
});

// Containers

export const CreateContainerRequest = proto3<port.CreateContainerRequest>('CreateContainerRequest', {
  podSandboxId: [1, 'string'],
  config: [2, ContainerConfig],
  sandboxConfig: [3, PodSandboxConfig],
});
export const ContainerId = proto3<{ readonly containerId: string }>('ContainerId', { containerId: [1, 'string'] });

export interface StopContainerWire {
  readonly containerId: string;
  readonly timeout: number;
}
export const StopContainerRequest = proto3<StopContainerWire>('StopContainerRequest', {
  containerId: [1, 'string'],
  timeout: [2, 'int64'],
});

const ContainerResources = proto3<{ readonly linux?: port.LinuxContainerResources }>('ContainerResources', {
  linux: [1, LinuxContainerResources],
});
export type ContainerStatusWire = Omit<
  port.ContainerStatus,
  'createdAtMs' | 'startedAtMs' | 'finishedAtMs' | 'resources'
> & {
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly resources?: { readonly linux?: port.LinuxContainerResources };
};
const ContainerStatus = proto3<ContainerStatusWire>('ContainerStatus', {
  id: [1, 'string'],
  metadata: [2, ContainerMetadata],
  state: [3, containerState],
  createdAt: [4, 'int64'],
  startedAt: [5, 'int64'],
  finishedAt: [6, 'int64'],
  exitCode: [7, 'int32'],
  image: [8, ImageSpec],
  imageRef: [9, 'string'],
  reason: [10, 'string'],
  message: [11, 'string'],
  labels: [12, mapOf('string')],
  annotations: [13, mapOf('string')],
  mounts: [14, repeated(Mount)],
  logPath: [15, 'string'],
  resources: [16, ContainerResources],
});
export const ContainerStatusResponse = proto3<{ readonly status?: ContainerStatusWire }>('ContainerStatusResponse', {
  status: [1, ContainerStatus],
});

export type ContainerWire = WithNanos<port.Container>;
const Container = proto3<ContainerWire>('Container', {
  id: [1, 'string'],
  podSandboxId: [2, 'string'],
  metadata: [3, ContainerMetadata],
  image: [4, ImageSpec],
  imageRef: [5, 'string'],
  state: [6, containerState],
  createdAt: [7, 'int64'],
  labels: [8, mapOf('string')],
  annotations: [9, mapOf('string')],
});
const ContainerStateValue = proto3<{ readonly state: string }>('ContainerStateValue', { state: [1, containerState] });
export interface ContainerFilterWire extends Omit<port.ContainerFilter, 'state'> {
  readonly state?: { readonly state: string };
}
const ContainerFilter = proto3<ContainerFilterWire>('ContainerFilter', {
  id: [1, 'string'],
  state: [2, ContainerStateValue],
  podSandboxId: [3, 'string'],
  labelSelector: [4, mapOf('string')],
});
export const ListContainersRequest = proto3<{ readonly filter?: ContainerFilterWire }>('ListContainersRequest', {
  filter: [1, ContainerFilter],
});
export const ListContainersResponse = proto3<{ readonly containers: readonly ContainerWire[] }>(
  'ListContainersResponse',
  { containers: [1, repeated(Container)] },
);

export interface UpdateResourcesWire {
  readonly containerId: string;
  readonly linux: port.LinuxContainerResources;
}
export const UpdateContainerResourcesRequest = proto3<UpdateResourcesWire>('UpdateContainerResourcesRequest', {
  containerId: [1, 'string'],
  linux: [2, LinuxContainerResources],
});

// Commands and streams

export interface ExecSyncWire {
  readonly containerId: string;
  readonly cmd: readonly string[];
  readonly timeout: number;
}
export const ExecSyncRequest = proto3<ExecSyncWire>('ExecSyncRequest', {
  containerId: [1, 'string'],
  cmd: [2, repeated('string')],
  timeout: [3, 'int64'],
});
export const ExecSyncResponse = proto3<port.ExecResult>('ExecSyncResponse', {
  stdout: [1, 'bytes'],
  stderr: [2, 'bytes'],
  exitCode: [3, 'int32'],
});
export const ExecRequest = proto3<port.ExecRequest>('ExecRequest', {
  containerId: [1, 'string'],
  cmd: [2, repeated('string')],
  tty: [3, 'bool'],
  stdin: [4, 'bool'],
  stdout: [5, 'bool'],
  stderr: [6, 'bool'],
});
export const AttachRequest = proto3<port.AttachRequest>('AttachRequest', {
  containerId: [1, 'string'],
  stdin: [2, 'bool'],
  tty: [3, 'bool'],
  stdout: [4, 'bool'],
  stderr: [5, 'bool'],
});
export interface PortForwardWire {
  readonly podSandboxId: string;
  readonly port: readonly number[];
}
export const PortForwardRequest = proto3<PortForwardWire>('PortForwardRequest', {
  podSandboxId: [1, 'string'],
  port: [2, repeated('int32')],
});
export const StreamingResponse = proto3<{ readonly url: string }>('StreamingResponse', { url: [1, 'string'] });

// Images

const AuthConfig = proto3<port.AuthConfig>('AuthConfig', {
  username: [1, 'string'],
  password: [2, 'string'],
  auth: [3, 'string'],
  serverAddress: [4, 'string'],
  identityToken: [5, 'string'],
  registryToken: [6, 'string'],
});
export const PullImageRequest = proto3<port.PullImageRequest>('PullImageRequest', {
  image: [1, ImageSpec],
  auth: [2, AuthConfig],
  sandboxConfig: [3, PodSandboxConfig],
});
export const PullImageResponse = proto3<{ readonly imageRef: string }>('PullImageResponse', {
  imageRef: [1, 'string'],
});
const Image = proto3<port.Image>('Image', {
  id: [1, 'string'],
  repoTags: [2, repeated('string')],
  repoDigests: [3, repeated('string')],
  size: [4, 'uint64'],
  uid: [5, wrapper('int64')],
  username: [6, 'string'],
  pinned: [8, 'bool'],
});
export const ListImagesResponse = proto3<{ readonly images: readonly port.Image[] }>('ListImagesResponse', {
  images: [1, repeated(Image)],
});
export const ImageRequest = proto3<{ readonly image: port.ImageSpec }>('ImageRequest', { image: [1, ImageSpec] });
export const ImageStatusResponse = proto3<{ readonly image?: port.Image }>('ImageStatusResponse', {
  image: [1, Image],
});

const FilesystemIdentifier = proto3<{ readonly mountpoint: string }>('FilesystemIdentifier', {
  mountpoint: [1, 'string'],
});
export interface FilesystemUsageWire {
  readonly timestamp: number;
  readonly fsId?: { readonly mountpoint: string };
  readonly usedBytes?: number;
  readonly inodesUsed?: number;
}
const FilesystemUsage = proto3<FilesystemUsageWire>('FilesystemUsage', {
  timestamp: [1, 'int64'],
  fsId: [2, FilesystemIdentifier],
  usedBytes: [3, wrapper('uint64')],
  inodesUsed: [4, wrapper('uint64')],
});
export const ImageFsInfoResponse = proto3<{ readonly imageFilesystems: readonly FilesystemUsageWire[] }>(
  'ImageFsInfoResponse',
  { imageFilesystems: [1, repeated(FilesystemUsage)] },
);

// Resource use

interface ContainerAttributesWire {
  readonly id: string;
  readonly metadata?: port.ContainerMetadata;
  readonly labels: port.StringMap;
  readonly annotations: port.StringMap;
}
const ContainerAttributes = proto3<ContainerAttributesWire>('ContainerAttributes', {
  id: [1, 'string'],
  metadata: [2, ContainerMetadata],
  labels: [3, mapOf('string')],
  annotations: [4, mapOf('string')],
});
type WithTimestamp<T> = Omit<T, 'timestampMs'> & { readonly timestamp: number };
const CpuUsage = proto3<WithTimestamp<port.CpuUsage>>('CpuUsage', {
  timestamp: [1, 'int64'],
  usageCoreNanoSeconds: [2, wrapper('uint64')],
  usageNanoCores: [3, wrapper('uint64')],
});
const MemoryUsage = proto3<WithTimestamp<port.MemoryUsage>>('MemoryUsage', {
  timestamp: [1, 'int64'],
  workingSetBytes: [2, wrapper('uint64')],
  availableBytes: [3, wrapper('uint64')],
  usageBytes: [4, wrapper('uint64')],
  rssBytes: [5, wrapper('uint64')],
  pageFaults: [6, wrapper('uint64')],
  majorPageFaults: [7, wrapper('uint64')],
});
export interface ContainerStatsWire {
  readonly attributes?: ContainerAttributesWire;
  readonly cpu?: WithTimestamp<port.CpuUsage>;
  readonly memory?: WithTimestamp<port.MemoryUsage>;
  readonly writableLayer?: FilesystemUsageWire;
}
const ContainerStats = proto3<ContainerStatsWire>('ContainerStats', {
  attributes: [1, ContainerAttributes],
  cpu: [2, CpuUsage],
  memory: [3, MemoryUsage],
  writableLayer: [4, FilesystemUsage],
});
export const ContainerStatsResponse = proto3<{ readonly stats?: ContainerStatsWire }>('ContainerStatsResponse', {
  stats: [1, ContainerStats],
});
const ContainerStatsFilter = proto3<port.ContainerStatsFilter>('ContainerStatsFilter', {
  id: [1, 'string'],
  podSandboxId: [2, 'string'],
  labelSelector: [3, mapOf('string')],
});
export const ListContainerStatsRequest = proto3<{ readonly filter?: port.ContainerStatsFilter }>(
  'ListContainerStatsRequest',
  { filter: [1, ContainerStatsFilter] },
);
export const ListContainerStatsResponse = proto3<{ readonly stats: readonly ContainerStatsWire[] }>(
  'ListContainerStatsResponse',
  { stats: [1, repeated(ContainerStats)] },
);

// Events

export interface ContainerEventWire {
  readonly containerId: string;
  readonly containerEventType: 'Created' | 'Started' | 'Stopped' | 'Deleted';
  readonly createdAt: number;
}
export const ContainerEventResponse = proto3<ContainerEventWire>('ContainerEventResponse', {
  containerId: [1, 'string'],
  containerEventType: [2, enumOf('Created', 'Started', 'Stopped', 'Deleted')],
  createdAt: [3, 'int64'],
});
