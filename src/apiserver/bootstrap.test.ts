import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import {
  apiServices,
  clusterRoleBindings,
  clusterRoles,
  endpointSlices,
  flowSchemas,
  namespaces,
  priorityLevelConfigurations,
  roleBindings,
  roles,
  secrets,
  services,
  type FlowSchema,
} from '../api/mod.ts';
import { seededRandom, silentLog, VirtualClock } from '../base/mod.ts';
import { usualConfig, type ApiError, type UserInfo } from '../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../store/mod.ts';
import { bootstrap, keepFlowControl, type BootstrapOptions } from './bootstrap.ts';
import { composeServer, type ComposedServer } from './compose.ts';
import { stamp } from './stamp.ts';

const options: BootstrapOptions = {
  server: { address: '192.0.2.1', port: 6443, serviceIp: '10.96.0.1' },
  authentication: {
    clientCa: 'CA',
    frontProxyCa: 'FRONT',
    requestHeader: {
      allowedNames: ['front-proxy-client'],
      usernameHeaders: ['x-remote-user'],
      uidHeaders: ['x-remote-uid'],
      groupHeaders: ['x-remote-group'],
      extraHeaderPrefixes: ['x-remote-extra-'],
    },
  },
};
const admin: UserInfo = { username: 'admin', groups: ['system:masters'] };

async function started(): Promise<{ api: ComposedServer; store: LocalStore; clock: VirtualClock }> {
  const clock = new VirtualClock({ rest: async () => await setImmediate() });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const api = composeServer(
    { store, clock, random: seededRandom(1), log: silentLog, facts, config: usualConfig },
    { posts: [] },
  );
  await bootstrap(api, options);
  return { api, store, clock };
}

test('a new cluster has its namespaces, its policy and its Service', async () => {
  const { api } = await started();
  const client = api.client(admin);
  assert.deepEqual(
    (await client.list(namespaces)).items.map(({ metadata }) => metadata.name),
    ['default', 'kube-node-lease', 'kube-public', 'kube-system'],
  );
  const service = await client.get(services, { namespace: 'default', name: 'kubernetes' });
  assert.equal(service.spec?.clusterIP, '10.96.0.1');
  const slice = await client.get(endpointSlices, { namespace: 'default', name: 'kubernetes' });
  assert.deepEqual(slice.endpoints?.[0]?.addresses, ['192.0.2.1']);
  const discovery = await client.get(clusterRoles, { name: 'system:discovery' });
  assert.deepEqual(discovery.metadata.annotations, { 'rbac.authorization.kubernetes.io/autoupdate': 'true' });
  assert.ok((await client.list(clusterRoles)).items.length > 60);
});

test('a second start writes nothing', async () => {
  const { api, store } = await started();
  const { revision } = store.current;
  await bootstrap(api, options);
  assert.equal(store.current.revision, revision);
});

test('what is missing comes back, what was added stays, and autoupdate=false is left alone', async () => {
  const { api } = await started();
  const client = api.client(admin);
  const rules = [
    { verbs: ['get'], nonResourceURLs: ['/version'] },
    { verbs: ['get'], apiGroups: [''], resources: ['things'] },
  ];
  await client.patch(clusterRoles, { name: 'system:public-info-viewer' }, { type: 'merge', body: { rules } });
  await client.patch(
    clusterRoles,
    { name: 'system:basic-user' },
    {
      type: 'merge',
      body: { rules: [], metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } } },
    },
  );
  await client.patch(
    clusterRoleBindings,
    { name: 'system:discovery' },
    { type: 'merge', body: { subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'mine' }] } },
  );
  await client.delete(clusterRoles, { name: 'system:kube-scheduler' });
  await bootstrap(api, options);
  assert.deepEqual((await client.get(clusterRoles, { name: 'system:public-info-viewer' })).rules, [
    ...rules,
    { verbs: ['get'], nonResourceURLs: ['/healthz'] },
    { verbs: ['get'], nonResourceURLs: ['/livez'] },
    { verbs: ['get'], nonResourceURLs: ['/readyz'] },
    { verbs: ['get'], nonResourceURLs: ['/version/'] },
  ]);
  assert.deepEqual((await client.get(clusterRoles, { name: 'system:basic-user' })).rules ?? [], []);
  assert.deepEqual(
    (await client.get(clusterRoleBindings, { name: 'system:discovery' })).subjects?.map(({ name }) => name),
    ['mine', 'system:authenticated'],
  );
  await client.get(clusterRoles, { name: 'system:kube-scheduler' });
});

test('the address of the server follows', async () => {
  const { api } = await started();
  await bootstrap(api, { server: { address: '192.0.2.9', port: 7443, serviceIp: '10.96.0.1' } });
  const client = api.client(admin);
  assert.deepEqual(
    (await client.get(endpointSlices, { namespace: 'default', name: 'kubernetes' })).endpoints?.[0]?.addresses,
    ['192.0.2.9'],
  );
  assert.equal(
    (await client.get(services, { namespace: 'default', name: 'kubernetes' })).spec?.ports?.[0]?.targetPort,
    7443,
  );
});

