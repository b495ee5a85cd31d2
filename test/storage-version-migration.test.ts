/** Migrations of what is stored, over HTTPS: nothing is left under an old key, or in an old version of a custom resource. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { currentAccess } from '../src/cli/mod.ts';
import { HttpClient, type Client } from '../src/client/mod.ts';
import { HttpsTransport } from '../src/host/http/mod.ts';
import { clusterRoles, secrets, startCluster, storageVersionMigrations, type Secret } from '../src/main/testing.ts';
import { until } from './until.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- answers, looked at field by field
type Any = any;

const runtimeConfig = 'storagemigration.k8s.io/v1beta1=true';
const resource = storageVersionMigrations;
const role = { name: 'system:controller:storage-version-migrator-controller' };
const running = ['Running', 'False', 'MigrationCompleted', 'Migration completed'];
const succeeded = ['Succeeded', 'True', 'StorageVersionMigrationSucceeded', ''];

function start(client: Client, name: string, group: string, plural: string): Promise<unknown> {
  return client.create(resource, { metadata: { name }, spec: { resource: { group, resource: plural } } });
}

/** What is told of a migration in the end: type, status, reason and message of each condition. */
async function outcome(client: Client, name: string, pass = (): Promise<void> => Promise.resolve()): Promise<Any> {
  let conditions: Any[] = [];
  await until(async () => {
    await pass();
    conditions = (await client.get(resource, { name })).status?.conditions as Any;
    return (conditions ?? []).some(({ type, status }) => type !== 'Running' && status === 'True');
  }, `the migration ${name} is over`);
  return conditions.map(({ type, status, reason, message }) => [type, status, reason, message]);
}

/** `kutter apiserver` and `kutter controller-manager`, each a process of its own. */
class Programs {
  readonly #directory = mkdtempSync(join(tmpdir(), 'migration-'));
  readonly #children: ChildProcess[] = [];
  readonly #transports = new DisposableStack();

