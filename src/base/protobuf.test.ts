import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode, encode, enumOf, mapOf, type Message, proto2, proto3, repeated, wrapper } from './protobuf.ts';

interface Inner {
  readonly name: string;
  readonly children: readonly Inner[];
}

interface Everything {
  readonly text: string;
  readonly data: Uint8Array;
  readonly flag: boolean;
  readonly small: number;
  readonly big: number;
  readonly positive: number;
  readonly huge: number;
  readonly ratio: number;
  readonly state: string;
  readonly inner?: Inner;
  readonly wrapped?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: readonly number[];
  readonly names: readonly string[];
}

const Inner: Message<Inner> = proto3<Inner>('Inner', () => ({ name: [1, 'string'], children: [2, repeated(Inner)] }));
const Everything = proto3<Everything>('Everything', {
  text: [1, 'string'],
  data: [2, 'bytes'],
  flag: [3, 'bool'],
  small: [4, 'int32'],
  big: [5, 'int64'],
  positive: [6, 'uint32'],
  huge: [7, 'uint64'],
  ratio: [8, 'double'],
  state: [9, enumOf('READY', 'NOTREADY')],
  inner: [10, Inner],
  wrapped: [16, wrapper('int64')],
  labels: [17, mapOf('string')],
  counts: [18, repeated('int64')],
  names: [200, repeated('string')],
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('bytes are those of the protocol buffers documentation', () => {
  const A = proto3<{ readonly a: number }>('A', { a: [1, 'int32'] });
  const B = proto3<{ readonly b: string }>('B', { b: [2, 'string'] });
  const C = proto3<{ readonly c?: { readonly a: number } }>('C', { c: [3, A] });
  const F = proto3<{ readonly f: readonly number[] }>('F', { f: [6, repeated('int32')] });
  assert.equal(hex(encode(A, { a: 150 })), '089601');
  assert.equal(hex(encode(B, { b: 'testing' })), '120774657374696e67');
  assert.equal(hex(encode(C, { c: { a: 150 } })), '1a03089601');
  assert.equal(hex(encode(F, { f: [3, 270, 86942] })), '3206038e029ea705');
  assert.equal(hex(encode(A, { a: -2 })), '08feffffffffffffffff01');
});

test('proto3 decodes to a complete record, proto2 to what was sent', () => {
  const Old = proto2<{ readonly a?: number; readonly list?: readonly number[] }>('Old', {
    a: [1, 'int32'],
    list: [2, repeated('int32')],
  });
  const { inner, wrapped, ...rest } = decode(Everything, new Uint8Array(0));
  assert.equal(inner ?? wrapped, undefined);
  const numbers = { small: 0, big: 0, positive: 0, huge: 0, ratio: 0 };
  const others = { text: '', data: new Uint8Array(0), flag: false, state: 'READY' };
  assert.deepEqual(rest, { ...numbers, ...others, labels: {}, counts: [], names: [] });
  assert.deepEqual(decode(Old, new Uint8Array(0)), {});
  assert.equal(hex(encode(Old, { a: 0, list: [1, 2] })), '080010011002');
  assert.deepEqual(decode(Old, bytesOf('1202 0102 1003')), { list: [1, 2, 3] });
});

test('every record comes back', () => {
  const inner = fc.memo((depth): fc.Arbitrary<Inner> => {
    const children = depth > 1 ? fc.array(inner(), { maxLength: 2 }) : fc.constant([]);
    return fc.record({ name: fc.string(), children }, { noNullPrototype: true });
  });
  const text = fc.string({ unit: 'binary', maxLength: 100 });
  const record = fc.record(
    {
      text,
      data: fc.uint8Array(),
      flag: fc.boolean(),
      small: fc.integer(),
      big: fc.maxSafeInteger(),
      positive: fc.nat(),
      huge: fc.maxSafeNat(),
      ratio: fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
      state: fc.constantFrom('READY', 'NOTREADY', '7'),
      inner: inner(4),
      wrapped: fc.maxSafeInteger(),
      labels: fc.dictionary(fc.string(), text, { noNullPrototype: true }),
      counts: fc.array(fc.maxSafeInteger()),
      names: fc.array(fc.string()),
    },
    {
      noNullPrototype: true,
      requiredKeys: [
        'text',
        'data',
        'flag',
        'small',
        'big',
        'positive',
        'huge',
        'ratio',
        'state',
        'labels',
        'counts',
        'names',
      ],
    },
  );
  fc.assert(
    fc.property(record, (value) => {
      const bytes = encode(Everything, value as Everything);
      const back = decode(Everything, bytes);
      assert.deepEqual(back, value);
      assert.deepEqual(encode(Everything, back), bytes);
    }),
  );
});

test('a set wrapper and a set message are kept apart from absent ones', () => {
  const value = { ...decode(Everything, new Uint8Array(0)), wrapped: 0, inner: { name: '', children: [] } };
  assert.deepEqual(decode(Everything, encode(Everything, value)), value);
});

test('unknown fields are skipped', () => {
  const Known = proto3<{ readonly a: number }>('Known', { a: [15, 'int32'] });
  const bytes = bytesOf('08ff01 1203616263 1d00000000 210000000000000000 782a');
  assert.deepEqual(decode(Known, bytes), { a: 42 });
});

test('malformed input is refused', () => {
  for (const text of [
    '0a',
    '0a05 61',
    '08ffffffffffffffffffff01',
    '0b',
    '0900',
    '0a0a 0101',
    '00',
    '52ffffffffff7f',
    '42 01',
  ]) {
    assert.throws(() => decode(Everything, bytesOf(text)), { code: 'MalformedProtobuf' }, text);
  }
  let deep: Inner = { name: '', children: [] };
  for (let i = 0; i < 150; i++) deep = { name: '', children: [deep] };
  assert.throws(() => decode(Inner, encode(Inner, deep)), { code: 'MalformedProtobuf' });
});

test('arbitrary bytes are decoded or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        decode(Everything, bytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'MalformedProtobuf');
      }
    }),
    { numRuns: 2000 },
  );
});
