/**
 * A container runtime without containers: sandboxes and containers are records that change with the clock. For tests, the
 * simulator and thousands of hollow nodes. What always holds: the same calls at the same times give the same answers; it
 * keeps the rules of a real runtime (a container needs its sandbox, its image, and to be created before it starts).
 */
import { forwardLocalPorts, HostError, runLocalCommand, type Clock } from '../../base/mod.ts';
import type * as cri from '../ports.ts';
import { behaviourOf, commandSays, type Behaviour, type SimulatedCommand } from './behaviour.ts';
import { giveBack, speak } from './sessions.ts';

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  /** Makes ids and addresses of this runtime unlike those of others. */
  readonly nodeName: string;
  /** The addresses of pods: the first three numbers; until the node's pod CIDR says otherwise. */
  readonly network?: string;
  readonly behaviour?: Partial<Behaviour>;
  readonly pullMs?: number;
  readonly sandboxMs?: number;
  /** Images that are there from the start; others have to be pulled. */
  readonly images?: readonly string[];
  /** Images that no registry has. */
  readonly missingImages?: readonly string[];
  /** A runtime that tells nothing by itself, as old ones. */
  readonly silent?: boolean;
}

interface Sandbox extends cri.PodSandboxStatus {
  readonly config: cri.PodSandboxConfig;
}

interface Run {
  status: cri.ContainerStatus;
  readonly sandboxId: string;
  readonly behaviour: Behaviour;
  readonly timers: Set<Disposable>;
  readonly ended: (() => void)[];
}

