/** Encryption at rest through the real API server: what is in the file, what is read again, and what happens without the key. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import facts from '../src/api/upstream/facts.json' with { type: 'json' };
import { configMaps, secrets, type Secret } from '../src/api/mod.ts';
import {
  composeServer,
  CountedTransformer,
  kmsCallCounter,
  Metrics,
  type InProcessClient,
} from '../src/apiserver/mod.ts';
import { decode, encode, HostError, silentLog, VirtualClock, type Message } from '../src/base/mod.ts';
import { kmsMethods } from '../src/host/encryption/mod.ts';
import { passingTokenKeys } from '../src/host/pki/mod.ts';
import { systemClock, systemRandom } from '../src/host/system.ts';
import { usualConfig } from '../src/machinery/mod.ts';
import { collections, EncryptionAtRest } from '../src/main/encryption.ts';
import { openStore } from '../src/main/stores.ts';
import type { Store } from '../src/store/mod.ts';
import { until } from './until.ts';

const world = { clock: systemClock, random: systemRandom, log: silentLog };
const marker = 'the-plain-text-of-a-secret';
const keyOf = (byte: number, size = 32): string => Buffer.alloc(size, byte).toString('base64');

function configuration(...providers: readonly string[]): string {
  return `kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
- resources: [secrets]
  providers:
${providers.map((provider) => `  - ${provider}`).join('\n')}
`;
}
const keyed = (type: string, ...keys: readonly [name: string, secret: string][]): string =>
  `${type}: {keys: [${keys.map(([name, secret]) => `{name: ${name}, secret: ${secret}}`).join(', ')}]}`;

class Rig implements AsyncDisposable {
  readonly directory: string;
  store: Store | undefined;
  encryption: EncryptionAtRest | undefined;

  constructor(t: TestContext) {
    this.directory = mkdtempSync(join(tmpdir(), 'encryption-'));
    t.after(async () => {
      await this[Symbol.asyncDispose]();
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** Starts anew with this configuration. */
  async start(text: string | undefined): Promise<InProcessClient> {
    await this.stop();
    const path = join(this.directory, 'encryption.yaml');
    if (text !== undefined) {
      writeFileSync(path, text);
      this.encryption = await EncryptionAtRest.open({ ...world, path, reload: true });
    }
    this.store = await openStore('embedded', {
      ...world,
      directory: join(this.directory, 'store'),
      onFatal: (error) => assert.fail(error),
      transformer: this.encryption?.transformers,
    });
    const { client } = composeServer(
      { ...world, store: this.store, facts, config: usualConfig, tokenKeys: passingTokenKeys() },
      { posts: [], admission: { disabled: ['NamespaceLifecycle'] } },
    );
    return client({ username: 'admin', groups: ['system:masters'] });
  }

  async stop(): Promise<void> {
    await this.store?.close();
    this.encryption?.[Symbol.dispose]();
    this.store = undefined;
    this.encryption = undefined;
  }

  rewrite(text: string): Promise<void> {
    writeFileSync(join(this.directory, 'encryption.yaml'), text);
    assert.ok(this.encryption !== undefined);
    return this.encryption.refresh();
  }

  /** Everything on disk. */
  contents(): string {
    const store = join(this.directory, 'store');
    return readdirSync(store)
      .map((file) => readFileSync(join(store, file), 'latin1'))
      .join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const secret = (name: string): Secret => ({ metadata: { name, namespace: 'default' }, stringData: { text: marker } });
const encoded = Buffer.from(marker).toString('base64');
const key = { namespace: 'default', name: 'a' };

async function textOf(client: InProcessClient): Promise<string | undefined> {
  return (await client.get(secrets, key)).data?.['text'];
}

test('without a configuration the file holds the plain value', async (t) => {
  const rig = new Rig(t);
  const client = await rig.start(undefined);
  await client.create(secrets, secret('a'));
  await rig.stop();
  assert.ok(rig.contents().includes(encoded));
});

for (const [type, size] of [
  ['aescbc', 16],
  ['aescbc', 32],
  ['aesgcm', 24],
  ['aesgcm', 32],
  ['secretbox', 32],
] as const)
  test(`${type} with ${size * 8} bits: nothing of the value is in the file, and it is read again`, async (t) => {
    const rig = new Rig(t);
    const text = configuration(keyed(type, ['key1', keyOf(7, size)]), 'identity: {}');
    const client = await rig.start(text);
    await client.create(secrets, secret('a'));
    await client.create(configMaps, { metadata: { name: 'b', namespace: 'default' }, data: { text: 'not-secret' } });
    await rig.stop();
    const contents = rig.contents();
    assert.ok(!contents.includes(encoded) && !contents.includes(marker));
    assert.ok(contents.includes(`k8s:enc:${type}:v1:key1:`));
    assert.ok(contents.includes('not-secret'), 'other resources stay plain');
    assert.equal(await textOf(await rig.start(text)), encoded);
  });

test('a value that is written unchanged is encrypted anew when its form is stale, and only then', async (t) => {
  const rig = new Rig(t);
  const client = await rig.start(undefined);
  const made = await client.create(secrets, secret('a'));
  const first = keyed('aescbc', ['key1', keyOf(1)]);
  const again = await rig.start(configuration(first, 'identity: {}'));
  const replaced = await again.update(secrets, made);
  assert.notEqual(replaced.metadata?.resourceVersion, made.metadata?.resourceVersion);
  const same = await again.update(secrets, replaced);
  assert.equal(same.metadata?.resourceVersion, replaced.metadata?.resourceVersion, 'what is not stale is not written');
  await rig.rewrite(configuration(keyed('aescbc', ['key2', keyOf(2)], ['key1', keyOf(1)])));
  assert.equal(await textOf(again), encoded);
  const rotated = await again.update(secrets, same);
  assert.notEqual(rotated.metadata?.resourceVersion, same.metadata?.resourceVersion);
  // The old key is gone: what is past under it is forgotten, what is present is not.
  const last = await rig.start(configuration(keyed('aescbc', ['key2', keyOf(2)])));
  assert.equal(await textOf(last), encoded);
  assert.ok(rig.contents().includes('k8s:enc:aescbc:v1:key2:'));
  await last.delete(secrets, key);
  const without = await rig.start(configuration(keyed('secretbox', ['key3', keyOf(3)])));
  await assert.rejects(without.get(secrets, key), { message: 'secrets "a" not found' });
});

test('a server without the key does not start, and says which key is missing for what', async (t) => {
  const rig = new Rig(t);
  const client = await rig.start(configuration(keyed('aesgcm', ['key1', keyOf(1)])));
  await client.create(secrets, secret('a'));
  const refused = (text: string | undefined, message: string): Promise<void> =>
    assert.rejects(rig.start(text), (error) => error instanceof HostError && error.message === message);
  const unable = 'unable to transform key "/registry/secrets/default/a":';
  await refused(
    configuration(keyed('aesgcm', ['key2', keyOf(2)])),
    `${unable} no matching key was found for the provided AES transformer (stored as k8s:enc:aesgcm:v1:key1)`,
  );
  await refused(
    configuration(keyed('secretbox', ['key1', keyOf(1)])),
    `${unable} no matching prefix found (stored as k8s:enc:aesgcm:v1:key1)`,
  );
  await refused(
    configuration('identity: {}'),
    `${unable} identity transformer tried to read encrypted data (stored as k8s:enc:aesgcm:v1:key1)`,
  );
  await assert.rejects(
    rig.start(configuration(keyed('aesgcm', ['key1', keyOf(9)]))),
    /^HostError: unable to transform key "\/registry\/secrets\/default\/a": .*authenticate/,
  );
});

test('a value cannot be passed off as that of another key', async (t) => {
  const rig = new Rig(t);
  await rig.start(configuration(keyed('aesgcm', ['key1', keyOf(1)])));
  const transformers = rig.encryption?.transformers;
  assert.ok(transformers !== undefined);
  const { value } = transformers.encode(
    '/registry/secrets/',
    '/registry/secrets/default/a',
    new TextEncoder().encode('{}'),
  );
  await assert.rejects(transformers.decode('/registry/secrets/', '/registry/secrets/default/b', value), HostError);
});

test('a configuration that cannot be used is refused with the reason, and never with a key', async (t) => {
  const rig = new Rig(t);
  const refused = (text: string, message: RegExp): Promise<void> =>
    assert.rejects(rig.start(text), (error: unknown) => {
      assert.ok(error instanceof HostError);
      assert.match(error.message, message);
      assert.ok(!error.message.includes(keyOf(1)));
      return true;
    });
  await refused(
    configuration(keyed('aescbc', ['key1', keyOf(1, 10)])),
    /^invalid encryption provider configuration: resources\[0\]\.providers\[0\]\.aescbc\.keys\[0\]\.secret: Invalid value: "REDACTED": secret is not of the expected length, got 10, expected one of \[16 24 32\]$/,
  );
  await refused(
    configuration(keyed('aescbc', ['key1', '"not base64!"'])),
    /secret: Invalid value: "REDACTED": secrets must be base64 encoded$/,
  );
  await refused(
    configuration('aesxyz: {}'),
    /strict decoding error: unknown field "resources\[0\]\.providers\[0\]\.aesxyz"$/,
  );
  await refused(
    configuration('identity: {}').replace('[secrets]', "[secrets, '*.', '*', pods.*, Big, events.events.k8s.io]"),
    /overlapping resources.*use '\*\.' to encrypt all.*across groups.*capital letters.*'events' API group/,
  );
  await refused(
    configuration('kms: {apiVersion: v2, name: "a:b", endpoint: "tcp://x", timeout: -1s}'),
    /must not contain ':'.*timeout should be a positive value.*unsupported scheme "tcp" for KMS provider, only unix is supported/,
  );
  await refused(`${keyOf(1)}: [`, /^error decoding encryption provider configuration file/);
  await refused('', /is empty$/);
});

/** A plug-in that seals by putting its key's name in front and turning the bytes over. */
class TestPlugin implements AsyncDisposable {
  keyId = 'k1';
  healthz = 'ok';
  encrypted = 0;
  decrypted = 0;
  readonly endpoint: string;
  readonly #server = new Server();

  constructor(directory: string) {
    this.endpoint = `unix://${join(directory, 'kms.sock')}`;
    this.#serve('Status', kmsMethods.status, () => ({ version: 'v2', healthz: this.healthz, keyId: this.keyId }));
    this.#serve('Encrypt', kmsMethods.encrypt, ({ plaintext }) => {
      this.encrypted += 1;
      return {
        ciphertext: Buffer.from([...Buffer.from(`${this.keyId}/`), ...turned(plaintext)]),
        keyId: this.keyId,
        annotations: { 'example.com/hint': Buffer.from('v') },
      };
    });
    this.#serve('Decrypt', kmsMethods.decrypt, ({ ciphertext, keyId, annotations }) => {
      assert.equal(Buffer.from(annotations['example.com/hint'] ?? []).toString(), 'v');
      assert.equal(Buffer.from(ciphertext.subarray(0, keyId.length)).toString(), keyId);
      this.decrypted += 1;
      return { plaintext: turned(ciphertext.subarray(keyId.length + 1)) };
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(this.endpoint, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      ),
    );
    return this;
  }

  #serve<Q, A>(
    name: string,
    { path, request, response }: { readonly path: string; readonly request: Message<Q>; readonly response: Message<A> },
    answer: (request: Q) => A,
  ): void {
    this.#server.addService(
      {
        [name]: {
          path,
          requestStream: false,
          responseStream: false,
          requestSerialize: (value: Q) => Buffer.from(encode(request, value)),
          requestDeserialize: (bytes: Buffer) => decode(request, bytes),
          responseSerialize: (value: A) => Buffer.from(encode(response, value)),
          responseDeserialize: (bytes: Buffer) => decode(response, bytes),
        },
      },
      {
        [name]: (call: { request: Q }, done: (error: object | null, value?: A) => void) => {
          try {
            done(null, answer(call.request));
          } catch (error) {
            done({ code: status.INTERNAL, details: String(error) });
          }
        },
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    await Promise.resolve();
  }
}

