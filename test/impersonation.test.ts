import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterRoleBindings, clusterRoles } from '../src/api/mod.ts';
import { HttpClient, type HttpTransport } from '../src/client/mod.ts';
import { HttpsTransport } from '../src/host/http/mod.ts';
import { isApiError } from '../src/machinery/mod.ts';
import { startCluster } from '../src/main/testing.ts';

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
  await assert.rejects(as({ 'impersonate-group': 'dev' }).raw('GET', '/api/v1/secrets'), (error) =>
    isApiError(error, 'InternalError'),
  );

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
