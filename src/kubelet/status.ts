/**
 * A pod's status as the API shows it, from what is known now. Pure. What always holds: a pod that has ended stays ended;
 * a condition's transition time changes only when its status does; conditions of others are left alone.
 */
import { rfc3339 } from '../base/mod.ts';
import type { ContainerStatus, PodCondition, PodStatus } from '../api/mod.ts';
import { containerStatuses } from './container-status.ts';
import {
  containersOf,
  isSidecar,
  isTerminalPhase,
  qosClass,
  restarts,
  type ContainerView,
  type PodContainer,
  type PodView,
} from './pod.ts';
import type { PodFacts } from './pod-facts.ts';
import { latest, readySandbox } from './runtime-state.ts';

export function podStatus(facts: PodFacts): PodStatus {
  const { pod, memory, hostIPs } = facts;
  const old = pod.status;
  const initContainerStatuses = containerStatuses(facts, ['init', 'sidecar']);
  const regular = containerStatuses(facts, ['regular']);
  const ephemeral = containerStatuses(facts, ['ephemeral']);
  const phase = phaseOf(facts, initContainerStatuses, regular);
  const failure = memory.failure ?? (isTerminalPhase(old?.phase) ? old : undefined);
  const podIPs = podAddresses(facts);
  const generation = pod.metadata.generation;
  const rejected = memory.failure !== undefined && !memory.admitted;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    ...(failure?.reason === undefined ? {} : { reason: failure.reason }),
    ...(failure?.message === undefined ? {} : { message: failure.message }),
    startTime: old?.startTime ?? rfc3339(memory.startedAtMs),
    qosClass: qosClass(pod),
    ...(rejected
      ? { conditions: conditions(facts, { phase, initContainerStatuses, regular: [] }) }
      : {
          conditions: conditions(facts, { phase, initContainerStatuses, regular }),
          ...(hostIPs.length === 0 ? {} : { hostIP: hostIPs[0] as string, hostIPs: hostIPs.map((ip) => ({ ip })) }),
          ...(podIPs.length === 0 ? {} : { podIP: podIPs[0] as string, podIPs: podIPs.map((ip) => ({ ip })) }),
          ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
          containerStatuses: regular,
          ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
        }),
  };
}

/** The pod's addresses: those of its sandbox, the node's on the host's network, and after its end those that it had. */
export function podAddresses({ pod, runtime, hostIPs }: PodFacts): readonly string[] {
  const own = readySandbox(runtime)?.ips ?? [];
  if (own.length > 0) return own;
  if (pod.spec?.hostNetwork === true)
    return runtime.sandboxes.length > 0 || pod.status?.podIP !== undefined ? hostIPs : [];
  return pod.status?.podIPs?.map(({ ip }) => ip) ?? [];
}

interface Parts {
  readonly phase: string;
  readonly initContainerStatuses: readonly ContainerStatus[];
  readonly regular: readonly ContainerStatus[];
}

function phaseOf(
  facts: PodFacts,
  initStatuses: readonly ContainerStatus[],
  regular: readonly ContainerStatus[],
): string {
  const { pod, memory } = facts;
  const old = pod.status?.phase ?? 'Pending';
  if (isTerminalPhase(old)) return old;
  if (memory.failure !== undefined) return 'Failed';
  const running = facts.runtime.containers.some(({ state }) => state === 'CONTAINER_RUNNING');
  const outcome = finalPhase(facts);
  if (outcome !== undefined) return running ? 'Running' : outcome;
  // What is being deleted is not restarted: once everything stands still it has ended, one way or the other.
  if (memory.terminatingSinceMs !== undefined && memory.tornDown) {
    const ended = regular.every(({ state }) => state?.terminated?.exitCode === 0);
    return ended && regular.length > 0 ? 'Succeeded' : 'Failed';
  }
  return livePhase(pod, initStatuses, regular);
}

function livePhase(
  pod: PodView,
  initStatuses: readonly ContainerStatus[],
  regular: readonly ContainerStatus[],
): string {
  let [running, waiting, stopped] = [0, 0, 0];
  for (const { state, lastState } of regular) {
    if (state?.running !== undefined) running++;
    else if (state?.terminated !== undefined || lastState?.terminated !== undefined) stopped++;
    else waiting++;
  }
  const specs = pod.spec?.initContainers ?? [];
  const initializing = initStatuses.some((status, i) => {
    const spec = specs[i];
    return spec !== undefined && (isSidecar(spec) ? status.started !== true : status.ready !== true);
  });
  if (initializing && running === 0 && stopped === 0) return 'Pending';
  if (waiting > 0) return 'Pending';
  return running > 0 || stopped > 0 ? 'Running' : 'Pending';
}

