import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, type Json, type JsonObject } from '../../base/mod.ts';
import { applyMergePatch, createMergePatch } from './merge-patch.ts';

test('the examples of RFC 7386', () => {
  const cases: readonly (readonly [Json, Json, Json])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of cases) {
    assert.deepEqual(applyMergePatch(deepFreeze(target), deepFreeze(patch)), result);
  }
  assert.throws(() => applyMergePatch({}, ['a']), { message: 'Invalid JSON Patch', code: 400 });
});

test('untouched parts are shared, and an empty change gives back the target', () => {
  const target = { spec: { a: 1, deep: { b: [1] } }, status: { c: 2 } };
  assert.equal(applyMergePatch(target, { spec: { a: 1, gone: null } }), target);
  const result = applyMergePatch(target, { spec: { a: 2 } }) as typeof target;
  assert.equal(result.status, target.status);
  assert.equal(result.spec.deep, target.spec.deep);
});

test('a key named __proto__ is data', () => {
  const patch = JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject;
  const result = applyMergePatch({ a: 1 }, patch) as JsonObject;
  assert.equal((result as { polluted?: boolean }).polluted, undefined);
  assert.equal(JSON.stringify(result), '{"a":1,"__proto__":{"polluted":true}}');
});

const withoutNull = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string({ maxLength: 3 }),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('value'), { maxKeys: 4 }),
}));

test('the difference of two objects, applied, gives the second', () => {
  fc.assert(
    fc.property(withoutNull.object, withoutNull.object, (from, to) => {
      const before = JSON.stringify(from);
      const result = applyMergePatch(deepFreeze(from), createMergePatch(from, to));
      assert.deepEqual(JSON.parse(JSON.stringify(result)), JSON.parse(JSON.stringify(to)));
      assert.equal(JSON.stringify(from), before);
    }),
  );
});
