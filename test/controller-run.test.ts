/** How controllers and their queue run: what is planned when, under a virtual clock and against a real API server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, secrets } from '../src/api/mod.ts';
import { HostError, silentLog, VirtualClock } from '../src/base/mod.ts';
import {
  ControllerRun,
  defineController,
  EventRecorder,
  fixedResources,
  read,
  WorkQueue,
  type Controller,
  type Plan,
} from '../src/client/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';

const namespace = 'default';

async function run(
  cluster: TestCluster,
  controller: Controller,
  onPlan: (key: string, plan: Plan) => void = () => undefined,
): Promise<ControllerRun<Controller['reads']>> {
  const { client, cache, clock } = cluster;
  const events = new EventRecorder({ client, clock, log: silentLog }, { component: controller.name });
  const world = {
    client,
    cache,
    resources: fixedResources([]),
    clock,
    events,
    log: silentLog,
    onPlan: (_: string, key: string, plan: Plan) => onPlan(key, plan),
  };
  return new ControllerRun(controller, world).start();
}

const wakes = ({
  metadata,
}: {
  readonly metadata?: { readonly namespace?: string; readonly name?: string };
}): string[] => [`${metadata?.namespace}/${metadata?.name}`];

/** Makes one secret for each ConfigMap; a plan that came before its own write was seen would make another. */
const copier = defineController({
  name: 'copier',
  reads: {
    sources: read(configMaps, { wakes }),
    copies: read(secrets, { wakes: ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.['of'] ?? ''}`] }),
  },
  plan(view, key) {
    const source = view.sources.get(key);
    const copies = view.copies.list().filter(({ metadata }) => metadata.labels?.['of'] === source?.metadata.name);
    if (source === undefined || copies.length > 0) return { actions: [] };
    return {
      actions: [
        {
          do: 'create',
          resource: secrets,
          object: { metadata: { namespace, generateName: 'copy-', labels: { of: source.metadata.name ?? '' } } },
        },
      ],
    };
  },
}) as unknown as Controller;

test('a key is planned again only once its own writes are seen', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const plans: string[] = [];
  await using controller = await run(cluster, copier, (key) => plans.push(key));
  for (let i = 0; i < 10; i++) {
    await cluster.client.create(configMaps, { metadata: { name: `c${i}`, namespace } });
    // However often it is woken meanwhile.
    for (let j = 0; j < 5; j++) controller.wake(`default/c${i}`);
  }
  await cluster.advance(1000);
  const made = (await cluster.client.list(secrets, { namespace })).items
    .map(({ metadata }) => metadata.labels?.['of'] ?? '')
    .sort();
  assert.deepEqual(
    made,
    Array.from({ length: 10 }, (_, i) => `c${i}`),
  );
  assert.equal(plans.length, 10);
});

test('what exists before the start is planned, and what is missing comes back', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  await cluster.client.create(configMaps, { metadata: { name: 'early', namespace } });
  await using _controller = await run(cluster, copier);
  await cluster.advance(100);
  const [copy] = (await cluster.client.list(secrets, { namespace })).items;
  await cluster.client.delete(secrets, { namespace, name: copy?.metadata.name ?? '' });
  await cluster.advance(100);
  const [again] = (await cluster.client.list(secrets, { namespace })).items;
  assert.notEqual(again?.metadata.uid, copy?.metadata.uid);
});

test('a conflict is planned anew from the newer state', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const { client } = cluster;
  let planned = 0;
  const controller = defineController({
    name: 'counter',
    reads: { maps: read(configMaps, { wakes }) },
    plan(view, key) {
      const map = view.maps.get(key);
      if (map === undefined || map.data?.['done'] !== undefined || map.metadata.name !== 'a') return { actions: [] };
      planned += 1;
      // Somebody else writes after the plan was made and before it is carried out, the first two times.
      const interfere =
        planned <= 2
          ? [
              {
                do: 'patch' as const,
                resource: configMaps,
                key: { namespace, name: 'a' },
                patch: { type: 'merge' as const, body: { data: { n: String(planned) } } },
              },
            ]
          : [];
      return {
        actions: interfere,
        after: [{ do: 'update', resource: configMaps, object: { ...map, data: { ...map.data, done: 'yes' } } }],
      };
    },
  }) as unknown as Controller;
  await using _controller = await run(cluster, controller);
  await client.create(configMaps, { metadata: { name: 'a', namespace } });
  await cluster.advance(1000);
  assert.deepEqual((await client.get(configMaps, { namespace, name: 'a' })).data, { n: '2', done: 'yes' });
  assert.equal(planned, 3);
});

test('a plan wakes itself, remembers, and is called no earlier', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const times: number[] = [];
  const started = cluster.clock.now();
  const controller = {
    name: 'sleeper',
    reads: { maps: read(configMaps, { wakes: ({ metadata }) => (metadata.name === 'a' ? ['default/a'] : []) }) },
    plan(_view: unknown, _key: string, now: number, remembered = 0): Plan {
      times.push(now - started);
      return remembered >= 3 ? { actions: [] } : { actions: [], wakeAtMs: now + 10_000, remember: remembered + 1 };
    },
  } as unknown as Controller;
  await using _controller = await run(cluster, controller);
  await cluster.client.create(configMaps, { metadata: { name: 'a', namespace } });
  await cluster.advance(100_000);
  assert.deepEqual(times, [0, 10_000, 20_000, 30_000]);
});

test('slow start stops at the first failure', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const controller = defineController({
    name: 'starter',
    reads: { maps: read(configMaps, { wakes: (object) => (object.metadata.name === 'a' ? ['a'] : []) }) },
    plan: () => ({
      slowStart: true,
      actions: Array.from({ length: 100 }, (_, i) => ({
        do: 'create' as const,
        resource: secrets,
        object: { metadata: { namespace, name: i === 5 ? 'NOT A NAME' : `s${i}` } },
        orExisting: true as const,
      })),
    }),
  }) as unknown as Controller;
  await using _controller = await run(cluster, controller);
  await cluster.client.create(configMaps, { metadata: { name: 'a', namespace } });
  await cluster.advance(0);
  // 1, 2, then 4 at once of which one fails.
  assert.deepEqual(
    (await cluster.client.list(secrets, { namespace })).items.map(({ metadata }) => metadata.name),
    ['s0', 's1', 's2', 's3', 's4', 's6'],
  );
});

test('a queue works on a key once at a time, and again if it was added meanwhile', async () => {
  const clock = new VirtualClock({ rest: async () => void (await new Promise((resolve) => setImmediate(resolve))) });
  const running: string[] = [];
  const log: string[] = [];
  const work = async (key: string): Promise<void> => {
    assert.ok(!running.includes(key), 'the key is worked on already');
    running.push(key);
    log.push(key);
    await new Promise<void>((resolve) => void clock.after(100, resolve));
    running.splice(running.indexOf(key), 1);
  };
  await using queue = new WorkQueue({ clock, concurrency: 2, work });
  for (const key of ['a', 'b', 'c', 'a']) queue.add(key);
  assert.equal(queue.length, 4, 'a is worked on and waits to be worked on again');
  await clock.advance(50);
  assert.deepEqual(log, ['a', 'b']);
  queue.add('a');
  queue.add('a');
  await clock.advance(1000);
  assert.deepEqual(log, ['a', 'b', 'c', 'a']);
  assert.equal(queue.length, 0);
});

test('a key that fails waits twice as long each time, up to a limit, until it succeeds', async () => {
  const clock = new VirtualClock({ rest: async () => void (await new Promise((resolve) => setImmediate(resolve))) });
  const started = clock.now();
  const at: number[] = [];
  const work = (): Promise<void> => {
    at.push(clock.now() - started);
    return at.length < 7 ? Promise.reject(new HostError('Test', 'not yet')) : Promise.resolve();
  };
  await using queue = new WorkQueue({ clock, concurrency: 1, work, retryMinMs: 10, retryMaxMs: 100 });
  queue.add('a');
  await clock.advance(10_000);
  assert.deepEqual(at, [0, 10, 30, 70, 150, 250, 350]);
  queue.add('a');
  await clock.advance(10_000);
  assert.equal(at.length, 8, 'a success forgets the failures');
  queue.addAt('a', clock.now() + 500);
  queue.addAt('a', clock.now() + 100);
  queue.addAt('a', clock.now() + 900);
  await clock.advance(10_000);
  assert.deepEqual(at.slice(8), [20_100], 'only the earliest time counts');
});
