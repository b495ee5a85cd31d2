import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInflate } from 'node:zlib';
import {
  controlFrame,
  dataFrameHeader,
  DICTIONARY,
  FLAG_FIN,
  FrameReader,
  FrameType,
  HeaderDecoder,
  HeaderEncoder,
  words,
} from './spdy-frames.ts';

test('header blocks survive a connection, however many there are', () => {
  const encoder = new HeaderEncoder();
  const decoder = new HeaderDecoder();
  for (let index = 0; index < 3000; index++) {
    const headers = new Map([
      ['streamtype', index % 2 ? 'data' : 'error'],
      ['port', '8080'],
      ['requestid', String(index)],
      ['padding', 'é'.repeat(index % 97)],
    ]);
    assert.deepEqual(decoder.decode(encoder.encode(headers)), headers);
  }
});

test('the first block is a zlib stream with the dictionary of draft 3', () => {
  // Adler-32 of the dictionary as every other implementation announces it.
  const block = new HeaderEncoder().encode(new Map([['streamtype', 'stdin']]));
  assert.equal(block.subarray(0, 6).toString('hex'), '78bbe3c6a7c2');
  assert.equal(block.subarray(-4).toString('hex'), '0000ffff');
});

test('all blocks together are one zlib stream', async () => {
  const encoder = new HeaderEncoder();
  const blocks = ['stdin', 'stdout', 'stderr'].map((type) => encoder.encode(new Map([['streamtype', type]])));
  assert.equal(DICTIONARY.byteLength, 1423);
  const inflate = createInflate({ dictionary: DICTIONARY });
  const parts: Buffer[] = [];
  inflate.on('data', (part: Buffer) => parts.push(part));
  for (const block of blocks) await new Promise<void>((resolve) => inflate.write(block, () => resolve()));
  const text = Buffer.concat(parts).toString('latin1');
  for (const type of ['stdin', 'stdout', 'stderr']) assert.ok(text.includes(type));
});

test('stored blocks decode, as simple servers send them', () => {
  const plain = Buffer.concat([words(1, 1), Buffer.from('a'), words(1), Buffer.from('b')]);
  const stored = (first: boolean): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt16LE(plain.byteLength, 0);
    length.writeUInt16LE(~plain.byteLength & 0xffff, 2);
    const header = first ? Buffer.from([0x78, 0x01]) : Buffer.alloc(0);
    return Buffer.concat([header, Buffer.from([0]), length, plain, Buffer.from([0, 0, 0, 0xff, 0xff])]);
  };
  const decoder = new HeaderDecoder();
  for (const first of [true, false, false]) assert.deepEqual(decoder.decode(stored(first)), new Map([['a', 'b']]));
});

test('broken header blocks are refused', () => {
  const decode = (block: Buffer) => () => new HeaderDecoder().decode(block);
  assert.throws(decode(Buffer.from('nonsense')), /zlib|decompress/);
  assert.throws(decode(Buffer.alloc(0)), /zlib/);
  const bomb = new HeaderEncoder().encode(new Map([['bomb', 'x'.repeat(1024 * 1024)]]));
  assert.ok(bomb.byteLength < 64 * 1024);
  assert.throws(decode(bomb), /decompress/);
  const truncated = new HeaderEncoder().encode(new Map([['a', 'b']]));
  assert.throws(decode(truncated.subarray(0, 8)), /too early|decompress/);
});

test('frames are cut right from any chunks', () => {
  const bytes = Buffer.concat([
    controlFrame(FrameType.ping, 0, words(7)),
    dataFrameHeader(5, 0, 11),
    Buffer.from('hello world'),
    dataFrameHeader(5, FLAG_FIN, 3),
    Buffer.from('end'),
    dataFrameHeader(9, FLAG_FIN, 0),
    controlFrame(FrameType.goAway, 0, words(5, 0)),
  ]);
  for (let size = 1; size <= bytes.byteLength; size++) {
    const seen: unknown[] = [];
    let data = '';
    const reader = new FrameReader({
      control: (type, flags, payload) => seen.push([type, flags, payload.toString('hex')]),
      data: (streamId, piece, end) => {
        data += piece.toString();
        if (end) seen.push([streamId, data]);
        if (end) data = '';
      },
    });
    for (let offset = 0; offset < bytes.byteLength; offset += size) reader.push(bytes.subarray(offset, offset + size));
    assert.deepEqual(seen, [
      [FrameType.ping, 0, '00000007'],
      [5, 'hello worldend'],
      [9, ''],
      [FrameType.goAway, 0, '0000000500000000'],
    ]);
  }
});

test('frames beyond the limits are refused', () => {
  const reader = (): FrameReader => new FrameReader({ control: () => undefined, data: () => undefined });
  assert.throws(() => reader().push(Buffer.from('8003000101000000'.replace('01000000', '00ffffff'), 'hex')), /bytes/);
  assert.throws(() => reader().push(Buffer.from('GET / HTTP/1.1\r\n\r\n'.replace('G', '\u00ff'), 'latin1')), /SPDY/);
});
