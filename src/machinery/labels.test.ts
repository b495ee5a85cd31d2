import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { field, fieldErrorsText } from './field-error.ts';
import * as labels from './labels.ts';
import type { LabelSelectorSpec } from './labels.ts';

const { parseLabelSelector } = labels;

test('texts that parse, and how they are written back', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['x=a,y=b,z=c', 'x=a,y=b,z=c'],
    ['', ''],
    ['x!=a,y=b', 'x!=a,y=b'],
    ['x=', 'x='],
    ['x= ', 'x='],
    ['x=,z= ', 'x=,z='],
    ['x= ,z= ', 'x=,z='],
    ['!x', '!x'],
    ['x>1', 'x>1'],
    ['x>1,z<5', 'x>1,z<5'],
    ['this=that,other', 'other,this=that'],
    ['z in (b, a,a)', 'z in (a,b)'],
    ['x in (foo,,baz),y,z notin ()', 'x in (,baz,foo),y,z notin ()'],
    [' a ==  b ', 'a==b'],
    ['x in (,a)', 'x in (,a)'],
    ['in in (in,notin)', 'in in (in,notin)'],
    ['example.com/a=b', 'example.com/a=b'],
  ];
  for (const [text, canonical] of cases) assert.equal(parseLabelSelector(text).toString(), canonical, text);
});

