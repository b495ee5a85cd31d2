/** CronJobs against a real API server in virtual time. Nobody runs the jobs: the tests say what becomes of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronJobs, jobs, type CronJob, type CronJobSpec, type Job } from '../../src/api/mod.ts';
import { rfc3339, seededRandom, type DeepReadonly } from '../../src/base/mod.ts';
import { ApiError } from '../../src/machinery/mod.ts';
import type { TestCluster } from '../../src/main/testing.ts';
import { eventsOf, workbench } from './workbench.ts';

const alone = { controllers: ['cronjob-controller'] };
const key = { namespace: 'default', name: 'tick' };
const minuteMs = 60_000;

async function make({ client }: TestCluster, spec: Partial<CronJobSpec> = {}): Promise<void> {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'tick', image: 'tick' }] } };
  await client.create(cronJobs, {
    metadata: key,
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template } }, ...spec },
  });
}

/** To five seconds after the next full minute, when everything that it brings is done. */
async function minute(cluster: TestCluster, count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await cluster.advance(minuteMs - (cluster.clock.now() % minuteMs) + 5000);
}

/** The name of the job of the current minute. */
function current({ clock }: TestCluster, minutesAgo = 0): string {
  return `tick-${Math.floor(clock.now() / minuteMs) - minutesAgo}`;
}

async function jobNames({ client }: TestCluster): Promise<readonly string[]> {
  return (await client.list(jobs, { namespace: 'default' })).items.map(({ metadata }) => metadata.name ?? '');
}

async function statusOf({ client }: TestCluster): Promise<NonNullable<DeepReadonly<CronJob>['status']>> {
  return (await client.get(cronJobs, key)).status ?? {};
}

async function activeNames(cluster: TestCluster): Promise<readonly (string | undefined)[]> {
  return ((await statusOf(cluster)).active ?? []).map(({ name }) => name);
}

async function finish({ client, clock }: TestCluster, name: string, type: 'Complete' | 'Failed'): Promise<void> {
  const job = await client.get(jobs, { namespace: 'default', name });
  const now = rfc3339(clock.now());
  const conditions = [type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', type].map((each) => ({
    type: each,
    status: 'True',
    lastTransitionTime: now,
  }));
  const startTime = job.metadata.creationTimestamp ?? now;
  const status = { startTime, conditions, ...(type === 'Complete' ? { completionTime: now } : {}) };
  const object: DeepReadonly<Job> = { ...job, status };
  await client.update(jobs, object, { subresource: 'status' });
}

test('a job begins in every slot, and the status tells of those that run', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  await make(cluster, { timeZone: 'Asia/Kolkata' });
  assert.deepEqual(await statusOf(cluster), {});
  await minute(cluster, 2);
  const names = [current(cluster, 1), current(cluster)];
  assert.deepEqual(await jobNames(cluster), names);
  const [job] = (await cluster.client.list(jobs)).items;
  const slotMs = Math.floor(cluster.clock.now() / minuteMs - 1) * minuteMs;
  assert.equal(
    Date.parse(job?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? ''),
    slotMs,
  );
  assert.match(JSON.stringify(job?.metadata.annotations), /\+05:30"/);
  const { active, ...times } = await statusOf(cluster);
  assert.deepEqual(times, { lastScheduleTime: rfc3339(slotMs + minuteMs) });
  assert.deepEqual(active?.[0], {
    kind: 'Job',
    namespace: 'default',
    name: names[0],
    uid: job?.metadata.uid,
    apiVersion: 'batch/v1',
    resourceVersion: job?.metadata.resourceVersion,
  });
  assert.equal(active.length, 2);
  assert.deepEqual(
    await eventsOf(cluster, 'tick'),
    names.map((name) => `SuccessfulCreate: Created job ${name}`),
  );
});

test('what has ended is noted, and kept up to the limits of history', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  await make(cluster, { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 });
  const outcomes = ['Complete', 'Failed', 'Complete', 'Failed', 'Failed'] as const;
  const names: string[] = [];
  for (const outcome of outcomes) {
    await minute(cluster);
    names.push(current(cluster));
    await finish(cluster, current(cluster), outcome);
  }
  await cluster.advance(1000);
  assert.deepEqual(await jobNames(cluster), [names[2], names[4]]);
  const { active, lastSuccessfulTime } = await statusOf(cluster);
  assert.equal(active, undefined);
  assert.equal(Date.parse(lastSuccessfulTime ?? '') - 5000, cluster.clock.now() - 6000 - 2 * minuteMs);
  const seen = names.map((name, i) => `SawCompletedJob: Saw completed job: ${name}, condition: ${outcomes[i] ?? ''}`);
  const told = (await eventsOf(cluster, 'tick')).filter((text) => !text.startsWith('SuccessfulCreate'));
  const deleted = [names[0], names[1], names[3]].map((name) => `SuccessfulDelete: Deleted job ${name ?? ''}`);
  assert.deepEqual(told.toSorted(), [...seen, ...deleted].toSorted());
});

