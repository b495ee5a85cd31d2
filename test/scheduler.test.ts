/** The scheduler against the real API server, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  events,
  nodes,
  pods,
  priorityClasses,
  serviceAccounts,
  type Event,
  type Node,
  type Pod,
} from '../src/api/mod.ts';
import { HostError, silentLog, type DeepReadonly } from '../src/base/mod.ts';
import { EventRecorder, type Client } from '../src/client/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import {
  defaultBinder,
  defaultProfile,
  definePlugin,
  Scheduler,
  type Decision,
  type Plugin,
} from '../src/scheduler/mod.ts';

class SchedulingCluster implements AsyncDisposable {
  readonly client: Client;
  /** The pods of all decisions, in order. */
  readonly tried: string[] = [];
  readonly #cluster: TestCluster;
  readonly #scheduler: Scheduler;

  private constructor(cluster: TestCluster, plugins: readonly Plugin[]) {
    const { client, cache, clock } = cluster;
    this.client = client;
    this.#cluster = cluster;
    const recorder = new EventRecorder({ client, clock, log: silentLog }, { component: 'default-scheduler' });
    const binders = plugins.some(({ bind }) => bind !== undefined) ? ['DefaultBinder'] : [];
    const kept = defaultProfile.plugins.filter(({ plugin }) => !binders.includes(plugin.name));
    const profile = { ...defaultProfile, plugins: [...kept, ...plugins.map((plugin) => ({ plugin, weight: 1 }))] };
    const onDecision = ({ pod }: Decision): void => void this.tried.push(pod);
    this.#scheduler = new Scheduler({
      client,
      cache,
      events: recorder,
      clock,
      log: silentLog,
      profiles: [profile],
      onDecision,
    });
  }

  static start(...nodeList: Node[]): Promise<SchedulingCluster> {
    return SchedulingCluster.startWith([], ...nodeList);
  }

  /** With plugins beside the default ones. */
  static async startWith(plugins: readonly Plugin[], ...nodeList: Node[]): Promise<SchedulingCluster> {
    const cluster = new SchedulingCluster(await startApiServer({ clock: 'virtual' }), plugins);
    // Nobody else is here to make it.
    await cluster.client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
    for (const node of nodeList) await cluster.addNode(node);
    await cluster.#scheduler.start();
    return cluster;
  }

  async addNode(node: Node): Promise<void> {
    await this.client.create(nodes, node);
    // A new node is tainted until it is ready; nobody else is here to see that it is.
    await this.updateNode(
      node.metadata.name ?? '',
      (created) => void (created.spec = { ...created.spec, taints: node.spec?.taints ?? [] }),
    );
  }

  async updateNode(name: string, change: (node: Node) => void): Promise<void> {
    const node = structuredClone(await this.client.get(nodes, { name })) as Node;
    change(node);
    await this.client.update(nodes, node);
  }

  async addPod(pod: Pod): Promise<void> {
    await this.client.create(pods, pod);
  }

  pod(name: string): Promise<DeepReadonly<Pod>> {
    return this.client.get(pods, { namespace: 'default', name });
  }

  /** Lets everything that can happen happen, then looks where the pod is. */
  async nodeOf(name: string, waitMs = 0): Promise<string> {
    await this.settle(waitMs);
    return (await this.pod(name)).spec?.nodeName ?? '';
  }

  async settle(waitMs = 0): Promise<void> {
    await this.#cluster.advance(waitMs);
    for (let turn = 0; turn < 20; turn++) await this.#cluster.advance(0);
  }

  async condition(
    name: string,
  ): Promise<{ status?: string | undefined; reason?: string | undefined; message?: string | undefined }> {
    const found = (await this.pod(name)).status?.conditions?.find(({ type }) => type === 'PodScheduled');
    return { status: found?.status, reason: found?.reason, message: found?.message };
  }

  async eventsOf(name: string): Promise<string[]> {
    const { items } = await this.client.list<Event>(events, { namespace: 'default' });
    return items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ type, reason, message, source }) => `${type} ${reason} ${source?.component}: ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scheduler[Symbol.asyncDispose]();
    await this.#cluster[Symbol.asyncDispose]();
  }
}

function node(name: string, parts: { cpu?: string; labels?: Record<string, string>; spec?: Node['spec'] } = {}): Node {
  const resources = { cpu: parts.cpu ?? '4', memory: '8Gi', pods: '110' };
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...parts.labels } },
    ...(parts.spec === undefined ? {} : { spec: parts.spec }),
    status: { capacity: resources, allocatable: resources },
  };
}

function pod(name: string, spec: Partial<Pod['spec']> & { cpu?: string } = {}): Pod {
  const { cpu, ...rest } = spec;
  const resources = cpu === undefined ? {} : { resources: { requests: { cpu } } };
  return {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'web', image: 'nginx:1.17.1', ...resources }], ...rest },
  };
}

const preemption = (text: string): string => `no new claims to deallocate, preemption: ${text}`;

test('a pod is bound, with its condition and its event', async () => {
  await using cluster = await SchedulingCluster.start(node('a'));
  await cluster.addPod(pod('web'));
  assert.equal(await cluster.nodeOf('web'), 'a');
  assert.equal((await cluster.condition('web')).status, 'True');
  assert.deepEqual(await cluster.eventsOf('web'), [
    'Normal Scheduled default-scheduler: Successfully assigned default/web to a',
  ]);
});

test('without nodes a pod waits for the first one', async () => {
  await using cluster = await SchedulingCluster.start();
  await cluster.addPod(pod('web'));
  assert.equal(await cluster.nodeOf('web'), '');
  assert.deepEqual(await cluster.condition('web'), {
    status: 'False',
    reason: 'Unschedulable',
    message: 'no nodes available to schedule pods',
  });
  assert.deepEqual(await cluster.eventsOf('web'), [
    'Warning FailedScheduling default-scheduler: no nodes available to schedule pods',
  ]);
  await cluster.addNode(node('a'));
  assert.equal(await cluster.nodeOf('web', 10_000), 'a');
});

test('the message counts the reasons of all nodes', async () => {
  await using cluster = await SchedulingCluster.start(
    node('a', { cpu: '1' }),
    node('b', { spec: { taints: [{ key: 'tag', value: 'x', effect: 'NoSchedule' }] } }),
    node('c', { spec: { unschedulable: true } }),
  );
  await cluster.addPod(pod('web', { cpu: '2' }));
  assert.equal(await cluster.nodeOf('web'), '');
  const message = `0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${preemption('0/3 nodes are available: 3 Preemption is not helpful for scheduling.')}`;
  assert.deepEqual(await cluster.condition('web'), { status: 'False', reason: 'Unschedulable', message });
});

test('nodeSelector: a pending pod is placed as soon as a node gets the label', async () => {
  await using cluster = await SchedulingCluster.start(node('a'), node('b'));
  await cluster.addPod(pod('web', { nodeSelector: { nodeenv: 'pro' } }));
  assert.equal(await cluster.nodeOf('web'), '');
  const message = `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${preemption('0/2 nodes are available: 2 Preemption is not helpful for scheduling.')}`;
  assert.equal((await cluster.condition('web')).message, message);
  await cluster.updateNode('b', ({ metadata }) => void (metadata.labels = { ...metadata.labels, nodeenv: 'pro' }));
  assert.equal(await cluster.nodeOf('web'), 'b');
});

test('a cordoned node takes pods again after it was uncordoned', async () => {
  await using cluster = await SchedulingCluster.start(node('a', { spec: { unschedulable: true } }));
  await cluster.addPod(pod('web'));
  assert.equal(await cluster.nodeOf('web'), '');
  await cluster.updateNode('a', (changed) => void delete changed.spec?.unschedulable);
  assert.equal(await cluster.nodeOf('web'), 'a');
});

test('a pod waits for room and gets it when another pod goes', async () => {
  await using cluster = await SchedulingCluster.start(node('a', { cpu: '2' }));
  await cluster.addPod(pod('first', { cpu: '1500m' }));
  assert.equal(await cluster.nodeOf('first'), 'a');
  await cluster.addPod(pod('second', { cpu: '1' }));
  assert.equal(await cluster.nodeOf('second'), '');
  const message = `0/1 nodes are available: 1 Insufficient cpu. ${preemption('0/1 nodes are available: 1 No preemption victims found for incoming pod.')}`;
  assert.equal((await cluster.condition('second')).message, message);
  await cluster.client.delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  assert.equal(await cluster.nodeOf('second', 1000), 'a');
});

test('a pod that names its node is not the scheduler’s business', async () => {
  await using cluster = await SchedulingCluster.start(node('a'));
  await cluster.addPod(pod('web', { nodeName: 'elsewhere' }));
  assert.equal(await cluster.nodeOf('web'), 'elsewhere');
  assert.deepEqual(await cluster.eventsOf('web'), []);
});

test('a pod of another scheduler is left alone', async () => {
  await using cluster = await SchedulingCluster.start(node('a'));
  await cluster.addPod(pod('web', { schedulerName: 'other' }));
  assert.equal(await cluster.nodeOf('web', 60_000), '');
  assert.deepEqual(await cluster.eventsOf('web'), []);
});

test('a gated pod waits until its last gate is removed', async () => {
  await using cluster = await SchedulingCluster.start(node('a'));
  await cluster.addPod(pod('web', { schedulingGates: [{ name: 'example.com/ready' }] }));
  assert.equal(await cluster.nodeOf('web', 60_000), '');
  const gated = structuredClone(await cluster.pod('web')) as Pod;
  if (gated.spec !== undefined) gated.spec.schedulingGates = [];
  await cluster.client.update(pods, gated);
  assert.equal(await cluster.nodeOf('web'), 'a');
});

test('two replicas land on two nodes', async () => {
  await using cluster = await SchedulingCluster.start(node('a'), node('b'));
  await cluster.addPod(pod('one'));
  await cluster.addPod(pod('two'));
  assert.deepEqual([await cluster.nodeOf('one'), await cluster.nodeOf('two')].toSorted(), ['a', 'b']);
});

test('a pod of higher priority displaces the least important one and gets its room', async () => {
  await using cluster = await SchedulingCluster.start(node('a', { cpu: '2' }));
  for (const value of [1, 5, 10])
    await cluster.client.create(priorityClasses, { metadata: { name: `p${value}` }, value });
  await cluster.addPod(pod('low', { cpu: '1', priorityClassName: 'p1' }));
  await cluster.addPod(pod('middle', { cpu: '1', priorityClassName: 'p5' }));
  await cluster.settle();
  await cluster.addPod(pod('high', { cpu: '1', priorityClassName: 'p10' }));
  await cluster.settle();
  const victim = await cluster.pod('low');
  assert.notEqual(victim.metadata.deletionTimestamp, undefined);
  const condition = victim.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.equal(condition?.reason, 'PreemptionByScheduler');
  assert.equal(condition?.message, 'default-scheduler: preempting to accommodate a higher priority pod');
  assert.equal((await cluster.pod('middle')).metadata.deletionTimestamp, undefined);
  assert.equal((await cluster.pod('high')).status?.nominatedNodeName, 'a');
  // What comes meanwhile does not get the room that was made.
  await cluster.addPod(pod('late', { cpu: '1', priorityClassName: 'p1' }));
  await cluster.client.delete(pods, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 });
  assert.equal(await cluster.nodeOf('high', 1000), 'a');
  assert.equal(await cluster.nodeOf('late', 60_000), '');
  assert.deepEqual(
    (await cluster.eventsOf('low')).filter((text) => text.includes('Preempted')),
    [`Normal Preempted default-scheduler: Preempted by pod ${(await cluster.pod('high')).metadata.uid} on node a`],
  );
});

test('a pod that was deleted while it waited is forgotten', async () => {
  await using cluster = await SchedulingCluster.start();
  await cluster.addPod(pod('web'));
  await cluster.settle();
  await cluster.client.delete(pods, { namespace: 'default', name: 'web' });
  await cluster.addNode(node('a'));
  await cluster.settle(60_000);
  assert.deepEqual((await cluster.eventsOf('web')).length, 1);
});

test('changes that cannot help do not lead to another try', async () => {
  await using cluster = await SchedulingCluster.start(node('a', { cpu: '1' }));
  await cluster.addPod(pod('other'));
  await cluster.addPod(pod('web', { nodeSelector: { disk: 'ssd' } }));
  await cluster.settle();
  const tries = (): number => cluster.tried.filter((key) => key === 'default/web').length;
  assert.equal(tries(), 1);
  await cluster.addNode(node('b', { labels: { disk: 'none' } }));
  await cluster.client.delete(pods, { namespace: 'default', name: 'other' }, { gracePeriodSeconds: 0 });
  await cluster.settle(60_000);
  assert.equal(tries(), 1);
  await cluster.settle(300_000);
  assert.equal(tries(), 2);
});

test('a pod that could not be bound gives its room back and is tried again', async () => {
  let failures = 1;
  const flaky = definePlugin({
    name: 'Flaky',
    async bind(info, nodeName, world) {
      if (failures-- > 0) throw new HostError('Unreachable', 'no route to host');
      await defaultBinder.bind?.(info, nodeName, world);
    },
  });
  await using cluster = await SchedulingCluster.startWith([flaky], node('a', { cpu: '1' }));
  await cluster.addPod(pod('web', { cpu: '1' }));
  assert.equal(await cluster.nodeOf('web'), '');
  assert.deepEqual(await cluster.condition('web'), {
    status: 'False',
    reason: 'SchedulerError',
    message: 'running Bind plugin "Flaky": no route to host',
  });
  assert.equal(await cluster.nodeOf('web', 1000), 'a');
});

test('what was reserved is given back when the pod may not be bound', async () => {
  const held: string[] = [];
  let allowed = false;
  const permit = definePlugin({
    name: 'Quota',
    reserve: ({ key }) => void held.push(key),
    unreserve: ({ key }) => void held.splice(held.indexOf(key), 1),
    permit: () =>
      Promise.resolve(
        allowed
          ? { allow: true }
          : { refused: { plugin: 'Quota', reasons: ['quota is used up'], unresolvable: false } },
      ),
    wokenBy: ['nodeAdd'],
  });
  await using cluster = await SchedulingCluster.startWith([permit], node('a'));
  await cluster.addPod(pod('web'));
  assert.equal(await cluster.nodeOf('web'), '');
  assert.deepEqual(held, []);
  assert.deepEqual(await cluster.condition('web'), {
    status: 'False',
    reason: 'Unschedulable',
    message: '0/1 nodes are available: 1 quota is used up.',
  });
  allowed = true;
  await cluster.addNode(node('b', { spec: { unschedulable: true } }));
  assert.equal(await cluster.nodeOf('web', 1000), 'a');
  assert.deepEqual(held, ['default/web']);
});

test('a pod that somebody else bound meanwhile counts where it is', async () => {
  await using cluster = await SchedulingCluster.start(node('a', { cpu: '1' }), node('b', { cpu: '1' }));
  await cluster.addPod(pod('blocked', { cpu: '1', schedulerName: 'other' }));
  await cluster.client.create(
    pods,
    {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace: 'default', name: 'blocked' },
      target: { kind: 'Node', name: 'a' },
    } as unknown as Pod,
    { subresource: 'binding' },
  );
  await cluster.addPod(pod('web', { cpu: '1' }));
  assert.equal(await cluster.nodeOf('web'), 'b');
});
