/**
 * Brings one container to run: its environment and mounts, then create, start and the postStart hook. Each step that fails
 * has upstream's reason and event.
 */
import { errorText, HostError, type DeepReadonly } from '../base/mod.ts';
import { services, type ConfigMap, type Secret } from '../api/mod.ts';
import type { ConfigObjects } from './config-objects.ts';
import { hostsFile } from './dns.ts';
import { containerEnv, envReferences, type Environment } from './env.ts';
import { ContainerFailure, runtimeText } from './failure.ts';
import type { Gate } from './gate.ts';
import { runHook } from './handler.ts';
import { containerDirectory, hostsPath } from './paths.ts';
import { uidOf, type PodContainer, type PodView } from './pod.ts';
import type { PodRecord } from './pod-record.ts';
import type { PodVolumes } from './pod-volumes.ts';
import type { ContainerConfig, MachineFacts, Mount, PodSandboxConfig, PodSandboxStatus } from './ports.ts';
import { containerConfig } from './runtime-config.ts';
import { latest, type PodRuntime } from './runtime-state.ts';
import type { RuntimeWatch } from './runtime-watch.ts';
import { nonRootProblem } from './security.ts';
import { podEvent, type KubeletWorld } from './world.ts';

export interface StartNeeds {
  readonly watch: RuntimeWatch;
  readonly volumes: PodVolumes;
  readonly objects: ConfigObjects;
  readonly gate: Gate;
  readonly machine: MachineFacts;
  readonly allocatable: () => Readonly<Record<string, string>>;
  readonly hostIPs: () => readonly string[];
}

export interface StartRequest {
  readonly target: PodContainer;
  readonly sandbox: PodSandboxStatus;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** A container that was made and failed is delayed like one that crashed; before that, its failure is shown for a moment. */
const ranAgainAfterMs = 1_000;
const readWriteAll = 0o666;
const readAll = 0o644;

export class ContainerStarter {
  readonly #world: KubeletWorld;
  readonly #needs: StartNeeds;

  constructor(world: KubeletWorld, needs: StartNeeds) {
    this.#world = world;
    this.#needs = needs;
  }

