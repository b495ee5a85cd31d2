import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertFieldsSupported, FieldSelector, parseFieldSelector } from './fields.ts';

test('texts that parse, and how they are written back', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['x=a,y=b,z=c', 'x=a,y=b,z=c'],
    ['z=a,x!=b', 'x!=b,z=a'],
    ['x==a', 'x=a'],
    ['x=', 'x='],
    ['=y', '=y'],
    [',a=b,,', 'a=b'],
    [String.raw`a=\,\=\\`, String.raw`a=\,\=\\`],
    [String.raw`x=a\,b,y=c`, String.raw`x=a\,b,y=c`],
  ];
  for (const [text, canonical] of cases) assert.equal(parseFieldSelector(text).toString(), canonical, text);
  assert.equal(parseFieldSelector(String.raw`a=\,\=\\`).requirements[0]?.value, ',=\\');
});

test('texts that do not parse, in upstream’s words', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['x', "invalid selector: 'x'; can't understand 'x'"],
    ['a=b,x', "invalid selector: 'a=b,x'; can't understand 'x'"],
    ['x=a=b', 'invalid field selector: unescaped character in value: 61'],
    ['x===a', 'invalid field selector: unescaped character in value: 61'],
    [String.raw`x=\a`, String.raw`invalid field selector: invalid escape sequence: \a`],
    ['x=a\\', 'invalid field selector: invalid escape sequence: \\'],
  ];
  for (const [text, message] of cases)
    assert.throws(() => parseFieldSelector(text), { message, name: 'SelectorError' });
});

test('what matches', () => {
  const selector = parseFieldSelector('metadata.name=web,status.phase!=Running');
  assert.equal(selector.matches({ 'metadata.name': 'web', 'status.phase': 'Pending' }), true);
  assert.equal(selector.matches({ 'metadata.name': 'web', 'status.phase': 'Running' }), false);
  assert.equal(selector.matches({ 'metadata.name': 'web' }), true);
  assert.equal(parseFieldSelector('a=').matches({}), true);
  assert.equal(parseFieldSelector('constructor=').matches({}), true);
  assert.equal(selector.exactValue('metadata.name'), 'web');
  assert.equal(selector.exactValue('status.phase'), undefined);
  assert.throws(() => assertFieldsSupported(selector, (name) => name === 'metadata.name'), {
    message: 'field label not supported: status.phase',
  });
  const renamed = selector.transform((field, value) => ({ field: field.replace('metadata', 'm'), value }));
  assert.equal(renamed.toString(), 'm.name=web,status.phase!=Running');
});

test('text and parser are inverse', () => {
  const requirement = fc.record({
    field: fc.stringMatching(/^[a-z.]{1,8}$/),
    operator: fc.constantFrom('=' as const, '!=' as const),
    value: fc.string({ unit: fc.constantFrom('a', 'b', ',', '=', '\\', '!', ' '), maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), (all) => {
      const text = new FieldSelector(all).toString();
      const sorted = (list: readonly object[]): string[] =>
        list.map((one) => JSON.stringify(one, ['field', 'operator', 'value'])).sort();
      assert.deepEqual(sorted(parseFieldSelector(text).requirements), sorted(all));
    }),
  );
});
