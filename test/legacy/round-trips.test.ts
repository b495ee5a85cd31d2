/** Every older version of every kind: what is written in the current version comes through it and back unchanged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { kinds, legacyKinds, startApiServer, type TestCluster } from '../../src/main/testing.ts';
import type { DeepReadonly, JsonObject } from '../../src/base/mod.ts';
import { apiVersionOf, type Kind, type KubeObject } from '../../src/machinery/mod.ts';
import { samples } from '../conformance/samples.ts';

const namespace = 'default';
const turnsMax = 200;

function currentOf(legacy: Kind): Kind {
  const found = kinds.find((kind) => kind.storedAs === legacy.storedAs && kind.kind === legacy.kind);
  return found ?? legacy;
}

/** All but what a write changes by itself. */
function content({ metadata, apiVersion: _, ...rest }: DeepReadonly<KubeObject>): unknown {
  const { name, labels, annotations, finalizers } = metadata ?? {};
  return { ...rest, metadata: { name, labels, annotations, finalizers } };
}

/** The object once nobody writes it any more: a definition's names and conditions come by themselves. */
async function settled({ client }: TestCluster, kind: Kind, key: { name: string }): Promise<DeepReadonly<KubeObject>> {
  let before = await client.get(kind, key);
  for (let calm = 0, turns = 0; calm < 5 && turns < turnsMax; turns++) {
    await setImmediate();
    const now = await client.get(kind, key);
    calm = now.metadata?.resourceVersion === before.metadata?.resourceVersion ? calm + 1 : 0;
    before = now;
  }
  return before;
}

const touched = { touched: 'yes' };

void test('an update in an older version loses nothing that the current one shows', async (t) => {
  await using cluster = await startApiServer({ clock: 'virtual', legacyApis: true });
  const { client } = cluster;
  for (const legacy of legacyKinds) {
    const current = currentOf(legacy);
    if (legacy.collection === undefined || current === legacy || current.plural === 'podsecuritypolicies') continue;
    const { version } = legacy;
    const apiVersion = apiVersionOf(legacy.group, version);
    await t.test(`${apiVersion} ${legacy.kind}`, async () => {
      const sample = samples.find(({ kind, version: of }) => kind === current && of === current.version)?.object;
      assert.ok(sample);
      const where = current.namespaced ? { namespace } : {};
      const metadata = { ...sample.metadata, ...where, labels: { own: 'label' } };
      const key = { ...where, name: sample.metadata['name'] };
      const { spec: _replaced, ...object } = { ...sample, metadata } as JsonObject;
      const spec = 'spec' in sample ? { spec: sample['spec'] } : {};
      await client.create(current, { ...object, ...spec } as KubeObject);
      const made = await settled(cluster, current, key);
      const seen: string[] = [];
      const resourceVersion = made.metadata?.resourceVersion ?? '';
      using _watch = client.watch(
        legacy,
        { ...where, resourceVersion },
        {
          onEvents: (events) => void seen.push(...events.map((event) => `${event.type} ${event.object.apiVersion}`)),
          onEnd: (error) => assert.fail(String(error)),
        },
      );
      const shown = await client.get(legacy, key);
      assert.equal(shown.apiVersion, apiVersion);
      const changed = { ...shown, metadata: { ...shown.metadata, labels: touched } } as DeepReadonly<KubeObject>;
      const updated = await client.update(legacy, changed);
      assert.deepEqual(content(updated), content(changed));
      const after = await client.get(current, key);
      const expected = { ...made, metadata: { ...made.metadata, labels: touched } } as DeepReadonly<KubeObject>;
      assert.deepEqual(content(after), content(expected));
      const { items } = await client.list(legacy, where);
      assert.ok(items.some((item) => item.metadata?.name === key.name));
      await client.patch(legacy, key, { type: 'merge', body: { metadata: { finalizers: null } } });
      await client.delete(legacy, key, { propagationPolicy: 'Background' });
      for (let i = 0; i < turnsMax && !seen.some((one) => one.startsWith('DELETED')); i++) await setImmediate();
      assert.deepEqual(new Set(seen), new Set([`MODIFIED ${apiVersion}`, `DELETED ${apiVersion}`]));
    });
  }
});
