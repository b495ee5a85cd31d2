/**
 * How fast pods are scheduled: N nodes, M pods, everything in one process with the memory store, as `kutter` runs it.
 *
 *   node bench/scheduler.ts [--nodes 1000] [--pods 5000] [--shape plain|service|spread|apart|unfit] [--cycles]
 *
 * `service`: the pods are those of a service, so they are spread by default. `spread`: at most one more in a zone than in
 * another. `apart`: no two on a node. `unfit`: they fit nowhere; only with `--cycles`.
 *
 * Prints pods per second from the first creation to the last binding seen, and what one cycle costs by itself at several
 * sizes of cluster with `--cycles`.
 */
import { parseArgs } from 'node:util';
import { nodes, pods, serviceAccounts, services, type Node, type Pod } from '../src/api/mod.ts';
import { silentLog } from '../src/base/mod.ts';
import { EventRecorder } from '../src/client/mod.ts';
import { labelSelectorFromSet } from '../src/machinery/mod.ts';
import { startApiServer } from '../src/main/testing.ts';
import { ClusterState, defaultProfile, PodInfo, Scheduler, schedule } from '../src/scheduler/mod.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    pods: { type: 'string', default: '5000' },
    shape: { type: 'string', default: 'plain' },
    cycles: { type: 'boolean', default: false },
  },
});
const creatorsAtOnce = 16;

function node(index: number): Node {
  const name = `node-${index}`;
  const resources = { cpu: '64', memory: '256Gi', pods: '1000', 'ephemeral-storage': '1Ti' };
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % 3}` } },
    status: { capacity: resources, allocatable: resources, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

const labelSelector = { matchLabels: { app: 'bench' } };
const shapes: Record<string, Partial<Pod['spec']>> = {
  spread: {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector },
    ],
  },
  apart: {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }],
      },
    },
  },
};

function pod(index: number): Pod {
  const resources = { requests: { cpu: '100m', memory: '128Mi' } };
  return {
    metadata: { name: `pod-${index}`, namespace: 'default', labels: { app: 'bench' } },
    spec: { containers: [{ name: 'web', image: 'nginx', resources }], ...shapes[values.shape] },
  };
}

async function measureCluster(nodeCount: number, podCount: number): Promise<void> {
  await using cluster = await startApiServer();
  const { client, cache, clock } = cluster;
  await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  for (let i = 0; i < nodeCount; i++) {
    const created = await client.create(nodes, node(i));
    // A new node is tainted until it is ready.
    await client.update(nodes, { ...created, spec: { ...created.spec, taints: [] } });
  }
  const events = new EventRecorder({ client, clock, log: silentLog }, { component: 'default-scheduler' });
  if (values.shape === 'service')
    await client.create(services, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'bench' }, ports: [{ port: 80 }] },
    });
  await using _scheduler = await new Scheduler({ client, cache, events, clock, log: silentLog }).start();
  let bound = 0;
  const started = performance.now();
  const done = new Promise<void>((resolve) => {
    cache.informer(pods).subscribe((changes) => {
      for (const { object, previous } of changes)
        if (object?.spec?.nodeName !== undefined && previous?.spec?.nodeName === undefined) bound++;
      if (bound === podCount) resolve();
    });
  });
  let next = 0;
  const creator = async (): Promise<void> => {
    while (next < podCount) await client.create(pods, pod(next++));
  };
  await Promise.all(Array.from({ length: creatorsAtOnce }, creator));
  const created = performance.now() - started;
  await done;
  const total = performance.now() - started;
  const rate = (ms: number): string => `${Math.round((podCount * 1000) / ms)}/s`;
  console.log(
    `${nodeCount} nodes, ${podCount} pods: all created after ${created.toFixed(0)} ms, all bound after ${total.toFixed(0)} ms: ${rate(total)}`,
  );
}

/** Cycles alone: nodes that have some pods already, a new pod each time, which is then counted where it went. */
function measureCycles(nodeCount: number): void {
  const state = new ClusterState(
    values.shape === 'service' ? { peers: () => labelSelectorFromSet({ app: 'bench' }) } : {},
  );
  for (let i = 0; i < nodeCount; i++) state.setNode(`node-${i}`, node(i));
  const cycles =
    values.shape === 'unfit' ? 300 : values.shape === 'apart' ? 3 * Math.floor(Math.min(1000, nodeCount / 3)) : 3000;
  const info = (uid: string, cpu: string): PodInfo => {
    const made = pod(0);
    const containers = [{ name: 'web', image: 'nginx', resources: { requests: { cpu, memory: '128Mi' } } }];
    return new PodInfo({ ...made, metadata: { ...made.metadata, name: uid, uid }, spec: { ...made.spec, containers } });
  };
  const unfit = values.shape === 'unfit';
  if (unfit) for (let i = 0; i < 10 * nodeCount; i++) state.assume(info(`there-${i}`, '100m'), `node-${i % nodeCount}`);
  // As large as an empty node, and there is none.
  const infos = Array.from({ length: cycles }, (_, i) => info(`new-${i}`, unfit ? '64' : '100m'));
  let start = 0;
  let from = 0;
  infos.forEach((next, i) => {
    if (i === cycles / 3) from = performance.now();
    const decision = schedule({ pod: next, snapshot: state, profile: defaultProfile, attempt: 1, start });
    start = (start + decision.evaluated) % nodeCount;
    if (decision.nodeName !== undefined) state.assume(next, decision.nodeName);
  });
  const micros = ((performance.now() - from) * 1000) / (cycles - cycles / 3);
  console.log(`${nodeCount} nodes: a cycle costs ${micros.toFixed(0)} µs`);
}

// Waiting alone does not keep a process alive.
const alive = setInterval(() => undefined, 1000);
if (values.cycles) for (const count of [10, 100, 1000, 5000]) measureCycles(count);
else await measureCluster(Number(values.nodes), Number(values.pods));
clearInterval(alive);