/** How the pod has ended, given that nothing in it will run again but sidecars; undefined: it goes on. */
export function finalPhase(facts: PodFacts): 'Succeeded' | 'Failed' | undefined {
  const { pod } = facts;
  const targets = containersOf(pod);
  const initFailed = targets.some((target) => target.role === 'init' && endedForGood(facts, target) === 'failed');
  if (initFailed && !targets.some((target) => target.role === 'regular' && wasStarted(facts, target))) return 'Failed';
  let failed = false;
  for (const target of targets) {
    if (target.role !== 'regular') continue;
    const end = endedForGood(facts, target);
    if (end === undefined) return undefined;
    if (end === 'failed') failed = true;
  }
  return failed ? 'Failed' : 'Succeeded';
}

function wasStarted({ runtime }: PodFacts, { container }: PodContainer): boolean {
  return latest(runtime, container.name) !== undefined;
}

function endedForGood({ runtime, pod }: PodFacts, target: PodContainer): 'succeeded' | 'failed' | undefined {
  const newest = latest(runtime, target.container.name);
  if (newest === undefined) return endedInApi(pod, target);
  if (newest.state !== 'CONTAINER_EXITED' || restarts(pod, target, newest.exitCode)) return undefined;
  return newest.exitCode === 0 ? 'succeeded' : 'failed';
}

/** The runtime may have lost what the API still knows. */
function endedInApi(pod: PodView, target: PodContainer): 'succeeded' | 'failed' | undefined {
  const list = target.role === 'regular' ? pod.status?.containerStatuses : pod.status?.initContainerStatuses;
  const terminated = list?.find(({ name }) => name === target.container.name)?.state?.terminated;
  if (terminated === undefined || restarts(pod, target, terminated.exitCode)) return undefined;
  return terminated.exitCode === 0 ? 'succeeded' : 'failed';
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

function conditions(facts: PodFacts, parts: Parts): PodCondition[] {
  const { pod, runtime, now } = facts;
  const containersReady = containersReadyVerdict(pod, parts);
  const ended = isTerminalPhase(parts.phase);
  const sandboxReady =
    !ended &&
    readySandbox(runtime) !== undefined &&
    (pod.spec?.hostNetwork === true || (readySandbox(runtime)?.ips.length ?? 0) > 0);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: sandboxReady ? 'True' : 'False' },
    Initialized: initializedVerdict(pod, parts),
    Ready: readyVerdict(pod, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  };
  const generation = pod.metadata.generation;
  return Object.entries(verdicts).map(([type, { status, reason, message }]) => {
    const old = pod.status?.conditions?.find((condition) => condition.type === type);
    const since =
      old?.status === status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : rfc3339(now);
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      status,
      lastTransitionTime: since,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
  });
}

function containersReadyVerdict(pod: PodView, { phase, regular, initContainerStatuses }: Parts): Verdict {
  if (regular.length === 0)
    return { status: 'False', reason: phase === 'Failed' ? 'PodFailed' : 'UnknownContainerStatuses' };
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = new Set(
    containersOf(pod).flatMap(({ container, role }) => (role === 'sidecar' ? [container.name] : [])),
  );
  const order = (pod.spec?.containers ?? []).map(({ name }) => name);
  const unready = [...initContainerStatuses.filter(({ name }) => sidecars.has(name)), ...regular]
    .filter(({ ready }) => !ready)
    .map(({ name }) => name);
  unready.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  if (unready.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyVerdict(pod: PodView, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const unready: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined)
      unready.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== 'True')
      unready.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
  }
  if (unready.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: unready.join(', ') };
}

function initializedVerdict(pod: PodView, { phase, initContainerStatuses, regular }: Parts): Verdict {
  const specs = pod.spec?.initContainers ?? [];
  if (specs.length === 0) return { status: 'True', ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) };
  if (initContainerStatuses.length === 0) return { status: 'False', reason: 'UnknownContainerStatuses' };
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (regular.some(({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated))
    return { status: 'True' };
  const incomplete = initContainerStatuses
    .filter((status, i) => !(isSidecarAt(specs, i) ? status.started === true : status.ready))
    .map(({ name }) => name);
  if (incomplete.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function isSidecarAt(specs: readonly ContainerView[], i: number): boolean {
  const spec = specs[i];
  return spec !== undefined && isSidecar(spec);
}
