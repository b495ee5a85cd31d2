/**
 * What upstream has and leaves off: all that a kind can do, where it is asked for, and nothing of it anywhere else.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../src/base/mod.ts';
import { DiscoveredResources, type HttpClient } from '../../src/client/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import type { Resource } from '../../src/machinery/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { Requests, type Body } from './requests.ts';
import { collectionOf, optionalSamples, type Sample } from './samples.ts';
import { statuses } from './statuses.ts';
import { walk } from './walk.ts';

/** Their generation counts changes of what is wanted; other kinds have none. */
const counted = new Set([
  'DeviceClass',
  'DeviceTaintRule',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ResourceSlice',
]);

let cluster: TestCluster;
let requests: Requests;
let client: HttpClient;

before(async () => {
  const asked = optionalSamples.map(({ apiVersion, kind }) => `${apiVersion}/${kind.plural}=true`);
  cluster = await startApiServer({ https: true, flags: { 'runtime-config': asked.join(',') } });
  requests = new Requests(cluster);
  client = cluster.endpoint.client();
});

after(async () => {
  requests[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

/** In protobuf it is what it is in JSON, and written back it is no change; its row has the kind's columns. */
async function looksRight({ kind, version, object }: Sample): Promise<void> {
  const deprecated = kind.versions.find((one) => one.version === version)?.deprecated;
  const collection = collectionOf(object, kind);
  const made = await requests.create(collection, object);
  const path = `${collection}/${encodeURIComponent(object.metadata.name)}`;
  const send = async (accept: string, body?: Buffer): Promise<Buffer> => {
    const headers = { accept, ...(body === undefined ? {} : { 'content-type': protobuf }) };
    const answer = await requests.http.send({ method: body === undefined ? 'GET' : 'PUT', path, headers, body });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['warning'], deprecated === undefined ? undefined : `299 - "${deprecated}"`);
    return answer.bytes;
  };
  const table: Body = JSON.parse(String(await send('application/json;as=Table;g=meta.k8s.io;v=v1')));
  assert.deepEqual(
    table.columnDefinitions.map(({ name }: Body) => name),
    kind.columns.map(({ name }) => name),
  );
  assert.equal(table.rows[0].cells[0], object.metadata.name);
  const current = await requests.get(path);
  assert.deepEqual(JSON.parse(String(await send('application/json', await send(protobuf)))), current);
  assert.deepEqual([current.apiVersion, current.metadata.uid], [object.apiVersion, made.metadata.uid]);
  await requests.patch(path, 'merge', { metadata: { finalizers: null } });
  await requests.delete(path);
  await requests.gone(path);
}

const protobuf = 'application/vnd.kubernetes.protobuf';

for (const sample of optionalSamples) {
  const { kind, apiVersion } = sample;
  const status = statuses[`${kind.group}/${kind.kind}`];
  test(`${apiVersion} ${kind.kind}`, { timeout: 30_000 }, async () => {
    await walk({ requests, client }, sample, {
      counted: counted.has(kind.kind),
      ...(status === undefined ? {} : { status }),
    });
    await looksRight(sample);
  });
}

test('what is deprecated is said in the words of upstream', () => {
  const texts = optionalSamples.flatMap(
    ({ kind, version }) => kind.versions.find((one) => one.version === version)?.deprecated ?? [],
  );
  assert.deepEqual(texts.toSorted(), [
    'coordination.k8s.io/v1alpha2 LeaseCandidate is deprecated in v1.35+',
    'coordination.k8s.io/v1beta1 LeaseCandidate is deprecated in v1.36+, unavailable in v1.39+',
    'networking.k8s.io/v1beta1 IPAddress is deprecated in v1.34+, unavailable in v1.37+',
    'networking.k8s.io/v1beta1 ServiceCIDR is deprecated in v1.34+, unavailable in v1.37+',
    'resource.k8s.io/v1alpha3 DeviceTaintRule is deprecated in v1.36+',
    ...['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice'].map(
      (kind) => `resource.k8s.io/v1beta1 ${kind} is deprecated in v1.35+, unavailable in v1.38+`,
    ),
    ...['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice'].map(
      (kind) => `resource.k8s.io/v1beta2 ${kind} is deprecated in v1.36+, unavailable in v1.39+`,
    ),
    'storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+, unavailable in v1.37+',
  ]);
});

test('devices and requests for them have the shape of the version that they are asked in', async () => {
  const inGroup = (version: string, rest: string): string => `/apis/resource.k8s.io/${version}/${rest}`;
  const claims = 'namespaces/default/resourceclaims';
  const alternative = { name: 'large', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 };
  const request = { name: 'one', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 };
  const old = await requests.create(inGroup('v1beta1', claims), {
    metadata: { name: 'shapes' },
    spec: { devices: { requests: [request, { name: 'any', firstAvailable: [alternative] }] } },
  });
  const { name: _name, ...exactly } = request;
  assert.deepEqual(old.spec.devices.requests, [
    request,
    { name: 'any', deviceClassName: '', firstAvailable: [alternative] },
  ]);
  const current = await requests.get(inGroup('v1', `${claims}/shapes`));
  assert.deepEqual(current.spec.devices.requests, [
    { name: 'one', exactly },
    { name: 'any', firstAvailable: [alternative] },
  ]);
  const { message } = await requests.refused(422, 'POST', inGroup('v1beta1', claims), {
    metadata: { name: 'empty' },
    spec: { devices: { requests: [{ name: 'one' }] } },
  });
  assert.match(message, /spec.devices.requests\[0\].exactly.deviceClassName: Required value/);
  const attributes = { model: { string: 'a' } };
  const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
  const spec = { driver: 'example.com', nodeName: 'n', pool, devices: [{ name: 'd', basic: { attributes } }] };
  const slice = await requests.create(inGroup('v1beta1', 'resourceslices'), { metadata: { name: 'shapes' }, spec });
  assert.deepEqual(slice.spec, spec);
  const shown = await requests.get(inGroup('v1', 'resourceslices/shapes'));
  assert.deepEqual(shown.spec.devices, [{ name: 'd', attributes }]);
});

test('a binding of the first version denies where its parameters are missing', async () => {
  const inVersion = (version: string): string =>
    `/apis/admissionregistration.k8s.io/${version}/mutatingadmissionpolicybindings`;
  const binding = { metadata: { name: 'unsaid' }, spec: { policyName: 'p', paramRef: { name: 'q' } } };
  const { spec } = await requests.create(inVersion('v1alpha1'), binding);
  assert.deepEqual(spec.paramRef, { name: 'q', parameterNotFoundAction: 'Deny' });
  const { message } = await requests.refused(422, 'POST', inVersion('v1beta1'), binding);
  assert.match(message, /spec\.paramRef\.parameterNotFoundAction: Required value/);
});

test('servers that store things say so in the words that upstream has for it', async () => {
  const collection = '/apis/internal.apiserver.k8s.io/v1alpha1/storageversions';
  const refused = async (method: string, path: string, body: Body): Promise<string> => {
    const { message } = await requests.refused(422, method, path, body);
    return message.replace(`StorageVersion.internal.apiserver.k8s.io "${body.metadata.name}" is invalid: `, '');
  };
  assert.equal(
    await refused('POST', collection, { metadata: { name: 'pods' }, spec: {} }),
    'metadata.name: Invalid value: "pods": name must be in the form of <group>.<resource>',
  );
  const name = 'example.com.things';
  const made = await requests.create(collection, { metadata: { name }, spec: {}, status: { storageVersions: [] } });
  assert.deepEqual(made.status, {});
  const one = { apiServerID: 'a', encodingVersion: 'v1', decodableVersions: ['v1', 'v2'] };
  const path = `${collection}/${name}`;
  assert.equal(
    await refused('PUT', `${path}/status`, { ...made, status: { storageVersions: [one] } }),
    'status.commonEncodingVersion: Invalid value: null: the common encoding version is v1',
  );
  assert.equal(
    await refused('PUT', `${path}/status`, {
      ...made,
      status: { commonEncodingVersion: 'v1', storageVersions: [{ ...one, servedVersions: ['v3'] }] },
    }),
    'status.storageVersions[0].servedVersions[0]: Invalid value: "v3": individual served version : v3 must be included in decodableVersions : [v1 v2]',
  );
  const status = { storageVersions: [one, { ...one, apiServerID: 'b', encodingVersion: 'v2' }] };
  const told = await requests.update(`${path}/status`, { ...made, status });
  assert.deepEqual(told.status, status);
  const headers = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
  const table = await requests.expect(200, requests.http.json('GET', path, undefined, headers));
  assert.deepEqual(table.rows[0].cells.slice(0, 3), [name, '<unset>', 'a=v1,b=v2']);
  const group = 'internal.apiserver.k8s.io';
  const service = await requests.get(`/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.${group}`);
  assert.deepEqual(service.spec, { group, version: 'v1alpha1', groupPriorityMinimum: 16_000, versionPriority: 9 });
});

test('nothing of it is there unless it is asked for', async () => {
  await using plain = await startApiServer({ https: true });
  using asking = new Requests(plain);
  const { groups } = await asking.get('/apis');
  const versions = new Set(groups.flatMap((group: Body) => group.versions.map((one: Body) => one.groupVersion)));
  for (const { kind, apiVersion, object } of optionalSamples) {
    assert.equal(versions.has(apiVersion), false, apiVersion);
    await asking.expect(404, asking.http.json('GET', collectionOf(object, kind)));
  }
});

test('all of it is there where everything is asked for, and controllers in a program of their own see it', async () => {
  await using full = await startApiServer({ https: true, flags: { 'runtime-config': 'api/all=true' } });
  using asking = new Requests(full);
  for (const { kind, object } of optionalSamples) await asking.get(collectionOf(object, kind));
  const world = { client: full.endpoint.client(), clock: systemClock, log: silentLog };
  using discovered = await new DiscoveredResources(world).start();
  const nameOf = ({ group, version, plural }: Resource): string => `${plural}.${version}.${group}`;
  const seen = new Set(discovered.list.map(nameOf));
  assert.deepEqual(new Set(full.api.server.registry.list.map(nameOf)).difference(seen), new Set());
  for (const { kind } of optionalSamples)
    assert.equal(discovered.list.filter(({ plural }) => plural === kind.plural).length, 1, kind.plural);
});
