/** Rules in the schemas of custom resources: what they refuse, and which rules are refused themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../src/base/mod.ts';
import { startApiServer } from '../src/main/testing.ts';
import { Api, definition, definitionsPath, type Answer, type DefinitionOptions } from './custom-resources.ts';

const widgets = '/apis/example.com/v1/namespaces/default/widgets';

function ruled(spec: object, rules: readonly object[] = []): DefinitionOptions {
  const schema = {
    type: 'object',
    'x-kubernetes-validations': rules,
    properties: {
      spec: { type: 'object', ...spec },
      status: { type: 'object', properties: { n: { type: 'integer' } } },
    },
  };
  return { version: { subresources: { status: {} }, schema: { openAPIV3Schema: schema as JsonObject } } };
}

const limits = {
  properties: {
    min: { type: 'integer' },
    max: { type: 'integer' },
    fixed: {
      type: 'string',
      maxLength: 10,
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is fixed' }],
    },
    first: {
      type: 'string',
      maxLength: 10,
      'x-kubernetes-validations': [
        { rule: 'oldSelf.hasValue() || self == "a"', optionalOldSelf: true, message: 'begins with a' },
      ],
    },
    names: {
      type: 'array',
      maxItems: 5,
      items: {
        type: 'string',
        maxLength: 10,
        'x-kubernetes-validations': [{ rule: 'self.startsWith("n")', reason: 'FieldValueForbidden', message: 'no' }],
      },
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
      messageExpression: 'self.max == 2 ? "min is over two" : "min is over max"',
      fieldPath: '.min',
      reason: 'FieldValueInvalid',
    },
  ],
};

void test('rules hold for new resources, for changes, and leave alone what did not change', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget', ruled(limits, [{ rule: 'self.metadata.name != "bad"' }])));
  const create = (name: string, spec: object): Promise<Answer> =>
    api.send('POST', widgets, { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec });
  const refuses = (answer: Answer, text: string): void =>
    assert.deepEqual([answer.status, answer.body.message], [422, text]);
  refuses(
    await create('a', { min: 3, max: 2 }),
    'Widget.example.com "a" is invalid: spec.min: Invalid value: min is over two',
  );
  refuses(
    await create('bad', {}),
    'Widget.example.com "bad" is invalid: <nil>: Invalid value: failed rule: self.metadata.name != "bad"',
  );
  refuses(await create('a', { names: ['n', 'x'] }), 'Widget.example.com "a" is invalid: spec.names[1]: Forbidden: no');
  refuses(
    await create('a', { min: 'x', max: 2, names: ['x'] }),
    'Widget.example.com "a" is invalid: [spec.min: Invalid value: "string": spec.min in body must be of type integer: "string", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  );
  refuses(
    await create('a', { first: 'b' }),
    'Widget.example.com "a" is invalid: spec.first: Invalid value: "b": begins with a',
  );
  assert.equal((await create('a', { fixed: 'x', first: 'a' })).status, 201);
  refuses(
    await api.merge(`${widgets}/a`, { spec: { fixed: 'y' } }),
    'Widget.example.com "a" is invalid: spec.fixed: Invalid value: "y": is fixed',
  );
  assert.equal((await api.merge(`${widgets}/a`, { spec: { first: 'b' } })).status, 200);
  // A rule that comes later does not stop what has nothing to do with it.
  const { spec } = (await api.definition('widgets')).body;
  spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.first['x-kubernetes-validations'] = [
    { rule: 'self == "c"' },
  ];
  assert.equal((await api.merge(`${definitionsPath}/widgets.example.com`, { spec })).status, 200);
  assert.equal((await api.merge(`${widgets}/a`, { spec: { min: 1 } })).status, 200);
  refuses(
    await api.merge(`${widgets}/a`, { spec: { first: 'd' } }),
    'Widget.example.com "a" is invalid: spec.first: Invalid value: "d": failed rule: self == "c"',
  );
  assert.equal((await api.merge(`${widgets}/a/status`, { status: { n: 1 } })).status, 200);
});

void test('rules that do not compile, cost too much, or compare what cannot be compared are refused', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const at = 'spec.validation.openAPIV3Schema.properties[spec]';
  const refusals: readonly [object, RegExp][] = [
    [
      { 'x-kubernetes-validations': [{ rule: 'self.missing == 1' }], properties: { a: { type: 'integer' } } },
      /x-kubernetes-validations\[0\]\.rule: Invalid value: \{"Rule":"self.missing == 1".*\}: compilation failed: ERROR: <input>:1:5: undefined field 'missing'/,
    ],
    [
      { 'x-kubernetes-validations': [{ rule: '1 + 1' }], properties: { a: { type: 'integer' } } },
      /cel expression must evaluate to a bool/,
    ],
    [
      {
        properties: {
          a: { type: 'array', items: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } },
        },
      },
      /oldSelf cannot be used on the uncorrelatable portion of the schema within spec\.validation\.openAPIV3Schema\.properties\[spec\]\.properties\[a\]/,
    ],
    [
      {
        properties: {
          a: {
            type: 'array',
            items: { type: 'string' },
            'x-kubernetes-validations': [{ rule: 'self.all(x, self.all(y, x == y))' }],
          },
        },
      },
      /properties\[a\]\.x-kubernetes-validations\[0\]\.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x \(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared\)/,
    ],
    [
      {
        'x-kubernetes-validations': [{ rule: 'true', messageExpression: '1', optionalOldSelf: true }],
        properties: { a: { type: 'integer' } },
      },
      /messageExpression must evaluate to a string.*optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule/,
    ],
  ];
  for (const [spec, text] of refusals) {
    const { status, body } = await api.send('POST', definitionsPath, definition('widgets', 'Widget', ruled(spec)));
    assert.equal(status, 422, at);
    assert.match(body.message.replaceAll('\n', ' '), text);
  }
});