  /** Rejects with a ContainerFailure. */
  async start(record: PodRecord, request: StartRequest, sandboxConfig: PodSandboxConfig): Promise<void> {
    const { pod, uid, memory } = record;
    const { target, sandbox, signal } = request;
    const { runtime } = this.#world;
    const config = await this.#configure(record, request);
    if (memory.terminatingSinceMs !== undefined) return;
    let containerId = '';
    await this.#needs.gate.run(async () => {
      containerId = await this.#step(pod, target, 'CreateContainerError', () =>
        runtime.createContainer({ podSandboxId: sandbox.id, config, sandboxConfig }),
      );
      podEvent(this.#world, pod, { reason: 'Created', message: 'Container created', target });
      if (memory.terminatingSinceMs === undefined) {
        await this.#step(pod, target, 'RunContainerError', async () => {
          await runtime.startContainer(containerId).catch(async (error: unknown) => {
            await this.#needs.watch.refreshContainer(uid, containerId);
            throw error;
          });
        });
        podEvent(this.#world, pod, { reason: 'Started', message: 'Container started', target });
      }
      await this.#needs.watch.refreshContainer(uid, containerId);
    }, 'finishing');
    await this.#postStart(record, target, containerId, signal);
  }

  async #step<T>(pod: PodView, target: PodContainer, reason: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const message = runtimeText(error);
      podEvent(this.#world, pod, { type: 'Warning', reason: 'Failed', message: `Error: ${message}`, target });
      throw new ContainerFailure(reason, message, reason === 'RunContainerError' ? ranAgainAfterMs : undefined);
    }
  }

  #configure(record: PodRecord, { target, sandbox, attempt }: StartRequest): Promise<ContainerConfig> {
    const { pod, memory } = record;
    const { container } = target;
    return this.#step(pod, target, 'CreateContainerConfigError', async () => {
      const image = memory.images.get(container.name);
      if (image === undefined) throw new HostError('NoImage', `image of container ${container.name} is not known`);
      const nonRoot = nonRootProblem({ pod, container, image: image.user, seccompRoot: '' });
      if (nonRoot !== undefined) throw new HostError('NonRoot', nonRoot);
      const ips = sandbox.ips.length > 0 ? sandbox.ips : this.#needs.hostIPs();
      const [{ env }, own] = await Promise.all([
        this.#environment(pod, target, ips),
        this.#ownMounts(pod, target, ips, attempt),
      ]);
      const mounts = [...(await this.#needs.volumes.mounts(pod, target, env)), ...own];
      const targetId = this.#targetOf(pod, target, record.uid);
      const { machine } = this.#needs;
      return containerConfig({
        pod,
        target,
        attempt,
        image,
        env,
        mounts,
        node: machine,
        config: this.#world.config,
        ...(targetId === undefined ? {} : { targetId }),
      });
    });
  }

  async #environment(pod: PodView, target: PodContainer, podIPs: readonly string[]): Promise<Environment> {
    const namespace = pod.metadata.namespace ?? '';
    const references = envReferences(target.container);
    const [maps, keys] = [
      new Map<string, DeepReadonly<ConfigMap> | undefined>(),
      new Map<string, DeepReadonly<Secret> | undefined>(),
    ];
    await Promise.all(
      references.map(async ({ kind, name }) => {
        if (kind === 'ConfigMap') maps.set(name, await this.#needs.objects.configMap(namespace, name));
        else keys.set(name, await this.#needs.objects.secret(namespace, name));
      }),
    );
    const informer = this.#world.cache.informer(services);
    await informer.reached(0);
    const environment = containerEnv({
      pod,
      container: target.container,
      sources: { configMap: (name) => maps.get(name), secret: (name) => keys.get(name) },
      services: [...informer.list(namespace), ...(namespace === 'default' ? [] : informer.list('default'))],
      addresses: { podIPs, hostIPs: this.#needs.hostIPs() },
      allocatable: this.#needs.allocatable(),
    });
    if (environment.problem !== undefined) {
      // Whoever makes what is missing should not have to wait for the next attempt.
      this.#needs.objects.watch(uidOf(pod), namespace, references);
      throw new HostError('Environment', environment.problem);
    }
    for (const { from, keys: skipped } of environment.skipped) {
      const message = `Keys [${skipped.join(', ')}] from the EnvFrom ${from} were skipped since they are considered invalid environment variable names.`;
      podEvent(this.#world, pod, { type: 'Warning', reason: 'InvalidEnvironmentVariableNames', message });
    }
    return environment;
  }

  /** The hosts file and the termination message file, unless the container mounts something of its own there. */
  async #ownMounts(
    pod: PodView,
    { container }: PodContainer,
    ips: readonly string[],
    attempt: number,
  ): Promise<Mount[]> {
    const { host, config } = this.#world;
    const mounted = new Set(container.volumeMounts?.map(({ mountPath }) => mountPath));
    const mounts: Mount[] = [];
    const hosts = async (): Promise<void> => {
      if (mounted.has('/etc/hosts')) return;
      const hostPath = hostsPath(config, uidOf(pod));
      const hostFile = pod.spec?.hostNetwork === true ? await host.node.hostsFile() : '';
      await host.files.writeFile(hostPath, hostsFile(pod, ips, config.clusterDns.domain, hostFile), readAll);
      mounts.push({ containerPath: '/etc/hosts', hostPath, readonly: false });
    };
    const message = async (): Promise<void> => {
      const containerPath = container.terminationMessagePath ?? '/dev/termination-log';
      if (containerPath === '' || mounted.has(containerPath)) return;
      const hostPath = `${containerDirectory(config, uidOf(pod), container.name)}/${attempt}`;
      await host.files.writeFile(hostPath, '', readWriteAll);
      mounts.push({ containerPath, hostPath, readonly: false });
    };
    await Promise.all([hosts(), message()]);
    return mounts;
  }

  #targetOf(pod: PodView, { container, role }: PodContainer, uid: string): string | undefined {
    if (role !== 'ephemeral') return undefined;
    const name = pod.spec?.ephemeralContainers?.find((one) => one.name === container.name)?.targetContainerName;
    if (name === undefined || name === '') return undefined;
    const found = latest(this.#needs.watch.get(uid), name);
    if (found?.state !== 'CONTAINER_RUNNING')
      throw new HostError('NoTarget', `unable to find target container ${name}`);
    return found.id;
  }

  async #postStart(
    { pod, uid, memory }: PodRecord,
    target: PodContainer,
    containerId: string,
    signal: AbortSignal,
  ): Promise<void> {
    const handler = target.container.lifecycle?.postStart;
    if (handler === undefined || memory.terminatingSinceMs !== undefined) return;
    const { runtime } = this.#world;
    const podIP = podIpOf(this.#needs.watch.get(uid), this.#needs.hostIPs());
    try {
      await runHook(this.#world, handler, { container: target.container, containerId, podIP }, signal);
    } catch (error) {
      if (memory.terminatingSinceMs !== undefined) return;
      this.#world.log.info('a postStart hook failed', {
        pod: pod.metadata.name,
        container: target.container.name,
        error: errorText(error),
      });
      podEvent(this.#world, pod, {
        type: 'Warning',
        reason: 'FailedPostStartHook',
        message: 'PostStartHook failed',
        target,
      });
      podEvent(this.#world, pod, { reason: 'Killing', message: 'FailedPostStartHook', target });
      await runtime.stopContainer(containerId, pod.spec?.terminationGracePeriodSeconds ?? 30);
      await this.#needs.watch.refreshContainer(uid, containerId);
      throw new ContainerFailure('PostStartHookError', errorText(error), ranAgainAfterMs);
    }
  }
}

export function podIpOf({ sandboxes }: PodRuntime, hostIPs: readonly string[]): string {
  return sandboxes[0]?.ips[0] ?? hostIPs[0] ?? '';
}
