/** Groups of pods are not gone while there are pods in them that are not over: until then a finalizer stays. */
import { podGroups, pods, type Pod } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { defineController, nothing, read } from '../client/mod.ts';
import { keyOf, objectKey } from '../machinery/mod.ts';
import { isLeaving, removed } from './storage-protection.ts';

type ReadPod = DeepReadonly<Pod>;

const finalizer = 'scheduling.k8s.io/podgroup-protection';

export const podGroupProtection = defineController({
  name: 'podgroup-protection-controller',
  reads: {
    groups: read(podGroups, { wakes: (group) => [keyOf(group)] }),
    pods: read(pods, {
      indexes: { groups: (pod) => (isOver(pod) ? [] : groupOf(pod)) },
      // Of a pod and its successor of the same name the first one is over, too.
      wakes: (pod, _view, { object }) => (object?.metadata.uid !== pod.metadata.uid || isOver(pod) ? groupOf(pod) : []),
    }),
  },
  plan(view, key) {
    const group = view.groups.get(key);
    if (group === undefined || !isLeaving(group, finalizer)) return nothing;
    return view.pods.index('groups', key).length > 0 ? nothing : { actions: removed(podGroups, group, finalizer) };
  },
});

function groupOf({ metadata, spec }: ReadPod): readonly string[] {
  const name = spec?.schedulingGroup?.podGroupName;
  return name === undefined ? [] : [objectKey(metadata.namespace, name)];
}

function isOver({ status }: ReadPod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
