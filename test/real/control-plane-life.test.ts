/**
 * The life of a cluster's process without containers: what it refuses and how it says so, its stores, and disks that are
 * full or broken.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { programPath } from '../../tools/programs.ts';
import { eventually } from '../until.ts';
import { Home, program, type LifeCluster } from './life.ts';

const noNode = ['--nodes', '0'];

describe('a control plane', () => {
  let home: Home;

  before(async () => {
    home = await Home.start();
  });
  after(() => home[Symbol.asyncDispose]());

  async function refused(words: readonly string[], code: number, message: RegExp): Promise<void> {
    const ran = await home.kutter(words);
    assert.match(ran.stderr, message, words.join(' '));
    assert.equal(ran.code, code, `${words.join(' ')}: ${ran.stderr}`);
  }

  async function put(cluster: LifeCluster, name: string): Promise<void> {
    await cluster.kubectl('create', 'configmap', name, `--from-literal=a=${name}`);
  }

  test('bad options are refused with what would be right', async () => {
    await refused(['up', '--nodes', '2'], 2, /--nodes 2: more than one real node .* --simulated-nodes 1/);
    await refused(['up', '--nodes', 'x'], 2, /--nodes takes a whole number, not "x"/);
    await refused(['up', '--nothing'], 2, /--nothing.*; see kutter up --help/);
    await refused(['up', '--store', 'redis'], 2, /--store "redis": memory, embedded or etcd=URL/);
    await refused(['up', '--name', 'No_Name'], 2, /--name "No_Name": lower case letters/);
    await refused(['dance'], 2, /there is no command "dance"; kutter --help lists them/);
    await refused(['image', 'load'], 2, /needs FILE\.tar/);
    await refused(['status', '-o', 'yaml'], 2, /--output "yaml": only json/);
    await refused(['down'], 1, /there is no cluster in \/var\/lib\/kutter\/kutter/);
    await refused(['scheduler'], 2, /needs --kubeconfig FILE/);
    assert.deepEqual(await home.machine.command('find', ['/var/lib/kutter', '-mindepth', '1']), '');
  });

  test('missing packages are named, and so is missing root', async () => {
    const hidden = ['runc', 'conntrack'];
    const each = (line: string): Promise<string> =>
      home.machine.command('sh', [
        '-ec',
        `for name in ${hidden.join(' ')}; do at=$(command -v $name || true); ${line}; done`,
      ]);
    // A bind mount in the machine's own mount namespace: the file is there and cannot be run.
    const paths = (await each('echo $at')).trim().split('\n');
    for (const path of paths) await home.machine.command('mount', ['--bind', '/dev/null', path]);
    await refused(['up', '--name', 'bare'], 1, /packages are missing: conntrack runc\. .* kutter up --install/);
    for (const path of paths) await home.machine.command('umount', [path]);
    const { stderr, code } = await home.machine.run('unshare', ['--user', program, 'up', '--name', 'user'], {
      env: { HOME: home.folder },
    });
    assert.equal(code, 1);
    assert.match(stderr, /real containers need root: run as root, or use --nodes 0 with --simulated-nodes N/);
    await home.kutter(['down', '--name', 'bare', '--purge']);
  });

  test('help and version', async () => {
    for (const words of [['--help'], ['up', '--help'], ['image', 'load', '-h'], ['kubelet', '--help']]) {
      const { stdout, code } = await home.kutter(words);
      assert.equal(code, 0);
      assert.match(stdout, /Usage: kutter/);
    }
    assert.match((await home.kutter(['--version'])).stdout, /^kutter \d+\.\d+\.\d+\n$/);
  });

  test('a port that is taken is named; without --api-port the next free one is used', async () => {
    const server = "require('node:net').createServer().listen(6443, '0.0.0.0', () => console.log('listens'))";
    const holder = home.machine.start(process.execPath, ['-e', server]);
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
    const first = home.cluster();
    const ran = await first.tryKutter('up', ...noNode, '--api-port', '6443');
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /cannot listen on .*:6443: .*address already in use/);
    const second = home.cluster();
    await second.kutter('up', ...noNode);
    assert.match(await second.kutter('status'), /https:\/\/127\.0\.0\.1:6444/);
    await second.kutter('down', '--purge');
    await first.kutter('down', '--purge');
    const [pid = ''] = await second.processes(server.slice(0, 30));
    await second.kill(pid);
  });

  test('two that start at the same moment: one of them runs', async () => {
    const cluster = home.cluster();
    const both = await Promise.all([cluster.tryKutter('up', ...noNode), cluster.tryKutter('up', ...noNode)]);
    assert.ok(
      both.some(({ code }) => code === 0),
      JSON.stringify(both),
    );
    assert.equal((await cluster.processes('--foreground', cluster.dataDir)).length, 1);
    await cluster.kutter('status');
    await cluster.kutter('down', '--purge');
  });

  test('in the foreground until Ctrl-C', async () => {
    const cluster = home.cluster();
    const words = ['up', '--name', cluster.name, '--data-dir', cluster.dataDir, '--foreground', ...noNode];
    const env = { KUBECONFIG: home.kubeconfig, HOME: home.folder };
    const child = home.machine.start(program, words, { env });
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually(20_000, async () => assert.match(said, /Ctrl-C ends it/));
    await cluster.kutter('status');
    await cluster.kubectl('get', 'namespace', 'default');
    const ended = new Promise((resolve) => child.once('close', resolve));
    await home.machine.command('kill', ['-INT', String(cluster.daemon())]);
    await ended;
    assert.equal(child.exitCode, 0);
    assert.equal((await cluster.tryKutter('status')).code, 1);
    await cluster.kutter('down', '--purge');
  });

  test('the embedded store keeps objects, the memory store does not', async () => {
    for (const store of ['embedded', 'memory']) {
      const cluster = home.cluster();
      await cluster.kutter('up', ...noNode, '--store', store, '--simulated-nodes', '1');
      await put(cluster, 'kept');
      await cluster.kubectl('wait', '--for=condition=Ready', 'node/simulated-0', '--timeout=30s');
      await cluster.kill(cluster.daemon());
      await cluster.kutter('up');
      const { code } = await cluster.tryKubectl('get', 'configmap', 'kept');
      assert.equal(code, store === 'embedded' ? 0 : 1, store);
      await cluster.kubectl('wait', '--for=condition=Ready', 'node/simulated-0', '--timeout=30s');
      const other = await cluster.tryKutter('up', '--store', store === 'memory' ? 'embedded' : 'memory');
      assert.equal(other.code, 2);
      assert.match(other.stderr, /this cluster was made with/);
      await cluster.kutter('down', '--purge');
    }
  });

  test('objects in a real etcd', async () => {
    const etcd = 'http://127.0.0.1:23790';
    const peer = 'http://127.0.0.1:23800';
    const urls = ['--listen-client-urls', etcd, '--advertise-client-urls', etcd, '--listen-peer-urls', peer];
    const peers = ['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`];
    const data = join(home.folder, 'etcd');
    const server = home.machine.start(programPath('etcd'), [
      '--data-dir',
      data,
      '--log-level',
      'error',
      ...urls,
      ...peers,
    ]);
    const cluster = home.cluster();
    await cluster.kutter('up', ...noNode, '--store', `etcd=${etcd}`);
    await put(cluster, 'kept');
    await cluster.kill(cluster.daemon());
    await cluster.kutter('up');
    assert.equal(await cluster.kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'), 'kept');
    const keys = await home.machine.command(
      programPath('etcdctl'),
      ['--endpoints', etcd, 'get', '--keys-only', '/registry/configmaps/default/kept'],
      { env: { ETCDCTL_API: '3' } },
    );
    assert.equal(keys.trim(), '/registry/configmaps/default/kept');
    await cluster.kutter('down', '--purge');
    const [pid = ''] = await cluster.processes('etcd --data-dir');
    const ended = new Promise((resolve) => server.once('close', resolve));
    await cluster.kill(pid);
    await ended;
    const without = home.cluster();
    const ran = await without.tryKutter('up', ...noNode, '--store', `etcd=${etcd}`);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /etcd/);
  });

  test('a full disk: writes are refused, reads go on, and space brings writes back', async () => {
    const cluster = home.cluster();
    await mkdir(cluster.dataDir);
    await home.machine.command('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', cluster.dataDir]);
    await cluster.kutter('up', ...noNode);
    await put(cluster, 'before');
    const fill = join(cluster.dataDir, 'fill');
    await home.machine.run('dd', ['if=/dev/zero', `of=${fill}`, 'bs=64k']);
    const written: string[] = [];
    let failure = '';
    for (let i = 0; i < 40 && failure === ''; i++) {
      const ran = await cluster.tryKubectl(
        'create',
        'configmap',
        `full-${i}`,
        `--from-literal=a=${'x'.repeat(100_000)}`,
      );
      if (ran.code === 0) written.push(`full-${i}`);
      else failure = ran.stderr;
    }
    assert.match(failure, /full|space|ENOSPC|storage/i);
    await home.machine.command('rm', [fill]);
    await cluster.kutter('up');
    await put(cluster, 'after');
    for (const name of ['before', 'after', ...written]) await cluster.kubectl('get', 'configmap', name);
    await cluster.kutter('down');
    await home.machine.command('umount', ['-l', cluster.dataDir]);
  });

  test('a corrupted store is named and not overwritten', async () => {
    const cluster = home.cluster();
    await cluster.kutter('up', ...noNode);
    await put(cluster, 'kept');
    await cluster.kutter('down');
    const folder = join(cluster.dataDir, 'store');
    const [name = ''] = readdirSync(folder).filter((file) => !/-(wal|shm)$/.test(file));
    const path = join(folder, name);
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.alloc(Math.min(size, 8192), 0x5a), 0, undefined, 0);
    await file.close();
    const ran = await cluster.tryKutter('up');
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /store|database/i);
    assert.ok(ran.stderr.includes(folder), ran.stderr);
    assert.equal((await stat(path)).size, size);
  });

  test('settings that are no JSON are named', async () => {
    const cluster = home.cluster();
    await mkdir(cluster.dataDir, { recursive: true });
    await writeFile(join(cluster.dataDir, 'cluster.json'), '{');
    const ran = await cluster.tryKutter('up', ...noNode);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /cluster\.json is no JSON: restore it/);
  });
});
