import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuantity, Quantity, quantityFromJson } from './quantity.ts';
import type { QuantityFormat } from './quantity.ts';

/** Text, value in billionths as a product, format. */
const values: readonly (readonly [string, bigint, QuantityFormat])[] = [
  ['0', 0n, 'DecimalSI'],
  ['0m', 0n, 'DecimalSI'],
  ['0Ki', 0n, 'BinarySI'],
  ['1', 10n ** 9n, 'DecimalSI'],
  ['1Ki', 1024n * 10n ** 9n, 'BinarySI'],
  ['3Ei', 3n * 2n ** 60n * 10n ** 9n, 'BinarySI'],
  ['5n', 5n, 'DecimalSI'],
  ['4u', 4000n, 'DecimalSI'],
  ['3m', 3_000_000n, 'DecimalSI'],
  ['50k', 5n * 10n ** 13n, 'DecimalSI'],
  ['1E', 10n ** 27n, 'DecimalSI'],
  ['12E', 12n * 10n ** 27n, 'DecimalSI'],
  ['1E-3', 10n ** 6n, 'DecimalExponent'],
  ['1.3E+6', 13n * 10n ** 14n, 'DecimalExponent'],
  ['100.035k', 100035n * 10n ** 9n, 'DecimalSI'],
  ['0.0005k', 5n * 10n ** 8n, 'DecimalSI'],
  ['3.001n', 4n, 'DecimalSI'],
  ['1.1E-9', 2n, 'DecimalExponent'],
  ['0.0000000001', 1n, 'DecimalSI'],
  ['0.00000012345', 124n, 'DecimalSI'],
  ['9Ei', (2n ** 63n - 1n) * 10n ** 9n, 'BinarySI'],
  ['9223372036854775807Ki', (2n ** 63n - 1n) * 10n ** 9n, 'BinarySI'],
  ['100.035Ki', 10243584n * 10n ** 7n, 'BinarySI'],
  ['0.025Ti', 274877906944n * 10n ** 8n, 'BinarySI'],
  ['0.000000000001Ki', 2n, 'DecimalSI'],
  ['.001', 10n ** 6n, 'DecimalSI'],
  ['1.', 10n ** 9n, 'DecimalSI'],
  ['1.G', 10n ** 18n, 'DecimalSI'],
  ['-', 0n, 'DecimalSI'],
  ['.', 0n, 'DecimalSI'],
];

test('what upstream parses', () => {
  for (const [text, nanos, format] of values) {
    const parsed = parseQuantity(text);
    assert.equal(parsed.nanos, nanos, text);
    assert.equal(parsed.format, format, text);
    if (nanos > 0n) assert.equal(parseQuantity(`-${text}`).nanos, -nanos);
  }
});

test('what upstream refuses', () => {
  const pattern = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  for (const text of ['', 'abc', '1.1.M', '1+1.0M', '0.1mi0x', '1 ', '1,5']) {
    assert.throws(() => parseQuantity(text), { message: pattern }, JSON.stringify(text));
  }
  for (const text of ['1i', '--1', '0.1mm', '1mi', '1ki', '1ee', '1-5', '1+', '1Kii', '1e', '1nin']) {
    assert.throws(() => parseQuantity(text), { message: "unable to parse quantity's suffix" }, text);
  }
  assert.throws(() => parseQuantity('9'.repeat(100_000)), { name: 'QuantityError' });
  assert.throws(() => parseQuantity('1e999999999'), { name: 'QuantityError' });
  assert.equal(parseQuantity('1e-999999999').toString(), '1e-9');
});

