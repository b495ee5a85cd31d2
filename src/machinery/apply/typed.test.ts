import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, jsonEqual, type JsonObject } from '../../base/mod.ts';
import { compare } from './compare.ts';
import { union, type FieldSet } from './field-set.ts';
import { appliedFields, fieldsOf } from './fields-of.ts';
import { merge } from './merge.ts';
import { reconcileSet, removeFields } from './remove.ts';
import { thing } from './testing.ts';
import { validateTyped } from './validate.ts';

const leaf: FieldSet = {};

test('the fields that a configuration claims', () => {
  const cases: readonly (readonly [JsonObject, FieldSet])[] = [
    [{}, {}],
    [
      { number: 1, text: '' },
      { 'f:number': leaf, 'f:text': leaf },
    ],
    [{ struct: { a: 1 } }, { 'f:struct': { 'f:a': leaf } }],
    [{ struct: {} }, { 'f:struct': leaf }],
    [
      { struct: null, set: null },
      { 'f:set': leaf, 'f:struct': leaf },
    ],
    [{ atomicStruct: { a: 1 } }, { 'f:atomicStruct': leaf }],
    [
      { list: ['a'], atomicMap: { a: 'b' } },
      { 'f:atomicMap': leaf, 'f:list': leaf },
    ],
    [{ set: ['b', 'a'] }, { 'f:set': { 'v:"a"': leaf, 'v:"b"': leaf } }],
    [{ set: [] }, {}],
    [{ map: { b: '1' } }, { 'f:map': { 'f:b': leaf } }],
    [{ maps: { x: { y: 1 }, z: {} } }, { 'f:maps': { 'f:x': { '.': leaf, 'f:y': leaf }, 'f:z': leaf } }],
    [
      { items: [{ name: 'a', value: 1, ports: [{ port: 80 }] }] },
      {
        'f:items': {
          'k:{"name":"a"}': {
            '.': leaf,
            'f:name': leaf,
            'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': leaf, 'f:port': leaf } },
            'f:value': leaf,
          },
        },
      },
    ],
    [
      { free: { a: 1, b: { c: [1], d: {} }, e: [] } },
      {
        'f:free': {
          'f:a': leaf,
          'f:b': { '.': leaf, 'f:c': leaf, 'f:d': leaf },
          'f:e': leaf,
        },
      },
    ],
  ];
  for (const [object, set] of cases) assert.deepEqual(appliedFields(object, thing), set, JSON.stringify(object));
});

test('what is added counts with all that it is made of', () => {
  const { added, modified, removed } = compare({}, { struct: { a: 1 }, set: ['x'], list: [], free: { a: {} } }, thing);
  assert.deepEqual(added, {
    'f:free': { '.': leaf, 'f:a': leaf },
    'f:list': leaf,
    'f:set': { '.': leaf, 'v:"x"': leaf },
    'f:struct': { '.': leaf, 'f:a': leaf },
  });
  assert.deepEqual([modified, removed], [{}, {}]);
});

