/**
 * Pods, services and nodes through the API server: every method, every form of a name, paths, redirects, links, sessions, and
 * what is said when nobody is there. All addresses of the cluster lead to one server on the loopback.
 */
import assert from 'node:assert/strict';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { endpoints, pods, services } from '../src/api/mod.ts';
import { Pki } from '../src/host/pki/mod.ts';
import { systemClock } from '../src/host/system.ts';
import { startCluster, type TestCluster } from '../src/main/testing.ts';
import { RawHttp, statusOf, type RawAnswer } from './raw-http.ts';

const base = '/api/v1/namespaces/default';

interface Behind extends AsyncDisposable {
  readonly plain: number;
  readonly secure: number;
  readonly sessions: string[];
}

function say(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '', headers } = request;
  if (url.startsWith('/redirect')) return void response.writeHead(302, { location: '/there?x=1' }).end();
  if (url === '/away') return void response.writeHead(302, { location: 'https://elsewhere.example/x' }).end();
  if (url === '/page') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    return void response.end(
      '<html><!-- <a href="/kept"> --><body><a class=x href="/in?a=1&amp;b=2">in</a><a href="below">b</a>' +
        '<img src=\'/logo.png\'><script src="/code.js">\'<a href="/no">\'</script><a href="https://e.example/">e</a></body></html>',
    );
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const secure = 'encrypted' in request.socket;
    const { host, 'x-forwarded-uri': forwarded, authorization } = headers;
    const body = Buffer.concat(chunks).toString();
    response.writeHead(200, { 'content-type': 'application/json', 'x-method': method });
    response.end(JSON.stringify({ method, url, secure, host, forwarded, authorization, body }));
  });
}

async function startBehind(): Promise<Behind> {
  const pki = await Pki.open({ keep: 'memory', clock: systemClock, names: ['nobody'] });
  const plain = http.createServer(say);
  const secure = https.createServer({ cert: pki.serving.certificate, key: pki.serving.key }, say);
  const sockets = new Set<Socket>();
  const sessions: string[] = [];
  const echo = new WebSocketServer({ noServer: true });
  for (const server of [plain, secure]) {
    server.on('connection', (socket: Socket) => void sockets.add(socket));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      sessions.push(request.url ?? '');
      echo.handleUpgrade(request, socket, head, (client) => client.on('message', (data: Buffer) => client.send(data)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const portOf = (server: http.Server): number => (server.address() as AddressInfo).port;
  return {
    plain: portOf(plain),
    secure: portOf(secure),
    sessions,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      for (const server of [plain, secure]) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface World extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly behind: Behind;
  readonly http: RawHttp;
}

/** A pod that runs, a service that selects it, and ports 80 and 443 of every address at the server on the loopback. */
async function startWorld(): Promise<World> {
  const stack = new AsyncDisposableStack();
  const behind = stack.use(await startBehind());
  const ports: Readonly<Record<number, number>> = { 80: behind.plain, 443: behind.secure };
  const route = (_host: string, port: number) => ({ host: '127.0.0.1', port: ports[port] ?? 1 });
  const cluster = stack.use(await startCluster({ https: true, route }));
  const web = stack.use(new RawHttp(cluster.endpoint));
  await cluster.client.create(pods, {
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'web', ports: [{ containerPort: 80 }] }] },
  });
  await cluster.client.create(services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'http', port: 8080, targetPort: 80 },
        { name: 'tls', port: 8443, targetPort: 443 },
      ],
    },
  });
  for (let i = 0; ; i++) {
    const found = await cluster.client.get(endpoints, { namespace: 'default', name: 'web' }).catch(() => undefined);
    if ((found?.subsets?.[0]?.addresses ?? []).length > 0) break;
    assert.ok(i < 2000, 'the pod does not become ready');
    await sleep(10);
  }
  return { cluster, behind, http: web, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function told({ text }: RawAnswer): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

void test('every method and every form of a name', { timeout: 60_000 }, async () => {
  await using world = await startWorld();
  const { http: raw } = world;
  for (const root of [`${base}/pods/web/proxy`, `${base}/services/web:http/proxy`]) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const body = method === 'GET' ? undefined : 'sent';
      const answer = await raw.send({ method, path: `${root}/some/path?q=%20a`, body });
      assert.deepEqual([answer.status, answer.headers['x-method']], [200, method]);
      const { url, body: received, forwarded, host, authorization } = told(answer);
      assert.deepEqual([url, received], ['/some/path?q=%20a', body ?? '']);
      assert.deepEqual([forwarded, authorization], [`${root}/some/path`, undefined]);
      assert.match(String(host), /^127\.0\.0\.1:\d+$/, 'as the client called the API server');
    }
    const head = await raw.send({ method: 'HEAD', path: `${root}/` });
    assert.deepEqual([head.status, head.text, head.headers['x-method']], [200, '', 'HEAD']);
    for (const method of ['GET', 'HEAD']) {
      const bare = await raw.send({ method, path: `${root}?a=1` });
      assert.deepEqual([bare.status, bare.headers.location], [301, `${root}/?a=1`]);
    }
    assert.equal(told(await raw.send({ method: 'POST', path: root, body: 'x' }))['url'], '/');
  }
  const forms: readonly (readonly [string, boolean])[] = [
    ['pods/web', false],
    ['pods/web:80', false],
    ['pods/http:web:80', false],
    ['pods/https:web:443', true],
    ['services/web:8080', false],
    ['services/http:web:http', false],
    ['services/https:web:tls', true],
    ['services/https:web:8443', true],
    ['services/:web:http', false],
  ];
  for (const [name, secure] of forms) {
    const answer = await raw.send({ path: `${base}/${name}/proxy/` });
    assert.deepEqual([name, answer.status, told(answer)['secure']], [name, 200, secure]);
  }
});

