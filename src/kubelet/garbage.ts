/** What the runtime keeps and nobody needs any more. Pure. */
import type { ContainerStatus, Image, PodSandboxStatus } from './ports.ts';
import type { PodRuntime } from './runtime-state.ts';

export interface Garbage {
  readonly containers: readonly ContainerStatus[];
  readonly sandboxes: readonly PodSandboxStatus[];
}

/**
 * Of each container the newest stays, and of those before it the last one, for `kubectl logs --previous`. Of the sandboxes
 * the newest stays, and those in which a kept container lies.
 */
export function podGarbage({ sandboxes, containers }: PodRuntime): Garbage {
  const kept = new Map<string, number>();
  const garbage: ContainerStatus[] = [];
  for (const container of containers) {
    const { name } = container.metadata;
    const count = kept.get(name) ?? 0;
    if (container.state === 'CONTAINER_RUNNING') continue;
    const newest = containers.find(({ metadata }) => metadata.name === name);
    if (container === newest) continue;
    kept.set(name, count + 1);
    if (count >= 1) garbage.push(container);
  }
  const oldest = Math.min(
    ...containers.filter((container) => !garbage.includes(container)).map(({ createdAtMs }) => createdAtMs),
  );
  const dead = sandboxes.filter((sandbox, i) => {
    const next = sandboxes[i - 1];
    // Everything made in a sandbox is older than the sandbox after it.
    return next !== undefined && sandbox.state !== 'SANDBOX_READY' && next.createdAtMs <= oldest;
  });
  return { containers: garbage, sandboxes: dead };
}

export interface ImageUse {
  readonly firstSeenMs: number;
  readonly lastUsedMs: number;
}

export interface ImageGarbageInput {
  readonly images: readonly Image[];
  /** By image id. */
  readonly uses: ReadonlyMap<string, ImageUse>;
  readonly inUse: ReadonlySet<string>;
  /** Names of images that stay whatever happens: those of sandboxes. */
  readonly keep: readonly string[];
  readonly bytesToFree: number;
  readonly now: number;
}

/** Freshly pulled images are kept at least this long. */
const ageMinMs = 120_000;

/** The images to remove, least recently used first, until enough is free. */
export function imageGarbage({ images, uses, inUse, keep, bytesToFree, now }: ImageGarbageInput): Image[] {
  const useOf = ({ id }: Image): ImageUse => uses.get(id) ?? { firstSeenMs: now, lastUsedMs: now };
  const candidates = images
    .filter(
      (image) =>
        !image.pinned &&
        !inUse.has(image.id) &&
        !image.repoTags.some((tag) => keep.includes(tag)) &&
        now - useOf(image).firstSeenMs >= ageMinMs,
    )
    .sort((a, b) => useOf(a).lastUsedMs - useOf(b).lastUsedMs || useOf(a).firstSeenMs - useOf(b).firstSeenMs);
  const garbage: Image[] = [];
  let freed = 0;
  for (const image of candidates) {
    if (freed >= bytesToFree) break;
    garbage.push(image);
    freed += image.size;
  }
  return garbage;
}
