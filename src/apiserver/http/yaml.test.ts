import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Json } from '../../base/mod.ts';
import { parseYaml, yamlDepthMax, YamlError } from './yaml.ts';

function refused(text: string): string {
  try {
    parseYaml(text);
  } catch (error) {
    if (error instanceof YamlError) return error.message;
    throw error;
  }
  return assert.fail(`taken: ${text.slice(0, 200)}`);
}

const values: readonly (readonly [string, Json])[] = [
  ['', null],
  ['# nothing', null],
  ['a: 1\n---\nb: [', { a: 1 }],
  [
    '{a: yes, b: Off, c: 0x10, d: 010, e: 1_000, f: 1.5e3, g: ~, h: .5}',
    { a: true, b: false, c: 16, d: 8, e: 1000, f: 1500, g: null, h: 0.5 },
  ],
  ['at: 2001-12-14\nport: 22:22\ntime: 190:20:30.15', { at: '2001-12-14', port: '22:22', time: '190:20:30.15' }],
  ['1: a\ntrue: b\n1.5: c', { 1: 'a', true: 'b', 1.5: 'c' }],
  ['__proto__: 1', JSON.parse('{"__proto__":1}') as Json],
  ['a: &x {b: 1}\nc: *x\nd: [*x]', { a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] }],
  ['a: &x 1\nb: &x 2\nc: *x', { a: 1, b: 2, c: 2 }],
  ['&k a: 1\nb: *k', { a: 1, b: 'a' }],
  ['a: &x {b: 1, c: 1}\nd: {<<: *x, b: 2}', { a: { b: 1, c: 1 }, d: { b: 2, c: 1 } }],
  ['a: [&x {b: 1}, &y {b: 2, c: 2}]\nd: {<<: [*x, *y]}', { a: [{ b: 1 }, { b: 2, c: 2 }], d: { b: 1, c: 2 } }],
  ['"<<": 1\nb: "<<"\nc: <<', { '<<': 1, b: '<<', c: '<<' }],
  ['a: "\\x41\\u00e9\\n\\\\x"', { a: 'Aé\n\\x' }],
  ['a: |\n  [[[ "\\q" {{{\nb: >-\n  - - -\n  x', { a: '[[[ "\\q" {{{\n', b: '- - - x' }],
];

for (const [text, value] of values)
  void test(`${JSON.stringify(text)} is read as Go reads it`, () => {
    assert.deepEqual(parseYaml(text).value, value);
  });

void test('keys that are set twice are found, each with its line', () => {
  assert.deepEqual(parseYaml('a: 1\na:\n  b: 1\n  b: 2\n'), {
    value: { a: { b: 2 } },
    finding: 'yaml: unmarshal errors:\n  line 4: key "b" already set in map\n  line 3: key "a" already set in map',
  });
  assert.equal(parseYaml('a: {b: 1}\nc: {b: 2}').finding, undefined);
});

const refusals: readonly (readonly [string, string])[] = [
  ['a: *x', "yaml: unknown anchor 'x' referenced"],
  ['&a [*a]', "yaml: anchor 'a' value contains itself"],
  ['a: {<<: 1}', 'yaml: map merge requires map or sequence of maps as the value'],
  ['? [a]\n: b', 'yaml: invalid map key: ["a"]'],
  ['a: .inf', 'json: unsupported value: +Inf'],
  ['a:\n  - .nan', 'json: unsupported value: NaN'],
  ['a: "\\q"', 'yaml: line 1: found unknown escape character'],
];

for (const [text, message] of refusals)
  void test(`${JSON.stringify(text)} is refused`, () => {
    assert.equal(refused(text), message);
  });

void test('any value comes back from YAML', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      assert.deepEqual(parseYaml(stringify(JSON.parse(json), { version: '1.1' })).value, JSON.parse(json));
    }),
    { numRuns: 50 },
  );
});

const bodyMax = 3 * 1024 * 1024;
/** Far more than it takes, far less than without limits. */
const patienceMs = 20_000;
const hostile: readonly (readonly [begin: string, part: string])[] = [
  ['', '['],
  ['', '{a: '],
  ['', '- '],
  ['', '? '],
  ['', '- &a x\n- *a\n'],
  ['', '&a '],
  ['', '}'],
  ['"', '\\x'],
];

for (const [begin, part] of hostile)
  void test(`a body of ${JSON.stringify(part)} alone is refused soon`, { timeout: patienceMs }, () => {
    const begun = performance.now();
    refused(begin + part.repeat(bodyMax / part.length));
    assert.ok(performance.now() - begun < patienceMs);
  });

void test('what is nested as deep as may be is read, and nothing deeper', () => {
  const nested = (levels: number): readonly string[] => [
    '['.repeat(levels) + ']'.repeat(levels),
    '{a: '.repeat(levels) + '1' + '}'.repeat(levels),
    '- '.repeat(levels) + 'a',
    Array.from({ length: levels }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
  ];
  for (const text of nested(yamlDepthMax - 2)) assert.doesNotThrow(() => JSON.stringify(parseYaml(text).value));
  for (const text of nested(yamlDepthMax + 2))
    assert.match(refused(text), /^yaml: line \d+: exceeded max depth of 500$/);
});

void test('aliases may not add more than a body may hold', () => {
  const doubling = (levels: number): string =>
    `a0: &a0 [x, x]\n${Array.from({ length: levels }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).join('')}`;
  assert.doesNotThrow(() => parseYaml(doubling(10)));
  assert.equal(refused(doubling(40)), 'yaml: document contains excessive aliasing');
  const long = `a: &a ${'x'.repeat(100_000)}\n`;
  assert.doesNotThrow(() => parseYaml(`${long}b: [${'*a, '.repeat(20)}]`));
  assert.equal(refused(`${long}b: [${'*a, '.repeat(60)}]`), 'yaml: document contains excessive aliasing');
});
