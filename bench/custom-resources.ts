/**
 * Custom resources against built-in ones, and what a definition costs beside a thousand others:
 * `node bench/custom-resources.ts`. In the process, without HTTP: what differs between the two is in here.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { customResourceDefinitions, deployments, startApiServer, type TestCluster } from '../src/main/testing.ts';
import type { CustomResourceDefinition } from '../src/api/mod.ts';
import type { KubeObject, Resource } from '../src/machinery/mod.ts';

const rounds = 5;
const objects = 2_000;
const definitions = 1_000;

const text = { type: 'string' };
const integer = { type: 'integer' };
const labels = { type: 'object', additionalProperties: text };

/** About what a Deployment says. */
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['selector', 'template'],
      properties: {
        replicas: { ...integer, default: 1, minimum: 0 },
        revisionHistoryLimit: { ...integer, default: 10 },
        paused: { type: 'boolean' },
        selector: { type: 'object', properties: { matchLabels: labels } },
        template: {
          type: 'object',
          properties: {
            metadata: { type: 'object', properties: { labels } },
            spec: {
              type: 'object',
              properties: {
                restartPolicy: { ...text, default: 'Always', enum: ['Always', 'OnFailure', 'Never'] },
                containers: {
                  type: 'array',
                  'x-kubernetes-list-type': 'map',
                  'x-kubernetes-list-map-keys': ['name'],
                  items: {
                    type: 'object',
                    required: ['name'],
                    properties: {
                      name: { ...text, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
                      image: text,
                      imagePullPolicy: { ...text, default: 'IfNotPresent' },
                      env: { type: 'array', items: { type: 'object', properties: { name: text, value: text } } },
                      ports: {
                        type: 'array',
                        items: {
                          type: 'object',
                          properties: { containerPort: integer, protocol: { ...text, default: 'TCP' } },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    status: { type: 'object', properties: { replicas: integer } },
  },
} as NonNullable<NonNullable<CustomResourceDefinition['spec']['versions'][number]['schema']>['openAPIV3Schema']>;

function definition(plural: string): CustomResourceDefinition {
  return {
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind: `Kind${plural}` },
      versions: [
        { name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } },
      ],
    },
  };
}

const spec = {
  replicas: 3,
  selector: { matchLabels: { app: 'web' } },
  template: {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'nginx:1',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
          ports: [{ containerPort: 80 }],
        },
      ],
    },
  },
};

/** Milliseconds for each of many calls, the best of some rounds. */
async function best(work: (round: number, i: number) => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (let i = 0; i < objects; i++) await work(round, i);
    least = Math.min(least, (performance.now() - started) / objects);
  }
  return least;
}

async function timesOf(cluster: TestCluster, resource: Resource, name: string): Promise<number[]> {
  const { client } = cluster;
  const namespace = 'default';
  const create = await best((round, i) =>
    client.create(resource, { metadata: { name: `x${round}-${i}`, namespace }, spec } as KubeObject),
  );
  const update = await best((round, i) =>
    client.patch(resource, { namespace, name: `x${round}-${i}` }, { type: 'merge', body: { spec: { replicas: 4 } } }),
  );
  const get = await best((round, i) => client.get(resource, { namespace, name: `x${round}-${i}` }));
  console.log(`${name}: create ${create.toFixed(3)} ms, patch ${update.toFixed(3)} ms, get ${get.toFixed(4)} ms`);
  return [create, update, get];
}

async function established(cluster: TestCluster, plural: string): Promise<void> {
  const found = (): boolean => cluster.api.server.registry.find('example.com', 'v1', plural) !== undefined;
  for (let waited = 0; !found() && waited < 10_000; waited++) await sleep(1);
}

async function main(): Promise<void> {
  await using cluster = await startApiServer();
  await cluster.client.create(customResourceDefinitions, definition('webs'));
  await established(cluster, 'webs');
  const webs = cluster.api.server.registry.find('example.com', 'v1', 'webs')?.kind;
  if (webs === undefined) return;
  await timesOf(cluster, deployments, 'warming up');
  await using other = await startApiServer();
  const builtIn = await timesOf(other, deployments, 'Deployment');
  const custom = await timesOf(cluster, webs, 'custom resource');
  console.log(`custom / built-in: ${custom.map((ms, i) => (ms / (builtIn[i] ?? 1)).toFixed(2)).join(', ')}`);
  const started = performance.now();
  for (let i = 0; i < definitions; i++) await cluster.client.create(customResourceDefinitions, definition(`a${i}`));
  await established(cluster, `a${definitions - 1}`);
  console.log(`${definitions} definitions: ${(performance.now() - started).toFixed(0)} ms`);
  const lastStarted = performance.now();
  await cluster.client.create(customResourceDefinitions, definition('last'));
  await established(cluster, 'last');
  console.log(`one more, until it is served: ${(performance.now() - lastStarted).toFixed(1)} ms`);
}

await main();
