import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { prefixEnd, Tree } from './tree.ts';

const key = fc.integer({ min: 0, max: 400 }).map((n) => `k${n}`);
const step = fc.record({ key, value: fc.option(fc.integer(), { nil: undefined }) });

test('behaves as a sorted map, and old trees stay as they were', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), key, key, (steps, from, to) => {
      let tree = Tree.empty<number>();
      const model = new Map<string, number>();
      const past: { tree: Tree<number>; keys: string[] }[] = [];
      for (const [i, { key, value }] of steps.entries()) {
        if (value === undefined) model.delete(key);
        else model.set(key, value);
        tree = value === undefined ? tree.delete(key) : tree.set(key, value);
        if (i % 100 === 0) past.push({ tree, keys: [...model.keys()].sort() });
      }
      const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual([...tree], sorted);
      assert.equal(tree.size, model.size);
      assert.deepEqual([...Tree.fromSorted(sorted)], sorted);
      const scanned: string[] = [];
      tree.scan((_, key) => void scanned.push(key), from, to);
      const expected = sorted.map(([key]) => key).filter((key) => key >= from && key < to);
      assert.deepEqual(scanned, expected);
      if (from <= to) assert.equal(tree.count(from, to), expected.length);
      for (const [key, value] of model) assert.equal(tree.get(key), value);
      for (const old of past) assert.deepEqual(old.tree.keys(), old.keys);
    }),
    { numRuns: 60 },
  );
});

test('a walk ends when the visitor says so', () => {
  let tree = Tree.empty<number>();
  for (let i = 0; i < 1000; i++) tree = tree.set(String(i).padStart(4, '0'), i);
  const seen: number[] = [];
  tree.scan((value) => seen.push(value) < 5, '0500');
  assert.deepEqual(seen, [500, 501, 502, 503, 504]);
  assert.equal(tree.delete('nope'), tree);
});

test('prefixEnd bounds every key with the prefix', () => {
  assert.equal(prefixEnd('default/'), 'default0');
  assert.ok('default/\uffff' < prefixEnd('default/'));
});
