/** Configuration files of users that change while the server runs. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { TlsServer } from '../tls-server.ts';
import { ask, authorizationConfiguration, Files, webhookAuthorizer } from './ask.ts';
import { provide, signed, signingKey } from './identity-provider.ts';

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

interface Figures {
  readonly success: number;
  readonly failure: number;
  readonly at: Readonly<Record<string, number>>;
  readonly hash: string | undefined;
}

/** What `/metrics` says of the reloads of one file. */
async function figures({ endpoint }: TestCluster, what: string): Promise<Figures> {
  const { text } = await ask(endpoint, { path: '/metrics', credential: endpoint.admin });
  const value = (name: string, status: string): number => {
    const labels = `apiserver_id_hash="sha256:[0-9a-f]{64}",status="${status}"`;
    const found = new RegExp(`^apiserver_${what}_config_controller_${name}\\{${labels}\\} (\\S+)$`, 'm').exec(text);
    return Number(found?.[1] ?? 0);
  };
  return {
    success: value('automatic_reloads_total', 'success'),
    failure: value('automatic_reloads_total', 'failure'),
    at: {
      success: value('automatic_reload_last_timestamp_seconds', 'success'),
      failure: value('automatic_reload_last_timestamp_seconds', 'failure'),
    },
    hash: /^apiserver_\w+_config_controller_last_config_info\{[^}]*,hash="([^"]*)"\} 1$/m.exec(text)?.[1],
  };
}

/** Lets virtual time pass until it is so. */
async function until(cluster: TestCluster, what: string, so: (figures: Figures) => boolean): Promise<Figures> {
  const patience = AbortSignal.timeout(10_000);
  for (;;) {
    const found = await figures(cluster, what);
    if (so(found)) return found;
    assert.ok(!patience.aborted, JSON.stringify(found));
    await cluster.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const configuration = (kind: string, rest: object): string =>
  JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind, ...rest });

test('another configuration of authorizers holds as soon as it is there and right', async () => {
  using files = new Files();
  await using hook = await TlsServer.start();
  const asked: unknown[] = [];
  hook.reviews((spec) => {
    asked.push(spec['user']);
    return { allowed: spec['user'] === 'ann' };
  });
  const kubeConfigFile = files.write('hook', hook.kubeconfig());
  const rbac = { type: 'RBAC', name: 'rbac' };
  const webhook = (name: string, file = kubeConfigFile): object =>
    webhookAuthorizer(name, file, { authorizedTTL: '5m' });
  const of = (...authorizers: object[]): string => authorizationConfiguration(authorizers);
  const path = files.write('config', of(rbac));
  await using cluster = await startApiServer({
    https: true,
    clock: 'virtual',
    flags: { 'authorization-config': path, 'token-auth-file': files.write('tokens', 'ann-token,ann,u1\n') },
  });
  const may = async (): Promise<boolean> =>
    (await ask(cluster.endpoint, { token: 'ann-token', path: '/api/v1/secrets' })).status === 200;
  assert.equal(await may(), false);
  assert.deepEqual(await figures(cluster, 'authorization'), {
    success: 0,
    failure: 0,
    at: { success: 0, failure: 0 },
    hash: sha256(of(rbac)),
  });

  const next = of(rbac, webhook('hook'));
  files.replace(path, next);
  const { hash, at } = await until(cluster, 'authorization', ({ success }) => success === 1);
  assert.equal(hash, sha256(next));
  assert.ok(Math.abs((at['success'] ?? 0) - cluster.clock.now() / 1000) <= 60);
  assert.equal(await may(), true);
  assert.deepEqual(asked, ['ann']);

  // Each of these is told of once, and changes nothing.
  const wrong: string[] = [
    'not: [a',
    of(webhook('hook')),
    of(rbac, rbac),
    of({ ...rbac, name: 'mine' }),
    of(rbac, { type: 'Node', name: 'node' }),
    of(rbac, webhook('hook', '/not/there')),
  ];
  for (const [i, text] of wrong.entries()) {
    files.replace(path, text);
    await until(cluster, 'authorization', ({ failure }) => failure === i + 1);
    await cluster.advance(180_000);
    assert.equal((await figures(cluster, 'authorization')).failure, i + 1, text);
    assert.equal(await may(), true, text);
  }
  assert.equal((await figures(cluster, 'authorization')).hash, sha256(next));

  // What is written otherwise and says the same is no other configuration.
  files.replace(path, JSON.stringify(JSON.parse(of(rbac)), undefined, 2));
  assert.equal((await until(cluster, 'authorization', ({ success }) => success === 2)).failure, wrong.length);
  assert.equal(await may(), false);
  files.replace(path, of(rbac));
  await cluster.advance(180_000);
  const last = await figures(cluster, 'authorization');
  assert.deepEqual([last.success, last.failure], [2, wrong.length]);
});

test('another configuration of issuers holds once they are found', async () => {
  using files = new Files();
  await using first = await TlsServer.start();
  await using second = await TlsServer.start();
  const key = signingKey('k', 'ES256');
  provide(first, [key]);
  const of = (providers: readonly TlsServer[], rest: object = {}): string =>
    configuration('AuthenticationConfiguration', {
      jwt: providers.map(({ url, ca }) => ({
        issuer: { url, certificateAuthority: ca, audiences: ['kube'] },
        claimMappings: { username: { claim: 'sub', prefix: '' } },
      })),
      ...rest,
    });
  const path = files.write('config', of([first]));
  await using cluster = await startApiServer({
    https: true,
    clock: 'virtual',
    flags: { 'authentication-config': path },
  });
  const exp = Math.floor(cluster.clock.now() / 1000) + 86_400;
  const status = async ({ url }: TlsServer): Promise<number> =>
    (await ask(cluster.endpoint, { token: signed(key, { iss: url, aud: 'kube', sub: 'ann', exp }) })).status;
  assert.deepEqual([await status(first), await status(second)], [201, 401]);

  // It is not there yet: what held holds on, and it is tried again and again.
  files.replace(path, of([second]));
  await until(cluster, 'authentication', ({ failure }) => failure === 2);
  assert.deepEqual([await status(first), await status(second)], [201, 401]);
  provide(second, [key]);
  const { hash } = await until(cluster, 'authentication', ({ success }) => success === 1);
  assert.equal(hash, sha256(of([second])));
  assert.deepEqual([await status(first), await status(second)], [401, 201]);

  const { failure: before } = await figures(cluster, 'authentication');
  for (const [i, text] of [of([second, second]), of([first], { anonymous: { enabled: false } }), '{}'].entries()) {
    files.replace(path, text);
    await until(cluster, 'authentication', ({ failure }) => failure === before + i + 1);
    assert.deepEqual([await status(first), await status(second)], [401, 201]);
  }
  files.replace(path, of([first, second]));
  await until(cluster, 'authentication', ({ success }) => success === 2);
  assert.deepEqual([await status(first), await status(second)], [201, 201]);
});
