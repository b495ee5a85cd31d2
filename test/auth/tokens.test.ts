import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { Pki } from '../../src/host/pki/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import { serviceAccounts, startApiServer } from '../../src/main/testing.ts';
import { TlsServer } from '../tls-server.ts';
import { ask, Files, reviewToken, type Reply } from './ask.ts';
import { provide, signed, signingKey } from './identity-provider.ts';

const everybody = 'system:authenticated';

test('tokens from a file', async () => {
  using files = new Files();
  const path = files.write('tokens', 'a-token,ann,u1,"dev,ops"\n,nobody,x\nplain,bob,u2\nquoted,"o""brien",u3\n');
  await using cluster = await startApiServer({ https: true, flags: { 'token-auth-file': path } });
  const { endpoint } = cluster;
  const user = async (token: string): Promise<unknown> => (await ask(endpoint, { token })).user;
  assert.deepEqual(await user('a-token'), { username: 'ann', uid: 'u1', groups: ['dev', 'ops', everybody] });
  assert.deepEqual(await user('plain'), { username: 'bob', uid: 'u2', groups: [everybody] });
  assert.deepEqual(await user('quoted'), { username: 'o"brien', uid: 'u3', groups: [everybody] });
  assert.equal((await ask(endpoint, { token: 'b-token' })).status, 401);
  assert.deepEqual(await reviewToken(endpoint, 'plain', ['vault']), { user: {}, error: 'invalid bearer token' });
  const short = files.write('short', 'token,user\n');
  await assert.rejects(startApiServer({ https: true, flags: { 'token-auth-file': short } }), {
    message: `token file '${short}' must have at least 3 columns (token, user name, user uid), found 2`,
  });
});

test('tokens of accounts are good for no longer than the cluster allows', async () => {
  const flags = { 'service-account-max-token-expiration': '1h' };
  await using cluster = await startApiServer({ https: true, clock: 'virtual', flags });
  const { endpoint } = cluster;
  await cluster.client.create(serviceAccounts, { metadata: { namespace: 'default', name: 'bot' } });
  const request = async (expirationSeconds: number): Promise<Reply> =>
    ask(endpoint, {
      path: '/api/v1/namespaces/default/serviceaccounts/bot/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } },
      credential: endpoint.admin,
    });
  const shortened = await request(7200);
  assert.equal(shortened.headers['warning'], '299 - "requested expiration of 7200 seconds shortened to 3600 seconds"');
  const { spec, status } = JSON.parse(shortened.text) as {
    spec: { expirationSeconds: number };
    status: { token: string; expirationTimestamp: string };
  };
  assert.equal(spec.expirationSeconds, 3600);
  assert.equal(Date.parse(status.expirationTimestamp), Math.floor(cluster.clock.now() / 1000 + 3600) * 1000);
  assert.equal((await ask(endpoint, { token: status.token })).status, 201);
  await cluster.advance(3_700_000);
  assert.equal((await ask(endpoint, { token: status.token })).status, 401);
  assert.equal((await request(1800)).headers['warning'], undefined);
  const tooShort = { 'service-account-max-token-expiration': '10m' };
  await assert.rejects(startApiServer({ https: true, flags: tooShort }), /must be between 1 hour and 2\^32 seconds/);
});

