import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import facts from '../../api/upstream/facts.json' with { type: 'json' };
import {
  namespaces,
  nodes,
  pods,
  secrets,
  serviceAccounts,
  type Pod,
  type ServiceAccount,
  type TokenRequest,
} from '../../api/mod.ts';
import { seededRandom, silentLog, VirtualClock, type DeepReadonly } from '../../base/mod.ts';
import { tokenKeys } from '../../host/pki/mod.ts';
import { usualConfig, type UserInfo } from '../../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../../store/mod.ts';
import { composeServer, type ComposedServer } from '../compose.ts';
import { stamp } from '../stamp.ts';
import type { InProcessClient } from '../in-process-client.ts';
import { signToken } from './token.ts';
import { InvalidToken } from './tokens.ts';

const admin: UserInfo = { username: 'admin', groups: ['system:masters'] };
const issuer = 'https://kubernetes.default.svc.cluster.local';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = tokenKeys(privateKey);

interface World {
  readonly api: ComposedServer;
  readonly client: InProcessClient;
  readonly clock: VirtualClock;
  readonly account: DeepReadonly<ServiceAccount>;
  readonly pod: DeepReadonly<Pod>;
  ask(spec?: TokenRequest['spec'], name?: string): Promise<TokenRequest>;
  user(token: string): UserInfo;
}

async function world(): Promise<World> {
  const clock = new VirtualClock({ rest: () => Promise.resolve(), startMs: Date.UTC(2030, 0, 1) });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const api = composeServer(
    { store, clock, random: seededRandom(1), log: silentLog, facts, config: usualConfig, tokenKeys: keys },
    { posts: [] },
  );
  const client = api.client(admin);
  await client.create(namespaces, { metadata: { name: 'default' } });
  const account = await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  await client.create(nodes, { metadata: { name: 'node-1' } });
  const pod = await client.create(pods, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'node-1', serviceAccountName: 'default', containers: [{ name: 'c', image: 'i' }] },
  });
  const ask = async (spec: TokenRequest['spec'] = {}, name = 'default'): Promise<TokenRequest> =>
    (await client.create(serviceAccounts, { metadata: { name, namespace: 'default' }, spec } as never, {
      subresource: 'token',
    })) as unknown as TokenRequest;
  const user = (token: string): UserInfo =>
    atOnce(api.bearer.authenticate({ url: '/api', headers: { authorization: `Bearer ${token}` } })) ??
    assert.fail('nobody');
  return { api, client, clock, account, pod, ask, user };
}

/** Tokens of accounts are known without waiting. */
function atOnce<T>(asked: T | Promise<T>): T {
  assert.ok(!(asked instanceof Promise));
  return asked;
}

const tokenOf = (request: TokenRequest): string => request.status?.token ?? '';
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

test('a token is signed, says what upstream says, and names its user', async () => {
  const { ask, user, account, pod } = await world();
  const request = await ask({
    boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid ?? '' },
  });
  const token = tokenOf(request);
  const [head = '', body = '', tail = ''] = token.split('.');
  assert.ok(
    verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey(privateKey), dsaEncoding: 'ieee-p1363' },
      Buffer.from(tail, 'base64url'),
    ),
  );
  const claims = claimsOf(token);
  const now = Date.UTC(2030, 0, 1) / 1000;
  assert.deepEqual(
    { ...claims, jti: 'x', 'kubernetes.io': undefined },
    {
      aud: [issuer],
      exp: now + 3600,
      iat: now,
      iss: issuer,
      jti: 'x',
      nbf: now,
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': undefined,
    },
  );
  assert.equal(request.status?.expirationTimestamp, '2030-01-01T01:00:00Z');
  const { username, uid, groups, extra } = user(token);
  assert.deepEqual(
    [username, uid, groups],
    [
      'system:serviceaccount:default:default',
      account.metadata.uid,
      ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    ],
  );
  const prefix = 'authentication.kubernetes.io';
  assert.deepEqual(
    Object.keys(extra ?? {}).sort(),
    ['credential-id', 'node-name', 'node-uid', 'pod-name', 'pod-uid'].map((name) => `${prefix}/${name}`),
  );
  assert.deepEqual(extra?.[`${prefix}/pod-uid`], [pod.metadata.uid]);
  assert.equal(user(token), user(token), 'one user for one token');
});