test('comparisons', () => {
  type Case = readonly [JsonObject, JsonObject, { added?: FieldSet; modified?: FieldSet; removed?: FieldSet }];
  const cases: readonly Case[] = [
    [{ number: 1 }, { number: 2 }, { modified: { 'f:number': leaf } }],
    [{ struct: null }, { struct: {} }, { modified: { 'f:struct': leaf } }],
    [{ struct: null }, { struct: { a: 1 } }, { added: { 'f:struct': { 'f:a': leaf } } }],
    [{ struct: { a: 1 } }, { struct: {} }, { removed: { 'f:struct': { 'f:a': leaf } } }],
    [{ list: ['a'] }, { list: ['b'] }, { modified: { 'f:list': leaf } }],
    [{ atomicStruct: { a: 1 } }, { atomicStruct: { a: 1, b: 2 } }, { modified: { 'f:atomicStruct': leaf } }],
    [
      { set: ['a', 'b'] },
      { set: ['b', 'c'] },
      { added: { 'f:set': { 'v:"c"': leaf } }, removed: { 'f:set': { 'v:"a"': leaf } } },
    ],
    [{ set: ['a', 'b'] }, { set: ['b', 'a'] }, {}],
    [
      { set: ['a'] },
      { set: ['a', 'a'] },
      { added: { 'f:set': { 'v:"a"': leaf } }, removed: { 'f:set': { 'v:"a"': leaf } } },
    ],
    [{ set: ['a', 'a'] }, { set: ['a', 'a'] }, {}],
    [
      { items: [{ name: 'a', value: 1 }, { name: 'b' }] },
      { items: [{ name: 'b' }, { name: 'a', value: 2 }, { name: 'c' }] },
      {
        added: { 'f:items': { 'k:{"name":"c"}': { '.': leaf, 'f:name': leaf } } },
        modified: { 'f:items': { 'k:{"name":"a"}': { 'f:value': leaf } } },
      },
    ],
    [{ free: 1 }, { free: { a: 1 } }, { modified: { 'f:free': leaf }, added: { 'f:free': { 'f:a': leaf } } }],
    [{ free: { a: 1 } }, { free: 'x' }, { modified: { 'f:free': leaf }, removed: { 'f:free': { 'f:a': leaf } } }],
    [{ free: null }, { free: { a: 1 } }, { added: { 'f:free': { 'f:a': leaf } } }],
    [{ map: { constructor: 'a' } }, { map: {} }, { removed: { 'f:map': { 'f:constructor': leaf } } }],
    [{ map: { a: 'a' } }, { map: { a: 'a', toString: 'b' } }, { added: { 'f:map': { 'f:toString': leaf } } }],
  ];
  for (const [left, right, expected] of cases) {
    const found = compare(deepFreeze(left), deepFreeze(right), thing);
    assert.deepEqual(
      { ...found },
      { added: {}, modified: {}, removed: {}, ...expected },
      JSON.stringify([left, right]),
    );
  }
});

const object = fc.record(
  {
    number: fc.nat(2),
    set: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
    list: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    map: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
    struct: fc.record({ a: fc.nat(2), b: fc.nat(2) }, { requiredKeys: [] }),
    items: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('a', 'b', 'c'), value: fc.nat(2) }, { requiredKeys: ['name'] }),
      { selector: ({ name }) => name },
    ),
    free: fc.oneof(fc.nat(1), fc.dictionary(fc.constantFrom('a', 'b'), fc.nat(1))),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

test('a comparison the other way round has added and removed exchanged', () => {
  fc.assert(
    fc.property(object, object, (left, right) => {
      const there = compare(left, right, thing);
      const back = compare(right, left, thing);
      assert.deepEqual(there.added, back.removed);
      assert.deepEqual(there.modified, back.modified);
      assert.deepEqual(compare(left, structuredClone(left), thing), { added: {}, modified: {}, removed: {} });
    }),
  );
});

test('what is merged is there, and nothing else goes', () => {
  fc.assert(
    fc.property(object, object, (live, config) => {
      const merged = merge(deepFreeze(live), deepFreeze(config), thing);
      const again = merge(merged, config, thing);
      assert.ok(jsonEqual(merged, again), 'twice is once');
      const { removed } = compare(live, merged, thing);
      const { added, modified } = compare(config, merged, thing);
      const { removed: lost } = compare(config, merged, thing);
      assert.deepEqual(lost, {}, JSON.stringify(modified) + JSON.stringify(added));
      // Only what has become of another sort loses its parts.
      if (!('free' in config)) assert.deepEqual(removed, {});
    }),
  );
});

test('what is removed is gone, and everything else stays', () => {
  fc.assert(
    fc.property(object, (value) => {
      const { free: _, ...granular } = value;
      const set = fieldsOf(granular, thing)['f:struct'] ?? leaf;
      assert.deepEqual(removeFields(value, {}, thing), value);
      assert.equal(removeFields(value, { 'f:struct': leaf }, thing)['struct'], undefined);
      assert.equal(removeFields(value, { 'f:struct': union(leaf, set) }, thing)['struct'], undefined);
    }),
  );
});

