/** Extension API servers behind the aggregator: requests, discovery, availability, and what must not get through. */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import https from 'node:https';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { apiServices, clusterRoleBindings, clusterRoles, configMaps, namespaces, services } from '../../src/api/mod.ts';
import { Pki, requests } from '../../src/host/pki/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import { startApiServer, startCluster, type TestCluster } from '../../src/main/testing.ts';
import { Files } from '../auth/ask.ts';
import { Api, definition, hasCondition } from '../custom-resources.ts';
import { RawHttp } from '../raw-http.ts';
import { until } from '../until.ts';
import { flunders, group, register, root, serveBehind, setEndpoint, version, WardleServer } from './wardle-server.ts';
import type { WardleOptions } from './wardle-server.ts';

const servicePath = `/apis/apiregistration.k8s.io/v1/apiservices/${version}.${group}`;

interface World extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly wardle: WardleServer;
  readonly api: Api;
}

async function startWorld(options: WardleOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await startApiServer({ https: true }));
  const wardle = stack.use(await WardleServer.start(cluster.endpoint.frontProxyCa, options));
  const api = stack.use(new Api(cluster));
  await serveBehind(cluster, wardle.port);
  await register(cluster, { caBundle: wardle.ca });
  return { cluster, wardle, api, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The condition when it is of this reason. */
async function condition(api: Api, reason: string): Promise<{ status: string; message: string }> {
  const { body } = await api.until(servicePath, ({ body: now }) =>
    (now.status?.conditions ?? []).some((one: { reason: string }) => one.reason === reason),
  );
  return body.status.conditions[0];
}

void test('requests reach the server behind, as the user that they are from', async () => {
  await using world = await startWorld();
  const { api, wardle, cluster } = world;
  assert.deepEqual(await condition(api, 'Passed').then(({ status, message }) => [status, message]), [
    'True',
    'all checks passed',
  ]);
  const made = await api.send('POST', flunders, { metadata: { name: 'a' }, spec: { reference: 'b' } });
  assert.equal(made.status, 201, made.body);
  assert.deepEqual((await api.get(`${flunders}/a?pretty=true&a=1`)).body.spec, { reference: 'b' });
  const asked = wardle.fromClients.at(-1);
  assert.equal(asked?.path, `${flunders}/a?a=1&pretty=true`);
  assert.equal(asked.headers['x-remote-user'], 'kubernetes-super-admin');
  assert.equal(asked.headers['x-remote-group'], 'system:masters, system:authenticated');
  assert.match(String(asked.headers['x-remote-extra-authentication.kubernetes.io%2fcredential-id']), /^X509SHA256=/);
  assert.equal(asked.headers['host'], `127.0.0.1:${wardle.port}`);
  assert.equal(asked.headers['x-forwarded-for'], '127.0.0.1');
  assert.match(String(asked.headers['audit-id']), /^[0-9a-f-]{36}$/);
  assert.equal((await api.merge(`${flunders}/a/status`, { status: { ok: true } })).status, 200);
  assert.equal((await api.send('PUT', `${flunders}/a`, { metadata: { name: 'a' }, spec: {} })).status, 200);
  const gone = await api.get(`${flunders}/none`);
  assert.deepEqual([gone.status, gone.body.reason], [404, 'NotFound']);
  assert.equal((await api.send('DELETE', flunders)).status, 200);
  assert.deepEqual(wardle.names, []);
  await cluster.client.delete(apiServices, { name: `${version}.${group}` });
  assert.equal((await api.get(flunders)).status, 404);
});

void test('nothing that a client says of itself is believed behind', async () => {
  await using world = await startWorld();
  const { api, wardle, cluster } = world;
  await condition(api, 'Passed');
  using raw = new RawHttp(cluster.endpoint);
  const lies = {
    'X-Remote-User': 'root',
    'X-Remote-Group': 'system:masters',
    'x-remote-extra-scopes': 'all',
    'X-Remote-Uid': '0',
    Authorization: 'Bearer nonsense',
    Connection: 'x-remote-user, keep-alive',
    TE: 'trailers',
    'X-Own': 'kept',
  };
  const impersonated = {
    'Impersonate-User': 'jane',
    'Impersonate-Group': 'team',
    'Impersonate-Uid': '7',
    'Impersonate-Extra-Scopes': 'a',
  };
  const answer = await raw.send({ path: flunders, headers: { ...lies, ...impersonated } });
  assert.equal(answer.status, 403, answer.text);
  assert.match(
    answer.text,
    /User \\"jane\\" cannot list resource \\"flunders\\" in API group \\"wardle.example.com\\"/,
  );
  assert.equal(wardle.fromClients.length, 0, 'what is not allowed is not asked');
  const metadata = { name: 'flunders' };
  await cluster.client.create(clusterRoles, {
    metadata,
    rules: [{ apiGroups: [group], resources: ['flunders'], verbs: ['list'] }],
  });
  await cluster.client.create(clusterRoleBindings, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flunders' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  });
  const allowed = await raw.send({ path: flunders, headers: { ...lies, ...impersonated } });
  assert.equal(allowed.status, 200, allowed.text);
  const { headers = {} } = wardle.fromClients.at(-1) ?? {};
  const told = Object.entries(headers).filter(([name]) => /^(x-remote|impersonate|authorization|x-own|te)/.test(name));
  assert.deepEqual(Object.fromEntries(told), {
    'x-remote-user': 'jane',
    'x-remote-uid': '7',
    'x-remote-group': 'team, system:authenticated',
    'x-remote-extra-scopes': 'a',
    'x-own': 'kept',
    te: 'trailers',
  });
});

void test('a slash inside of a name leads nowhere else', async () => {
  await using world = await startWorld();
  const { api, wardle, cluster } = world;
  await condition(api, 'Passed');
  using raw = new RawHttp(cluster.endpoint);
  for (const path of [`${root}/namespaces/default%2Fflunders`, `${root}%2fflunders`])
    assert.equal((await raw.send({ path })).status, 404, path);
  const dots = `${root}/namespaces/default/flunders/../../secrets`;
  await raw.send({ path: dots });
  assert.deepEqual(
    wardle.fromClients.map(({ path }) => path),
    [dots],
    'it arrives as it was authorized',
  );
});

void test('watches, large bodies and sessions go through as they come', async () => {
  await using world = await startWorld();
  const { api, wardle, cluster } = world;
  await condition(api, 'Passed');
  using raw = new RawHttp(cluster.endpoint);
  for (const connect of [watchOverHttp1, watchOverHttp2]) {
    const watch = await connect(cluster);
    await api.send('POST', flunders, { metadata: { name: connect.name } });
    const event = JSON.parse(await watch.line()) as { type: string; object: { metadata: { name: string } } };
    assert.deepEqual([event.type, event.object.metadata.name], ['ADDED', connect.name]);
    watch.stop();
    await until(() => wardle.watches === 0, `${connect.name} ends behind when the client leaves`);
  }
  const size = 8 * 1024 * 1024;
  let received = 0;
  wardle.instead = (request, response) => {
    request.on('data', (chunk: Buffer) => (received += chunk.length));
    request.on('end', () => response.end(Buffer.alloc(size, 'x')));
  };
  const large = await raw.send({ method: 'POST', path: flunders, body: Buffer.alloc(size, 'y') });
  assert.deepEqual([large.status, received, large.text.length], [200, size, size]);
  const chunked = await raw.send({
    method: 'POST',
    path: flunders,
    headers: { 'transfer-encoding': 'chunked' },
    body: Buffer.alloc(1000, 'y'),
  });
  assert.deepEqual([chunked.status, received], [200, size + 1000]);
  wardle.instead = (_request, response) => {
    response.writeHead(200, {
      'set-cookie': ['a=1', 'b=2'],
      'content-length': '10',
      'access-control-allow-origin': '*',
    });
    response.write('half');
    setImmediate(() => response.destroy());
  };
  await assert.rejects(raw.send({ path: flunders }), /aborted|ECONNRESET|hang up/, 'half an answer is no answer');
  const turns = async (): Promise<number> => {
    const { text } = await raw.send({ path: '/metrics' });
    return Number(/^apiserver_flowcontrol_dispatched_requests_total\{flow_schema="exempt".*\} (\d+)$/m.exec(text)?.[1]);
  };
  const before = await turns();
  assert.equal(await echoed(cluster, `${flunders}/x/echo`), 'echo hello');
  assert.equal(await turns(), before + 2, 'a session has its turn, as this question has');
  assert.equal(wardle.fromClients.at(-1)?.headers['x-remote-user'], 'kubernetes-super-admin');
});

interface Watch {
  line(): Promise<string>;
  stop(): void;
}

function watchOverHttp1({ endpoint }: TestCluster): Promise<Watch> {
  const { certificate: cert, key } = endpoint.admin;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: endpoint.port, path: `${flunders}?watch=1`, ca: endpoint.ca, cert, key };
    const request = https.get({ ...options, agent: false }, (response) => {
      response.on('error', () => undefined);
      resolve({
        line: () => new Promise((done) => response.once('data', (chunk) => done(String(chunk)))),
        stop: () => request.destroy(),
      });
    });
    request.on('error', reject);
  });
}

