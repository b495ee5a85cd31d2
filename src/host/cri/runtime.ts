/**
 * The kubelet's container runtime over the CRI v1. It adds nothing to what the runtime says but the port's promises:
 * complete records, times in milliseconds, a limit on every call, and stop and remove calls that may be repeated.
 */
import { HostError, type Log } from '../../base/mod.ts';
import type * as port from '../../kubelet/ports.ts';
import { GrpcChannel, type GrpcMethod } from '../grpc.ts';
import { watchEvents } from './events.ts';
import type { ContainerStatsWire, FilesystemUsageWire } from './messages.ts';
import { methods } from './methods.ts';

/** Upstream's `--runtime-request-timeout`, and twice that where a network has to be made. */
const requestTimeoutMs = 120_000;
const sandboxTimeoutMs = 2 * requestTimeoutMs;

type CallOptions = port.RuntimeCallOptions | undefined;

export interface CriRuntimeOptions {
  /** `unix:///run/containerd/containerd.sock` */
  readonly endpoint: string;
  readonly log: Log;
}

export class CriRuntime implements port.ContainerRuntime {
  private readonly channel: GrpcChannel;
  private readonly log: Log;

  constructor({ endpoint, log }: CriRuntimeOptions) {
    this.channel = new GrpcChannel({ address: endpoint });
    this.log = log;
  }

  close(): void {
    this.channel.close();
  }

  version(options?: CallOptions): Promise<port.RuntimeVersion> {
    return this.call(methods.version, { version: 'v1' }, options);
  }

  async status(options?: CallOptions): Promise<port.RuntimeStatus> {
    const { status, runtimeHandlers } = await this.call(methods.status, {}, options);
    return { conditions: status?.conditions ?? [], runtimeHandlers };
  }

  async updatePodCIDR(podCIDR: string, options?: CallOptions): Promise<void> {
    const runtimeConfig = { networkConfig: { podCidr: podCIDR } };
    await this.call(methods.updateRuntimeConfig, { runtimeConfig }, options);
  }

  async runPodSandbox(request: port.RunPodSandboxRequest, options?: CallOptions): Promise<string> {
    return (await this.call(methods.runPodSandbox, request, options, sandboxTimeoutMs)).podSandboxId;
  }

  async stopPodSandbox(podSandboxId: string, options?: CallOptions): Promise<void> {
    await unlessGone(this.call(methods.stopPodSandbox, { podSandboxId }, options, sandboxTimeoutMs));
  }

  async removePodSandbox(podSandboxId: string, options?: CallOptions): Promise<void> {
    await unlessGone(this.call(methods.removePodSandbox, { podSandboxId }, options));
  }

  async podSandboxStatus(podSandboxId: string, options?: CallOptions): Promise<port.PodSandboxStatus> {
    const { status } = await this.call(methods.podSandboxStatus, { podSandboxId }, options);
    if (status === undefined) throw incomplete('PodSandboxStatus', podSandboxId);
    const { network, linux, ...sandbox } = status;
    const addresses = network ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [];
    const namespaces = linux?.namespaces?.options;
    return { ...withMs(sandbox), ips: addresses.filter((ip) => ip !== ''), ...(namespaces && { namespaces }) };
  }

  async listPodSandboxes(filter?: port.PodSandboxFilter, options?: CallOptions): Promise<port.PodSandbox[]> {
    const request = filter ? { filter: withState(filter) } : {};
    const { items } = await this.call(methods.listPodSandbox, request, options);
    return items.map(withMs);
  }

  async createContainer(request: port.CreateContainerRequest, options?: CallOptions): Promise<string> {
    return (await this.call(methods.createContainer, request, options)).containerId;
  }

  async startContainer(containerId: string, options?: CallOptions): Promise<void> {
    await this.call(methods.startContainer, { containerId }, options);
  }

  async stopContainer(containerId: string, graceSeconds: number, options?: CallOptions): Promise<void> {
    const limitMs = requestTimeoutMs + graceSeconds * 1000;
    await unlessGone(this.call(methods.stopContainer, { containerId, timeout: graceSeconds }, options, limitMs));
  }

  async removeContainer(containerId: string, options?: CallOptions): Promise<void> {
    await unlessGone(this.call(methods.removeContainer, { containerId }, options));
  }

  async containerStatus(containerId: string, options?: CallOptions): Promise<port.ContainerStatus> {
    const { status } = await this.call(methods.containerStatus, { containerId }, options);
    if (status === undefined) throw incomplete('ContainerStatus', containerId);
    const { createdAt, startedAt, finishedAt, resources, ...rest } = status;
    const times = { createdAtMs: createdAt / 1e6, startedAtMs: startedAt / 1e6, finishedAtMs: finishedAt / 1e6 };
    return { ...rest, ...times, ...(resources?.linux && { resources: resources.linux }) };
  }

  async listContainers(filter?: port.ContainerFilter, options?: CallOptions): Promise<port.Container[]> {
    const request = filter ? { filter: withState(filter) } : {};
    const { containers } = await this.call(methods.listContainers, request, options);
    return containers.map(withMs);
  }

