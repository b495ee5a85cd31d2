/** How pods look in a table. The status is what a person wants to know first: the most telling of all states in the pod. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { age, ageColumn, nameColumn, type Column, type TableRows } from '../../../machinery/mod.ts';
import { column, none, wideColumn } from '../../columns.ts';
import type { ContainerState, ContainerStatus, Pod } from '../../upstream/types.ts';
import { isSidecar } from '../pod-spec/containers.ts';

type ReadonlyPod = DeepReadonly<Pod>;
type ReadonlyStatus = DeepReadonly<ContainerStatus>;

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** When a container ended before it was started again; empty if none did. */
  readonly lastRestart: string;
}

/** Restarts add up, of the times the latest counts. */
class Restarts {
  count = 0;
  last = '';

  add({ restartCount, lastState }: ReadonlyStatus): void {
    this.count += restartCount;
    const ended = lastState?.terminated?.finishedAt ?? '';
    if (ended > this.last) this.last = ended;
  }
}

/** The table reads several cells of the same object: what they share is made once. */
const summaries = new WeakMap<object, Summary>();

function podSummary(pod: ReadonlyPod): Summary {
  let summary = summaries.get(pod);
  if (summary === undefined) summaries.set(pod, (summary = summarize(pod)));
  return summary;
}

function ended({ terminated }: DeepReadonly<ContainerState>): string {
  const { reason = '', signal = 0, exitCode = 0 } = terminated ?? {};
  if (reason !== '') return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

interface Starting {
  /** Undefined: all init containers are done. */
  readonly status: string | undefined;
  readonly ready: number;
  readonly restarts: Restarts;
  readonly sidecarRestarts: Restarts;
}

function summarizeStart({ spec, status }: ReadonlyPod): Starting {
  const sidecars = new Set((spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const restarts = new Restarts();
  const sidecarRestarts = new Restarts();
  let ready = 0;
  const done = (reason: string | undefined): Starting => ({ status: reason, ready, restarts, sidecarRestarts });
  for (const [i, container] of (status?.initContainerStatuses ?? []).entries()) {
    const { state = {} } = container;
    const sidecar = sidecars.has(container.name);
    restarts.add(container);
    if (sidecar) sidecarRestarts.add(container);
    if (state.terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) ready += 1;
      continue;
    }
    if (state.terminated !== undefined) return done(`Init:${ended(state)}`);
    const waiting = state.waiting?.reason ?? '';
    if (waiting !== '' && waiting !== 'PodInitializing') return done(`Init:${waiting}`);
    return done(`Init:${i}/${spec?.initContainers?.length ?? 0}`);
  }
  return done(undefined);
}

function isTrue({ status }: ReadonlyPod, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function summarize(pod: ReadonlyPod): Summary {
  const { spec, status, metadata } = pod;
  const total = (spec?.containers ?? []).length + (spec?.initContainers ?? []).filter(isSidecar).length;
  const gated =
    status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated') ?? false;
  const start = summarizeStart(pod);
  let reason = gated ? 'SchedulingGated' : (status?.reason ?? status?.phase ?? '');
  let { ready, restarts } = start;
  if (start.status !== undefined) reason = start.status;
  if (start.status === undefined || isTrue(pod, 'Initialized')) {
    restarts = start.sidecarRestarts;
    let running = false;
    let failed = '';
    for (const container of (status?.containerStatuses ?? []).toReversed()) {
      const { state = {} } = container;
      restarts.add(container);
      if ((state.waiting?.reason ?? '') !== '') reason = state.waiting?.reason ?? '';
      else if (state.terminated !== undefined) {
        reason = ended(state);
        if (state.terminated.exitCode !== 0) failed = reason;
      } else if (container.ready && state.running !== undefined) {
        running = true;
        ready += 1;
      }
    }
    // One container that still runs matters more than others that are done, and so does one that failed.
    if (reason === 'Completed') {
      if (running && isTrue(pod, 'Ready')) reason = 'Running';
      else if (failed !== '') reason = failed;
      else if (running) reason = 'NotReady';
    }
  }
  if (metadata?.deletionTimestamp !== undefined) {
    const over = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    if (status?.reason === 'NodeLost') reason = 'Unknown';
    else if (!over) reason = 'Terminating';
  }
  return { ready, total, status: reason, restarts: restarts.count, lastRestart: restarts.last };
}

function restartsText(pod: ReadonlyPod, now: number): string {
  const { restarts, lastRestart } = podSummary(pod);
  return restarts === 0 || lastRestart === '' ? `${restarts}` : `${restarts} (${age(lastRestart, now)} ago)`;
}

function readinessGates(pod: ReadonlyPod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return none;
  return `${gates.filter(({ conditionType }) => isTrue(pod, conditionType)).length}/${gates.length}`;
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn(),
  column(
    'Ready',
    'The aggregate readiness state of this pod for accepting traffic.',
    (pod) => `${podSummary(pod).ready}/${podSummary(pod).total}`,
  ),
  column('Status', 'The aggregate status of the containers in this pod.', (pod) => podSummary(pod).status),
  column(
    'Restarts',
    'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    restartsText,
  ),
  ageColumn(),
  wideColumn(
    'IP',
    'The address of the pod, routable at least within the cluster.',
    ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? none,
  ),
  wideColumn('Node', 'The node that the pod runs on.', ({ spec }) => spec?.nodeName ?? none),
  wideColumn(
    'Nominated Node',
    'The node on which room is being made for the pod.',
    ({ status }) => status?.nominatedNodeName ?? none,
  ),
  wideColumn('Readiness Gates', 'How many of the conditions that readiness also depends on are true.', readinessGates),
];

const isOver: Readonly<Record<string, string>> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
};

export const podTable: TableRows<Pod> = {
  conditions({ status }) {
    const { phase = '' } = status ?? {};
    const message = isOver[phase];
    return message === undefined ? [] : [{ type: 'Completed', status: 'True', reason: phase, message }];
  },
};
