/**
 * Probes the running containers of this node. What always holds: one run of a probe at a time; readiness and liveness wait
 * for the startup probe; nothing of a container outlives it, and a container that is to be killed is left in peace.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { Probe } from '../api/mod.ts';
import { runProbe, type ProbeOutcome } from './handler.ts';
import { containersOf, uidOf, type PodContainer, type PodView } from './pod.ts';
import type { ProbeKind, ProbeResult, ProbeResults } from './pod-facts.ts';
import { initialProbeState, probeStep, type ProbeState } from './probe-state.ts';
import type { ContainerStatus } from './ports.ts';
import { latest, type PodRuntime } from './runtime-state.ts';
import { podEvent, type KubeletWorld } from './world.ts';

interface Series {
  pod: PodView;
  readonly target: PodContainer;
  readonly kind: ProbeKind;
  readonly probe: DeepReadonly<Probe>;
  readonly container: ContainerStatus;
  podIP: string;
  state: ProbeState;
  timer: Disposable | undefined;
  running: boolean;
  disposed: boolean;
}

/** What decides about a pod's probes beside its containers. */
export interface ProbedPod {
  readonly podIP: string;
  readonly ending: boolean;
  isStarting(container: string): boolean;
}

const kinds = ['startup', 'liveness', 'readiness'] as const;
const titles = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;
const attemptsOnError = 3;

export class Prober implements ProbeResults, Disposable {
  readonly #world: KubeletWorld;
  readonly #onChange: (podUid: string) => void;
  /** By container id. */
  readonly #series = new Map<string, Series[]>();
  readonly #containersOfPod = new Map<string, Set<string>>();

  constructor(world: KubeletWorld, onChange: (podUid: string) => void) {
    this.#world = world;
    this.#onChange = onChange;
  }

  result(containerId: string, kind: ProbeKind): ProbeResult {
    return this.#find(containerId, kind)?.state.result ?? initialProbeState(kind).result;
  }

  /**
   * Brings the probes in line with the containers that run, each once its postStart hook is through. An ending pod is only
   * asked whether it is ready.
   */
  sync(pod: PodView, runtime: PodRuntime, { podIP, ending, isStarting }: ProbedPod): void {
    const uid = uidOf(pod);
    const known = this.#containersOfPod.get(uid);
    const alive = new Set<string>();
    for (const target of containersOf(pod)) {
      const container = latest(runtime, target.container.name);
      if (container?.state !== 'CONTAINER_RUNNING' || target.role === 'init' || target.role === 'ephemeral') continue;
      const probes = probesOf(target);
      if (probes.length === 0) continue;
      alive.add(container.id);
      const series = this.#series.get(container.id);
      if (series === undefined && !ending && !isStarting(target.container.name))
        this.#begin({ pod, target, container, podIP }, probes);
      for (const one of series ?? []) {
        one.pod = pod;
        one.podIP = podIP;
        if (ending && one.kind !== 'readiness') stop(one);
      }
    }
    for (const id of known ?? []) if (!alive.has(id)) this.#end(uid, id);
  }

  forgetPod(uid: string): void {
    for (const id of this.#containersOfPod.get(uid) ?? []) this.#end(uid, id);
  }

  [Symbol.dispose](): void {
    for (const series of this.#series.values()) series.forEach(stop);
    this.#series.clear();
    this.#containersOfPod.clear();
  }

  #begin(
    at: Pick<Series, 'pod' | 'target' | 'container' | 'podIP'>,
    probes: readonly (readonly [ProbeKind, DeepReadonly<Probe>])[],
  ): void {
    const series = probes.map(([kind, probe]): Series => ({
      ...at,
      kind,
      probe,
      state: stateBefore(at.pod, at.container, kind),
      timer: undefined,
      running: false,
      disposed: false,
    }));
    this.#series.set(at.container.id, series);
    const uid = uidOf(at.pod);
    const ids = this.#containersOfPod.get(uid) ?? new Set();
    this.#containersOfPod.set(uid, ids.add(at.container.id));
    for (const one of series) this.#schedule(one, this.#firstDelay(one));
  }

  #end(uid: string, containerId: string): void {
    this.#series.get(containerId)?.forEach(stop);
    this.#series.delete(containerId);
    const ids = this.#containersOfPod.get(uid);
    ids?.delete(containerId);
    if (ids?.size === 0) this.#containersOfPod.delete(uid);
  }

