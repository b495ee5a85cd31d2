/** What there is only once is given once: cluster IPs and node ports, while services come, change and go side by side. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { ipAddresses, services } from '../../src/api/mod.ts';
import type { Client } from '../../src/client/mod.ts';
import { isApiError } from '../../src/machinery/mod.ts';
import { startApiServer } from '../../src/main/testing.ts';

const namespace = 'default';
const name = fc.constantFrom(...Array.from({ length: 12 }, (_, i) => `s${i}`));
const type = fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName');
const step = fc.record({
  do: fc.constantFrom('create', 'create', 'retype', 'delete'),
  name,
  type,
  clusterIP: fc.option(fc.constantFrom('10.96.7.1', '10.96.7.2', 'None'), { nil: undefined, freq: 3 }),
  nodePort: fc.option(fc.constantFrom(30007, 30008), { nil: undefined, freq: 3 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(client: Client, { do: what, name: of, type: as, clusterIP, nodePort }: Step): Promise<void> {
  const key = { namespace, name: of };
  const port = {
    port: 80,
    ...(nodePort === undefined || as === 'ClusterIP' || as === 'ExternalName' ? {} : { nodePort }),
  };
  const external = as === 'ExternalName';
  const spec = {
    type: as,
    ports: [port],
    selector: { app: 'x' },
    ...(external ? { externalName: 'example.com' } : {}),
    ...(clusterIP === undefined || external ? {} : { clusterIP }),
  };
  try {
    if (what === 'create') await client.create(services, { metadata: key, spec });
    else if (what === 'delete') await client.delete(services, key);
    else
      await client.patch(services, key, {
        type: 'merge',
        body: { spec: external ? { ...spec, clusterIP: null, clusterIPs: null } : spec },
      });
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'AlreadyExists', 'Conflict', 'Invalid')) throw error;
  }
}

void test('no cluster IP and no node port is given twice', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 25 }), { minLength: 1, maxLength: 6 }), async (lanes) => {
      await using cluster = await startApiServer();
      const { client } = cluster;
      const lane = async (steps: readonly Step[]): Promise<void> => {
        for (const one of steps) {
          await take(client, one);
          await setImmediate();
        }
      };
      await Promise.all(lanes.map(lane));
      const { items } = await client.list(services);
      const ips = items.flatMap(({ spec }) => (spec?.clusterIPs ?? []).filter((ip) => ip !== 'None'));
      const ports = items.flatMap(({ spec }) =>
        (spec?.ports ?? []).flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort])),
      );
      assert.equal(new Set(ips).size, ips.length, String(ips));
      assert.equal(new Set(ports).size, ports.length, String(ports));
      const claimed = (await client.list(ipAddresses)).items.map(({ metadata }) => metadata.name);
      assert.deepEqual(new Set(claimed), new Set(ips), 'what is claimed is what services have');
    }),
    { numRuns: 25 },
  );
});
