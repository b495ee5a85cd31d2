import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { seededRandom, TerminalError } from '../base/mod.ts';
import { addressBytes, addressOfReverseName, addressText } from './address.ts';
import { classIn, recordType, type Message, type RecordData, type ResourceRecord } from './message.ts';
import { decodeMessage, encodeMessage } from './wire.ts';

interface Packet {
  readonly answers?: readonly Record<string, unknown>[];
  readonly [key: string]: unknown;
}
/** Another implementation, to agree with. */
const packet = createRequire(import.meta.url)('dns-packet') as {
  encode(p: object): Buffer;
  decode(b: Buffer): Packet;
};

function record(name: string, data: RecordData): ResourceRecord {
  return { name, class: classIn, ttlSeconds: 30, ...data };
}

const text = new TextEncoder();
const everyKind: ResourceRecord[] = [
  record('web.default.svc.cluster.local', { type: recordType.A, address: '10.96.0.7' }),
  record('WEB.default.svc.cluster.local', { type: recordType.AAAA, address: 'fd00:96::7' }),
  record('x.default.svc.cluster.local', { type: recordType.CNAME, target: 'web.default.svc.cluster.local' }),
  record('7.0.96.10.in-addr.arpa', { type: recordType.PTR, target: 'web.default.svc.cluster.local' }),
  record('cluster.local', { type: recordType.NS, target: 'ns.dns.cluster.local' }),
  record('cluster.local', { type: recordType.MX, preference: 10, target: 'mail.cluster.local' }),
  record('_http._tcp.web.default.svc.cluster.local', {
    type: recordType.SRV,
    priority: 0,
    weight: 50,
    port: 80,
    target: 'web.default.svc.cluster.local',
  }),
  record('dns-version.cluster.local', { type: recordType.TXT, texts: [text.encode('1.1.0'), text.encode('')] }),
  record('cluster.local', {
    type: recordType.SOA,
    primary: 'ns.dns.cluster.local',
    mailbox: 'hostmaster.cluster.local',
    serial: 4_000_000_000,
    refreshSeconds: 7200,
    retrySeconds: 1800,
    expireSeconds: 86_400,
    minimumSeconds: 30,
  }),
  record('a\\.b.c\\\\d.e\\000\\255.example', { type: 'other', code: 65_280, bytes: Uint8Array.of(1, 2, 3) }),
];

const message: Message = {
  id: 0xabcd,
  response: true,
  opcode: 0,
  authoritative: true,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: true,
  authenticData: false,
  checkingDisabled: false,
  rcode: 0,
  questions: [{ name: 'Web.Default.svc.cluster.local', type: recordType.A, class: classIn }],
  answers: everyKind,
  authorities: [],
  additionals: everyKind.slice(0, 2),
  edns: { version: 0, udpBytesMax: 1232, dnssecOk: true },
};

