/**
 * Everything that decides about one pod at one moment: what the API wants, what the runtime has, what was tried before.
 * The engine gathers it; `planPod` and `podStatus` are functions of it and of nothing else.
 */
import type { Backoff } from './backoff.ts';
import type { PodView } from './pod.ts';
import type { PodRuntime } from './runtime-state.ts';
import type { ImageUser } from './security.ts';

/** Why a container waits, as its status shows it, and when the next attempt is due. */
export interface ContainerProblem {
  readonly reason: string;
  readonly message: string;
  readonly againAtMs: number;
}

export interface ReadyImage {
  /** What the runtime calls the image. */
  readonly ref: string;
  readonly user: ImageUser;
}

/** Why the pod ends before its time: it was not let in, took too long, or had to make room. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
}

/** What the engine remembers of a pod between plans; only the engine changes it. */
export interface PodMemory {
  /** When the pod was first seen: its start time. */
  startedAtMs: number;
  admitted: boolean;
  failure: PodFailure | undefined;
  volumes: 'needed' | 'ready' | { readonly problem: string; readonly againAtMs: number };
  /** When a sandbox may be tried again. */
  sandboxAgainAtMs: number;
  readonly images: Map<string, ReadyImage>;
  readonly problems: Map<string, ContainerProblem>;
  /** When the pod began to end. */
  terminatingSinceMs: number | undefined;
  /** Volumes and cgroups of the ended pod are gone. */
  tornDown: boolean;
}

export function newMemory(startedAtMs: number): PodMemory {
  return {
    startedAtMs,
    admitted: false,
    failure: undefined,
    volumes: 'needed',
    sandboxAgainAtMs: 0,
    images: new Map(),
    problems: new Map(),
    terminatingSinceMs: undefined,
    tornDown: false,
  };
}

export type ProbeKind = 'startup' | 'liveness' | 'readiness';
export type ProbeResult = 'success' | 'failure' | 'unknown';

export interface ProbeResults {
  result(containerId: string, kind: ProbeKind): ProbeResult;
}

/** An operation that is under way; its name says what it works on: `image:web`, `start:web`, `kill:<id>`, `sandbox`. */
export interface Operation {
  /** When a kill ends the container for good. */
  readonly deadlineMs?: number;
}

export interface PodFacts {
  readonly pod: PodView;
  /** The API has removed the pod. */
  readonly removed: boolean;
  readonly runtime: PodRuntime;
  readonly memory: Readonly<PodMemory>;
  readonly doing: ReadonlyMap<string, Operation>;
  readonly probes: ProbeResults;
  /** The last words of ended containers, by container id. */
  readonly messages: ReadonlyMap<string, string>;
  /** Delays of restarts by `restartKey`. */
  readonly restartDelays: Pick<Backoff, 'waitUntil' | 'delayMs'>;
  /** Why pods cannot get a network now; undefined when they can. */
  readonly networkProblem: string | undefined;
  readonly hostIPs: readonly string[];
  /** `containerd`: the scheme of container ids. */
  readonly runtimeName: string;
  readonly now: number;
}
