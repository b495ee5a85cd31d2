import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import facts from '../../api/upstream/facts.json' with { type: 'json' };
import { namespaces, nodes, pods, priorityClasses, secrets, serviceAccounts, type Pod } from '../../api/mod.ts';
import { seededRandom, silentLog, VirtualClock, type DeepReadonly } from '../../base/mod.ts';
import { usualConfig } from '../../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../../store/mod.ts';
import { bootstrap } from '../bootstrap.ts';
import { composeServer, type ComposedServer } from '../compose.ts';
import { stamp } from '../stamp.ts';
import type { InProcessClient } from '../in-process-client.ts';

interface World {
  readonly api: ComposedServer;
  readonly client: InProcessClient;
  readonly clock: VirtualClock;
  create(name: string, spec?: object, metadata?: object): Promise<DeepReadonly<Pod>>;
}

async function world(account: object | null = {}): Promise<World> {
  const clock = new VirtualClock({ rest: async () => await setImmediate(), startMs: Date.UTC(2030, 0, 1) });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const api = composeServer(
    { store, clock, random: seededRandom(1), log: silentLog, facts, config: usualConfig },
    { posts: [] },
  );
  await bootstrap(api);
  const client = api.client({ username: 'admin', groups: ['system:masters'] });
  if (account !== null)
    await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' }, ...account });
  const create = (name: string, spec: object = {}, metadata: object = {}): Promise<DeepReadonly<Pod>> =>
    client.create(pods, {
      metadata: { name, namespace: 'default', ...metadata },
      spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
    });
  return { api, client, clock, create };
}

const path = '/var/run/secrets/kubernetes.io/serviceaccount';

