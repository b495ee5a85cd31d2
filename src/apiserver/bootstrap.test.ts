import assert from 'node:assert/strict';
import { test } from 'node:test';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import {
  clusterRoleBindings,
  clusterRoles,
  endpointSlices,
  namespaces,
  roleBindings,
  roles,
  secrets,
  services,
} from '../api/mod.ts';
import { seededRandom, silentLog, VirtualClock } from '../base/mod.ts';
import type { ApiError, UserInfo } from '../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../store/mod.ts';
import { bootstrap, type BootstrapOptions } from './bootstrap.ts';
import { composeServer, stamp, type ComposedServer } from './compose.ts';

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

async function started(): Promise<{ api: ComposedServer; store: LocalStore }> {
  const clock = new VirtualClock({ rest: () => Promise.resolve() });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const config = {
    serviceCidr: '10.96.0.0/16',
    nodePortRange: { first: 30000, last: 32767 },
    clusterDomain: 'cluster.local',
  };
  const api = composeServer({ store, clock, random: seededRandom(1), log: silentLog, facts, config }, { posts: [] });
  await bootstrap(api, options);
  return { api, store };
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
