import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { signed, signingKey, type SigningKey } from './identity-provider.ts';
import { TlsServer, type Answer } from '../tls-server.ts';
import { ask, Files, reviewToken } from './ask.ts';

const everybody = 'system:authenticated';

/** Two issuers at one place: the provider itself, and `/groups`, which signs who is in which group. */
function serve(
  provider: TlsServer,
  key: SigningKey,
  groupsKey: SigningKey,
  sources: Record<string, () => Answer>,
): void {
  const groupsUrl = `${provider.url}/groups`;
  provider.answer = ({ path }) => {
    const of = (issuer: string, keys: readonly SigningKey[], at: string): Answer => {
      if (path === `${at}/.well-known/openid-configuration`)
        return { text: JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }) };
      return path === `${at}/keys` ? { text: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) } : undefined;
    };
    return (
      of(provider.url, [key], '') ??
      of(groupsUrl, [groupsKey], '/groups') ??
      sources[path]?.() ?? { status: 404, text: 'gone' }
    );
  };
}

async function why({ endpoint }: TestCluster, token: string): Promise<string> {
  const { error = '' } = (await reviewToken(endpoint, token)) as { error?: string };
  return error.replace(/^\[invalid bearer token, (.*)\]$/s, '$1');
}

test('groups that are kept elsewhere are fetched, and believed as far as their issuer is', async () => {
  using files = new Files();
  await using provider = await TlsServer.start();
  const [key, groupsKey, strange] = [signingKey('k', 'RS256'), signingKey('g', 'ES256'), signingKey('g', 'ES256')];
  await using cluster = await startApiServer({
    https: true,
    clock: 'virtual',
    flags: {
      'oidc-issuer-url': provider.url,
      'oidc-client-id': 'kube',
      'oidc-ca-file': files.write('ca', provider.ca),
      'oidc-username-prefix': '-',
      'oidc-groups-claim': 'roles',
      'oidc-groups-prefix': 'r:',
      'oidc-signing-algs': 'RS256,ES256',
    },
  });
  const now = Math.floor(cluster.clock.now() / 1000);
  const groupsUrl = `${provider.url}/groups`;
  const about = { iss: groupsUrl, aud: 'kube', exp: now + 60 };
  const source = (claims: object, by = groupsKey): (() => Answer) => {
    const text = signed(by, { ...about, ...claims });
    return () => ({ text });
  };
  serve(provider, key, groupsKey, {
    '/ann': source({ roles: ['dev', 'ops'] }),
    '/bob': source({ roles: 'one' }),
    '/none': source({ other: ['x'] }),
    '/late': source({ roles: ['x'], exp: now - 60 }),
    '/else': source({ roles: ['x'], aud: 'other' }),
    '/forged': source({ roles: ['x'] }, strange),
    '/unknown': source({ roles: ['x'], iss: `${provider.url}/unknown` }),
    '/nonsense': () => ({ text: 'nonsense' }),
  });
  const good = { iss: provider.url, aud: 'kube', exp: now + 3600, sub: 'ann', jti: 'id-1' };
  const at = (path: string, more: object = {}): object => ({
    _claim_names: { roles: 'src' },
    _claim_sources: { src: { endpoint: `${provider.url}${path}`, ...more } },
  });
  const token = (claims: object): string => signed(key, { ...good, ...claims });
  const groups = async (claims: object): Promise<unknown> =>
    ((await ask(cluster.endpoint, { token: token(claims) })).user as { groups?: unknown } | undefined)?.groups;

  assert.deepEqual((await ask(cluster.endpoint, { token: token(at('/ann', { access_token: 'open' })) })).user, {
    username: 'ann',
    groups: ['r:dev', 'r:ops', everybody],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=id-1'] },
  });
  assert.equal(provider.asked.find(({ path }) => path === '/ann')?.headers['authorization'], 'Bearer open');
  assert.deepEqual(await groups(at('/bob')), ['r:one', everybody]);
  assert.equal(provider.asked.find(({ path }) => path === '/bob')?.headers['authorization'], undefined);
  const asked = provider.asked.length;
  assert.deepEqual(await groups({ ...at('/bob'), roles: ['own'] }), ['r:own', everybody], 'what is there is not asked');
  assert.deepEqual(await groups({ ...at('/bob'), _claim_names: { other: 'src' } }), [everybody]);
  assert.deepEqual(await groups({ ...at('/bob'), _claim_sources: { src: { JWT: 'x.y.z' } } }), [everybody]);
  assert.equal(provider.asked.length, asked);

  const wrong: [object, string][] = [
    [{ _claim_names: { roles: 'src' } }, 'oidc: no claim sources'],
    [
      { ...at('/bob'), _claim_names: ['roles'] },
      'oidc: error parsing distributed claim names: json: cannot unmarshal array into Go value of type map[string]string',
    ],
    [
      { ...at('/bob'), _claim_sources: { src: 'x' } },
      'oidc: could not parse claim sources: json: cannot unmarshal string into Go value of type oidc.endpoint',
    ],
    [
      { ...at('/bob'), _claim_names: { roles: 'lost' } },
      'id token _claim_names contained a source lost missing in _claims_sources',
    ],
    [
      at('/missing'),
      'while getting distributed claim "roles": error while getting distributed claim JWT: 404 Not Found',
    ],
    [
      at('/nonsense'),
      `getting untrusted issuer from endpoint ${provider.url}/nonsense failed for claim "roles": malformed token`,
    ],
    [
      at('/unknown'),
      `verifying untrusted issuer ${provider.url}/unknown failed: verifier not initialized for issuer: "${provider.url}/unknown"`,
    ],
    [at('/none'), `jwt returned by distributed claim endpoint "${provider.url}/none" did not contain claim: roles`],
    [at('/else'), 'verify distributed claim token: oidc: expected audience in ["kube"] got ["other"]'],
    [at('/forged'), 'verify distributed claim token: failed to verify signature: failed to verify id token signature'],
    [
      { ...at('/bob'), _claim_sources: { src: { endpoint: 'ftp://x' } } },
      'while getting distributed claim "roles": Get "ftp://x": unsupported protocol scheme "ftp"',
    ],
  ];
  for (const [claims, text] of wrong) {
    assert.equal(await why(cluster, token(claims)), `oidc: could not expand distributed claims: ${text}`);
    assert.equal(await groups(claims), undefined, text);
  }
  assert.match(
    await why(cluster, token(at('/late'))),
    /^oidc: could not expand distributed claims: verify distributed claim token: oidc: token is expired \(Token Expiry: /,
  );
});