void test('paths are cleaned, and links lead through the proxy', { timeout: 60_000 }, async () => {
  await using world = await startWorld();
  const { http: raw } = world;
  const root = `${base}/pods/web/proxy`;
  const paths: readonly (readonly [string, string])[] = [
    ['/a/../b/', '/b/'],
    ['//a//b', '/a/b'],
    ['/a%2Fb%20c', '/a/b%20c'],
    ['/..%2f..%2fpods', '/pods'],
    ["/it's(1)!", '/it%27s%281%29%21'],
  ];
  for (const [sent, arrived] of paths)
    assert.equal(told(await raw.send({ path: `${root}${sent}` }))['url'], arrived, sent);
  const led = await raw.send({ path: `${root}/redirect` });
  assert.deepEqual([led.status, led.headers.location], [302, `${root}/there?x=1`]);
  assert.equal((await raw.send({ path: `${root}/away` })).headers.location, 'https://elsewhere.example/x');
  const page = await raw.send({ path: `${root}/page` });
  assert.equal(
    page.text,
    `<html><!-- <a href="/kept"> --><body><a class=x href="${root}/in?a=1&amp;b=2">in</a><a href="below">b</a>` +
      `<img src="${root}/logo.png"><script src="${root}/code.js">'<a href="/no">'</script><a href="https://e.example/">e</a></body></html>`,
  );
});

void test('what cannot be proxied to', { timeout: 60_000 }, async () => {
  await using world = await startWorld();
  const { http: raw, cluster } = world;
  const refused = async (path: string) => {
    const { code, reason = '', message } = statusOf(await raw.send({ path: `${base}/${path}` }));
    return [code, reason, message];
  };
  assert.deepEqual(await refused('pods/none/proxy/'), [404, 'NotFound', 'pods "none" not found']);
  assert.deepEqual(await refused('pods/ftp:web:80/proxy/'), [400, 'BadRequest', 'invalid pod request "ftp:web:80"']);
  const refusal = /^error trying to reach service: dial tcp [\d.]+:81: connect: connection refused$/;
  const [code, reason, message] = await refused('pods/web:81/proxy/');
  assert.deepEqual([code, reason], [503, 'ServiceUnavailable']);
  assert.match(String(message), refusal);
  assert.deepEqual(await refused('services/web:9/proxy/'), [
    503,
    'ServiceUnavailable',
    'no service port 9 found for service "web"',
  ]);
  assert.deepEqual(await refused('services/web/proxy/'), [
    503,
    'ServiceUnavailable',
    'no endpoints available for service "web"',
  ]);
  await cluster.client.create(services, {
    metadata: { name: 'empty', namespace: 'default' },
    spec: { ports: [{ port: 80 }] },
  });
  await cluster.client.create(endpoints, {
    metadata: { name: 'empty', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }],
  });
  assert.deepEqual(
    (await refused('services/empty/proxy/'))[2],
    'no endpoints available for service "empty"',
    'an address that no pod has is not proxied to',
  );
  await cluster.client.patch(
    pods,
    { namespace: 'default', name: 'web' },
    { type: 'merge', body: { status: { podIPs: [{ ip: '127.0.0.1' }], podIP: '127.0.0.1' } } },
    { subresource: 'status' },
  );
  assert.deepEqual(await refused('pods/web/proxy/'), [400, 'BadRequest', 'address not allowed']);
});