test('Forbid waits for what runs, and begins the slot that it held up', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  await make(cluster, { concurrencyPolicy: 'Forbid' });
  await minute(cluster, 3);
  const first = current(cluster, 2);
  assert.deepEqual(await jobNames(cluster), [first]);
  await finish(cluster, first, 'Complete');
  await cluster.advance(1000);
  assert.deepEqual(await jobNames(cluster), [first, current(cluster)]);
  assert.deepEqual(await activeNames(cluster), [current(cluster)]);
  const told = await eventsOf(cluster, 'tick');
  const already =
    'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid';
  assert.ok(told.includes(already), told.join());
});

test('Replace ends what runs', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  await make(cluster, { concurrencyPolicy: 'Replace' });
  await minute(cluster, 2);
  assert.deepEqual(await jobNames(cluster), [current(cluster)]);
  assert.deepEqual(await activeNames(cluster), [current(cluster)]);
  assert.deepEqual(await eventsOf(cluster, 'tick'), [
    `SuccessfulCreate: Created job ${current(cluster, 1)}`,
    `SuccessfulDelete: Deleted job ${current(cluster, 1)}`,
    `SuccessfulCreate: Created job ${current(cluster)}`,
  ]);
});

test('a job that somebody deletes goes missing, one that somebody makes is unexpected', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  const { client } = cluster;
  await make(cluster);
  await minute(cluster);
  const name = current(cluster);
  const { metadata, spec } = await client.get(jobs, { namespace: 'default', name });
  await client.delete(jobs, { namespace: 'default', name }, { propagationPolicy: 'Background' });
  await cluster.advance(1000);
  assert.deepEqual(await activeNames(cluster), []);
  const { template } = (spec ?? {}) as NonNullable<Job['spec']>;
  const bare = { ...template, metadata: {} };
  const ownerReferences = metadata.ownerReferences?.map((reference) => ({ ...reference })) ?? [];
  await client.create(jobs, {
    metadata: { name: 'by-hand', namespace: 'default', ownerReferences },
    spec: { template: bare },
  });
  await client.create(jobs, { metadata: { name: 'stray', namespace: 'default' }, spec: { template: bare } });
  await cluster.advance(1000);
  assert.deepEqual(await activeNames(cluster), [], 'neither is taken in');
  assert.deepEqual(
    new Set(await eventsOf(cluster, 'tick')),
    new Set([
      `SuccessfulCreate: Created job ${name}`,
      `MissingJob: Active job went missing: ${name}`,
      'UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand',
    ]),
  );
});

test('nothing begins while suspended; afterwards the latest slot does, unless it is too late', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  const suspend = (value: boolean): Promise<unknown> =>
    cluster.client.patch(cronJobs, key, { type: 'merge', body: { spec: { suspend: value } } });
  await make(cluster, { suspend: true, schedule: '*/5 * * * *', startingDeadlineSeconds: 120 });
  await cluster.advance(300_000 - (cluster.clock.now() % 300_000) + 3 * minuteMs);
  await suspend(false);
  await cluster.advance(1000);
  assert.deepEqual(await jobNames(cluster), [], 'three minutes are too late');
  await suspend(true);
  await cluster.advance(3 * minuteMs);
  await suspend(false);
  await cluster.advance(1000);
  assert.deepEqual(await jobNames(cluster), [current(cluster, 1)]);
});

test('a schedule that is changed counts from its next slot', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  await make(cluster, { schedule: '0 0 1 1 *' });
  await minute(cluster, 3);
  await cluster.client.patch(cronJobs, key, { type: 'merge', body: { spec: { schedule: '* * * * *' } } });
  await cluster.advance(10_000);
  assert.deepEqual(await jobNames(cluster), []);
  await minute(cluster);
  assert.deepEqual(await jobNames(cluster), [current(cluster)]);
});

test('controllers that were away begin the latest slot and no other twice', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  await make(cluster);
  await minute(cluster);
  const before = current(cluster);
  await bench.restart();
  await minute(cluster);
  assert.deepEqual(await jobNames(cluster), [before, current(cluster)]);
  // What was begun but not noted is found by its name.
  const { status: _, ...unnoted } = await cluster.client.get(cronJobs, key);
  await cluster.client.update(cronJobs, { ...unnoted, status: {} }, { subresource: 'status' });
  await cluster.advance(1000);
  assert.deepEqual(await jobNames(cluster), [before, current(cluster)]);
  assert.deepEqual(await activeNames(cluster), [current(cluster)]);
});

