/** What the engine of pods works with, each part with one task of its own. */
import type { ContainerStarter } from './container-start.ts';
import type { Images } from './images.ts';
import type { PodView } from './pod.ts';
import type { PodFailure } from './pod-facts.ts';
import type { PodVolumes } from './pod-volumes.ts';
import type { Prober } from './prober.ts';
import type { RuntimeWatch } from './runtime-watch.ts';
import type { Sandboxes } from './sandboxes.ts';
import type { StatusWriter } from './status-writer.ts';

export interface WorkerParts {
  readonly watch: RuntimeWatch;
  readonly prober: Prober;
  readonly writer: StatusWriter;
  readonly volumes: PodVolumes;
  readonly images: Images;
  readonly sandboxes: Sandboxes;
  readonly starter: ContainerStarter;
  /** The last words of ended containers, by container id. */
  readonly messages: Map<string, string>;
  /** Whether both the API's pods and the runtime's containers are known: nothing is planned before. */
  synced(): boolean;
  admit(pod: PodView, others: readonly PodView[]): PodFailure | undefined;
  networkProblem(): string | undefined;
  hostIPs(): readonly string[];
  runtimeName(): string;
  allocatable(): Readonly<Record<string, string>>;
}
