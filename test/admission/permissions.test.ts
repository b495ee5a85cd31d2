/** Plugins that ask who may: certificates are approved and signed by those who may for their signer, owners set by those who may delete. */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import type { UserInfo } from '../../src/machinery/mod.ts';
import {
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  startApiServer,
  type TestCluster,
} from '../../src/main/testing.ts';

const signerName = 'kubernetes.io/kube-apiserver-client';
const condition = { type: 'Approved', status: 'True', reason: 'R', message: 'm' };

async function requestFor(name: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const signingAlgorithm = { ...algorithm, hash: 'SHA-256' };
  const request = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm });
  return Buffer.from(request.toString('pem')).toString('base64');
}

/** Somebody who may do this, and nothing else. */
async function userWith(cluster: TestCluster, username: string, rules: readonly object[]): Promise<UserInfo> {
  const metadata = { name: username };
  await cluster.client.create(clusterRoles, { metadata, rules } as never);
  await cluster.client.create(clusterRoleBindings, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: username },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: username }],
  });
  return { username, groups: ['system:authenticated'] };
}

const group = 'certificates.k8s.io';
const ofRequests = { apiGroups: [group], resources: ['*'], verbs: ['get', 'list', 'create', 'update'] };
const ofSigners = (verb: string, name: string): object => ({
  apiGroups: [group],
  resources: ['signers'],
  resourceNames: [name],
  verbs: [verb],
});

void test('nobody asks for the certificate of an administrator', async () => {
  await using cluster = await startApiServer();
  const create = async (name: string, subject: string, signer: string): Promise<unknown> =>
    cluster.client.create(certificateSigningRequests, {
      metadata: { name },
      spec: { request: await requestFor(subject), signerName: signer, usages: ['client auth'] },
    });
  await assert.rejects(create('a', 'CN=jane,O=devs,O=system:masters', signerName), {
    message:
      'certificatesigningrequests.certificates.k8s.io "a" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    code: 403,
  });
  await create('b', 'CN=system:masters,O=devs', signerName);
  await create('c', 'CN=jane,O=system:masters', 'example.com/own');
});

void test('who approves and who signs may do so for the signer, or for all of its domain', async () => {
  await using cluster = await startApiServer();
  const signing = await userWith(cluster, 'signing', [ofRequests, ofSigners('sign', 'kubernetes.io/*')]);
  const approving = await userWith(cluster, 'approving', [ofRequests, ofSigners('approve', signerName)]);
  const made = await cluster.client.create(certificateSigningRequests, {
    metadata: { name: 'a' },
    spec: { request: await requestFor('CN=jane,O=devs'), signerName, usages: ['client auth'] },
  });
  const write = (user: UserInfo, subresource: string, status: object): Promise<unknown> =>
    cluster.as(user).update(
      certificateSigningRequests,
      { ...made, metadata: { name: 'a' }, status },
      {
        subresource,
      },
    );
  await assert.rejects(write(signing, 'approval', { conditions: [condition] }), {
    message: `certificatesigningrequests.certificates.k8s.io "a" is forbidden: user not permitted to approve requests with signerName "${signerName}"`,
  });
  await write(approving, 'approval', { conditions: [condition] });
  const failed = { conditions: [condition, { type: 'Failed', status: 'True', reason: 'R' }] };
  await assert.rejects(write(approving, 'status', failed), {
    message: `certificatesigningrequests.certificates.k8s.io "a" is forbidden: user not permitted to sign requests with signerName "${signerName}"`,
  });
  await write(signing, 'status', failed);
});

void test('owners are set by those who may delete, and block their owner where they may change its finalizers', async () => {
  const flags = { 'enable-admission-plugins': 'OwnerReferencesPermissionEnforcement' };
  await using cluster = await startApiServer({ https: true, flags });
  const writer = await userWith(cluster, 'writer', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'update'] },
  ]);
  const metadata = { name: 'a', namespace: 'default' };
  const client = cluster.as(writer);
  const made = await client.create(configMaps, { metadata });
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' };
  await assert.rejects(client.update(configMaps, { ...made, metadata: { ...metadata, ownerReferences: [owner] } }), {
    message: `configmaps "a" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>`,
  });
  const blocking = (kind: string): Promise<unknown> =>
    client.create(configMaps, {
      metadata: { name: 'b', namespace: 'default', ownerReferences: [{ ...owner, kind, blockOwnerDeletion: true }] },
    });
  await assert.rejects(blocking('ConfigMap'), {
    message: `configmaps "b" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>`,
  });
  await assert.rejects(blocking('Nothing'), {
    message:
      'configmaps "b" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion v1 Kind Nothing: no matches for kind "Nothing" in version "v1"',
  });
});
