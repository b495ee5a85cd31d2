import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { HostError } from '../base/mod.ts';
import { currentAccess, withContext, withoutContext } from './kubeconfig.ts';

const entry = {
  name: 'kutter-dev',
  server: 'https://127.0.0.1:6443',
  certificateAuthority: 'CA',
  clientCertificate: 'CERT',
  clientKey: 'KEY',
};

const others = `# kept by hand
apiVersion: v1
kind: Config
clusters:
# the one at work
- name: work
  cluster: {server: "https://work:6443", insecure-skip-tls-verify: true} # for now
users:
- name: me
  user:
    token: abc
contexts:
- name: work
  context: {cluster: work, user: me, namespace: team}
current-context: work
preferences: {colors: true}
`;

const noFile = (): string => assert.fail('no file is named');

test('a context goes in and out, and leaves what others wrote as it is', () => {
  const merged = withContext(others, entry);
  for (const line of ['# kept by hand', '# the one at work', '# for now', 'colors: true'])
    assert.ok(merged.includes(line), `${line} in ${merged}`);
  const config = parse(merged) as { clusters: { name: string }[]; 'current-context': string };
  assert.deepEqual(
    config.clusters.map(({ name }) => name),
    ['work', 'kutter-dev'],
  );
  assert.equal(config['current-context'], 'kutter-dev');
  const without = withoutContext(merged, 'kutter-dev');
  assert.deepEqual(parse(without), { ...(parse(others) as object), 'current-context': '' });
  assert.ok(without.includes('# the one at work'));
});

test('a context that is there is renewed in its place', () => {
  const once = withContext(others, entry);
  const again = withContext(once, { ...entry, server: 'https://127.0.0.1:7000' });
  assert.equal(again.split('\n').length, once.split('\n').length);
  assert.equal(currentAccess(again, noFile).server, 'https://127.0.0.1:7000');
  assert.equal(withContext(again, entry), once);
});

test('an empty file, and empty lists', () => {
  for (const text of ['', 'kind: Config\nclusters: []\nusers: null\ncontexts: []\n']) {
    const access = currentAccess(withContext(text, entry), noFile);
    assert.deepEqual(access, {
      server: entry.server,
      certificateAuthority: 'CA',
      clientCertificate: 'CERT',
      clientKey: 'KEY',
    });
  }
});

test('removing another context leaves the current one', () => {
  assert.equal((parse(withoutContext(others, 'kutter-dev')) as Record<string, unknown>)['current-context'], 'work');
});

test('what is no kubeconfig is refused, and said so', () => {
  assert.throws(() => withContext('kind: Pod\n', entry), /not a kubeconfig: kind is Pod/);
  assert.throws(() => withContext('a: [', entry), HostError);
  assert.throws(() => currentAccess(others, noFile), /has no server or no certificate-authority/);
});
