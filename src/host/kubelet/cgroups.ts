/**
 * Pods' cgroups in v1 and v2. What always holds: they lie below a parent of our own, so no other kubelet or runtime on this
 * machine meets them; where cgroups cannot be written pods run all the same, without limits of their own.
 */
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HostError } from '../../base/mod.ts';
import type { PodCgroups, PodCgroupSettings } from '../../kubelet/ports.ts';
import { cgroupSetup, type CgroupSetup } from '../containerd/environment.ts';
import { codeOf, hostError, isMissing } from './errors.ts';

const qosFolders = { Guaranteed: '', Burstable: 'burstable', BestEffort: 'besteffort' } as const;
/** What asked for nothing comes after everything that did: all such pods together count as little as possible. */
const leastShares = 2;
const v2Controllers = '+cpu +memory +pids';
/** The runtime takes its own cgroups out a little after it said that a pod has ended. */
const removalTries = 20;
const removalWaitMs = 50;

export class LinuxCgroups implements PodCgroups {
  readonly #parent: string;
  readonly #setup: CgroupSetup;

  private constructor(parent: string, setup: CgroupSetup) {
    this.#parent = parent;
    this.#setup = setup;
  }

  /** `parent` is absolute within the hierarchies: `/kutter/default`. */
  static async open(parent: string): Promise<LinuxCgroups> {
    return new LinuxCgroups(parent, await cgroupSetup());
  }

  async ensure(podUid: string, settings: PodCgroupSettings): Promise<string | undefined> {
    const name = this.#name(podUid, settings.qos);
    try {
      if (this.#setup.mode === 'v2') await this.#ensureV2(name, settings);
      else await this.#ensureV1(name, settings);
      return name;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return undefined;
      throw hostError(error);
    }
  }

  async remove(podUid: string): Promise<void> {
    for (const mount of this.#setup.mounts) {
      for (const qos of Object.keys(qosFolders) as (keyof typeof qosFolders)[])
        await removeCgroup(join(mount, this.#name(podUid, qos)));
    }
  }

  #name(podUid: string, qos: keyof typeof qosFolders): string {
    return join(this.#parent, 'kubepods', qosFolders[qos], `pod${podUid}`);
  }

  async #ensureV1(
    name: string,
    { qos, cpuShares, cpuQuotaUs, cpuPeriodUs, memoryLimitBytes }: PodCgroupSettings,
  ): Promise<void> {
    const [cpu, memory] = [this.#hierarchy('cpu'), this.#hierarchy('memory')];
    if (cpu !== undefined) {
      await mkdir(join(cpu, name), { recursive: true });
      await writeFile(join(cpu, name, 'cpu.shares'), String(cpuShares));
      if (qos === 'BestEffort') await writeFile(join(cpu, dirname(name), 'cpu.shares'), String(leastShares));
      if (cpuQuotaUs !== undefined) {
        await writeFile(join(cpu, name, 'cpu.cfs_period_us'), String(cpuPeriodUs));
        await writeFile(join(cpu, name, 'cpu.cfs_quota_us'), String(cpuQuotaUs));
      }
    }
    if (memory !== undefined) {
      await mkdir(join(memory, name), { recursive: true });
      if (memoryLimitBytes !== undefined)
        await writeFile(join(memory, name, 'memory.limit_in_bytes'), String(memoryLimitBytes));
    }
  }

  /** The mount whose name says that it has the controller: `/sys/fs/cgroup/cpu,cpuacct`. */
  #hierarchy(controller: string): string | undefined {
    return this.#setup.mounts.find((mount) => (mount.split('/').at(-1) ?? '').split(',').includes(controller));
  }

  async #ensureV2(
    name: string,
    { qos, cpuShares, cpuQuotaUs, cpuPeriodUs, memoryLimitBytes }: PodCgroupSettings,
  ): Promise<void> {
    const [mount] = this.#setup.mounts;
    if (mount === undefined) return;
    const parts = name.split('/').filter((part) => part !== '');
    let path = mount;
    for (const part of parts) {
      // A controller works below only where every group above passes it on.
      await passOn(path);
      path = join(path, part);
      await mkdir(path, { recursive: true });
    }
    await writeFile(join(path, 'cpu.weight'), String(weight(cpuShares)));
    if (qos === 'BestEffort') await writeFile(join(dirname(path), 'cpu.weight'), String(weight(leastShares)));
    if (cpuQuotaUs !== undefined) await writeFile(join(path, 'cpu.max'), `${cpuQuotaUs} ${cpuPeriodUs}`);
    if (memoryLimitBytes !== undefined) await writeFile(join(path, 'memory.max'), String(memoryLimitBytes));
  }
}

async function passOn(path: string): Promise<void> {
  const file = join(path, 'cgroup.subtree_control');
  const has = await readFile(file, 'utf8');
  if (v2Controllers.split(' ').every((controller) => has.split(/\s+/).includes(controller.slice(1)))) return;
  await writeFile(file, v2Controllers);
}

/** v1's shares (2 to 262144) as v2's weight (1 to 10000). */
function weight(shares: number): number {
  return Math.trunc(1 + ((shares - 2) * 9999) / 262_142);
}

async function removeCgroup(path: string): Promise<void> {
  for (let i = 0; i < removalTries; i++) {
    try {
      await removeGroups(path);
      return;
    } catch (error) {
      if (isMissing(error)) return;
      if (codeOf(error) !== 'EBUSY') throw hostError(error);
    }
    await delay(removalWaitMs);
  }
  throw new HostError('EBUSY', `${path} still has processes`);
}

/** Groups below first; the files in a group go with it. */
async function removeGroups(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await removeGroups(join(path, entry.name));
  await rmdir(path);
}
