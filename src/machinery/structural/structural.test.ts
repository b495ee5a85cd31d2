import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import facts from '../../api/upstream/facts.json' with { type: 'json' };
import type { Json, JsonObject } from '../../base/mod.ts';
import { field, fieldErrorText } from '../field-error.ts';
import { formatTest } from './formats.ts';
import { compileJsonPath, fieldIn, PathError } from './json-path.ts';
import type { JsonSchema } from './json-schema.ts';
import { structuralDecoder } from './decoder.ts';
import { structuralMerge } from './merge.ts';
import { structuralErrors } from './structural-errors.ts';
import { compileValidator } from './validate.ts';
import { stringMerge } from '../apply/merge-type.ts';

const names = fc.constantFrom('a', 'b', 'c', 'metadata', '__proto__', 'constructor');

/** Any structural schema; defaults fit their types, because others are refused. */
const { schema: anySchema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record(
      { type: fc.constant('string'), default: fc.constant('text'), nullable: fc.boolean() },
      { requiredKeys: ['type'] },
    ),
    fc.record({ type: fc.constant('integer'), default: fc.nat(9), nullable: fc.boolean() }, { requiredKeys: ['type'] }),
    fc.record({ 'x-kubernetes-int-or-string': fc.constant(true) }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }) as fc.Arbitrary<JsonSchema>,
    fc.record({ type: fc.constant('object'), additionalProperties: tie('schema') }) as fc.Arbitrary<JsonSchema>,
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(names, tie('schema')),
        default: fc.constant({}),
        nullable: fc.boolean(),
        'x-kubernetes-preserve-unknown-fields': fc.constant(true as const),
      },
      { requiredKeys: ['type', 'properties'] },
    ) as fc.Arbitrary<JsonSchema>,
  ),
}));

const anyJson = fc.jsonValue({ depthSize: 'small' }) as fc.Arbitrary<Json>;
const anyObject = fc.dictionary(fc.oneof(names, fc.string()), anyJson);

void test('what is pruned and has its defaults stays as it is', () => {
  fc.assert(
    fc.property(anySchema, anyObject, (schema, spec) => {
      const decoder = structuralDecoder({ type: 'object', properties: { spec: schema } }, facts);
      const once = decoder.decode({ metadata: { name: 'x' }, spec });
      const twice = decoder.decode(once.object);
      assert.deepEqual(twice.object, once.object);
      assert.equal(twice.hasUnknownFields, false);
      assert.equal(JSON.stringify(twice.object), JSON.stringify(once.object));
    }),
  );
});

void test('unknown fields are named exactly when there are some, and the input is not changed', () => {
  fc.assert(
    fc.property(anySchema, anyObject, (schema, spec) => {
      const decoder = structuralDecoder({ type: 'object', properties: { spec: schema } }, facts);
      const input = { spec };
      const before = JSON.stringify(input);
      const { hasUnknownFields } = decoder.decode(input);
      assert.equal(decoder.unknownFields(input).length > 0, hasUnknownFields);
      assert.equal(JSON.stringify(input), before);
    }),
  );
});

void test('what stays equal is never refused on an update', () => {
  fc.assert(
    fc.property(anySchema, anyJson, (schema, value) => {
      assert.deepEqual(compileValidator(schema).validate(value, structuredClone(value)), []);
    }),
  );
});

const errorsOf = (schema: JsonSchema, value: Json): string[] =>
  compileValidator(schema).validate(value).map(fieldErrorText);

