import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  duplicate,
  field,
  fieldErrorBody,
  fieldErrorsText,
  fieldErrorText,
  forbidden,
  internalError,
  invalid,
  notFound,
  notSupported,
  omittedValue,
  required,
  statusCauses,
  tooLong,
  tooMany,
  typeInvalid,
} from './field-error.ts';
import { goNumber, goQuote, utf8Length } from './go-text.ts';

const path = field('path', 'to', 'field');

test('paths read as in upstream', () => {
  assert.equal(field('spec').child('ports').index(0).key('a').toString(), 'spec.ports[0][a]');
  assert.equal(field('metadata').child('labels').key('a.b/c').toString(), 'metadata.labels[a.b/c]');
  assert.equal(field('spec').child('template', 'spec').toString(), 'spec.template.spec');
  assert.equal(field('spec').index(1).index(2).child('x').toString(), 'spec[1][2].x');
});

test('every type renders as in upstream', () => {
  const cases: readonly (readonly [ReturnType<typeof invalid>, string])[] = [
    [required(path, 'the details'), 'path.to.field: Required value: the details'],
    [required(path), 'path.to.field: Required value'],
    [forbidden(path, 'the details'), 'path.to.field: Forbidden: the details'],
    [tooLong(path, 1), 'path.to.field: Too long: may not be more than 1 byte'],
    [tooLong(path, 2), 'path.to.field: Too long: may not be more than 2 bytes'],
    [tooLong(path, -1), 'path.to.field: Too long: value is too long'],
    [tooMany(path, 2, 1), 'path.to.field: Too many: 2: must have at most 1 item'],
    [tooMany(path, 3, 2), 'path.to.field: Too many: 3: must have at most 2 items'],
    [tooMany(path, 2, -1), 'path.to.field: Too many: 2: has too many items'],
    [tooMany(path, -1, 1), 'path.to.field: Too many: must have at most 1 item'],
    [internalError(path, new TypeError('the error')), 'path.to.field: Internal error: the error'],
    [invalid(path, 'the value', 'the details'), 'path.to.field: Invalid value: "the value": the details'],
    [invalid(path, -42, 'the details'), 'path.to.field: Invalid value: -42: the details'],
    [invalid(path, true, 'the details'), 'path.to.field: Invalid value: true: the details'],
    [invalid(path, null, 'the details'), 'path.to.field: Invalid value: null: the details'],
    [invalid(path, undefined, 'the details'), 'path.to.field: Invalid value: null: the details'],
    [invalid(path, omittedValue, 'the details'), 'path.to.field: Invalid value: the details'],
    [invalid(path, ['one', 'two'], 'the details'), 'path.to.field: Invalid value: ["one","two"]: the details'],
    [
      invalid('spec.selector', { matchLabels: { a: '<b>' } }, 'field is immutable'),
      'spec.selector: Invalid value: {"matchLabels":{"a":"\\u003cb\\u003e"}}: field is immutable',
    ],
    [typeInvalid(path, 'x', 'must be an integer'), 'path.to.field: Invalid value: "x": must be an integer'],
    [duplicate(path, 'v'), 'path.to.field: Duplicate value: "v"'],
    [notFound(path, 'v'), 'path.to.field: Not found: "v"'],
    [notSupported(path, 'v', ['a', 'b']), 'path.to.field: Unsupported value: "v": supported values: "a", "b"'],
    [notSupported(path, 'v', []), 'path.to.field: Unsupported value: "v"'],
  ];
  for (const [error, text] of cases) assert.equal(fieldErrorText(error), text);
});

test('several errors are one text, each once', () => {
  const a = required('spec.a');
  const b = invalid('spec.b', 1, 'no');
  assert.equal(fieldErrorsText([a]), 'spec.a: Required value');
  assert.equal(fieldErrorsText([a, b, a]), '[spec.a: Required value, spec.b: Invalid value: 1: no]');
  assert.deepEqual(statusCauses([b]), [
    { reason: 'FieldValueInvalid', message: 'Invalid value: 1: no', field: 'spec.b' },
  ]);
  assert.equal(fieldErrorBody(b), 'Invalid value: 1: no');
});

test('text as Go writes it', () => {
  assert.equal(goQuote('a"b\\c\n\x01\u00adé日\u{1f600}'), '"a\\"b\\\\c\\n\\x01\\u00adé日😀"');
  assert.equal(goQuote('\x7f\u2028'), '"\\x7f\\u2028"');
  assert.equal(goNumber(1e21), '1e+21');
  assert.equal(goNumber(0.00001), '1e-05');
  assert.equal(goNumber(0.0001), '0.0001');
  assert.equal(goNumber(1.5), '1.5');
  for (const text of ['', 'abc', 'é', '日本', '😀x', 'a\ud800']) {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length, JSON.stringify(text));
  }
});
