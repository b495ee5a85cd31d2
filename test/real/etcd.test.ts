/** The store on a real etcd: the contract, several API servers, and what happens when etcd dies or the network is cut. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { HostError, silentLog } from '../../src/base/mod.ts';
import { GrpcEtcdClient, type EtcdClientOptions } from '../../src/host/etcd/mod.ts';
import { systemClock, systemRandom } from '../../src/host/system.ts';
import {
  CompactedError,
  defaultLimits,
  EtcdStore,
  type Change,
  type ChangeEvent,
  type EtcdStoreOptions,
  type StoreLimits,
} from '../../src/store/mod.ts';
import { stampResourceVersion as stamp, storeContract, type StoreUnderTest } from '../../src/store/store.contract.ts';
import { CuttableProxy, EtcdServer, serving } from './etcd-server.ts';

const pods = '/registry/pods/';
const put = (name: string, n: number, expected?: number): Change => ({
  collection: pods,
  name,
  value: { n },
  expected,
});
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let server: EtcdServer;

type More = Partial<EtcdStoreOptions> & { client?: never; etcd?: Partial<EtcdClientOptions> };

function open({ etcd, ...more }: More = {}): Promise<EtcdStore> {
  const client = new GrpcEtcdClient({ endpoints: [server.endpoint], ...etcd });
  const onFatal = (error: HostError): void => assert.fail(error);
  return EtcdStore.open({
    client,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    limits: defaultLimits,
    stamp,
    onFatal,
    ...more,
  });
}

async function opened(t: TestContext, more: More = {}): Promise<EtcdStore> {
  const store = await open(more);
  t.after(() => store.close());
  return store;
}

const value = (store: EtcdStore, name: string): unknown => store.current.get(pods, name)?.value['n'];

async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 1500, `${what} did not come true within 15 s`);
    await sleep(10);
  }
}

async function emptied(): Promise<void> {
  const store = await open();
  const all = ['/registry/pods/', '/registry/minions/'].flatMap((collection) =>
    store.current
      .collection(collection)
      .keys()
      .map((name) => ({ collection, name, value: undefined })),
  );
  for (let i = 0; i < all.length; i += 100) await store.commit(all.slice(i, i + 100));
  await store.close();
}

async function underTest(limits: StoreLimits): Promise<StoreUnderTest> {
  const store = await open({ limits });
  const reopen = async (): Promise<StoreUnderTest> => {
    await store.close();
    return underTest(limits);
  };
  return { store, pass: sleep, reopen, dispose: () => store.close() };
}

async function openEmpty(limits: StoreLimits): Promise<StoreUnderTest> {
  await emptied();
  return underTest(limits);
}

suite('etcd', () => {
  before(async () => {
    server = await EtcdServer.start();
    await serving(server.endpoint);
  });
  after(() => server[Symbol.asyncDispose]());

  // etcd's leases last at least two seconds, and end within one more.
  storeContract('etcd', { open: openEmpty, runs: 8, expirySlackMs: 3_500 });

  test('several API servers on one etcd see each other', async (t) => {
    await emptied();
    const [first, second] = await Promise.all([opened(t), opened(t)]);
    using watch = second.watch(pods, second.current.revision, () => {});
    const created = await first.commit([put('shared', 1, 0)]);
    assert.ok(created.ok);
    await second.sync();
    assert.equal(value(second, 'shared'), 1);
    assert.deepEqual(
      watch.take(9).map(({ type, revision }) => [type, revision]),
      [['created', created.revision]],
    );
    const lost = await second.commit([put('shared', 2, 0)]);
    assert.ok(!lost.ok && lost.current?.revision === created.revision);
    const increment = async (store: EtcdStore): Promise<void> => {
      for (let done = 0; done < 50;) {
        const current = store.current.get(pods, 'shared');
        const result = await store.commit([put('shared', Number(current?.value['n']) + 1, current?.revision ?? 0)]);
        if (result.ok) done += 1;
      }
    };
    await Promise.all([increment(first), increment(second), increment(first)]);
    await Promise.all([first.sync(), second.sync()]);
    assert.equal(value(first, 'shared'), 151);
    assert.equal(value(second, 'shared'), 151);
    assert.equal(watch.take(1000).length, 150);
  });

  test("keys and values are upstream's", async (t) => {
    await emptied();
    const client = new GrpcEtcdClient({ endpoints: [server.endpoint] });
    t.after(() => client.close());
    const store = await opened(t);
    const widgets = { collection: '/registry/example.com/widgets/', name: 'default/w' };
    const services = { collection: '/registry/services/specs/', name: 'default/kubernetes' };
    const object = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'web', resourceVersion: '7', labels: { a: 'b' } },
    };
    await store.commit([
      { collection: pods, name: 'default/web', value: object },
      { ...widgets, value: object },
      { ...services, value: object },
    ]);
    const { kvs } = await client.range({ from: '/registry/', to: '/registry0', limit: 10 });
    assert.deepEqual(
      kvs.map(({ key }) => key),
      [
        '/registry/example.com/widgets/default/w',
        '/registry/pods/default/web',
        '/registry/services/specs/default/kubernetes',
      ],
    );
    assert.equal(
      new TextDecoder().decode(kvs[1]?.value),
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","labels":{"a":"b"}}}',
    );
    const again = await opened(t);
    for (const { collection, name } of [widgets, services]) {
      const entry = again.current.get(collection, name);
      assert.deepEqual(entry?.value['metadata'], {
        name: 'web',
        labels: { a: 'b' },
        resourceVersion: String(entry?.revision),
      });
    }
    const clear = [widgets, services].map((place) => ({ ...place, value: undefined }));
    await store.commit(clear);
  });

  test('what upstream stored in protobuf is refused, at the start and later', async (t) => {
    await emptied();
    const client = new GrpcEtcdClient({ endpoints: [server.endpoint] });
    t.after(() => client.close());
    const fatal: HostError[] = [];
    await opened(t, { onFatal: (error) => void fatal.push(error) });
    const key = `${pods}default/old`;
    const bytes = new TextEncoder().encode('k8s\0\n\t\n\u0002v1');
    await client.txn({ expected: [], operations: [{ kind: 'put', key, value: bytes, lease: 0 }] });
    const message = /the value of \/registry\/pods\/default\/old in etcd is stored in protobuf, only JSON is supported/;
    await assert.rejects(open(), { code: 'Unsupported', message });
    await eventually('the open store noticing', () => fatal.length > 0);
    assert.match(fatal[0]?.message ?? '', message);
    await client.txn({ expected: [], operations: [{ kind: 'delete', key }] });
  });

  test('thousands of entries come page by page', async (t) => {
    await emptied();
    const store = await opened(t);
    const names = Array.from({ length: 1203 }, (_, i) => `p${String(i).padStart(5, '0')}`);
    for (let i = 0; i < names.length; i += 100) await store.commit(names.slice(i, i + 100).map((name) => put(name, i)));
    const again = await opened(t);
    assert.deepEqual(again.current.collection(pods).keys(), names);
    assert.equal(again.current.revision, store.current.revision);
  });

  test('entries that expire together share a lease', async (t) => {
    await emptied();
    const client = new GrpcEtcdClient({ endpoints: [server.endpoint] });
    t.after(() => client.close());
    const store = await opened(t);
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.commit([{ ...put(`e${i}`, i), ttlMs: 3_600_000 }])));
    const { kvs } = await client.range({ from: pods, to: '/registry/pods0', limit: 50 });
    assert.equal(kvs.length, 20);
    assert.equal(new Set(kvs.map(({ lease }) => lease)).size, 1);
    assert.notEqual(kvs[0]?.lease, 0);
    const expiresAtMs = store.current.get(pods, 'e3')?.expiresAtMs ?? 0;
    assert.ok(expiresAtMs >= Date.now() + 3_590_000 && expiresAtMs <= Date.now() + 3_660_000);
  });

  test("etcd's history is compacted by one of its API servers", async (t) => {
    const stores = await Promise.all([
      opened(t, { compactionIntervalMs: 150 }),
      opened(t, { compactionIntervalMs: 150 }),
    ]);
    const client = new GrpcEtcdClient({ endpoints: [server.endpoint] });
    t.after(() => client.close());
    const [store] = stores;
    const { revision } = store.current;
    for (let i = 0; i < 10; i++) await store.commit([put('compacted', i)]);
    let gone = false;
    for (let i = 0; i < 100 && !gone; i++) {
      await sleep(50);
      gone = await client.range({ from: pods, to: '/registry/pods0', limit: 1, revision }).then(
        () => false,
        (error: unknown) => error instanceof HostError && error.code === 'Compacted',
      );
    }
    assert.ok(gone, 'the old revision is gone from etcd');
    assert.equal(store.at(revision).revision <= revision, true, 'the history here is bounded by its own limits');
  });

  test('what is encrypted is in etcd as upstream keeps it, and is renewed when another key is to write', async (t) => {
    const { Transformers, parseEncryptionConfiguration } = await import('../../src/apiserver/mod.ts');
    const { keyedCipher } = await import('../../src/host/encryption/mod.ts');
    const secrets = '/registry/secrets/';
    const resources = new Map([[secrets, { group: '', resource: 'secrets' }]]);
    const ciphers = { keyed: keyedCipher, kms: () => assert.fail('no plug-in is configured') };
    const configuration = (...names: readonly string[]): ReturnType<typeof parseEncryptionConfiguration> => {
      const keys = names.map((name) => ({ name, secret: Buffer.alloc(32, name).toString('base64') }));
      const resource = { resources: ['secrets'], providers: [{ aesgcm: { keys } }, { identity: {} }] };
      const head = { kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1' };
      return parseEncryptionConfiguration(JSON.stringify({ ...head, resources: [resource] }), 'test');
    };
    const transformer = new Transformers(resources, configuration('key1'), ciphers);
    const store = await opened(t, { transformer });
    const client = new GrpcEtcdClient({ endpoints: [server.endpoint] });
    t.after(() => client.close());
    const raw = async (): Promise<string> => {
      const { kvs } = await client.range({ from: `${secrets}default/enc`, to: `${secrets}default/enc\0`, limit: 1 });
      return Buffer.from(kvs[0]?.value ?? []).toString('latin1');
    };
    const change: Change = { collection: secrets, name: 'default/enc', value: { text: 'plain-text' } };
    await store.commit([change]);
    const first = await raw();
    assert.ok(first.startsWith('k8s:enc:aesgcm:v1:key1:') && !first.includes('plain-text'));
    const entry = store.current.get(secrets, 'default/enc');
    assert.ok(entry !== undefined);
    assert.equal(entry.value['text'], 'plain-text');
    assert.equal(store.isStale(entry), false);
    transformer.use(configuration('key2', 'key1'), ciphers);
    assert.equal(store.isStale(entry), true);
    await store.commit([change]);
    assert.ok((await raw()).startsWith('k8s:enc:aesgcm:v1:key2:'));
    const again = store.current.get(secrets, 'default/enc');
    assert.ok(again !== undefined && !store.isStale(again));
    const other = new Transformers(resources, configuration('key3'), ciphers);
    await assert.rejects(open({ transformer: other }), {
      code: 'Unsupported',
      message:
        'unable to transform key "/registry/secrets/default/enc": no matching key was found for the provided AES transformer (stored as k8s:enc:aesgcm:v1:key2)',
    });
    await store.commit([{ ...change, value: undefined }]);
  });
});

suite('etcd that fails', () => {
  before(async () => {
    server = await EtcdServer.start();
    await serving(server.endpoint);
  });
  after(() => server[Symbol.asyncDispose]());

  test('kill -9 and restart: nothing acknowledged is lost, and watches go on', async (t) => {
    const store = await opened(t);
    const acknowledged = new Map<string, number>();
    const events: ChangeEvent[] = [];
    using _heard = store.subscribe((batch) => void events.push(...batch));
    let stopped = false;
    const write = async (name: string): Promise<void> => {
      for (let n = 1; !stopped; n++) {
        const done = await store.commit([put(name, n)]).then(
          (result) => result.ok,
          (error: unknown) => assert.ok(error instanceof HostError),
        );
        if (done === true) acknowledged.set(name, n);
        else await sleep(20);
      }
    };
    const writers = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(write));
    for (let round = 0; round < 4; round++) {
      await sleep(150 + round * 70);
      await server.kill();
      await server.start();
      const before = store.current.revision;
      await eventually('writes after the restart', () => store.current.revision > before + 10);
    }
    stopped = true;
    await writers;
    await store.sync();
    for (const [name, n] of acknowledged)
      assert.ok(
        Number(value(store, name)) >= n,
        `${name} was acknowledged at ${n} and is at ${String(value(store, name))}`,
      );
    const other = await opened(t);
    assert.deepEqual(
      [...other.current.collection(pods)].map(([, { value }]) => value),
      [...store.current.collection(pods)].map(([, { value }]) => value),
    );
    for (const [i, { revision }] of events.entries())
      assert.equal(revision, (events[0]?.revision ?? 0) + i, 'every revision once, in order');
  });

  test('a cut network: writes fail, reads go on, and what was missed arrives in order', async (t) => {
    using proxy = await new CuttableProxy(server.port).listen();
    const store = await opened(t, { etcd: { endpoints: [`http://127.0.0.1:${proxy.port}`], timeoutMs: 1000 } });
    const direct = await opened(t);
    await store.commit([put('cut', 1)]);
    using watch = store.watch(pods, store.current.revision, () => {});
    proxy.cut();
    const failed = await store.commit([put('cut', 99)]).catch((error: unknown) => error);
    assert.ok(failed instanceof HostError, String(failed));
    assert.equal(value(store, 'cut'), 1, 'reads are served from here');
    for (let n = 2; n <= 30; n++) await direct.commit([put('cut', n)]);
    proxy.heal();
    await eventually('the missed writes', () => value(store, 'cut') === 30);
    const seen = watch.take(100).map(({ entry }) => entry.value['n']);
    assert.deepEqual(
      seen,
      Array.from({ length: 29 }, (_, i) => i + 2),
    );
    const result = await store.commit([put('cut', 31)]);
    assert.ok(result.ok);
  });

  test('a network that swallows everything is noticed', async (t) => {
    using proxy = await new CuttableProxy(server.port).listen();
    const store = await opened(t, {
      etcd: { endpoints: [`http://127.0.0.1:${proxy.port}`], timeoutMs: 500, keepaliveMs: 400 },
    });
    const direct = await opened(t);
    proxy.silence();
    await direct.commit([put('silent', 1)]);
    await assert.rejects(store.sync(), HostError);
    await sleep(1200);
    proxy.heal();
    await eventually('the missed write', () => value(store, 'silent') === 1);
  });

  test('when the missed revisions were compacted, state is listed anew and watches end', async (t) => {
    using proxy = await new CuttableProxy(server.port).listen();
    const client = new GrpcEtcdClient({ endpoints: [server.endpoint] });
    t.after(() => client.close());
    const store = await opened(t, { etcd: { endpoints: [`http://127.0.0.1:${proxy.port}`], timeoutMs: 1000 } });
    const direct = await opened(t);
    await store.commit([put('gone', 1), put('stays', 1)]);
    using watch = store.watch(pods, store.current.revision, () => {});
    const model = new Map([...store.current.collection(pods)].map(([name, { revision }]) => [name, revision]));
    using _cache = store.subscribe((events) => {
      for (const { type, entry } of events) {
        if (type === 'deleted') model.delete(entry.name);
        else model.set(entry.name, entry.revision);
      }
    });
    proxy.cut();
    await direct.commit([{ ...put('gone', 0), value: undefined }]);
    await direct.commit([put('new', 1)]);
    const { revision } = direct.current;
    await direct.commit([put('new', 2)]);
    await client.compact(revision + 1);
    proxy.heal();
    await eventually('the new state', () => value(store, 'new') === 2);
    assert.equal(store.current.get(pods, 'gone'), undefined);
    assert.throws(() => watch.take(10), CompactedError);
    assert.deepEqual(
      model,
      new Map([...store.current.collection(pods)].map(([name, { revision }]) => [name, revision])),
      'a cache was told what differs',
    );
    assert.ok((await store.commit([put('new', 3)])).ok);
  });

  test('with several endpoints, one that is away is passed over', async (t) => {
    using dead = await new CuttableProxy(1).listen();
    using proxy = await new CuttableProxy(server.port).listen();
    dead.cut();
    const endpoints = [`http://127.0.0.1:${dead.port}`, `http://127.0.0.1:${proxy.port}`, server.endpoint];
    const store = await opened(t, { etcd: { endpoints, timeoutMs: 1000 } });
    assert.ok((await store.commit([put('failover', 1)])).ok);
    proxy.cut();
    let written = false;
    for (let i = 0; i < 100 && !written; i++) {
      written = await store.commit([put('failover', 2)]).then(
        ({ ok }) => ok,
        () => false,
      );
      if (!written) await sleep(20);
    }
    assert.ok(written, 'the third one took over');
    assert.equal(value(store, 'failover'), 2);
  });
});

suite('etcd that was replaced', () => {
  test('an etcd that is older than it was ends the process rather than mixing two histories', async (t) => {
    server = await EtcdServer.start();
    t.after(() => server[Symbol.asyncDispose]());
    await serving(server.endpoint);
    const fatal: string[] = [];
    const store = await opened(t, { onFatal: (error) => void fatal.push(error.code) });
    for (let n = 1; n <= 20; n++) await store.commit([put('a', n)]);
    await server.kill();
    rmSync(server.directory, { recursive: true });
    await server.start();
    await serving(server.endpoint);
    await assert.rejects(
      store.commit([put('a', 21)]),
      /etcd is at revision 2, but was at 21: it was replaced or restored/,
    );
    assert.deepEqual(fatal, ['WentBack']);
  });
});

suite('etcd over TLS', () => {
  test('with client certificates', async (t) => {
    const certificates = path.join(new EtcdCertificates().directory);
    t.after(() => rmSync(certificates, { recursive: true, force: true }));
    const file = (name: string): string => path.join(certificates, name);
    const flags = [
      '--client-cert-auth',
      '--trusted-ca-file',
      file('ca.crt'),
      '--cert-file',
      file('etcd.crt'),
      '--key-file',
      file('etcd.key'),
    ];
    server = await EtcdServer.start(flags);
    t.after(() => server[Symbol.asyncDispose]());
    const tls = {
      ca: readFileSync(file('ca.crt')),
      certificate: readFileSync(file('etcd.crt')),
      key: readFileSync(file('etcd.key')),
    };
    let store: EtcdStore | undefined;
    for (let i = 0; i < 100 && store === undefined; i++) {
      store = await open({ etcd: { tls, timeoutMs: 2000 } }).catch(() => undefined);
      await sleep(50);
    }
    assert.ok(store !== undefined, 'etcd serves over TLS');
    t.after(() => store.close());
    assert.ok((await store.commit([put('secret', 1)])).ok);
    await assert.rejects(
      open({ etcd: { tls: { ca: tls.ca }, timeoutMs: 2000 } }),
      HostError,
      'who has no certificate is not let in',
    );
  });
});

/** A CA and one certificate for both sides, made by openssl. */
class EtcdCertificates {
  readonly directory = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  constructor() {
    const run = (...args: string[]): void => void execFileSync('openssl', args, { cwd: this.directory, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test-ca', '-days', '1');
    run(
      'req',
      '-x509',
      ...key,
      '-keyout',
      'etcd.key',
      '-out',
      'etcd.crt',
      '-subj',
      '/CN=etcd',
      '-days',
      '1',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    );
  }
}
