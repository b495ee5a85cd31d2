import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, type Json, type JsonObject } from '../../base/mod.ts';
import type { TypeFacts } from '../schema.ts';
import { applyStrategicMergePatch } from './strategic.ts';

const types: Readonly<Record<string, TypeFacts>> = {
  'test.v1.Root': {
    fields: {
      name: { type: 'string' },
      labels: { type: '{}string' },
      items: { type: '[]test.v1.Item', patchStrategy: 'merge', patchMergeKey: 'name' },
      plain: { type: '[]test.v1.Item' },
      words: { type: '[]string', patchStrategy: 'merge' },
      command: { type: '[]string' },
      strategy: { type: 'test.v1.Strategy', patchStrategy: 'retainKeys' },
      volumes: { type: '[]test.v1.Item', patchStrategy: 'merge,retainKeys', patchMergeKey: 'name' },
      whole: { type: 'test.v1.Strategy', patchStrategy: 'replace' },
      byName: { type: '{}test.v1.Item' },
      child: { type: 'test.v1.Root' },
      keyless: { type: '[]test.v1.Item', patchStrategy: 'merge' },
      extension: { type: 'raw' },
    },
  },
  'test.v1.Item': {
    fields: {
      name: { type: 'string' },
      value: { type: 'string' },
      other: { type: 'string' },
      ports: { type: '[]test.v1.Port', patchStrategy: 'merge', patchMergeKey: 'port' },
    },
  },
  'test.v1.Port': { fields: { port: { type: 'int32' }, protocol: { type: 'string' } } },
  'test.v1.Strategy': { fields: { type: { type: 'string' }, rolling: { type: '{}string' } } },
};

function patched(original: JsonObject, patch: Json): JsonObject {
  return applyStrategicMergePatch(deepFreeze(original), deepFreeze(patch), 'test.v1.Root', (name) => types[name]);
}
const items = (...names: readonly string[]): JsonObject[] => names.map((name) => ({ name, value: name.toUpperCase() }));
const keys = (...names: readonly string[]): JsonObject[] => names.map((name) => ({ name }));

test('maps and scalars', () => {
  const original = { name: 'a', labels: { x: '1', y: '2' }, whole: { type: 'a', rolling: {} } };
  assert.deepEqual(patched(original, { labels: { x: null, z: '3' } }), { ...original, labels: { y: '2', z: '3' } });
  assert.deepEqual(patched(original, { name: null, gone: null }), { labels: original.labels, whole: original.whole });
  assert.deepEqual(patched(original, { labels: { $patch: 'replace', q: '1' } })['labels'], { q: '1' });
  assert.deepEqual(patched(original, { labels: { $patch: 'delete' } })['labels'], {});
  assert.deepEqual(patched(original, { $patch: 'replace', name: 'b' }), { name: 'b' });
  assert.deepEqual(patched(original, { whole: { type: 'b' } })['whole'], { type: 'b' });
  assert.deepEqual(patched({}, { child: { name: null, labels: { a: null, b: '1' } } }), {
    child: { labels: { b: '1' } },
  });
  assert.deepEqual(patched({ byName: { a: { value: '1' } } }, { byName: { a: { other: '2' } } }), {
    byName: { a: { value: '1', other: '2' } },
  });
});

test('lists without a strategy are replaced', () => {
  assert.deepEqual(patched({ command: ['a'], plain: items('a') }, { command: ['b'], plain: items('b') }), {
    command: ['b'],
    plain: items('b'),
  });
});

