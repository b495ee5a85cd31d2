/**
 * Clears away what is left over: dead containers and sandboxes, directories of pods that are gone, images when the disk
 * fills, logs that grow. What always holds: nothing of a pod that the engine holds is removed but what it has replaced.
 */
import { errorText } from '../base/mod.ts';
import { parseQuantity } from '../machinery/mod.ts';
import { imageGarbage, type ImageUse } from './garbage.ts';
import { rotateLog } from './log-rotation.ts';
import { memoryDirectory, podDirectory, podsDirectory, volumeDirectory } from './paths.ts';
import type { NodeAgent } from './node-agent.ts';
import type { PodVolumes } from './pod-volumes.ts';
import type { Image } from './ports.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { RuntimeWatch } from './runtime-watch.ts';
import { emptyDir as emptyDirPlugin } from './volumes/empty-dir.ts';
import type { KubeletWorld } from './world.ts';

const containersEveryMs = 60_000;
const imagesEveryMs = 300_000;
const logsEveryMs = 10_000;
const orphansEveryMs = 120_000;
const volumesEveryMs = 10_000;

export interface HousekeepingParts {
  readonly workers: PodWorkers;
  readonly watch: RuntimeWatch;
  readonly volumes: PodVolumes;
  readonly node: NodeAgent;
}

export class Housekeeping implements Disposable {
  readonly #world: KubeletWorld;
  readonly #parts: HousekeepingParts;
  readonly #uses = new Map<string, ImageUse>();
  readonly #timers = new Set<Disposable>();
  #disposed = false;

  constructor(world: KubeletWorld, parts: HousekeepingParts) {
    this.#world = world;
    this.#parts = parts;
  }

  start(): void {
    this.#every(containersEveryMs, () => this.#containers());
    this.#every(imagesEveryMs, () => this.#images());
    this.#every(logsEveryMs, () => this.#logs());
    this.#every(volumesEveryMs, () => this.#volumes());
    this.#every(orphansEveryMs, () => this.orphans());
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
  }

  #every(periodMs: number, work: () => Promise<void>): void {
    if (this.#disposed) return;
    const timer = this.#world.clock.after(periodMs, () => {
      this.#timers.delete(timer);
      const again = (): void => this.#every(periodMs, work);
      work().then(again, (error: unknown) => {
        this.#world.log.warn('could not clear up', { error: errorText(error) });
        again();
      });
    });
    this.#timers.add(timer);
  }

  async #containers(): Promise<void> {
    this.#parts.workers.collectGarbage();
  }

  /** Directories and cgroups of pods that neither the API nor the runtime knows, left by a kubelet that was killed. */
  async orphans(): Promise<void> {
    const { host, config } = this.#world;
    const lists = await Promise.all(
      [podsDirectory(config), memoryDirectory(config)].map((directory) => host.files.list(directory)),
    );
    for (const uid of new Set(lists.flat())) {
      if (this.#parts.workers.get(uid) !== undefined) continue;
      await this.#parts.volumes.tearDown(uid);
      await host.cgroups.remove(uid);
    }
  }

  async #images(): Promise<void> {
    const { runtime, clock, config, log } = this.#world;
    const images = await runtime.listImages();
    const now = clock.now();
    const inUse = this.#imagesInUse(images);
    for (const { id } of images) {
      const use = this.#uses.get(id) ?? { firstSeenMs: now, lastUsedMs: 0 };
      this.#uses.set(id, inUse.has(id) ? { ...use, lastUsedMs: now } : use);
    }
    const there = new Set(images.map(({ id }) => id));
    for (const id of this.#uses.keys()) if (!there.has(id)) this.#uses.delete(id);
    const files = this.#parts.node.usage?.filesystem;
    if (files === undefined || files.capacityBytes === 0) return;
    const used = files.capacityBytes - files.availableBytes;
    if (config.imageGcHighPercent >= 100 || (used / files.capacityBytes) * 100 < config.imageGcHighPercent) return;
    const bytesToFree = used - (files.capacityBytes * config.imageGcLowPercent) / 100;
    for (const { id, size } of imageGarbage({
      images,
      uses: this.#uses,
      inUse,
      keep: config.keptImages,
      bytesToFree,
      now,
    })) {
      log.info('removing an unused image', { image: id, size });
      await runtime.removeImage(id);
    }
    this.#parts.node.wake();
  }

  /** Ids of the images that containers were made from. A container may name its image by id, by tag or by digest. */
  #imagesInUse(images: readonly Image[]): Set<string> {
    const named = new Set<string>();
    for (const uid of this.#parts.watch.uids()) {
      for (const { image, imageRef } of this.#parts.watch.get(uid).containers) named.add(image.image).add(imageRef);
    }
    const isNamed = ({ id, repoTags, repoDigests }: Image): boolean =>
      [id, ...repoTags, ...repoDigests].some((name) => named.has(name));
    return new Set(images.filter(isNamed).map(({ id }) => id));
  }

  /** Ends pods whose emptyDir volumes hold more than they may. Those in memory are bounded by their mount. */
  async #volumes(): Promise<void> {
    const { host, config } = this.#world;
    for (const { uid, pod, memory } of this.#parts.workers.records()) {
      if (memory.volumes !== 'ready' || memory.terminatingSinceMs !== undefined) continue;
      for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
        const limit = parseQuantity(emptyDir?.sizeLimit ?? '0').value();
        if (limit === 0 || emptyDir?.medium === 'Memory') continue;
        const directory = volumeDirectory(podDirectory(config, uid), emptyDirPlugin.name, name);
        if ((await host.files.usedBytes(directory)) <= limit) continue;
        const message = `Usage of EmptyDir volume "${name}" exceeds the limit "${emptyDir?.sizeLimit}". `;
        this.#parts.workers.fail(uid, { reason: 'Evicted', message });
      }
    }
  }

  async #logs(): Promise<void> {
    for (const uid of this.#parts.watch.uids()) {
      for (const container of this.#parts.watch.get(uid).containers) {
        if (container.state === 'CONTAINER_RUNNING' && container.logPath !== '')
          await rotateLog(this.#world, container);
      }
    }
  }
}
