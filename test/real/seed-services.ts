/**
 * The application as deployments: services find them, updates roll through them, and everything kubectl does with them.
 * The whole flow runs with each kubectl; first the blog knows its database by address, then by name.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../until.ts';
import type { KubectlVersion, RealCluster } from './cluster-fixture.ts';

const v1 = /我的博客列表:/;
const v2 = /我的博客列表 \(v2\):/;
const rolloutTimeout = '--timeout=120s';
const image = (tag: string): string => `myblog=172.21.51.143:5000/myblog:${tag}`;

class Flow {
  readonly cluster: RealCluster;
  readonly version: KubectlVersion;

  constructor(cluster: RealCluster, version: KubectlVersion) {
    this.cluster = cluster;
    this.version = version;
  }

  /** `kubectl -n luffy ...` */
  kd(...args: readonly string[]): Promise<string> {
    return this.cluster.kubectl(this.version, '-n', 'luffy', ...args);
  }

  row(args: string, pattern: RegExp): Promise<void> {
    return this.cluster.row(this.version, `-n luffy ${args}`, pattern);
  }

  /** What of a service's address a client on the machine gets. */
  async page(service: string, port = ''): Promise<string> {
    const address =
      port === '' ? await this.cluster.field('luffy', `svc/${service}`, '.spec.clusterIP') : '172.21.51.143';
    return this.cluster.curl(`http://${address}${port}/blog/index/`);
  }

  async pods(): Promise<string[]> {
    const all = await this.kd('get', 'pods', '-l', 'app=myblog', '-o', 'jsonpath={.items[*].metadata.name}');
    return all.split(' ').filter((name) => name !== '');
  }

  sh(pod: string, script: string): Promise<string> {
    return this.kd('exec', pod, '--', 'sh', '-c', script);
  }
}

export function serviceTests(clusterOf: () => RealCluster): void {
  describe('the blog as deployments', { concurrency: 1 }, () => {
    flowTests(clusterOf, '1.35', 'configmap-myblog-ip');
    flowTests(clusterOf, '1.20', 'configmap-myblog-servicename');
  });
}

function flowTests(clusterOf: () => RealCluster, version: KubectlVersion, config: string): void {
  describe(`with kubectl ${version} and ${config}`, { concurrency: 1 }, () => {
    const flowOf = (): Flow => new Flow(clusterOf(), version);
    deployTests(flowOf, config);
    accessTests(flowOf);
    podAccessTests(flowOf);
    // With nginx, which is ready sooner, every kubectl updates; here one does.
    if (version === '1.35') updateTests(flowOf);
    editTests(flowOf);
    endTests(flowOf);
  });
}