test('tokens of accounts have the keys, issuers and audiences that flags say', async () => {
  using files = new Files();
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const old = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = (key: KeyObject): string =>
    key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
  const flags = {
    'service-account-signing-key-file': files.write('sa.key', pem(signing.privateKey)),
    'service-account-key-file': [
      files.write('sa.pub', pem(signing.publicKey)),
      files.write('old', pem(old.publicKey)),
    ].join(),
    'service-account-issuer': 'https://new.example.com,https://old.example.com',
    'api-audiences': 'api,https://new.example.com',
    'service-account-jwks-uri': 'https://keys.example.com/jwks',
    'service-account-extend-token-expiration': 'false',
  };
  await using cluster = await startApiServer({ https: true, clock: 'virtual', flags });
  const { endpoint } = cluster;
  const { metadata } = await cluster.client.create(serviceAccounts, {
    metadata: { namespace: 'default', name: 'bot' },
  });
  const get = async (path: string): Promise<Reply> => ask(endpoint, { path, credential: endpoint.admin });
  const discovered = await get('/.well-known/openid-configuration');
  assert.equal(discovered.headers['cache-control'], 'public, max-age=3600');
  assert.deepEqual(JSON.parse(discovered.text), {
    issuer: 'https://new.example.com',
    jwks_uri: 'https://keys.example.com/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES384', 'RS256'],
  });
  const { keys } = JSON.parse((await get('/openid/v1/jwks')).text) as { keys: { kty: string; alg: string }[] };
  assert.deepEqual(
    keys.map(({ kty, alg }) => [kty, alg]),
    [
      ['EC', 'ES384'],
      ['RSA', 'RS256'],
    ],
  );
  const issued = await ask(endpoint, {
    path: '/api/v1/namespaces/default/serviceaccounts/bot/token',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3607 } },
    credential: endpoint.admin,
  });
  const { token } = (JSON.parse(issued.text) as { status: { token: string } }).status;
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  assert.deepEqual([claims['iss'], claims['aud']], ['https://new.example.com', ['api', 'https://new.example.com']]);
  assert.equal((await ask(endpoint, { token })).status, 201);
  // From before the change of keys and issuers.
  const kid = createHash('sha256')
    .update(old.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  const before = (change: object): string =>
    signed(
      { kid, alg: 'RS256', private: old.privateKey, jwk: {} },
      { ...claims, iss: 'https://old.example.com', ...change },
    );
  assert.equal(((await ask(endpoint, { token: before({}) })).user as { uid: string }).uid, metadata.uid);
  assert.equal(
    (await ask(endpoint, { token: before({ iss: 'https://kubernetes.default.svc.cluster.local' }) })).status,
    401,
  );
  assert.equal((await ask(endpoint, { token: before({ aud: ['else'] }) })).status, 401);

  const refused = (more: Readonly<Record<string, string>>, why: RegExp): Promise<void> =>
    assert.rejects(startApiServer({ https: true, flags: more }), why);
  await refused({ 'service-account-issuer': ':x' }, /contained a ':' but was not a valid URL/);
  await refused({ 'service-account-issuer': 'https://a,https://a' }, /"https:\/\/a" is already specified/);
  await refused({ 'service-account-jwks-uri': 'http://a' }, /requires https scheme, parsed as: http:\/\/a/);
  await refused({ 'service-account-key-file': files.write('none', 'nothing') }, /error reading public keys for/);
  await refused({ 'service-account-signing-key-file': files.write('nokey', 'nothing') }, /failed to parse/);
});

test('who comes without a credential', async () => {
  using files = new Files();
  const config = (text: string): string =>
    files.write('config', `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n${text}`);
  const some = config('anonymous: { enabled: true, conditions: [{ path: /livez }] }\n');
  {
    await using cluster = await startApiServer({ https: true, flags: { 'authentication-config': some } });
    const { endpoint } = cluster;
    assert.equal((await ask(endpoint, { path: '/livez?verbose' })).status, 200);
    assert.equal((await ask(endpoint, { path: '/readyz' })).status, 401);
    // A credential of a sort that nobody takes is none.
    assert.equal((await ask(endpoint, { path: '/livez', headers: { authorization: 'Basic eDp5' } })).status, 200);
    assert.equal((await ask(endpoint, { path: '/livez', token: 'x' })).status, 401);
  }
  await using cluster = await startApiServer({ https: true, flags: { 'anonymous-auth': 'false' } });
  assert.equal((await ask(cluster.endpoint, { path: '/livez' })).status, 401);
  const both = { 'authentication-config': some, 'anonymous-auth': 'true' };
  await assert.rejects(startApiServer({ https: true, flags: both }), /--anonymous-auth flag cannot be set/);
});

