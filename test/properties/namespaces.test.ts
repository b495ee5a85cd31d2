/** A namespace goes with everything of every kind that was in it, custom resources too, and leaves what was not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { customResourceDefinitions, namespaces, type CustomResourceDefinition } from '../../src/api/mod.ts';
import { isApiError, type KubeObject } from '../../src/machinery/mod.ts';
import { startCluster, type TestCluster } from '../../src/main/testing.ts';
import { samples } from '../conformance/samples.ts';
import { customDefinitions } from '../fuzz/seeds.ts';

const namespaced = samples.filter(({ kind, version }) => kind.namespaced && kind.version === version);
const widgets = { group: 'example.com', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true };

async function fill({ client }: TestCluster, namespace: string, chosen: readonly number[]): Promise<number> {
  let made = 0;
  for (const at of new Set(chosen)) {
    const { kind, object } = namespaced[at] ?? {};
    // An event tells the namespace once more.
    if (kind === undefined || kind.kind === 'Event') continue;
    try {
      const metadata = { ...object?.metadata, namespace };
      await client.create(kind, { ...object, metadata });
      made += 1;
    } catch (error) {
      // A quota or a range of limits may have come first.
      if (!isApiError(error, 'Forbidden', 'AlreadyExists')) throw error;
    }
  }
  const self = { kind: 'Widget', apiVersion: 'example.com/v1' };
  for (const name of ['a', 'b'])
    await client.create(widgets, { ...self, metadata: { name, namespace }, spec: { size: 1 } } as KubeObject);
  return made;
}

/** Everything that is stored for a namespace. */
async function within({ client, api }: TestCluster, namespace: string): Promise<string[]> {
  const found: string[] = [];
  for (const kind of api.server.registry.list)
    if (kind.namespaced)
      for (const { metadata } of (await client.list(kind, { namespace })).items)
        found.push(`${kind.plural} ${metadata?.name}`);
  return found;
}

void test('nothing of any kind is left of a namespace', { timeout: 120_000 }, async (t) => {
  t.diagnostic(`${namespaced.length} kinds`);
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(
        namespaced.map((_, i) => i),
        { minLength: 1 },
      ),
      fc.nat(3_000),
      async (chosen, ms) => {
        await using cluster = await startCluster({ clock: 'virtual' });
        const { client } = cluster;
        await client.create(customResourceDefinitions, customDefinitions[0] as unknown as CustomResourceDefinition);
        await cluster.advance(1_000);
        for (const name of ['goes', 'stays']) await client.create(namespaces, { metadata: { name } });
        await cluster.advance(100);
        await fill(cluster, 'goes', chosen);
        await fill(cluster, 'stays', chosen);
        await cluster.advance(ms);
        await client.delete(namespaces, { name: 'goes' });
        // Pods go with their grace, and what protects volumes waits for them.
        for (let seconds = 0; seconds < 300 && (await exists(cluster, 'goes')); seconds += 10)
          await cluster.advance(10_000);
        assert.ok(!(await exists(cluster, 'goes')), (await within(cluster, 'goes')).join(', '));
        assert.deepEqual(await within(cluster, 'goes'), []);
        assert.ok((await within(cluster, 'stays')).includes('widgets a'));
      },
    ),
    { numRuns: 6 },
  );
});

async function exists({ client }: TestCluster, name: string): Promise<boolean> {
  return (await client.list(namespaces, { fieldSelector: `metadata.name=${name}` })).items.length > 0;
}
