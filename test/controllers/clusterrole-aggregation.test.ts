/** Aggregated ClusterRoles, by a controller that has no more rights than its own role gives it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterRoles } from '../../src/api/mod.ts';
import { silentLog } from '../../src/base/mod.ts';
import type { Client } from '../../src/client/mod.ts';
import { controllerUser, startControllers } from '../../src/controllers/mod.ts';
import { startApiServer } from '../../src/main/testing.ts';

test('the roles of a new cluster sum up, and follow what is labelled into them', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const { cache, clock } = cluster;
  const clientFor = (account: string): Client => cluster.as(controllerUser(account));
  const world = { clientFor, cache, resources: cluster.api.server.registry, clock, log: silentLog };
  await using _ = await startControllers(world, {
    rootCa: '',
    enabled: ({ name }) => name === 'clusterrole-aggregation-controller',
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await cluster.advance(10);
  };
  const resources = async (name: string): Promise<string[]> => {
    const role = await cluster.client.get(clusterRoles, { name });
    return (role.rules ?? []).flatMap((rule) => rule.resources ?? []);
  };
  await settle();
  assert.ok((await resources('view')).includes('pods/log'));
  assert.ok(!(await resources('view')).includes('secrets'));
  assert.ok((await resources('edit')).includes('secrets'));
  assert.ok((await resources('edit')).includes('pods/log'));
  assert.ok((await resources('admin')).includes('rolebindings'));
  assert.ok((await resources('admin')).includes('pods/log'));
  const rules = [{ verbs: ['get'], apiGroups: ['example.com'], resources: ['widgets'] }];
  await cluster.client.create(clusterRoles, {
    metadata: { name: 'widgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules,
  });
  await settle();
  for (const name of ['view', 'edit', 'admin']) assert.ok((await resources(name)).includes('widgets'), name);
  await cluster.client.delete(clusterRoles, { name: 'widgets' });
  await settle();
  for (const name of ['view', 'edit', 'admin']) assert.ok(!(await resources(name)).includes('widgets'), name);
});