test('lists of objects are merged by their key', () => {
  const original = { items: items('a', 'b') };
  const cases: readonly (readonly [Json, Json])[] = [
    [[{ name: 'b', other: 'x' }], [...items('a'), { name: 'b', value: 'B', other: 'x' }]],
    [[{ name: 'c', value: 'C' }], items('c', 'a', 'b')],
    [[{ name: 'a', $patch: 'delete' }], items('b')],
    [[{ $patch: 'replace' }, { name: 'z' }], keys('z')],
    [[{ $patch: 'replace' }], []],
    [[{ name: 'b', value: null }], [...items('a'), { name: 'b' }]],
    [[{ name: 'b' }, { name: 'a' }], items('b', 'a')],
    [[{ name: 'c', $patch: 'delete' }], items('a', 'b')],
  ];
  for (const [patch, result] of cases)
    assert.deepEqual(patched(original, { items: patch })['items'], result, JSON.stringify(patch));
  assert.deepEqual(
    patched(
      {},
      {
        items: [
          { name: 'a', $patch: 'delete' },
          { name: 'b', value: null },
        ],
      },
    ),
    { items: keys('b') },
  );
  const nested = { items: [{ name: 'a', ports: [{ port: 80, protocol: 'TCP' }] }] };
  assert.deepEqual(
    patched(nested, { items: [{ name: 'a', ports: [{ port: 81 }, { port: 80, protocol: 'UDP' }] }] })['items'],
    [{ name: 'a', ports: [{ port: 81 }, { port: 80, protocol: 'UDP' }] }],
  );
});

test('the order of a merged list', () => {
  const merge = (original: readonly string[], patch: readonly string[]): string =>
    (patched({ items: keys(...original) }, { items: keys(...patch) })['items'] as { name: string }[])
      .map((item) => item.name)
      .join('');
  assert.equal(merge(['a', 'b', 'c'], ['c', 'x']), 'abcx');
  assert.equal(merge(['a', 'b'], ['x']), 'xab');
  assert.equal(merge(['a', 'b', 'c'], ['b']), 'abc');
  assert.equal(merge(['a', 'b', 'c', 'd'], ['d', 'b']), 'acdb');
});

test('$setElementOrder', () => {
  const original = { items: items('a', 'b', 'c'), words: ['x', 'y'] };
  assert.deepEqual(
    patched(original, { '$setElementOrder/items': keys('c', 'a'), items: [{ name: 'c', other: '1' }] })['items'],
    [...items('b'), { name: 'c', value: 'C', other: '1' }, ...items('a')],
  );
  assert.deepEqual(patched(original, { '$setElementOrder/words': ['y', 'x'] })['words'], ['y', 'x']);
  const added = { '$setElementOrder/items': keys('a', 'n', 'b', 'c'), items: [{ name: 'n' }] };
  assert.deepEqual(patched(original, added)['items'], [...items('a'), ...keys('n'), ...items('b', 'c')]);
  assert.deepEqual(patched({}, { '$setElementOrder/items': keys('n'), items: keys('n') }), { items: keys('n') });
  assert.deepEqual(patched({}, { '$setElementOrder/items': keys('n') }), {});
  const removed = { '$setElementOrder/items': keys('a', 'c'), items: [{ name: 'b', $patch: 'delete' }] };
  assert.deepEqual(patched(original, removed)['items'], items('a', 'c'));
  assert.throws(() => patched(original, { '$setElementOrder/items': keys('a', 'b'), items: keys('b', 'a') }), {
    message: /^the order in patch list:\n\[map\[name:b\] map\[name:a\]\]\n doesn't match \$setElementOrder list:\n/,
  });
});

test('lists of scalars', () => {
  const original = { words: ['a', 'b', 'c'] };
  assert.deepEqual(patched(original, { words: ['d'] })['words'], ['d', 'a', 'b', 'c']);
  assert.deepEqual(patched(original, { words: ['b'] })['words'], ['a', 'b', 'c']);
  assert.deepEqual(patched(original, { '$deleteFromPrimitiveList/words': ['b', 'x'] })['words'], ['a', 'c']);
  assert.deepEqual(
    patched(original, {
      '$deleteFromPrimitiveList/words': ['b'],
      '$setElementOrder/words': ['a', 'c', 'd'],
      words: ['d'],
    })['words'],
    ['a', 'c', 'd'],
  );
  assert.deepEqual(patched({}, { '$deleteFromPrimitiveList/words': ['b'] }), {});
});

