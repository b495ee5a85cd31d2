/**
 * Everything at once for a while: workloads, services, namespaces and custom resources come, change and go in a cluster with
 * controllers, scheduler and nodes, while watchers follow. `node test/soak.test.ts --seconds=120` goes on for longer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { configMaps, deployments, namespaces, pods, replicaSets, services, type Deployment } from '../src/api/mod.ts';
import { seededRandom, silentLog, type DeepReadonly, type JsonObject, type Log } from '../src/base/mod.ts';
import type { Client } from '../src/client/mod.ts';
import { isApiError, keyOf, type KubeObject, type Resource } from '../src/machinery/mod.ts';
import { startCluster, type TestCluster } from '../src/main/testing.ts';
import { definitionsPath } from './custom-resources.ts';
import { customDefinitions } from './fuzz/seeds.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '15' }, seed: { type: 'string', default: '1' } },
  strict: false,
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const patienceMs = 60_000;
const heapGrowthMax = 64 << 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapMb(): number {
  for (let i = 0; i < 3; i++) collectGarbage();
  return process.memoryUsage().heapUsed / 1048576;
}

/** What a watcher of a kind has put together; it lists anew when it must. */
class Follower implements Disposable {
  readonly resource: Resource<KubeObject>;
  readonly objects = new Map<string, DeepReadonly<KubeObject>>();
  failure: unknown;
  events = 0;
  readonly #client: Client;
  #watch: Disposable | undefined;

  constructor(client: Client, resource: unknown) {
    this.#client = client;
    this.resource = resource as Resource<KubeObject>;
  }

  async begin(): Promise<void> {
    const { items, resourceVersion } = await this.#client.list(this.resource);
    this.objects.clear();
    for (const item of items) this.objects.set(keyOf(item), item);
    this.#watch = this.#client.watch(
      this.resource,
      { resourceVersion },
      {
        onEvents: (events) => {
          this.events += events.length;
          for (const { type, object } of events)
            if (type === 'DELETED') this.objects.delete(keyOf(object));
            else this.objects.set(keyOf(object), object);
        },
        onEnd: (error) => {
          if (isApiError(error, 'Expired')) this.begin().catch((failure: unknown) => (this.failure = failure));
          else this.failure = error;
        },
      },
    );
  }

  get state(): unknown[] {
    return [...this.objects.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }
}

const expected = ['NotFound', 'AlreadyExists', 'Conflict', 'Forbidden', 'Invalid', 'MethodNotAllowed'] as const;

/** Everything that can be done, one thing at a time. */
class Worker {
  readonly #client: Client;
  readonly #http: Client;
  readonly #random: () => number;
  done = 0;

  /** A client of any sort, and one over HTTP for what only that has. */
  constructor({ client, http }: { readonly client: Client; readonly http: Client }, seedOf: number) {
    const random = seededRandom(seedOf);
    this.#client = client;
    this.#http = http;
    this.#random = () => random.next();
  }

