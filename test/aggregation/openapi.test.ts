/** What is said of extension API servers in OpenAPI, what kubectl makes of it, and servers that take their time. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Api, hasCondition } from '../custom-resources.ts';
import { RawHttp } from '../raw-http.ts';
import { flunders, group, register, root, serveBehind, version, WardleServer } from './wardle-server.ts';

const servicePath = `/apis/apiregistration.k8s.io/v1/apiservices/${version}.${group}`;
const documentName = root.slice(1);
const definition = 'com.example.wardle.v1alpha1.Flunder';

for (const openapi of [['v2', 'v3'], ['v2']] as const)
  void test(`documents of a server that has ${openapi.join(' and ')}`, async () => {
    await using cluster = await startApiServer({ https: true });
    await using wardle = await WardleServer.start(cluster.endpoint.frontProxyCa, { openapi });
    using api = new Api(cluster);
    await serveBehind(cluster, wardle.port);
    await register(cluster, { caBundle: wardle.ca });
    const { body: index } = await api.until('/openapi/v3', ({ body }) => documentName in body.paths);
    const url = index.paths[documentName].serverRelativeURL;
    assert.match(url, /^\/openapi\/v3\/apis\/wardle.example.com\/v1alpha1\?hash=/);
    const { body: document } = await api.get(url);
    assert.equal(document.components.schemas[definition].description, 'What flunders are.');
    const reference = document.components.schemas[definition].properties.metadata.$ref;
    assert.equal(reference, '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
    const { body: v2 } = await api.until('/openapi/v2', ({ body }) => definition in body.definitions);
    const renamed = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta_v2';
    assert.equal(v2.definitions[definition].properties.metadata.$ref, `#/definitions/${renamed}`);
    assert.equal(v2.definitions[renamed].description, 'Metadata of 1.17.');
    assert.notEqual(v2.definitions[renamed.slice(0, -3)].description, 'Metadata of 1.17.');
    assert.ok(`${root}/namespaces/{namespace}/flunders` in v2.paths);
    assert.equal(v2.paths['/version/'].get.operationId, 'getCodeVersion', 'what is no path of it stays ours');
    if (openapi.length === 1) {
      const { post } = document.paths[`${root}/namespaces/{namespace}/flunders`];
      assert.deepEqual(post.requestBody, {
        content: { '*/*': { schema: { $ref: `#/components/schemas/${definition}` } } },
        required: true,
      });
      assert.ok('application/json' in post.responses['200'].content);
    }
    await api.send('DELETE', servicePath);
    await api.until('/openapi/v2', ({ body }) => !(definition in body.definitions));
  });

void test('documents are fetched again every minute, and a slow server is not waited for', async () => {
  await using cluster = await startApiServer({ https: true, clock: 'virtual' });
  await using wardle = await WardleServer.start(cluster.endpoint.frontProxyCa);
  using api = new Api(cluster);
  using raw = new RawHttp(cluster.endpoint);
  await serveBehind(cluster, wardle.port);
  await register(cluster, { caBundle: wardle.ca });
  await api.until('/openapi/v2', ({ body }) => definition in body.definitions);
  wardle.description = 'What flunders have become.';
  await cluster.advance(61_000);
  await api.until('/openapi/v2', ({ body }) => body.definitions[definition].description === wardle.description);
  let waiting = 0;
  wardle.instead = () => void (waiting += 1);
  const late = Promise.all([raw.send({ path: root }), raw.send({ path: flunders })]);
  for (let i = 0; i < 1000 && waiting < 2; i++) await sleep(5);
  await cluster.advance(5_001);
  await cluster.advance(60_000);
  const [discovery, list] = await late;
  assert.deepEqual(
    [discovery.status, discovery.text],
    [503, 'error trying to reach service: context deadline exceeded\n'],
  );
  const { reason, message } = JSON.parse(list.text) as { reason: string; message: string };
  const timeout = 'Timeout: request did not complete within the allotted timeout';
  assert.deepEqual([list.status, reason, message], [504, 'Timeout', timeout]);
});

for (const program of ['kubectl-1.35', '/usr/bin/kubectl'])
  void test(`${program} works with what an extension server serves`, { timeout: 60_000 }, async () => {
    await using cluster = await startApiServer({ https: true });
    await using wardle = await WardleServer.start(cluster.endpoint.frontProxyCa);
    using api = new Api(cluster);
    using kubectl = new Kubectl(program, cluster);
    await serveBehind(cluster, wardle.port);
    await register(cluster, { caBundle: wardle.ca });
    await api.until(servicePath, ({ body }) => hasCondition(body, 'Available'));
    await api.until('/openapi/v3', ({ body }) => documentName in body.paths);
    assert.match(await kubectl.does('get', 'apiservices'), /v1alpha1.wardle.example.com +wardle\/api +True/);
    assert.match(
      await kubectl.does('api-resources', '--api-group', group),
      /flunders +fl +wardle.example.com\/v1alpha1/,
    );
    const manifest = kubectl.write({ apiVersion: `${group}/${version}`, kind: 'Flunder', metadata: { name: 'a' } });
    const watch = kubectl.follow('get', 'flunders', '--watch', '-o', 'name');
    for (let i = 0; i < 1000 && wardle.watches === 0; i++) await sleep(10);
    assert.equal(await kubectl.does('create', '-f', manifest), 'flunder.wardle.example.com/a created\n');
    assert.match(await kubectl.does('get', 'fl', 'a', '-o', 'yaml'), /kind: Flunder/);
    for (let i = 0; i < 1000 && watch.text() === ''; i++) await sleep(10);
    await watch.stop();
    assert.equal(watch.text(), 'flunder.wardle.example.com/a\n');
    assert.match(await kubectl.does('explain', 'flunders.spec'), /reference\s+<string>\s+To another flunder\./);
    assert.match(await kubectl.does('delete', 'flunders', '--all'), /"a" deleted/);
    assert.deepEqual(wardle.names, []);
  });

class Kubectl implements Disposable {
  readonly #program: string;
  readonly #home = mkdtempSync(join(tmpdir(), 'kutter-aggregation-'));
  readonly #environment: NodeJS.ProcessEnv;

  constructor(program: string, cluster: TestCluster) {
    this.#program = program.startsWith('/') ? program : programPath(program);
    const kubeconfig = join(this.#home, 'config');
    writeFileSync(kubeconfig, cluster.kubeconfig());
    this.#environment = { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: kubeconfig };
  }

  write(object: unknown): string {
    const path = join(this.#home, 'object.json');
    writeFileSync(path, JSON.stringify(object));
    return path;
  }

  does(...words: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(this.#program, words, { env: this.#environment, timeout: 30_000 }, (error, out, complaint) => {
        if (error === null) resolve(out);
        else reject(new assert.AssertionError({ message: `kubectl ${words.join(' ')}: ${complaint}` }));
      });
    });
  }

  follow(...words: string[]): { text(): string; stop(): Promise<void> } {
    const child = spawn(this.#program, words, { env: this.#environment, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    return {
      text: () => text,
      stop: () => {
        child.kill();
        return ended;
      },
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true });
  }
}