test('components and administrators can do what they are for', async () => {
  const { api } = await started();
  const scheduler = api.client({ username: 'system:kube-scheduler', groups: ['system:authenticated'] });
  await scheduler.list(namespaces);
  await assert.rejects(scheduler.list(secrets), {
    message:
      'secrets is forbidden: User "system:kube-scheduler" cannot list resource "secrets" in API group "" at the cluster scope',
  });
  await api
    .client({ username: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:authenticated'] })
    .list(secrets);
});

test('nobody grants what they do not hold', async () => {
  const { api } = await started();
  const client = api.client(admin);
  await client.create(roles, {
    metadata: { name: 'delegate', namespace: 'default' },
    rules: [
      { verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
    ],
  });
  const u = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'u' };
  const refTo = (kind: string, name: string): { apiGroup: string; kind: string; name: string } => ({
    apiGroup: 'rbac.authorization.k8s.io',
    kind,
    name,
  });
  await client.create(roleBindings, {
    metadata: { name: 'delegate', namespace: 'default' },
    roleRef: refTo('Role', 'delegate'),
    subjects: [u],
  });
  const user = api.client({ username: 'u', groups: ['g', 'system:authenticated'] });
  // `*` on roles holds escalate and bind on roles, but bind on cluster roles it does not.
  await user.create(roles, {
    metadata: { name: 'more', namespace: 'default' },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }],
  });
  await client.patch(
    roles,
    { namespace: 'default', name: 'delegate' },
    { type: 'json', body: [{ op: 'replace', path: '/rules/0/verbs', value: ['create', 'update', 'patch', 'get'] }] },
  );
  await user.create(roles, {
    metadata: { name: 'pods', namespace: 'default' },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
  });
  const message =
    'roles.rbac.authorization.k8s.io "secrets" is forbidden: user "u" (groups=["g" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}';
  await assert.rejects(
    user.create(roles, {
      metadata: { name: 'secrets', namespace: 'default' },
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] }],
    }),
    (error: ApiError) => error.message === message && error.code === 403,
  );
  await assert.rejects(
    user.create(roleBindings, {
      metadata: { name: 'mine', namespace: 'default' },
      roleRef: refTo('ClusterRole', 'cluster-admin'),
      subjects: [u],
    }),
    /rolebindings.rbac.authorization.k8s.io "mine" is forbidden: user "u" .*not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}\n\{NonResourceURLs:\["\*"\], Verbs:\["\*"\]\}/,
  );
  await assert.rejects(
    user.create(roleBindings, {
      metadata: { name: 'mine', namespace: 'default' },
      roleRef: refTo('ClusterRole', 'gone'),
      subjects: [u],
    }),
    { message: 'clusterroles.rbac.authorization.k8s.io "gone" not found' },
  );
  await user.create(roleBindings, {
    metadata: { name: 'mine', namespace: 'default' },
    roleRef: refTo('Role', 'pods'),
    subjects: [u],
  });
});

const annotation = 'apf.kubernetes.io/autoupdate-spec';