function deployTests(flowOf: () => Flow, config: string): void {
  test('deployments and services are made', async () => {
    const flow = flowOf();
    const { cluster, version } = flow;
    assert.match(
      await cluster.withManifest(version, 'apply', config),
      /^configmap\/myblog (created|configured|unchanged)\n$/,
    );
    assert.match(await cluster.withManifest(version, 'apply', 'secret-myblog'), /^secret\/myblog /);
    for (const service of ['service-myblog-clusterip', 'service-mysql-clusterip', 'service-myblog-np-nodeport'])
      assert.match(await cluster.withManifest(version, 'create', service), /^service\/[\w-]+ created\n$/);
    await cluster.kubectl(version, 'label', 'node', '--all', 'component=mysql', '--overwrite');
    await cluster.withManifest(version, 'create', 'deployment-mysql-hostnetwork');
    await flow.kd('rollout', 'status', 'deploy/mysql', rolloutTimeout);
    await cluster.withManifest(version, 'apply', 'deployment-myblog', '--record');
    await flow.row('get deploy', /^myblog {2}0\/1 {2}1 {2}0 {2}\d+s$/);
    await flow.row('get endpoints', /^myblog {2}\d+s$/);
    const [pod = ''] = await flow.pods();
    // The database may know the blog from before.
    await eventually(60_000, async () => void (await flow.sh(pod, 'python3 manage.py migrate')));
    await flow.kd('rollout', 'status', 'deploy/myblog', rolloutTimeout);
    assert.match(
      await flow.kd('get', 'deploy'),
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nmyblog +1\/1 +1 +1 +\d+s\nmysql +1\/1 +1 +1 +\d+s\n$/,
    );
    assert.match(
      await flow.kd('get', 'rs'),
      /^NAME +DESIRED +CURRENT +READY +AGE\nmyblog-\w+ +1 +1 +1 +\d+s\nmysql-\w+ +1 +1 +1 +/,
    );
    const wide = await flow.kd('get', 'po', '-o', 'wide', '--show-labels');
    assert.match(wide, /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES +LABELS\n/);
    assert.match(
      wide,
      /myblog-\w+-\w+ +1\/1 +Running +0 +\d+s +10\.244\.0\.\d+ .*<none> +<none> +app=myblog,pod-template-hash=\w+\n/,
    );
  });

  test('a deployment is scaled, and its service has all pods', async () => {
    const flow = flowOf();
    assert.equal(await flow.kd('scale', 'deploy', 'myblog', '--replicas=2'), 'deployment.apps/myblog scaled\n');
    // Only the one that is ready is an endpoint.
    await flow.row('get po', /^myblog-\w+-\w+ {2}0\/1 {2}Running/);
    await flow.row('get endpoints myblog', /^myblog {2}10\.244\.0\.\d+:8002 {2}\d+s$/);
    await flow.row('get endpoints myblog', /^myblog {2}10\.244\.0\.\d+:8002,10\.244\.0\.\d+:8002 {2}\d+s$/);
    const text = await flow.kd('describe', 'svc', 'myblog');
    for (const line of [
      /^Name: +myblog$/m,
      /^Namespace: +luffy$/m,
      /^Labels: +<none>$/m,
      /^Annotations: +<none>$/m,
      /^Selector: +app=myblog$/m,
      /^Type: +ClusterIP$/m,
      /^IP: +10\.96\.\d+\.\d+$/m,
      /^Port: +<unset> +80\/TCP$/m,
      /^TargetPort: +8002\/TCP$/m,
      /^Endpoints: +10\.244\.0\.\d+:8002,10\.244\.0\.\d+:8002$/m,
      /^Session Affinity: +None$/m,
      /^Events: +<none>$/m,
    ])
      assert.match(text, line);
  });
}

function accessTests(flowOf: () => Flow): void {
  test('services answer at their addresses, on the node and by name', async () => {
    const flow = flowOf();
    const { cluster } = flow;
    assert.match(await flow.kd('get', 'svc'), /myblog-np +NodePort +10\.96\.\d+\.\d+ +<none> +80:3\d{4}\/TCP +\d+s/);
    const [pod = ''] = await flow.pods();
    assert.match(await flow.page('myblog'), v1);
    const port = await cluster.field('luffy', 'svc/myblog-np', '.spec.ports[0].nodePort');
    assert.match(await flow.page('myblog-np', `:${port}`), v1);
    for (const name of ['myblog', 'myblog.luffy', 'myblog.luffy.svc', 'myblog.luffy.svc.cluster.local.'])
      assert.match(await flow.sh(pod, `curl -sS http://${name}/blog/index/`), v1, name);
    assert.match(await flow.sh(pod, `curl -sS http://172.21.51.143:${port}/blog/index/`), v1);
    assert.match(await flow.sh(pod, 'curl -sS --output - mysql:3306; true'), /5\.7\.29/);
    assert.match(await flow.sh(pod, 'curl -sSk https://kubernetes.default/healthz'), /^ok$/);
  });

  test('resolv.conf and the variables of services', async () => {
    const flow = flowOf();
    const pods = await flow.pods();
    const resolv = await flow.sh(pods[0] ?? '', 'cat /etc/resolv.conf');
    assert.match(resolv, /^search luffy\.svc\.cluster\.local svc\.cluster\.local cluster\.local(?: .*)?$/m);
    assert.match(resolv, /^nameserver 10\.96\.0\.10$/m);
    assert.match(resolv, /^options ndots:5$/m);
    assert.match(
      await flow.cluster.kubectl(flow.version, '-n', 'kube-system', 'get', 'svc'),
      /kube-dns +ClusterIP +10\.96\.0\.10 +<none> +53\/UDP,53\/TCP/,
    );
    const address = await flow.cluster.field('luffy', 'svc/myblog', '.spec.clusterIP');
    const env = (await flow.sh(pods[0] ?? '', 'env')).split('\n');
    for (const line of [
      `MYBLOG_SERVICE_HOST=${address}`,
      'MYBLOG_SERVICE_PORT=80',
      `MYBLOG_PORT=tcp://${address}:80`,
      `MYBLOG_PORT_80_TCP_ADDR=${address}`,
      'MYBLOG_NP_SERVICE_PORT=80',
      'MYSQL_SERVICE_PORT=3306',
    ])
      assert.ok(env.includes(line), line);
  });
}