test('a front proxy says who the user is, and nobody else can', async () => {
  await using cluster = await startApiServer({ https: true });
  const { endpoint } = cluster;
  const headers = {
    'x-remote-user': 'ann',
    'x-remote-uid': 'u-1',
    'x-remote-group': ['dev, ops', 'qa'],
    'x-remote-extra-scope%2fOf': 'all',
  };
  assert.deepEqual((await ask(endpoint, { headers, credential: endpoint.frontProxy })).user, {
    username: 'ann',
    uid: 'u-1',
    groups: ['dev, ops', 'qa', everybody],
    extra: { 'scope/of': ['all'] },
  });
  // Without a user there is none: the certificate of a proxy is nobody's.
  assert.equal((await ask(endpoint, { credential: endpoint.frontProxy })).status, 401);
  // Over any other connection the headers mean nothing.
  assert.equal((await ask(endpoint, { headers })).status, 403);
  const ann = await endpoint.credential({ commonName: 'front-proxy-client', usage: 'client' });
  const own = (await ask(endpoint, { headers, credential: ann })).user as { username: string; extra: object };
  assert.equal(own.username, 'front-proxy-client');
  assert.match(
    JSON.stringify(own.extra),
    /"authentication.kubernetes.io\/credential-id":\["X509SHA256=[0-9a-f]{64}"\]/,
  );
});

test('a front proxy of another name, and headers of other names', async () => {
  using files = new Files();
  const proxies = await Pki.open({ keep: 'memory', clock: systemClock, names: [] });
  const flags = {
    'requestheader-client-ca-file': files.write('ca', proxies.ca),
    'requestheader-allowed-names': 'edge',
    'requestheader-username-headers': 'X-User,X-Remote-User',
  };
  await using cluster = await startApiServer({ https: true, flags });
  const edge = await proxies.credential('edge', { commonName: 'edge', usage: 'client' });
  const other = await proxies.credential('other', { commonName: 'other', usage: 'client' });
  const headers = { 'x-user': 'ann' };
  assert.deepEqual((await ask(cluster.endpoint, { headers, credential: edge })).user, {
    username: 'ann',
    groups: [everybody],
  });
  assert.equal((await ask(cluster.endpoint, { headers, credential: other })).status, 401);
  assert.equal((await ask(cluster.endpoint, { headers, credential: cluster.endpoint.frontProxy })).status, 401);
});