void test('nodes get every method with its body', { timeout: 60_000 }, async () => {
  await using world = await startWorld();
  const { http: raw } = world;
  const root = '/api/v1/nodes/node-0/proxy';
  const asked = async (method: string, path: string, body?: string): Promise<unknown[]> => {
    const headers: Record<string, string> =
      body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await raw.send({ method, path: `${root}${path}`, headers, body });
    return [answer.status, answer.text, answer.headers['content-type']];
  };
  const plain = 'text/plain; charset=utf-8';
  const run = '/run/default/web/web';
  assert.deepEqual(await asked('POST', `${run}?cmd=date+-u`), [200, 'date -u\n', 'application/json']);
  assert.deepEqual(await asked('POST', `${run}?cmd=no`, 'cmd=echo%20a'), [200, 'echo a\n', 'application/json']);
  const failing = encodeURIComponent('simulate {"exitCode":3,"stderr":"oh"}');
  const failed = `command 'simulate {"exitCode":3,"stderr":"oh"}' exited with 3: oh\n`;
  assert.deepEqual(await asked('POST', `${run}?cmd=${failing}`), [500, failed, plain]);
  assert.deepEqual(await asked('POST', '/run/default/web/other'), [500, 'container not found ("other")\n', plain]);
  for (const [method, path] of [
    ['GET', run],
    ['POST', '/pods'],
    ['DELETE', '/containerLogs/default/web/web'],
    ['PUT', '/exec/default/web/web'],
  ] as const)
    assert.deepEqual(await asked(method, path, method === 'GET' ? undefined : 'x'.repeat(200_000)), [
      405,
      '405: Method Not Allowed',
      plain,
    ]);
  assert.deepEqual(await asked('POST', '/healthz'), [200, 'ok', plain]);
  assert.deepEqual(await asked('POST', '/exec/default/web/web'), [500, 'Upgrade request required\n', plain]);
});

void test('nodes answer, and sessions go through', { timeout: 60_000 }, async () => {
  await using world = await startWorld();
  const { http: raw, cluster, behind } = world;
  const node = cluster.nodes[0];
  assert.ok(node !== undefined);
  const healthy = await raw.send({ path: '/api/v1/nodes/node-0/proxy/healthz' });
  assert.deepEqual([healthy.status, healthy.text], [200, 'ok']);
  const list = await raw.send({ path: '/api/v1/nodes/node-0:10250/proxy/pods' });
  assert.equal((JSON.parse(list.text) as { items: unknown[] }).items.length, 1);
  const port = told(await raw.send({ path: '/api/v1/nodes/node-0:80/proxy/x' }));
  assert.equal(port['url'], '/x');
  const { certificate: cert, key } = cluster.endpoint.admin;
  const { ca } = cluster.endpoint;
  const url = `wss://127.0.0.1:${cluster.endpoint.port}${base}/services/web:http/proxy/echo?a=1`;
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('t').toString('base64url')}`;
  const socket = new WebSocket(url, ['own', token], { ca, cert, key });
  const echoed = await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new assert.AssertionError({ message: 'no echo' })));
    socket.on('open', () => socket.send('hello'));
    socket.on('message', (data: Buffer) => resolve(data.toString()));
  });
  socket.close();
  assert.deepEqual([echoed, behind.sessions, socket.protocol], ['hello', ['/echo?a=1'], 'own']);
});
