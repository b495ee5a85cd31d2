import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, type JsonObject } from '../base/mod.ts';
import { normalizeBase64 } from './base64.ts';
import { compileDecoder } from './decode.ts';
import type { Facts } from './schema.ts';
import { durationError, normalizeTime } from './times.ts';

const facts: Facts = {
  version: 'test',
  types: {
    'io.k8s.api.apps.v1.Deployment': {
      gvks: [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
      fields: {
        metadata: { type: 'io.k8s.meta.v1.ObjectMeta', always: true },
        spec: { type: 'io.k8s.api.apps.v1.DeploymentSpec', always: true },
        status: { type: 'io.k8s.api.apps.v1.DeploymentStatus', always: true },
      },
    },
    'io.k8s.meta.v1.ObjectMeta': {
      fields: {
        name: { type: 'string' },
        generation: { type: 'int64' },
        creationTimestamp: { type: 'time' },
        deletionTimestamp: { type: 'time', pointer: true },
        labels: { type: '{}string' },
        finalizers: { type: '[]string' },
      },
    },
    'io.k8s.api.apps.v1.DeploymentSpec': {
      fields: {
        replicas: { type: 'int32', pointer: true },
        paused: { type: 'bool' },
        selector: { type: 'io.k8s.meta.v1.LabelSelector', pointer: true, always: true },
        containers: { type: '[]io.k8s.api.core.v1.Container', always: true },
        maxSurge: { type: 'int-or-string', pointer: true },
        secret: { type: '{}bytes' },
        at: { type: 'microtime' },
        ratio: { type: 'double' },
        wait: { type: 'duration', pointer: true },
        extension: { type: 'raw' },
        schema: { type: 'io.k8s.api.apps.v1.Tree', pointer: true },
      },
    },
    'io.k8s.api.apps.v1.DeploymentStatus': { fields: { readyReplicas: { type: 'int32' } } },
    'io.k8s.meta.v1.LabelSelector': { fields: { matchLabels: { type: '{}string' } } },
    'io.k8s.api.core.v1.Container': {
      fields: {
        name: { type: 'string', always: true },
        image: { type: 'string' },
        limits: { type: '{}quantity' },
        size: { type: 'quantity' },
        probe: { type: 'io.k8s.api.core.v1.Probe', pointer: true },
      },
    },
    'io.k8s.api.core.v1.Probe': { fields: { periodSeconds: { type: 'int32' } } },
    'io.k8s.api.apps.v1.Tree': {
      fields: { title: { type: 'string' }, children: { type: '{}io.k8s.api.apps.v1.Tree' } },
    },
  },
};
const decoder = compileDecoder('io.k8s.api.apps.v1.Deployment', facts);
const decode = (value: unknown): JsonObject => decoder.decode(deepFreeze(value)).object;
const spec = (value: unknown): unknown => decode({ spec: value })['spec'];

test('fields are in the order of the type, zero values as Go writes them', () => {
  const text = JSON.stringify(
    decode({ spec: { paused: false, replicas: 0, maxSurge: 0 }, metadata: { name: 'a' }, kind: 'Deployment' }),
  );
  assert.equal(
    text,
    '{"kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":0,"selector":null,"containers":null,"maxSurge":0},"status":{}}',
  );
  assert.equal(
    JSON.stringify(
      decode({ metadata: { labels: {}, finalizers: [], name: '', generation: 0, deletionTimestamp: null } }),
    ),
    '{"metadata":{},"spec":{"selector":null,"containers":null},"status":{}}',
  );
  assert.equal(JSON.stringify(spec({ selector: {}, containers: [{}] })), '{"selector":{},"containers":[{"name":""}]}');
});

test('values take their canonical form', () => {
  const value = {
    containers: [{ name: 'c', limits: { memory: '1024Mi', cpu: 0.5 }, size: '1000m', probe: {} }],
    secret: { b: 'aGk=', a: 'aGl=\n' },
    at: '2026-01-02T03:04:05.1234567+01:00',
    extension: { any: [null, 1], z: 1, a: 2 },
    wait: '1h30m',
  };
  assert.equal(
    JSON.stringify(spec(value)),
    '{"selector":null,"containers":[{"name":"c","limits":{"cpu":"500m","memory":"1Gi"},"size":"1","probe":{}}],' +
      '"secret":{"a":"aGk=","b":"aGk="},"at":"2026-01-02T02:04:05.123456Z","wait":"1h30m","extension":{"any":[null,1],"z":1,"a":2}}',
  );
  assert.equal(
    JSON.stringify(decode({ metadata: { creationTimestamp: '2026-01-02T03:04:05.999+02:00' } })['metadata']),
    '{"creationTimestamp":"2026-01-02T01:04:05Z"}',
  );
  assert.deepEqual(spec({ maxSurge: '25%', containers: [null] }), {
    selector: null,
    containers: [{ name: '' }],
    maxSurge: '25%',
  });
  assert.equal(
    JSON.stringify(decode({ metadata: { labels: { b: '1', a: null } } })['metadata']),
    '{"labels":{"a":"","b":"1"}}',
  );
});

test('wrong types, in the words of Go’s converter of maps', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ spec: { replicas: 'x' } }, 'unrecognized type: int32'],
    [{ spec: { replicas: 1.5 } }, 'cannot convert float64 to int32'],
    [{ spec: { paused: 1 } }, 'unrecognized type: bool'],
    [{ spec: { containers: {} } }, 'cannot restore slice from map'],
    [{ spec: { containers: [1] } }, 'cannot restore struct from: int64'],
    [{ metadata: { labels: [] } }, 'cannot restore map from slice'],
    [{ metadata: { labels: { a: 1 } } }, 'cannot convert int64 to string'],
    [{ metadata: { labels: { a: true } } }, 'unrecognized type: string'],
    [{ spec: { maxSurge: true } }, 'json: cannot unmarshal bool into Go value of type int32'],
  ];
  for (const [value, conversion] of cases)
    assert.throws(() => decode(value), { name: 'DecodeError', conversion }, JSON.stringify(value));
});

