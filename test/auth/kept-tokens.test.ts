import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secrets, serviceAccounts, type Secret } from '../../src/api/mod.ts';
import type { DeepReadonly } from '../../src/base/mod.ts';
import { isApiError } from '../../src/machinery/mod.ts';
import { startCluster, type TestCluster } from '../../src/main/testing.ts';
import { ask, reviewToken } from './ask.ts';

type ReadonlySecret = DeepReadonly<Secret>;
const namespace = 'default';

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const patience = AbortSignal.timeout(10_000);
  while (!patience.aborted) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return assert.fail('it did not come');
}

async function filled({ client }: TestCluster, name: string): Promise<ReadonlySecret> {
  return until(async () => {
    const secret = await client.get(secrets, { namespace, name });
    return secret.data?.['token'] === undefined ? undefined : secret;
  });
}

const textOf = ({ data }: ReadonlySecret, key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString();

function gone(cluster: TestCluster, name: string): Promise<true> {
  return until(async () => {
    try {
      await cluster.client.get(secrets, { namespace, name });
      return undefined;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return true;
      throw error;
    }
  });
}

test('a secret is filled with a token of its account, and lives as long', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0 });
  const { client, endpoint } = cluster;
  const secret = (name: string, account: string): Promise<unknown> =>
    client.create(secrets, {
      metadata: { namespace, name, annotations: { 'kubernetes.io/service-account.name': account } },
      type: 'kubernetes.io/service-account-token',
    });
  const bot = await client.create(serviceAccounts, {
    metadata: { namespace, name: 'bot' },
    secrets: [{ name: 'kept' }, { name: 'other' }],
  });
  await secret('kept', 'bot');
  const kept = await filled(cluster, 'kept');
  assert.equal(textOf(kept, 'namespace'), namespace);
  assert.equal(textOf(kept, 'ca.crt'), endpoint.ca);
  assert.equal(kept.metadata.annotations?.['kubernetes.io/service-account.uid'], bot.metadata.uid);
  const token = textOf(kept, 'token');
  const expected = {
    username: 'system:serviceaccount:default:bot',
    uid: bot.metadata.uid,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  };
  assert.deepEqual((await ask(endpoint, { token })).user, expected);
  const today = new Date(cluster.clock.now()).toISOString().slice(0, 10);
  await until(async () => {
    const { metadata } = await client.get(secrets, { namespace, name: 'kept' });
    return metadata.labels?.['kubernetes.io/legacy-token-last-used'] === today ? true : undefined;
  });

  const mark = (value: string | null): Promise<unknown> =>
    client.patch(
      secrets,
      { namespace, name: 'kept' },
      { type: 'merge', body: { metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': value } } } },
    );
  await mark(today);
  assert.equal((await ask(endpoint, { token })).status, 401);
  assert.deepEqual(await reviewToken(endpoint, token), {
    user: {},
    error:
      "[invalid bearer token, the token in secret default/kept for service account default/bot has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the 'kubernetes.io/legacy-token-invalid-since' label from the secret to temporarily allow use of this token]",
  });
  await mark(null);
  assert.deepEqual((await ask(endpoint, { token })).user, expected);

  await client.delete(secrets, { namespace, name: 'kept' });
  assert.equal((await ask(endpoint, { token })).status, 401, 'a token ends with its secret');
  await until(async () => {
    const { secrets: named } = await client.get(serviceAccounts, { namespace, name: 'bot' });
    return JSON.stringify(named) === '[{"name":"other"}]' ? true : undefined;
  });
  await secret('next', 'bot');
  await filled(cluster, 'next');
  await client.delete(serviceAccounts, { namespace, name: 'bot' });
  await gone(cluster, 'next');
});
