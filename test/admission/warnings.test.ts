/** Warnings of admission reach whoever asked, whatever they asked for and whatever comes of it. */
import assert from 'node:assert/strict';
import https from 'node:https';
import { test } from 'node:test';
import { startCluster, type TestCluster } from '../../src/main/testing.ts';
import { Api, type Answer } from '../custom-resources.ts';
import { AdmissionServer, allowed, configMap, configMapsPath, denied, validating } from './webhook-server.ts';

const base = '/api/v1/namespaces/default';

function warningsOf({ headers }: Pick<Answer, 'headers'>): string {
  return String(headers['warning'] ?? '');
}

interface World extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly api: Api;
  readonly hooks: AdmissionServer;
}

/** A pod `web` on node-0, and a webhook that warns of what is done to pods, accounts and nodes. */
async function start(): Promise<World> {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await startCluster({ https: true }));
  const hooks = stack.use(await AdmissionServer.start());
  const api = stack.use(new Api(cluster));
  const container = { name: 'web', image: 'web' };
  await api.send('POST', `${base}/pods`, { metadata: { name: 'web' }, spec: { containers: [container] } });
  const running = ({ body }: Answer): boolean => body.status?.phase === 'Running';
  await api.until(`${base}/pods/web`, running);
  hooks.answer = ({ request }) => ({
    ...allowed,
    warnings: [`${request.operation} ${request.resource.resource}/${request.subResource ?? ''}`],
  });
  const resources = ['pods/*', 'bindings', 'serviceaccounts/token', 'nodes/*'];
  await validating(api, 'warn', hooks.hook('warn', { operations: ['*'], resources }));
  return { cluster, api, hooks, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('of what is posted to subresources', { timeout: 60_000 }, async () => {
  await using world = await start();
  const { api } = world;
  const gated = {
    metadata: { name: 'free' },
    spec: { containers: [{ name: 'c', image: 'i' }], schedulerName: 'none' },
  };
  await api.send('POST', `${base}/pods`, gated);
  const target = { kind: 'Node', name: 'node-0' };
  const bound = await api.send('POST', `${base}/pods/free/binding`, { metadata: { name: 'free' }, target });
  assert.deepEqual([bound.status, warningsOf(bound)], [201, '299 - "CREATE pods/binding"']);
  const again = await api.send('POST', `${base}/bindings`, { metadata: { name: 'free' }, target });
  assert.deepEqual([again.status, warningsOf(again)], [409, '299 - "CREATE bindings/"']);
  const dryRun = { metadata: { name: 'web' }, deleteOptions: { dryRun: ['All'] } };
  const evicted = await api.send('POST', `${base}/pods/web/eviction`, dryRun);
  assert.deepEqual([evicted.status, warningsOf(evicted)], [201, '299 - "CREATE pods/eviction"']);
  const spec = { expirationSeconds: 600, unknown: 1 };
  const token = await api.send('POST', `${base}/serviceaccounts/default/token`, { spec });
  assert.deepEqual(
    [token.status, warningsOf(token)],
    [201, '299 - "unknown field \\"spec.unknown\\"", 299 - "CREATE serviceaccounts/token"'],
  );
});

test('of connections, also of those that are refused; logs are asked of nobody', { timeout: 60_000 }, async () => {
  await using world = await start();
  const { api, hooks, cluster } = world;
  const behind = await api.get(`/api/v1/nodes/node-0/proxy/healthz`);
  assert.deepEqual([behind.body, warningsOf(behind)], ['ok', '299 - "CONNECT nodes/proxy"']);
  const log = await api.get(`${base}/pods/web/log`);
  assert.deepEqual([log.status, warningsOf(log)], [200, '']);
  const exec = await api.get(`${base}/pods/web/exec?command=ls&stdout=1`);
  assert.deepEqual([exec.status, warningsOf(exec)], [400, '299 - "CONNECT pods/exec"']);
  hooks.answer = () => ({ ...denied('not here'), warnings: ['think "twice"'] });
  const refused = await new Promise<Answer>((resolve, reject) => {
    const { certificate: cert, key } = cluster.endpoint.admin;
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
    const target = { host: '127.0.0.1', port: cluster.endpoint.port, ca: cluster.endpoint.ca, cert, key, agent: false };
    const path = `${base}/pods/web/exec?command=ls&stdout=1`;
    const request = https.request({ ...target, method: 'POST', path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }),
      );
    });
    request.on('error', reject).end();
  });
  assert.deepEqual([refused.status, warningsOf(refused)], [403, '299 - "think \\"twice\\""']);
  assert.match(String(refused.headers['audit-id']), /^[0-9a-f-]{36}$/);
  assert.equal(refused.body.message, 'admission webhook "warn.example.com" denied the request: not here');
});

test('of what is refused in the end, beside what was odd about the body', { timeout: 60_000 }, async () => {
  await using cluster = await startCluster({ https: true, nodes: 0 });
  await using hooks = await AdmissionServer.start();
  using api = new Api(cluster);
  await validating(api, 'warn', hooks.hook('warn', { operations: ['*'] }));
  hooks.answer = () => ({ ...denied('no'), warnings: ['really no'] });
  const { data, ...rest } = configMap('a');
  const created = await api.send('POST', configMapsPath, { ...rest, data, odd: 1 });
  assert.deepEqual([created.status, warningsOf(created)], [403, '299 - "unknown field \\"odd\\"", 299 - "really no"']);
  hooks.answer = () => ({ ...allowed, warnings: ['gone'] });
  await api.send('POST', configMapsPath, configMap('b'));
  const deleted = await api.send('DELETE', configMapsPath);
  assert.deepEqual([deleted.status, warningsOf(deleted)], [200, '299 - "gone"'], 'said once, for however many');
});