const turned = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);

test('a plug-in seals one seed for many values; another key id makes what there is stale', async (t) => {
  const rig = new Rig(t);
  await using plugin = await new TestPlugin(rig.directory).listen();
  const text = configuration(`kms: {apiVersion: v2, name: test, endpoint: "${plugin.endpoint}"}`, 'identity: {}');
  const client = await rig.start(text);
  const made = await client.create(secrets, secret('a'));
  for (let i = 0; i < 20; i++) await client.create(secrets, secret(`more-${i}`));
  assert.equal(plugin.encrypted, 1);
  const again = await rig.start(text);
  assert.equal(plugin.decrypted, 1, 'one call for all that is under one seed');
  assert.equal(await textOf(again), encoded);
  const contents = rig.contents();
  assert.ok(contents.includes('k8s:enc:kms:v2:test:') && !contents.includes(encoded));
  assert.equal((await again.update(secrets, made)).metadata?.resourceVersion, made.metadata?.resourceVersion);
  plugin.keyId = 'k2';
  const rotated = await rig.start(text);
  assert.notEqual((await rotated.update(secrets, made)).metadata?.resourceVersion, made.metadata?.resourceVersion);
});

test('what is encrypted and decrypted is counted, and what plug-ins are asked', async (t) => {
  const rig = new Rig(t);
  await using plugin = await new TestPlugin(rig.directory).listen();
  const path = join(rig.directory, 'encryption.yaml');
  const kms = `kms: {apiVersion: v2, name: test, endpoint: "${plugin.endpoint}"}`;
  writeFileSync(path, configuration(kms, keyed('secretbox', ['one', keyOf(1)]), 'identity: {}'));
  const metrics = new Metrics();
  const onKmsCall = kmsCallCounter(metrics);
  using encryption = await EncryptionAtRest.open({ ...world, path, reload: false, onKmsCall });
  const { clock } = world;
  const transformer = new CountedTransformer(encryption.transformers, { metrics, clock, collections });
  const at = ['/registry/secrets/', 'default/a'] as const;
  const plain = new TextEncoder().encode(marker);
  const { value } = transformer.encode(...at, plain);
  assert.equal(new TextDecoder().decode((await transformer.decode(...at, value)).value), marker);
  assert.deepEqual((await transformer.decode(...at, plain)).value, plain);
  const foreign = new TextEncoder().encode('k8s:enc:secretbox:v1:one:nonsense');
  await assert.rejects(transformer.decode(...at, foreign));
  transformer.encode('/registry/configmaps/', 'default/a', plain);
  const lines = metrics.text().split('\n');
  const counted = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length));
  assert.deepEqual(counted('apiserver_storage_transformation_operations_total'), [
    '{resource="secrets",status="OK",transformation_type="to_storage",transformer_prefix="k8s:enc:kms:v2:test:"} 1',
    '{resource="secrets",status="OK",transformation_type="from_storage",transformer_prefix="k8s:enc:kms:v2:test:"} 1',
    '{resource="secrets",status="OK",transformation_type="from_storage",transformer_prefix=""} 1',
    '{resource="secrets",status="OK",transformation_type="from_storage",transformer_prefix="k8s:enc:secretbox:v1:"} 0',
    '{resource="secrets",status="Unknown",transformation_type="from_storage",transformer_prefix="k8s:enc:secretbox:v1:"} 1',
    '{resource="configmaps",status="OK",transformation_type="to_storage",transformer_prefix=""} 1',
  ]);
  const method = (name: string): string =>
    `{grpc_status_code="OK",method_name="/v2.KeyManagementService/${name}",provider_name="test"} 1`;
  assert.deepEqual(counted('apiserver_envelope_encryption_kms_operations_latency_seconds_count'), [
    method('Status'),
    method('Encrypt'),
    method('Decrypt'),
  ]);
});

test('health tells of a plug-in that is not well; a server does not start with one', async (t) => {
  const rig = new Rig(t);
  await using plugin = await new TestPlugin(rig.directory).listen();
  const path = join(rig.directory, 'encryption.yaml');
  writeFileSync(path, configuration(`kms: {apiVersion: v2, name: test, endpoint: "${plugin.endpoint}"}`));
  const clock = new VirtualClock({ rest: async () => await new Promise((resolve) => setImmediate(resolve)) });
  using encryption = await EncryptionAtRest.open({ ...world, clock, path, reload: true });
  const [check] = encryption.health;
  assert.equal(check?.name, 'kms-providers');
  await check.check();
  plugin.healthz = 'the vault is sealed';
  await clock.advance(60_000);
  await until(() => failure(check.check) === 'got unexpected healthz status: the vault is sealed', 'the check fails');
  await assert.rejects(EncryptionAtRest.open({ ...world, path, reload: true }), {
    message: 'KMS provider test: got unexpected healthz status: the vault is sealed',
  });
  plugin.healthz = 'ok';
  await clock.advance(10_000);
  await until(() => failure(check.check) === undefined, 'the check passes again');
});

function failure(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}
