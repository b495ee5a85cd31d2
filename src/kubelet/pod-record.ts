/** One pod as the engine holds it. */
import type { PodStatus } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import type { PodView } from './pod.ts';
import type { Operation, PodMemory } from './pod-facts.ts';
import type { PodSandboxConfig } from './ports.ts';

export interface RunningOperation extends Operation {
  readonly abort: AbortController;
}

export interface PodRecord {
  readonly uid: string;
  /** The API's newest state of the pod, or its last one if it is removed. */
  pod: PodView;
  removed: boolean;
  readonly memory: PodMemory;
  readonly doing: Map<string, RunningOperation>;
  /** What its sandbox was made from; containers are made with the same. */
  sandboxConfig: PodSandboxConfig | undefined;
  /** The last status made, which the API may not have yet. */
  status: DeepReadonly<PodStatus> | undefined;
  /** Something that a volume shows has changed since it was set up. */
  volumesStale: boolean;
}
