import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duplicateFields, jsonDepthMax, parseJson } from './strict-json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('syntax errors, in the words of Go’s decoder', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['"abc', 'unexpected end of JSON input'],
    ['[1,2', 'unexpected end of JSON input'],
    ['-', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['tru?', "invalid character '?' in literal true (expecting 'e')"],
    ['nul', 'unexpected end of JSON input'],
    ['01', "invalid character '1' after top-level value"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseJson(bytes(text)), { name: 'JsonSyntaxError', message }, JSON.stringify(text));
  }
});

test('values come out as the engine parses them', () => {
  assert.deepEqual(parseJson(bytes(' {"a":[1,-2.5e3,"x\\u00e9\\n",true,null,{}]} ')), {
    a: [1, -2500, 'xé\n', true, null, {}],
  });
  assert.equal(parseJson(new Uint8Array([0x22, 0xff, 0x22])), '\ufffd');
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      assert.deepEqual(parseJson(bytes(JSON.stringify(value))), JSON.parse(JSON.stringify(value))),
    ),
  );
});

test('half a character is none', () => {
  assert.deepEqual(parseJson('{"\\ud800":["\\uDC00x","\\ud83d\\udc33"]}'), { '\ufffd': ['\ufffdx', '🐳'] });
  assert.deepEqual(Object.keys(parseJson('{"__proto__":"\\ud800"}') as object), ['__proto__']);
});

test('nesting is limited', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  assert.doesNotThrow(() => parseJson(nested(jsonDepthMax)));
  assert.throws(() => parseJson(nested(jsonDepthMax + 1)), { message: 'exceeded max depth' });
  assert.throws(() => parseJson('{"a":'.repeat(100_000)), { message: 'exceeded max depth' });
  assert.doesNotThrow(() => parseJson(JSON.stringify('['.repeat(5000) + '\\"')));
});

test('whatever the engine refuses has a message in Go’s words, and the other way round', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'a',
      '1',
      '0',
      '-',
      '.',
      'e',
      'true',
      'null',
      ' ',
      '\n',
      'é',
    ),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (candidate) => {
      let valid = true;
      try {
        JSON.parse(candidate);
      } catch {
        valid = false;
      }
      if (valid) assert.doesNotThrow(() => parseJson(candidate));
      else
        assert.throws(() => parseJson(candidate), {
          message: /^(invalid character '.+' (looking|after|in) |unexpected end)/,
        });
    }),
    { numRuns: 2000 },
  );
});

test('duplicate keys are found with their path', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2,"a":3}', ['duplicate field "a"']],
    ['{"spec":{"replicas":1,"x":{"replicas":1},"replicas":2}}', ['duplicate field "spec.replicas"']],
    ['{"c":[{"n":1},{"n":1,"n":2}]}', ['duplicate field "c[1].n"']],
    ['{"c":[[1,{"n":1,"n":2}]]}', ['duplicate field "c[0][1].n"']],
    ['{"a":"a","b":"{\\"a\\":1,\\"a\\":2}","c":["a","a"]}', []],
    ['{"a":1,"\\u0061":2}', ['duplicate field "a"']],
    ['{"a\\\\":1,"b":2,"a\\\\":3}', ['duplicate field "a\\\\"']],
  ];
  for (const [text, found] of cases) assert.deepEqual(duplicateFields(text), found, text);
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.deepEqual(duplicateFields(JSON.stringify(value)), [])));
});

test('a number beyond all doubles is refused', () => {
  for (const number of ['1e400', '-1E+400', `1${'0'.repeat(309)}`, '123456e305'])
    assert.throws(() => parseJson(`{"a":[1,${number}]}`), {
      message: 'json: cannot unmarshal number into Go value of type float64',
    });
  assert.deepEqual(parseJson('[1e-400,1e300,"1e400",0.1e0305]'), [0, 1e300, '1e400', 1e304]);
});