test('tokens of an identity provider', async () => {
  using files = new Files();
  await using provider = await TlsServer.start();
  const key = signingKey('k1', 'RS256');
  const flags = {
    'oidc-issuer-url': provider.url,
    'oidc-client-id': 'kube',
    'oidc-ca-file': files.write('ca', provider.ca),
    'oidc-username-claim': 'email',
    'oidc-username-prefix': 'oidc:',
    'oidc-groups-claim': 'roles',
    'oidc-groups-prefix': 'r:',
    'oidc-required-claim': 'hd=example.com',
    'oidc-signing-algs': 'RS256,ES256,PS384',
  };
  await using cluster = await startApiServer({ https: true, clock: 'virtual', flags });
  const { endpoint } = cluster;
  const now = Math.floor(cluster.clock.now() / 1000);
  const good = { iss: provider.url, aud: 'kube', exp: now + 3600, email: 'ann@example.com', hd: 'example.com' };
  const why = async (token: string): Promise<unknown> =>
    ((await reviewToken(endpoint, token)) as { error?: string }).error?.replace(
      /^\[invalid bearer token, (.*)\]$/s,
      '$1',
    );

  const first = signed(key, { ...good, roles: ['dev', 'ops'] });
  assert.equal((await ask(endpoint, { token: first })).status, 401);
  assert.equal(await why(first), 'oidc: authenticator not initialized');
  provide(provider, [key]);
  await cluster.advance(10_000);
  assert.deepEqual((await ask(endpoint, { token: first })).user, {
    username: 'oidc:ann@example.com',
    groups: ['r:dev', 'r:ops', everybody],
  });
  const asked = provider.asked.length;
  assert.deepEqual(await reviewToken(endpoint, signed(key, { ...good, roles: 'dev' })), {
    authenticated: true,
    user: { username: 'oidc:ann@example.com', groups: ['r:dev', everybody] },
    audiences: ['https://kubernetes.default.svc.cluster.local'],
  });
  assert.equal(provider.asked.length, asked, 'keys that are known are not asked for again');

  const wrong: [object, string][] = [
    [{ exp: now - 5 }, 'oidc: verify token: oidc: token is expired (Token Expiry: '],
    [{ exp: undefined }, 'oidc: verify token: oidc: token is expired (Token Expiry: 0001-01-01 00:00:00 +0000 UTC)'],
    [{ nbf: now + 1000 }, 'oidc: verify token: oidc: current time '],
    [{ aud: ['other'] }, 'oidc: verify token: oidc: expected audience in ["kube"] got ["other"]'],
    [{ email: undefined }, 'oidc: parse username claims "email": claim not present'],
    [{ email: 5 }, 'oidc: parse username claims "email": json: cannot unmarshal number into Go value of type string'],
    [{ email_verified: false }, 'oidc: email not verified'],
    [
      { roles: { a: 1 } },
      'oidc: parse groups claim "roles": json: cannot unmarshal object into Go value of type string',
    ],
    [{ hd: undefined }, 'oidc: required claim hd not present in ID token'],
    [{ hd: 'x' }, 'oidc: required claim hd value does not match. Got = x, want = example.com'],
    [{ iss: 'https://other' }, 'invalid bearer token'],
  ];
  for (const [change, text] of wrong) {
    const token = signed(key, { ...good, ...change });
    assert.ok(String(await why(token)).startsWith(text), `${text} is not ${String(await why(token))}`);
    assert.equal((await ask(endpoint, { token })).status, 401, text);
  }
  const [head = '', body = '', tail = ''] = first.split('.');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  for (const forged of [`${head}.${body}.${tail.slice(0, -4)}AAAA`, `${unsigned}.${body}.AA`, `${head}.${body}.`])
    assert.equal((await ask(endpoint, { token: forged })).status, 401, forged);
  // The signature is that of another key with the same name.
  const impostor = signed({ ...signingKey('k1', 'RS256') }, good);
  await cluster.advance(1000);
  assert.equal(
    await why(impostor),
    'oidc: verify token: failed to verify signature: failed to verify id token signature',
  );
});

test('an identity provider changes its keys, and goes away', async () => {
  using files = new Files();
  await using provider = await TlsServer.start();
  const config = files.write(
    'config',
    JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: {
            url: provider.url,
            certificateAuthority: provider.ca,
            audiences: ['a', 'b'],
            audienceMatchPolicy: 'MatchAny',
          },
          claimMappings: {
            username: { claim: 'sub', prefix: '' },
            groups: { claim: 'groups', prefix: 'g:' },
            uid: { claim: 'oid' },
          },
          claimValidationRules: [{ claim: 'tier', requiredValue: 'gold' }],
        },
      ],
    }),
  );
  const [old, next, third] = [signingKey('1', 'ES256'), signingKey('2', 'PS384'), signingKey('3', 'ES256')];
  provide(provider, [old]);
  await using cluster = await startApiServer({
    https: true,
    clock: 'virtual',
    flags: { 'authentication-config': config },
  });
  const { endpoint } = cluster;
  const exp = Math.floor(cluster.clock.now() / 1000) + 100_000;
  const claims = { iss: provider.url, aud: ['b', 'x'], exp, sub: 'ann', oid: 'o-1', groups: ['x'], tier: 'gold' };
  const expected = { username: 'ann', uid: 'o-1', groups: ['g:x', everybody] };
  assert.deepEqual((await ask(endpoint, { token: signed(old, claims) })).user, expected);
  provide(provider, [next]);
  await cluster.advance(1000);
  assert.deepEqual((await ask(endpoint, { token: signed(next, claims) })).user, expected);
  await cluster.advance(60_000);
  assert.equal((await ask(endpoint, { token: signed(old, claims) })).status, 401, 'a key that was withdrawn');
  const askedBefore = provider.asked.length;
  for (let i = 0; i < 20; i++) await ask(endpoint, { token: signed(third, { ...claims, i }) });
  assert.ok(provider.asked.length <= askedBefore + 1, 'wrong signatures do not make us ask each time');
  provider.answer = () => ({ status: 500, text: 'broken' });
  await cluster.advance(1000);
  assert.deepEqual(
    (await ask(endpoint, { token: signed(next, { ...claims, again: 1 }) })).user,
    expected,
    'known keys stay good',
  );
  assert.match(
    JSON.stringify(await reviewToken(endpoint, signed(third, claims))),
    /failed to verify signature: fetching keys oidc: get keys failed: 500/,
  );
});