void test('clauses blame the alternative that came closest', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: { kind: { type: 'string' }, n: { type: 'integer' } },
    oneOf: [
      { properties: { kind: { enum: ['a'] } }, required: ['n'] },
      { properties: { kind: { enum: ['b'] } }, required: ['m'] },
    ],
  };
  assert.deepEqual(errorsOf({ type: 'object', properties: { spec: schema } }, { spec: { kind: 'a' } }), [
    '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
    'spec.n: Required value',
  ]);
  const not: JsonSchema = { type: 'object', properties: { s: { type: 'string', not: { enum: ['x'] } } } };
  assert.deepEqual(errorsOf(not, { s: 'x' }), ['<nil>: Invalid value: "": "s" must not validate the schema (not)']);
  const all: JsonSchema = {
    type: 'object',
    properties: { s: { type: 'string', allOf: [{ minLength: 3 }, { maxLength: 9 }] } },
  };
  assert.deepEqual(errorsOf(all, { s: 'x' }), [
    's: Invalid value: "x": s in body should be at least 3 chars long',
    '<nil>: Invalid value: "": "s" must validate all the schemas (allOf)',
  ]);
});

void test('numbers, counts, closed objects', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      step: { type: 'number', multipleOf: 0.5 },
      above: { type: 'integer', minimum: 3, exclusiveMinimum: true },
      list: { type: 'array', minItems: 2, items: { type: 'boolean' } },
      map: { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: { type: 'string' } },
      closed: { type: 'object', additionalProperties: false },
    },
  };
  assert.deepEqual(errorsOf(schema, { step: 0.7, above: 3, list: [1], map: {}, closed: { x: 1 } }), [
    'above: Invalid value: 3: above in body should be greater than 3',
    'closed: Invalid value: "x": closed.x in body is a forbidden property',
    'list[0]: Invalid value: "integer": list[0] in body must be of type boolean: "integer"',
    'list: Invalid value: 1: list in body should have at least 2 items',
    'map: Invalid value: 0: map in body should have at least 1 properties',
    'step: Invalid value: 0.7: step in body should be a multiple of 0.5',
  ]);
  assert.deepEqual(errorsOf(schema, { map: { a: '1', b: '2', c: 3 } }), [
    'map: Too many: 3: must have at most 2 items',
  ]);
  assert.deepEqual(errorsOf(schema, { map: { a: 1 } }), [
    'map.a: Invalid value: "integer": map.a in body must be of type string: "integer"',
  ]);
});

const formats: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> = {
  'date-time': [
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123+01:00'],
    ['2026-01-02', '2026-02-30T00:00:00Z'],
  ],
  date: [['2024-02-29'], ['2026-02-29', '2026-1-1']],
  duration: [['1h2m', '3 days'], ['soon']],
  email: [
    ['a@example.com', 'A B <a@b.c>'],
    ['a', 'a@', '@b'],
  ],
  hostname: [['example.com'], ['-a', 'a..b']],
  ipv4: [['10.0.0.1'], ['::1', '10.0.0']],
  ipv6: [['::1'], ['10.0.0.1']],
  cidr: [['10.0.0.0/8'], ['10.0.0.1']],
  uri: [
    ['https://a/b', '/a', 'mailto:x'],
    ['a b', 'a'],
  ],
  uuid: [['7324ca7b-c397-4c9f-b157-6067eb09a28f'], ['7324']],
  uuid4: [['7324ca7b-c397-4c9f-b157-6067eb09a28f'], ['7324ca7b-c397-1c9f-b157-6067eb09a28f']],
  byte: [['aGk='], ['*']],
  isbn: [['978-3-16-148410-0', '0-306-40615-2'], ['978-3-16-148410-1']],
  creditcard: [['4111 1111 1111 1111'], ['4111 1111 1111 1112']],
  hexcolor: [['#fff'], ['red']],
  rgbcolor: [['rgb(1, 2, 255)'], ['rgb(1,2,256)', 'rgb(1,2)']],
  mac: [['01:23:45:67:89:ab'], ['01:23']],
  'k8s-short-name': [['web'], ['Web']],
};

for (const [format, [good, bad]] of Object.entries(formats))
  void test(`format ${format}`, () => {
    const fits = formatTest(format);
    assert.ok(fits !== undefined);
    for (const text of good) assert.ok(fits(text), text);
    for (const text of bad) assert.ok(!fits(text), text);
  });

