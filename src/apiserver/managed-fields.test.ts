import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, ManagedFieldsEntry } from '../machinery/mod.ts';
import { isUnchanged, managerOf, restoreEntries } from './managed-fields.ts';
import type { Operation } from './operation.ts';

const entry: ManagedFieldsEntry = {
  manager: 'm',
  operation: 'Update',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': {} },
};

test('entries that admission has broken are put back, and the client is told', () => {
  const before = [entry];
  const cases: readonly (readonly [ManagedFieldsEntry, string | undefined])[] = [
    [{ ...entry, manager: 'other' }, undefined],
    [{ ...entry, operation: 'Other' }, 'operation must be `Apply` or `Update`'],
    [{ ...entry, apiVersion: '' }, 'apiVersion must not be empty'],
    [{ ...entry, fieldsType: '' }, 'missing fieldsType in managed fields entry 0'],
    [{ ...entry, fieldsType: 'FieldsV2' }, 'invalid fieldsType "FieldsV2" in managed fields entry 0'],
    [{ ...entry, fieldsV1: { x: 1 } }, 'error decoding versioned set in managed fields entry 0'],
  ];
  for (const [after, problem] of cases) {
    const draft: KubeObject = { metadata: { managedFields: [after] } };
    const warnings = restoreEntries(draft, before);
    assert.deepEqual(draft.metadata?.managedFields, problem === undefined ? [after] : before);
    assert.deepEqual(
      warnings,
      problem === undefined
        ? []
        : [
            `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
          ],
    );
  }
});

test('a write that changes nothing but times is none', () => {
  const old: KubeObject = { metadata: { name: 'n', managedFields: [entry] } };
  const later = { ...entry, time: '2026-01-02T00:00:00Z' };
  const same: KubeObject = { metadata: { name: 'n', managedFields: [later] } };
  assert.equal(isUnchanged(same, old), true);
  assert.equal(same.metadata?.managedFields?.[0]?.time, entry.time);
  const other: KubeObject = { metadata: { name: 'n', labels: { a: 'b' }, managedFields: [later] } };
  assert.equal(isUnchanged(other, old), false);
  assert.equal(other.metadata?.managedFields?.[0]?.time, later.time);
  const more: KubeObject = { metadata: { name: 'n', managedFields: [{ ...later, fieldsV1: {} }] } };
  assert.equal(isUnchanged(more, old), false);
});

test('the name of a program ends at its version, and holds what can be printed', () => {
  const by = (userAgent: string): string => managerOf({ options: {}, userAgent } as Operation);
  assert.equal(by('kubectl/v1.35 (linux/amd64)'), 'kubectl');
  assert.equal(by('Mozilla'), 'Mozilla');
  assert.equal(by('a\u0001ü/1'), 'aü');
  assert.equal(by('ü'.repeat(100)), 'ü'.repeat(64));
  assert.equal(by(''), '');
});
