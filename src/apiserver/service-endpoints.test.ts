import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { endpointSlices, services, type EndpointSlice, type Service } from '../api/mod.ts';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import { seededRandom, silentLog, VirtualClock } from '../base/mod.ts';
import { usualConfig } from '../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../store/mod.ts';
import { bootstrap } from './bootstrap.ts';
import { composeServer } from './compose.ts';
import { endpointOf } from './service-endpoints.ts';
import { stamp } from './stamp.ts';

const metadata = { name: 'hook', namespace: 'default' };

/** Says where a port of the service leads to: every answer that chance may give, sorted. */
async function asked(
  spec: Service['spec'],
  slices: readonly Omit<EndpointSlice, 'metadata' | 'addressType'>[] = [],
): Promise<(port: number, name?: string) => readonly string[]> {
  const clock = new VirtualClock({ rest: async () => await setImmediate() });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const random = seededRandom(3);
  const world = { store, clock, random, log: silentLog, facts, config: usualConfig };
  const api = composeServer(world, { posts: [] });
  await bootstrap(api);
  const client = api.client({ username: 'admin', groups: ['system:masters'] });
  await client.create(services, { metadata, spec: { ...spec } });
  for (const [i, slice] of slices.entries())
    await client.create(endpointSlices, {
      ...slice,
      metadata: { ...metadata, name: `hook-${i}`, labels: { 'kubernetes.io/service-name': 'hook' } },
      addressType: 'IPv4',
    });
  const { objects } = api.server.world;
  return (port, name = 'hook') => {
    const found = Array.from({ length: 50 }, () => {
      const { host, port: at } = endpointOf(objects, random, { namespace: 'default', name, port });
      return `${host}:${at}`;
    });
    return [...new Set(found)].sort();
  };
}

const unavailable = (message: string): object => ({ reason: 'ServiceUnavailable', message });

void test('a port is found by its number, and leads to the port of the same name of every ready endpoint', async () => {
  const ports = [
    { name: 'web', port: 443, targetPort: 'https' },
    { name: 'admin', port: 8443, targetPort: 9443 },
  ];
  const at = await asked({ ports }, [
    {
      ports: [
        { name: 'web', port: 6443 },
        { name: 'admin', port: 9443 },
      ],
      endpoints: [
        { addresses: ['10.244.0.1'] },
        { addresses: ['10.244.0.2'], conditions: { ready: true } },
        { addresses: ['10.244.0.3'], conditions: { ready: false } },
      ],
    },
    // The pods of a roll-out have moved the named port.
    { ports: [{ name: 'web', port: 7443 }], endpoints: [{ addresses: ['10.244.0.9'] }] },
  ]);
  assert.deepEqual(at(443), ['10.244.0.1:6443', '10.244.0.2:6443', '10.244.0.9:7443']);
  assert.deepEqual(at(8443), ['10.244.0.1:9443', '10.244.0.2:9443']);
  assert.throws(() => at(9443), unavailable('no service port 9443 found for service "hook"'));
  assert.throws(() => at(443, 'other'), unavailable('service "other" not found'));
});

void test('a service without ready endpoints, and one without a cluster IP', async () => {
  const ports = [{ port: 443 }];
  const empty = await asked({ ports });
  assert.throws(() => empty(443), unavailable('no endpoints available for service "hook"'));
  const starting = await asked({ ports }, [
    { ports: [{ name: '', port: 6443 }], endpoints: [{ addresses: ['10.244.0.3'], conditions: { ready: false } }] },
  ]);
  assert.throws(() => starting(443), unavailable('no endpoints available for service "hook"'));
  const headless = await asked({ clusterIP: 'None', ports }, [
    { ports: [{ name: '', port: 6443 }], endpoints: [{ addresses: ['10.244.0.3'] }] },
  ]);
  assert.deepEqual(headless(443), ['10.244.0.3:6443']);
});

void test('an external name is asked at the port that is asked for', async () => {
  const at = await asked({ type: 'ExternalName', externalName: 'hooks.example.com' });
  assert.deepEqual([at(443), at(8443)], [['hooks.example.com:443'], ['hooks.example.com:8443']]);
});
