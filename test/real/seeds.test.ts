/**
 * What tutorials do with a cluster, done by unmodified kubectls to a real one: their manifests as they stand, and their
 * flow, with what they print.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startRealCluster, type RealCluster } from './cluster-fixture.ts';
import { blogTests } from './seed-blog.ts';
import { podTests } from './seed-pods.ts';
import { serviceTests } from './seed-services.ts';
import { workloadTests } from './seed-workloads.ts';

let cluster: RealCluster;
const clusterOf = (): RealCluster => cluster;

describe('a real cluster', () => {
  before(async () => {
    cluster = await startRealCluster({
      hostName: 'ip-10-0-1-217.cn-north-1.compute.internal',
      addresses: ['172.21.51.143', '172.21.51.55'],
      images: ['busybox', 'nginx', 'mysql', 'myblog', 'myblog-v2'],
    });
    for (const namespace of ['dev', 'luffy']) {
      assert.equal(await cluster.kubectl('1.20', 'create', 'namespace', namespace), `namespace/${namespace} created\n`);
    }
  });

  // Leaves nothing behind, or fails.
  after(() => cluster[Symbol.asyncDispose]());

  describe('at once', { concurrency: true }, () => {
    podTests(clusterOf);
    workloadTests(clusterOf);
    blogTests(clusterOf);
  });

  serviceTests(clusterOf);

  test('kubectl top is refused clearly', async () => {
    for (const version of ['1.20', '1.35'] as const) {
      const { code, stderr } = await cluster.tryKubectl(version, ['top', 'nodes']);
      assert.equal(code, 1);
      assert.equal(stderr, 'error: Metrics API not available\n');
    }
  });
});