void test('paths of columns', () => {
  const object: JsonObject = {
    metadata: { annotations: { 'a.b/c': 'v' } },
    status: {
      conditions: [
        { type: 'A', n: 1 },
        { type: 'Ready', n: 2 },
      ],
    },
  };
  const found = (path: string): Json[] => compileJsonPath(path)(object);
  assert.deepEqual(found('.status.conditions[?(@.type=="Ready")].n'), [2]);
  assert.deepEqual(found(".status.conditions[?(@.type == 'Ready')].n"), [2]);
  assert.deepEqual(found('.status.conditions[?(@.n>1)].type'), ['Ready']);
  assert.deepEqual(found('.status.conditions[*].n'), [1, 2]);
  assert.deepEqual(found('.status.conditions[-1:].n'), [2]);
  assert.deepEqual(found('.status.conditions[0,1].type'), ['A', 'Ready']);
  assert.deepEqual(found('..n'), [1, 2]);
  assert.deepEqual(found("{.metadata.annotations['a.b/c']}"), ['v']);
  assert.deepEqual(found('.metadata.annotations.a\\.b/c'), ['v']);
  assert.deepEqual(found('.nothing.here'), []);
  for (const wrong of ['status', '.a[?(@.b', '.a[x]']) assert.throws(() => compileJsonPath(wrong), PathError, wrong);
});

void test('paths of fields', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { map: { type: 'object', additionalProperties: { type: 'string' } } } },
    },
  };
  assert.equal(fieldIn(".spec.map['a.b']", schema).path.toString(), 'spec.map[a.b]');
  const wrong: readonly [string, string][] = [
    ['.spec.none', 'does not refer to a valid field'],
    ['spec', 'expected [ or . but got: spec'],
    ['.spec.', 'unexpected end of JSON path'],
    ['.spec[0]', 'expected single quoted string but got 0'],
    [".spec['map'", 'unexpected end of JSON path'],
  ];
  for (const [path, message] of wrong) assert.throws(() => fieldIn(path, schema), { message });
});

void test('how a structural schema merges', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
      map: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port', 'protocol'],
        items: {
          type: 'object',
          properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } },
        },
      },
      whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: {} },
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const merge = structuralMerge(schema, stringMerge);
  const typeOf = (name: string): unknown => merge.member(name)?.type;
  assert.partialDeepStrictEqual(typeOf('map'), {
    type: 'list',
    relation: 'map',
    keys: ['port', 'protocol'],
    keyDefaults: { protocol: 'TCP' },
  });
  assert.partialDeepStrictEqual(typeOf('set'), { type: 'list', relation: 'set' });
  assert.partialDeepStrictEqual(typeOf('whole'), { type: 'map', atomic: true });
  assert.equal(typeOf('none'), undefined);
  assert.equal(typeOf('metadata'), stringMerge);
});

void test('a schema that is not structural says all that is missing, in order', () => {
  const schema: JsonSchema = {
    properties: {
      a: { type: 'array' },
      b: { type: 'object', anyOf: [{ required: ['x'], properties: { x: { type: 'string' } } }] },
    },
    // Only here must there be a schema for what clauses speak of.
    anyOf: [{ properties: { c: { additionalProperties: false, not: { additionalProperties: true } } } }],
  };
  assert.deepEqual(structuralErrors(schema, field('s')).map(fieldErrorText), [
    's.anyOf[0].properties[c].not.additionalProperties: Forbidden: must be undefined to be structural',
    's.properties[a].items: Required value: must be specified',
    's.properties[b].anyOf[0].properties[x].type: Forbidden: must be empty to be structural',
    's.properties[c]: Required value: because it is defined in s.anyOf[0].properties[c]',
    's.type: Required value: must not be empty at the root',
  ]);
});
