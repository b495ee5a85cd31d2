import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  controlFrame,
  dataFrameHeader,
  FLAG_FIN,
  FrameReader,
  FrameType,
  HeaderEncoder,
  words,
} from './spdy-frames.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

interface Pair {
  readonly client: SpdyConnection;
  readonly server: SpdyConnection;
  readonly accepted: SpdyStream[];
  readonly sockets: readonly [Duplex, Duplex];
}

function connect(): Pair {
  const [left, right] = duplexPair();
  const accepted: SpdyStream[] = [];
  const server = new SpdyConnection(right, {
    role: 'server',
    accept: (headers) => (headers.get('streamtype') === 'no' ? undefined : (stream) => void accepted.push(stream)),
  });
  return { client: new SpdyConnection(left, { role: 'client' }), server, accepted, sockets: [left, right] };
}

const stream = (type: string): Map<string, string> => new Map([['streamtype', type]]);

async function readAll(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('both directions of a stream end on their own', async () => {
  const { client, accepted } = connect();
  const mine = await client.open(stream('data'));
  const theirs = accepted[0];
  assert.ok(theirs);
  assert.equal(theirs.headers.get('streamtype'), 'data');
  await mine.output.write(Buffer.from('ping'));
  await mine.output.end();
  assert.equal(await readAll(theirs.input), 'ping');
  await theirs.output.write(Buffer.from('pong'));
  await theirs.output.end();
  assert.equal(await readAll(mine.input), 'pong');
  await assert.rejects(mine.output.write(Buffer.from('late')), /closed/);
});

test('a refused stream does not disturb the compression of the next', async () => {
  const { client, accepted } = connect();
  await assert.rejects(client.open(stream('no')), /refused/);
  const opened = await Promise.all([client.open(stream('a')), client.open(stream('b'))]);
  assert.deepEqual(
    accepted.map(({ headers }) => headers.get('streamtype')),
    ['a', 'b'],
  );
  for (const each of opened) each.reset();
});

test('a full stream stops the reading, an abandoned one does not', async () => {
  const { client, accepted, sockets } = connect();
  const [slow, quick] = await Promise.all([client.open(stream('slow')), client.open(stream('quick'))]);
  let written = 0;
  const writing = (async () => {
    for (; written < 200; written++) await slow.output.write(Buffer.alloc(32 * 1024));
  })();
  while (!sockets[1].isPaused()) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const stoppedAt = written;
  assert.ok(stoppedAt < 30, `${stoppedAt} chunks were taken in`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(written, stoppedAt);
  accepted[0]?.input.discard();
  await quick.output.write(Buffer.from('hello'));
  await quick.output.end();
  assert.ok(accepted[1]);
  assert.equal(await readAll(accepted[1].input), 'hello');
  await writing;
  assert.equal(written, 200);
});

test('a cut fails what is open, after what has arrived', async () => {
  const { client, server, accepted, sockets } = connect();
  const mine = await client.open(stream('data'));
  await mine.output.write(Buffer.from('half'));
  await new Promise((resolve) => setImmediate(resolve));
  sockets[0].destroy();
  sockets[1].destroy();
  if (!server.signal.aborted) await once(server.signal, 'abort');
  const theirs = accepted[0];
  assert.ok(theirs);
  assert.equal(Buffer.from((await theirs.input.next()).value ?? []).toString(), 'half');
  await assert.rejects(theirs.input.next(), /closed/);
  await assert.rejects(theirs.output.write(Buffer.from('x')), /closed/);
  await assert.rejects(client.open(stream('late')));
});

test('goodbye delivers what was written', async () => {
  const { client, server, accepted } = connect();
  const mine = await client.open(stream('data'));
  await accepted[0]?.output.write(Buffer.from('last words'));
  await accepted[0]?.output.end();
  server.close();
  assert.equal(await readAll(mine.input), 'last words');
  if (!client.signal.aborted) await once(client.signal, 'abort');
});

/** A server and the bytes it answers with. */
function rawServer(): { socket: Duplex; frames: [number, string][]; server: SpdyConnection; accepted: SpdyStream[] } {
  const [socket, far] = duplexPair();
  const accepted: SpdyStream[] = [];
  const server = new SpdyConnection(far, { role: 'server', accept: () => (each) => void accepted.push(each) });
  const frames: [number, string][] = [];
  const reader = new FrameReader({
    control: (type, _flags, payload) => frames.push([type, payload.subarray(0, 8).toString('hex')]),
    data: () => undefined,
  });
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  socket.on('error', () => undefined);
  return { socket, frames, server, accepted };
}

function synStream(streamId: number, encoder: HeaderEncoder): Buffer {
  const payload = Buffer.concat([words(streamId, 0), Buffer.alloc(2), encoder.encode(stream('data'))]);
  return controlFrame(FrameType.synStream, 0, payload);
}

test('pings are echoed, settings and window updates ignored', async () => {
  const { socket, frames } = rawServer();
  socket.write(controlFrame(FrameType.settings, 0, words(0)));
  socket.write(controlFrame(FrameType.windowUpdate, 0, words(1, 65536)));
  socket.write(controlFrame(FrameType.ping, 0, words(41)));
  socket.write(controlFrame(FrameType.ping, 0, words(2)));
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(frames, [[FrameType.ping, '00000029']]);
});

test('streams that go backwards, or carry our own parity, end the connection', async () => {
  for (const ids of [[3, 1], [5, 5], [2]]) {
    const { socket, server } = rawServer();
    const encoder = new HeaderEncoder();
    for (const id of ids) socket.write(synStream(id, encoder));
    if (!server.signal.aborted) await once(server.signal, 'abort');
    assert.match(String(server.signal.reason), /broke the SPDY protocol/);
  }
});

test('streams beyond the limit are refused, the rest goes on', async () => {
  const { socket, frames, accepted } = rawServer();
  const encoder = new HeaderEncoder();
  for (let index = 0; index < 4100; index++) socket.write(synStream(index * 2 + 1, encoder));
  socket.write(Buffer.concat([dataFrameHeader(1, FLAG_FIN, 2), Buffer.from('ok')]));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(accepted.length, 4096);
  assert.equal(frames.filter(([type]) => type === FrameType.rstStream).length, 4);
  assert.ok(accepted[0]);
  assert.equal(await readAll(accepted[0].input), 'ok');
});

test('a peer that asks without reading the answers is not read either', async () => {
  const [socket, far] = duplexPair();
  const server = new SpdyConnection(far, { role: 'server' });
  const pings = Buffer.concat(Array.from({ length: 1000 }, (_, index) => controlFrame(6, 0, words(index * 2 + 1))));
  for (let round = 0; round < 1000 && !far.isPaused(); round++) {
    socket.write(pings);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(far.isPaused());
  assert.ok(far.writableLength < 2 * 1024 * 1024);
  server.close();
});

test('whatever bytes arrive, the connection ends or goes on, and nothing is thrown', async () => {
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc
      .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength: 40 }))
      .map(([type, flags, payload]) => controlFrame(type, flags, payload)),
    fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 40 }))
      .map(([id, data]) => Buffer.concat([dataFrameHeader(id, id % 2, data.byteLength), data])),
  );
  const property = fc.asyncProperty(fc.array(frame, { maxLength: 20 }), async (frames) => {
    const { socket, server, accepted } = rawServer();
    socket.write(synStream(1, new HeaderEncoder()));
    for (const each of frames) socket.write(each);
    socket.end();
    if (!server.signal.aborted) await once(server.signal, 'abort');
    // Every stream has come to some end.
    for (const each of accepted) await readAll(each.input).catch(() => undefined);
  });
  await fc.assert(property, { numRuns: 200 });
});
