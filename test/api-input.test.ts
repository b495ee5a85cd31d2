/**
 * Whatever a client sends, it gets the Status that upstream would send, and the server goes on as if nothing had been:
 * no process ends, no connection, watch or timer is left behind.
 */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualClock } from '../src/base/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { badRequests, configMaps } from './bad-requests.ts';
import { RawHttp, received, statusOf, type RawRequest } from './raw-http.ts';

const json = 'application/json';

let cluster: TestCluster;
let http: RawHttp;

before(async () => {
  cluster = await startApiServer({ https: true });
  http = new RawHttp(cluster.endpoint);
  const created = await http.json('POST', configMaps, { metadata: { name: 'known' }, data: { a: '1' } });
  assert.equal(created.status, 201);
});

after(async () => {
  http[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

for (const [title, cases] of Object.entries(badRequests)) {
  test(`bad ${title} are refused in upstream's words`, async (t) => {
    for (const { name, code, reason, message, ...request } of cases) {
      await t.test(name, async () => {
        const answer = await http.send(request);
        assert.equal(answer.headers['content-type'], json, answer.text);
        const status = statusOf(answer);
        assert.equal(status.kind, 'Status');
        assert.equal(status.status, 'Failure');
        assert.deepEqual([answer.status, status.code, status.reason], [code, code, reason], answer.text);
        if (typeof message === 'string') assert.equal(status.message, message);
        else assert.match(status.message ?? '', message);
      });
    }
    const known = await http.json('GET', `${configMaps}/known`);
    assert.deepEqual(
      (JSON.parse(known.text) as { data: unknown }).data,
      { a: '1' },
      'a refused request changes nothing',
    );
  });
}

test('what is unknown or doubled is warned of, in any script, and with a limit', async () => {
  const warned = await http.json(
    'POST',
    `${configMaps}?dryRun=All`,
    '{"metadata":{"name":"w"},"bär":1,"data":{"a":"1","a":"2"}}',
  );
  assert.equal(warned.status, 201);
  const header = Buffer.from(warned.headers['warning'] ?? '', 'latin1').toString();
  assert.equal(header, '299 - "unknown field \\"bär\\"", 299 - "duplicate field \\"data.a\\""');
  const ignored = await http.json(
    'POST',
    `${configMaps}?dryRun=All&fieldValidation=Ignore`,
    '{"metadata":{"name":"w"},"foo":1}',
  );
  assert.deepEqual([ignored.status, ignored.headers['warning']], [201, undefined]);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${'x'.repeat(400)}${i}`, 1]));
  const cut = await http.json('POST', `${configMaps}?dryRun=All`, { metadata: { name: 'w' }, ...many });
  assert.equal(cut.status, 201);
  assert.ok((cut.headers['warning'] ?? '').length < 8 * 1024);
});

test('who may not ask learns nothing, and its body is not read', async () => {
  using stranger = new RawHttp(cluster.endpoint, { certificate: false });
  const refused = await stranger.json('POST', configMaps, '{');
  assert.equal(refused.status, 403);
  assert.equal(
    statusOf(refused).message,
    'configmaps is forbidden: User "system:anonymous" cannot create resource "configmaps" in API group "" in the namespace "default"',
  );
  assert.equal((await stranger.json('GET', '/api/v1/things')).status, 403);
  for (const authorization of ['Bearer abc', 'Bearer a.b.c', 'bearer abc', 'Bearer abc def']) {
    const answer = await stranger.json('GET', configMaps, undefined, { authorization });
    assert.deepEqual([answer.status, statusOf(answer).reason], [401, 'Unauthorized'], authorization);
  }
  // No credential, or one of a sort that nobody takes: as upstream, that is nobody, who may do little.
  for (const authorization of ['Basic YTpi', 'Bearer ', 'Bearer  abc', 'abc']) {
    const answer = await stranger.json('GET', configMaps, undefined, { authorization });
    assert.deepEqual([answer.status, statusOf(answer).reason], [403, 'Forbidden'], authorization);
  }
});

test('a body that is too big gets a 413, and the connection goes on', async () => {
  for (const headers of [{ 'content-type': json }, { 'content-type': json, 'transfer-encoding': 'chunked' }]) {
    const answer = await http.send({ method: 'POST', path: configMaps, headers, body: 'x'.repeat(4_000_000) });
    assert.deepEqual([answer.status, statusOf(answer).message], [413, 'Request entity too large: limit is 3145728']);
    assert.equal((await http.json('GET', `${configMaps}/known`)).status, 200);
  }
});

test('HEAD of a resource is not served, and of a path has no body', async () => {
  const [resource, path] = await Promise.all([http.json('HEAD', configMaps), http.json('HEAD', '/healthz')]);
  assert.deepEqual([resource.status, resource.text], [405, '']);
  assert.deepEqual([path.status, path.text], [200, '']);
});

test('a watch of one object by the old path is about that object alone', async () => {
  const answer = await http.json(
    'GET',
    `/api/v1/watch/namespaces/default/configmaps/known?timeoutSeconds=1&resourceVersion=0`,
  );
  const names = answer.text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name);
  assert.deepEqual(names, ['known']);
});

test('what is no HTTP gets a 400', async () => {
  for (const bytes of [
    'FOO\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n',
    'POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `POST ${configMaps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
  ])
    assert.match(await http.bytes(bytes), /^HTTP\/1\.1 400 Bad Request\r\n/, bytes);
});

test('headers and URLs of up to a mebibyte are read, and longer ones get a 431', async () => {
  const mebibyte = 1024 * 1024;
  const requests = (length: number): RawRequest[] => [
    { path: '/version', headers: { 'x-long': 'x'.repeat(length) } },
    { path: `/version?x=${'x'.repeat(length)}` },
  ];
  for (const request of requests(mebibyte)) assert.equal((await http.send(request)).status, 200);
  for (const request of requests(mebibyte + 5000)) assert.equal((await http.send(request)).status, 431);
  const answer = await http.bytes(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(mebibyte + 5000)}\r\n\r\n`);
  assert.equal(
    answer,
    'HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n431 Request Header Fields Too Large',
  );
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x-${i}`, String(i)]));
  const last = { ...many, 'impersonate-user': 'jane' };
  const seen = await http.json('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, last);
  assert.match(seen.text, /"username":"jane"/, 'none is left out, however many they are');
});