/** Until it is called, the API server refuses this of jobs. */
function refuse({ api }: TestCluster, operation: 'CREATE' | 'DELETE'): () => void {
  const world = api.server.world.admission;
  const mutate = world.mutate.bind(world);
  world.mutate = (request): Promise<void> => {
    if (request.operation === operation && request.kind.plural === 'jobs')
      throw ApiError.forbidden(jobs, 'x', 'no room');
    return mutate(request);
  };
  return () => void (world.mutate = mutate);
}

test('a refused job is reported and tried again, in the same slot', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  const allow = refuse(cluster, 'CREATE');
  await make(cluster);
  await minute(cluster);
  const slot = current(cluster);
  assert.deepEqual(
    new Set(await eventsOf(cluster, 'tick')),
    new Set(['FailedCreate: Error creating job: jobs.batch "x" is forbidden: no room']),
  );
  allow();
  await cluster.advance(30_000);
  assert.deepEqual(await jobNames(cluster), [slot]);
});

test('a job that cannot be cleared away holds up no other; one that cannot be replaced does', async () => {
  await using bench = await workbench(alone);
  const { cluster } = bench;
  const allow = refuse(cluster, 'DELETE');
  await make(cluster, { successfulJobsHistoryLimit: 0 });
  await minute(cluster);
  const first = current(cluster);
  await finish(cluster, first, 'Complete');
  await minute(cluster);
  const second = current(cluster);
  assert.deepEqual(await jobNames(cluster), [first, second]);
  assert.deepEqual(await activeNames(cluster), [second]);
  const failed = 'FailedDelete: Deleted job: jobs.batch "x" is forbidden: no room';
  assert.ok((await eventsOf(cluster, 'tick')).includes(failed));
  const body = { spec: { concurrencyPolicy: 'Replace' } };
  await cluster.client.patch(cronJobs, key, { type: 'merge', body });
  await minute(cluster);
  assert.deepEqual(await jobNames(cluster), [first, second]);
  allow();
  await minute(cluster);
  assert.deepEqual(await jobNames(cluster), [current(cluster)]);
});

test('jobs go with their CronJob', async () => {
  await using bench = await workbench({ controllers: ['cronjob-controller', 'garbage-collector-controller'] });
  const { cluster } = bench;
  await make(cluster);
  await minute(cluster, 2);
  assert.equal((await jobNames(cluster)).length, 2);
  await cluster.client.delete(cronJobs, key, { propagationPolicy: 'Foreground' });
  await minute(cluster, 2);
  assert.deepEqual(await jobNames(cluster), []);
  await assert.rejects(cluster.client.get(cronJobs, key), { reason: 'NotFound' });
});

for (const seed of [1, 2, 3])
  test(`over a bad connection no slot gets two jobs, and the status comes to what there is; seed ${seed}`, async () => {
    await using bench = await workbench({ ...alone, seed, unreliable: true });
    const { cluster } = bench;
    const random = seededRandom(seed * 31);
    await make(cluster, { concurrencyPolicy: seed === 3 ? 'Forbid' : 'Allow', successfulJobsHistoryLimit: 100 });
    const made = new Set<string>();
    using _watching = cluster.cache.informer(jobs).subscribe((changes) => {
      for (const { object } of changes) if (object !== undefined) made.add(object.metadata.uid ?? '');
    });
    for (let i = 0; i < 20; i++) {
      await minute(cluster);
      const running = await activeNames(cluster);
      if (random.next() < 0.7 && running[0] !== undefined) await finish(cluster, running[0], 'Complete');
      if (random.next() < 0.2) await bench.restart();
    }
    bench.heal();
    await minute(cluster, 3);
    const all = (await cluster.client.list(jobs)).items;
    assert.equal(made.size, all.length, 'none was made twice');
    const unfinished = all.filter(({ status }) => (status?.conditions ?? []).length === 0);
    const active = await activeNames(cluster);
    assert.equal(active.length, unfinished.length);
    assert.deepEqual(new Set(active), new Set(unfinished.map(({ metadata }) => metadata.name)));
    if (seed === 3) assert.equal(unfinished.length, 1);
    else assert.equal(all.at(-1)?.metadata.name, current(cluster));
    assert.ok(all.length >= 10, `${all.length} jobs`);
  });