test('a pod gets its account and the volume with its token', async () => {
  const { create } = await world({ imagePullSecrets: [{ name: 'registry' }] });
  const { spec } = await create('p', {
    initContainers: [{ name: 'i', image: 'i' }],
    containers: [
      { name: 'c', image: 'i' },
      { name: 'own', image: 'i', volumeMounts: [{ name: 'v', mountPath: path }] },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  });
  assert.equal(spec?.serviceAccountName, 'default');
  assert.equal(spec?.serviceAccount, 'default');
  assert.deepEqual(spec?.imagePullSecrets, [{ name: 'registry' }]);
  const volume = spec?.volumes?.find(({ name }) => name.startsWith('kube-api-access-'));
  assert.match(volume?.name ?? '', /^kube-api-access-[a-z0-9]{5}$/);
  assert.deepEqual(volume?.projected, {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  });
  const mounts = (index: number): unknown => spec?.containers[index]?.volumeMounts;
  assert.deepEqual(mounts(0), [{ name: volume?.name, readOnly: true, mountPath: path }]);
  assert.deepEqual(mounts(1), [{ name: 'v', mountPath: path }]);
  assert.deepEqual(spec?.initContainers?.[0]?.volumeMounts, [{ name: volume?.name, readOnly: true, mountPath: path }]);
});

test('no token where pod or account do not want one', async () => {
  const { create, client } = await world({ automountServiceAccountToken: false });
  assert.equal((await create('p')).spec?.volumes, undefined);
  assert.equal((await create('q', { automountServiceAccountToken: true })).spec?.volumes?.length, 1);
  await client.create(serviceAccounts, { metadata: { name: 'a', namespace: 'default' } });
  assert.equal(
    (await create('r', { serviceAccountName: 'a', automountServiceAccountToken: false })).spec?.volumes,
    undefined,
  );
});

test('an account that is not there refuses; the default one is waited for', async () => {
  const { create, client, clock } = await world(null);
  await assert.rejects(create('p', { serviceAccountName: 'none' }), {
    message: 'pods "p" is forbidden: error looking up service account default/none: serviceaccount "none" not found',
    code: 403,
  });
  const early = create('p');
  await clock.advance(20);
  await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  await clock.advance(40);
  assert.equal((await early).spec?.serviceAccountName, 'default');
  await client.delete(serviceAccounts, { namespace: 'default', name: 'default' });
  const late = assert.rejects(create('x', {}, { name: undefined, generateName: 'web-' }), {
    message:
      'pods "web-" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
  });
  await clock.advance(5000);
  await late;
});

test('an account may allow only the secrets that it names', async () => {
  const { create, client } = await world({
    metadata: {
      name: 'default',
      namespace: 'default',
      annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' },
    },
    secrets: [{ name: 'yes' }],
  });
  for (const name of ['yes', 'no']) await client.create(secrets, { metadata: { name, namespace: 'default' } });
  const volumes = (secretName: string): object => ({ volumes: [{ name: 'v', secret: { secretName } }] });
  await create('p', volumes('yes'));
  await assert.rejects(create('q', volumes('no')), {
    message:
      'pods "q" is forbidden: volume with secret.secretName="no" is not allowed because service account default does not reference that secret',
  });
});

test('priority comes from the class', async () => {
  const { create, client } = await world();
  assert.deepEqual(
    [(await create('a')).spec?.priority, (await create('b')).spec?.preemptionPolicy],
    [0, 'PreemptLowerPriority'],
  );
  const critical = (await create('c', { priorityClassName: 'system-node-critical' })).spec;
  assert.equal(critical?.priority, 2_000_001_000);
  await assert.rejects(create('d', { priorityClassName: 'none' }), {
    message: 'pods "d" is forbidden: no PriorityClass with name none was found',
  });
  await assert.rejects(create('d', { priority: 7 }), {
    message:
      'pods "d" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  });
  await client.create(priorityClasses, {
    metadata: { name: 'mine' },
    value: 5,
    globalDefault: true,
    preemptionPolicy: 'Never',
  });
  const mine = (await create('e')).spec;
  assert.deepEqual([mine?.priority, mine?.priorityClassName, mine?.preemptionPolicy], [5, 'mine', 'Never']);
  await assert.rejects(client.create(priorityClasses, { metadata: { name: 'other' }, value: 5, globalDefault: true }), {
    message:
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass mine is already marked as default. Only one default can exist',
  });
  // A manifest that is sent again does not say the number.
  const { priority: _, preemptionPolicy: __, ...spec } = mine ?? { containers: [] };
  const again = await client.update(pods, {
    metadata: { name: 'e', namespace: 'default', labels: { a: 'b' } },
    spec,
  });
  assert.equal(again.spec?.priority, 5);
});

test('tolerations for nodes that are lost, unless the pod has its own', async () => {
  const { create } = await world();
  const default300 = (key: string): object => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  });
  assert.deepEqual((await create('a')).spec?.tolerations, [
    default300('node.kubernetes.io/not-ready'),
    default300('node.kubernetes.io/unreachable'),
  ]);
  const own = { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  assert.deepEqual((await create('b', { tolerations: [own] })).spec?.tolerations, [
    own,
    default300('node.kubernetes.io/not-ready'),
  ]);
  assert.deepEqual((await create('c', { tolerations: [{ operator: 'Exists' }] })).spec?.tolerations, [
    { operator: 'Exists' },
  ]);
});

test('namespaces', async () => {
  const { api, client, create } = await world();
  await assert.rejects(client.delete(namespaces, { name: 'kube-system' }), {
    message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    code: 403,
  });
  await assert.rejects(create('p', {}, { namespace: 'none' }), { message: 'namespaces "none" not found', code: 404 });
  assert.ok(api);
});

test('a node writes about itself only', async () => {
  const { api, client, create } = await world();
  const node = api.client({ username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] });
  await node.create(nodes, {
    metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'n1', 'node.kubernetes.io/x': 'y', mine: 'yes' } },
  });
  const { spec } = await client.get(nodes, { name: 'n1' });
  assert.deepEqual(spec?.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
  await assert.rejects(node.create(nodes, { metadata: { name: 'n2' } }), {
    message: 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  });
  await assert.rejects(
    node.patch(
      nodes,
      { name: 'n1' },
      {
        type: 'merge',
        body: {
          metadata: {
            labels: { 'node-restriction.kubernetes.io/a': 'b', 'node-role.kubernetes.io/control-plane': '' },
          },
        },
      },
    ),
    {
      message:
        'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/a, node-role.kubernetes.io/control-plane',
    },
  );
  await assert.rejects(node.patch(nodes, { name: 'n1' }, { type: 'merge', body: { spec: { taints: null } } }), {
    message: 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
  });
  await node.patch(
    nodes,
    { name: 'n1' },
    { type: 'merge', body: { status: { phase: 'Running' } } },
    { subresource: 'status' },
  );
  await create('mine', { nodeName: 'n1' });
  await create('other', { nodeName: 'n2' });
  const report = (name: string): Promise<unknown> =>
    node.patch(
      pods,
      { namespace: 'default', name },
      { type: 'merge', body: { status: { phase: 'Running' } } },
      { subresource: 'status' },
    );
  await report('mine');
  await assert.rejects(report('other'), {
    message:
      'pods "other" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  });
  await assert.rejects(node.delete(pods, { namespace: 'default', name: 'other' }, { gracePeriodSeconds: 0 }), {
    message: 'pods "other" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
  });
  const container = { name: 'c', image: 'i' };
  await assert.rejects(
    node.create(pods, {
      metadata: { name: 'm', namespace: 'default' },
      spec: { nodeName: 'n1', containers: [container] },
    }),
    /does not have "kubernetes.io\/config.mirror" annotation/,
  );
});
