/**
 * The runtime's events: from the CRI's own stream where the runtime has one, else from containerd's event service on the
 * same socket (containerd 1.6). The stream is opened again for as long as it is wanted; each time it opens, the watcher
 * is told to look at everything.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { decode, errorText, HostError, proto3, repeated, type Log } from '../../base/mod.ts';
import type { ContainerRuntime, RuntimeEvent } from '../../kubelet/ports.ts';
import type { GrpcChannel, GrpcMethod } from '../grpc.ts';
import { methods } from './methods.ts';

export interface EventWatch {
  readonly channel: GrpcChannel;
  readonly runtime: ContainerRuntime;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RuntimeEvent) => void;
}

/** Resolves once the signal has aborted, or when the runtime turns out to have no events. */
export async function watchEvents(watch: EventWatch): Promise<void> {
  const { signal, log } = watch;
  const sources = [criEvents, containerdEvents];
  let source = 0;
  let pauseMs = 50;
  while (!signal.aborted) {
    const openedAt = performance.now();
    try {
      await sources[source]?.(watch);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HostError && error.code === 'Unimplemented') {
        source++;
        if (source < sources.length) continue;
        log.warn('the container runtime has no events; changes are found by listing');
        return;
      }
      log.debug('the event stream of the container runtime broke', { error: errorText(error) });
    }
    pauseMs = performance.now() - openedAt > 10_000 ? 50 : Math.min(2 * pauseMs, 2000);
    await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function criEvents({ channel, runtime, signal, onEvent }: EventWatch): Promise<void> {
  const stream = channel.serverStream(methods.containerEvents, {}, { signal });
  const resync = whenListening(runtime, signal, onEvent);
  for await (const { containerId, containerEventType, createdAt } of stream) {
    onEvent({ type: containerEventType, id: containerId, atMs: createdAt / 1e6 });
  }
  await resync;
}

/**
 * A server says nothing when it has taken up a stream. An answer to a call made after it, on the same connection, is the
 * sign that it has.
 */
async function whenListening(
  runtime: ContainerRuntime,
  signal: AbortSignal,
  onEvent: EventWatch['onEvent'],
): Promise<void> {
  try {
    await runtime.version({ signal });
    onEvent({ type: 'Resync' });
  } catch {
    // The stream breaks for the same reason and says so.
  }
}

// containerd's own events

interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}
const Timestamp = proto3<Timestamp>('Timestamp', { seconds: [1, 'int64'], nanos: [2, 'int32'] });

interface AnyMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}
const AnyMessage = proto3<AnyMessage>('Any', { typeUrl: [1, 'string'], value: [2, 'bytes'] });

interface Envelope {
  readonly timestamp?: Timestamp;
  readonly namespace: string;
  readonly topic: string;
  readonly event?: AnyMessage;
}
const Envelope = proto3<Envelope>('Envelope', {
  timestamp: [1, Timestamp],
  namespace: [2, 'string'],
  topic: [3, 'string'],
  event: [4, AnyMessage],
});

interface SubscribeRequest {
  readonly filters: readonly string[];
}
const subscribe: GrpcMethod<SubscribeRequest, Envelope> = {
  path: '/containerd.services.events.v1.Events/Subscribe',
  request: proto3<SubscribeRequest>('SubscribeRequest', { filters: [1, repeated('string')] }),
  response: Envelope,
};

/** The container's id is field 1 in all events that are asked for. */
const ContainerEvent = proto3<{ readonly containerId: string }>('ContainerEvent', { containerId: [1, 'string'] });

interface TaskExit {
  readonly containerId: string;
  /** The exec's id, or the container's when it is the container that ended. */
  readonly id: string;
  readonly exitStatus: number;
}
const TaskExit = proto3<TaskExit>('TaskExit', {
  containerId: [1, 'string'],
  id: [2, 'string'],
  exitStatus: [4, 'uint32'],
});

const eventTypes = {
  '/containers/create': 'Created',
  '/tasks/start': 'Started',
  '/tasks/oom': 'OutOfMemory',
  '/containers/delete': 'Deleted',
} as const;

const topics = [...Object.keys(eventTypes), '/tasks/exit'];

async function containerdEvents(watch: EventWatch): Promise<void> {
  const { channel, runtime, signal, onEvent } = watch;
  const filters = topics.map((topic) => `namespace==k8s.io,topic=="${topic}"`);
  const stream = channel.serverStream(subscribe, { filters }, { signal });
  const resync = whenListening(runtime, signal, onEvent);
  for await (const { timestamp, topic, event } of stream) {
    if (event === undefined) continue;
    const atMs = (timestamp?.seconds ?? 0) * 1000 + (timestamp?.nanos ?? 0) / 1e6;
    if (topic === '/tasks/exit') {
      const { containerId, id, exitStatus } = decode(TaskExit, event.value);
      if (id === containerId) void reportStopped(watch, { type: 'Stopped', id, atMs, exitCode: exitStatus });
    } else if (topic in eventTypes) {
      const type = eventTypes[topic as keyof typeof eventTypes];
      onEvent({ type, id: decode(ContainerEvent, event.value).containerId, atMs });
    }
  }
  await resync;
}

/**
 * containerd tells its CRI part of an exit in the same moment as us, and that part writes it down some milliseconds
 * later: whoever looked at once would still see a running container, and not look again.
 */
async function reportStopped(watch: EventWatch, event: RuntimeEvent & { readonly type: 'Stopped' }): Promise<void> {
  const { runtime, signal, onEvent } = watch;
  for (const pauseMs of [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]) {
    try {
      const [container] = await runtime.listContainers({ id: event.id }, { signal });
      const [sandbox] = container ? [] : await runtime.listPodSandboxes({ id: event.id }, { signal });
      if (container?.state !== 'CONTAINER_RUNNING' && sandbox?.state !== 'SANDBOX_READY') break;
      await delay(pauseMs, undefined, { signal, ref: false });
    } catch {
      break;
    }
  }
  if (!signal.aborted) onEvent(event);
}