  #find(containerId: string, kind: ProbeKind): Series | undefined {
    return this.#series.get(containerId)?.find((series) => series.kind === kind);
  }

  #firstDelay({ container, probe }: Series): number {
    const due = container.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
    return Math.max(0, due - this.#world.clock.now());
  }

  #schedule(series: Series, delayMs: number): void {
    if (series.disposed) return;
    series.timer?.[Symbol.dispose]();
    series.timer = this.#world.clock.after(delayMs, () => void this.#tick(series));
  }

  async #tick(series: Series): Promise<void> {
    const { container, kind, probe } = series;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    if (series.running || series.disposed) return;
    // Woken by the startup probe's success.
    if (kind !== 'startup' && (this.#find(container.id, 'startup')?.state.result ?? 'success') !== 'success') return;
    series.running = true;
    const began = this.#world.clock.now();
    const outcome = await this.#run(series);
    series.running = false;
    if (series.disposed) return;
    this.#take(series, outcome);
    if (this.#isOver(series)) return stop(series);
    this.#schedule(series, Math.max(0, began + periodMs - this.#world.clock.now()));
  }

  /** A startup probe has done its work with the first answer; a dead container is not asked again. */
  #isOver({ kind, state, container }: Series): boolean {
    if (kind === 'readiness') return false;
    if (state.result === 'failure') return true;
    if (kind !== 'startup' || state.result !== 'success') return false;
    for (const other of this.#series.get(container.id) ?? [])
      if (other.kind !== 'startup') this.#schedule(other, this.#firstDelay(other));
    return true;
  }

  async #run({ probe, target, container, podIP }: Series): Promise<ProbeOutcome> {
    const at = { container: target.container, containerId: container.id, podIP };
    let outcome = await runProbe(this.#world, probe, at);
    for (let i = 1; i < attemptsOnError && outcome.result === 'error'; i++)
      outcome = await runProbe(this.#world, probe, at);
    return outcome;
  }

  #take(series: Series, { result, output }: ProbeOutcome): void {
    const { kind, pod, target, probe, state } = series;
    const tell = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      podEvent(this.#world, pod, { type, reason, message, target });
    if (result === 'error')
      return tell('Warning', 'Unhealthy', `${titles[kind]} probe errored and resulted in unknown state: ${output}`);
    if (result === 'warning') tell('Warning', 'ProbeWarning', `${titles[kind]} probe warning: ${output}`);
    if (result === 'failure') tell('Warning', 'Unhealthy', `${titles[kind]} probe failed: ${output}`);
    series.state = probeStep(state, result === 'failure' ? 'failure' : 'success', probe);
    if (series.state.result !== state.result) this.#onChange(uidOf(pod));
  }
}

/** A restarted kubelet goes on from what it had reported: running pods do not become unready by it. */
function stateBefore(pod: PodView, { id, metadata }: ContainerStatus, kind: ProbeKind): ProbeState {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const reported = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === metadata.name);
  const same = reported?.containerID?.endsWith(`//${id}`) === true;
  const passed = same && (kind === 'startup' ? reported.started === true : kind === 'readiness' && reported.ready);
  return passed ? { ...initialProbeState(kind), result: 'success' } : initialProbeState(kind);
}

function stop(series: Series): void {
  series.disposed = true;
  series.timer?.[Symbol.dispose]();
}

function probesOf({ container }: PodContainer): (readonly [ProbeKind, DeepReadonly<Probe>])[] {
  return kinds.flatMap((kind) => {
    const probe = container[`${kind}Probe`];
    return probe === undefined ? [] : [[kind, probe] as const];
  });
}