function watchOverHttp2({ endpoint }: TestCluster): Promise<Watch> {
  const { certificate: cert, key } = endpoint.admin;
  return new Promise((resolve, reject) => {
    const session = http2.connect(endpoint.server, { ca: endpoint.ca, cert, key });
    session.on('error', reject);
    const stream = session.request({ ':path': `${flunders}?watch=1` });
    stream.on('response', () =>
      resolve({
        line: () => new Promise((done) => stream.once('data', (chunk) => done(String(chunk)))),
        stop: () => session.destroy(),
      }),
    );
    stream.on('error', () => undefined);
  });
}

function echoed({ endpoint }: TestCluster, path: string): Promise<string> {
  const { certificate: cert, key } = endpoint.admin;
  const socket = new WebSocket(`wss://127.0.0.1:${endpoint.port}${path}`, { ca: endpoint.ca, cert, key });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send('hello'));
    socket.on('message', (data: Buffer) => {
      resolve(data.toString());
      socket.close();
    });
  });
}

void test('conditions say what is wrong on the way, and requests are refused meanwhile', async () => {
  await using cluster = await startApiServer({ https: true });
  await using wardle = await WardleServer.start(cluster.endpoint.frontProxyCa);
  using api = new Api(cluster);
  await register(cluster, { caBundle: wardle.ca });
  const missing = await condition(api, 'ServiceNotFound');
  assert.deepEqual([missing.status, missing.message], ['False', 'service/api in "wardle" is not present']);
  const refused = await api.get(flunders);
  assert.deepEqual([refused.status, refused.body], [503, 'service unavailable']);
  assert.match(String(refused.headers['content-type']), /^text\/plain/);
  await serveBehind(cluster, wardle.port);
  await condition(api, 'Passed');
  await setEndpoint(cluster, wardle.port, false);
  const none = await condition(api, 'MissingEndpoints');
  assert.equal(none.message, 'endpointslices for service/api in "wardle" have no addresses with port name "https"');
  await setEndpoint(cluster, 1);
  const away = await condition(api, 'FailedDiscoveryCheck');
  const url = `https://127.0.0.1:1${root}`;
  const dial = 'dial tcp 127.0.0.1:1: connect: connection refused';
  assert.equal(away.message, `failing or missing response from ${url}: Get "${url}": ${dial}`);
  wardle.instead = (_request, response) => response.writeHead(500).end();
  await setEndpoint(cluster, wardle.port);
  const at = `https://127.0.0.1:${wardle.port}${root}`;
  const bad = `failing or missing response from ${at}: bad status from ${at}: 500`;
  await api.until(servicePath, ({ body }) => body.status.conditions[0].message === bad);
  wardle.instead = undefined;
  await condition(api, 'Passed');
  await cluster.client.patch(
    services,
    { namespace: 'wardle', name: 'api' },
    {
      type: 'merge',
      body: { spec: { ports: [{ name: 'https', port: 8443 }] } },
    },
  );
  const port = await condition(api, 'ServicePortError');
  assert.equal(port.message, 'service/api in "wardle" is not listening on port 7443');
});

