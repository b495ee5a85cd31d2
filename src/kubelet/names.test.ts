/** What pods are called and how images are named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/mod.ts';
import { Backoff } from './backoff.ts';
import { hostsFile, parseResolvConf, podDns, podHostname } from './dns.ts';
import { authsFor } from './image-auth.ts';
import { fullName, registryPath, withDefaultTag } from './image-name.ts';
import { containerHash, containerAnnotations, notesOf } from './labels.ts';
import { initialProbeState, probeStep } from './probe-state.ts';

const podOf = (spec: object = {}): Pod => ({
  metadata: { name: 'web-0', namespace: 'shop', uid: 'u' },
  spec: { containers: [], ...spec },
});
const host = parseResolvConf('# comment\nnameserver 192.0.2.1\nsearch example.com. lan\noptions timeout:1 ndots:2\n');
const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' };

test('names of images', () => {
  assert.deepEqual(withDefaultTag('nginx'), { image: 'nginx:latest' });
  assert.deepEqual(withDefaultTag('172.21.32.6:5000/myblog:v1'), { image: '172.21.32.6:5000/myblog:v1' });
  assert.deepEqual(withDefaultTag('localhost:5000/a/b'), { image: 'localhost:5000/a/b:latest' });
  const digest = `nginx@sha256:${'0'.repeat(64)}`;
  assert.deepEqual(withDefaultTag(digest), { image: digest });
  assert.deepEqual(withDefaultTag('Foo/Bar'), {
    problem: 'invalid reference format: repository name (Foo/Bar) must be lowercase',
  });
  assert.deepEqual(withDefaultTag('a b'), { problem: 'invalid reference format' });
  assert.deepEqual(registryPath('nginx:1'), { registry: 'docker.io', path: 'library/nginx' });
  assert.deepEqual(registryPath(`ghcr.io/a/b@sha256:${'0'.repeat(64)}`), { registry: 'ghcr.io', path: 'a/b' });
  assert.deepEqual(['nginx', 'a/b:1', 'localhost:5000/x:2', digest].map(fullName), [
    'docker.io/library/nginx:latest',
    'docker.io/a/b:1',
    'localhost:5000/x:2',
    `docker.io/library/${digest}`,
  ]);
});

test('the most specific credentials of a registry come first', () => {
  const auths = {
    'ghcr.io': { auth: btoa('a:1') },
    'ghcr.io/team': { username: 'b', password: '2' },
    '*.example.com': { username: 'c' },
  };
  const secret = {
    metadata: {},
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': btoa(JSON.stringify({ auths })) },
  };
  assert.deepEqual(
    authsFor('ghcr.io/team/x:1', [secret]).map(({ username }) => username),
    ['b', 'a'],
  );
  assert.deepEqual(authsFor('r.example.com/x', [secret]), [{ username: 'c', password: '' }]);
  assert.deepEqual(authsFor('example.com/x', [secret]), []);
  const hub = {
    metadata: {},
    type: 'kubernetes.io/dockercfg',
    data: { '.dockercfg': btoa(JSON.stringify({ 'https://index.docker.io/v1/': { username: 'd', password: 'p' } })) },
  };
  assert.deepEqual(authsFor('nginx', [hub]), [{ username: 'd', password: 'p' }]);
});

test('name resolution by policy', () => {
  assert.deepEqual(podDns(podOf(), cluster, host).config, {
    servers: ['10.96.0.10'],
    searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com', 'lan'],
    options: ['ndots:5'],
  });
  const onHost = { servers: ['192.0.2.1'], searches: ['example.com', 'lan'], options: ['timeout:1', 'ndots:2'] };
  assert.deepEqual(podDns(podOf({ hostNetwork: true }), cluster, host).config, onHost);
  assert.deepEqual(podDns(podOf({ dnsPolicy: 'Default' }), cluster, host).config, onHost);
  assert.deepEqual(
    podDns(podOf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), cluster, host).config.servers,
    ['10.96.0.10'],
  );
  const dnsConfig = {
    nameservers: ['192.0.2.9'],
    searches: ['x'],
    options: [{ name: 'ndots', value: '1' }, { name: 'edns0' }],
  };
  assert.deepEqual(podDns(podOf({ dnsPolicy: 'None', dnsConfig }), cluster, host).config, {
    servers: ['192.0.2.9'],
    searches: ['x'],
    options: ['ndots:1', 'edns0'],
  });
  assert.deepEqual(podDns(podOf(), { servers: [], domain: '' }, host), { config: onHost, clusterDnsMissing: true });
});

test('hostnames and the hosts file', () => {
  assert.deepEqual(podHostname(podOf(), 'cluster.local'), { hostname: 'web-0', domain: '' });
  assert.deepEqual(podHostname(podOf({ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true }), 'cluster.local'), {
    hostname: 'h.s.shop.svc.cluster.local',
    domain: 's.shop.svc.cluster.local',
  });
  const file = hostsFile(
    podOf({ subdomain: 's', hostAliases: [{ ip: '192.0.2.1', hostnames: ['a', 'b'] }] }),
    ['10.0.0.2'],
    'cluster.local',
    '',
  );
  assert.match(file, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
  assert.match(
    file,
    /\n10\.0\.0\.2\tweb-0\.s\.shop\.svc\.cluster\.local\tweb-0\n\n# Entries added by HostAliases\.\n192\.0\.2\.1\ta\tb\n$/,
  );
  assert.equal(
    hostsFile(podOf({ hostNetwork: true }), [], '', '127.0.0.1 x\n'),
    '# Kubernetes-managed hosts file (host network).\n127.0.0.1 x\n',
  );
});

test('what is written on a container is read back', () => {
  const container = { name: 'c', image: 'x', terminationMessagePath: '/t', terminationMessagePolicy: 'File' };
  const notes = notesOf(containerAnnotations(podOf({ terminationGracePeriodSeconds: 7 }), container, 3));
  assert.deepEqual(notes, {
    hash: containerHash(container),
    restartCount: 3,
    messagePath: '/t',
    messagePolicy: 'File',
    gracePeriodSeconds: 7,
  });
  assert.notEqual(containerHash(container), containerHash({ ...container, image: 'y' }));
});

test('delays grow, end, and start over after a while without trouble', () => {
  const backoff = new Backoff();
  let now = 1_000_000;
  const delays: number[] = [];
  for (let i = 0; i < 7; i++) {
    backoff.next('k', now, now);
    delays.push(backoff.delayMs('k') / 1000);
    assert.equal(backoff.waitUntil('k', now, now), now + backoff.delayMs('k'));
    now += backoff.delayMs('k');
    assert.equal(backoff.waitUntil('k', now - backoff.delayMs('k'), now), undefined);
  }
  assert.deepEqual(delays, [10, 20, 40, 80, 160, 300, 300]);
  now += 600_001;
  assert.equal(backoff.waitUntil('k', now, now), undefined);
  backoff.next('k', now, now);
  assert.equal(backoff.delayMs('k'), 10_000);
});

test('a probe changes its mind after as many results as its threshold', () => {
  const probe = { failureThreshold: 2, successThreshold: 1 };
  let state = initialProbeState('readiness');
  const results = (['failure', 'success', 'failure', 'success', 'failure', 'failure', 'success'] as const).map(
    (outcome) => (state = probeStep(state, outcome, probe)).result,
  );
  assert.deepEqual(results, ['failure', 'success', 'success', 'success', 'success', 'failure', 'success']);
  assert.equal(initialProbeState('liveness').result, 'success');
  assert.equal(initialProbeState('startup').result, 'unknown');
});
