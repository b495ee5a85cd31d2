/**
 * How a pod ends. Pure. What always holds: regular containers end before the sidecars, and those in the reverse of the
 * order in which they started; the network goes when nothing runs any more, then the volumes, and the API forgets the pod
 * last, because whoever sees it gone may use its names again.
 */
import { containerNamed, containersOf, gracePeriodSeconds, type PodContainer } from './pod.ts';
import type { PodFacts } from './pod-facts.ts';
import type { PodAction } from './plan.ts';
import type { ContainerStatus } from './ports.ts';

/** A kill whose end is nearer than a running one's by more than this replaces it. */
const sooner = 1000;

export function planTermination(facts: PodFacts): PodAction[] {
  const { memory, doing, runtime, removed, pod } = facts;
  if (memory.terminatingSinceMs === undefined) return [{ do: 'beginTermination' }];
  const actions: PodAction[] = [];
  for (const operation of doing.keys()) if (operation.startsWith('image:')) actions.push({ do: 'cancel', operation });
  const running = runtime.containers.filter(({ state }) => state === 'CONTAINER_RUNNING');
  if (running.length > 0) return [...actions, ...kills(facts, running)];
  const busy = [...doing.keys()].some(
    (name) => name === 'sandbox' || name === 'volumes' || name.startsWith('start:') || name.startsWith('image:'),
  );
  if (busy) return actions;
  const sandboxes = runtime.sandboxes.filter(({ state }) => state === 'SANDBOX_READY');
  for (const { id } of sandboxes) if (!doing.has(`stop:${id}`)) actions.push({ do: 'stopSandbox', id, changed: false });
  if (sandboxes.length > 0) return actions;
  if (!memory.tornDown) return doing.has('tearDown') ? actions : [...actions, { do: 'tearDown' }];
  if (removed) return doing.size > 0 ? actions : [...actions, { do: 'forget' }];
  if (pod.metadata.deletionTimestamp !== undefined && !doing.has('deleteFromApi'))
    actions.push({ do: 'deleteFromApi' });
  return actions;
}

function kills(facts: PodFacts, running: readonly ContainerStatus[]): PodAction[] {
  const { pod, doing, memory, now } = facts;
  // Who is put out for taking too much gets no time to take more.
  const grace = memory.failure?.reason === 'Evicted' ? 1 : gracePeriodSeconds(pod);
  const since = memory.terminatingSinceMs ?? now;
  const actions: PodAction[] = [];
  for (const container of nextToEnd(facts, running)) {
    const target = containerNamed(pod, container.metadata.name);
    // Sidecars share what is left of the pod's time.
    const left = target?.role === 'sidecar' ? Math.max(1, Math.ceil((since + grace * 1000 - now) / 1000)) : grace;
    const operation = doing.get(`kill:${container.id}`);
    if (operation !== undefined && (operation.deadlineMs ?? Infinity) <= now + left * 1000 + sooner) continue;
    actions.push({
      do: 'killContainer',
      container,
      target,
      message: `Stopping container ${container.metadata.name}`,
      graceSeconds: left,
    });
  }
  return actions;
}

/** The containers whose turn it is: all but the sidecars, or then the last sidecar. */
function nextToEnd({ pod }: PodFacts, running: readonly ContainerStatus[]): readonly ContainerStatus[] {
  const order = containersOf(pod);
  const roleOf = ({ metadata }: ContainerStatus): PodContainer['role'] | undefined =>
    order.find(({ container }) => container.name === metadata.name)?.role;
  const first = running.filter((container) => roleOf(container) !== 'sidecar');
  if (first.length > 0) return first;
  const place = ({ metadata }: ContainerStatus): number =>
    order.findIndex(({ container }) => container.name === metadata.name);
  return [...running].sort((a, b) => place(b) - place(a)).slice(0, 1);
}
