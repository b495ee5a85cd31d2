/**
 * Node lifecycle: a node that is silent for too long is of unknown state, what its conditions say becomes taints, and the
 * pods of a node that is not ready do not count as ready.
 *
 * What always holds: silence is measured by our own clock, from the last time we saw a sign of life, so a node's clock may be
 * wrong; taints of others are never touched; NoExecute taints are put on by the zone's plan, slowly, and taken off here at
 * once.
 */
import { jsonEqual, rfc3339, type DeepReadonly } from '../../base/mod.ts';
import { leases, nodes, pods, type Node, type NodeCondition, type Pod, type Taint } from '../../api/mod.ts';
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
} from '../../client/mod.ts';
import { objectKey } from '../../machinery/mod.ts';
import { isReady } from '../pod-state.ts';
import { podIndexes } from '../service-pods.ts';
import type { NodeOptions } from '../unit.ts';
import {
  evictingTaint,
  isEvicting,
  nodeCondition,
  notReadyTaint,
  readiness,
  unreachableTaint,
  zoneOf,
  type ReadNode,
  type ReadTaint,
} from './node-state.ts';
import { planZone, type Judgement, type ZoneMemory } from './zone.ts';

/** What is known of a node besides what it says. */
interface NodeMemory {
  readonly uid: string;
  /** The last sign of life, and when we saw it. */
  readonly sign: string;
  readonly seenMs: number;
  /** Pods that were called not ready since the node said that it is not. */
  readonly toldPods?: readonly string[];
}

const leaseNamespace = 'kube-node-lease';

const reads = {
  nodes: read(nodes, {
    indexes: { zone: (node: ReadNode) => [zoneOf(node)] },
    wakes: (node, view, { object, previous }) => {
      const key = `node ${node.metadata.name ?? ''}`;
      // A node that comes or goes while it is well changes nothing for other zones: thousands do when we start.
      const before = previous === undefined ? 'True' : readiness(previous);
      const after = object === undefined ? 'True' : (readiness(object) ?? 'True');
      if (before !== after) return [key, ...zonesOf(view['nodes'] as ResourceView<Node>)];
      const sameTaints = jsonEqual(object?.spec?.taints, previous?.spec?.taints);
      return sameTaints && object !== undefined && previous !== undefined ? [key] : [key, `zone ${zoneOf(node)}`];
    },
  }),
  leases: read(leases, {
    wakes: ({ metadata }) => (metadata.namespace === leaseNamespace ? [`node ${metadata.name ?? ''}`] : []),
  }),
  pods: read(pods, {
    indexes: podIndexes,
    wakes: (pod, view) => {
      const node = view['nodes']?.get(pod.spec?.nodeName ?? '') as ReadNode | undefined;
      return node !== undefined && isReady(pod) && (readiness(node) ?? 'True') !== 'True'
        ? [`node ${node.metadata.name ?? ''}`]
        : [];
    },
  }),
};
export type NodeView = ViewOf<typeof reads>;

/** The state of every zone matters to each of them: when all are lost it is we who are cut off. */
function zonesOf(view: ResourceView<Node>): readonly string[] {
  return [...new Set(view.list().map(zoneOf))].map((zone) => `zone ${zone}`);
}

export function nodeLifecycle(options: NodeOptions): Controller<Reads, NodeMemory | ZoneMemory> {
  return defineController<typeof reads, NodeMemory | ZoneMemory>({
    name: 'node-lifecycle-controller',
    reads,
    plan(view, key, now, remembered): Plan<NodeMemory | ZoneMemory> {
      if (key.startsWith('zone '))
        return planZone(view.nodes, key.slice('zone '.length), { options, now }, remembered as ZoneMemory | undefined);
      const name = key.slice('node '.length);
      const node = view.nodes.get(name);
      const memory = remembered as NodeMemory | undefined;
      if (node === undefined) return memory === undefined ? nothing : removed(name, memory);
      return planNode(view, node, { options, now }, memory);
    },
  });
}

function removed(name: string, { uid }: NodeMemory): Plan<NodeMemory> {
  const regarding = { kind: 'Node', apiVersion: 'v1', metadata: { name, uid } };
  return {
    actions: [
      {
        do: 'event',
        event: {
          regarding,
          type: 'Normal',
          reason: 'RemovingNode',
          message: `Node ${name} event: Removing Node ${name} from Controller`,
        },
      },
    ],
  };
}