  constructor(t: TestContext) {
    t.after(async () => {
      this.#transports.dispose();
      await this.stop();
      rmSync(this.#directory, { recursive: true, force: true });
    });
  }

  /** An API server that writes secrets with the first of these keys and reads them with all. */
  async serve(...keys: readonly string[]): Promise<Client> {
    const path = join(this.#directory, 'encryption.yaml');
    const list = keys.map((name) => `{name: ${name}, secret: ${Buffer.alloc(32, name).toString('base64')}}`);
    writeFileSync(
      path,
      `kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources: [{resources: [secrets], providers: [{aescbc: {keys: [${list.join(', ')}]}}]}]
`,
    );
    const own = ['--data-dir', this.#directory, '--api-port', '0', '--advertise-address', '192.0.2.1'];
    await this.#run(['apiserver', ...own, '--encryption-provider-config', path, '--runtime-config', runtimeConfig]);
    const { token: _none, ...access } = currentAccess(
      readFileSync(join(this.#directory, 'admin.conf'), 'utf8'),
      (file) => readFileSync(file, 'utf8'),
    );
    return new HttpClient(this.#transports.use(new HttpsTransport(access)));
  }

  control(): Promise<void> {
    return this.#run(['controller-manager', '--kubeconfig', join(this.#directory, 'controller-manager.conf')]);
  }

  /** Resolves when it says that it has started. */
  async #run(command: readonly string[]): Promise<void> {
    const main = join(import.meta.dirname, '..', 'src', 'main', 'kutter.ts');
    const child = spawn(process.execPath, [main, ...command]);
    this.#children.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    await until(
      () => {
        assert.equal(child.exitCode, null, said);
        return said.includes('"started"');
      },
      () => said,
    );
  }

  async stop(): Promise<void> {
    for (const child of this.#children.splice(0)) {
      if (child.exitCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
  }
}

test('after the first key has changed, a migration leaves nothing under the old one', async (t) => {
  const programs = new Programs(t);
  const before = await programs.serve('old');
  const make = (namespace: string, name: string): Promise<unknown> =>
    before.create<Secret>(secrets, { metadata: { namespace, name }, stringData: { text: `of ${name}` } });
  for (const name of ['a', 'b', 'c']) await Promise.all([make('default', name), make('kube-public', name)]);
  await programs.stop();

  const between = await programs.serve('new', 'old');
  await start(between, 'secrets', '', 'secrets');
  await programs.control();
  assert.deepEqual(await outcome(between, 'secrets'), [running, succeeded]);
  const managers = (await between.list<Secret>(secrets, { namespace: 'default' })).items.flatMap(({ metadata }) =>
    (metadata.managedFields ?? []).map(({ manager }) => manager),
  );
  assert.deepEqual([...new Set(managers)], ['kutter'], 'nobody owns more than before');
  await programs.stop();

  // Without the old key it does not start where anything is under it.
  const after = await programs.serve('new');
  const found = (await after.list<Secret>(secrets)).items.filter(({ data }) => data?.['text'] !== undefined);
  assert.deepEqual(
    found.map(({ metadata: { namespace, name }, data }) => [namespace, name, atob(data?.['text'] ?? '')]),
    ['default', 'kube-public'].flatMap((namespace) => ['a', 'b', 'c'].map((name) => [namespace, name, `of ${name}`])),
  );
});

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const definition = `${definitions}/things.example.com`;
const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
const versions = (stored: string): Any[] =>
  ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === stored, schema }));

test('custom resources are stored in the version of today, and their definition says so', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0, flags: { 'runtime-config': runtimeConfig } });
  const client = cluster.endpoint.client();
  await client.raw('POST', definitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: versions('v1'),
    },
  });
  const path = '/apis/example.com/v1/things';
  const isServed = (): Promise<boolean> =>
    client.raw('GET', path).then(
      () => true,
      () => false,
    );
  await until(isServed, 'things are served');
  for (const name of ['a', 'b'])
    await client.raw('POST', path, { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name } });
  const read = (): Promise<Any> => client.raw('GET', definition);
  await client.raw('PUT', definition, {
    ...(await read()),
    spec: { ...(await read()).spec, versions: versions('v2') },
  });
  assert.deepEqual((await read()).status.storedVersions, ['v1', 'v2']);
  const stored = (): unknown[] =>
    ['a', 'b'].map((name) => cluster.store.current.get('/registry/example.com/things/', name)?.value['apiVersion']);
  assert.deepEqual(stored(), ['example.com/v1', 'example.com/v1']);

  // Of two of the same resource the second waits for the first.
  await start(client, 'one', 'example.com', 'things');
  await start(client, 'two', 'example.com', 'things');
  assert.deepEqual(await outcome(client, 'one'), [running, succeeded]);
  assert.deepEqual(await outcome(client, 'two'), [running, succeeded]);
  assert.deepEqual(stored(), ['example.com/v2', 'example.com/v2']);
  const { status } = await read();
  assert.deepEqual(status.storedVersions, ['v2']);
  const { type, status: still, reason, message } = status.conditions.at(-1);
  assert.deepEqual(
    [type, still, reason, message],
    [
      'StorageMigrating',
      'False',
      'MigrationSucceeded',
      'The migration has succeeded and the stored versions have been updated',
    ],
  );
});

test('what is not there, or cannot be written, is told', async () => {
  const flags = { 'runtime-config': runtimeConfig };
  await using cluster = await startCluster({ clock: 'virtual', https: true, nodes: 0, flags });
  const { client } = cluster;
  await start(client, 'nothing', 'example.com', 'nothing');
  assert.deepEqual(await outcome(client, 'nothing', () => cluster.advance(5000)), [
    running,
    ['Failed', 'True', 'StorageVersionMigrationFailed', 'resource does not exist in discovery'],
  ]);
  assert.equal((await client.get(clusterRoles, role)).rules?.length, 3);
});

test('where nobody asked for it, there is neither the resource nor its role', async () => {
  await using cluster = await startCluster({ clock: 'virtual', nodes: 0 });
  await assert.rejects(start(cluster.client, 'secrets', '', 'secrets'), /could not find the requested resource/);
  await assert.rejects(cluster.client.get(clusterRoles, role), /not found/);
});