test('texts that do not parse, in upstream’s words', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['x=a||y=b', 'unable to parse requirement: values[0][x]: Invalid value: "a||y"'],
    ['x==a==b', "found '==', expected: ',' or 'end of string'"],
    ['!x=a', "found '=', expected: ',' or 'end of string'"],
    [
      'x<a',
      `unable to parse requirement: values[0]: Invalid value: "a": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    ['a,', "found '', expected: identifier after ','"],
    ['a,,b', "found ',', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['x y', "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"],
    ['x in a', "unable to parse requirement: found 'a' expected: '('"],
    ['x in (a b)', "unable to parse requirement: found 'b', expected: ',' or ')'"],
    ['x in (=)', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ['x in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['x in (a,', "unable to parse requirement: found '', expected: ',', or identifier"],
    ['x=(', "unable to parse requirement: found '(', expected: identifier"],
    [
      'a@b=c',
      'unable to parse requirement: <nil>: Invalid value: "a@b": name part must consist of alphanumeric characters',
    ],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseLabelSelector(text),
      (error) => error instanceof labels.SelectorError && error.message.startsWith(message),
      `${text}: ${message}`,
    );
  }
});

test('what matches', () => {
  const cases: readonly (readonly [string, Record<string, string>, boolean])[] = [
    ['', { x: 'y' }, true],
    ['x=y', { x: 'y' }, true],
    ['x=y', { x: 'z' }, false],
    ['x=y,z=w', { x: 'y', z: 'w' }, true],
    ['x!=y', { x: 'z' }, true],
    ['x!=y', {}, true],
    ['x!=y', { x: 'y' }, false],
    ['x=', {}, false],
    ['x=', { x: '' }, true],
    ['notin=in', { notin: 'in' }, true],
    ['x', { x: '' }, true],
    ['!x', { y: 'z' }, true],
    ['!x', { x: 'z' }, false],
    ['x>1', { x: '2' }, true],
    ['x>1', { x: '1' }, false],
    ['x>1', { x: 'b' }, false],
    ['x<9223372036854775807', { x: '9223372036854775806' }, true],
    ['x in (a,b)', { x: 'b' }, true],
    ['x in (a,b)', {}, false],
    ['x notin (a,b)', { x: 'c' }, true],
    ['x notin (a,b)', { x: 'b' }, false],
    ['constructor', {}, false],
    ['!constructor', {}, true],
    ['x in (,a)', {}, false],
  ];
  for (const [text, set, expected] of cases) {
    assert.equal(parseLabelSelector(text).matches(set), expected, `${text} ${JSON.stringify(set)}`);
  }
  assert.equal(labels.nothing.matches({}), false);
  assert.equal(labels.everything.matches(undefined), true);
  assert.equal(parseLabelSelector('a=1,b in (2),c in (3,4)').exactValue('b'), '2');
  assert.equal(parseLabelSelector('a=1,b in (2),c in (3,4)').exactValue('c'), undefined);
});

test('the object form', () => {
  const spec: LabelSelectorSpec = {
    matchLabels: { foo: 'bar' },
    matchExpressions: [
      { key: 'baz', operator: 'In', values: ['qux', 'norf'] },
      { key: 'gpu', operator: 'Exists' },
    ],
  };
  assert.equal(labels.labelSelectorFromSpec(spec).toString(), 'baz in (norf,qux),foo=bar,gpu');
  assert.equal(labels.labelSelectorFromSpec(undefined).selectable, false);
  assert.equal(labels.labelSelectorFromSpec({}).empty, true);
  assert.equal(labels.formatLabelSelector({}), '<none>');
  assert.throws(() => labels.labelSelectorFromSpec({ matchExpressions: [{ key: 'a', operator: 'Near' }] }), {
    message: '"Near" is not a valid label selector operator',
  });
  assert.throws(() => labels.labelSelectorFromSpec({ matchExpressions: [{ key: 'a', operator: 'In' }] }), {
    message: "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
  });
});

test('a selector in an object is validated in upstream’s words', () => {
  const path = field('spec', 'selector');
  const errors = labels.labelSelectorErrors(
    {
      matchExpressions: [
        { key: 'a', operator: 'In' },
        { key: 'b', operator: 'Exists', values: ['x'] },
        { key: 'c', operator: 'Gt', values: ['1'] },
      ],
    },
    path,
  );
  assert.equal(
    fieldErrorsText(errors),
    "[spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn', " +
      "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist', " +
      'spec.selector.matchExpressions[2].operator: Invalid value: "Gt": not a valid selector operator]',
  );
  assert.deepEqual(labels.labelSelectorErrors({ matchLabels: { 'a/b': 'c' } }, path), []);
  assert.equal(labels.labelSelectorErrors({ matchLabels: { 'a b': 'c d' } }, path).length, 2);
});

const key = fc.stringMatching(/^[a-z]{1,3}$/);
const value = fc.stringMatching(/^[a-z0-9]{0,3}$/);
const requirement = fc.oneof(
  fc.record({ key, operator: fc.constantFrom('=', '==', '!='), values: fc.tuple(value) }),
  fc.record({ key, operator: fc.constantFrom('in', 'notin'), values: fc.array(value, { minLength: 1, maxLength: 4 }) }),
  fc.record({ key, operator: fc.constantFrom('exists', '!'), values: fc.constant([]) }),
  fc.record({
    key,
    operator: fc.constantFrom('gt', 'lt'),
    values: fc.tuple(fc.integer({ min: 0, max: 99 }).map(String)),
  }),
);

test('text and parser are inverse, and matching is the conjunction of the requirements', () => {
  fc.assert(
    fc.property(
      fc.array(requirement as fc.Arbitrary<labels.LabelRequirement>, { maxLength: 5 }),
      fc.dictionary(key, value),
      (all, set) => {
        const selector = new labels.LabelSelector(all);
        const again = parseLabelSelector(selector.toString());
        assert.equal(
          again.toString(),
          selector
            .toString()
            .replaceAll(/\(([^)]*)\)/g, (_, list: string) => `(${[...new Set(list.split(','))].join(',')})`),
        );
        assert.equal(again.matches(set), selector.matches(set));
        assert.equal(
          selector.matches(set),
          all.every((one) => new labels.LabelSelector([one]).matches(set)),
        );
      },
    ),
  );
});

test('any text either parses or is refused with a SelectorError', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('a', 'in', 'notin', ' ', '=', '!', '(', ')', ',', '<', '>', '/', '.'),
        maxLength: 12,
      }),
      (text) => {
        try {
          const selector = parseLabelSelector(text);
          assert.equal(parseLabelSelector(selector.toString()).toString(), selector.toString());
        } catch (error) {
          assert.ok(error instanceof labels.SelectorError, String(error));
        }
      },
    ),
  );
});
