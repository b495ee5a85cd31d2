/**
 * What rules of custom resources may cost at most, without limits in the schema and with them: figures that upstream's own
 * tests assert. A definition is refused by them.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { declTypeFromSchema, type SchemaSource } from './decl-type.ts';
import { Environment } from './environment.ts';
import { kubernetesLibraries } from './library/kubernetes.ts';
import { compile } from './program.ts';

type Limited = (max: number | undefined) => SchemaSource;

const primitives: Readonly<Record<string, SchemaSource>> = {
  number: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  string: { type: 'string' },
  duration: { type: 'string', format: 'duration' },
  date: { type: 'string', format: 'date' },
  'date-time': { type: 'string', format: 'date-time' },
  'int-or-string': { 'x-kubernetes-int-or-string': true },
};
const primitive = (name: string): SchemaSource => primitives[name] ?? {};

const text: Limited = (maxLength) => ({ type: 'string', maxLength });
const bytes: Limited = (maxLength) => ({ type: 'string', format: 'byte', maxLength });
const arrayOf =
  (items: SchemaSource): Limited =>
  (maxItems) => ({ type: 'array', items, maxItems });
const array = (name: string): Limited => arrayOf(primitive(name));
const mapOf =
  (values: SchemaSource): Limited =>
  (maxProperties) => ({ type: 'object', additionalProperties: values, maxProperties });
const map = (name: string): Limited => mapOf(primitive(name));
const texts: Limited = (max) => ({ type: 'array', items: text(max), maxItems: max });

/** The rule, its cost without a limit, and its cost with one. */
type Case = readonly [rule: string, schema: Limited, unlimited: number, max: number, limited: number];

const cases: Readonly<Record<string, readonly Case[]>> = {
  lists: [
    ['self.all(x, true)', arrayOf({ type: 'array', items: primitive('number') }), 3145727, 100, 302],
    ['self[1] == 0.0', array('number'), 2, 5000, 2],
    ['self[1] == self[1]', array('string'), 314577, 8, 314577],
    ['self[3] == 0.0', array('number'), 2, 0, 2],
    ['self.all(x, x == 0.0)', array('number'), 6291454, 3 * 1024 * 2048, 25165826],
    ['self.all(x, true)', array('int-or-string'), 4718591, 10, 32],
    ['self[0] == 5', array('int-or-string'), 3, 10, 3],
    ['self[0] == false', array('boolean'), 2, 25, 2],
    ['self[0][0] == -1.0', arrayOf({ type: 'array', items: primitive('number') }), 3, 51, 3],
    [
      'self.all(x, x.y == 25.2)',
      arrayOf({ type: 'object', additionalProperties: primitive('number') }),
      6291452,
      12,
      74,
    ],
    ['self[0].x > 2.0', arrayOf({ type: 'object', additionalProperties: primitive('number') }), 4, 3000, 4],
    ['self.all(x, true)', array('duration'), 2359295, 5, 17],
    ['self[0].getHours() == 2', array('duration'), 4, 525, 4],
    ['self.all(x, true)', array('date'), 725936, 15, 47],
    ['self[2].getDayOfMonth() == 13', array('date'), 4, 42, 4],
    ['self.all(x, true)', array('date-time'), 428963, 25, 77],
  ],
  maps: [
    ['self.all(x, true)', map('number'), 1348169, 10, 32],
    ['self.all(x, true)', map('string'), 1179647, 3, 11],
    ['self.all(x, true)', map('boolean'), 943718, 100, 302],
    ['self["x"] == 0.0', map('number'), 2, 0, 2],
    ['self.all(x, true)', map('int-or-string'), 1348169, 15, 47],
    ['self.all(x, true)', mapOf({ type: 'object', additionalProperties: primitive('number') }), 1179647, 10, 32],
    ['self.all(x, true)', mapOf({ type: 'array', items: primitive('number') }), 1179647, 25, 77],
    ['self.all(x, true)', map('duration'), 1048577, 5, 17],
    ['self.all(x, true)', map('date'), 524288, 10, 32],
    ['self.all(x, true)', map('date-time'), 349526, 25, 77],
    ['oldSelf.size() == self.size()', map('integer'), 5, 10, 5],
    ['self["a"] == self["b"]', map('date-time'), 8, 7, 8],
    ['self["c"] == self["d"]', map('duration'), 8, 42, 8],
  ],
  text: [
    ["self.contains('test')", text, 314574, 10, 5],
    ["self.startsWith('test')", text, 2, 15, 2],
    ["self.endsWith('test')", text, 2, 30, 2],
    ['size(self + "hello") > size("hello")', text, 314578, 4, 7],
    ['self.matches("x")', text, 314574, 50, 22],
    ['"".matches("(((((((((())))))))))[0-9]")', text, 7, 10, 7],
    ['self.matches("")', text, 1, 100, 1],
    ['self == "x"', text, 2, 0, 1],
    ['self == b"x"', bytes, 2, 0, 1],
    [
      "self.contains('A')",
      (maxLength) => ({ type: 'string', maxLength, enum: ['A', 'B', 'C', 'LongValue'] }),
      2,
      1000,
      401,
    ],
  ],
  libraries: [
    ["self.find('[0-9]+') == ''", text, 629147, 10, 11],
    ["self.join(' ') == 'aa bb'", texts, 329853068905, 10, 43],
    ['self.isSorted() == true', texts, 329854432052, 10, 52],
    ["self.lowerAscii() == 'lower!'", text, 314575, 10, 6],
    [
      "self.str.replace(self.before, self.after) == 'does not matter'",
      (max) => ({ type: 'object', properties: { str: text(max), before: text(2), after: text(4) } }),
      629154,
      4,
      12,
    ],
    [
      'self.str.split(self.separator) == []',
      (max) => ({ type: 'object', properties: { str: text(max), separator: text(max) } }),
      629160,
      10,
      22,
    ],
  ],
};

function estimate(rule: string, schema: SchemaSource): number {
  const self = declTypeFromSchema(schema, { name: 'selfType' });
  assert.ok(self);
  const environment = new Environment({ variables: { self, oldSelf: self }, libraries: kubernetesLibraries });
  const compiled = compile(rule, environment);
  assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '');
  return compiled.program.estimate.max;
}

for (const [name, rules] of Object.entries(cases)) {
  describe(name, () => {
    for (const [rule, schema, unlimited, max, limited] of rules)
      it(`${rule}, ${unlimited}`, () => {
        assert.equal(estimate(rule, schema(undefined)), unlimited);
        assert.equal(estimate(rule, schema(max)), limited);
      });
  });
}

it('is over all limits for nested loops without limits', () => {
  const loop = 'self.all(x, self.all(y, true))';
  assert.ok(estimate(loop, array('number')(undefined)) > 10_000_000);
  assert.equal(estimate(loop, array('number')(10)), 352);
  assert.equal(estimate('self.all(x, self.all(y, self.all(z, true)))', array('number')(10)), 3552);
});
