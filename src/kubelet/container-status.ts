/** The status of one container as the API shows it. Pure. */
import { rfc3339, type DeepReadonly } from '../base/mod.ts';
import type { ContainerState, ContainerStatus } from '../api/mod.ts';
import { containersOf, restarts, type ContainerView, type PodContainer } from './pod.ts';
import { fullName } from './image-name.ts';
import { containerHash, notesOf } from './labels.ts';
import type { PodFacts } from './pod-facts.ts';
import type { ContainerStatus as RuntimeContainer } from './ports.ts';

type Status = DeepReadonly<ContainerStatus>;

/** Why a run ended that the runtime knows nothing of any more. */
export const lostReason = 'ContainerStatusUnknown';
const lost = { exitCode: 137, reason: lostReason } as const;
const lostText = 'The container could not be located when the pod was terminated';
const lostBeforeText = 'The container could not be located when the pod was deleted.  The container used to be Running';

export function containerStatus(facts: PodFacts, target: PodContainer): ContainerStatus {
  const { container, role } = target;
  const [newest, previous] = facts.runtime.containers.filter(({ metadata }) => metadata.name === container.name);
  const old = oldStatus(facts, target);
  const base = { name: container.name, image: container.image ?? '', imageID: '' };
  if (newest === undefined) return { ...base, ...missing(facts, target, old) };
  const state = stateOf(facts, newest);
  const problem = state.running === undefined ? facts.memory.problems.get(container.name) : undefined;
  const waits = problem !== undefined && !isOver(facts, target, state);
  const last =
    waits && state.terminated !== undefined
      ? { terminated: state.terminated }
      : previous === undefined
        ? undefined
        : endedState(facts, previous);
  const running = state.running !== undefined;
  const started = running && hasStarted(facts, target, newest);
  return {
    ...base,
    image: imageShown(container, newest),
    imageID: newest.imageRef,
    containerID: containerId(facts, newest),
    restartCount: Math.max(notesOf(newest.annotations).restartCount, newest.metadata.attempt),
    state: waits ? { waiting: { reason: problem.reason, message: problem.message } } : state,
    lastState: last ?? (old !== undefined && sameRun(facts, old, newest) ? (old.lastState ?? {}) : {}),
    started: role === 'ephemeral' ? running : started,
    ready: isReady(facts, target, newest, started),
    ...allocated(target, running),
  };
}

/** An image of several names is shown by the one that the pod gives it, if that is what runs. */
function imageShown(container: ContainerView, newest: RuntimeContainer): string {
  if (container.image !== undefined && notesOf(newest.annotations).hash === containerHash(container))
    return fullName(container.image);
  return newest.image.image;
}

/** Whether the container passed its startup probe, if it has one, and its postStart hook is through. */
export function hasStarted(facts: PodFacts, { container }: PodContainer, newest: RuntimeContainer): boolean {
  if (newest.state !== 'CONTAINER_RUNNING' || facts.doing.has(`start:${container.name}`)) return false;
  return container.startupProbe === undefined || facts.probes.result(newest.id, 'startup') === 'success';
}

function isReady(
  facts: PodFacts,
  { container, role }: PodContainer,
  newest: RuntimeContainer,
  started: boolean,
): boolean {
  if (role === 'init') return newest.state === 'CONTAINER_EXITED' && newest.exitCode === 0;
  if (role === 'ephemeral' || !started) return false;
  return container.readinessProbe === undefined || facts.probes.result(newest.id, 'readiness') === 'success';
}

