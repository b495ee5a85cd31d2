/**
 * What to do next for one pod: a pure function of everything that is known about it. The engine starts each action as an
 * operation and plans again when one ends, so independent steps (sandbox, volumes, images) run side by side.
 *
 * What always holds: an action that is under way is not planned again; a container starts only in a ready sandbox, with
 * its volumes there, and after those before it; nothing starts in a pod that is ending.
 */
import type { PodStatus } from '../api/mod.ts';
import { goDuration } from '../machinery/mod.ts';
import { hasStarted, lostReason } from './container-status.ts';
import { containerHash, notesOf } from './labels.ts';
import { containersOf, isTerminalPhase, podText, restarts, uidOf, type PodContainer, type PodView } from './pod.ts';
import type { PodFacts } from './pod-facts.ts';
import type { ContainerStatus, PodSandboxStatus } from './ports.ts';
import { isRunning, latest } from './runtime-state.ts';
import { finalPhase, podStatus } from './status.ts';
import { planTermination } from './termination.ts';

export type PodAction =
  | { readonly do: 'fail'; readonly reason: string; readonly message: string }
  | { readonly do: 'mountVolumes' }
  | { readonly do: 'runSandbox'; readonly attempt: number }
  | { readonly do: 'stopSandbox'; readonly id: string; readonly changed: boolean }
  | { readonly do: 'ensureImage'; readonly target: PodContainer }
  | {
      readonly do: 'startContainer';
      readonly target: PodContainer;
      readonly sandbox: PodSandboxStatus;
      readonly attempt: number;
    }
  | { readonly do: 'backOff'; readonly target: PodContainer; readonly message: string; readonly againAtMs: number }
  | { readonly do: 'networkNotReady'; readonly problem: string }
  | {
      readonly do: 'killContainer';
      readonly container: ContainerStatus;
      readonly target: PodContainer | undefined;
      readonly message: string;
      readonly graceSeconds: number;
    }
  | { readonly do: 'cancel'; readonly operation: string }
  | { readonly do: 'beginTermination' }
  | { readonly do: 'tearDown' }
  | { readonly do: 'deleteFromApi' }
  | { readonly do: 'forget' };

export interface PodPlan {
  readonly status: PodStatus;
  readonly actions: readonly PodAction[];
  readonly wakeAtMs?: number;
}

/** How often a pod that waits for the network says so; it is woken when there is one. */
const networkAgainMs = 10_000;
/** How often a container that has to wait says so in an event. */
const backOffEventMs = 15_000;

export function planPod(facts: PodFacts): PodPlan {
  const planning = new Planning(facts);
  planning.run();
  const { actions, wakeAtMs } = planning;
  return { status: podStatus(facts), actions, ...(wakeAtMs === undefined ? {} : { wakeAtMs }) };
}

/** The name under which restarts of a container are delayed: another image starts afresh. */
export function restartKey(pod: PodView, { container }: PodContainer): string {
  return `${uidOf(pod)}/${container.name}/${containerHash(container)}`;
}

class Planning {
  readonly #facts: PodFacts;
  readonly actions: PodAction[] = [];
  wakeAtMs: number | undefined;

  constructor(facts: PodFacts) {
    this.#facts = facts;
  }