test('how it is written', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['1Ki', '1Ki'],
    ['1Mi', '1Mi'],
    ['1024', '1024'],
    ['1024Mi', '1Gi'],
    ['1000Mi', '1000Mi'],
    ['1000k', '1M'],
    ['1000m', '1'],
    ['1000000', '1M'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['1.5Gi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['100.035Ki', '102435840m'],
    ['1e3', '1e3'],
    ['1000e3', '1e6'],
    ['10e3', '10e3'],
    ['0.1e4', '1e3'],
    ['.5Ki', '512'],
    ['0Gi', '0'],
    ['-0', '0'],
    ['-1500m', '-1500m'],
    ['1E', '1E'],
    ['10E', '10E'],
    ['3.001n', '4n'],
    ['2.345k', '2.345k'],
    ['8191Pi', '8191Pi'],
    ['1P', '1P'],
  ];
  for (const [text, canonical] of cases) assert.equal(parseQuantity(text).toString(), canonical, text);
  assert.equal(quantityFromJson(0.1).toString(), '100m');
  assert.equal(quantityFromJson(1e21).toString(), '1e+21');
  assert.equal(quantityFromJson(' 1Gi ').toString(), '1Gi');
  assert.equal(JSON.stringify({ cpu: parseQuantity('1000m') }), '{"cpu":"1"}');
  assert.throws(() => quantityFromJson(true), { name: 'QuantityError' });
});

test('a sum is written like its first part, unless that is zero', () => {
  const add = (a: string, b: string): string => parseQuantity(a).add(parseQuantity(b)).toString();
  assert.equal(add('0', '1Gi'), '1Gi');
  assert.equal(add('1Gi', '0'), '1Gi');
  assert.equal(add('1Gi', '1G'), '2073741824');
  assert.equal(add('100m', '900m'), '1');
  assert.equal(parseQuantity('0').sub(parseQuantity('1Gi')).toString(), '-1Gi');
  assert.equal(parseQuantity('1Gi').multiply(3).toString(), '3Gi');
});

test('values in whole units and in thousandths are rounded up', () => {
  assert.equal(parseQuantity('100m').value(), 1);
  assert.equal(parseQuantity('1.5').milliValue(), 1500);
  assert.equal(parseQuantity('1u').milliValue(), 1);
  assert.equal(parseQuantity('-1u').milliValue(), -1);
  assert.equal(parseQuantity('1Gi').value(), 2 ** 30);
  assert.equal(parseQuantity('1.0001').roundUp(-3).toString(), '1001m');
  assert.equal(parseQuantity('-9').roundUp(1).toString(), '-10');
  assert.equal(parseQuantity('2.345k').roundUp(-3).toString(), '2.345k');
  assert.equal(parseQuantity('0.1').toNumber(), 0.1);
  assert.equal(Quantity.ofScaled(5, -10).toString(), '1n');
  assert.equal(Quantity.of(2048, 'BinarySI').toString(), '2Ki');
});

const format = fc.constantFrom<QuantityFormat>('DecimalSI', 'BinarySI', 'DecimalExponent');
const quantity = fc
  .record({
    nanos: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    scale: fc.constantFrom(1n, 1000n, 10n ** 9n),
    format,
  })
  .map((one) => new Quantity(one.nanos * one.scale, one.format));

test('the canonical text parses back to the same value and is canonical', () => {
  fc.assert(
    fc.property(quantity, (one) => {
      const text = one.toString();
      const again = parseQuantity(text);
      assert.equal(again.nanos, one.nanos, text);
      // A binary quantity that no suffix divides is written without one, and who reads that takes it for a decimal.
      if (one.format !== 'BinarySI' || again.format === 'BinarySI') assert.equal(again.toString(), text);
    }),
  );
});

test('arithmetic is that of integers', () => {
  fc.assert(
    fc.property(quantity, quantity, fc.integer({ min: -9, max: 3 }), (a, b, scale) => {
      assert.equal(a.add(b).nanos, a.nanos + b.nanos);
      assert.equal(a.sub(b).nanos, a.nanos - b.nanos);
      assert.equal(a.add(b).sub(b).compare(a), 0);
      assert.equal(a.compare(b), a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0);
      const rounded = a.roundUp(scale);
      const unit = 10n ** BigInt(scale + 9);
      const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
      assert.equal(rounded.nanos % unit, 0n);
      const grown = magnitude(rounded.nanos) - magnitude(a.nanos);
      assert.ok(grown >= 0n && grown < unit);
      assert.equal(rounded.nanos, a.scaledValue(scale) * unit);
    }),
  );
});