test('a token ends with its time, its pod, its account', async () => {
  const { ask, user, api, client, clock, pod } = await world();
  const bound = { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } };
  const [free, ofPod] = [
    tokenOf(await ask({ expirationSeconds: 7200 })),
    tokenOf(await ask({ ...bound, expirationSeconds: 7200 })),
  ];
  const why = (token: string): string => {
    try {
      return atOnce(api.bearer.review(token, [issuer])).user.username;
    } catch (error) {
      return error instanceof InvalidToken
        ? error.message.replace(/^\[invalid bearer token, (.*)\]$/, '$1')
        : String(error);
    }
  };
  await client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 30 });
  assert.equal(why(ofPod), 'system:serviceaccount:default:default', 'a pod that ends still needs its token');
  await clock.advance(120_000);
  assert.equal(why(ofPod), 'service account token has been invalidated');
  await client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
  assert.equal(why(ofPod), 'service account token has been invalidated');
  const again = await client.create(pods, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  assert.equal(
    why(ofPod),
    `pod UID (${again.metadata.uid ?? ''}) does not match service account pod ref claim (${pod.metadata.uid ?? ''})`,
  );
  await client.delete(serviceAccounts, { namespace: 'default', name: 'default' });
  assert.equal(why(free), 'serviceaccounts "default" not found');
  const other = await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  assert.match(why(free), new RegExp(`service account UID \\(${other.metadata.uid ?? ''}\\) does not match claim`));
  const fresh = tokenOf(await ask({ expirationSeconds: 600 }));
  await clock.advance(600_000 + 59_000);
  assert.equal(user(fresh).username, 'system:serviceaccount:default:default');
  await clock.advance(2_000);
  assert.equal(why(fresh), 'service account token has expired');
  assert.throws(() => user(fresh), { message: 'Unauthorized', code: 401 });
});

test('tokens that are forged, for others, or nothing at all', async () => {
  const { ask, api, user } = await world();
  const token = tokenOf(await ask());
  const [head = '', , tail = ''] = token.split('.');
  const claims = claimsOf(token);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = [
    `${head}.${encode({ ...claims, sub: 'system:serviceaccount:kube-system:default' })}.${tail}`,
    `${encode({ alg: 'none' })}.${encode(claims)}.`,
    `${encode({ alg: 'none' })}.${encode(claims)}.AA`,
    `${encode({ alg: 'HS256', kid: keys.keyId })}.${encode(claims)}.${tail}`,
    `${encode({ alg: 'ES256', kid: 'other' })}.${encode(claims)}.${tail}`,
    signToken(tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), claims as never),
    signToken(keys, { ...claims, iss: 'https://elsewhere' }),
    signToken(keys, { ...claims, sub: 'system:serviceaccount:default:other' }),
    signToken(keys, { ...claims, 'kubernetes.io': 1 }),
    `${token}.x`,
    `${token}x`,
    'a.b.c',
    '..',
    'garbage',
    '\u0000',
  ];
  for (const wrong of forged) assert.throws(() => user(wrong), { code: 401 }, wrong);
  const other = tokenOf(await ask({ audiences: ['vault'] }));
  assert.throws(() => user(other), { code: 401 });
  assert.deepEqual(atOnce(api.bearer.review(other, ['x', 'vault'])).audiences, ['vault']);
  assert.throws(() => api.bearer.review(other, ['x']), {
    message: '[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["x"]]',
  });
});

test('what a token request may ask for', async () => {
  const { ask, client, pod } = await world();
  await assert.rejects(ask({ expirationSeconds: 599 }), {
    message:
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    code: 422,
  });
  await assert.rejects(ask({ expirationSeconds: 2 ** 32 + 1 }), /larger than 2\^32 seconds/);
  await assert.rejects(ask({}, 'none'), { message: 'serviceaccounts "none" not found', code: 404 });
  await assert.rejects(ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'q' } }), {
    message: 'pods "q" not found',
  });
  await assert.rejects(ask({ boundObjectRef: { kind: 'Deployment', apiVersion: 'apps/v1', name: 'q' } }), {
    message: 'cannot bind token to object of type apps/v1, Kind=Deployment',
    code: 400,
  });
  await assert.rejects(ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'other' } }), {
    code: 409,
  });
  await client.create(serviceAccounts, { metadata: { name: 'other', namespace: 'default' } });
  await assert.rejects(ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }, 'other'), {
    message: 'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.',
  });
  const injected = await ask({
    expirationSeconds: 3607,
    boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid ?? '' },
  });
  assert.equal(injected.status?.expirationTimestamp, '2030-01-01T01:00:07Z');
  const claims = claimsOf(tokenOf(injected)) as { exp: number; iat: number; 'kubernetes.io': { warnafter: number } };
  assert.deepEqual([claims.exp - claims.iat, claims['kubernetes.io'].warnafter - claims.iat], [365 * 86_400, 3607]);
});

