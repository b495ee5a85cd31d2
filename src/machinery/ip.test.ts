import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cidrContains, cidrErrors, ipErrors, ipText, parseCidr, parseIp } from './ip.ts';

test('addresses that are accepted, and how they are written back', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['1.2.3.4', '1.2.3.4'],
    ['010.002.003.000', '10.2.3.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['fe80::', 'fe80::'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ];
  for (const [text, canonical] of cases) {
    const address = parseIp(text);
    assert.ok(address !== undefined, text);
    assert.equal(ipText(address), canonical);
  }
});

test('what is no address', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    'a',
    '1::2::3',
    ':1',
    '1:2:3:4:5:6:7',
    '1.2.3.4/8',
    '::1.2.3',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7::8',
  ]) {
    assert.deepEqual(ipErrors(text), ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'], text);
  }
  assert.deepEqual(ipErrors('010.0.0.1'), []);
  assert.deepEqual(ipErrors('010.0.0.1', true), ['must not have leading 0s']);
  assert.deepEqual(ipErrors('::ffff:1.2.3.4', true), ['must not be an IPv4-mapped IPv6 address']);
});

test('CIDRs', () => {
  for (const text of ['10.0.0.0/8', '0.0.0.0/0', '::/0', '2001:db8::/64', '1.2.3.4/32'])
    assert.deepEqual(cidrErrors(text, true), []);
  for (const text of ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0.0/x']) {
    assert.deepEqual(cidrErrors(text), ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'], text);
  }
  assert.deepEqual(cidrErrors('10.0.0.1/8', true), ['must not have bits set beyond the prefix length']);
  assert.deepEqual(cidrErrors('10.0.0.0/08', true), ['must not have leading 0s in IP or prefix length']);
  assert.deepEqual(cidrErrors('10.0.0.1/8'), []);
});

test('a network contains exactly the addresses that share its prefix', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (a, b, length) => {
      const number = (text: string): bigint => text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
      const cidr = parseCidr(`${a}/${length}`);
      const address = parseIp(b);
      assert.ok(cidr !== undefined && address !== undefined);
      const shift = BigInt(32 - length);
      assert.equal(cidrContains(cidr, address), number(a) >> shift === number(b) >> shift);
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseIp(text);
      assert.ok(address !== undefined, text);
      assert.deepEqual(parseIp(ipText(address))?.bytes, address.bytes);
    }),
  );
});
