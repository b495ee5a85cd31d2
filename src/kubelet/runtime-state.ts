/**
 * What the runtime knows of one pod. What always holds: sandboxes and containers are ordered newest first, and only those
 * of this pod are there.
 */
import type { ContainerStatus, PodSandboxStatus } from './ports.ts';

export interface PodRuntime {
  readonly sandboxes: readonly PodSandboxStatus[];
  readonly containers: readonly ContainerStatus[];
}

export const emptyRuntime: PodRuntime = { sandboxes: [], containers: [] };

export function withSandbox(runtime: PodRuntime, sandbox: PodSandboxStatus): PodRuntime {
  const others = runtime.sandboxes.filter(({ id }) => id !== sandbox.id);
  return {
    ...runtime,
    sandboxes: [...others, sandbox].sort(
      (a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAtMs - a.createdAtMs,
    ),
  };
}

export function withContainer(runtime: PodRuntime, container: ContainerStatus): PodRuntime {
  const others = runtime.containers.filter(({ id }) => id !== container.id);
  return {
    ...runtime,
    containers: [...others, container].sort(
      (a, b) => b.createdAtMs - a.createdAtMs || b.metadata.attempt - a.metadata.attempt,
    ),
  };
}

export function without(runtime: PodRuntime, id: string): PodRuntime {
  return {
    sandboxes: runtime.sandboxes.filter((sandbox) => sandbox.id !== id),
    containers: runtime.containers.filter((container) => container.id !== id),
  };
}

/** The newest container of that name. */
export function latest(runtime: PodRuntime, name: string): ContainerStatus | undefined {
  return runtime.containers.find(({ metadata }) => metadata.name === name);
}

export function readySandbox(runtime: PodRuntime): PodSandboxStatus | undefined {
  return runtime.sandboxes.find(({ state }) => state === 'SANDBOX_READY');
}

export function isRunning(container: ContainerStatus | undefined): boolean {
  return container?.state === 'CONTAINER_RUNNING';
}
