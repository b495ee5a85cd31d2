/** The limits of the HTTP server, made small: clients that are slow, that never end or that send nothing. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http2 from 'node:http2';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import tls from 'node:tls';
import { systemClock } from '../system.ts';
import { Pki } from '../pki/mod.ts';
import type { StreamBody } from '../../apiserver/ports.ts';
import { HttpServer, type HttpLimits } from './server.ts';

/** Two of them are worth compressing. */
const large = new Uint8Array(100_000).fill(0x61);

interface Served extends AsyncDisposable {
  readonly server: HttpServer;
  readonly ca: string;
  /** What went wrong with requests. */
  readonly codes: string[];
  /** Answers without an end that are open. */
  readonly open: Set<object>;
}

async function serve(limits: Partial<HttpLimits>): Promise<Served> {
  const pki = await Pki.open({ keep: 'memory', clock: systemClock, names: ['127.0.0.1'] });
  const codes: string[] = [];
  const open = new Set<object>();
  const server = await new HttpServer({
    host: '127.0.0.1',
    port: 0,
    certificate: pki.serving.certificate,
    key: pki.serving.key,
    clientCa: pki.ca,
    limits,
    async respond(request) {
      try {
        if (request.url === '/endless') return { status: 200, headers: {}, body: endless(open) };
        if (request.url === '/large') return { status: 200, headers: {}, body: [large, large] };
        const body = await request.body(1_000_000);
        return { status: 200, headers: {}, body };
      } catch (error) {
        codes.push((error as { code: string }).code);
        return { status: 503, headers: {}, body: new Uint8Array() };
      }
    },
  }).listen();
  return { server, ca: pki.ca, codes, open, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function endless(open: Set<object>): StreamBody {
  const body: StreamBody = {
    start(sink) {
      open.add(body);
      sink.write(large);
    },
    stop: () => void open.delete(body),
  };
  return body;
}

function connect({ server, ca }: Served): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca, ALPNProtocols: ['http/1.1'] }, () =>
      resolve(socket),
    );
    socket.on('error', reject);
  });
}

/** Everything until the server closes. */
function text(socket: tls.TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let all = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => void (all += chunk));
    socket.on('error', () => undefined).on('close', () => resolve(all));
  });
}