/** Before the first container of that name was made, or after the runtime lost it. */
function missing(
  facts: PodFacts,
  target: PodContainer,
  old: Status | undefined,
): Omit<ContainerStatus, 'name' | 'image' | 'imageID'> {
  const problem = facts.memory.problems.get(target.container.name);
  const restartCount = old?.restartCount ?? 0;
  if (old?.state?.terminated !== undefined && (problem === undefined || isOver(facts, target, old.state))) {
    return { ...(old as ContainerStatus), ready: target.role === 'init' && old.ready, started: false };
  }
  const hasInit = (facts.pod.spec?.initContainers?.length ?? 0) > 0;
  const waiting = problem ?? {
    reason: hasInit && target.role !== 'ephemeral' ? 'PodInitializing' : 'ContainerCreating',
    message: undefined,
  };
  const shown = {
    waiting: { reason: waiting.reason, ...(waiting.message === undefined ? {} : { message: waiting.message }) },
  };
  const rest = { restartCount, ready: false, started: false };
  const wasRunning = old?.state?.running !== undefined;
  const ends = facts.memory.terminatingSinceMs !== undefined;
  if (wasRunning && ends) return { ...rest, state: { terminated: { ...lost, message: lostText } }, lastState: {} };
  if (wasRunning) {
    return {
      ...rest,
      restartCount: restartCount + 1,
      state: shown,
      lastState: { terminated: { ...lost, message: lostBeforeText } },
    };
  }
  return { ...rest, state: shown, lastState: old?.lastState ?? {} };
}

function stateOf(facts: PodFacts, container: RuntimeContainer): ContainerState {
  if (container.state === 'CONTAINER_RUNNING') return { running: { startedAt: rfc3339(container.startedAtMs) } };
  if (container.state === 'CONTAINER_CREATED') return { waiting: {} };
  return endedState(facts, container);
}

function endedState(facts: PodFacts, container: RuntimeContainer): ContainerState {
  if (container.state === 'CONTAINER_CREATED') return {};
  const message = facts.messages.get(container.id) ?? container.message;
  const unknown = container.state === 'CONTAINER_UNKNOWN';
  return {
    terminated: {
      exitCode: unknown ? 137 : container.exitCode,
      reason: unknown ? lost.reason : reasonOf(container),
      ...(message === '' ? {} : { message }),
      ...(container.startedAtMs === 0 ? {} : { startedAt: rfc3339(container.startedAtMs) }),
      finishedAt: rfc3339(container.finishedAtMs),
      containerID: containerId(facts, container),
    },
  };
}

function reasonOf({ reason, exitCode }: RuntimeContainer): string {
  if (reason !== '') return reason;
  return exitCode === 0 ? 'Completed' : 'Error';
}

/** Whether an ended container stays ended. */
function isOver(facts: PodFacts, target: PodContainer, state: ContainerState): boolean {
  if (facts.memory.terminatingSinceMs !== undefined) return true;
  return state.terminated !== undefined && !restarts(facts.pod, target, state.terminated.exitCode);
}

function containerId({ runtimeName }: PodFacts, { id }: RuntimeContainer): string {
  return `${runtimeName}://${id}`;
}

/** The status that the API has, which may know of runs that the runtime has forgotten. */
function oldStatus(facts: PodFacts, { container, role }: PodContainer): Status | undefined {
  const { initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = facts.pod.status ?? {};
  const list =
    role === 'regular' ? containerStatuses : role === 'ephemeral' ? ephemeralContainerStatuses : initContainerStatuses;
  return list?.find(({ name }) => name === container.name);
}

function sameRun(facts: PodFacts, old: Status, newest: RuntimeContainer): boolean {
  return old.containerID === containerId(facts, newest);
}

function allocated({ container }: PodContainer, running: boolean): Partial<ContainerStatus> {
  const { requests, limits } = container.resources ?? {};
  const volumeMounts = container.volumeMounts?.map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
  }));
  return {
    ...(requests === undefined || Object.keys(requests).length === 0 ? {} : { allocatedResources: { ...requests } }),
    ...(running
      ? {
          resources: {
            ...(limits === undefined ? {} : { limits: { ...limits } }),
            ...(requests === undefined ? {} : { requests: { ...requests } }),
          },
        }
      : {}),
    ...(volumeMounts === undefined || volumeMounts.length === 0 ? {} : { volumeMounts }),
  };
}

/** All statuses of a list of roles: init containers in the order of the spec, the others by name. */
export function containerStatuses(facts: PodFacts, roles: readonly PodContainer['role'][]): ContainerStatus[] {
  const statuses = containersOf(facts.pod)
    .filter(({ role }) => roles.includes(role))
    .map((target) => containerStatus(facts, target));
  return roles.includes('init') ? statuses : statuses.sort((a, b) => (a.name < b.name ? -1 : 1));
}
