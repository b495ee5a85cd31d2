/** Requests for the status of pools, over HTTPS: answered once, when all of a pool is known, and gone an hour later. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterRoles, startApiServer, startCluster } from '../src/main/testing.ts';
import { Requests, type Body } from './conformance/requests.ts';
import { until } from './until.ts';

const flags = { 'runtime-config': 'resource.k8s.io/v1alpha3/resourcepoolstatusrequests=true' };
const slices = '/apis/resource.k8s.io/v1/resourceslices';
const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims';
const collection = '/apis/resource.k8s.io/v1alpha3/resourcepoolstatusrequests';
const path = `${collection}/gpus`;
const role = { name: 'system:controller:resourcepoolstatusrequest-controller' };
const driver = 'gpu.example.com';
const asTable = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };

function slice(name: string, pool: string, resourceSliceCount: number, devices: readonly string[]): object {
  const spec = { driver, nodeName: 'node', pool: { name: pool, generation: 1, resourceSliceCount } };
  return { metadata: { name }, spec: { ...spec, devices: devices.map((device) => ({ name: device })) } };
}

async function rows(requests: Requests): Promise<Body> {
  const { columnDefinitions, rows: found } = await requests.expect(
    200,
    requests.http.json('GET', collection, undefined, asTable),
  );
  assert.deepEqual(
    columnDefinitions.map(({ name }: Body) => name),
    ['Name', 'Driver', 'Total', 'Available', 'Allocated', 'Unavailable', 'Errors', 'Pools', 'Status', 'Completed'],
  );
  return found.map(({ cells }: Body) => cells);
}

test('a request is answered when all of its pools are known, once, and is gone an hour later', async () => {
  await using cluster = await startCluster({ clock: 'virtual', https: true, nodes: 0, flags });
  using requests = new Requests(cluster);
  const passing = (wanted: (request: Body, code: number) => boolean): Promise<void> =>
    until(async () => {
      await cluster.advance(1000);
      const { status, text } = await requests.http.json('GET', path);
      return wanted(JSON.parse(text), status);
    }, 'the request is as it should be');
  await requests.create(slices, slice('one', 'a', 2, ['d0', 'd1']));
  await requests.create(slices, slice('whole', 'b', 1, ['d0']));
  const claim = await requests.create(claims, {
    metadata: { name: 'taken' },
    spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } },
  });
  const results = [{ request: 'r', driver, pool: 'a', device: 'd1' }];
  await requests.update(`${claims}/taken/status`, { ...claim, status: { allocation: { devices: { results } } } });
  await cluster.advance(1000);

  const made = await requests.create(collection, { metadata: { name: 'gpus' }, spec: { driver } });
  assert.deepEqual([made.spec, made.status], [{ driver, limit: 100 }, undefined]);
  await cluster.advance(3_600_000);
  assert.deepEqual(await rows(requests), [['gpus', driver, '-', '-', '-', '-', '-', '-', 'Pending', '-']]);

  await requests.create(slices, slice('two', 'a', 2, ['d2']));
  await passing(({ status }) => status !== undefined);
  const answered = await requests.get(path);
  const pool = { driver, generation: 1, nodeName: 'node', unavailableDevices: 0 };
  const [{ lastTransitionTime, ...condition }] = answered.status.conditions;
  assert.deepEqual(
    [answered.status.poolCount, answered.status.pools, condition],
    [
      2,
      [
        { ...pool, poolName: 'a', resourceSliceCount: 2, totalDevices: 3, allocatedDevices: 1, availableDevices: 2 },
        { ...pool, poolName: 'b', resourceSliceCount: 1, totalDevices: 1, allocatedDevices: 0, availableDevices: 1 },
      ],
      {
        type: 'Complete',
        status: 'True',
        reason: 'CalculationComplete',
        message: 'Calculated status for 2 pools',
      },
    ],
  );
  const [cells] = await rows(requests);
  assert.deepEqual(cells.slice(0, -1), ['gpus', driver, '4', '3', '1', '0', '0', '2', 'Complete']);
  assert.match(cells.at(-1), /^\d+s$/);

  const text = 'ResourcePoolStatusRequest.resource.k8s.io "gpus" is invalid: ';
  const again = { ...answered, status: { ...answered.status, poolCount: 3 } };
  const { message } = await requests.refused(422, 'PUT', `${path}/status`, again);
  assert.ok(
    message.startsWith(`${text}status: Invalid value: {"PoolCount":3,"Pools":[{"Driver":"${driver}",`),
    message,
  );
  assert.ok(message.endsWith('}]}: field is immutable'), message);

  await cluster.advance(Date.parse(lastTransitionTime) + 3_590_000 - cluster.clock.now());
  await requests.get(path);
  await cluster.advance(10_000);
  await passing((_request, code) => code === 404);
  assert.equal((await cluster.client.get(clusterRoles, role)).rules?.length, 5);
});

test('what is asked in the wrong way is refused, and what is asked never changes', async () => {
  await using cluster = await startApiServer({ https: true, flags });
  using requests = new Requests(cluster);
  const text = 'ResourcePoolStatusRequest.resource.k8s.io "gpus" is invalid: ';
  const made = { metadata: { name: 'gpus' }, spec: { driver } };
  const refusal = async (method: string, at: string, body: object): Promise<string> =>
    (await requests.refused(422, method, at, body)).message;
  assert.equal(
    await refusal('POST', collection, { ...made, spec: { limit: 0, poolName: 'a//b' } }),
    `${text}[spec.driver: Required value, spec.poolName: Invalid value: "a//b": segment 1: must not be empty, spec.limit: Invalid value: 0: must be greater than or equal to 1]`,
  );
  const { metadata } = await requests.create(collection, made);
  assert.equal(
    await refusal('PUT', path, { metadata, spec: { driver: 'cpu.example.com' } }),
    `${text}spec: Invalid value: {"driver":"cpu.example.com","limit":100}: field is immutable`,
  );
  assert.equal(
    await refusal('PUT', path, made),
    `${text}metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
  );
  assert.equal(
    await refusal('PUT', `${path}/status`, { ...made, metadata, status: { pools: [{ driver, generation: 1 }] } }),
    `${text}[status.poolCount: Required value, status.pools[0].poolName: Required value]`,
  );
});

test('where nobody asked for it, there is neither the resource nor its role', async () => {
  await using cluster = await startApiServer({ https: true });
  using requests = new Requests(cluster);
  const { versions } = await requests.get('/apis/resource.k8s.io');
  assert.deepEqual(
    versions.map(({ version }: Body) => version),
    ['v1'],
  );
  await requests.expect(404, requests.http.json('GET', collection));
  await assert.rejects(cluster.client.get(clusterRoles, role), /not found/);
});