test('a client that sends its headers byte by byte is cut off', async () => {
  await using served = await serve({ headersTimeoutMs: 300, requestTimeoutMs: 400, checkIntervalMs: 100 });
  const socket = await connect(served);
  const all = text(socket);
  const timer = setInterval(() => socket.write('x'), 20);
  socket.write('GET / HTTP/1.1\r\nX: ');
  assert.match(await all, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  clearInterval(timer);
});

test('a client that sends its body byte by byte is answered and cut off', async () => {
  await using served = await serve({ headersTimeoutMs: 300, requestTimeoutMs: 300, checkIntervalMs: 100 });
  const socket = await connect(served);
  const all = text(socket);
  const timer = setInterval(() => socket.write('x'), 20);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n');
  assert.match(await all, /^HTTP\/1\.1 (408|503) /);
  clearInterval(timer);
});

test('the body of an HTTP/2 request must come in time, too', async () => {
  await using served = await serve({ headersTimeoutMs: 300, requestTimeoutMs: 300 });
  const session = http2.connect(`https://127.0.0.1:${served.server.port}`, { ca: served.ca });
  const stream = session.request({ ':method': 'POST' });
  stream.on('error', () => undefined);
  stream.write('x');
  const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
  assert.deepEqual([status, served.codes], [503, ['RequestTimeout']]);
  session.destroy();
});

test('a client that leaves in the middle of its body is told apart from one that is slow', async () => {
  await using served = await serve({});
  const socket = await connect(served);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nx');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  for (let i = 0; i < 100 && served.codes.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(served.codes, ['ClientGone']);
});

test('requests that arrive together are answered in their order, bodies and all', async () => {
  await using served = await serve({});
  const socket = await connect(served);
  const all = text(socket);
  const posts = ['one', 'two', 'three'].map(
    (body) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  socket.write(`${posts.join('')}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const bodies = (await all).split(/HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\n/);
  assert.deepEqual(bodies, ['', 'one', 'two', 'three', '']);
});

test('a body comes whole, in whatever pieces it is sent', async () => {
  await using served = await serve({});
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const session = http2.connect(`https://127.0.0.1:${served.server.port}`, { ca: served.ca });
  const send = (body: Buffer, pieceBytes: number, sized: boolean): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const answer = (stream: Readable): void =>
        void stream.toArray().then((chunks: Buffer[]) => resolve(Buffer.concat(chunks)), reject);
      const headers = sized ? { 'content-length': body.length } : {};
      const options = { host: '127.0.0.1', port: served.server.port, ca: served.ca, agent, method: 'POST', headers };
      const request = https.request(options, answer).on('error', reject);
      for (let at = 0; at < body.length; at += pieceBytes) request.write(body.subarray(at, at + pieceBytes));
      request.end();
    });
  const overHttp2 = (body: Buffer): Promise<Buffer> => {
    const stream = session.request({ ':method': 'POST' });
    stream.end(body);
    return stream.toArray().then((chunks: Buffer[]) => Buffer.concat(chunks));
  };
  // The records of TLS hold 16 KiB, a stream's buffer 64.
  for (const size of [0, 1, 16_000, 16_384, 16_500, 33_000, 65_536, 66_000, 200_000, 1_000_000]) {
    const body = randomBytes(size);
    for (const pieceBytes of [size + 1, 5_000])
      for (const sized of [true, false]) assert.ok(body.equals(await send(body, pieceBytes, sized)), `${size} bytes`);
    assert.ok(body.equals(await overHttp2(body)), `${size} bytes over HTTP/2`);
  }
  session.destroy();
  agent.destroy();
});

test('of clients that leave at any moment nothing stays', async () => {
  await using served = await serve({});
  const turns = (n: number): Promise<void> =>
    n === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(n - 1))));
  for (let n = 0; n < 12; n++) {
    const socket = await connect(served);
    socket.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n');
    await turns(n);
    socket.destroy();
    const session = http2.connect(`https://127.0.0.1:${served.server.port}`, { ca: served.ca });
    const stream = session.request({ ':path': '/endless' });
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('ready', resolve));
    await turns(n);
    if (n % 2 === 0) session.destroy();
    else stream.close(http2.constants.NGHTTP2_CANCEL, () => session.destroy());
  }
  for (let i = 0; i < 200 && served.server.connections > 0; i++) await new Promise((r) => setTimeout(r, 10));
  assert.deepEqual([served.server.connections, served.open.size, served.codes], [0, 0, []]);
});

test('an idle connection is closed, and one too many is refused', async () => {
  await using served = await serve({ idleTimeoutMs: 200, connectionsMax: 1 });
  const socket = await connect(served);
  const all = text(socket);
  const second = new Promise((resolve) => {
    const other = tls.connect({ host: '127.0.0.1', port: served.server.port, ca: served.ca });
    other
      .on('secureConnect', () => resolve('served'))
      .on('error', () => resolve('refused'))
      .on('close', () => resolve('refused'));
  });
  assert.equal(await second, 'refused');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await all, /^HTTP\/1\.1 200 OK\r\n/);
});

test('a large answer is compressed for who takes that', async () => {
  await using served = await serve({});
  const get = (path: string, headers: Record<string, string>): Promise<{ encoding: unknown; size: number }> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: served.server.port, ca: served.ca, path, headers };
      https
        .get(options, (response) => {
          let size = 0;
          response.on('data', (chunk: Buffer) => void (size += chunk.length));
          response.on('end', () => resolve({ encoding: response.headers['content-encoding'], size }));
        })
        .on('error', reject);
    });
  assert.deepEqual(await get('/large', {}), { encoding: undefined, size: 200_000 });
  const { encoding, size } = await get('/large', { 'accept-encoding': 'deflate, gzip' });
  assert.equal(encoding, 'gzip');
  assert.ok(size < 10_000);
  assert.deepEqual(await get('/', { 'accept-encoding': 'gzip' }), { encoding: undefined, size: 0 });
});
