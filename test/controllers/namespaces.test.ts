/** What every namespace gets, and what becomes of it when it is deleted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, deployments, namespaces, pods, serviceAccounts } from '../../src/api/mod.ts';
import { isApiError } from '../../src/machinery/mod.ts';
import { namespaceNames, podsOf, web, workbench } from './workbench.ts';

test('every namespace has its default account and the root certificates', async () => {
  await using bench = await workbench();
  const { cluster } = bench;
  await cluster.client.create(namespaces, { metadata: { name: 'team' } });
  await cluster.advance(100);
  for (const namespace of ['default', 'kube-system', 'team']) {
    await cluster.client.get(serviceAccounts, { namespace, name: 'default' });
    const { data, metadata } = await cluster.client.get(configMaps, { namespace, name: 'kube-root-ca.crt' });
    assert.deepEqual(data, { 'ca.crt': 'the CA' });
    assert.match(metadata.annotations?.['kubernetes.io/description'] ?? '', /^Contains a CA bundle/);
  }
  await cluster.client.delete(serviceAccounts, { namespace: 'team', name: 'default' });
  await cluster.client.patch(
    configMaps,
    { namespace: 'team', name: 'kube-root-ca.crt' },
    { type: 'merge', body: { data: { 'ca.crt': 'another' } } },
  );
  await cluster.advance(100);
  await cluster.client.get(serviceAccounts, { namespace: 'team', name: 'default' });
  assert.deepEqual((await cluster.client.get(configMaps, { namespace: 'team', name: 'kube-root-ca.crt' })).data, {
    'ca.crt': 'the CA',
  });
});

test('a namespace goes with everything in it, pods first and with grace', async () => {
  await using bench = await workbench();
  const { cluster } = bench;
  const { client } = cluster;
  await client.create(namespaces, { metadata: { name: 'team' } });
  const deployment = web();
  await client.create(deployments, { ...deployment, metadata: { name: 'web', namespace: 'team' } });
  await client.create(configMaps, { metadata: { name: 'settings', namespace: 'team' }, data: { a: 'b' } });
  await cluster.advance(5000);
  assert.equal((await podsOf(cluster, 'team')).length, 3);
  await client.delete(namespaces, { name: 'team' });
  await cluster.advance(100);
  const terminating = await client.get(namespaces, { name: 'team' });
  assert.equal(terminating.status?.phase, 'Terminating');
  const remaining = terminating.status?.conditions?.find(({ type }) => type === 'NamespaceContentRemaining');
  assert.equal(remaining?.status, 'True');
  assert.match(remaining.message ?? '', /^Some resources are remaining: .*pods\. has 3 resource instances/);
  await assert.rejects(client.create(configMaps, { metadata: { name: 'late', namespace: 'team' } }), (error) =>
    isApiError(error, 'Forbidden'),
  );
  await client.get(configMaps, { namespace: 'team', name: 'settings' });
  await cluster.advance(20_000);
  assert.deepEqual(await namespaceNames(cluster), ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  for (const kind of [configMaps, deployments, pods])
    assert.deepEqual((await client.list(kind, { namespace: 'team' })).items, []);
});

test('a finalizer keeps a namespace, and its conditions say so', async () => {
  await using bench = await workbench();
  const { cluster } = bench;
  const { client } = cluster;
  await client.create(namespaces, { metadata: { name: 'team' } });
  await client.create(configMaps, { metadata: { name: 'kept', namespace: 'team', finalizers: ['example.com/keep'] } });
  await cluster.advance(100);
  await client.delete(namespaces, { name: 'team' });
  await cluster.advance(60_000);
  const { status } = await client.get(namespaces, { name: 'team' });
  assert.deepEqual(
    status?.conditions?.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
    [
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
      [
        'NamespaceDeletionGroupVersionParsingFailure',
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ],
      [
        'NamespaceDeletionContentFailure',
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
      [
        'NamespaceContentRemaining',
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 1 resource instances',
      ],
      [
        'NamespaceFinalizersRemaining',
        'True',
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
      ],
    ],
  );
  await client.patch(
    configMaps,
    { namespace: 'team', name: 'kept' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  );
  await cluster.advance(30_000);
  assert.ok(!(await namespaceNames(cluster)).includes('team'));
});
