/**
 * Pod garbage collector: removes pods that nobody else will: finished ones beyond a number, those bound to a node that is
 * gone or out of service, and terminating ones that never got a node.
 *
 * What always holds: a node counts as gone only after the API server itself said so, after a while in which it could have
 * come back; what had not finished is marked as failed before it goes.
 */
import { rfc3339 } from '../base/mod.ts';
import { nodes, pods, type Pod, type PodCondition } from '../api/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type Controller,
  type Plan,
  type Reads,
  type ResourceView,
  type ViewOf,
} from '../client/mod.ts';
import { keyOf } from '../machinery/mod.ts';
import { isDeleting, isFinished, podCondition, timeMs } from './pod-state.ts';
import { podIndexes, type ReadPod } from './service-pods.ts';

const nodeGoneMs = 40_000;
const periodMs = 20_000;
const outOfServiceTaint = 'node.kubernetes.io/out-of-service';

const reads = {
  pods: read(pods, {
    indexes: { ...podIndexes, finished: (pod: ReadPod) => (isFinished(pod) ? ['all'] : []) },
    wakes: (pod, view, { object }) => {
      if (object === undefined) return [];
      const nodeName = pod.spec?.nodeName ?? '';
      if (nodeName === '' && isDeleting(pod)) return [keyOf(pod)];
      return [
        ...(isFinished(pod) ? ['finished'] : []),
        ...(nodeName !== '' && view['nodes']?.get(nodeName) === undefined ? [`node ${nodeName}`] : []),
      ];
    },
  }),
  nodes: read(nodes, {
    wakes: (node, _view, { object }) =>
      object === undefined || node.spec?.taints?.some(({ key }) => key === outOfServiceTaint) === true
        ? [`node ${node.metadata.name ?? ''}`]
        : [],
  }),
};

interface Missing {
  readonly sinceMs: number;
}

export function podGarbageCollector(finishedPodsMax: number): Controller<Reads, Missing> {
  return defineController<typeof reads, Missing>({
    name: 'pod-garbage-collector-controller',
    reads,
    plan(view, key, now, remembered): Plan<Missing> {
      if (key === 'finished') return tooMany(view.pods, finishedPodsMax);
      if (key.startsWith('node ')) return ofNode(view, key.slice('node '.length), now, remembered);
      const pod = view.pods.get(key);
      if (pod === undefined || !isDeleting(pod) || (pod.spec?.nodeName ?? '') !== '') return nothing;
      return { actions: removal(pod, undefined) };
    },
  });
}

/** The oldest finished pods beyond the number that is kept. */
function tooMany(view: ResourceView<Pod>, max: number): Plan<Missing> {
  if (max <= 0) return { actions: [] };
  const finished = view.index('finished', 'all').filter((pod) => !isDeleting(pod));
  if (finished.length <= max) return { actions: [] };
  const oldest = finished.toSorted(
    (a, b) =>
      (timeMs(a.metadata.creationTimestamp) ?? 0) - (timeMs(b.metadata.creationTimestamp) ?? 0) ||
      (keyOf(a) < keyOf(b) ? -1 : 1),
  );
  return { actions: oldest.slice(0, finished.length - max).flatMap((pod) => removal(pod, undefined)) };
}

function ofNode(
  view: ViewOf<typeof reads>,
  nodeName: string,
  now: number,
  missing: Missing | undefined,
): Plan<Missing> {
  const bound = view.pods.index('node', nodeName);
  const node = view.nodes.get(nodeName);
  if (bound.length === 0) return { actions: [] };
  if (node !== undefined) {
    const out =
      node.spec?.taints?.some(({ key }) => key === outOfServiceTaint) === true &&
      node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status !== 'True') === true;
    return out
      ? { actions: bound.filter(isDeleting).flatMap((pod) => removal(pod, undefined)), wakeAtMs: now + periodMs }
      : { actions: [] };
  }
  const sinceMs = missing?.sinceMs ?? now;
  if (now < sinceMs + nodeGoneMs) return { actions: [], remember: { sinceMs }, wakeAtMs: sinceMs + nodeGoneMs };
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: rfc3339(now),
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
  };
  const check: Action = {
    do: 'look',
    at: [{ resource: nodes, key: { name: nodeName } }],
    onSeen: (found) => ((found[0] ?? []).length > 0 ? [] : bound.flatMap((pod) => removal(pod, condition))),
  };
  return { actions: [check], remember: { sinceMs }, wakeAtMs: now + periodMs };
}

/** Without grace: there is nobody who would wait for it to end. */
function removal(pod: ReadPod, condition: PodCondition | undefined): readonly Action[] {
  const { namespace, name = '', uid = '' } = pod.metadata;
  const deletion: Action = {
    do: 'delete',
    resource: pods,
    key: { namespace, name },
    options: { uid, gracePeriodSeconds: 0 },
  };
  if (isFinished(pod)) return [deletion];
  const conditions =
    condition === undefined || podCondition(pod, condition.type)?.status === 'True' ? {} : { conditions: [condition] };
  const body = { metadata: { uid }, status: { phase: 'Failed', ...conditions } };
  const gone = ({ reason }: { reason: string }): boolean => reason === 'NotFound' || reason === 'Conflict';
  return [
    {
      do: 'patch',
      resource: pods,
      key: { namespace, name },
      subresource: 'status',
      patch: { type: 'strategic', body },
      tolerates: gone,
      onDone: () => [deletion],
    },
  ];
}
