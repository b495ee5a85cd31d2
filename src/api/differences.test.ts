/** The expected texts are what Python's difflib makes of the same lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, unifiedDiff } from './differences.ts';

test('changes that are near each other share their surroundings', () => {
  const before = 'a b c d e f g h i j k l m n o'.split(' ');
  const after = 'a b c d X f g h i j k m n o p'.split(' ');
  assert.equal(
    unifiedDiff(before, after),
    [
      '@@ -2,14 +2,14 @@',
      ' b',
      ' c',
      ' d',
      '-e',
      '+X',
      ' f',
      ' g',
      ' h',
      ' i',
      ' j',
      ' k',
      '-l',
      ' m',
      ' n',
      ' o',
      '+p',
      '',
    ].join('\n'),
  );
});

test('changes that are far from each other stand for themselves', () => {
  const before = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  const after = before.with(2, 'two').toSpliced(20, 1);
  assert.equal(
    unifiedDiff(before, after),
    [
      '@@ -1,6 +1,6 @@',
      ' line 0',
      ' line 1',
      '-line 2',
      '+two',
      ' line 3',
      ' line 4',
      ' line 5',
      '@@ -18,7 +18,6 @@',
      ' line 17',
      ' line 18',
      ' line 19',
      '-line 20',
      ' line 21',
      ' line 22',
      ' line 23',
      '',
    ].join('\n'),
  );
});

test('nothing differs, all differs, one side is empty', () => {
  assert.equal(unifiedDiff(['a'], ['a']), '');
  assert.equal(unifiedDiff(['a'], ['b']), '@@ -1 +1 @@\n-a\n+b\n');
  assert.equal(unifiedDiff([], ['b']), '@@ -0,0 +1 @@\n+b\n');
});

test('very long texts take no longer than reading them', () => {
  const before = Array.from({ length: 100_000 }, (_, i) => String(i % 7));
  const text = unifiedDiff(before, before.with(50_000, 'x'));
  assert.equal(text.split('\n').length, 10);
  assert.match(text, /^@@ -49998,7 \+49998,7 @@\n/);
});

test('values are shown in their internal form', () => {
  assert.equal(
    differences(
      'io.k8s.api.rbac.v1.RoleRef',
      { apiGroup: 'g', kind: 'Role', name: 'a<b' },
      { apiGroup: 'g', kind: 'Role', name: 'c' },
    ),
    '@@ -1,5 +1,5 @@\n {\n  "APIGroup": "g",\n  "Kind": "Role",\n- "Name": "a\\u003cb"\n+ "Name": "c"\n }\n',
  );
});
