/** Kinds through the real API server: what depends on store, claims and versions together. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  deployments,
  events,
  ipAddresses,
  namespaces,
  newEvents,
  pods,
  serviceAccounts,
  services,
  type Service,
  type ServiceSpec,
} from '../src/api/mod.ts';
import facts from '../src/api/upstream/facts.json' with { type: 'json' };
import { bootstrap, composeServer, stamp, type InProcessClient } from '../src/apiserver/mod.ts';
import { seededRandom, silentLog, VirtualClock } from '../src/base/mod.ts';
import { tokenKeys } from '../src/host/pki/mod.ts';
import { usualConfig } from '../src/machinery/mod.ts';
import { defaultLimits, LocalStore } from '../src/store/mod.ts';

const keys = tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

async function started(): Promise<InProcessClient> {
  const clock = new VirtualClock({ rest: () => Promise.resolve(), startMs: Date.UTC(2030, 0, 1) });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const parts = { store, clock, random: seededRandom(1), log: silentLog, facts, config: usualConfig, tokenKeys: keys };
  const api = composeServer(parts, { posts: [] });
  await bootstrap(api);
  const client = api.client({ username: 'admin', groups: ['system:masters', 'system:authenticated'] });
  await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  return client;
}

const service = (name: string, spec: ServiceSpec): Service => ({ metadata: { name, namespace: 'default' }, spec });
const at = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name });

async function addresses(client: InProcessClient): Promise<string[]> {
  const { items } = await client.list(ipAddresses, {});
  return items.map(({ metadata, spec }) => `${metadata.name ?? ''} ${spec.parentRef.name}`);
}

void test('of an address and of a port there is one holder, until it lets go', async () => {
  const client = await started();
  const before = await addresses(client);
  const web: ServiceSpec = { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, nodePort: 30080 }] };
  const first = await client.create(services, service('a', web));
  assert.deepEqual(await addresses(client), [...before, '10.96.0.10 a'].sort());
  await assert.rejects(client.create(services, service('b', { clusterIP: '10.96.0.10', ports: [{ port: 80 }] })), {
    message:
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  });
  const sameport: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };
  await assert.rejects(client.create(services, service('b', sameport)), {
    message: 'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
  });
  const external = { ...first, spec: { ...first.spec, type: 'ExternalName', externalName: 'x.example' } };
  const changed = await client.update(services, external);
  assert.equal(changed.spec?.clusterIP, undefined);
  assert.deepEqual(await addresses(client), before);
  const second = await client.create(services, service('b', sameport));
  const { clusterIP = '' } = second.spec ?? {};
  assert.deepEqual(await addresses(client), [...before, `${clusterIP} b`].sort());
  const plain = await client.patch(services, at('b'), { type: 'merge', body: { spec: { type: 'ClusterIP' } } });
  assert.deepEqual([plain.spec?.clusterIP, plain.spec?.ports?.[0]?.nodePort], [clusterIP, undefined]);
  await client.create(services, service('c', sameport));
  await client.delete(services, at('b'));
  assert.equal(
    (await addresses(client)).some((text) => text.endsWith(' b')),
    false,
  );
});

void test('events have two forms and one place', async () => {
  const client = await started();
  const about = { kind: 'Pod', name: 'p', namespace: 'default' };
  await client.create(events, { metadata: at('old'), involvedObject: about, reason: 'Old', message: 'm' });
  const fresh = {
    metadata: at('new'),
    eventTime: '2030-01-01T00:00:00.123456Z',
    regarding: about,
    reportingController: 'example.com/c',
    reportingInstance: 'c-1',
    action: 'Binding',
    reason: 'New',
    note: 'n',
    type: 'Normal',
  };
  const created = (await client.create(newEvents, fresh as never)) as unknown as typeof fresh & { apiVersion: string };
  assert.deepEqual([created.apiVersion, created.note, created.regarding], ['events.k8s.io/v1', 'n', about]);
  const seen = (await client.get(newEvents, at('old'))) as unknown as { note: string };
  assert.equal(seen.note, 'm');
  const listed = await client.list(events, { fieldSelector: 'involvedObject.name=p,reason=New' });
  assert.deepEqual(
    listed.items.map(({ message, reportingComponent }) => [message, reportingComponent]),
    [['n', 'example.com/c']],
  );
  const series = { count: 2, lastObservedTime: '2030-01-01T00:01:00.000000Z' };
  const again = await client.patch(newEvents, at('new'), { type: 'merge', body: { series } });
  assert.deepEqual(again.series, series);
  await assert.rejects(client.patch(newEvents, at('new'), { type: 'merge', body: { note: 'other' } }), {
    message: 'Event.events.k8s.io "new" is invalid: message: Invalid value: "other": field is immutable',
  });
});

void test('generations count what is wanted', async () => {
  const client = await started();
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const pod = await client.create(pods, { metadata: at('p'), spec: template.spec });
  assert.equal(pod.metadata.generation, 1);
  const labelled = await client.patch(pods, at('p'), { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
  assert.equal(labelled.metadata.generation, 1);
  await assert.rejects(client.patch(pods, at('p'), { type: 'merge', body: { spec: { nodeName: 'x' } } }), {
    message: /^Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than /,
  });
  const deployment = { metadata: at('d'), spec: { selector: { matchLabels: { a: 'b' } }, template } };
  await client.create(deployments, deployment);
  const annotated = await client.patch(deployments, at('d'), {
    type: 'merge',
    body: { metadata: { annotations: { a: 'b' } } },
  });
  assert.equal(annotated.metadata.generation, 2);
  const same = await client.patch(deployments, at('d'), { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
  assert.equal(same.metadata.generation, 2);
  const body = { spec: { selector: { matchLabels: { c: 'd' } } } };
  await assert.rejects(
    client.patch(deployments, at('d'), { type: 'merge', body }),
    /spec.selector: Invalid value: .*: field is immutable/,
  );
});

void test('a namespace stays until what keeps it is gone', async () => {
  const client = await started();
  await client.create(namespaces, { metadata: { name: 'team' } });
  const ending = await client.delete(namespaces, { name: 'team' });
  assert.equal((ending as { status?: { phase?: string } }).status?.phase, 'Terminating');
  const namespace = await client.get(namespaces, { name: 'team' });
  assert.deepEqual(namespace.spec, { finalizers: ['kubernetes'] });
  await client.update(namespaces, { ...namespace, spec: {} }, { subresource: 'finalize' });
  await assert.rejects(client.get(namespaces, { name: 'team' }), { code: 404 });
});

void test('a pod that may be running gets its time, one that is not goes at once', async () => {
  const client = await started();
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  await client.create(pods, { metadata: at('waiting'), spec });
  await client.delete(pods, at('waiting'));
  await assert.rejects(client.get(pods, at('waiting')), { code: 404 });
  await client.create(pods, { metadata: at('running'), spec: { ...spec, nodeName: 'n1' } });
  await client.delete(pods, at('running'));
  const ending = await client.get(pods, at('running'));
  const { deletionGracePeriodSeconds: seconds, deletionTimestamp } = ending.metadata;
  assert.deepEqual([seconds, deletionTimestamp], [30, '2030-01-01T00:00:30Z']);
  const over = { ...ending, status: { ...ending.status, phase: 'Succeeded' } };
  await client.update(pods, over, { subresource: 'status' });
  await client.delete(pods, at('running'));
  await assert.rejects(client.get(pods, at('running')), { code: 404 });
});
