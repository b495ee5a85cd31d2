/** What of a refused write says nothing of the object. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secrets, storageVersionMigrations, type StorageVersionMigration } from '../api/mod.ts';
import { fixedResources, type Action, type ResourceView } from '../client/mod.ts';
import { ApiError } from '../machinery/mod.ts';
import { storageVersionMigrator } from './storage-version-migrator.ts';

/** How the migration of one secret is planned. */
function rewrite(): Action | undefined {
  const migration: StorageVersionMigration = {
    metadata: { name: 'secrets' },
    spec: { resource: { group: '', resource: 'secrets' } },
    status: {
      resourceVersion: '17',
      conditions: [{ type: 'Running', status: 'True', lastTransitionTime: '', reason: '', message: '' }],
    },
  };
  const migrations: ResourceView<StorageVersionMigration> = {
    resource: storageVersionMigrations,
    revision: 17,
    size: 1,
    get: () => migration,
    list: () => [migration],
    index: () => [],
  };
  const [look] = storageVersionMigrator(fixedResources([secrets])).plan({ migrations }, 'secrets', 0).actions;
  assert.ok(look?.do === 'look');
  return look.onSeen([[{ metadata: { namespace: 'default', name: 'a', uid: 'u', resourceVersion: '3' } }]])[0];
}

void test('an object that was changed or has gone meanwhile needs nothing more', () => {
  assert.equal(rewrite()?.tolerates?.(ApiError.modified(secrets, 'a')), true);
  assert.equal(rewrite()?.tolerates?.(ApiError.notFound(secrets, 'a')), true);
  assert.equal(rewrite()?.tolerates?.(ApiError.forbidden(secrets, 'a', 'no')), false);
});

void test('a migration fails of what is wrong with an object, not of a server that is busy', () => {
  assert.equal(rewrite()?.onError?.(ApiError.forbidden(secrets, 'a', 'no')).length, 1);
  for (const busy of [ApiError.internal('x'), ApiError.tooManyRequests('x', 1)])
    assert.deepEqual(rewrite()?.onError?.(busy), []);
});
