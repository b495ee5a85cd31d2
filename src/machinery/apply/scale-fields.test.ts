import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldSet, type ElementPath } from './field-set.ts';
import { managedEntry, type ManagedEntry } from './managed-entry.ts';
import { fromScaleEntries, toScaleEntries } from './scale-fields.ts';

const replicas: ElementPath = ['f:spec', 'f:replicas'];
const pathIn = (apiVersion: string): ElementPath | undefined => (apiVersion === 'apps/v1' ? replicas : undefined);
const time = '2026-01-01T00:00:00Z';

function entry(
  manager: string,
  operation: 'Apply' | 'Update',
  paths: readonly ElementPath[],
  apiVersion = 'apps/v1',
): ManagedEntry {
  return managedEntry({ manager, operation, apiVersion }, fieldSet(...paths), time);
}

function ofScale(manager: string, operation: 'Apply' | 'Update', at: string | undefined): ManagedEntry {
  const identity = { manager, operation, apiVersion: 'autoscaling/v1', subresource: 'scale' };
  return managedEntry(identity, fieldSet(replicas), at);
}

test('a Scale shows who owns the replicas', () => {
  const parent = [
    entry('a', 'Apply', [replicas, ['f:spec', 'f:paused']]),
    entry('b', 'Update', [['f:spec', 'f:paused']]),
    entry('c', 'Update', [replicas], 'apps/v1beta1'),
  ];
  assert.deepEqual(toScaleEntries(parent, pathIn), [
    managedEntry({ manager: 'a', operation: 'Apply', apiVersion: 'autoscaling/v1' }, fieldSet(replicas), time),
  ]);
});

test('who changed the replicas through the Scale has taken them', () => {
  const parent = [entry('a', 'Update', [replicas, ['f:spec', 'f:paused']]), entry('b', 'Apply', [replicas])];
  const after = fromScaleEntries(parent, [ofScale('hpa', 'Update', time)], 'apps/v1', pathIn);
  assert.deepEqual(after, [
    managedEntry(
      { manager: 'hpa', operation: 'Update', apiVersion: 'apps/v1', subresource: 'scale' },
      fieldSet(replicas),
      undefined,
    ),
    entry('a', 'Update', [['f:spec', 'f:paused']]),
  ]);
});

test('who still owns the replicas keeps the entry as it is', () => {
  const parent = [entry('a', 'Apply', [replicas]), entry('b', 'Update', [replicas, ['f:spec', 'f:paused']])];
  assert.deepEqual(fromScaleEntries(parent, toScaleEntries(parent, pathIn), 'apps/v1', pathIn), parent);
});

test('the same owner through the Scale again has one entry', () => {
  const parent = [
    managedEntry(
      { manager: 'hpa', operation: 'Update', apiVersion: 'apps/v1', subresource: 'scale' },
      fieldSet(replicas),
      undefined,
    ),
  ];
  assert.deepEqual(fromScaleEntries(parent, [ofScale('hpa', 'Update', time)], 'apps/v1', pathIn), parent);
});