function planNode(
  view: NodeView,
  node: ReadNode,
  { options, now }: Judgement,
  memory: NodeMemory | undefined,
): Plan<NodeMemory> {
  const { name = '', uid = '' } = node.metadata;
  const current = observed(view, node, now, memory);
  const silentAtMs =
    current.seenMs + (nodeCondition(node, 'Ready') === undefined ? options.startupGraceMs : options.monitorGraceMs);
  const registered: Action[] =
    memory?.uid === uid
      ? []
      : [
          {
            do: 'event',
            event: {
              regarding: node,
              type: 'Normal',
              reason: 'RegisteredNode',
              message: `Node ${name} event: Registered Node ${name} in Controller`,
            },
          },
        ];
  if (now > silentAtMs) {
    const actions = silence(node, now);
    // What follows from unknown conditions is planned from them.
    if (actions.length > 0) return { actions: [...registered, ...actions], remember: current };
  }
  const unready = podsToCall(view, node, memory);
  const actions = [...registered, ...nodeChange(node, now), ...unready.map((pod) => callNotReady(pod, now))];
  const remember = { uid, sign: current.sign, seenMs: current.seenMs, ...toldAfter(view, node, { unready, memory }) };
  return { actions, remember, ...(now > silentAtMs ? {} : { wakeAtMs: silentAtMs + 1 }) };
}

/** A sign of life is a new heartbeat in the status or a renewed lease. */
function observed({ leases: view }: NodeView, node: ReadNode, now: number, memory: NodeMemory | undefined): NodeMemory {
  const { name = '', uid = '', creationTimestamp } = node.metadata;
  const ready = nodeCondition(node, 'Ready');
  const renewed = view.get(objectKey(leaseNamespace, name))?.spec?.renewTime ?? '';
  // Our own verdict is no sign of life.
  const heartbeat = ready === undefined ? '' : (ready.lastHeartbeatTime ?? '');
  const sign = `${heartbeat} ${renewed}`;
  if (memory?.uid === uid && memory.sign === sign) return memory;
  const never = ready === undefined && renewed === '';
  return { uid, sign, seenMs: never ? Date.parse(creationTimestamp ?? '') || now : now };
}

/** Turns what a silent node said of itself into Unknown. */
function silence(node: ReadNode, now: number): readonly Action[] {
  const before = node.status?.conditions ?? [];
  const conditions = before.map((condition) => condition as NodeCondition);
  for (const type of ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']) {
    const i = conditions.findIndex((condition) => condition.type === type);
    const old = conditions[i];
    const lastTransitionTime = rfc3339(now);
    if (old === undefined)
      conditions.push({
        type,
        status: 'Unknown',
        lastHeartbeatTime: node.metadata.creationTimestamp ?? lastTransitionTime,
        lastTransitionTime,
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
      });
    else if (old.status !== 'Unknown')
      conditions[i] = {
        ...old,
        status: 'Unknown',
        lastTransitionTime,
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      };
  }
  if (jsonEqual(before, conditions)) return [];
  const { name = '' } = node.metadata;
  const event: Action = {
    do: 'event',
    event: {
      regarding: node,
      type: 'Normal',
      reason: 'NodeNotReady',
      message: `Node ${name} status is now: NodeNotReady`,
    },
  };
  const wasReady = readiness(node) === 'True';
  return [
    {
      do: 'update',
      resource: nodes,
      subresource: 'status',
      object: { ...node, status: { ...node.status, conditions } } as ReadNode,
      onDone: () => (wasReady ? [event] : []),
    },
  ];
}

/** The taint that a condition stands for, by its status. */
const conditionTaints: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: 'Ready', status: 'False', key: notReadyTaint },
  { type: 'Ready', status: 'Unknown', key: unreachableTaint },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
];
const unschedulableTaint = 'node.kubernetes.io/unschedulable';
const ourKeys = new Set([unschedulableTaint, ...conditionTaints.map(({ key }) => key)]);

/** Labels under their old names, which are kept equal to the new ones. */
const labelPairs = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

