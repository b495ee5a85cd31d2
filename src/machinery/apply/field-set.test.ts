import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  difference,
  eachPath,
  equalSets,
  fieldSet,
  hasPath,
  intersection,
  isEmptySet,
  noFields,
  parseFieldSet,
  pathText,
  recursiveDifference,
  union,
  withNamedFields,
  type ElementPath,
  type FieldSet,
} from './field-set.ts';
import { thing } from './testing.ts';

const element = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((name) => `f:${name}`),
  fc.constantFrom('x', 'y').map((name) => `k:{"name":"${name}"}`),
  fc.constantFrom('"s"', '1', 'true').map((value) => `v:${value}`),
  fc.constantFrom('i:0', 'i:11'),
);
const path = fc.array(element, { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 6 });

function members(set: FieldSet): string[] {
  const found: string[] = [];
  eachPath(set, (at) => void found.push(at.join(' ')));
  return found.sort();
}

function unique(list: readonly ElementPath[]): string[] {
  return [...new Set(list.map((at) => at.join(' ')))].sort();
}

test('sets are sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [fieldSet(...left), fieldSet(...right)];
      const [inA, inB] = [unique(left), unique(right)];
      assert.deepEqual(members(a), inA);
      assert.deepEqual(members(union(a, b)), [...new Set([...inA, ...inB])].sort());
      assert.deepEqual(
        members(intersection(a, b)),
        inA.filter((at) => inB.includes(at)),
      );
      assert.deepEqual(
        members(difference(a, b)),
        inA.filter((at) => !inB.includes(at)),
      );
      assert.deepEqual(
        members(recursiveDifference(a, b)),
        inA.filter((at) => !inB.some((gone) => at === gone || at.startsWith(`${gone} `))),
      );
      assert.equal(equalSets(a, b), inA.join('|') === inB.join('|'));
      assert.equal(isEmptySet(difference(a, a)), true);
      for (const at of right) assert.equal(hasPath(a, at), inA.includes(at.join(' ')));
    }),
  );
});

test('a set is the same however it came about, and reads back as itself', () => {
  fc.assert(
    fc.property(paths, (list) => {
      const set = fieldSet(...list);
      const text = JSON.stringify(set);
      assert.equal(JSON.stringify(fieldSet(...list.toReversed())), text);
      const sent: unknown = JSON.parse(text);
      assert.equal(parseFieldSet(sent), sent);
    }),
  );
});

test('operations share what they do not change', () => {
  const a = fieldSet(['f:spec', 'f:replicas'], ['f:metadata', 'f:labels', 'f:a']);
  assert.equal(union(a, fieldSet(['f:spec', 'f:replicas'])), a);
  assert.equal(difference(a, fieldSet(['f:spec', 'f:other'])), a);
  assert.equal(intersection(a, union(a, fieldSet(['f:x']))), a);
  assert.equal(difference(a, fieldSet(['f:spec', 'f:replicas']))['f:metadata'], a['f:metadata']);
  assert.equal(union(noFields, a), a);
});

test('the order is that of upstream: fields, keys, values, indexes, numbers by their value', () => {
  const set = fieldSet(
    ['i:2'],
    ['i:10'],
    ['v:"b"'],
    ['v:true'],
    ['v:10'],
    ['v:9'],
    ['k:{"port":443}'],
    ['k:{"port":80}'],
    ['f:z'],
    ['f:a'],
    ['f:a', 'f:b'],
  );
  assert.deepEqual(Object.keys(set), [
    'f:a',
    'f:z',
    'k:{"port":80}',
    'k:{"port":443}',
    'v:9',
    'v:10',
    'v:"b"',
    'v:true',
    'i:2',
    'i:10',
  ]);
  assert.equal(JSON.stringify(set['f:a']), '{".":{},"f:b":{}}');
});

test('what clients send is brought into canonical form or refused', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['null', '{}'],
    ['{}', '{}'],
    ['{".":{}}', '{}'],
    ['{"f:a":{".":{}}}', '{"f:a":{}}'],
    ['{"f:b":{},"f:a":null}', '{"f:a":{},"f:b":{}}'],
    ['{"k:{\\"b\\": 1, \\"a\\": \\"x\\"}":{}}', '{"k:{\\"a\\":\\"x\\",\\"b\\":1}":{}}'],
    ['{"i:01":{}}', '{"i:1":{}}'],
    ['{"z:later":{"f:a":{}},"f:a":{}}', '{"f:a":{}}'],
    ['{"f:a":{"z:later":{}}}', '{"f:a":{}}'],
    ['{"a":{}}', undefined],
    ['{"fa:":{}}', undefined],
    ['{"f:a":1}', undefined],
    ['{"v:{":{}}', undefined],
    ['{"k:1":{}}', undefined],
    ['{"i:x":{}}', undefined],
    ['[]', undefined],
    ['"f:a"', undefined],
  ];
  for (const [sent, canonical] of cases) {
    const set = parseFieldSet(JSON.parse(sent));
    assert.equal(set === undefined ? undefined : JSON.stringify(set), canonical, sent);
  }
});

test('paths are written as in messages', () => {
  const written: string[] = [];
  eachPath(
    fieldSet(
      ['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name'],
      ['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}'],
      ['f:spec', 'f:finalizers', 'v:"a\\"b"'],
      ['f:top'],
    ),
    (at) => void written.push(pathText(at)),
  );
  assert.deepEqual(written, [
    '.top',
    '.spec.finalizers[="a\\"b"]',
    '.spec.ports[port=80,protocol="TCP"]',
    '.spec.ports[port=80,protocol="TCP"].name',
  ]);
});

test('fields of the schema on the way to a member count, entries of maps and items do not', () => {
  const set = fieldSet(
    ['f:items', 'k:{"name":"a"}', 'f:ports', 'k:{"port":1,"protocol":"TCP"}'],
    ['f:maps', 'f:x', 'f:y'],
  );
  assert.deepEqual(members(withNamedFields(set, thing)), [
    'f:items',
    'f:items k:{"name":"a"} f:ports',
    'f:items k:{"name":"a"} f:ports k:{"port":1,"protocol":"TCP"}',
    'f:maps',
    'f:maps f:x f:y',
  ]);
});