test('fairness has its defaults; the mandatory ones come back as they were, the others as far as nobody changed them', async () => {
  const { api } = await started();
  const client = api.client(admin);
  const levels = (await client.list(priorityLevelConfigurations)).items;
  assert.deepEqual(
    levels.map(({ metadata, spec }) => `${metadata.name ?? ''} ${spec?.limited?.nominalConcurrencyShares ?? '-'}`),
    [
      'catch-all 5',
      'exempt -',
      'global-default 20',
      'leader-election 10',
      'node-high 40',
      'system 30',
      'workload-high 40',
      'workload-low 100',
    ],
  );
  const schemas = (await client.list(flowSchemas)).items;
  for (const { metadata } of [...levels, ...schemas])
    assert.equal(metadata.managedFields?.[0]?.manager, 'api-priority-and-fairness-config-producer-v1');
  assert.deepEqual(
    schemas
      .toSorted((a, b) => (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0))
      .map(({ metadata, spec }) => `${metadata.name ?? ''} ${spec?.priorityLevelConfiguration.name ?? ''}`),
    [
      'exempt exempt',
      'probes exempt',
      'system-leader-election leader-election',
      'system-node-high node-high',
      'system-nodes system',
      'kube-controller-manager workload-high',
      'kube-scheduler workload-high',
      'kube-system-service-accounts workload-high',
      'service-accounts workload-low',
      'global-default global-default',
      'catch-all catch-all',
    ],
  );
  assert.ok([...levels, ...schemas].every(({ metadata }) => metadata.annotations?.[annotation] === 'true'));

  const precedence = { spec: { matchingPrecedence: 9901 } };
  const changed = { ...precedence, metadata: { annotations: { [annotation]: 'false' } } };
  await client.patch(flowSchemas, { name: 'global-default' }, { type: 'merge', body: changed });
  await client.patch(flowSchemas, { name: 'service-accounts' }, { type: 'merge', body: precedence });
  await client.patch(
    flowSchemas,
    { name: 'exempt' },
    { type: 'merge', body: { metadata: { annotations: { [annotation]: 'false' } } } },
  );
  await client.patch(
    priorityLevelConfigurations,
    { name: 'exempt' },
    { type: 'merge', body: { spec: { exempt: { nominalConcurrencyShares: 7 } } } },
  );
  await client.delete(flowSchemas, { name: 'probes' });
  await client.delete(flowSchemas, { name: 'catch-all' });
  const old = (name: string, annotations: Record<string, string>): FlowSchema => ({
    metadata: { name, annotations },
    spec: { priorityLevelConfiguration: { name: 'exempt' } },
  });
  await client.create(flowSchemas, old('outdated', { [annotation]: 'true' }));
  await client.create(flowSchemas, old('mine', {}));
  await bootstrap(api, options);
  const after = async (name: string): Promise<unknown> => {
    const { metadata, spec } = await client.get(flowSchemas, { name });
    return [metadata.annotations?.[annotation], spec?.matchingPrecedence];
  };
  assert.deepEqual(await after('global-default'), ['false', 9901]);
  assert.deepEqual(await after('service-accounts'), ['true', 9000]);
  assert.deepEqual(await after('exempt'), ['true', 1]);
  assert.deepEqual(await after('probes'), ['true', 2]);
  assert.deepEqual(await after('catch-all'), ['true', 10000]);
  assert.deepEqual(await after('mine'), [undefined, 1000]);
  await assert.rejects(client.get(flowSchemas, { name: 'outdated' }), { code: 404 });
  const exempt = await client.get(priorityLevelConfigurations, { name: 'exempt' });
  assert.equal(exempt.spec?.exempt?.nominalConcurrencyShares, 7);
});

test('a mandatory object cannot be changed', async () => {
  const { api } = await started();
  const body = { spec: { matchingPrecedence: 9000 } };
  await assert.rejects(
    api.client(admin).patch(flowSchemas, { name: 'catch-all' }, { type: 'merge', body }),
    /^ApiError: FlowSchema.flowcontrol.apiserver.k8s.io "catch-all" is invalid: spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value$/,
  );
});

test('every group and version that is served has its APIService', async () => {
  const { api } = await started();
  const client = api.client(admin);
  const served = new Set(
    api.server.registry
      .kinds()
      .filter(({ group }) => group !== 'apiregistration.k8s.io')
      .flatMap(({ group, versions }) => versions.map(({ version }) => `${version}.${group}`)),
  );
  const { items } = await client.list(apiServices);
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    [...served].sort(),
  );
  const core = await client.get(apiServices, { name: 'v1.' });
  assert.deepEqual(core.metadata.labels, { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' });
  assert.deepEqual(core.spec, { version: 'v1', groupPriorityMinimum: 18000, versionPriority: 1 });
  const [condition] = core.status?.conditions ?? [];
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason, condition?.message],
    ['Available', 'True', 'Local', 'Local APIServices are always available'],
  );

  const spec = { group: 'gone.k8s.io', version: 'v1', groupPriorityMinimum: 100, versionPriority: 15 };
  const labels = { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' };
  await client.create(apiServices, { metadata: { name: 'v1.gone.k8s.io', labels }, spec });
  await client.create(apiServices, { metadata: { name: 'v1.own.k8s.io' }, spec: { ...spec, group: 'own.k8s.io' } });
  const priority = { spec: { groupPriorityMinimum: 1 } };
  await client.patch(apiServices, { name: 'v1.apps' }, { type: 'merge', body: priority });
  const taken = { ...priority, metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': null } } };
  await client.patch(apiServices, { name: 'v1.batch' }, { type: 'merge', body: taken });
  await bootstrap(api, options);
  await assert.rejects(client.get(apiServices, { name: 'v1.gone.k8s.io' }), { code: 404 });
  await client.get(apiServices, { name: 'v1.own.k8s.io' });
  const priorityOf = async (name: string): Promise<number | undefined> =>
    (await client.get(apiServices, { name })).spec?.groupPriorityMinimum;
  assert.deepEqual([await priorityOf('v1.apps'), await priorityOf('v1.batch')], [17800, 1]);
});

test('a mandatory object that is deleted while the server runs comes back', async () => {
  const { api, clock } = await started();
  const client = api.client(admin);
  using _upkeep = keepFlowControl(api);
  await client.delete(priorityLevelConfigurations, { name: 'exempt' });
  await clock.advance(59_000);
  await assert.rejects(client.get(priorityLevelConfigurations, { name: 'exempt' }), { code: 404 });
  await clock.advance(1_000);
  await client.get(priorityLevelConfigurations, { name: 'exempt' });
  await client.delete(flowSchemas, { name: 'global-default' });
  await clock.advance(60_000);
  await client.get(flowSchemas, { name: 'global-default' });
});