/** Taints and labels as they should be, in one write. */
function nodeChange(node: ReadNode, now: number): readonly Action[] {
  const before = node.spec?.taints ?? [];
  const taints = wantedTaints(node, before, now);
  const labels: Record<string, string> = {};
  for (const [name, old] of labelPairs) {
    const value = node.metadata.labels?.[name];
    if (value !== undefined && node.metadata.labels?.[old] !== value) labels[old] = value;
  }
  const spec = jsonEqual(before, taints) ? {} : { spec: { taints: taints.length === 0 ? null : taints } };
  if (Object.keys(labels).length === 0 && spec.spec === undefined) return [];
  const { name = '', resourceVersion } = node.metadata;
  const body = { metadata: { resourceVersion, ...(Object.keys(labels).length === 0 ? {} : { labels }) }, ...spec };
  return [
    {
      do: 'patch',
      resource: nodes,
      key: { name },
      patch: { type: 'merge', body },
      tolerates: ({ reason }) => reason === 'NotFound',
    },
  ];
}

function wantedTaints(node: ReadNode, before: readonly ReadTaint[], now: number): readonly ReadTaint[] {
  const timeAdded = rfc3339(now);
  const wanted = conditionTaints
    .filter(({ type, status }) => nodeCondition(node, type)?.status === status)
    .map(({ key }) => key);
  if (node.spec?.unschedulable === true) wanted.push(unschedulableTaint);
  const isOurs = ({ key, effect }: ReadTaint): boolean => effect === 'NoSchedule' && ourKeys.has(key);
  const kept = before.filter((taint) => !isOurs(taint) || wanted.includes(taint.key));
  const added = wanted
    .filter((key) => !before.some((taint) => isOurs(taint) && taint.key === key))
    .map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded }));
  return withEviction(node, [...kept, ...added], timeAdded);
}

/** A node that is ready again evicts nothing; one that is evicted evicts for the reason that it has now. */
function withEviction(node: ReadNode, taints: readonly ReadTaint[], timeAdded: string): readonly ReadTaint[] {
  if (!taints.some(isEvicting)) return taints;
  const key = evictingTaint(node);
  const others = taints.filter((taint) => !isEvicting(taint));
  if (key === undefined) return others;
  if (taints.some((taint) => isEvicting(taint) && taint.key === key))
    return taints.filter((taint) => !isEvicting(taint) || taint.key === key);
  return [...others, { key, effect: 'NoExecute', timeAdded }];
}

/**
 * Nobody should be sent to pods of which nobody knows how they are. A kubelet that itself says that its node is not ready
 * may say otherwise of its pods, so each is called so once.
 */
function podsToCall(view: NodeView, node: ReadNode, memory: NodeMemory | undefined): readonly DeepReadonly<Pod>[] {
  const ready = readiness(node) ?? 'True';
  if (ready === 'True') return [];
  const told = ready === 'False' ? (memory?.toldPods ?? []) : [];
  return view.pods
    .index('node', node.metadata.name ?? '')
    .filter((pod) => isReady(pod) && !told.includes(pod.metadata.uid ?? ''));
}

function toldAfter(
  view: NodeView,
  node: ReadNode,
  { unready, memory }: { readonly unready: readonly DeepReadonly<Pod>[]; readonly memory: NodeMemory | undefined },
): Pick<NodeMemory, 'toldPods'> {
  if (readiness(node) !== 'False') return {};
  const told = new Set([...(memory?.toldPods ?? []), ...unready.map(({ metadata }) => metadata.uid ?? '')]);
  const there = view.pods.index('node', node.metadata.name ?? '').map(({ metadata }) => metadata.uid ?? '');
  return told.size === 0 ? {} : { toldPods: there.filter((uid) => told.has(uid)) };
}

function callNotReady(pod: DeepReadonly<Pod>, now: number): Action {
  const { namespace, name = '', uid } = pod.metadata;
  const body = {
    metadata: { uid },
    status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: rfc3339(now) }] },
  };
  const event: Action = {
    do: 'event',
    event: { regarding: pod, type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' },
  };
  return {
    do: 'patch',
    resource: pods,
    key: { namespace, name },
    patch: { type: 'strategic', body },
    subresource: 'status',
    tolerates: ({ reason }) => reason === 'NotFound' || reason === 'Conflict',
    onDone: () => [event],
  };
}
