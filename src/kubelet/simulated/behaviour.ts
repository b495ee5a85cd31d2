/** What simulated containers do. Pods say it in an annotation, so a test needs nothing but the pod. */
import { isJsonObject, type DeepReadonly } from '../../base/mod.ts';

export interface Behaviour {
  /** From the request to start until it runs. */
  readonly startMs: number;
  /** After running for so long it ends by itself; absent: never. */
  readonly exitAfterMs?: number;
  readonly exitCode: number;
  /** From the stop signal until it ends; longer than the grace period means that it is killed. */
  readonly stopMs: number;
  /** After running for so long, probes by HTTP, TCP and gRPC succeed. */
  readonly readyAfterMs: number;
  /** After running for so long, probes fail again; absent: never. */
  readonly failAfterMs?: number;
  /** The exit code of commands in the container. */
  readonly execExitCode: number;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  /** What it writes to its log at its start. */
  readonly log: string;
  readonly terminationMessage?: string;
}

export const behaviourAnnotation = 'io.kutter.simulate';

const usual: Behaviour = {
  startMs: 1,
  exitCode: 0,
  stopMs: 1,
  readyAfterMs: 0,
  execExitCode: 0,
  cpuMilli: 10,
  memoryBytes: 16 * 1024 * 1024,
  log: '',
};

/**
 * From the pod's annotation: `{"exitAfterMs": 1000, "exitCode": 1}` for all containers, or `{"web": {...}}` by name.
 * What cannot be read is as if it were not there.
 */
export function behaviourOf(
  annotations: DeepReadonly<Record<string, string>>,
  container: string,
  given: Partial<Behaviour> = {},
): Behaviour {
  const text = annotations[behaviourAnnotation];
  const base = { ...usual, ...given };
  if (text === undefined) return base;
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isJsonObject(parsed)) return base;
    const own = parsed[container];
    const common = Object.fromEntries(Object.entries(parsed).filter(([, value]) => !isJsonObject(value)));
    return { ...base, ...common, ...(isJsonObject(own) ? own : {}) };
  } catch {
    return base;
  }
}

/** What a command that is run in a simulated container does. */
export interface SimulatedCommand {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly endless?: boolean;
}

/** The program `simulate` does what the JSON after it says: `["simulate", "{\"exitCode\": 3}"]`. Others say nothing. */
export function commandSays<T>(command: readonly string[] = []): Partial<T> {
  const [program, text = ''] = command;
  if (program !== 'simulate') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isJsonObject(parsed) ? (parsed as Partial<T>) : {};
  } catch {
    return {};
  }
}