test('claims are mapped and checked by expressions', async () => {
  using files = new Files();
  await using provider = await TlsServer.start();
  const key = signingKey('1', 'ES256');
  provide(provider, [key]);
  const config = (more: object): string =>
    files.write(
      'config',
      JSON.stringify({
        apiVersion: 'apiserver.config.k8s.io/v1',
        kind: 'AuthenticationConfiguration',
        jwt: [
          {
            issuer: { url: provider.url, certificateAuthority: provider.ca, audiences: ['a'] },
            claimMappings: {
              username: { expression: "claims.sub + '@corp'" },
              groups: { expression: "claims.roles.split(',')" },
              uid: { expression: 'claims.id' },
              extra: [{ key: 'corp.io/team', valueExpression: 'claims.?team.orValue("")' }],
            },
            claimValidationRules: [{ expression: "claims.tier in ['gold']", message: 'gold only' }],
            userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: 'reserved' }],
            ...more,
          },
        ],
      }),
    );
  {
    const flags = { 'authentication-config': config({}) };
    await using cluster = await startApiServer({ https: true, clock: 'virtual', flags });
    const { endpoint } = cluster;
    const exp = Math.floor(cluster.clock.now() / 1000) + 1000;
    const good = { iss: provider.url, aud: 'a', exp, sub: 'ann', roles: 'x,y', id: '7', tier: 'gold' };
    assert.deepEqual((await ask(endpoint, { token: signed(key, { ...good, team: ['t'] }) })).user, {
      username: 'ann@corp',
      uid: '7',
      groups: ['x', 'y', everybody],
      extra: { 'corp.io/team': ['t'] },
    });
    const why = async (change: object): Promise<string> =>
      ((await reviewToken(endpoint, signed(key, { ...good, ...change }))) as { error: string }).error;
    assert.match(
      await why({ tier: 'tin' }),
      /oidc: error evaluating claim validation expression: validation expression 'claims.tier in \['gold'\]' failed: gold only/,
    );
    assert.match(
      await why({ sub: 'system:x' }),
      /error evaluating user info validation rule: validation expression '.*' failed: reserved/,
    );
    assert.match(
      await why({ sub: undefined }),
      /error evaluating username claim expression: expression '.*' resulted in error: no such key: sub/,
    );
    assert.match(await why({ id: 7 }), /uid claim expression must return a string/);
  }
  const refused = async (claimMappings: object, text: RegExp): Promise<void> => {
    const flags = { 'authentication-config': config({ claimMappings }) };
    await assert.rejects(startApiServer({ https: true, flags }), text);
  };
  await refused(
    { username: { expression: 'claims.' } },
    /claimMappings.username.expression: Invalid value: "claims.": compilation failed/,
  );
  await refused({ username: { expression: '1 == 1' } }, /must evaluate to string/);
  await refused({ username: { expression: 'claims.email' } }, /claims.email_verified must be used in/);
  const username = { expression: 'claims.sub' };
  await refused(
    { username, extra: [{ key: 'x.k8s.io/y', valueExpression: 'claims.sub' }] },
    /reserved for Kubernetes use/,
  );
});

