/**
 * Random operations on workloads while the controllers' connection loses requests and answers, their views lag, and they are
 * ended and started anew in the midst of it; then the connection heals, and everything must come to what was asked for. Every seed runs twice, to the same trace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, endpoints, endpointSlices, nodes, pods, replicaSets, services } from '../../src/api/mod.ts';
import { seededRandom } from '../../src/base/mod.ts';
import { isApiError } from '../../src/machinery/mod.ts';
import { web, workbench, type Workbench } from './workbench.ts';

const seeds = process.env['SEEDS'] === undefined ? 6 : Number(process.env['SEEDS']);
const firstSeed = Number(process.env['SEED'] ?? 1);
const steps = 40;
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
];
const names = ['web', 'api', 'db'];

function deploymentNamed(name: string, replicas: number, type: 'RollingUpdate' | 'Recreate'): ReturnType<typeof web> {
  const base = web({ replicas });
  const labels = { app: name };
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      ...base.spec,
      template: { ...base.spec?.template, metadata: { labels } },
      selector: { matchLabels: labels },
      strategy: { type },
    },
  };
}

class Chaos {
  readonly #bench: Workbench;
  readonly #next: () => number;

  constructor(bench: Workbench, seed: number) {
    this.#bench = bench;
    const random = seededRandom(seed * 7919);
    this.#next = () => random.next();
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#next() * items.length)];
  }

  async step(): Promise<void> {
    const { client } = this.#bench.cluster;
    const name = this.#pick(names) ?? '';
    const key = { namespace: 'default', name };
    const merge = (body: object): Promise<unknown> => client.patch(deployments, key, { type: 'merge', body });
    const size = Math.floor(this.#next() * 12);
    const choice = Math.floor(this.#next() * 8);
    const pod = this.#pick((await client.list(pods)).items)?.metadata;
    const operations: (() => Promise<unknown>)[] = [
      () => client.create(deployments, deploymentNamed(name, size, this.#next() < 0.5 ? 'Recreate' : 'RollingUpdate')),
      () => merge({ spec: { replicas: size } }),
      () => merge({ spec: { paused: this.#next() < 0.3 } }),
      () =>
        client.patch(deployments, key, {
          type: 'strategic',
          body: {
            spec: {
              template: { spec: { containers: [{ name: 'web', image: `web:${Math.floor(this.#next() * 4)}` }] } },
            },
          },
        }),
      () =>
        client.delete(deployments, key, {
          propagationPolicy: this.#pick(['Background', 'Foreground'] as const) ?? 'Background',
        }),
      () => client.delete(pods, { namespace: 'default', name: pod?.name ?? '' }),
      () => client.delete(pods, { namespace: 'default', name: pod?.name ?? '' }, { gracePeriodSeconds: 0 }),
      () =>
        client.patch(
          pods,
          { namespace: 'default', name: pod?.name ?? '' },
          { type: 'merge', body: { metadata: { labels: { app: this.#pick([...names, 'none']) ?? '' } } } },
        ),
    ];
    try {
      await operations[choice]?.();
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'AlreadyExists', 'Invalid', 'Conflict')) throw error;
    }
    await this.#bench.cluster.advance(this.#next() * 3000);
  }
}

/** Ends paused rollouts, heals the connection, lets time pass, and looks. */
async function settle(bench: Workbench): Promise<void> {
  const { client } = bench.cluster;
  bench.heal();
  for (const { metadata } of (await client.list(deployments)).items)
    await client.patch(
      deployments,
      { namespace: 'default', name: metadata.name ?? '' },
      { type: 'merge', body: { spec: { paused: false } } },
    );
  for (let minute = 0; minute < 20; minute++) await bench.cluster.advance(60_000);
}

async function check({ cluster: { client } }: Workbench): Promise<void> {
  const all = (await client.list(pods)).items;
  const sets = (await client.list(replicaSets)).items;
  const wanted = (await client.list(deployments)).items;
  for (const { metadata, spec, status } of wanted) {
    const { replicas = 0 } = spec ?? {};
    const told = [
      status?.replicas ?? 0,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      status?.observedGeneration,
    ];
    assert.deepEqual(told, [replicas, replicas, replicas, metadata.generation], `status of ${metadata.name ?? ''}`);
    const owned = sets.filter(({ metadata: { ownerReferences } }) => ownerReferences?.[0]?.uid === metadata.uid);
    const running = all.filter(({ metadata: { ownerReferences } }) =>
      owned.some((set) => set.metadata.uid === ownerReferences?.[0]?.uid),
    );
    assert.equal(running.length, replicas, `pods of ${metadata.name ?? ''}`);
    assert.ok(running.every((pod) => pod.spec?.containers[0]?.image === spec?.template?.spec?.containers[0]?.image));
  }
  const alive = new Set([...wanted, ...sets].map(({ metadata }) => metadata.uid));
  for (const { metadata } of [...sets, ...all])
    for (const { uid, name } of metadata.ownerReferences ?? [])
      assert.ok(alive.has(uid), `${metadata.name ?? ''} has lost ${name}`);
  for (const name of names) {
    const ips = all
      .filter(({ metadata }) => metadata.labels?.['app'] === name)
      .map(({ status }) => status?.podIP ?? '')
      .toSorted();
    const { subsets = [] } = await client.get(endpoints, { namespace: 'default', name });
    assert.deepEqual(
      subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)).toSorted(),
      ips,
      `endpoints of ${name}`,
    );
    const slices = (await client.list(endpointSlices, { labelSelector: `kubernetes.io/service-name=${name}` })).items;
    assert.deepEqual(
      slices.flatMap(({ endpoints: told = [] }) => told.flatMap(({ addresses }) => addresses)).toSorted(),
      ips,
      `slices of ${name}`,
    );
  }
}

async function run(seed: number): Promise<readonly string[]> {
  await using bench = await workbench({ seed, controllers, unreliable: true });
  const { client } = bench.cluster;
  await client.create(nodes, { metadata: { name: 'node-1' } });
  for (const name of names)
    await client.create(services, {
      metadata: { name, namespace: 'default' },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    });
  for (const name of names) await client.create(deployments, deploymentNamed(name, 3, 'RollingUpdate'));
  const chaos = new Chaos(bench, seed);
  for (let i = 0; i < steps; i++) {
    await chaos.step();
    if (i === steps / 2) await bench.restart();
  }
  await settle(bench);
  await check(bench);
  return bench.trace;
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  test(`seed ${seed}`, async () => {
    const first = await run(seed);
    assert.ok(first.length > 100);
    const second = await run(seed);
    assert.equal(
      second.findIndex((line, i) => line !== first[i]),
      -1,
      'the same trace',
    );
    assert.equal(second.length, first.length);
  });
}