  run(): void {
    const facts = this.#facts;
    if (this.#isOver()) {
      this.actions.push(...planTermination(facts));
      return;
    }
    if (!facts.memory.admitted || this.#overdue()) return;
    if (
      facts.networkProblem !== undefined &&
      facts.pod.spec?.hostNetwork !== true &&
      facts.runtime.sandboxes.length === 0
    ) {
      this.actions.push({ do: 'networkNotReady', problem: facts.networkProblem });
      return this.#wakeAt(facts.now + networkAgainMs);
    }
    this.#volumes();
    const sandbox = this.#sandbox();
    if (sandbox === 'wait') return;
    if (sandbox !== undefined) this.#ephemeral(sandbox);
    if (this.#initialize(sandbox)) this.#regular(sandbox);
  }

  #isOver(): boolean {
    const { pod, removed, memory } = this.#facts;
    const ending = removed || memory.failure !== undefined || memory.terminatingSinceMs !== undefined;
    return (
      ending ||
      pod.metadata.deletionTimestamp !== undefined ||
      isTerminalPhase(pod.status?.phase) ||
      finalPhase(this.#facts) !== undefined
    );
  }

  #wakeAt(atMs: number): void {
    this.wakeAtMs = Math.min(this.wakeAtMs ?? Infinity, atMs);
  }

  /** Ends a pod that runs longer than it may. */
  #overdue(): boolean {
    const { pod, memory, now } = this.#facts;
    const seconds = pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined) return false;
    const since = pod.status?.startTime === undefined ? memory.startedAtMs : Date.parse(pod.status.startTime);
    const until = since + seconds * 1000;
    if (now < until) {
      this.#wakeAt(until);
      return false;
    }
    this.actions.push({
      do: 'fail',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    return true;
  }

  #volumes(): void {
    const { memory, doing, now } = this.#facts;
    if (memory.volumes === 'ready' || doing.has('volumes')) return;
    if (memory.volumes !== 'needed' && now < memory.volumes.againAtMs) return this.#wakeAt(memory.volumes.againAtMs);
    this.actions.push({ do: 'mountVolumes' });
  }

  /** The sandbox to start containers in; undefined while there is none yet, `wait` while an old one is cleared away. */
  #sandbox(): PodSandboxStatus | 'wait' | undefined {
    const { pod, runtime, doing, memory, now } = this.#facts;
    const [newest] = runtime.sandboxes;
    if (newest !== undefined && this.#usable(newest)) return newest;
    if (doing.has('sandbox')) return undefined;
    if (newest === undefined) return this.#runSandbox(0);
    // Containers live and die with their sandbox: first they end, then it is stopped, then comes the next.
    const stale = runtime.containers.filter((container) => isRunning(container));
    for (const container of stale) {
      if (!doing.has(`kill:${container.id}`))
        this.#kill(container, `Stopping container ${container.metadata.name}`, undefined);
    }
    if (stale.length > 0) return 'wait';
    const ready = runtime.sandboxes.filter(({ state }) => state === 'SANDBOX_READY');
    for (const { id } of ready)
      if (!doing.has(`stop:${id}`)) this.actions.push({ do: 'stopSandbox', id, changed: true });
    if (ready.length > 0) return 'wait';
    const worth = containersOf(pod).some((target) => target.role === 'regular' && this.#shouldStart(target));
    if (!worth) return 'wait';
    if (now < memory.sandboxAgainAtMs) {
      this.#wakeAt(memory.sandboxAgainAtMs);
      return 'wait';
    }
    return this.#runSandbox(newest.metadata.attempt + 1);
  }

  #runSandbox(attempt: number): undefined {
    const { memory, now } = this.#facts;
    if (now < memory.sandboxAgainAtMs) this.#wakeAt(memory.sandboxAgainAtMs);
    else this.actions.push({ do: 'runSandbox', attempt });
    return undefined;
  }