export class SimulatedRuntime implements cri.ContainerRuntime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #runs = new Map<string, Run>();
  readonly #images = new Map<string, cri.Image>();
  readonly #listeners = new Set<(event: cri.RuntimeEvent) => void>();
  readonly #calls = new Map<string, number>();
  #network: string;
  #sequence = 0;
  #down = false;

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
    this.#network = options.network ?? '10.244.0';
    for (const name of options.images ?? []) this.#addImage(name);
  }

  /** How often a call was made. */
  calls(name: string): number {
    return this.#calls.get(name) ?? 0;
  }

  /** While it is down every call fails; what runs goes on. */
  setDown(down: boolean): void {
    this.#down = down;
    if (!down) this.#tell({ type: 'Resync' });
  }

  /** Ends a container as if it crashed. */
  crash(id: string, exitCode: number, reason = ''): void {
    const run = this.#runs.get(id);
    if (run?.status.state === 'CONTAINER_RUNNING') this.#end(run, exitCode, reason);
  }

  /** Ends everything at once, as a reboot does. */
  reboot(): void {
    for (const run of this.#runs.values()) if (run.status.state === 'CONTAINER_RUNNING') this.#end(run, 255, 'Unknown');
    for (const sandbox of this.#sandboxes.values()) this.#setSandbox({ ...sandbox, state: 'SANDBOX_NOTREADY' });
  }

  /** The container that answers at an address, for the simulated network. */
  answering(ip: string): { readonly ready: boolean } | undefined {
    const sandbox = [...this.#sandboxes.values()].find(
      ({ ips, state }) => state === 'SANDBOX_READY' && ips.includes(ip),
    );
    if (sandbox === undefined) return undefined;
    const runs = [...this.#runs.values()].filter(
      (run) => run.sandboxId === sandbox.id && run.status.state === 'CONTAINER_RUNNING',
    );
    return { ready: runs.length > 0 && runs.every((run) => this.#isReady(run)) };
  }

  /** The run whose log or termination message is at this path. */
  runAt(path: string): { readonly behaviour: Behaviour; readonly status: cri.ContainerStatus } | undefined {
    return [...this.#runs.values()].find(
      ({ status }) => status.logPath === path || status.mounts.some(({ hostPath }) => hostPath === path),
    );
  }

  async version(options?: cri.RuntimeCallOptions): Promise<cri.RuntimeVersion> {
    await this.#call('version', options);
    return { runtimeName: 'simulated', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' };
  }

  async status(options?: cri.RuntimeCallOptions): Promise<cri.RuntimeStatus> {
    await this.#call('status', options);
    const conditions = ['RuntimeReady', 'NetworkReady'].map((type) => ({
      type,
      status: true,
      reason: '',
      message: '',
    }));
    return { conditions, runtimeHandlers: [] };
  }

  async updatePodCIDR(podCIDR: string, options?: cri.RuntimeCallOptions): Promise<void> {
    await this.#call('updatePodCIDR', options);
    const [, network] = /^(\d+\.\d+\.\d+)\./.exec(podCIDR) ?? [];
    if (network !== undefined) this.#network = network;
  }

  async runPodSandbox({ config }: cri.RunPodSandboxRequest, options?: cri.RuntimeCallOptions): Promise<string> {
    await this.#call('runPodSandbox', options, this.#options.sandboxMs ?? 1);
    const id = this.#id('sandbox');
    const network = config.linux?.securityContext?.namespaceOptions?.network ?? 'POD';
    const { metadata, labels = {}, annotations = {} } = config;
    this.#sandboxes.set(id, {
      id,
      metadata,
      state: 'SANDBOX_READY',
      createdAtMs: this.#options.clock.now(),
      labels,
      annotations,
      runtimeHandler: '',
      ips: network === 'NODE' ? [] : [this.#address()],
      namespaces: config.linux?.securityContext?.namespaceOptions ?? { network, pid: 'CONTAINER', ipc: 'POD' },
      config,
    });
    return id;
  }

  async stopPodSandbox(id: string, options?: cri.RuntimeCallOptions): Promise<void> {
    await this.#call('stopPodSandbox', options);
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    for (const run of this.#runs.values())
      if (run.sandboxId === id && run.status.state === 'CONTAINER_RUNNING') this.#end(run, 137);
    this.#setSandbox({ ...sandbox, state: 'SANDBOX_NOTREADY', ips: [] });
  }

  async removePodSandbox(id: string): Promise<void> {
    await this.stopPodSandbox(id);
    for (const [containerId, run] of this.#runs) if (run.sandboxId === id) this.#remove(containerId, run);
    this.#sandboxes.delete(id);
  }

  async podSandboxStatus(id: string, options?: cri.RuntimeCallOptions): Promise<cri.PodSandboxStatus> {
    await this.#call('podSandboxStatus', options);
    const { config: _, ...status } = this.#sandbox(id);
    return status;
  }

  async listPodSandboxes(
    filter: cri.PodSandboxFilter = {},
    options?: cri.RuntimeCallOptions,
  ): Promise<readonly cri.PodSandbox[]> {
    await this.#call('listPodSandboxes', options);
    return [...this.#sandboxes.values()].filter(
      ({ id, state, labels }) =>
        (filter.id ?? id) === id && (filter.state ?? state) === state && hasLabels(labels, filter.labelSelector),
    );
  }

  async createContainer(
    { podSandboxId, config, sandboxConfig }: cri.CreateContainerRequest,
    options?: cri.RuntimeCallOptions,
  ): Promise<string> {
    await this.#call('createContainer', options);
    const sandbox = this.#sandbox(podSandboxId);
    if (sandbox.state !== 'SANDBOX_READY') throw failure('Unknown', 'sandbox is not ready');
    const image = this.#findImage(config.image.image);
    if (image === undefined)
      throw failure('NotFound', `failed to get image from containerd "${config.image.image}": not found`);
    const id = this.#id('container');
    const { metadata, labels = {}, annotations = {}, mounts = [] } = config;
    const status: cri.ContainerStatus = {
      id,
      metadata,
      state: 'CONTAINER_CREATED',
      createdAtMs: this.#options.clock.now(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      image: { image: image.repoTags[0] ?? image.id },
      imageRef: image.repoDigests[0] ?? image.id,
      reason: '',
      message: '',
      labels,
      annotations,
      mounts,
      logPath: config.logPath === undefined ? '' : `${sandboxConfig.logDirectory ?? ''}/${config.logPath}`,
    };
    const behaviour = behaviourOf(sandbox.annotations, metadata.name, {
      ...this.#options.behaviour,
      ...commandSays<Behaviour>(config.command),
    });
    this.#runs.set(id, { status, sandboxId: podSandboxId, behaviour, timers: new Set(), ended: [] });
    return id;
  }

  async startContainer(id: string, options?: cri.RuntimeCallOptions): Promise<void> {
    const run = this.#run(id);
    await this.#call('startContainer', options, run.behaviour.startMs);
    if (this.#sandboxes.get(run.sandboxId)?.state !== 'SANDBOX_READY')
      throw failure('Unknown', 'sandbox is not running');
    if (run.status.state !== 'CONTAINER_CREATED') throw failure('Unknown', `container is in ${run.status.state} state`);
    run.status = { ...run.status, state: 'CONTAINER_RUNNING', startedAtMs: this.#options.clock.now() };
    this.#tell({ type: 'Started', id, atMs: this.#options.clock.now() });
    const { exitAfterMs, exitCode } = run.behaviour;
    if (exitAfterMs !== undefined) this.#later(run, exitAfterMs, () => this.#end(run, exitCode));
  }

  async stopContainer(id: string, graceSeconds: number, options?: cri.RuntimeCallOptions): Promise<void> {
    await this.#call('stopContainer', options);
    const run = this.#runs.get(id);
    if (run?.status.state !== 'CONTAINER_RUNNING') return;
    const graceMs = graceSeconds * 1000;
    const killed = run.behaviour.stopMs > graceMs;
    await new Promise<void>((resolve) => {
      run.ended.push(resolve);
      this.#later(run, killed ? graceMs : run.behaviour.stopMs, () =>
        this.#end(run, killed ? 137 : run.behaviour.exitCode),
      );
    });
  }

  async removeContainer(id: string, options?: cri.RuntimeCallOptions): Promise<void> {
    await this.#call('removeContainer', options);
    const run = this.#runs.get(id);
    if (run !== undefined) this.#remove(id, run);
  }

  async containerStatus(id: string, options?: cri.RuntimeCallOptions): Promise<cri.ContainerStatus> {
    await this.#call('containerStatus', options);
    return this.#run(id).status;
  }

  async listContainers(
    filter: cri.ContainerFilter = {},
    options?: cri.RuntimeCallOptions,
  ): Promise<readonly cri.Container[]> {
    await this.#call('listContainers', options);
    return [...this.#runs.values()]
      .filter(
        ({ status: { id, state, labels }, sandboxId }) =>
          (filter.id ?? id) === id &&
          (filter.state ?? state) === state &&
          (filter.podSandboxId ?? sandboxId) === sandboxId &&
          hasLabels(labels, filter.labelSelector),
      )
      .map(({ status, sandboxId }) => ({ ...status, podSandboxId: sandboxId }));
  }

  async updateContainerResources(
    id: string,
    resources: cri.LinuxContainerResources,
    options?: cri.RuntimeCallOptions,
  ): Promise<void> {
    await this.#call('updateContainerResources', options);
    const run = this.#run(id);
    run.status = { ...run.status, resources };
  }

  async reopenContainerLog(id: string, options?: cri.RuntimeCallOptions): Promise<void> {
    await this.#call('reopenContainerLog', options);
    this.#run(id);
  }

  async execSync(
    id: string,
    command: readonly string[],
    timeoutSeconds: number,
    options?: cri.RuntimeCallOptions,
  ): Promise<cri.ExecResult> {
    await this.#call('execSync', options);
    const run = this.#run(id);
    if (run.status.state !== 'CONTAINER_RUNNING') throw failure('Unknown', `container not running (${id})`);
    const said = commandSays<SimulatedCommand>(command);
    if (said.endless === true) {
      await new Promise<void>((resolve) => this.#options.clock.after(timeoutSeconds * 1000, resolve));
      throw failure('DeadlineExceeded', `timed out: ${timeoutSeconds} second timeout`);
    }
    const { execExitCode } = run.behaviour;
    const { stdout = `${command.join(' ')}\n`, stderr = '', exitCode = this.#isReady(run) ? execExitCode : 1 } = said;
    return { stdout: new TextEncoder().encode(stdout), stderr: new TextEncoder().encode(stderr), exitCode };
  }

  /** Says what it is told to say, and gives back what it gets. */
  async exec(request: cri.ExecRequest, options?: cri.RuntimeCallOptions): Promise<cri.RemoteCommandEndpoint> {
    await this.#call('exec', options);
    const { cmd } = request;
    const { execExitCode } = this.#run(request.containerId).behaviour;
    const { stdout = `${cmd.join(' ')}\n`, stderr = '', exitCode = execExitCode } = commandSays<SimulatedCommand>(cmd);
    const said = { stdout, stderr, exitCode };
    return { kind: 'local', connect: async () => runLocalCommand(request, (streams) => speak(streams, said)) };
  }

  async attach(request: cri.AttachRequest, options?: cri.RuntimeCallOptions): Promise<cri.RemoteCommandEndpoint> {
    await this.#call('attach', options);
    const { log } = this.#run(request.containerId).behaviour;
    const said = { stdout: log, stderr: '', exitCode: 0 };
    return { kind: 'local', connect: async () => runLocalCommand(request, (streams) => speak(streams, said)) };
  }

  async portForward(
    id: string,
    _ports: readonly number[],
    options?: cri.RuntimeCallOptions,
  ): Promise<cri.PortForwardEndpoint> {
    await this.#call('portForward', options);
    this.#sandbox(id);
    return { kind: 'local', connect: async () => forwardLocalPorts(giveBack) };
  }

  async pullImage({ image: { image } }: cri.PullImageRequest, options?: cri.RuntimeCallOptions): Promise<string> {
    await this.#call('pullImage', options, this.#options.pullMs ?? 0);
    throwIfCanceled(options);
    if (this.#options.missingImages?.includes(image) === true) {
      throw failure(
        'NotFound',
        `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
      );
    }
    return (this.#findImage(image) ?? this.#addImage(image)).id;
  }

  async listImages(options?: cri.RuntimeCallOptions): Promise<readonly cri.Image[]> {
    await this.#call('listImages', options);
    return [...this.#images.values()];
  }

  async imageStatus(image: string, options?: cri.RuntimeCallOptions): Promise<cri.Image | undefined> {
    await this.#call('imageStatus', options);
    return this.#findImage(image);
  }

  async removeImage(image: string, options?: cri.RuntimeCallOptions): Promise<void> {
    await this.#call('removeImage', options);
    const found = this.#findImage(image);
    if (found !== undefined) this.#images.delete(found.id);
  }

  async imageFsInfo(options?: cri.RuntimeCallOptions): Promise<readonly cri.FilesystemUsage[]> {
    await this.#call('imageFsInfo', options);
    return [{ timestampMs: this.#options.clock.now(), mountpoint: '/simulated', usedBytes: 0, inodesUsed: 0 }];
  }

  async containerStats(id: string, options?: cri.RuntimeCallOptions): Promise<cri.ContainerStats> {
    await this.#call('containerStats', options);
    return this.#stats(this.#run(id));
  }

  async listContainerStats(
    filter: cri.ContainerStatsFilter = {},
    options?: cri.RuntimeCallOptions,
  ): Promise<readonly cri.ContainerStats[]> {
    await this.#call('listContainerStats', options);
    return [...this.#runs.values()]
      .filter(
        ({ status: { id, state, labels }, sandboxId }) =>
          state === 'CONTAINER_RUNNING' &&
          (filter.id ?? id) === id &&
          (filter.podSandboxId ?? sandboxId) === sandboxId &&
          hasLabels(labels, filter.labelSelector),
      )
      .map((run) => this.#stats(run));
  }

  events(onEvent: (event: cri.RuntimeEvent) => void): Disposable {
    if (this.#options.silent === true) return { [Symbol.dispose]: () => undefined };
    this.#listeners.add(onEvent);
    queueMicrotask(() => {
      if (this.#listeners.has(onEvent)) onEvent({ type: 'Resync' });
    });
    return { [Symbol.dispose]: () => void this.#listeners.delete(onEvent) };
  }

  /** Counts the call and lets it take its time. */
  async #call(name: string, options: cri.RuntimeCallOptions | undefined, takesMs = 0): Promise<void> {
    throwIfCanceled(options);
    this.#calls.set(name, this.calls(name) + 1);
    if (this.#down) throw failure('Unavailable', 'connection error: the runtime is down');
    if (takesMs > 0) await new Promise<void>((resolve) => this.#options.clock.after(takesMs, resolve));
  }

  #id(kind: string): string {
    this.#sequence += 1;
    return `${this.#options.nodeName}-${kind}-${this.#sequence}`;
  }

  #address(): string {
    const taken = new Set([...this.#sandboxes.values()].flatMap(({ ips }) => ips));
    for (let host = 2; host < 255; host++)
      if (!taken.has(`${this.#network}.${host}`)) return `${this.#network}.${host}`;
    throw failure('ResourceExhausted', `no IP addresses available in range ${this.#network}.0/24`);
  }

  #sandbox(id: string): Sandbox {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined)
      throw failure('NotFound', `an error occurred when try to find sandbox "${id}": not found`);
    return sandbox;
  }

  #setSandbox(sandbox: Sandbox): void {
    this.#sandboxes.set(sandbox.id, sandbox);
    this.#tell({ type: 'Stopped', id: sandbox.id, atMs: this.#options.clock.now() });
  }

  #run(id: string): Run {
    const run = this.#runs.get(id);
    if (run === undefined) throw failure('NotFound', `an error occurred when try to find container "${id}": not found`);
    return run;
  }

  #later(run: Run, delayMs: number, what: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      run.timers.delete(timer);
      what();
    });
    run.timers.add(timer);
  }

  #end(run: Run, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    for (const timer of run.timers) timer[Symbol.dispose]();
    run.timers.clear();
    const atMs = this.#options.clock.now();
    if (run.status.state === 'CONTAINER_RUNNING') {
      run.status = { ...run.status, state: 'CONTAINER_EXITED', exitCode, reason, finishedAtMs: atMs };
      this.#tell({ type: 'Stopped', id: run.status.id, atMs, exitCode });
    }
    for (const resolve of run.ended.splice(0)) resolve();
  }

  #remove(id: string, run: Run): void {
    this.#end(run, 137);
    this.#runs.delete(id);
    this.#tell({ type: 'Deleted', id, atMs: this.#options.clock.now() });
  }

  #isReady({ status, behaviour }: Run): boolean {
    const runningMs = this.#options.clock.now() - status.startedAtMs;
    return runningMs >= behaviour.readyAfterMs && runningMs < (behaviour.failAfterMs ?? Infinity);
  }

  #addImage(name: string): cri.Image {
    const full = name.includes('/') ? name : `docker.io/library/${name}`;
    const digest = `sha256:${hex(full)}`;
    const image: cri.Image = {
      id: digest,
      repoTags: [full],
      repoDigests: [`${full.replace(/:[^:/]*$/, '')}@${digest}`],
      size: 1_000_000,
      username: '',
      pinned: false,
    };
    this.#images.set(image.id, image);
    return image;
  }

  #findImage(name: string): cri.Image | undefined {
    const byId = this.#images.get(name);
    if (byId !== undefined) return byId;
    const full = name.includes('/') ? name : `docker.io/library/${name}`;
    return [...this.#images.values()].find(
      ({ repoTags, repoDigests }) => repoTags.includes(full) || repoDigests.includes(full),
    );
  }

  #stats({ status: { id, metadata, labels, annotations, startedAtMs }, behaviour }: Run): cri.ContainerStats {
    const timestampMs = this.#options.clock.now();
    const usageCoreNanoSeconds = Math.round((timestampMs - startedAtMs) * behaviour.cpuMilli * 1000);
    return {
      id,
      metadata,
      labels,
      annotations,
      cpu: { timestampMs, usageCoreNanoSeconds, usageNanoCores: behaviour.cpuMilli * 1_000_000 },
      memory: {
        timestampMs,
        workingSetBytes: behaviour.memoryBytes,
        usageBytes: behaviour.memoryBytes,
        rssBytes: behaviour.memoryBytes,
      },
    };
  }

  #tell(event: cri.RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function throwIfCanceled(options: cri.RuntimeCallOptions | undefined): void {
  if (options?.signal?.aborted === true) throw failure('Canceled', 'context canceled');
}

function failure(code: cri.RuntimeErrorCode, text: string): HostError {
  return new HostError(code, `rpc error: code = ${code} desc = ${text}`);
}

function hasLabels(labels: cri.StringMap, wanted: cri.StringMap = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** 64 hexadecimal digits that depend on the text. */
function hex(text: string): string {
  let out = '';
  for (let seed = 0; out.length < 64; seed++) {
    let hash = 0x811c9dc5 ^ seed;
    for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    out += (hash >>> 0).toString(16).padStart(8, '0');
  }
  return out.slice(0, 64);
}
