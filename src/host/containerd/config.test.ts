import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerdConfigText, hostsText, registryFolder } from './config.ts';
import { containerdLayout } from './layout.ts';

const config = {
  layout: containerdLayout({ dataDir: '/var/lib/kutter/a "b"', runDir: '/run/kutter' }),
  sandboxImage: 'localhost/pause:1',
  snapshotter: 'overlayfs',
  cniBinDir: '/usr/lib/cni',
  restrictOomScoreAdj: true,
  runcPath: '/usr/sbin/runc',
} as const;

test('everything of a containerd lies in its two folders', () => {
  const text = containerdConfigText(config);
  assert.equal(text, containerdConfigText(config));
  const paths = [...text.matchAll(/^(\w+) = "(\/.*)"$/gm)].map(([, key, path]) => [key, JSON.parse(`"${path}"`)]);
  const foreign = paths.filter(([, path]) => !/^(\/var\/lib\/kutter\/a "b"|\/run\/kutter)\//.test(path as string));
  assert.deepEqual(foreign, [
    ['bin_dir', '/usr/lib/cni'],
    ['BinaryName', '/usr/sbin/runc'],
  ]);
  assert.equal(paths.length, 10);
  assert.match(text, /^restrict_oom_score_adj = true$/m);
  assert.match(text, /^netns_mounts_under_state_dir = true$/m);
});

test('a mirror is a file of the name that containerd looks for', () => {
  assert.equal(registryFolder('docker.io'), 'docker.io');
  assert.equal(registryFolder('10.0.0.1:5000'), '10.0.0.1_5000_');
  assert.equal(registryFolder('_default'), '_default');
  assert.equal(
    hostsText(['http://a:1', 'https://b']),
    '[host."http://a:1"]\ncapabilities = ["pull", "resolve"]\n\n[host."https://b"]\ncapabilities = ["pull", "resolve"]\n',
  );
});
