import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze, jsonEqual } from './json.ts';

test('values are equal when their JSON is, whatever the order of keys', () => {
  assert.ok(jsonEqual({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] }));
  assert.ok(jsonEqual({ a: undefined }, {}) && jsonEqual({}, { a: undefined }));
  for (const [a, b] of [
    [{}, { constructor: 'x' }],
    [{ constructor: 'x' }, {}],
    [[], {}],
    [{ a: 1 }, { a: '1' }],
    [null, {}],
    [[1], [1, 2]],
  ])
    assert.ok(!jsonEqual(a, b), JSON.stringify([a, b]));
});

test('what is frozen cannot be changed anywhere inside', () => {
  const value = deepFreeze({ a: [{ b: 1 }] });
  assert.throws(() => (value.a[0] as { b: number }).b++, TypeError);
});
