import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, type JsonObject } from '../../base/mod.ts';
import { parseCidr, parseIp, cidrContains, type HookContext } from '../../machinery/mod.ts';
import { trialContext } from '../trial.ts';
import type { Service, ServiceSpec } from '../upstream/types.ts';
import { addressCollection, nodePortCollection } from './service/allocation.ts';
import { services } from './service.ts';

const { strategy } = services;

function service(spec: ServiceSpec): Service {
  return { metadata: { name: 'web', namespace: 'default', uid: '01234567-89ab-4def-8123-456789abcdef' }, spec };
}

/** A context in which some entries exist already. */
function context(taken: (collection: string, name: string) => boolean, seed = 1, cidr = '10.96.0.0/16'): HookContext {
  const base = trialContext();
  const list = (): JsonObject[] => [{ metadata: { name: 'kubernetes' }, spec: { cidrs: [cidr] } }];
  return { ...base, random: seededRandom(seed), exists: taken, list, config: { ...base.config, serviceCidr: cidr } };
}

function created(spec: ServiceSpec, given: HookContext): ServiceSpec {
  const draft = service(structuredClone(spec));
  strategy.defaults?.(draft);
  strategy.prepareForCreate?.(draft, given);
  return draft.spec ?? {};
}

const web: ServiceSpec = { ports: [{ port: 80 }] };

void test('chosen addresses come from the upper band, whatever the seed', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const ip =
      created(
        web,
        context(() => false, seed),
      ).clusterIP ?? '';
    const [, , c = 0, d = 0] = parseIp(ip)?.bytes ?? [];
    assert.ok(c * 256 + d > 256, ip);
    assert.ok(ip !== '10.96.255.255');
    seen.add(ip);
  }
  assert.ok(seen.size > 150);
});

void test('a full upper band falls back to the lower one, but for the first address', () => {
  const lower = context(
    (collection, name) => collection === addressCollection && !name.startsWith('10.96.0.'),
    3,
    '10.96.0.0/23',
  );
  const taken = (_: string, name: string): boolean => name !== '10.96.0.1' && name !== '10.96.0.7';
  assert.equal(created(web, context(taken, 3, '10.96.0.0/23')).clusterIP, '10.96.0.7');
  assert.match(created(web, lower).clusterIP ?? '', /^10\.96\.0\./);
});

void test('an exhausted range is an error of the server', () => {
  assert.throws(
    () =>
      created(
        web,
        context(() => true, 1, '10.96.0.0/28'),
      ),
    { message: /failed to allocate a serviceIP: range is full/ },
  );
});

void test('a small range is not split, an IPv6 range works', () => {
  assert.ok(
    created(
      web,
      context(() => false, 1, '10.96.0.0/29'),
    ).clusterIP?.startsWith('10.96.0.'),
  );
  const { clusterIP = '', ipFamilies } = created(
    web,
    context(() => false, 1, 'fd00:10::/112'),
  );
  const cidr = parseCidr('fd00:10::/112');
  const ip = parseIp(clusterIP);
  assert.ok(cidr !== undefined && ip !== undefined && cidrContains(cidr, ip), clusterIP);
  assert.deepEqual(ipFamilies, ['IPv6']);
});

void test('neither network nor broadcast can be had by name', () => {
  for (const clusterIP of ['10.96.0.0', '10.96.255.255'])
    assert.throws(
      () =>
        created(
          { ...web, clusterIP },
          context(() => false),
        ),
      { code: 422 },
    );
  assert.equal(
    created(
      { ...web, clusterIP: '10.96.255.254' },
      context(() => false),
    ).clusterIP,
    '10.96.255.254',
  );
});

void test('node ports avoid what is taken and what the service names itself', () => {
  const free = new Set(['32000', '32001']);
  const given = context((collection, name) => collection === nodePortCollection && !free.has(name));
  const { ports = [] } = created(
    {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 1, nodePort: 32000 },
        { name: 'b', port: 2 },
      ],
    },
    given,
  );
  assert.deepEqual(
    ports.map(({ nodePort }) => nodePort),
    [32000, 32001],
  );
});

void test('what a service holds follows from what it names', () => {
  const spec = created(
    {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      ports: [
        { name: 'u', port: 53, protocol: 'UDP' },
        { name: 't', port: 53 },
      ],
    },
    context(() => false),
  );
  const claims = strategy.claims?.(service(spec)) ?? [];
  const [port = 0] = (spec.ports ?? []).map(({ nodePort }) => nodePort);
  assert.deepEqual(
    claims.map(({ collection, name, field }) => [collection, name, field]),
    [
      [addressCollection, spec.clusterIP, 'spec.clusterIPs'],
      [nodePortCollection, String(port), 'spec.ports[0].nodePort'],
      [nodePortCollection, String(spec.healthCheckNodePort), 'spec.healthCheckNodePort'],
    ],
  );
  assert.equal(claims[0]?.taken, `failed to allocate IP ${spec.clusterIP ?? ''}: provided IP is already allocated`);
  assert.deepEqual(claims[0]?.badValue, [spec.clusterIP]);
  const [address] = claims;
  assert.ok(address !== undefined);
  const { metadata, spec: held } = address.value as { metadata: { uid: string; name: string }; spec: object };
  assert.equal(metadata.name, spec.clusterIP);
  assert.notEqual(metadata.uid, service({}).metadata.uid);
  assert.deepEqual(held, { parentRef: { resource: 'services', namespace: 'default', name: 'web' } });
  assert.deepEqual(strategy.claims?.(service({ type: 'ExternalName', externalName: 'x.example' })), []);
  assert.deepEqual(strategy.claims?.(service({ type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] })), []);
});