test('merged lists keep the order of the configuration, with the live items in between', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['', 'ab', 'ab'],
    ['ab', '', 'ab'],
    ['ab', 'ab', 'ab'],
    ['ab', 'ba', 'ba'],
    ['abc', 'ca', 'bca'],
    ['abc', 'cx', 'abcx'],
    ['abcd', 'db', 'acdb'],
    ['abcd', 'xc', 'abxcd'],
    ['abcde', 'eca', 'bdeca'],
  ];
  for (const [live, config, expected] of cases) {
    const merged = merge({ set: live.split('') }, { set: config.split('') }, thing);
    assert.equal((merged['set'] as string[]).join(''), expected, `${live} + ${config}`);
  }
  const items = merge({ items: [{ name: 'a', value: 1 }, { name: 'b' }] }, { items: [{ name: 'b', value: 2 }] }, thing);
  assert.deepEqual(items, {
    items: [
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
    ],
  });
});

test('removing items: emptied containers are null, units go as a whole', () => {
  const object: JsonObject = {
    set: ['a'],
    items: [{ name: 'a', value: 1 }, { name: 'b' }],
    list: ['a', 'b'],
    struct: { a: 1 },
  };
  const set: FieldSet = {
    'f:set': { 'v:"a"': leaf },
    'f:items': { 'k:{"name":"a"}': { 'f:value': leaf }, 'k:{"name":"b"}': leaf },
    'f:list': { 'i:0': leaf },
    'f:struct': { 'f:a': leaf },
  };
  assert.deepEqual(removeFields(object, set, thing), { set: null, items: [{ name: 'a' }], list: null, struct: null });
});

test('what has become a unit is owned as one', () => {
  const set: FieldSet = { 'f:atomicStruct': { 'f:a': leaf }, 'f:list': { 'i:0': leaf }, 'f:map': { 'f:a': leaf } };
  assert.deepEqual(reconcileSet(set, thing), { 'f:atomicStruct': leaf, 'f:list': leaf, 'f:map': { 'f:a': leaf } });
  const fine: FieldSet = { 'f:atomicStruct': leaf, 'f:unknown': { 'f:a': leaf } };
  assert.equal(reconcileSet(fine, thing), fine);
});

test('a configuration that does not fit is refused in upstream words', () => {
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{ other: 1 }, '.other: field not declared in schema'],
    [{ struct: { c: 1 } }, '.struct.c: field not declared in schema'],
    [{ number: 'x' }, '.number: expected numeric (int or float), got string'],
    [{ number: {} }, '.number: expected numeric (int or float), got map[string]interface {}'],
    [{ text: 1 }, '.text: expected string, got &value.valueUnstructured{Value:1}'],
    [{ flag: 'yes' }, '.flag: expected boolean, got &{yes}'],
    [{ struct: [1] }, '.struct: expected map, got &{[1]}'],
    [{ items: { name: 'a' } }, '.items: expected list, got &{map[name:a]}'],
    [{ items: [{ name: 'a' }, { name: 'a' }] }, '.items: duplicate entries for key [name="a"]'],
    [{ set: ['a', 'a'] }, '.set: duplicate entries for key [="a"]'],
    [
      { items: [{ value: 1 }] },
      '.items: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    ],
    [{ items: [null] }, '.items: element 0: associative list with keys may not have a null element'],
    [{ items: ['a'] }, '.items: element 0: associative list with keys may not have non-map elements'],
    [{ set: [null] }, ".set: element 0: associative list without keys has an element that's an explicit null"],
    [{ set: [{}] }, ".set: element 0: associative list without keys has an element that's a map type"],
    [{ set: [[]] }, '.set: element 0: not supported: associative list with lists as elements'],
    [{ list: ['a', 1] }, '.list[1]: expected string, got &value.valueUnstructured{Value:1}'],
    [{ items: [{ name: 'a', value: true }] }, '.items[name="a"].value: expected numeric (int or float), got bool'],
    [
      { number: 'x', flag: 1 },
      'errors:\n  .number: expected numeric (int or float), got string\n  .flag: expected boolean, got &{1}',
    ],
  ];
  for (const [config, message] of cases)
    assert.throws(() => validateTyped(config, thing), { message }, JSON.stringify(config));
  validateTyped({ number: null, struct: null, items: null, free: { any: [1, {}] } }, thing);
});