void test('a server that breaks, redirects or is somebody else is told of in plain text', async () => {
  await using world = await startWorld();
  const { api, wardle, cluster } = world;
  await condition(api, 'Passed');
  using raw = new RawHttp(cluster.endpoint);
  wardle.instead = (request) => void request.socket.end('this is no HTTP\r\n\r\n');
  const garbage = await raw.send({ path: flunders });
  assert.deepEqual(
    [garbage.status, garbage.text],
    [
      503,
      'error trying to reach service: net/http: HTTP/1.x transport connection broken: malformed HTTP response "this is no HTTP"\n',
    ],
  );
  wardle.instead = (request) => void request.socket.destroy();
  const cut = await raw.send({ path: flunders });
  assert.deepEqual([cut.status, cut.text.startsWith('error trying to reach service: ')], [503, true]);
  wardle.instead = (_request, response) => response.writeHead(302, { location: 'https://elsewhere/' }).end();
  const led = await raw.send({ path: flunders });
  assert.deepEqual(
    [led.status, led.text],
    [502, 'the backend attempted to redirect this request, which is not permitted'],
  );
  wardle.instead = undefined;
  await cluster.client.patch(
    apiServices,
    { name: `${version}.${group}` },
    {
      type: 'merge',
      body: { spec: { caBundle: Buffer.from(cluster.endpoint.ca).toString('base64') } },
    },
  );
  const stranger = await raw.send({ path: flunders });
  assert.deepEqual(
    [stranger.status, stranger.text],
    [
      503,
      'error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n',
    ],
  );
  await cluster.client.patch(
    apiServices,
    { name: `${version}.${group}` },
    {
      type: 'merge',
      body: { spec: { caBundle: null, insecureSkipTLSVerify: true } },
    },
  );
  assert.equal((await raw.send({ path: flunders })).status, 200);
});

