/**
 * A definition may have thousands of versions. Everything that a server does about one is counted, call by call: twice the
 * versions must not be more than twice the work, up to what sorting costs.
 */
import assert from 'node:assert/strict';
import { Session } from 'node:inspector/promises';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { apiServices, customResourceDefinitions, startApiServer } from '../src/main/testing.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../src/api/mod.ts';
import type { Resource } from '../src/machinery/mod.ts';

const few = 128;
/** What is called for every pair of versions is called four times as often for twice as many of them. */
const growthMax = 3;

/** How often each function of our own code was called. */
type Counts = ReadonlyMap<string, number>;

class CallCounter implements AsyncDisposable {
  readonly #session = new Session();

  async start(): Promise<this> {
    // Calls that are optimized away are not counted.
    setFlagsFromString('--no-opt');
    setFlagsFromString('--no-maglev');
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  async of(work: Promise<void>): Promise<Counts> {
    await work;
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    return new Map(
      result
        .filter(({ url }) => url.includes('/src/'))
        .flatMap(({ url, functions }) =>
          functions.flatMap(({ functionName, ranges }) =>
            ranges.map(({ startOffset, count }) => [`${url} ${functionName} at ${startOffset}`, count] as const),
          ),
        ),
    );
  }
}

const name = 'things.example.com';
const things: Resource = { group: 'example.com', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };

function definition(count: number): CustomResourceDefinition {
  const schema = { openAPIV3Schema: { type: 'object', properties: { size: { type: 'integer' } } } };
  const versions: CustomResourceDefinitionVersion[] = Array.from({ length: count }, (_, i) => ({
    name: `v${i + 1}`,
    served: true,
    // Whoever looks for it from the start finds it last.
    storage: i === count - 1,
    schema,
    subresources: { status: {} },
  }));
  const names = { plural: 'things', kind: 'Thing' };
  const spec = { group: 'example.com', scope: 'Namespaced', names, versions };
  return { metadata: { name }, spec };
}

/** Defines, serves, registers, changes and deletes them. */
async function lifeOf(count: number): Promise<void> {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const { client } = cluster;
  await client.create(customResourceDefinitions, definition(count));
  await cluster.advance(1000);
  const metadata = { name: 'a', namespace: 'default' };
  const made = await client.create(things, { metadata });
  assert.equal(made.apiVersion, 'example.com/v1');
  const registered = async (): Promise<number> =>
    (await client.list(apiServices, {})).items.filter(({ spec }) => spec?.group === 'example.com').length;
  assert.equal(await registered(), count);
  const shorter = { spec: { names: { shortNames: ['th'] } } };
  await client.patch(customResourceDefinitions, { name }, { type: 'merge', body: shorter });
  await cluster.advance(1000);
  const storedVersions = Array.from({ length: count }, (_, i) => `v${i + 1}`);
  const status = { status: { storedVersions } };
  await client.patch(customResourceDefinitions, { name }, { type: 'merge', body: status }, { subresource: 'status' });
  await client.delete(customResourceDefinitions, { name }, {});
  await cluster.advance(10_000);
  assert.equal(await registered(), 0);
}

test('twice the versions are twice the work', async () => {
  await using counter = await new CallCounter().start();
  await counter.of(lifeOf(1));
  const some = await counter.of(lifeOf(few));
  const more = await counter.of(lifeOf(2 * few));
  assert.ok([...more.values()].some((count) => count > 10 * few));
  const grown = [...more].filter(([name, count]) => count > growthMax * Math.max(some.get(name) ?? 0, few));
  assert.deepEqual(grown, []);
});
