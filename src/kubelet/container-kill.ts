/** Ends one container: its preStop hook, the stop signal, and the kill when its time is over. */
import { errorText, sleep } from '../base/mod.ts';
import { podIpOf } from './container-start.ts';
import { runHook } from './handler.ts';
import { fieldPathOf, type PodContainer } from './pod.ts';
import type { PodRecord } from './pod-record.ts';
import type { ContainerStatus } from './ports.ts';
import type { RuntimeWatch } from './runtime-watch.ts';
import { podEvent, type KubeletWorld } from './world.ts';

export interface KillRequest {
  readonly container: ContainerStatus;
  readonly target: PodContainer | undefined;
  readonly message: string;
  readonly graceSeconds: number;
  readonly signal: AbortSignal;
}

/** What is left for the container itself after a hook that took all the time. */
const graceMinSeconds = 2;

export async function killContainer(
  world: KubeletWorld,
  watch: RuntimeWatch,
  record: PodRecord,
  request: KillRequest,
): Promise<void> {
  const { container, target, message, graceSeconds, signal } = request;
  podEvent(world, record.pod, { reason: 'Killing', message, target });
  let left = graceSeconds;
  if (target?.container.lifecycle?.preStop !== undefined && graceSeconds > 0) {
    const began = world.clock.monotonic();
    await preStop(world, watch, record, request);
    left = Math.max(graceMinSeconds, Math.ceil(graceSeconds - (world.clock.monotonic() - began) / 1000));
  }
  if (signal.aborted) return;
  try {
    await world.runtime.stopContainer(container.id, left, { signal, timeoutMs: (left + 120) * 1000 });
  } catch (error) {
    if (signal.aborted) return;
    world.log.warn('could not stop a container', { container: container.id, error: errorText(error) });
    throw error;
  }
  await watch.refreshContainer(record.uid, container.id);
}

/** Runs the hook, at most as long as the container has. */
async function preStop(
  world: KubeletWorld,
  watch: RuntimeWatch,
  record: PodRecord,
  { container, target, graceSeconds, signal }: KillRequest,
): Promise<void> {
  const handler = target?.container.lifecycle?.preStop;
  if (handler === undefined || target === undefined) return;
  const podIP = podIpOf(watch.get(record.uid), []);
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const hook = runHook(world, handler, { container: target.container, containerId: container.id, podIP }, both);
  const limit = sleep(world.clock, graceSeconds * 1000, both).then(
    () => over.abort(),
    () => undefined,
  );
  try {
    await Promise.race([hook, limit]);
  } catch (error) {
    if (signal.aborted) return;
    world.log.info('a preStop hook failed', { container: fieldPathOf(target), error: errorText(error) });
    podEvent(world, record.pod, {
      type: 'Warning',
      reason: 'FailedPreStopHook',
      message: 'PreStopHook failed',
      target,
    });
  } finally {
    over.abort();
    hook.catch(() => undefined);
  }
}