test('$retainKeys', () => {
  const original = { strategy: { type: 'RollingUpdate', rolling: { max: '1' } } };
  assert.deepEqual(patched(original, { strategy: { $retainKeys: ['type'], type: 'Recreate' } })['strategy'], {
    type: 'Recreate',
  });
  assert.throws(() => patched(original, { strategy: { $retainKeys: ['rolling'], type: 'Recreate' } }), {
    message: "patch content doesn't match retainKeys list",
    code: 422,
  });
  const volumes = { volumes: [{ name: 'v', value: 'a', other: 'b' }] };
  assert.deepEqual(
    patched(volumes, { volumes: [{ name: 'v', $retainKeys: ['name', 'value'], value: 'c' }] })['volumes'],
    [{ name: 'v', value: 'c' }],
  );
});

test('what cannot be applied, in upstream’s words', () => {
  const cases: readonly (readonly [Json, string, number])[] = [
    [[], 'invalid JSON document', 400],
    [{ items: [{ value: 'b' }] }, 'map: map[value:b] does not contain declared merge key: name', 500],
    [{ items: [{ name: 'a', $patch: 'merge' }] }, 'merging lists cannot yet be specified in the patch', 500],
    [{ items: [{ name: 'a', $patch: 'spam' }] }, 'unknown patch type: spam in map: map[$patch:spam name:a]', 500],
    [{ labels: { $patch: 'spam' } }, 'unknown patch type: spam in map: map[$patch:spam]', 500],
    [{ items: ['x'] }, 'list element types are not identical: [[map[name:a value:A]] [x]]', 500],
    [{ words: [['x']] }, 'lists of lists are not supported', 422],
    [{ keyless: [{ name: 'x' }] }, 'cannot merge lists without merge key for type test.v1.Item', 500],
    [{ '$deleteFromPrimitiveList/words': 'x' }, 'invalid patch format of primitive list', 400],
    [{ labels: { $retainKeys: 'x' } }, 'invalid patch format of retainKeys', 400],
    [{ '$setElementOrder/items': 'x' }, 'expected a []interface {}, but received a string', 500],
  ];
  const original = { items: items('a'), words: ['a'], labels: { a: '1' } };
  for (const [patch, message, code] of cases) assert.throws(() => patched(original, patch), { message, code }, message);
});

test('an unknown field that is only in the patch is left for the decoder to report', () => {
  assert.deepEqual(patched({}, { unknown: { a: { b: null } } }), { unknown: { a: {} } });
  assert.deepEqual(patched({ extension: { a: { b: 1 } } }, { extension: { a: { c: 2 } } }), {
    extension: { a: { b: 1, c: 2 } },
  });
});

test('what the patch does not touch is shared', () => {
  const original = { labels: { a: '1' }, items: items('a', 'b') };
  const result = patched(original, { items: [{ name: 'b', other: 'x' }] }) as typeof original;
  assert.equal(result.labels, original.labels);
  assert.equal(result.items[0], original.items[0]);
  assert.equal(patched(original, { labels: { a: '1' } }), original);
});

test('a patch that names every item gives its items in its order', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const list = fc.uniqueArray(fc.record({ name, value: fc.string({ maxLength: 2 }) }, { noNullPrototype: true }), {
    selector: (item) => item.name,
  });
  fc.assert(
    fc.property(list, list, (from, to) => {
      const kept = new Set(to.map((item) => item.name));
      const deletions = from
        .filter((item) => !kept.has(item.name))
        .map((item) => ({ name: item.name, $patch: 'delete' }));
      const patch = { '$setElementOrder/items': to.map((item) => ({ name: item.name })), items: [...to, ...deletions] };
      assert.deepEqual(patched({ items: from }, patch)['items'], to);
    }),
  );
});

test('a merge keeps both orders and loses nothing', () => {
  const names = fc.uniqueArray(fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 6 });
  fc.assert(
    fc.property(names, names, (original, patch) => {
      const result = (patched({ words: original }, { words: patch })['words'] ?? []) as string[];
      assert.deepEqual(result.toSorted(), [...new Set([...original, ...patch])].sort());
      assert.deepEqual(
        result.filter((word) => patch.includes(word)),
        patch,
      );
      const serverOnly = original.filter((word) => !patch.includes(word));
      assert.deepEqual(
        result.filter((word) => !patch.includes(word)),
        serverOnly,
      );
    }),
  );
});