test('an HTTP/2 connection takes some long headers and many short ones', async () => {
  const { ca, server, admin } = cluster.endpoint;
  const credential = { cert: admin.certificate, key: admin.key };
  const session = http2.connect(server, { ca, ...credential, maxSendHeaderBlockLength: 1024 * 1024 });
  const long = { 'x-a': 'x'.repeat(60_000), 'x-b': 'y'.repeat(60_000) };
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-${i}`, String(i)]));
  for (const headers of [long, many]) {
    const status = await new Promise((resolve, reject) => {
      const stream = session.request({ ':path': '/version', ...headers });
      stream.on('response', (answered) => resolve(answered[':status']));
      stream.on('error', reject).resume().end();
    });
    assert.equal(status, 200);
  }
  session.close();
});

test('requests that are pipelined are answered in their order', async () => {
  const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
  const sent = [
    ...Array.from({ length: 50 }, (_, i) => request(`${configMaps}/p-${i}`)),
    request('/version', 'Connection: close\r\n'),
  ];
  const text = await http.bytes(sent.join(''));
  const named = [...text.matchAll(/configmaps \\"(p-\d+)\\" not found/g)].map(([, name]) => name);
  assert.deepEqual(
    named,
    Array.from({ length: 50 }, (_, i) => `p-${i}`),
  );
  assert.match(text, /"gitVersion"/);
});

test('a connection that is half closed still gets its answer', async () => {
  const socket = await http.connect();
  const answer = received(socket, (text) => text.includes('"gitVersion"'));
  socket.end('GET /version HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n/);
});

test('many streams of one HTTP/2 connection are served, and their resets cost nothing', async () => {
  const session = await http.session();
  const one = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': path });
      stream.on('response', (headers) => resolve(Number(headers[':status'])));
      stream.on('error', reject).resume();
    });
  const statuses = await Promise.all(
    Array.from({ length: 500 }, (_, i) => one(i % 2 === 0 ? `${configMaps}/known` : `${configMaps}/nope-${i}`)),
  );
  assert.deepEqual(
    [...new Set(statuses)].sort((a, b) => a - b),
    [200, 404],
  );
  for (let i = 0; i < 100; i++) {
    const stream = session.request({ ':path': configMaps, ':method': 'POST', 'content-type': json });
    stream.on('error', () => undefined);
    stream.write('{"metadata":');
    stream.close(http2.constants.NGHTTP2_CANCEL);
  }
  const big = await new Promise<number>((resolve, reject) => {
    const stream = session.request({ ':path': configMaps, ':method': 'POST', 'content-type': json });
    stream.on('response', (headers) => resolve(Number(headers[':status'])));
    stream.on('error', reject).resume();
    stream.end('x'.repeat(4_000_000));
  });
  assert.equal(big, 413);
  assert.equal(await one('/version'), 200);
  session.close();
});

test('nothing is left behind by clients that go away', async () => {
  await using own = await startApiServer({ https: true, clock: 'virtual' });
  const { plane } = own.endpoint;
  const clock = own.clock as VirtualClock;
  const idle = clock.pending;
  for (let round = 0; round < 3; round++) await goAway(own);
  await waitUntil(() => plane.http.connections === 0 && plane.front.watches === 0);
  assert.deepEqual([plane.http.connections, plane.front.watches, clock.pending - idle], [0, 0, 0]);
});

/** Clients of every sort that leave in the middle. */
async function goAway(own: TestCluster): Promise<void> {
  const raw = new RawHttp(own.endpoint);
  const head = 'HTTP/1.1\r\nHost: a\r\n';
  const half = await Promise.all(
    [
      `GET ${configMaps}?watch=1 ${head}\r\n`,
      `POST ${configMaps} ${head}Content-Length: 100\r\n\r\n{"metadata"`,
      `POST ${configMaps} ${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{`,
      `GET ${configMaps} ${head}`,
      'GE',
      '',
      `GET ${configMaps}?resourceVersion=99999 ${head}\r\n`,
    ].map(async (bytes) => {
      const socket = await raw.connect();
      socket.on('error', () => undefined);
      socket.write(bytes);
      return socket;
    }),
  );
  const session = await raw.session();
  session.on('error', () => undefined);
  for (let i = 0; i < 20; i++)
    session
      .request({ ':path': `${configMaps}?watch=1` })
      .on('error', () => undefined)
      .resume();
  await waitUntil(() => own.endpoint.plane.front.watches >= 21);
  for (const socket of half) socket.destroy();
  session.destroy();
  await own.advance(10_000);
  raw[Symbol.dispose]();
}

async function waitUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !done(); i++) await sleep(10);
}

test('protobuf is no way round the limits of JSON', async () => {
  const revision = (data: unknown): Uint8Array | undefined =>
    cluster.api.server.world.codec.toProtobuf({
      kind: 'ControllerRevision',
      apiVersion: 'apps/v1',
      metadata: { name: 'deep' },
      data: data as string,
      revision: 1,
    });
  let deep: unknown = 1;
  for (let i = 0; i < 1_500; i++) deep = [deep];
  const answer = await http.send({
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/controllerrevisions',
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf', accept: json },
    body: revision(deep),
  });
  assert.deepEqual([answer.status, statusOf(answer).message], [400, 'exceeded max depth']);
});