test('wrong types, in the words of Go’s decoder', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [
      { spec: { replicas: 'x' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 2 ** 31 } },
      'json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { spec: { paused: 'true' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool',
    ],
    [
      { spec: { containers: {} } },
      'json: cannot unmarshal object into Go struct field DeploymentSpec.spec.containers of type []v1.Container',
    ],
    [
      { spec: { containers: ['a'] } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.containers of type v1.Container',
    ],
    [
      { spec: { containers: [{ probe: [] }] } },
      'json: cannot unmarshal array into Go struct field Container.spec.containers.probe of type v1.Probe',
    ],
    [
      { metadata: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      { metadata: { labels: [] } },
      'json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [
      { metadata: { creationTimestamp: 1 } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    ],
    [{ kind: true }, 'json: cannot unmarshal bool into Go struct field Deployment.kind of type string'],
    [[], 'json: cannot unmarshal array into Go value of type v1.Deployment'],
    [
      { spec: { containers: [{ size: 'a' }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [{ spec: { secret: { a: 'a*b=' } } }, 'illegal base64 data at input byte 1'],
    [{ spec: { wait: '5' } }, 'time: missing unit in duration "5"'],
    [
      { metadata: { creationTimestamp: '2026' } },
      'parsing time "2026" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "-"',
    ],
  ];
  for (const [value, message] of cases) assert.throws(() => decode(value), { name: 'DecodeError', message }, message);
});

test('unknown fields are dropped and named in the order of the input', () => {
  const value = {
    spec: { foo: 1, containers: [{ name: 'a', imagee: 1 }, {}, { Image: 'x' }], replica: 1 },
    extra: {},
    'a"b': 1,
  };
  const decoded = decoder.decode(value);
  assert.equal(decoded.hasUnknownFields, true);
  assert.equal(
    JSON.stringify(decoded.object['spec']),
    '{"selector":null,"containers":[{"name":"a"},{"name":""},{"name":""}]}',
  );
  assert.deepEqual(decoder.unknownFields(value), [
    'unknown field "spec.foo"',
    'unknown field "spec.containers[0].imagee"',
    'unknown field "spec.containers[2].Image"',
    'unknown field "spec.replica"',
    'unknown field "extra"',
    'unknown field "a\\"b"',
  ]);
  assert.equal(decoder.decode({ metadata: { name: 'a' } }).hasUnknownFields, false);
  assert.equal(decoder.decode(JSON.parse('{"__proto__":{"a":1}}')).hasUnknownFields, true);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, 1]));
  assert.equal(decoder.unknownFields(many).length, 100);
});

test('types that contain themselves', () => {
  const value = { schema: { children: { b: { title: 'x', children: {} }, a: { nope: 1 } } } };
  assert.equal(
    JSON.stringify(spec(value)),
    '{"selector":null,"containers":null,"schema":{"children":{"a":{},"b":{"title":"x"}}}}',
  );
  assert.deepEqual(decoder.unknownFields({ spec: value }), ['unknown field "spec.schema.children.a.nope"']);
});

test('times, durations and base64 at their edges', () => {
  const failed = (text: string): string => {
    const result = normalizeTime(text, false);
    return 'error' in result ? result.error : `accepted as ${result.text}`;
  };
  assert.equal(failed('2026-13-01T00:00:00Z'), 'parsing time "2026-13-01T00:00:00Z": month out of range');
  assert.equal(failed('2026-02-29T00:00:00Z'), 'parsing time "2026-02-29T00:00:00Z": day out of range');
  assert.equal(failed('2024-02-29T00:00:00Z'), 'accepted as 2024-02-29T00:00:00Z');
  assert.equal(failed('2026-01-01T25:00:00Z'), 'parsing time "2026-01-01T25:00:00Z": hour out of range');
  assert.equal(
    failed('2026-01-01T00:00:00'),
    'parsing time "2026-01-01T00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
  );
  assert.equal(failed('2026-01-01T00:00:00Zx'), 'parsing time "2026-01-01T00:00:00Zx": extra text: "x"');
  assert.equal(failed('x'), 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"');
  for (const text of ['0', '1h', '1.5h', '-1m30s', '100ms', '1µs']) assert.equal(durationError(text), undefined, text);
  assert.equal(durationError('1x'), 'time: invalid duration "1x"');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      assert.deepEqual(normalizeBase64(text), { text });
    }),
  );
  for (const text of ['a', 'aa', 'aaa', 'aaaaa', 'a===', '=', 'aa=a', 'aa= '])
    assert.ok('error' in normalizeBase64(text), text);
});

test('decoding is idempotent', () => {
  const quantity = fc.constantFrom('1', '1000m', '1Gi', '1024Ki', '0.5', '1e3');
  const object = fc.record(
    {
      metadata: fc.record(
        { name: fc.string(), labels: fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }) },
        { requiredKeys: [] },
      ),
      spec: fc.record(
        {
          replicas: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
          paused: fc.boolean(),
          containers: fc.array(
            fc.record({ name: fc.string(), limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), quantity) }),
            { maxLength: 3 },
          ),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(object, (value) => {
      const once = decode(value);
      assert.equal(JSON.stringify(decode(once)), JSON.stringify(once));
    }),
  );
});
