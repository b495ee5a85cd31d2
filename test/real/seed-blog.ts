/**
 * The tutorial's application, a blog on MySQL, from one pod with two containers over two pods with configuration to
 * deployments behind services that find each other by name.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../until.ts';
import { manifestPath, type KubectlVersion, type RealCluster } from './cluster-fixture.ts';

const index = /我的博客列表/;
const hostAddress = '172.21.51.143';

/** What the machine gets from the blog's pod. */
async function blogPage(cluster: RealCluster, pod = 'myblog'): Promise<string> {
  const address = await cluster.field('luffy', `pod/${pod}`, '.status.podIP');
  return cluster.curl(`http://${address}:8002/blog/index/`);
}

function in_(cluster: RealCluster, version: KubectlVersion, pod: string, script: string): Promise<string> {
  return cluster.kubectl(version, '-n', 'luffy', 'exec', pod, '-c', 'myblog', '--', 'sh', '-c', script);
}

async function migrate(cluster: RealCluster, version: KubectlVersion): Promise<void> {
  await eventually(60_000, async () => {
    assert.match(
      await in_(cluster, version, 'myblog', 'python3 manage.py migrate'),
      /Applying blog\.0001_initial\.\.\. OK/,
    );
  });
}

export function blogTests(clusterOf: () => RealCluster): void {
  describe('the blog', { concurrency: 1 }, () => {
    onePodTests(clusterOf);
    twoPodTests(clusterOf);
    lifecycleTests(clusterOf);
  });
}

function onePodTests(clusterOf: () => RealCluster): void {
  test('two containers of one pod share its network', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-myblog-two-containers');
    await cluster.row(
      '1.20',
      '-n luffy get pods -o wide',
      /^myblog {2}2\/2 {2}Running {2}0 {2}\d+s {2}10\.244\.0\.\d+ {2}ip-10/,
    );
    await migrate(cluster, '1.20');
    assert.match(await blogPage(cluster), index);
    const env = await in_(cluster, '1.35', 'myblog', 'env');
    assert.match(env, /^MYSQL_HOST=127\.0\.0\.1$/m);
    assert.match(env, /^MYSQL_PASSWD=123456$/m);
    const log = await cluster.kubectl('1.20', '-n', 'luffy', 'logs', 'myblog', '-c', 'mysql', '--tail=100');
    assert.match(log, /mysqld: ready for connections/);
    const unnamed = await cluster.tryKubectl('1.20', ['-n', 'luffy', 'logs', 'myblog']);
    assert.equal(unnamed.code, 1);
    assert.match(unnamed.stderr, /a container name must be specified for pod myblog, choose one of: \[myblog mysql\]/);
    const defaulted = await cluster.tryKubectl('1.35', ['-n', 'luffy', 'logs', 'myblog', '--tail', '5']);
    assert.match(defaulted.stderr, /^Defaulted container "myblog" out of: myblog, mysql\n/);
    // Ports may not change, the image alone could.
    const refused = await cluster.tryKubectl('1.35', ['apply', '-f', manifestPath('pod-myblog-v2-registry')]);
    assert.match(
      refused.stderr,
      /The Pod "myblog" is invalid: spec: Forbidden: pod updates may not change fields other than /,
    );
    assert.match(await cluster.withManifest('1.20', 'delete', 'pod-myblog-two-containers'), /^pod "myblog" deleted\n/);
  });

  test('another registry and version', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.35', 'create', 'pod-myblog-v2-registry');
    await cluster.row('1.35', '-n luffy get pods', /^myblog {2}2\/2 {2}Running {2}0/);
    await migrate(cluster, '1.35');
    assert.match(await blogPage(cluster), /我的博客列表 \(v2\)/);
    const described = await cluster.kubectl('1.35', '-n', 'luffy', 'describe', 'pod', 'myblog');
    assert.match(described, /Image: +10\.211\.55\.27:5000\/myblog:v2\n/);
    await cluster.kubectl('1.35', '-n', 'luffy', 'delete', 'pod', 'myblog');
  });

  test('data on the host outlives the pod, which waits for the labelled node', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-myblog-with-volume');
    await cluster.row('1.20', '-n luffy get po', /^myblog {2}0\/2 {2}Pending {2}0/);
    await eventually(5_000, async () => {
      const text = await cluster.kubectl('1.20', '-n', 'luffy', 'describe', 'po', 'myblog');
      assert.match(text, /Warning +FailedScheduling .*default-scheduler +0\/1 nodes are available: 1 node/);
    });
    await cluster.kubectl('1.20', 'label', 'node', '--all', 'component=mysql');
    await cluster.row('1.20', '-n luffy get po', /^myblog {2}2\/2 {2}Running {2}0/);
    await migrate(cluster, '1.20');
    assert.match(await cluster.machine.command('ls', ['/opt/mysql/data']), /^ibdata1$/m);
    await cluster.kubectl('1.20', '-n', 'luffy', 'delete', 'pod', 'myblog');

    await cluster.withManifest('1.35', 'create', 'pod-myblog-completed');
    await cluster.row('1.35', '-n luffy get po', /^myblog {2}0\/2 {2}Running {2}0/);
    await cluster.row('1.35', '-n luffy get po', /^myblog {2}2\/2 {2}Running {2}0/);
    // Not migrated again.
    assert.match(await blogPage(cluster), index);
    const text = await cluster.kubectl('1.35', '-n', 'luffy', 'describe', 'pod', 'myblog');
    assert.match(
      text,
      /Liveness: +http-get http:\/\/:8002\/blog\/index\/ delay=10s timeout=2s period=15s #success=1 #failure=3/,
    );
    assert.match(text, /Readiness: +tcp-socket :3306 delay=5s timeout=1s period=10s #success=1 #failure=3/);
    assert.match(text, /Limits:\n +cpu: +100m\n +memory: +500Mi\n +Requests:\n +cpu: +50m\n +memory: +100Mi/);
    assert.match(text, /Type: +HostPath \(bare host directory volume\)\n +Path: +\/opt\/mysql\/data/);
    assert.match(text, /Node-Selectors: +component=mysql/);
    await cluster.kubectl('1.35', '-n', 'luffy', 'delete', 'pod', 'myblog');
  });
}

