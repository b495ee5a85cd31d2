/** What only some kinds have beside the object itself: subresources of their own, and objects that are made when asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../src/api/mod.ts';
import { startApiServer, startCluster, type TestCluster } from '../src/main/testing.ts';
import { RawHttp, type RawAnswer } from './raw-http.ts';

const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWk1JR0FBZ0VBTUI0eERUQUxCZ05WQkFvTUJIUmxZVzB4RFRBTEJnTlZCQU1NQkdwaGJtVXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVRhSDRyNVFlUVk1c0hLRllIVEpVd0NyOUZvaUxrTTlwNFhFUGZZCmJCM2dSQlpzbXo5ZFlXUnlRTnl5RTE2NFkxUkhBdUYyTFFQYmxqS3AxTHIyMG9lZm9BQXdDZ1lJS29aSXpqMEUKQXdJRFNBQXdSUUlnVGliNnl6Tnl3TkVma1dZZmlFRnlaMGRqWlN6YytTMG5PV0VLK2ltWmNiNENJUUNQSWR0SApDMS9SQXNNTnBrRGxlSzFUOU5Cb0MrckVBWmFjMVJEQmhUbDZpZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';

type Body = Record<string, never> & { readonly status?: object; readonly rows: { cells: unknown[] }[] };

async function succeeds(sent: Promise<RawAnswer>, code = 200): Promise<Body> {
  const answer = await sent;
  assert.equal(answer.status, code, answer.text);
  return JSON.parse(answer.text) as Body;
}

async function withHttp(cluster: TestCluster, run: (http: RawHttp) => Promise<void>): Promise<void> {
  using http = new RawHttp(cluster.endpoint);
  await run(http);
}

test('the health of the control plane is looked at when it is asked for, and said to be deprecated', async () => {
  const path = '/api/v1/componentstatuses';
  const healthOf = ({ text }: RawAnswer): unknown[] =>
    (JSON.parse(text) as { items: { metadata: { name: string }; conditions: unknown[] }[] }).items.map(
      ({ metadata, conditions }) => [metadata.name, conditions],
    );
  const well = [{ type: 'Healthy', status: 'True', message: 'ok' }];
  const not = (name: string): unknown[] => [
    { type: 'Healthy', status: 'False', message: `lease kube-system/${name} is not held` },
  ];
  await using alone = await startApiServer({ https: true });
  await withHttp(alone, async (http) => {
    const listed = await http.send({ path });
    assert.deepEqual(healthOf(listed), [
      ['scheduler', not('kube-scheduler')],
      ['controller-manager', not('kube-controller-manager')],
      ['etcd-0', well],
    ]);
    assert.equal(listed.headers['warning'], '299 - "v1 ComponentStatus is deprecated in v1.19+"');
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
    const table = await succeeds(http.send({ path: `${path}/etcd-0`, headers: { accept } }));
    assert.deepEqual(table.rows[0]?.cells, ['etcd-0', 'Healthy', 'ok', '']);
    const unknown = await http.send({ path: `${path}/nobody` });
    assert.deepEqual(
      [unknown.status, JSON.parse(unknown.text)],
      [
        500,
        {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'Component not found: nobody',
          code: 500,
        },
      ],
    );
    assert.equal((await http.send({ method: 'DELETE', path: `${path}/etcd-0` })).status, 405);
  });
  await using whole = await startCluster({ https: true, nodes: 0 });
  await withHttp(whole, async (http) => {
    const listed = await http.send({ path: `${path}?fieldSelector=metadata.name=scheduler` });
    assert.deepEqual(healthOf(listed), [['scheduler', well]]);
    const read = await http.send({ path: '/api/v1/namespaces/default/endpoints' });
    assert.equal(
      read.headers['warning'],
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    );
  });
});

test('a pod is bound by the old address, gets a container for debugging, and another size', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    const path = '/api/v1/namespaces/default/pods';
    const json = { 'content-type': 'application/json' };
    const node = { metadata: { name: 'n1' }, status: { allocatable: { cpu: '1' } } };
    await succeeds(
      http.send({ method: 'POST', path: '/api/v1/nodes', headers: json, body: JSON.stringify(node) }),
      201,
    );
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    const resources = { requests: { cpu: '100m' } };
    const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'a', image: 'a', resources }] } };
    await succeeds(http.send({ method: 'POST', path, headers: json, body: JSON.stringify(pod) }), 201);
    const target = { metadata: { name: 'web', namespace: 'default' }, target: { kind: 'Node', name: 'n1' } };
    const bindings = '/api/v1/namespaces/default/bindings';
    const bound = await succeeds(
      http.send({ method: 'POST', path: bindings, headers: json, body: JSON.stringify(target) }),
      201,
    );
    assert.deepEqual(bound, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    const change = async (part: string, spec: object): Promise<Pod> => {
      const body = JSON.stringify({ metadata: { labels: { ignored: 'y' } }, spec });
      await succeeds(http.send({ method: 'PATCH', path: `${path}/web/${part}`, headers: strategic, body }));
      const { text } = await http.send({ path: `${path}/web/${part}` });
      return JSON.parse(text) as Pod;
    };
    const debugged = await change('ephemeralcontainers', {
      ephemeralContainers: [{ name: 'd', image: 'd' }],
      containers: [{ name: 'a', image: 'ignored' }],
    });
    assert.deepEqual(
      [debugged.spec?.ephemeralContainers?.map(({ name }) => name), debugged.spec?.containers[0]?.image],
      [['d'], 'a'],
    );
    const larger = { containers: [{ name: 'a', image: 'ignored', resources: { requests: { cpu: '200m' } } }] };
    const resized = await change('resize', larger);
    const [container] = resized.spec?.containers ?? [];
    assert.deepEqual(
      [container?.resources, container?.image, resized.spec?.nodeName, resized.metadata.labels],
      [{ requests: { cpu: '200m' } }, 'a', 'n1', undefined],
    );
    assert.equal(resized.metadata.generation, (debugged.metadata.generation ?? 0) + 1);
    const smaller = { ...resized, spec: { ...resized.spec, containers: [{ ...container, resources: {} }] } };
    const refused = await http.send({
      method: 'PUT',
      path: `${path}/web/resize`,
      headers: json,
      body: JSON.stringify(smaller),
    });
    assert.match(refused.text, /Pod QOS Class may not change as a result of resizing/);
    assert.match(
      refused.text,
      /spec.containers\[0\].resources.requests: Forbidden: resource requests cannot be removed/,
    );
  });
});

test('an approval decides and a status issues; neither does what the other does', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const json = { 'content-type': 'application/json' };
    const spec = { request, signerName: 'example.com/signer', usages: ['client auth'] };
    const object = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'a' } };
    const body = JSON.stringify({ ...object, spec });
    await succeeds(http.send({ method: 'POST', path, headers: json, body }), 201);
    const merge = { 'content-type': 'application/merge-patch+json' };
    const patch = (part: string, status: object): ReturnType<typeof http.send> =>
      http.send({ method: 'PATCH', path: `${path}/a/${part}`, headers: merge, body: JSON.stringify({ status }) });
    const approved = { type: 'Approved', status: 'True', reason: 'Seen' };
    const early = await patch('status', { conditions: [approved] });
    assert.match(early.text, /status.conditions: Forbidden: updates may not add a condition of type \\"Approved\\"/);
    const { status } = await succeeds(patch('approval', { conditions: [approved] }));
    const [condition] = (status as { conditions: { lastUpdateTime: string }[] }).conditions;
    assert.match(condition?.lastUpdateTime ?? '', /^20\d\d-/);
    const both = await patch('approval', { conditions: [approved, { type: 'Denied', status: 'True' }] });
    assert.match(both.text, /Approved and Denied conditions are mutually exclusive/);
    const listed = await succeeds(http.send({ path: `${path}?fieldSelector=spec.signerName=example.com/signer` }));
    assert.equal((listed as unknown as { items: unknown[] }).items.length, 1);
  });
});

test('access to devices in use is for namespaces that are labelled for it', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    const json = { 'content-type': 'application/json' };
    const claim = { name: 'one', exactly: { deviceClassName: 'a', adminAccess: true } };
    const object = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'a' } };
    const body = JSON.stringify({ ...object, spec: { devices: { requests: [claim] } } });
    const path = `/apis/resource.k8s.io/v1/namespaces/default/resourceclaims`;
    const refused = await http.send({ method: 'POST', path, headers: json, body });
    assert.equal(refused.status, 422);
    assert.match(
      refused.text,
      /admin access to devices requires the `resource.kubernetes.io\/admin-access: true` label on the containing namespace/,
    );
    const labels = { 'resource.kubernetes.io/admin-access': 'true' };
    const merge = { 'content-type': 'application/merge-patch+json' };
    const labelled = JSON.stringify({ metadata: { labels } });
    await succeeds(http.send({ method: 'PATCH', path: '/api/v1/namespaces/default', headers: merge, body: labelled }));
    await succeeds(http.send({ method: 'POST', path, headers: json, body }), 201);
  });
});
