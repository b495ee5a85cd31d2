/** ReplicaSets and Deployments against a real API server under a virtual clock, with pods that come up after a second. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HollowKubelet } from '../../sim/hollow-kubelet.ts';
import { deployments, events, kinds, pods, replicaSets, type Deployment } from '../api/mod.ts';
import { startCluster, type TestCluster } from '../main/testing.ts';
import { controllerUser, startControllers } from './mod.ts';

interface Workbench extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly kubelet: HollowKubelet;
}

async function workbench(enabled: readonly string[]): Promise<Workbench> {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await startCluster({ clock: 'virtual' }));
  const { clock, cache, client } = cluster;
  const log = { debug() {}, info() {}, warn: (message: string, fields?: object) => console.log(message, fields), error: console.log, with: () => log };
  stack.use(await startControllers({ clientFor: (account) => cluster.as({ ...controllerUser(account), groups: ['system:masters'] }), cache, clock, log }, { resources: kinds, rootCa: '', enabled: ({ name }) => enabled.includes(name) }));
  const kubelet = stack.use(new HollowKubelet({ client, cache, clock }));
  return { cluster, kubelet, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function webDeployment(replicas: number, image = 'nginx:1'): Deployment {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } } },
  };
}

test('a deployment rolls out', async () => {
  await using bench = await workbench(['deployment-controller', 'replicaset-controller']);
  const { cluster } = bench;
  await cluster.client.create(deployments, webDeployment(3));
  await cluster.advance(5000);
  const d = await cluster.client.get(deployments, { namespace: 'default', name: 'web' });
  console.log(JSON.stringify(d.status, undefined, 1), d.metadata.annotations);
  const es = await cluster.client.list(events, {});
  for (const e of es.items) console.log((e as any).reason, (e as any).message, (e as any).source.component);
  console.log((await cluster.client.list(pods)).items.length, (await cluster.client.list(replicaSets)).items.length);
  assert.equal(d.status?.readyReplicas, 3);
});