test('a configuration of issuers is checked as a whole', async () => {
  using files = new Files();
  const refused = async (jwt: unknown, text: RegExp): Promise<void> => {
    const config = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt };
    const path = files.write('config', JSON.stringify(config));
    await assert.rejects(startApiServer({ https: true, flags: { 'authentication-config': path } }), text);
  };
  const issuer = { url: 'https://issuer', audiences: ['a'] };
  const claimMappings = { username: { claim: 'sub', prefix: '' } };
  await refused(
    [{ issuer: { ...issuer, url: 'http://issuer' }, claimMappings }],
    /jwt\[0\].issuer.url: Invalid value: "http:\/\/issuer": URL scheme must be https/,
  );
  await refused(
    [{ issuer: { url: 'https://a' }, claimMappings }],
    /at least one jwt\[0\].issuer.audiences is required/,
  );
  await refused(
    [{ issuer, claimMappings: {} }],
    /jwt\[0\].claimMappings.username: Required value: claim or expression is required/,
  );
  await refused([{ issuer, claimMappings: { username: { claim: 'sub' } } }], /prefix is required when claim is set/);
  await refused([{ issuer, claimMappings, wrong: 1 }], /jwt\[0\].wrong: Invalid value: "wrong": unknown field/);
  await refused(
    [
      { issuer, claimMappings },
      { issuer, claimMappings },
    ],
    /jwt\[1\].issuer.url: Duplicate value: "https:\/\/issuer"/,
  );
  const one = (rest: object, text: string, of: object = issuer): Promise<void> =>
    refused([{ issuer: of, claimMappings, ...rest }], new RegExp(`jwt\\[0\\]\\.${RegExp.escape(text)}`));
  const mapped = (more: object): object => ({ claimMappings: { ...claimMappings, ...more } });
  const rule = (...rules: object[]): object => ({ claimValidationRules: rules });
  const both = "claim and expression can't both be set";
  await one(rule({ claim: 'a', expression: 'true' }), `claimValidationRules[0]: Invalid value: "a": ${both}`);
  await one(rule({}), 'claimValidationRules[0]: Required value: claim or expression is required');
  await one(rule({ claim: 'a' }, { claim: 'a' }), 'claimValidationRules[1].claim: Duplicate value: "a"');
  await one(
    rule({ expression: 'true' }, { expression: 'true' }),
    'claimValidationRules[1].expression: Duplicate value: "true"',
  );
  await one(
    rule({ expression: 'true', requiredValue: 'x' }),
    'claimValidationRules[0].requiredValue: Invalid value: "x": may not be specified when expression is set',
  );
  await one({ userValidationRules: [{}] }, 'userValidationRules[0].expression: Required value');
  await one(
    mapped({ groups: { claim: 'g', expression: 'claims.g' } }),
    `claimMappings.groups: Invalid value: "": ${both}`,
  );
  const extra = (...keys: string[]): object =>
    mapped({ extra: keys.map((key) => ({ key, valueExpression: 'claims.x' })) });
  const key = (i: number): string => `claimMappings.extra[${i}].key`;
  await one(
    extra('plain'),
    `${key(0)}: Invalid value: "plain": must be a domain-prefixed path (such as "acme.io/foo")`,
  );
  await one(extra('a.io/B'), `${key(0)}: Invalid value: "a.io/B": must be lowercase`);
  await one(
    extra('x.k8s.io/a'),
    `${key(0)}: Invalid value: "x.k8s.io/a": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use`,
  );
  await one(extra('a.io/b', 'a.io/b'), `${key(1)}: Duplicate value: "a.io/b"`);
  await one(
    {},
    'issuer.url: Invalid value: "https://kubernetes.default.svc.cluster.local": URL must not overlap with disallowed issuers: [https://kubernetes.default.svc.cluster.local]',
    { ...issuer, url: 'https://kubernetes.default.svc.cluster.local' },
  );
  await one(
    {},
    'issuer.audienceMatchPolicy: Invalid value: "All": audienceMatchPolicy must be empty or MatchAny for single audience',
    { ...issuer, audienceMatchPolicy: 'All' },
  );
  await one(
    {},
    'issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
    { ...issuer, certificateAuthority: 'x' },
  );
});