void test('a certificate for another name is not taken, and who is no front proxy not believed', async () => {
  await using world = await startWorld({ names: ['other.wardle.svc'] });
  const { api, wardle, cluster } = world;
  await condition(api, 'Passed');
  const { body } = await api.get(flunders);
  const names = wardle === undefined ? '' : 'not api.wardle.svc';
  assert.match(
    body,
    new RegExp(
      `^error trying to reach service: tls: failed to verify certificate: x509: certificate is valid for .*, ${names}$`,
    ),
  );
  const other = await cluster.endpoint.credential({ ...requests.superAdmin, commonName: 'front-proxy-client' });
  const status = await new Promise((resolve, reject) => {
    const { certificate: cert, key } = other;
    const options = { host: '127.0.0.1', port: wardle.port, path: flunders, rejectUnauthorized: false, cert, key };
    https
      .get({ ...options, agent: false, headers: { 'x-remote-user': 'root' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
      .on('error', reject);
  });
  assert.equal(status, 401);
});

void test('discovery speaks of all servers, in the order of priorities', async () => {
  for (const aggregatedDiscovery of [true, false]) {
    await using world = await startWorld({ aggregatedDiscovery });
    const { api, wardle, cluster } = world;
    await condition(api, 'Passed');
    await api.define(definition('widgets', 'Widget'));
    const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
    const all = await api.until('/apis', ({ body }) =>
      body.groups.some(({ name }: { name: string }) => name === group),
    );
    const order = all.body.groups.map(({ name }: { name: string }) => name);
    assert.deepEqual([order[0], order.slice(-2)], ['apiregistration.k8s.io', [group, 'example.com']]);
    const one = await api.get(`/apis/${group}`);
    assert.deepEqual(one.body.preferredVersion, { groupVersion: `${group}/${version}`, version });
    assert.equal((await api.get(root)).body.resources[0].name, 'flunders', 'from the server itself');
    const documents = async () => {
      const { body, headers } = await api.get('/apis', accept);
      const found = body.items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === group);
      return { version: found.versions[0], etag: String(headers['etag']) };
    };
    let shown = await documents();
    for (let i = 0; i < 1000 && shown.version.freshness !== 'Current'; i++) shown = await documents();
    assert.equal(shown.version.freshness, 'Current');
    const [resource] = shown.version.resources;
    assert.deepEqual(
      [
        resource.resource,
        resource.scope,
        resource.shortNames,
        resource.responseKind.kind,
        resource.subresources[0].subresource,
      ],
      ['flunders', 'Namespaced', ['fl'], 'Flunder', 'status'],
    );
    const same = await api.get('/apis', { ...accept, 'if-none-match': shown.etag });
    assert.deepEqual([same.status, same.body], [304, '']);
    wardle.instead = (_request, response) => response.writeHead(500).end();
    await cluster.client.patch(
      apiServices,
      { name: `${version}.${group}` },
      {
        type: 'merge',
        body: { spec: { groupPriorityMinimum: 900 } },
      },
    );
    for (let i = 0; i < 1000 && shown.version.freshness !== 'Stale'; i++) shown = await documents();
    assert.deepEqual(
      [shown.version.freshness, shown.version.resources.length],
      ['Stale', 1],
      'known, and said to be old',
    );
    const later = await api.get('/apis');
    const last = later.body.groups.map(({ name }: { name: string }) => name).slice(-2);
    assert.deepEqual(last, ['example.com', group], 'the priority has fallen');
  }
});

void test('groups of custom resources have APIServices as long as they are served', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com';
  const { body } = await api.until(path, ({ status, body: now }) => status === 200 && hasCondition(now, 'Available'));
  assert.deepEqual(body.metadata.labels, { 'kube-aggregator.kubernetes.io/automanaged': 'true' });
  assert.deepEqual(body.spec, {
    group: 'example.com',
    version: 'v1',
    groupPriorityMinimum: 1000,
    versionPriority: 100,
  });
  assert.equal(body.status.conditions[0].reason, 'Local');
  assert.equal((await api.send('DELETE', path)).status, 200);
  await api.until(path, ({ status }) => status === 200);
  await api.send('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com');
  await api.until(path, ({ status }) => status === 404);
});

void test(
  'what an extension server keeps goes with its owner, and with its namespace',
  { timeout: 60_000 },
  async () => {
    await using cluster = await startCluster({ https: true, nodes: 0 });
    await using wardle = await WardleServer.start(cluster.endpoint.frontProxyCa);
    using api = new Api(cluster);
    await serveBehind(cluster, wardle.port);
    await register(cluster, { caBundle: wardle.ca });
    await condition(api, 'Passed');
    await cluster.client.create(namespaces, { metadata: { name: 'team' } });
    const owner = await cluster.client.create(configMaps, { metadata: { name: 'owner', namespace: 'team' } });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
    const path = `${root}/namespaces/team/flunders`;
    await api.send('POST', path, { metadata: { name: 'owned', ownerReferences } });
    await api.send('POST', path, { metadata: { name: 'free' } });
    await until(() => wardle.watches > 0, 'the garbage collector watches');
    await cluster.client.delete(configMaps, { namespace: 'team', name: 'owner' });
    await until(() => !wardle.names.includes('owned'), 'what lost its owner goes');
    assert.deepEqual(wardle.names, ['free']);
    await cluster.client.delete(namespaces, { name: 'team' });
    await until(() => wardle.names.length === 0, 'a namespace takes along what is in it');
    await api.until('/api/v1/namespaces/team', ({ status }) => status === 404);
  },
);

void test('the certificate that the front proxy shows can be given', async () => {
  using files = new Files();
  const pki = await Pki.open({ keep: 'memory', clock: systemClock, names: [] });
  const flags = {
    'proxy-client-cert-file': files.write('proxy.crt', pki.frontProxyClient.certificate),
    'proxy-client-key-file': files.write('proxy.key', pki.frontProxyClient.key),
  };
  await using cluster = await startApiServer({ https: true, flags });
  await using wardle = await WardleServer.start(pki.frontProxyCa);
  using api = new Api(cluster);
  await serveBehind(cluster, wardle.port);
  await register(cluster, { caBundle: wardle.ca });
  await condition(api, 'Passed');
  assert.equal((await api.get(flunders)).status, 200);
});
