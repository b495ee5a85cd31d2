/** Single pods as tutorials write them: each field of a pod once, and what it promises. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../until.ts';
import { manifestPath, type KubectlVersion, type RealCluster } from './cluster-fixture.ts';

const nodeEvents = ['Scheduled', 'Pulled', 'Created', 'Started'];

async function forget(cluster: RealCluster, namespace: string, ...pods: readonly string[]): Promise<string> {
  return cluster.kubectl('1.35', '-n', namespace, 'delete', 'pod', ...pods, '--force', '--grace-period=0');
}

async function inPod(cluster: RealCluster, pod: string, container: string, script: string): Promise<string> {
  return cluster.kubectl('1.20', '-n', 'dev', 'exec', pod, '-c', container, '--', 'sh', '-c', script);
}

async function podAddress(cluster: RealCluster, name: string): Promise<string> {
  return cluster.field('dev', `pod/${name}`, '.status.podIP');
}

export function podTests(clusterOf: () => RealCluster): void {
  const oneByOne = { concurrency: 1 };
  describe('pods that start', oneByOne, () => startingTests(clusterOf));
  describe('pods that run', oneByOne, () => runningTests(clusterOf));
  describe('life of pods', oneByOne, () => lifeTests(clusterOf));
  describe('a pod whose container does not live', oneByOne, () => livenessTests(clusterOf));
  describe('placement of pods', oneByOne, () => placementTests(clusterOf));
}

function startingTests(clusterOf: () => RealCluster): void {
  test('a container that ends is restarted with back-off, and described', async () => {
    const cluster = clusterOf();
    assert.equal(await cluster.withManifest('1.20', 'create', 'pod-base'), 'pod/pod-base created\n');
    await cluster.row('1.20', '-n dev get pods', /^pod-base {2}1\/2 {2}CrashLoopBackOff {2}[12] \(/);
    for (const version of ['1.20', '1.35'] satisfies KubectlVersion[]) {
      const text = await cluster.kubectl(version, '-n', 'dev', 'describe', 'pod', 'pod-base');
      assert.match(text, /Reason: +CrashLoopBackOff\n +Last State: +Terminated\n +Reason: +Completed\n +Exit Code: +0/);
      assert.match(text, /Type +Reason +Age +From +Message/);
      assert.match(text, /Normal +Scheduled +\d+s +default-scheduler +Successfully assigned dev\/pod-base to ip-10/);
      assert.match(text, /Normal +Pulling .*Pulling image "nginx:1\.17\.1"/);
      assert.match(text, /Warning +BackOff .*Back-off restarting failed container/);
      assert.match(text, /QoS Class: +BestEffort/);
    }
    assert.equal(
      await cluster.field('dev', 'pod/pod-base', '.spec.containers[*].imagePullPolicy'),
      'IfNotPresent IfNotPresent',
    );
    await forget(cluster, 'dev', 'pod-base');
  });

  test('imagePullPolicy Always asks the registry, IfNotPresent does not', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.35', 'apply', 'pod-base-imagepullpolicy');
    await cluster.row('1.35', '-n dev get pods', /^pod-base {2}1\/2 {2}CrashLoopBackOff/);
    const uid = await cluster.field('dev', 'pod/pod-base', '.metadata.uid');
    const messages = async (container: string): Promise<string> => {
      const selector = `involvedObject.uid=${uid},involvedObject.fieldPath=spec.containers{${container}}`;
      return cluster.kubectl('1.35', '-n', 'dev', 'get', 'events', '--field-selector', selector);
    };
    assert.match(await messages('nginx'), /Pulling image "nginx:1\.17\.1"/);
    assert.match(await messages('busybox'), /Container image "busybox:1\.30" already present on machine/);
    assert.doesNotMatch(await messages('busybox'), /Pulling/);
    const refused = await cluster.tryKubectl('1.35', [
      '-n',
      'dev',
      'run',
      'never',
      '--image=nginx:9.9',
      '--image-pull-policy=Never',
    ]);
    assert.equal(refused.code, 0);
    await cluster.row('1.35', '-n dev get pods', /^never {2}0\/1 {2}ErrImageNeverPull {2}0/);
    await cluster.kubectl('1.35', '-n', 'dev', 'run', 'nothing', '--image=127.0.0.1:1/no-such-image:1');
    await cluster.row('1.35', '-n dev get pods', /^nothing {2}0\/1 {2}(ErrImagePull|ImagePullBackOff) {2}0/);
    const text = await forget(cluster, 'dev', 'pod-base', 'never', 'nothing');
    assert.match(text, /^pod "pod-base" force deleted/);
  });
}

function runningTests(clusterOf: () => RealCluster): void {
  test('command replaces what the image runs', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'apply', 'pod-command');
    await cluster.row('1.20', '-n dev get pod pod-command', /^pod-command {2}2\/2 {2}Running {2}0/);
    await eventually(10_000, async () => {
      assert.match(await inPod(cluster, 'pod-command', 'busybox', 'cat /tmp/hello.txt'), /^\d\d:\d\d:\d\d$/m);
    });
    // Made by apply, changed in what may not change.
    const changed = await cluster.tryKubectl('1.20', ['apply', '-f', manifestPath('pod-env')]);
    assert.equal(changed.code, 1);
    assert.match(changed.stderr, /spec\.containers: Forbidden: pod updates may not add or remove containers/);
    await forget(cluster, 'dev', 'pod-command');
  });

  test('env reaches the process', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.35', 'create', 'pod-env');
    await cluster.row('1.35', '-n dev get pod pod-command', /^pod-command {2}1\/1 {2}Running/);
    const env = await cluster.kubectl('1.20', '-n', 'dev', 'exec', 'pod-command', 'env');
    assert.match(env, /^username=admin$/m);
    assert.match(env, /^password=123$/m);
    assert.match(env, /^KUBERNETES_SERVICE_HOST=10\.96\.0\.1$/m);
    assert.match(env, /^HOSTNAME=pod-command$/m);
    await forget(cluster, 'dev', 'pod-command');
  });

  test('ports are named, and the pod answers on them', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-ports');
    await cluster.row('1.20', '-n dev get pod pod-ports', /^pod-ports {2}1\/1 {2}Running/);
    const ports = await cluster.field('dev', 'pod/pod-ports', '.spec.containers[0].ports[0]');
    assert.deepEqual(JSON.parse(ports), { name: 'nginx-port', containerPort: 80, protocol: 'TCP' });
    assert.match(await cluster.curl(`http://${await podAddress(cluster, 'pod-ports')}/`), /Welcome to nginx!/);
    assert.match(await cluster.kubectl('1.20', '-n', 'dev', 'describe', 'pod', 'pod-ports'), /Port: +80\/TCP/);
    await cluster.withManifest('1.20', 'delete', 'pod-ports');
  });

  test('requests and limits become cgroup values', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.35', 'create', 'pod-resources');
    await cluster.row('1.35', '-n dev get pod pod-resources', /^pod-resources {2}1\/1 {2}Running/);
    const read = (v1: string, v2: string): Promise<string> =>
      cluster.kubectl(
        '1.35',
        '-n',
        'dev',
        'exec',
        'pod-resources',
        '--',
        'sh',
        '-c',
        `cd /sys/fs/cgroup; cat ${v2} 2>/dev/null || cat ${v1}`,
      );
    assert.equal(await read('memory/memory.limit_in_bytes', 'memory.max'), `${10 * 1024 ** 3}\n`);
    assert.match(await read('cpu/cpu.cfs_quota_us', 'cpu.max'), /^200000\b/);
    assert.match(await read('cpu/cpu.shares', 'cpu.weight'), /^(1024|39)\n$/);
    assert.match(
      await cluster.kubectl('1.20', '-n', 'dev', 'describe', 'pod', 'pod-resources'),
      /QoS Class: +Burstable/,
    );
    const node = await cluster.kubectl('1.35', 'describe', 'node');
    assert.match(node, /dev +pod-resources +1 \(50%\) +2 \(100%\) +10Mi \(0%\) +10Gi \(\d+%\)/);
    await cluster.withManifest('1.35', 'delete', 'pod-resources');
  });
}

function lifeTests(clusterOf: () => RealCluster): void {
  test('init containers run one after the other, before the others', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-initcontainer');
    await cluster.row('1.20', '-n dev get pods', /^pod-initcontainer {2}0\/1 {2}Init:0\/2 {2}0/);
    await eventually(30_000, async () => {
      assert.match(
        await cluster.kubectl('1.20', '-n', 'dev', 'logs', 'pod-initcontainer', '-c', 'test-mysql'),
        /waiting for mysql\.\.\./,
      );
    });
    // What both wait for.
    await cluster.machine.command('ip', ['addr', 'add', '10.0.1.217/32', 'dev', 'eth0']);
    await cluster.row('1.20', '-n dev get pods', /^pod-initcontainer {2}1\/1 {2}Running {2}0/);
    const times = await cluster.field(
      'dev',
      'pod/pod-initcontainer',
      '.status.initContainerStatuses[*].state.terminated.finishedAt} {.status.initContainerStatuses[*].state.terminated.startedAt} {.status.containerStatuses[0].state.running.startedAt',
    );
    const [firstEnd = '', secondEnd = '', firstStart = '', secondStart = '', start = ''] = times.split(' ');
    const order = [firstStart, firstEnd, secondStart, secondEnd, start];
    assert.deepEqual(order, order.toSorted());
    assert.match(
      await cluster.kubectl('1.20', '-n', 'dev', 'logs', 'pod-initcontainer', '-c', 'test-redis'),
      /64 bytes from 10\.0\.1\.217/,
    );
    await cluster.withManifest('1.20', 'delete', 'pod-initcontainer');
  });

  test('postStart runs beside the process, preStop before its end', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.35', 'create', 'pod-hook-exec');
    await cluster.row('1.35', '-n dev get pods', /^pod-hook-exec {2}1\/1 {2}Running/);
    assert.equal(await cluster.curl(`http://${await podAddress(cluster, 'pod-hook-exec')}/`), 'postStart...\n');
    const follow = cluster.startKubectl('1.35', '-n', 'dev', 'logs', '-f', 'pod-hook-exec');
    await follow.prints(/GET \/ HTTP/);
    const started = performance.now();
    await cluster.withManifest('1.35', 'delete', 'pod-hook-exec');
    assert.ok(performance.now() - started < 10_000, 'the grace period is not used up');
    await follow.ended;
    assert.match(follow.output, /gracefully shutting down/);
  });
}

function livenessTests(clusterOf: () => RealCluster): void {
  test('a liveness probe that fails restarts the container', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-liveness-exec');
    await cluster.row('1.20', '-n dev get pods', /^pod-liveness-exec {2}1\/1 {2}Running {2}1 \(/, 60_000);
    const text = await cluster.kubectl('1.35', '-n', 'dev', 'describe', 'pod', 'pod-liveness-exec');
    assert.match(
      text,
      /Liveness: +exec \[\/bin\/cat \/tmp\/hello\.txt\] delay=0s timeout=1s period=10s #success=1 #failure=3/,
    );
    assert.match(
      text,
      /Warning +Unhealthy +\d+s \(x[34] over \d+s\) +kubelet .*Liveness probe failed: cat: can't open/,
    );
    assert.match(text, /Normal +Killing .*Container main-container failed liveness probe, will be restarted/);
    assert.match(text, /Normal +Started +\d+s \(x2 over \d+s\)/);
    await cluster.withManifest('1.20', 'delete', 'pod-liveness-exec');
  });
}

function placementTests(clusterOf: () => RealCluster): void {
  test('nodeName binds without the scheduler', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.20', 'create', 'pod-nodename');
    await cluster.row(
      '1.20',
      '-n dev get pods -o wide',
      /^pod-nodename {2}1\/1 {2}Running {2}0 {2}\S+ {2}10\.244\.0\.\d+ {2}ip-10-0-1-217\.cn-north-1\.compute\.internal {2}<none> {2}<none>/,
    );
    const uid = await cluster.field('dev', 'pod/pod-nodename', '.metadata.uid');
    const events = await cluster.kubectl(
      '1.35',
      '-n',
      'dev',
      'get',
      'events',
      '--field-selector',
      `involvedObject.uid=${uid}`,
    );
    for (const reason of nodeEvents) assert.equal(events.includes(reason), reason !== 'Scheduled', reason);
    await cluster.withManifest('1.20', 'delete', 'pod-nodename');
  });

  test('nodeSelector waits for a node with the label', async () => {
    const cluster = clusterOf();
    await cluster.withManifest('1.35', 'create', 'pod-nodelabel-nodeselector');
    await cluster.row('1.35', '-n dev get pods', /^pod-nodename {2}0\/1 {2}Pending {2}0/);
    await eventually(5_000, async () => {
      const text = await cluster.kubectl('1.35', '-n', 'dev', 'describe', 'pod', 'pod-nodename');
      assert.match(
        text,
        /Warning +FailedScheduling +\d+s +default-scheduler +0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\./,
      );
    });
    const node = await cluster.kubectl('1.20', 'label', 'node', '--all', 'nodeenv=pro');
    assert.match(node, /^node\/ip-10-0-1-217\.cn-north-1\.compute\.internal labeled\n$/);
    await cluster.row('1.35', '-n dev get pods', /^pod-nodename {2}1\/1 {2}Running/);
    const twice = await cluster.tryKubectl('1.20', ['label', 'node', '--all', 'nodeenv=test']);
    assert.equal(twice.code, 1);
    assert.match(twice.stderr, /'nodeenv' already has a value \(pro\), and --overwrite is false/);
    await cluster.kubectl('1.20', 'label', 'node', '--all', 'nodeenv-');
    await cluster.withManifest('1.35', 'delete', 'pod-nodelabel-nodeselector');
  });

  test('a toleration with a misspelt effect is refused, and says what would be right', async () => {
    const cluster = clusterOf();
    for (const version of ['1.20', '1.35'] satisfies KubectlVersion[]) {
      const { code, stderr } = await cluster.tryKubectl(version, ['create', '-f', manifestPath('pod-toleration')]);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        'The Pod "pod-toleration" is invalid: spec.tolerations[0].effect: Unsupported value: "NoExcude": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"\n',
      );
    }
  });
}
