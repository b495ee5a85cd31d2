import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clusterRoleBindings,
  clusterRoles,
  nodes,
  pods as podKind,
  serviceAccounts,
  type ServiceAccount,
} from '../src/api/mod.ts';
import { HttpClient, type HttpTransport } from '../src/client/mod.ts';
import { HttpsTransport } from '../src/host/http/mod.ts';
import { isApiError } from '../src/machinery/mod.ts';
import { startApiServer, startCluster, type TestCluster } from '../src/main/testing.ts';
import { ask, type Sent } from './auth/ask.ts';

/** The same transport with more headers. */
function withHeaders(inner: HttpTransport, more: Readonly<Record<string, string>>): HttpTransport {
  return {
    request: (method, path, headers, body) => inner.request(method, path, { ...headers, ...more }, body),
    stream: (path, headers, sink) => inner.stream(path, { ...headers, ...more }, sink),
  };
}

test('who may impersonate acts as the other, with the rights of the other', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0 });
  const { endpoint } = cluster;
  const access = { server: endpoint.server, certificateAuthority: endpoint.ca };
  const { certificate: clientCertificate, key: clientKey } = endpoint.admin;
  using admin = new HttpsTransport({ ...access, clientCertificate, clientKey });
  const as = (headers: Readonly<Record<string, string>>): HttpClient => new HttpClient(withHeaders(admin, headers));
  const who = async (client: HttpClient): Promise<unknown> => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const answer = await client.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', body);
    return (answer as { status: { userInfo: unknown } }).status.userInfo;
  };
  assert.deepEqual(
    await who(as({ 'impersonate-user': 'ann', 'impersonate-group': 'dev', 'impersonate-extra-scope': 'a' })),
    {
      username: 'ann',
      groups: ['dev', 'system:authenticated'],
      extra: { scope: ['a'] },
    },
  );
  assert.deepEqual(await who(as({ 'impersonate-user': 'system:serviceaccount:default:x' })), {
    username: 'system:serviceaccount:default:x',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  });
  const forbidden = (error: unknown): boolean => isApiError(error, 'Forbidden');
  await assert.rejects(as({ 'impersonate-user': 'nobody' }).raw('GET', '/api/v1/secrets'), forbidden);
  await assert.rejects(as({ 'impersonate-group': 'dev' }).raw('GET', '/api/v1/secrets'), {
    code: 400,
    message:
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"dev"}, Extra:map[string][]string(nil)} without impersonating a user name',
  });

  // Each part of the identity needs its own permission.
  const rules = [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['ann'] }];
  await cluster.client.create(clusterRoles, { metadata: { name: 'as-ann' }, rules });
  await cluster.client.create(clusterRoleBindings, {
    metadata: { name: 'as-ann' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'as-ann' },
    subjects: [{ kind: 'User', name: 'bob', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  const bob = await endpoint.credential({ commonName: 'bob', usage: 'client' });
  using transport = new HttpsTransport({ ...access, clientCertificate: bob.certificate, clientKey: bob.key });
  const bobAs = (headers: Readonly<Record<string, string>>): HttpClient =>
    new HttpClient(withHeaders(transport, headers));
  assert.deepEqual(await who(bobAs({ 'impersonate-user': 'ann' })), {
    username: 'ann',
    groups: ['system:authenticated'],
  });
  await assert.rejects(who(bobAs({ 'impersonate-user': 'carl' })), forbidden);
  await assert.rejects(who(bobAs({ 'impersonate-user': 'ann', 'impersonate-group': 'system:masters' })), forbidden);
});

interface Rule {
  readonly verbs: string[];
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly resourceNames?: string[];
}

/** A cluster where bob may what the rules say, and ann may read pods. */
class Rig {
  readonly cluster: TestCluster;

  constructor(cluster: TestCluster) {
    this.cluster = cluster;
  }

  async allow(who: string, rules: Rule[]): Promise<void> {
    const name = who.replaceAll(':', '.');
    const apiGroup = 'rbac.authorization.k8s.io';
    await this.cluster.client.create(clusterRoles, { metadata: { name }, rules });
    await this.cluster.client.create(clusterRoleBindings, {
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [{ apiGroup, kind: 'User', name: who }],
    });
  }

  /** What becomes of a request: `200`, or why it was refused. */
  async try(credential: Sent, path: string, headers: Readonly<Record<string, string | string[]>>): Promise<string> {
    const { status, text } = await ask(this.cluster.endpoint, { ...credential, path, headers });
    return status === 200 ? '200' : (JSON.parse(text) as { message: string }).message;
  }
}

const pods = '/api/v1/namespaces/default/pods';
const authentication = ['authentication.k8s.io'];
const readers: Rule[] = [{ verbs: ['get', 'list', 'delete'], apiGroups: [''], resources: ['pods'] }];

test('who may act as another for certain requests does so for these alone', async () => {
  await using cluster = await startApiServer({ https: true });
  const rig = new Rig(cluster);
  await rig.allow('ann', readers);
  await rig.allow('bob', [
    { verbs: ['impersonate:user-info'], apiGroups: authentication, resources: ['users'], resourceNames: ['ann'] },
    { verbs: ['impersonate:user-info'], apiGroups: authentication, resources: ['groups'] },
    { verbs: ['impersonate:user-info'], apiGroups: authentication, resources: ['userextras/example.com/scope'] },
    { verbs: ['impersonate-on:user-info:list'], apiGroups: [''], resources: ['pods', 'secrets'] },
  ]);
  const credential = await cluster.endpoint.credential({ commonName: 'bob', usage: 'client' });
  const as = (path: string, headers: Record<string, string | string[]> = {}): Promise<string> =>
    rig.try({ credential }, path, { 'impersonate-user': 'ann', ...headers });
  assert.equal(await as(pods), '200');
  assert.equal(await as(pods, { 'impersonate-group': ['a', 'b', 'c', 'd'] }), '200');
  assert.equal(await as(pods, { 'impersonate-extra-example.com%2fscope': 'x' }), '200');
  const cannot = (resource: string): string =>
    `User "bob" cannot impersonate:user-info resource "${resource}" in API group "authentication.k8s.io" at the cluster scope`;
  // Of what ann may not do, bob may do nothing either.
  assert.match(await as('/api/v1/secrets'), /^secrets is forbidden: User "ann" cannot list resource "secrets"/);
  assert.equal(
    await as(`${pods}/p`),
    'pods "p" is forbidden: User "bob" cannot impersonate-on:user-info:get resource "pods" in API group "" in the namespace "default"',
  );
  assert.equal(
    await as(pods, { 'impersonate-user': 'carl' }),
    `users.authentication.k8s.io "carl" is forbidden: ${cannot('users')}`,
  );
  assert.equal(
    await as(pods, { 'impersonate-uid': '7' }),
    `uids.authentication.k8s.io "7" is forbidden: ${cannot('uids')}`,
  );
  assert.equal(
    await as(pods, { 'impersonate-group': 'system:masters' }),
    `groups.authentication.k8s.io "system:masters" is forbidden: ${cannot('groups')}: impersonating the system:masters group is not allowed`,
  );
  assert.equal(
    await as(pods, { 'impersonate-extra-scope': 'x' }),
    `userextras.authentication.k8s.io is forbidden: ${cannot('userextras')}: impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "scope": must be a domain-prefixed path (such as "acme.io/foo")`,
  );
  // Accounts and nodes are not users like others: no way but the old one is left, and it is not open.
  assert.equal(
    await as(pods, { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'a' }),
    'users "system:node:n1" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
});

test('an agent acts as the node that it is on', async () => {
  await using cluster = await startApiServer({ https: true });
  const { client } = cluster;
  const rig = new Rig(cluster);
  const agent = 'system:serviceaccount:default:agent';
  await rig.allow(agent, [
    { verbs: ['impersonate:associated-node'], apiGroups: authentication, resources: ['nodes'] },
    { verbs: ['impersonate:serviceaccount'], apiGroups: authentication, resources: ['serviceaccounts'] },
    {
      verbs: ['impersonate-on:associated-node:list', 'impersonate-on:serviceaccount:list'],
      apiGroups: [''],
      resources: ['pods'],
    },
  ]);
  await client.create(serviceAccounts, { metadata: { name: 'agent', namespace: 'default' } });
  await client.create(nodes, { metadata: { name: 'n1' } });
  const { metadata } = await client.create(podKind, {
    metadata: { name: 'agent', namespace: 'default' },
    spec: { serviceAccountName: 'agent', nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  });
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'agent', uid: metadata.uid ?? '' };
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name: 'agent', namespace: 'default' },
    spec: { boundObjectRef },
  } as unknown as ServiceAccount;
  const answer = await client.create(serviceAccounts, request, { subresource: 'token' });
  const { token } = (answer as unknown as { status: { token: string } }).status;
  const as = (user: string, path: string): Promise<string> => rig.try({ token }, path, { 'impersonate-user': user });
  assert.equal(await as('system:node:n1', `${pods}?fieldSelector=spec.nodeName%3Dn1`), '200');
  assert.match(await as('system:node:n1', pods), /can only list\/watch pods with spec.nodeName field selector$/);
  assert.equal(
    await as('system:node:n1', `${pods}/agent`),
    `pods "agent" is forbidden: User "${agent}" cannot impersonate-on:associated-node:get resource "pods" in API group "" in the namespace "default"`,
  );
  assert.match(
    await as('system:node:n2', pods),
    /^pods is forbidden: User "\S+" cannot impersonate-on:arbitrary-node:list /,
  );
  assert.match(
    await as('system:serviceaccount:default:other', pods),
    /^pods is forbidden: User "system:serviceaccount:default:other" cannot list resource "pods"/,
  );
});
