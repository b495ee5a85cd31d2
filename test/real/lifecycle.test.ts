/**
 * The life of a cluster with real containers: up, killed in every way, up again, down. What was acknowledged stays, what
 * runs goes on running, and in the end nothing is left on the machine.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { buildImageArchive } from '../../tools/images/build.ts';
import { eventually } from '../until.ts';
import { Home, repository, type LifeCluster } from './life.ts';

const sample = join(repository, 'docs/sample/web.yaml');
const othersConfig = `# written by hand
apiVersion: v1
kind: Config
clusters:
- name: work # not ours
  cluster: {server: "https://work.example:6443"}
users: []
contexts:
- name: work
  context: {cluster: work, user: me}
current-context: work
`;

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly podIP?: string;
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly { readonly containerID: string; readonly restartCount: number }[];
    };
  }[];
}

interface RunningPod {
  readonly name: string;
  readonly ip: string | undefined;
  readonly containerId: string | undefined;
  readonly restarts: number | undefined;
  readonly ready: boolean;
}

describe('the life of a cluster', () => {
  let home: Home;
  let cluster: LifeCluster;
  let archive: string;
  let empty: Record<string, string[]>;

  before(async () => {
    archive = await buildImageArchive('nginx');
    home = await Home.start();
    await mkdir(dirname(home.kubeconfig), { recursive: true });
    await writeFile(home.kubeconfig, othersConfig);
    empty = await home.state();
    cluster = home.cluster();
  });
  after(() => home[Symbol.asyncDispose]());

  async function podsOf(of: LifeCluster): Promise<RunningPod[]> {
    const { items } = (await of.json('get', 'pods', '-l', 'app=web')) as PodList;
    return items
      .map(({ metadata, status }) => ({
        name: metadata.name,
        ip: status.podIP,
        containerId: status.containerStatuses?.[0]?.containerID,
        restarts: status.containerStatuses?.[0]?.restartCount,
        ready: status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async function allReady(of: LifeCluster): Promise<RunningPod[]> {
    let found: RunningPod[] = [];
    await eventually(60_000, async () => {
      found = await podsOf(of);
      assert.equal(found.length, 2);
      assert.ok(
        found.every(({ ready }) => ready),
        JSON.stringify(found),
      );
    });
    return found;
  }

  async function page(of: LifeCluster): Promise<string> {
    const ip = await of.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
    return home.machine.command('curl', ['-sS', '--fail', '--max-time', '10', `http://${ip}/`]);
  }

  async function runSample(on: LifeCluster): Promise<void> {
    await on.kutter('image load', archive);
    await on.kubectl('apply', '-f', sample);
    await allReady(on);
    await eventually(10_000, async () => assert.match(await page(on), /Welcome to nginx/));
  }

  test('up tells its steps and the context; the node becomes ready', async () => {
    const said = await cluster.kutter('up');
    for (const step of ['Start the API server', 'Start containerd', 'Start the node'])
      assert.match(said, new RegExp(`✓ ${step} \\(\\d.* m?s\\)`));
    assert.match(said, new RegExp(`context kutter-${cluster.name} in ${home.kubeconfig}`));
    await cluster.kubectl('wait', '--for=condition=Ready', 'node/life', '--timeout=30s');
    const config = await readFile(home.kubeconfig, 'utf8');
    for (const kept of ['# written by hand', '# not ours', 'work.example']) assert.ok(config.includes(kept), config);
    assert.ok(config.includes(`current-context: kutter-${cluster.name}`), config);
  });

  test('a second up changes nothing and says so', async () => {
    const daemon = cluster.daemon();
    assert.match(await cluster.kutter('up'), new RegExp(`is up already \\(process ${daemon}\\)`));
    assert.equal(cluster.daemon(), daemon);
    const other = await cluster.tryKutter('up', '--simulated-nodes', '3');
    assert.equal(other.code, 2);
    assert.match(other.stderr, /is up already \(process \d+\) with other options; kutter down first/);
    assert.match((await cluster.tryKutter('up', '--foreground')).stderr, /is up already/);
  });

  test('status as a table and as JSON', async () => {
    const table = await cluster.kutter('status');
    assert.match(table, /is up at https:\/\/127\.0\.0\.1:6443\nCOMPONENT {3}/);
    const status = JSON.parse(await cluster.kutter('status', '-o', 'json')) as {
      running: boolean;
      components: { name: string; pid: number; ready: boolean }[];
    };
    assert.equal(status.running, true);
    const names = ['apiserver', 'controllers', 'scheduler', 'containerd', 'kubelet', 'proxy', 'dns'];
    assert.deepEqual(
      status.components.map(({ name }) => name),
      names,
    );
    for (const { name, pid, ready } of status.components) {
      assert.ok(ready, `${name} is ready`);
      assert.ok(existsSync(`/proc/${process.pid}`) && pid > 1, `${name} has a process`);
    }
  });

  test('the sample runs', () => runSample(cluster));

  test('killed while it runs: containers, addresses and counts stay', async () => {
    const before = await podsOf(cluster);
    await cluster.kill(cluster.daemon());
    const down = await cluster.tryKutter('status');
    assert.equal(down.code, 1);
    assert.match(down.stdout, /is down; kutter up/);
    const json = await cluster.tryKutter('status', '-o', 'json');
    assert.equal(json.code, 1);
    assert.equal((JSON.parse(json.stdout) as { running: boolean }).running, false);
    await cluster.kutter('up');
    assert.match(await page(cluster), /Welcome to nginx/);
    assert.deepEqual(await allReady(cluster), before);
  });

  test('killed at random moments of its start, again and again', async () => {
    const before = await podsOf(cluster);
    for (let round = 0; round < 8; round++) {
      await cluster.kill(cluster.daemon()).catch(() => undefined);
      const up = cluster.tryKutter('up');
      await delay(randomInt(30, 1200));
      const ids = await cluster.processes('--foreground', cluster.dataDir);
      await Promise.all(ids.map((id) => cluster.kill(id).catch(() => undefined)));
      await up;
    }
    await cluster.kutter('up');
    assert.deepEqual(await allReady(cluster), before);
    await eventually(10_000, async () => assert.match(await page(cluster), /Welcome to nginx/));
  });

  test('killed under load: every acknowledged write is there', async () => {
    const before = await podsOf(cluster);
    const acknowledged: string[] = [];
    const writers = Array.from({ length: 4 }, (_, i) => {
      const args = [join(import.meta.dirname, 'life-writer.ts'), home.kubeconfig, `w${i}`];
      const writer = home.machine.start(process.execPath, args);
      let rest = '';
      writer.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        acknowledged.push(...lines);
      });
      return writer;
    });
    for (let round = 0; round < 5; round++) {
      const had = acknowledged.length;
      await eventually(30_000, async () => assert.ok(acknowledged.length > had + 100, 'writers get on'));
      await delay(randomInt(10, 300));
      await cluster.kill(cluster.daemon());
      await cluster.kutter('up');
    }
    for (const id of await cluster.processes('life-writer.ts')) await cluster.kill(id).catch(() => undefined);
    for (const writer of writers) if (writer.exitCode === null) writer.kill('SIGKILL');
    const listed = await cluster.kubectl('get', 'configmaps', '-o', 'name');
    const there = new Set(listed.split('\n').map((line) => line.replace('configmap/', '')));
    assert.deepEqual(
      acknowledged.filter((name) => !there.has(name)),
      [],
      `of ${acknowledged.length} acknowledged`,
    );
    assert.deepEqual(await allReady(cluster), before);
    await cluster.kubectl('delete', '--raw', '/api/v1/namespaces/default/configmaps');
  });

  test('containerd killed: it is started again, containers go on', async () => {
    const before = await podsOf(cluster);
    const [containerd = ''] = await cluster.processes('containerd --config', cluster.dataDir);
    await cluster.kill(containerd);
    await eventually(20_000, async () => {
      const [now = containerd] = await cluster.processes('containerd --config', cluster.dataDir);
      assert.notEqual(now, containerd);
      await cluster.kutter('status');
    });
    assert.deepEqual(await allReady(cluster), before);
    await cluster.kubectl('rollout', 'restart', 'deployment/web');
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
  });

  test('the process of a container killed: it is run again, its neighbour is not', async () => {
    await eventually(30_000, async () => assert.equal((await podsOf(cluster)).length, 2));
    const [victim, other] = await allReady(cluster);
    assert.ok(victim && other);
    const id = victim.containerId?.replace('containerd://', '') ?? '';
    const pid = await home.machine.command('sh', [
      '-c',
      `cat /run/kutter/${cluster.name}/state/io.containerd.runtime.v2.task/k8s.io/${id}/init.pid`,
    ]);
    await cluster.kill(pid.trim());
    await eventually(60_000, async () => {
      const [again, same] = await podsOf(cluster);
      assert.deepEqual(same, other);
      assert.deepEqual({ ...again, containerId: '' }, { ...victim, containerId: '', restarts: 1 });
      assert.notEqual(again?.containerId, victim.containerId);
    });
  });

  test('a shim killed: its pod comes back', async () => {
    const [shim = ''] = await cluster.processes('containerd-shim-runc-v2');
    await cluster.kill(shim);
    await delay(500);
    await allReady(cluster);
    await eventually(30_000, async () => assert.match(await page(cluster), /Welcome to nginx/));
    assert.match(await cluster.kubectl('get', 'pods', '-l', 'app=web', '--no-headers'), /1\/1/);
  });

  test('after a reboot the pods come back', async () => {
    const before = await podsOf(cluster);
    // All processes at once, then everything that the kernel and /run forget.
    const daemons = await cluster.processes(cluster.dataDir);
    const shims = await cluster.processes('containerd-shim-runc-v2');
    await cluster.kill(...daemons, ...shims);
    await home.machine.command('sh', [
      '-c',
      [
        'pkill -9 -x nginx || true; pkill -9 -x pause || true; sleep 0.3',
        `for at in $(awk '{print $2}' /proc/self/mounts | grep -E '^(${home.folder}|/run)/' | sort -r); do umount -l $at; done`,
        'rm -rf /run/*',
        "for link in $(ip -o link | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/' | grep -vxE 'lo|eth0|wire'); do ip link del $link 2>/dev/null || true; done",
        'nft flush ruleset',
      ].join('\n'),
    ]);
    await cluster.kutter('up');
    const found = await allReady(cluster);
    assert.deepEqual(
      found.map(({ name }) => name),
      before.map(({ name }) => name),
      'the same pods',
    );
    for (const [i, { containerId, restarts }] of found.entries()) {
      assert.notEqual(containerId, before[i]?.containerId);
      assert.equal(restarts, (before[i]?.restarts ?? 0) + 1);
    }
    await eventually(10_000, async () => assert.match(await page(cluster), /Welcome to nginx/));
  });

  test('a second cluster beside it has networks and a port of its own', async () => {
    const second = home.cluster();
    await second.kutter('up');
    await runSample(second);
    const clusterIp = await second.kubectl('get', 'service', 'kubernetes', '-o', 'jsonpath={.spec.clusterIP}');
    assert.equal(clusterIp, '10.97.0.1');
    const [pod = ''] = (await second.kubectl('get', 'pods', '-o', 'name')).split('\n');
    const resolved = await second.kubectl('exec', pod, '--', 'busybox', 'nslookup', 'web.default.svc.cluster.local');
    assert.match(resolved, /Server:\s+10\.97\.0\.10/);
    assert.match(resolved, /Address: 10\.97\./);
    assert.match(await page(cluster), /Welcome to nginx/, 'the first one goes on');
    await second.kutter('down', '--purge');
    assert.ok(!existsSync(second.dataDir));
    assert.match(await page(cluster), /Welcome to nginx/, 'and after the second one went');
  });

  test('down leaves nothing on the machine, and up brings everything back', async () => {
    const before = await podsOf(cluster);
    await cluster.kutter('down');
    assert.deepEqual(await home.state(), empty);
    assert.equal(await cgroups(), '');
    assert.equal((await cluster.tryKutter('status')).code, 1);
    await cluster.kutter('down');
    await cluster.kutter('up');
    const found = await allReady(cluster);
    assert.deepEqual(
      found.map(({ name }) => name),
      before.map(({ name }) => name),
    );
    await eventually(10_000, async () => assert.match(await page(cluster), /Welcome to nginx/));
  });

  test('down after the daemon and containerd were killed, with --purge', async () => {
    await cluster.kill(...(await cluster.processes(cluster.dataDir)));
    await cluster.kutter('down', '--purge');
    assert.deepEqual(await home.state(), empty);
    assert.equal(await cgroups(), '');
    assert.ok(!existsSync(cluster.dataDir));
    const config = await readFile(home.kubeconfig, 'utf8');
    assert.ok(!config.includes('kutter'), config);
    for (const kept of ['# written by hand', '# not ours', 'work.example']) assert.ok(config.includes(kept), config);
    const gone = await cluster.tryKutter('status');
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /there is no cluster in .*; kutter up makes one/);
  });

  function cgroups(): Promise<string> {
    return home.machine.command('find', ['/sys/fs/cgroup', '-name', `*${cluster.name}*`]);
  }
});