  async updateContainerResources(
    containerId: string,
    resources: port.LinuxContainerResources,
    options?: CallOptions,
  ): Promise<void> {
    await this.call(methods.updateContainerResources, { containerId, linux: resources }, options);
  }

  async reopenContainerLog(containerId: string, options?: CallOptions): Promise<void> {
    await this.call(methods.reopenContainerLog, { containerId }, options);
  }

  execSync(
    containerId: string,
    command: readonly string[],
    timeoutSeconds: number,
    options?: CallOptions,
  ): Promise<port.ExecResult> {
    const limitMs = timeoutSeconds > 0 ? requestTimeoutMs + timeoutSeconds * 1000 : Infinity;
    return this.call(methods.execSync, { containerId, cmd: command, timeout: timeoutSeconds }, options, limitMs);
  }

  async exec(request: port.ExecRequest, options?: CallOptions): Promise<port.RemoteCommandEndpoint> {
    return { kind: 'url', url: (await this.call(methods.exec, request, options)).url };
  }

  async attach(request: port.AttachRequest, options?: CallOptions): Promise<port.RemoteCommandEndpoint> {
    return { kind: 'url', url: (await this.call(methods.attach, request, options)).url };
  }

  async portForward(
    podSandboxId: string,
    ports: readonly number[],
    options?: CallOptions,
  ): Promise<port.PortForwardEndpoint> {
    return { kind: 'url', url: (await this.call(methods.portForward, { podSandboxId, port: ports }, options)).url };
  }

  async pullImage(request: port.PullImageRequest, options?: CallOptions): Promise<string> {
    return (await this.call(methods.pullImage, request, options, Infinity)).imageRef;
  }

  async listImages(options?: CallOptions): Promise<readonly port.Image[]> {
    return (await this.call(methods.listImages, {}, options)).images;
  }

  async imageStatus(image: string, options?: CallOptions): Promise<port.Image | undefined> {
    return (await this.call(methods.imageStatus, { image: { image } }, options)).image;
  }

  async removeImage(image: string, options?: CallOptions): Promise<void> {
    await unlessGone(this.call(methods.removeImage, { image: { image } }, options));
  }

  async imageFsInfo(options?: CallOptions): Promise<port.FilesystemUsage[]> {
    return (await this.call(methods.imageFsInfo, {}, options)).imageFilesystems.map(filesystemUsage);
  }

  async containerStats(containerId: string, options?: CallOptions): Promise<port.ContainerStats> {
    const { stats } = await this.call(methods.containerStats, { containerId }, options);
    if (stats === undefined) throw incomplete('ContainerStats', containerId);
    return containerStats(stats);
  }

  async listContainerStats(filter?: port.ContainerStatsFilter, options?: CallOptions): Promise<port.ContainerStats[]> {
    const { stats } = await this.call(methods.listContainerStats, filter ? { filter } : {}, options);
    return stats.map(containerStats);
  }

  events(onEvent: (event: port.RuntimeEvent) => void): Disposable {
    const stop = new AbortController();
    void watchEvents({ channel: this.channel, runtime: this, log: this.log, signal: stop.signal, onEvent });
    return { [Symbol.dispose]: () => stop.abort() };
  }

  private call<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
    limitMs = requestTimeoutMs,
  ): Promise<Response> {
    return this.channel.unary(method, request, { signal: options?.signal, timeoutMs: options?.timeoutMs ?? limitMs });
  }
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof HostError && error.code === 'NotFound')) throw error;
  }
}

function incomplete(method: string, id: string): HostError {
  return new HostError('Internal', `the runtime's answer to ${method} of "${id}" has nothing in it`);
}

function withMs<T extends { readonly createdAt: number }>(
  wire: T,
): Omit<T, 'createdAt'> & { readonly createdAtMs: number } {
  const { createdAt, ...rest } = wire;
  return { ...rest, createdAtMs: createdAt / 1e6 };
}

function withState<T extends { readonly state?: string }>(
  filter: T,
): Omit<T, 'state'> & { readonly state?: { readonly state: string } } {
  const { state, ...rest } = filter;
  return state === undefined ? rest : { ...rest, state: { state } };
}

function filesystemUsage({ timestamp, fsId, ...usage }: FilesystemUsageWire): port.FilesystemUsage {
  return { ...usage, timestampMs: timestamp / 1e6, mountpoint: fsId?.mountpoint ?? '' };
}

function containerStats({ attributes, cpu, memory, writableLayer }: ContainerStatsWire): port.ContainerStats {
  return {
    id: attributes?.id ?? '',
    metadata: attributes?.metadata ?? { name: '', attempt: 0 },
    labels: attributes?.labels ?? {},
    annotations: attributes?.annotations ?? {},
    ...(cpu && { cpu: withTimestampMs(cpu) }),
    ...(memory && { memory: withTimestampMs(memory) }),
    ...(writableLayer && { writableLayer: filesystemUsage(writableLayer) }),
  };
}

function withTimestampMs<T extends { readonly timestamp: number }>(
  wire: T,
): Omit<T, 'timestamp'> & { readonly timestampMs: number } {
  const { timestamp, ...rest } = wire;
  return { ...rest, timestampMs: timestamp / 1e6 };
}
