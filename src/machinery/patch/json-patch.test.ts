import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, isJsonObject, jsonEqual, type Json, type JsonObject } from '../../base/mod.ts';
import { applyJsonPatch } from './json-patch.ts';

test('the examples of RFC 6902 and 6901', () => {
  const cases: readonly (readonly [Json, Json, Json])[] = [
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    [{ foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    [{ baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    [{ foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    [{ baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
    [
      { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
      [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
      { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
    ],
    [{ foo: ['a', 'b', 'c', 'd'] }, [{ op: 'move', from: '/foo/1', path: '/foo/3' }], { foo: ['a', 'c', 'd', 'b'] }],
    [{ a: { b: [1] } }, [{ op: 'copy', from: '/a/b', path: '/c' }], { a: { b: [1] }, c: [1] }],
    [{ baz: 'qux', foo: [1] }, [{ op: 'test', path: '/foo/0', value: 1 }], { baz: 'qux', foo: [1] }],
    [{ foo: [] }, [{ op: 'add', path: '/foo/-', value: ['x'] }], { foo: [['x']] }],
    [
      { '/': 9, '~1': 10 },
      [
        { op: 'test', path: '/~01', value: 10 },
        { op: 'remove', path: '/~1' },
      ],
      { '~1': 10 },
    ],
    [{ a: null }, [{ op: 'test', path: '/a', value: null }], { a: null }],
    [
      { a: [1, 2, 3] },
      [
        { op: 'remove', path: '/a/-1' },
        { op: 'add', path: '/a/-1', value: 9 },
      ],
      { a: [1, 2, 9] },
    ],
    [{ a: 1 }, [{ op: 'add', path: '/', value: 2 }], { a: 1, '': 2 }],
  ];
  for (const [document, patch, result] of cases) {
    assert.deepEqual(applyJsonPatch(deepFreeze(document), deepFreeze(patch)), result, JSON.stringify(patch));
  }
});

test('what cannot be applied, in upstream’s words', () => {
  const document = { a: { b: 1 }, list: [1, 2] };
  const cases: readonly (readonly [Json, string])[] = [
    [
      { op: 'remove', path: '/x' },
      "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
    ],
    [{ op: 'remove', path: '/x/y' }, 'remove operation does not apply: doc is missing path: "/x/y": missing value'],
    [{ op: 'add', path: '/x/y', value: 1 }, 'add operation does not apply: doc is missing path: "/x/y": missing value'],
    [
      { op: 'add', path: '/a/b/c', value: 1 },
      'add operation does not apply: doc is missing path: "/a/b/c": missing value',
    ],
    [
      { op: 'replace', path: '/a/x', value: 1 },
      'replace operation does not apply: doc is missing key: /a/x: missing value',
    ],
    [
      { op: 'replace', path: '/x/y', value: 1 },
      'replace operation does not apply: doc is missing path: /x/y: missing value',
    ],
    [{ op: 'test', path: '/a/b', value: 2 }, 'testing value /a/b failed: test failed'],
    [{ op: 'test', path: '/x/y', value: 2 }, 'test operation does not apply: is missing path: /x/y: missing value'],
    [
      { op: 'test', path: '/x', value: 2 },
      "error in test for path: '/x': unable to get nonexistent key: x: missing value",
    ],
    [
      { op: 'add', path: '/list/9', value: 1 },
      "error in add for path: '/list/9': Unable to access invalid index: 9: invalid index referenced",
    ],
    [
      { op: 'add', path: '/list/x', value: 1 },
      `error in add for path: '/list/x': value was not a proper array index: 'x': strconv.Atoi: parsing "x": invalid syntax`,
    ],
    [
      { op: 'remove', path: '/list/2' },
      "error in remove for path: '/list/2': Unable to access invalid index: 2: invalid index referenced",
    ],
    [
      { op: 'move', from: '/x/y', path: '/z' },
      'move operation does not apply: doc is missing from path: /x/y: missing value',
    ],
    [
      { op: 'copy', from: '/a', path: '/x/y' },
      'copy operation does not apply: doc is missing destination path: /x/y: missing value',
    ],
    [{ op: 'spam', path: '/a' }, 'Unexpected kind: spam'],
    [{ path: '/a' }, 'Unexpected kind: unknown'],
    [{ op: 'add', value: 1 }, 'add operation failed to decode path: missing value'],
    [
      { op: 'add', path: '/constructor/x', value: 1 },
      'add operation does not apply: doc is missing path: "/constructor/x": missing value',
    ],
  ];
  for (const [operation, message] of cases) {
    assert.throws(() => applyJsonPatch(document, [operation]), { message, code: 422 }, message);
  }
  assert.throws(() => applyJsonPatch({}, { op: 'add' }), {
    message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    code: 400,
  });
  assert.throws(() => applyJsonPatch({}, ['x']), { code: 400 });
});

test('limits', () => {
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
  assert.throws(() => applyJsonPatch({ a: 1 }, many), {
    message: 'The allowed maximum operations in a JSON patch is 10000, got 10001',
    code: 413,
  });
  const limits = { operationsMax: 10, copySizeBytesMax: 15, depthMax: 10 };
  const copy = { op: 'copy', from: '/a', path: '/b' };
  assert.deepEqual(applyJsonPatch({ a: 'xxxxx' }, [copy, copy], limits), { a: 'xxxxx', b: 'xxxxx' });
  assert.throws(() => applyJsonPatch({ a: 'xxxxx' }, [copy, copy, copy], limits), {
    message: 'Unable to complete the copy, the accumulated size increase of copy is 21, exceeding the limit 15',
  });
});

test('nothing is nested without end', () => {
  const nested = (levels: number): Json => (levels === 0 ? 1 : { a: nested(levels - 1) });
  const deeper = { op: 'add', path: `/a${'/a'.repeat(999)}`, value: {} };
  assert.doesNotThrow(() => applyJsonPatch(nested(1000), [{ ...deeper, value: 2 }]));
  assert.throws(() => applyJsonPatch(nested(1000), [deeper]), { message: 'exceeded max depth', code: 422 });
  // Each copy goes into itself.
  const doubling = Array.from({ length: 18 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a${'/a'.repeat(2 ** i)}` }));
  assert.throws(() => applyJsonPatch({ a: { a: {} } }, doubling), { message: 'exceeded max depth', code: 422 });
});

test('a copied value is independent of its source', () => {
  const patch = [
    { op: 'add', path: '/a/x', value: 1 },
    { op: 'copy', from: '/a', path: '/b' },
    { op: 'add', path: '/a/y', value: 2 },
    { op: 'add', path: '/b/z', value: 3 },
  ];
  assert.deepEqual(applyJsonPatch({ a: {} }, patch), { a: { x: 1, y: 2 }, b: { x: 1, z: 3 } });
});

test('untouched parts are shared', () => {
  const document = { a: { b: [1] }, c: { d: 1 } };
  const result = applyJsonPatch(document, [{ op: 'add', path: '/c/e', value: 2 }]) as typeof document;
  assert.equal(result.a, document.a);
  assert.deepEqual(document, { a: { b: [1] }, c: { d: 1 } });
});

/** A simple patch from one document to the other. */
function difference(from: Json, to: Json, path: string): JsonObject[] {
  if (jsonEqual(from, to)) return [];
  if (!isJsonObject(from) || !isJsonObject(to)) return [{ op: 'replace', path, value: to }];
  const operations: JsonObject[] = [];
  const at = (key: string): string => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) operations.push({ op: 'remove', path: at(key) });
  for (const [key, value] of Object.entries(to)) {
    if (!Object.hasOwn(from, key)) operations.push({ op: 'add', path: at(key), value: value ?? null });
    else operations.push(...difference(from[key] ?? null, value ?? null, at(key)));
  }
  return operations;
}

test('the difference of two documents, applied, gives the second and leaves the first as it was', () => {
  const { object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.constant(null),
      fc.array(fc.integer(), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom('a', 'b/c', '~', '__proto__', ''), tie('value'), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(object, object, (from, to) => {
      const before = JSON.stringify(from);
      const result = applyJsonPatch(deepFreeze(from), difference(from, to, ''));
      assert.ok(jsonEqual(JSON.parse(JSON.stringify(result)), JSON.parse(JSON.stringify(to))));
      assert.equal(JSON.stringify(from), before);
    }),
  );
});