  async until(end: number): Promise<void> {
    for (; performance.now() < end; this.done++) {
      try {
        await this.#step();
      } catch (error) {
        if (!isApiError(error, ...expected)) throw error;
      }
      await sleep(5);
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #step(): Promise<unknown> {
    const client = this.#client;
    const http = this.#http;
    const namespace = this.#random() < 0.7 ? 'default' : `team-${this.#below(3)}`;
    const key = { namespace, name: `x${this.#below(6)}` };
    const metadata = { ...key, labels: { app: key.name } };
    const scale = { type: 'merge' as const, body: { spec: { replicas: this.#below(4) } } };
    const crd = customDefinitions[this.#below(2)] as JsonObject & KubeObject;
    const widgets = `/apis/example.com/v${1 + this.#below(2)}/namespaces/${namespace}/widgets`;
    const port = { port: 80 };
    const steps: readonly (() => Promise<unknown>)[] = [
      () => client.create(deployments, { metadata, spec: deploymentSpec(key.name, this.#below(4)) }),
      () => client.patch(deployments, key, scale),
      () => client.patch(deployments, key, scale),
      () => client.delete(deployments, key, { propagationPolicy: this.#random() < 0.5 ? 'Background' : 'Foreground' }),
      () =>
        client.create(services, { metadata, spec: { type: 'NodePort', ports: [port], selector: { app: key.name } } }),
      () => client.delete(services, key),
      () => client.create(configMaps, { metadata, data: { a: String(this.#random()) } }),
      () => client.patch(configMaps, key, { type: 'merge', body: { data: { a: String(this.#random()) } } }),
      () => client.deleteCollection(configMaps, { namespace, labelSelector: `app=${key.name}` }),
      () => client.create(namespaces, { metadata: { name: `team-${this.#below(3)}` } }),
      () => (this.#random() < 0.3 ? client.delete(namespaces, { name: `team-${this.#below(3)}` }) : client.list(pods)),
      () => http.raw('POST', definitionsPath, crd),
      () => (this.#random() < 0.2 ? http.raw('DELETE', `${definitionsPath}/${crd.metadata?.name}`) : client.list(pods)),
      () => http.raw('POST', widgets, widget(key.name, widgets)),
      () => http.raw('DELETE', `${widgets}/${key.name}`),
    ];
    return steps[this.#below(steps.length)]?.() ?? Promise.resolve();
  }
}

function widget(name: string, path: string): JsonObject {
  return { apiVersion: path.split('/').slice(2, 4).join('/'), kind: 'Widget', metadata: { name }, spec: { size: 1 } };
}

function deploymentSpec(app: string, replicas: number): NonNullable<Deployment['spec']> {
  const spec = { containers: [{ name: 'c', image: 'nginx:1' }], terminationGracePeriodSeconds: 0 };
  return {
    replicas,
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec },
  };
}

/** What is not yet as it should be, once nobody changes anything any more. */
async function unsettled({ client }: TestCluster): Promise<string[]> {
  const wrong: string[] = [];
  for (const { metadata, spec, status } of (await client.list(deployments)).items)
    if ((status?.readyReplicas ?? 0) !== (spec?.replicas ?? 1) || metadata.deletionTimestamp !== undefined)
      wrong.push(`deployment ${metadata.name}: ${status?.readyReplicas ?? 0} of ${spec?.replicas}`);
  for (const { metadata } of (await client.list(namespaces)).items)
    if (metadata.deletionTimestamp !== undefined) wrong.push(`namespace ${metadata.name} is terminating`);
  const owners = new Set((await client.list(replicaSets)).items.map(({ metadata }) => metadata.uid));
  for (const { metadata } of (await client.list(pods)).items)
    if (!owners.has(metadata.ownerReferences?.[0]?.uid) || metadata.deletionTimestamp !== undefined)
      wrong.push(`pod ${metadata.name} has nobody`);
  return wrong;
}

test(`${seconds} seconds of everything at once`, { timeout: seconds * 1_000 + 3 * patienceMs }, async (t) => {
  const errors: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (message, more) => void errors.push(`${message} ${JSON.stringify(more)}`),
    with: () => log,
  };
  await using cluster = await startCluster({ https: true, nodes: 3, seed, log, history: { historyRevisionsMax: 400 } });
  using stack = new DisposableStack();
  const http = cluster.endpoint.client();
  const clients = [cluster.client, ...Array.from({ length: 3 }, () => cluster.endpoint.client())];
  const watched = [deployments, replicaSets, pods, services, configMaps, namespaces];
  const followers = clients.flatMap((client) => watched.map((kind) => stack.use(new Follower(client, kind))));
  await Promise.all(followers.map((follower) => follower.begin()));
  const begun = performance.now();
  const workers = clients.map((client, i) => new Worker({ client, http }, seed * 10 + i));
  await Promise.all(workers.map((worker) => worker.until(begun + seconds * 200)));
  const warm = heapMb();
  await Promise.all(workers.map((worker) => worker.until(begun + seconds * 1_000)));
  let wrong: string[] = [];
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 200) {
    await sleep(200);
    wrong = await unsettled(cluster);
    if (wrong.length === 0) break;
  }
  assert.deepEqual(wrong, []);
  await sleep(500);
  for (const { resource, failure, state } of followers) {
    assert.equal(failure, undefined);
    assert.deepEqual(state, (await cluster.client.list(resource)).items, resource.plural);
  }
  const ports = (await cluster.client.list(services)).items.flatMap(({ spec }) =>
    (spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0),
  );
  const given = ports.filter((port) => port > 0);
  assert.equal(new Set(given).size, given.length);
  const grown = heapMb() - warm;
  const total = (of: readonly number[]): number => of.reduce((sum, n) => sum + n, 0);
  t.diagnostic(
    `${total(workers.map(({ done }) => done))} requests, ${total(followers.map(({ events }) => events))} events, revision ${cluster.store.current.revision}; heap ${warm.toFixed(0)} MB and ${grown.toFixed(1)} MB more`,
  );
  assert.ok(grown < heapGrowthMax / 1048576, `the heap grew by ${grown} MB`);
  assert.deepEqual(errors, []);
});