describe('DNS messages', () => {
  test('what was encoded decodes to the same', () => {
    assert.deepEqual(decodeMessage(encodeMessage(message, 65_535)), message);
    const bad = { ...message, rcode: 16, edns: { version: 1, udpBytesMax: 512, dnssecOk: false } };
    assert.deepEqual(decodeMessage(encodeMessage(bad, 65_535)), bad);
  });

  test('another implementation reads the same', () => {
    const plain = { ...message, answers: everyKind.slice(0, 9) };
    const read = packet.decode(Buffer.from(encodeMessage(plain, 65_535)));
    assert.deepEqual(
      read.answers?.map(({ type, name, data }) => [type, name, data]),
      [
        ['A', 'web.default.svc.cluster.local', '10.96.0.7'],
        ['AAAA', 'WEB.default.svc.cluster.local', 'fd00:96::7'],
        ['CNAME', 'x.default.svc.cluster.local', 'web.default.svc.cluster.local'],
        ['PTR', '7.0.96.10.in-addr.arpa', 'web.default.svc.cluster.local'],
        ['NS', 'cluster.local', 'ns.dns.cluster.local'],
        ['MX', 'cluster.local', { preference: 10, exchange: 'mail.cluster.local' }],
        [
          'SRV',
          '_http._tcp.web.default.svc.cluster.local',
          { priority: 0, weight: 50, port: 80, target: 'web.default.svc.cluster.local' },
        ],
        ['TXT', 'dns-version.cluster.local', [Buffer.from('1.1.0'), Buffer.from('')]],
        [
          'SOA',
          'cluster.local',
          {
            mname: 'ns.dns.cluster.local',
            rname: 'hostmaster.cluster.local',
            serial: 4_000_000_000,
            refresh: 7200,
            retry: 1800,
            expire: 86_400,
            minimum: 30,
          },
        ],
      ],
    );
  });

  test('reads what another implementation wrote', () => {
    const bytes = packet.encode({
      type: 'response',
      id: 7,
      flags: 0x0100,
      questions: [{ type: 'SRV', name: 'a.example' }],
      answers: [
        { type: 'SRV', name: 'a.example', ttl: 5, data: { priority: 1, weight: 2, port: 3, target: 'b.example' } },
      ],
      additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0x8000 }],
    });
    const read = decodeMessage(bytes);
    assert.deepEqual(read.answers, [
      { name: 'a.example', class: 1, ttlSeconds: 5, type: 33, priority: 1, weight: 2, port: 3, target: 'b.example' },
    ]);
    assert.deepEqual(read.edns, { version: 0, udpBytesMax: 4096, dnssecOk: true });
  });

  test('a repeated name costs two bytes', () => {
    const name = 'a-long-headless-service.some-namespace.svc.cluster.local';
    const answers = Array.from({ length: 30 }, (_, i) =>
      record(name, { type: recordType.A, address: `10.244.0.${i}` }),
    );
    const bytes = encodeMessage(
      { ...message, questions: [{ name, type: 1, class: 1 }], answers, additionals: [] },
      1232,
    );
    assert.equal(bytes.length, 12 + name.length + 2 + 4 + 30 * 16 + 11);
    assert.equal(decodeMessage(bytes).truncated, false);
  });

  test('what does not fit is left out whole, and said so', () => {
    for (const limit of [60, 100, 200, 300, 512]) {
      const bytes = encodeMessage(message, limit);
      assert.ok(bytes.length <= limit, `${bytes.length} of ${limit}`);
      const read = decodeMessage(bytes);
      assert.equal(read.truncated, read.answers.length < everyKind.length);
      // Names that were written only in what was left out must not be pointed to.
      assert.deepEqual(read.answers, everyKind.slice(0, read.answers.length));
      assert.notEqual(read.edns, undefined);
    }
  });

  test('pointers that go in circles or forward, and lengths that lie, are refused', () => {
    const question = [0, 1, 0, 1];
    const header = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for (const tail of [
      [0xc0, 12, ...question],
      [0xc0, 20, ...question],
      [63, 1, 2],
      [0x80, 1, ...question],
      [1, 97],
      [],
      Array(300).fill(1),
    ]) {
      assert.throws(() => decodeMessage(Uint8Array.from([...header, ...tail])), TerminalError, String(tail));
    }
    assert.throws(() => decodeMessage(Uint8Array.from([0, 1, 1, 0, 255, 255, 255, 255, 0, 0, 0, 0])), TerminalError);
  });

  test('any bytes decode or are refused; what decodes can be encoded', () => {
    const random = seededRandom(1);
    const whole = encodeMessage(message, 65_535);
    let decoded = 0;
    for (let i = 0; i < 40_000; i++) {
      let bytes = whole.slice();
      const kind = i % 4;
      if (kind === 0) bytes = Uint8Array.from(random.bytes(Math.floor(random.next() * 80)));
      else
        for (let n = 0; n <= i % 7; n++)
          bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256);
      if (kind === 2) bytes = bytes.slice(0, Math.floor(random.next() * bytes.length));
      try {
        const read = decodeMessage(bytes);
        decoded++;
        assert.deepEqual(decodeMessage(encodeMessage(read, 65_535)).answers.length, read.answers.length);
      } catch (error) {
        assert.ok(error instanceof TerminalError, String(error));
      }
    }
    assert.ok(decoded > 1000, String(decoded));
  });

  test('addresses', () => {
    for (const text of ['::', '::1', 'fe80::1', '1:2:3:4:5:6:7:8', 'fd00:244::5']) {
      assert.equal(addressText(addressBytes(text, 16) ?? new Uint8Array()), text);
      assert.equal(addressBytes(text, 4), undefined);
    }
    assert.deepEqual(addressBytes('10.96.0.7', 4), Uint8Array.of(10, 96, 0, 7));
    assert.equal(addressBytes('10.96.0.7', 16), undefined);
    assert.equal(addressText(addressBytes('::ffff:10.0.0.1', 16) ?? new Uint8Array()), '::ffff:a00:1');
    assert.equal(addressOfReverseName('7.0.96.10.in-addr.arpa'), '10.96.0.7');
    assert.equal(addressOfReverseName('0.96.10.in-addr.arpa'), undefined);
    const nibbles = '5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.4.2.0.0.0.d.f';
    assert.equal(addressOfReverseName(`${nibbles}.ip6.arpa`), 'fd00:244::5');
  });
});