function podAccessTests(flowOf: () => Flow): void {
  test('logs, exec, port-forward and cp', async () => {
    const flow = flowOf();
    const { cluster, version } = flow;
    const [pod = ''] = await flow.pods();
    const address = await cluster.field('luffy', `pod/${pod}`, '.status.podIP');
    const follow = cluster.startKubectl(version, '-n', 'luffy', 'logs', '-f', '--tail=2', pod);
    await cluster.curl(`http://${address}:8002/blog/index/?followed`);
    await follow.prints(/GET \/blog\/index\/\?followed/);
    await follow.stop();
    assert.equal((await flow.kd('logs', pod, '--tail=1')).split('\n').length, 2);

    const typed = await cluster.tryKubectl(version, ['-n', 'luffy', 'exec', '-i', pod, '--', 'sh'], {
      input: 'echo typed $((20+3)); exit 7\n',
    });
    assert.deepEqual([typed.stdout, typed.code], ['typed 23\n', 7]);
    const missing = await cluster.tryKubectl(version, ['-n', 'luffy', 'exec', pod, '--', 'ps -ef']);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /exec: "ps -ef": executable file not found in \$PATH/);

    const forward = cluster.startKubectl(version, '-n', 'luffy', 'port-forward', 'svc/myblog', '18002:80');
    await forward.prints(/Forwarding from 127\.0\.0\.1:18002 -> 8002/);
    assert.match(await cluster.curl('http://127.0.0.1:18002/blog/index/'), v1);
    await forward.stop();

    const file = `/opt/copied-${version}`;
    await flow.kd('cp', `${pod}:/opt/myblog/manage.py`, file);
    assert.match(await cluster.machine.command('cat', [file]), /DJANGO_SETTINGS_MODULE/);
    await flow.kd('cp', file, `${pod}:/tmp/back.py`);
    assert.match(await flow.sh(pod, 'cat /tmp/back.py'), /DJANGO_SETTINGS_MODULE/);
  });
}

function updateTests(flowOf: () => Flow): void {
  test('an update rolls through without a request lost, and is undone', async () => {
    const flow = flowOf();
    await flow.kd('set', 'image', 'deploy', 'myblog', image('v2'), '--record=true');
    let answers = 0;
    let rolling = true;
    const asking = (async () => {
      for (; rolling; answers++) assert.match(await flow.page('myblog'), /我的博客列表/);
    })();
    const status = await flow.kd('rollout', 'status', 'deploy/myblog', rolloutTimeout);
    assert.match(
      status,
      /Waiting for deployment "myblog" rollout to finish: 1 out of 2 new replicas have been updated/,
    );
    assert.match(status, /deployment "myblog" successfully rolled out\n$/);
    rolling = false;
    await asking;
    assert.ok(answers > 5, `${answers} answers`);
    await eventually(10_000, async () => assert.match(await flow.page('myblog'), v2));

    const text = await flow.kd('describe', 'deploy', 'myblog');
    assert.match(text, /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/);
    assert.match(text, /RollingUpdateStrategy: +25% max unavailable, 25% max surge/);
    const scaled = [
      ...text.matchAll(
        /Normal +ScalingReplicaSet .*deployment-controller +(Scaled \w+) replica set myblog-\w+ (?:from \d )?to (\d)/g,
      ),
    ];
    assert.deepEqual(
      scaled.map(([, verb, to]) => `${verb} ${to}`),
      ['Scaled up 1', 'Scaled up 2', 'Scaled up 1', 'Scaled down 1', 'Scaled up 2', 'Scaled down 0'],
    );
    const history = await flow.kd('rollout', 'history', 'deploy', 'myblog');
    assert.match(
      history,
      /^deployment\.apps\/myblog \nREVISION +CHANGE-CAUSE\n1 +kubectl apply .*--record=true\n2 +kubectl set image deploy myblog myblog=172\.21\.51\.143:5000\/myblog:v2 .*--record=true\n/,
    );
    assert.match(
      await flow.kd('rollout', 'history', 'deploy', 'myblog', '--revision=1'),
      /Image:\s+172\.21\.51\.143:5000\/myblog:v1/,
    );

    const undone = await flow.kd('rollout', 'undo', 'deploy', 'myblog', '--to-revision=1');
    assert.equal(undone, 'deployment.apps/myblog rolled back\n');
    await flow.kd('rollout', 'status', 'deploy/myblog', rolloutTimeout);
    await eventually(10_000, async () => assert.match(await flow.page('myblog'), v1));
    const after = await flow.kd('rollout', 'history', 'deploy', 'myblog');
    assert.match(after, /\n2 +kubectl set image .*\n3 +kubectl apply /);
  });
}