function twoPodTests(clusterOf: () => RealCluster): void {
  test('MySQL in the network of the host', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-mysql-two-pod-hostnetwork');
    await cluster.withManifest('1.20', 'create', 'pod-myblog-two-pod');
    await cluster.row(
      '1.20',
      '-n luffy get po -o wide',
      /^mysql {2}1\/1 {2}Running {2}0 {2}\d+s {2}172\.21\.51\.143 {2}ip-10/,
    );
    await cluster.row('1.20', '-n luffy get po -o wide', /^myblog {2}1\/1 {2}Running {2}0 {2}\d+s {2}10\.244\.0\.\d+ /);
    assert.match(await blogPage(cluster), index);
    await cluster.kubectl('1.20', '-n', 'luffy', 'delete', 'pod', 'myblog', 'mysql');
  });

  test('ConfigMap and Secret in the environment', async () => {
    const cluster = clusterOf();
    for (const name of ['configmap-myblog-ip', 'secret-myblog', 'pod-mysql-with-config', 'pod-myblog-with-config'])
      assert.match(await cluster.withManifest('1.35', 'create', name), /^(configmap|secret|pod)\/\w+ created\n$/);
    const yaml = await cluster.kubectl('1.20', '-n', 'luffy', 'get', 'cm', 'myblog', '-oyaml');
    assert.match(yaml, /^data:\n {2}MYSQL_HOST: 172\.21\.51\.55\n {2}MYSQL_PORT: "3306"\n/m);
    assert.doesNotMatch(await cluster.kubectl('1.35', '-n', 'luffy', 'describe', 'secret', 'myblog'), /123456/);
    await cluster.row('1.35', '-n luffy get po', /^myblog {2}1\/1 {2}Running {2}0/);
    const env = await in_(cluster, '1.20', 'myblog', 'env');
    for (const line of ['MYSQL_HOST=172.21.51.55', 'MYSQL_PORT=3306', 'MYSQL_USER=root', 'MYSQL_PASSWD=123456'])
      assert.ok(env.split('\n').includes(line), line);
    assert.match(await blogPage(cluster), index);
    const text = await cluster.kubectl('1.35', '-n', 'luffy', 'describe', 'pod', 'myblog');
    assert.match(text, /MYSQL_HOST: +<set to the key 'MYSQL_HOST' of config map 'myblog'> +Optional: false/);
    assert.match(text, /MYSQL_PASSWD: +<set to the key 'MYSQL_PASSWD' in secret 'myblog'> +Optional: false/);
    await cluster.kubectl('1.35', '-n', 'luffy', 'delete', 'pod', 'myblog', 'mysql');
  });
}

function lifecycleTests(clusterOf: () => RealCluster): void {
  test('the order of a life', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-lifecycle');
    await cluster.row('1.20', '-n luffy get po', /^pod-lifecycle {2}1\/1 {2}Running {2}0/);
    const steps = async (): Promise<string[]> => {
      const lines = await cluster.machine.command('cat', ['/tmp/loap/timing']);
      return lines
        .trim()
        .split('\n')
        .map((line) => /^\d+: ([A-Z-]+)$/.exec(line)?.[1] ?? line);
    };
    await cluster.row('1.20', '-n luffy get po', /^pod-lifecycle {2}[01]\/1 {2}Running {2}1 \(/);
    await cluster.kubectl('1.20', '-n', 'luffy', 'delete', 'pod', 'pod-lifecycle');
    const all = await steps();
    assert.equal(all[0], 'INIT');
    const [start, postStart, ready, live, end, again, last] = [
      all.indexOf('START'),
      all.indexOf('POST-START'),
      all.indexOf('READINESS'),
      all.indexOf('LIVENESS'),
      all.indexOf('END'),
      all.lastIndexOf('START'),
      all.indexOf('PRE-STOP'),
    ];
    assert.ok(Math.min(start, postStart) === 1 && Math.max(start, postStart) === 2, all.join(' '));
    assert.ok(postStart < ready && postStart < live && live < end && end < again && again < last, all.join(' '));
    assert.equal(all.filter((step) => step === 'INIT').length, 1);
  });
}

export { hostAddress, index };