test('tokens that a webhook knows', async () => {
  using files = new Files();
  await using hook = await TlsServer.start();
  const flags = {
    'authentication-token-webhook-config-file': files.write('hook', hook.kubeconfig()),
    'authentication-token-webhook-version': 'v1',
  };
  await using cluster = await startApiServer({ https: true, clock: 'virtual', flags });
  const { endpoint } = cluster;
  hook.reviews(({ token }) =>
    token === 'good'
      ? { authenticated: true, user: { username: 'ann', uid: 'u', groups: ['dev'], extra: { scope: ['a'] } } }
      : token === 'vault'
        ? { authenticated: true, user: { username: 'bob' }, audiences: ['vault'] }
        : { authenticated: false, ...(token === 'told' ? { error: 'not this one' } : {}) },
  );
  const expected = { username: 'ann', uid: 'u', groups: ['dev', everybody], extra: { scope: ['a'] } };
  assert.deepEqual((await ask(endpoint, { token: 'good' })).user, expected);
  const [first] = hook.asked;
  assert.equal(first?.path, '/hook?timeout=30s');
  assert.equal(first.headers['authorization'], 'Bearer from-api-server');
  assert.deepEqual(first.body, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: { creationTimestamp: null },
    spec: { token: 'good', audiences: ['https://kubernetes.default.svc.cluster.local'] },
    status: { user: {} },
  });
  assert.deepEqual((await ask(endpoint, { token: 'good' })).user, expected);
  assert.equal((await ask(endpoint, { token: 'bad' })).status, 401);
  assert.equal((await ask(endpoint, { token: 'bad' })).status, 401);
  assert.equal(hook.asked.length, 2, 'both answers are kept');
  await cluster.advance(120_001);
  assert.deepEqual((await ask(endpoint, { token: 'good' })).user, expected);
  assert.equal(hook.asked.length, 3);
  assert.deepEqual(await reviewToken(endpoint, 'told'), { user: {}, error: '[invalid bearer token, not this one]' });
  assert.equal((await ask(endpoint, { token: 'vault' })).status, 401, 'it is for somebody else');
  assert.deepEqual(await reviewToken(endpoint, 'vault', ['vault', 'x']), {
    authenticated: true,
    user: { username: 'bob', groups: [everybody] },
    audiences: ['vault'],
  });
  const { user: nobody } = await ask(endpoint, { credential: endpoint.admin });
  assert.equal((nobody as { username: string }).username, 'kubernetes-super-admin', 'certificates do not need it');
});

test('a webhook for tokens that answers rubbish, fails, or is not there', async () => {
  using files = new Files();
  const hook = await TlsServer.start();
  const flags = { 'authentication-token-webhook-config-file': files.write('hook', hook.kubeconfig()) };
  await using cluster = await startApiServer({ https: true, flags });
  const { endpoint } = cluster;
  const why = async (token: string): Promise<string> =>
    ((await reviewToken(endpoint, token)) as { error: string }).error;
  hook.answer = () => ({ text: 'no json' });
  assert.match(await why('a'), /couldn't get version\/kind; json parse error: /);
  hook.answer = () => ({ text: '{"apiVersion":"v1","kind":"Pod"}' });
  assert.match(
    await why('b'),
    /expected webhook response of authentication.k8s.io\/v1beta1, Kind=TokenReview, got v1, Kind=Pod/,
  );
  hook.answer = () => ({ status: 403, text: '' });
  assert.match(await why('c'), /the server responded with the status code 403 but did not return more information/);
  const before = hook.asked.length;
  hook.answer = () => {
    if (hook.asked.length === before + 1) return { status: 500, text: 'for a moment' };
    return {
      text: JSON.stringify({ ...hook.asked.at(-1)?.body, status: { authenticated: true, user: { username: 'x' } } }),
    };
  };
  assert.deepEqual((await ask(endpoint, { token: 'd' })).user, { username: 'x', groups: [everybody] });
  assert.equal(hook.asked.length, before + 2, 'what may pass is tried again');
  await hook[Symbol.asyncDispose]();
  assert.match(
    await why('e'),
    /Post "https:\/\/127.0.0.1:\d+\/hook\?timeout=30s": dial tcp 127.0.0.1:\d+: connect: connection refused/,
  );
  assert.equal((await ask(endpoint, { token: 'e' })).status, 401);
});
