/** Makes and ends the sandboxes of pods. */
import { errorText } from '../base/mod.ts';
import { Backoff } from './backoff.ts';
import { parseResolvConf, podDns } from './dns.ts';
import { type Gate } from './gate.ts';
import { podText, uidOf, type PodView } from './pod.ts';
import { podCgroup } from './resources.ts';
import { sandboxConfig } from './runtime-config.ts';
import type { PodSandboxConfig } from './ports.ts';
import type { PodRecord } from './pod-record.ts';
import type { RuntimeWatch } from './runtime-watch.ts';
import { podEvent, type KubeletWorld } from './world.ts';

const retryMinMs = 1_000;
const retryMaxMs = 12_000;

export class Sandboxes {
  readonly #world: KubeletWorld;
  readonly #watch: RuntimeWatch;
  readonly #gate: Gate;
  readonly #backoff = new Backoff(retryMinMs, retryMaxMs);

  constructor(world: KubeletWorld, watch: RuntimeWatch, gate: Gate) {
    this.#world = world;
    this.#watch = watch;
    this.#gate = gate;
  }

  async run(record: PodRecord, attempt: number): Promise<void> {
    const { runtime, clock } = this.#world;
    const { pod, uid, memory } = record;
    try {
      const config = await this.config(pod, attempt);
      record.sandboxConfig = config;
      const handler = pod.spec?.runtimeClassName;
      await this.#gate.run(async () => {
        const id = await runtime.runPodSandbox({
          config,
          ...(handler === undefined ? {} : { runtimeHandler: handler }),
        });
        await this.#watch.refreshSandbox(uid, id);
      });
      this.#backoff.reset(uid);
    } catch (error) {
      const now = clock.now();
      this.#backoff.next(uid, now, now);
      memory.sandboxAgainAtMs = now + this.#backoff.delayMs(uid);
      podEvent(this.#world, pod, {
        type: 'Warning',
        reason: 'FailedCreatePodSandBox',
        message: `Failed to create pod sandbox: ${errorText(error)}`,
      });
    }
  }

  /** The same for the same pod, so containers started by a restarted kubelet fit the sandbox that is there. */
  async config(pod: PodView, attempt: number): Promise<PodSandboxConfig> {
    const { host, config } = this.#world;
    const [resolvConf, cgroupParent] = await Promise.all([
      host.node.resolvConf(),
      host.cgroups.ensure(uidOf(pod), podCgroup(pod)),
    ]);
    const dns = podDns(pod, config.clusterDns, parseResolvConf(resolvConf));
    if (dns.clusterDnsMissing) {
      const message = `pod: "${podText(pod)}". kubelet does not have ClusterDNS IP configured and cannot create Pod using "${pod.spec?.dnsPolicy ?? 'ClusterFirst'}" policy. Falling back to "Default" policy.`;
      podEvent(this.#world, pod, { type: 'Warning', reason: 'MissingClusterDNS', message });
    }
    return sandboxConfig({ pod, attempt, dns: dns.config, cgroupParent, config });
  }

  async stop({ pod, uid }: PodRecord, id: string, changed: boolean): Promise<void> {
    if (changed)
      podEvent(this.#world, pod, {
        reason: 'SandboxChanged',
        message: 'Pod sandbox changed, it will be killed and re-created.',
      });
    try {
      await this.#world.runtime.stopPodSandbox(id);
    } catch (error) {
      podEvent(this.#world, pod, {
        type: 'Warning',
        reason: 'FailedKillPod',
        message: `error killing pod: failed to "KillPodSandbox" for "${uid}" with KillPodSandboxError: "${errorText(error)}"`,
      });
      throw error;
    }
    await this.#watch.refreshSandbox(uid, id);
  }
}