/** What is remarked of a token. */
function remarksOf({ api }: World, token: string): readonly string[] {
  const said: string[] = [];
  const remarks = {
    annotate: (key: string, value: string) => void said.push(`${key}=${value}`),
    warn: (text: string) => void said.push(text),
  };
  atOnce(api.bearer.authenticate({ url: '/api', headers: { authorization: `Bearer ${token}` } }, remarks));
  return said;
}

function usesOf({ api }: World): string[] {
  return api.metrics
    .text()
    .split('\n')
    .filter((line) => /^serviceaccount_\w+ [1-9]/.test(line));
}

test('a token that should have been renewed is remarked upon', async () => {
  const made = await world();
  const { ask, clock, pod } = made;
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid ?? '' };
  const token = tokenOf(await ask({ expirationSeconds: 3607, boundObjectRef }));
  assert.deepEqual(remarksOf(made, token), []);
  await clock.advance(4000_000);
  const about = 'subject: system:serviceaccount:default:default, seconds after warning threshold: 393';
  assert.deepEqual(remarksOf(made, token), [`authentication.k8s.io/stale-token=${about}`]);
  assert.deepEqual(usesOf(made), ['serviceaccount_stale_tokens_total 1', 'serviceaccount_valid_tokens_total 1']);
});

test('a token that is kept in a secret is good for as long as the secret holds it', async () => {
  const made = await world();
  const { client, account, user } = made;
  const token = signToken(keys, {
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'default',
    'kubernetes.io/serviceaccount/secret.name': 's',
    'kubernetes.io/serviceaccount/service-account.name': 'default',
    'kubernetes.io/serviceaccount/service-account.uid': account.metadata.uid ?? '',
    sub: 'system:serviceaccount:default:default',
  });
  assert.throws(() => user(token), { code: 401 });
  const annotations = { 'kubernetes.io/service-account.name': 'default' };
  await client.create(secrets, {
    metadata: { name: 's', namespace: 'default', annotations },
    type: 'kubernetes.io/service-account-token',
    data: { token: Buffer.from(token).toString('base64') },
  });
  assert.equal(user(token).username, 'system:serviceaccount:default:default');
  assert.deepEqual(remarksOf(made, token), ['authentication.k8s.io/legacy-token-manual-secret=s']);
  const patched = { type: 'merge', body: { secrets: [{ name: 's' }] } } as const;
  await client.patch(serviceAccounts, { namespace: 'default', name: 'default' }, patched);
  assert.deepEqual(remarksOf(made, token), [
    'authentication.k8s.io/legacy-token-autogenerated-secret=s',
    'Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.',
  ]);
  assert.deepEqual(usesOf(made), [
    'serviceaccount_legacy_auto_token_uses_total 1',
    'serviceaccount_legacy_manual_token_uses_total 2',
  ]);
  await client.delete(secrets, { namespace: 'default', name: 's' });
  assert.throws(() => user(token), { code: 401 });
});

test('a bootstrap token is its secret', async () => {
  const { client, user, clock } = await world();
  await client.create(namespaces, { metadata: { name: 'kube-system' } });
  const stringData = {
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-authentication': 'true',
    'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token,system:masters',
    expiration: '2030-01-01T01:00:00Z',
  };
  assert.throws(() => user('abcdef.0123456789abcdef'), { code: 401 });
  await client.create(secrets, {
    metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    stringData,
  });
  assert.deepEqual(user('abcdef.0123456789abcdef'), {
    username: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:authenticated'],
  });
  assert.throws(() => user('abcdef.0123456789abcdee'), { code: 401 });
  await clock.advance(3_601_000);
  assert.throws(() => user('abcdef.0123456789abcdef'), { code: 401 });
});
