/**
 * Taint eviction: a pod goes from a node with a NoExecute taint that it does not tolerate, or no longer.
 *
 * What always holds: the time of tolerance begins when we first see the pod with these taints, and starts anew only after
 * they have gone; a pod that tolerates for ever is left alone.
 */
import { jsonEqual, rfc3339, type DeepReadonly } from '../base/mod.ts';
import { nodes, pods, type Node, type Pod, type PodCondition, type Taint, type Toleration } from '../api/mod.ts';
import { defineController, nothing, read, type Action, type Plan, type ResourceView } from '../client/mod.ts';
import { keyOf, toleratesTaint } from '../machinery/mod.ts';
import { isDeleting, podCondition } from './pod-state.ts';
import { podIndexes, type ReadPod } from './service-pods.ts';

interface Marked {
  readonly sinceMs: number;
  readonly uid: string;
}

const noExecute = (node: Parameters<typeof keyOf>[0] | undefined): NonNullable<NonNullable<Node['spec']>['taints']> =>
  ((node as Node | undefined)?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');

const reads = {
  pods: read(pods, {
    indexes: podIndexes,
    wakes: (pod, view) => (noExecute(view['nodes']?.get(pod.spec?.nodeName ?? '')).length > 0 ? [keyOf(pod)] : []),
  }),
  nodes: read(nodes, {
    wakes: (node, view, { object, previous }) =>
      jsonEqual(noExecute(object), noExecute(previous))
        ? []
        : (view['pods'] as ResourceView<Pod>).index('node', node.metadata.name ?? '').map((pod) => keyOf(pod)),
  }),
};

export const taintEviction = defineController({
  name: 'taint-eviction-controller',
  reads,
  plan(view, key, now, remembered?: Marked): Plan<Marked> {
    const pod = view.pods.get(key);
    if (pod === undefined || isDeleting(pod)) return nothing;
    const marked = remembered?.uid === pod.metadata.uid ? remembered : undefined;
    const taints = noExecute(view.nodes.get(pod.spec?.nodeName ?? ''));
    const seconds = toleratedSeconds(taints, pod.spec?.tolerations ?? []);
    if (taints.length === 0 || seconds === Infinity)
      return marked === undefined ? { actions: [] } : { actions: [event(pod, 'Cancelling deletion of Pod')] };
    const sinceMs = marked?.sinceMs ?? now;
    const dueMs = sinceMs + seconds * 1000;
    if (now < dueMs) return { actions: [], remember: { sinceMs, uid: pod.metadata.uid ?? '' }, wakeAtMs: dueMs };
    return { actions: [event(pod, 'Marking for deletion Pod'), ...disruption(pod, now)], after: [deletion(pod)] };
  },
});

function event(pod: ReadPod, text: string): Action {
  return {
    do: 'event',
    event: {
      regarding: pod,
      type: 'Normal',
      reason: 'TaintManagerEviction',
      message: `${text} ${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''}`,
    },
  };
}

/** Says why the pod is going, for those who count failures. */
function disruption(pod: ReadPod, now: number): readonly Action[] {
  if (podCondition(pod, 'DisruptionTarget')?.status === 'True') return [];
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: rfc3339(now),
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  };
  const { namespace, name = '', uid } = pod.metadata;
  return [
    {
      do: 'patch',
      resource: pods,
      key: { namespace, name },
      subresource: 'status',
      patch: { type: 'strategic', body: { metadata: { uid }, status: { conditions: [condition] } } },
      tolerates: ({ reason }) => reason === 'NotFound' || reason === 'Conflict',
    },
  ];
}

function deletion({ metadata: { namespace, name = '', uid = '' } }: ReadPod): Action {
  return { do: 'delete', resource: pods, key: { namespace, name }, options: { uid } };
}

/** How long these taints are tolerated, in seconds: 0 not at all, Infinity for ever. */
function toleratedSeconds(
  taints: readonly DeepReadonly<Taint>[],
  tolerations: readonly DeepReadonly<Toleration>[],
): number {
  let seconds = Infinity;
  for (const taint of taints) {
    const toleration = tolerations.find((candidate) => toleratesTaint(candidate, taint));
    if (toleration === undefined) return 0;
    if (toleration.tolerationSeconds !== undefined)
      seconds = Math.min(seconds, Math.max(0, toleration.tolerationSeconds));
  }
  return seconds;
}
