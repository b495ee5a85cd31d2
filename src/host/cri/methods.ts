/** The calls of the CRI v1 that a kubelet makes. */
import type { Message } from '../../base/mod.ts';
import type { GrpcMethod } from '../grpc.ts';
import * as m from './messages.ts';

function runtime<Q, A>(name: string, request: Message<Q>, response: Message<A>): GrpcMethod<Q, A> {
  return { path: `/runtime.v1.RuntimeService/${name}`, request, response };
}

function image<Q, A>(name: string, request: Message<Q>, response: Message<A>): GrpcMethod<Q, A> {
  return { path: `/runtime.v1.ImageService/${name}`, request, response };
}

export const methods = {
  version: runtime('Version', m.VersionRequest, m.VersionResponse),
  status: runtime('Status', m.Empty, m.StatusResponse),
  updateRuntimeConfig: runtime('UpdateRuntimeConfig', m.UpdateRuntimeConfigRequest, m.Empty),
  runPodSandbox: runtime('RunPodSandbox', m.RunPodSandboxRequest, m.PodSandboxId),
  stopPodSandbox: runtime('StopPodSandbox', m.PodSandboxId, m.Empty),
  removePodSandbox: runtime('RemovePodSandbox', m.PodSandboxId, m.Empty),
  podSandboxStatus: runtime('PodSandboxStatus', m.PodSandboxId, m.PodSandboxStatusResponse),
  listPodSandbox: runtime('ListPodSandbox', m.ListPodSandboxRequest, m.ListPodSandboxResponse),
  createContainer: runtime('CreateContainer', m.CreateContainerRequest, m.ContainerId),
  startContainer: runtime('StartContainer', m.ContainerId, m.Empty),
  stopContainer: runtime('StopContainer', m.StopContainerRequest, m.Empty),
  removeContainer: runtime('RemoveContainer', m.ContainerId, m.Empty),
  containerStatus: runtime('ContainerStatus', m.ContainerId, m.ContainerStatusResponse),
  listContainers: runtime('ListContainers', m.ListContainersRequest, m.ListContainersResponse),
  updateContainerResources: runtime('UpdateContainerResources', m.UpdateContainerResourcesRequest, m.Empty),
  reopenContainerLog: runtime('ReopenContainerLog', m.ContainerId, m.Empty),
  execSync: runtime('ExecSync', m.ExecSyncRequest, m.ExecSyncResponse),
  exec: runtime('Exec', m.ExecRequest, m.StreamingResponse),
  attach: runtime('Attach', m.AttachRequest, m.StreamingResponse),
  portForward: runtime('PortForward', m.PortForwardRequest, m.StreamingResponse),
  containerStats: runtime('ContainerStats', m.ContainerId, m.ContainerStatsResponse),
  listContainerStats: runtime('ListContainerStats', m.ListContainerStatsRequest, m.ListContainerStatsResponse),
  containerEvents: runtime('GetContainerEvents', m.Empty, m.ContainerEventResponse),
  pullImage: image('PullImage', m.PullImageRequest, m.PullImageResponse),
  listImages: image('ListImages', m.Empty, m.ListImagesResponse),
  imageStatus: image('ImageStatus', m.ImageRequest, m.ImageStatusResponse),
  removeImage: image('RemoveImage', m.ImageRequest, m.Empty),
  imageFsInfo: image('ImageFsInfo', m.Empty, m.ImageFsInfoResponse),
};