function editTests(flowOf: () => Flow): void {
  test('labels, annotations, edit and patch', async () => {
    const flow = flowOf();
    const { cluster, version } = flow;
    assert.equal(await flow.kd('label', 'deploy', 'myblog', 'tier=web'), 'deployment.apps/myblog labeled\n');
    assert.match(await flow.kd('get', 'deploy', '-l', 'tier in (web)', '-o', 'name'), /^deployment\.apps\/myblog\n$/);
    assert.equal(await flow.kd('annotate', 'deploy', 'myblog', 'note=first'), 'deployment.apps/myblog annotated\n');
    const editor = { KUBE_EDITOR: 'sed -i s/note:.first/note:\\ second/' };
    const edited = await cluster.tryKubectl(version, ['-n', 'luffy', 'edit', 'deploy', 'myblog'], { env: editor });
    assert.deepEqual([edited.stdout, edited.code], ['deployment.apps/myblog edited\n', 0]);
    assert.equal(await cluster.field('luffy', 'deploy/myblog', '.metadata.annotations.note'), 'second');
    assert.equal(
      await flow.kd('patch', 'deploy', 'myblog', '-p', '{"spec":{"replicas":1}}'),
      'deployment.apps/myblog patched\n',
    );
    await flow.row('get deploy', /^myblog {2}1\/1 {2}1 {2}1 /);
    const events = await flow.kd('get', 'events', '--sort-by=.lastTimestamp');
    assert.match(events, /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/);
    assert.match(
      events,
      /Normal +ScalingReplicaSet +deployment\/myblog +Scaled down replica set myblog-\w+ from 2 to 1\n/,
    );
    assert.match(events, /Normal +SuccessfulDelete +replicaset\/myblog-\w+ +Deleted pod: myblog-\w+-\w+\n/);
  });
}

function endTests(flowOf: () => Flow): void {
  test('a deleted pod is replaced; a deleted deployment takes all with it', async () => {
    const flow = flowOf();
    const { cluster, version } = flow;
    await eventually(40_000, async () => assert.equal((await flow.pods()).length, 1));
    const [pod = ''] = await flow.pods();
    const deleted = await cluster.tryKubectl(version, [
      '-n',
      'luffy',
      'delete',
      'pod',
      pod,
      '--force',
      '--grace-period=0',
    ]);
    assert.match(
      deleted.stderr,
      /[wW]arning: Immediate deletion does not wait for confirmation that the running resource has been terminated/,
    );
    assert.match(deleted.stdout, new RegExp(`^pod "${pod}" force deleted`));
    await eventually(10_000, async () => {
      const [replacement] = await flow.pods();
      assert.ok(replacement !== undefined && replacement !== pod);
    });
    for (const deployment of ['deployment-myblog', 'deployment-mysql-hostnetwork'])
      assert.match(await cluster.withManifest(version, 'delete', deployment), /^deployment\.apps "my\w+" deleted/);
    await flow.kd('delete', 'svc', 'myblog', 'mysql', 'myblog-np');
    await eventually(60_000, async () => {
      const rest = await cluster.tryKubectl(version, ['-n', 'luffy', 'get', 'deploy,rs,po,svc,endpoints']);
      assert.deepEqual([rest.stdout, rest.stderr.split('\n').at(-2)], ['', 'No resources found in luffy namespace.']);
    });
  });
}
