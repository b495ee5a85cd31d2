/** What every part of the kubelet works with, handed down from the composition root. */
import type { Clock, Log, Random } from '../base/mod.ts';
import type { Client, EventRecorder, InformerCache } from '../client/mod.ts';
import { fieldPathOf, type PodContainer, type PodView } from './pod.ts';
import type { KubeletConfig } from './config.ts';
import type { ContainerRuntime, KubeletHost } from './ports.ts';

export interface KubeletWorld {
  readonly client: Client;
  readonly cache: InformerCache;
  readonly events: EventRecorder;
  readonly runtime: ContainerRuntime;
  readonly host: KubeletHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly config: KubeletConfig;
}

export interface PodEvent {
  readonly type?: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The container that the event is about. */
  readonly target?: PodContainer | undefined;
}

/** Tells about a pod; never fails and is not waited for. */
export function podEvent(
  { events }: Pick<KubeletWorld, 'events'>,
  pod: PodView,
  { type = 'Normal', reason, message, target }: PodEvent,
): void {
  const regarding = { kind: 'Pod', apiVersion: 'v1', metadata: pod.metadata };
  void events.record({
    regarding,
    type,
    reason,
    message,
    ...(target === undefined ? {} : { fieldPath: fieldPathOf(target) }),
  });
}
