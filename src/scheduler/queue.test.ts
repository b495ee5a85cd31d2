import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../base/mod.ts';
import { PodInfo } from './pod-info.ts';
import { prioritySort } from './plugins/priority-sort.ts';
import { schedulingGates } from './plugins/scheduling-gates.ts';
import { SchedulingQueue, type QueuedPod } from './queue.ts';

function start(): { clock: VirtualClock; queue: SchedulingQueue } {
  const clock = new VirtualClock({ rest: () => Promise.resolve() });
  const queue = new SchedulingQueue({
    clock,
    compare: (a, b) => prioritySort.queueSort?.(a, b) ?? 0,
    gate: (pod) => schedulingGates.preEnqueue?.(pod),
    onReady: () => undefined,
  });
  return { clock, queue };
}

function pod(name: string, { priority = 0, labels = {}, gates = [] as string[] } = {}): PodInfo {
  return new PodInfo({
    metadata: { name, namespace: 'default', uid: name, labels },
    spec: { priority, containers: [], schedulingGates: gates.map((gate) => ({ name: gate })) },
  });
}

/** Takes out what there is without using the right of the only one that waits. */
function popActive(queue: SchedulingQueue): QueuedPod | undefined {
  return queue.count('active') > 0 ? queue.pop() : undefined;
}

const refusedBy = (...plugins: string[]): ReadonlySet<string> => new Set(plugins);

void test('higher priority goes first, then who came first', async () => {
  const { clock, queue } = start();
  queue.add(pod('a'));
  queue.add(pod('b'));
  await clock.advance(1);
  queue.add(pod('urgent', { priority: 10 }));
  queue.add(pod('c'));
  assert.deepEqual(
    [queue.pop(), queue.pop(), queue.pop(), queue.pop()].map((queued) => queued?.info.uid),
    ['urgent', 'a', 'b', 'c'],
  );
  assert.equal(queue.pop(), undefined);
});

void test('the back-off doubles from one second to ten', async () => {
  const { clock, queue } = start();
  queue.add(pod('a'));
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    const queued = popActive(queue);
    assert.ok(queued !== undefined);
    queue.unschedulable(queued, refusedBy('P'));
    queue.wake(queued);
    await clock.advance(seconds * 1000 - 1);
    assert.equal(queue.count('backoff'), 1);
    await clock.advance(1);
    assert.equal(queue.count('active'), 1);
  }
});

void test('a pod in back-off is tried at once when nobody else waits', () => {
  const { queue } = start();
  queue.add(pod('a'));
  const queued = queue.pop() as QueuedPod;
  queue.unschedulable(queued, refusedBy('P'));
  assert.equal(queue.pop(), undefined);
  queue.wake(queued);
  assert.equal(queue.pop(), queued);
});

void test('a pod that could not be bound waits in any case', async () => {
  const { clock, queue } = start();
  queue.add(pod('a'));
  queue.retry(queue.pop() as QueuedPod);
  assert.equal(queue.pop(), undefined);
  await clock.advance(1000);
  assert.equal(queue.pop()?.info.uid, 'a');
});

void test('nobody is unschedulable for longer than five minutes', async () => {
  const { clock, queue } = start();
  queue.add(pod('a'));
  queue.unschedulable(queue.pop() as QueuedPod, refusedBy('P'));
  await clock.advance(100_000);
  queue.add(pod('b'));
  queue.unschedulable(queue.pop() as QueuedPod, refusedBy('P'));
  await clock.advance(199_999);
  assert.equal(queue.count('unschedulable'), 2);
  await clock.advance(1);
  assert.equal(popActive(queue)?.info.uid, 'a');
  await clock.advance(100_000);
  assert.equal(popActive(queue)?.info.uid, 'b');
});

void test('only those that a plugin refused are found under it', () => {
  const { queue } = start();
  queue.add(pod('a'));
  queue.unschedulable(queue.pop() as QueuedPod, refusedBy('P', 'Q'));
  queue.add(pod('b'));
  queue.unschedulable(queue.pop() as QueuedPod, refusedBy('Q'));
  const names = (plugin: string): string[] => [...queue.refusedBy(plugin)].map(({ info }) => info.uid);
  assert.deepEqual(names('P'), ['a']);
  assert.deepEqual(names('Q'), ['a', 'b']);
  queue.delete('a');
  assert.deepEqual(names('P'), []);
  assert.deepEqual(names('Q'), ['b']);
});

void test('a gated pod is not handed out until its gates are gone', () => {
  const { queue } = start();
  queue.add(pod('a', { gates: ['example.com/ready'] }));
  assert.equal(queue.pop(), undefined);
  assert.equal(queue.count('gated'), 1);
  queue.add(pod('a'));
  assert.equal(queue.pop()?.info.uid, 'a');
});

void test('a change of the pod itself wakes it, its status does not', () => {
  const { queue } = start();
  queue.add(pod('a'));
  queue.unschedulable(queue.pop() as QueuedPod, refusedBy('P'));
  queue.add(pod('a'));
  assert.equal(queue.count('unschedulable'), 1);
  queue.add(pod('a', { labels: { app: 'web' } }));
  assert.equal(queue.count('backoff'), 1);
  assert.equal(queue.pop()?.info.labels['app'], 'web');
});

void test('a pod that was deleted while it was tried does not come back', () => {
  const { queue } = start();
  queue.add(pod('a'));
  const queued = queue.pop() as QueuedPod;
  queue.delete('a');
  queue.unschedulable(queued, refusedBy('P'));
  queue.retry(queued);
  assert.equal(queue.get('a'), undefined);
  assert.equal(queue.ready, false);
  assert.deepEqual([...queue.refusedBy('P')], []);
});