  #usable(sandbox: PodSandboxStatus): boolean {
    const { pod, runtime } = this.#facts;
    const hostNetwork = pod.spec?.hostNetwork === true;
    const ready = runtime.sandboxes.filter(({ state }) => state === 'SANDBOX_READY').length;
    if (sandbox.state !== 'SANDBOX_READY' || ready > 1) return false;
    if (sandbox.namespaces !== undefined && (sandbox.namespaces.network === 'NODE') !== hostNetwork) return false;
    return hostNetwork || sandbox.ips.length > 0;
  }

  #ephemeral(sandbox: PodSandboxStatus): void {
    const targets = containersOf(this.#facts.pod).filter(({ role }) => role === 'ephemeral');
    this.#start(
      targets.filter(({ container }) => latest(this.#facts.runtime, container.name) === undefined),
      sandbox,
    );
  }

  /** Brings the init containers on; true when all of them are through, and the sidecars among them run. */
  #initialize(sandbox: PodSandboxStatus | undefined): boolean {
    const targets = containersOf(this.#facts.pod).filter(({ role }) => role === 'init' || role === 'sidecar');
    if (targets.length === 0) return true;
    const initialized = containersOf(this.#facts.pod).some(
      (target) => target.role === 'regular' && this.#current(target, sandbox) !== undefined,
    );
    let reached = initialized ? targets.length : -1;
    if (!initialized)
      for (const [i, target] of targets.entries()) if (this.#current(target, sandbox) !== undefined) reached = i;
    const toStart: PodContainer[] = [];
    for (const target of targets.slice(0, Math.max(0, reached))) {
      if (target.role === 'sidecar' && this.#keepsNot(target)) toStart.push(target);
    }
    const through = initialized || this.#advance(targets, reached, sandbox, toStart);
    this.#start(toStart, sandbox);
    return through;
  }

  /** Looks at the init container that was reached last, and takes the next one when that is through. */
  #advance(
    targets: readonly PodContainer[],
    reached: number,
    sandbox: PodSandboxStatus | undefined,
    toStart: PodContainer[],
  ): boolean {
    const target = targets[reached];
    if (target !== undefined) {
      const container = this.#current(target, sandbox);
      if (target.role === 'sidecar') {
        if (this.#keepsNot(target)) return (void toStart.push(target), false);
        if (container === undefined || !hasStarted(this.#facts, target, container)) return false;
      } else if (container?.state !== 'CONTAINER_EXITED' || container.exitCode !== 0) {
        if (container === undefined || (!isRunning(container) && this.#shouldStart(target))) toStart.push(target);
        return false;
      }
    }
    const next = targets[reached + 1];
    if (next === undefined) return true;
    toStart.push(next);
    return false;
  }

  #regular(sandbox: PodSandboxStatus | undefined): void {
    const targets = containersOf(this.#facts.pod).filter(({ role }) => role === 'regular');
    this.#start(
      targets.filter((target) => this.#keepsNot(target)),
      sandbox,
    );
  }

  /** Whether the container is to be started; one that runs and must not is killed on the way. */
  #keepsNot(target: PodContainer): boolean {
    const { runtime, doing, pod } = this.#facts;
    const { container } = target;
    const newest = latest(runtime, container.name);
    if (!isRunning(newest) || newest === undefined) return this.#shouldStart(target);
    if (doing.has(`kill:${newest.id}`) || doing.has(`start:${container.name}`)) return false;
    const reason = this.#wrong(target, newest);
    if (reason === undefined) return false;
    const again = reason.always || target.role === 'sidecar' || (pod.spec?.restartPolicy ?? 'Always') !== 'Never';
    this.#kill(newest, again ? `${reason.text}, will be restarted` : reason.text, target, reason.graceSeconds);
    return false;
  }

  #wrong(
    target: PodContainer,
    newest: ContainerStatus,
  ): { text: string; always: boolean; graceSeconds: number | undefined } | undefined {
    const { container } = target;
    const { probes } = this.#facts;
    const { hash } = notesOf(newest.annotations);
    if (hash !== undefined && hash !== containerHash(container)) {
      return { text: `Container ${container.name} definition changed`, always: true, graceSeconds: undefined };
    }
    for (const kind of ['liveness', 'startup'] as const) {
      const probe = kind === 'liveness' ? container.livenessProbe : container.startupProbe;
      if (probe === undefined || probes.result(newest.id, kind) !== 'failure') continue;
      return {
        text: `Container ${container.name} failed ${kind} probe`,
        always: false,
        graceSeconds: probe.terminationGracePeriodSeconds,
      };
    }
    return undefined;
  }

  #kill(container: ContainerStatus, message: string, target: PodContainer | undefined, graceSeconds?: number): void {
    const grace = graceSeconds ?? this.#facts.pod.spec?.terminationGracePeriodSeconds ?? 30;
    this.actions.push({ do: 'killContainer', container, target, message, graceSeconds: grace });
  }

  #shouldStart(target: PodContainer): boolean {
    const newest = latest(this.#facts.runtime, target.container.name);
    if (newest === undefined || newest.state === 'CONTAINER_CREATED' || newest.state === 'CONTAINER_UNKNOWN')
      return true;
    return newest.state === 'CONTAINER_EXITED' && restarts(this.#facts.pod, target, newest.exitCode);
  }

  /** The newest container of that name if it belongs to the sandbox and not to one before it. */
  #current({ container }: PodContainer, sandbox: PodSandboxStatus | undefined): ContainerStatus | undefined {
    const newest = latest(this.#facts.runtime, container.name);
    return newest !== undefined && sandbox !== undefined && newest.createdAtMs >= sandbox.createdAtMs
      ? newest
      : undefined;
  }

  /**
   * Starts containers in their order: images of all are looked for at once, but a container waits for those before it,
   * whose postStart hooks may be what it depends on. One that cannot start now does not hold up the others.
   */
  #start(targets: readonly PodContainer[], sandbox: PodSandboxStatus | undefined): void {
    const { doing, memory, now } = this.#facts;
    let blocked = false;
    for (const target of targets) {
      const { name } = target.container;
      if (doing.has(`start:${name}`) || doing.has(`image:${name}`)) {
        blocked = true;
        continue;
      }
      if (this.#backsOff(target)) continue;
      const problem = memory.problems.get(name);
      if (problem !== undefined && problem.reason !== 'CrashLoopBackOff' && now < problem.againAtMs) {
        this.#wakeAt(problem.againAtMs);
        continue;
      }
      if (!memory.images.has(name)) {
        this.actions.push({ do: 'ensureImage', target });
        blocked = true;
        continue;
      }
      const starting = [...doing.keys()].some((operation) => operation.startsWith('start:'));
      if (blocked || starting || sandbox === undefined || memory.volumes !== 'ready') continue;
      const newest = latest(this.#facts.runtime, name);
      const attempt =
        newest === undefined
          ? this.#countBefore(target)
          : Math.max(newest.metadata.attempt, notesOf(newest.annotations).restartCount) + 1;
      this.actions.push({ do: 'startContainer', target, sandbox, attempt });
      blocked = true;
    }
  }

  /** The number of the next run when the runtime has forgotten the earlier ones. */
  #countBefore({ container, role }: PodContainer): number {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#facts.pod.status ?? {};
    const old = (role === 'regular' ? containerStatuses : initContainerStatuses).find(
      ({ name }) => name === container.name,
    );
    if (old === undefined) return 0;
    // A run that the runtime lost has been counted when its loss was noticed.
    if (old.state?.waiting !== undefined && old.lastState?.terminated?.reason === lostReason) return old.restartCount;
    const ran =
      old.state?.running !== undefined ||
      old.state?.terminated !== undefined ||
      old.lastState?.terminated !== undefined;
    return ran ? old.restartCount + 1 : 0;
  }

  /** Whether the container crashed so often that it has to wait. */
  #backsOff(target: PodContainer): boolean {
    const { pod, runtime, restartDelays, memory, now } = this.#facts;
    const newest = latest(runtime, target.container.name);
    if (newest === undefined || isRunning(newest)) return false;
    const key = restartKey(pod, target);
    const until = restartDelays.waitUntil(key, endOf(newest), now);
    if (until === undefined) return false;
    const problem = memory.problems.get(target.container.name);
    const againAtMs = Math.min(until, now + backOffEventMs);
    if (problem?.reason === 'CrashLoopBackOff' && now < problem.againAtMs) {
      this.#wakeAt(problem.againAtMs);
      return true;
    }
    const delay = goDuration(restartDelays.delayMs(key));
    const message = `back-off ${delay} restarting failed container=${target.container.name} pod=${podText(pod)}`;
    this.actions.push({ do: 'backOff', target, message, againAtMs });
    this.#wakeAt(againAtMs);
    return true;
  }
}

/** When a run was over; one that never began was over when it was made. */
export function endOf({ finishedAtMs, createdAtMs }: ContainerStatus): number {
  return finishedAtMs === 0 ? createdAtMs : finishedAtMs;
}
