/** Which controllers there are where not everything is served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcePoolStatusRequests, storageVersionMigrations } from '../api/mod.ts';
import { fixedResources, type ServedResource } from '../client/mod.ts';
import { controllers } from './all.ts';
import { unitsFor } from './unit.ts';

void test('a controller of what is optional runs where that is served', () => {
  const names = (resources: readonly ServedResource[]): readonly string[] =>
    unitsFor(controllers, fixedResources(resources)).map(({ name }) => name);
  const always = new Set(names([]));
  assert.ok(always.has('garbage-collector-controller'));
  const more = (resource: ServedResource): readonly string[] => names([resource]).filter((name) => !always.has(name));
  assert.deepEqual(more(storageVersionMigrations), ['storage-version-migrator-controller']);
  assert.deepEqual(more(resourcePoolStatusRequests), ['resourcepoolstatusrequest-controller']);
});
