/**
 * Each component as a program of its own, all of them over HTTPS with the kubeconfigs that the API server writes: a node
 * becomes ready, a Deployment runs and is reached through its Service, and any of them may be killed and started again.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildImageArchive } from '../../tools/images/build.ts';
import { programPath } from '../../tools/programs.ts';
import { eventually } from '../until.ts';
import { Home, program, repository } from './life.ts';

const sample = join(repository, 'docs/sample/web.yaml');

describe('components alone', () => {
  let home: Home;
  let api: string;
  let endpoint: string;
  const said = new Map<string, string>();
  const running = new Map<string, ChildProcess>();

  before(async () => {
    const archive = await buildImageArchive('nginx');
    home = await Home.start();
    api = join(home.folder, 'api');
    // The bridge's parameters that kutter up sets and that whoever brings a network sets.
    await home.machine.command('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    const helper = (name: string, ...args: string[]): Promise<string> =>
      home.machine.command(process.execPath, [join(import.meta.dirname, name), ...args]);
    endpoint = (await helper('life-containerd.ts', home.folder)).trim();
    await helper('life-images.ts', archive, endpoint);
  });
  after(() => home[Symbol.asyncDispose]());

  const words: Readonly<Record<string, () => string[]>> = {
    apiserver: () => ['--data-dir', api],
    'controller-manager': () => ['--kubeconfig', join(api, 'controller-manager.conf')],
    scheduler: () => ['--kubeconfig', join(api, 'scheduler.conf')],
    kubelet: () =>
      ['--kubeconfig', join(api, 'kubelet.conf'), '--runtime-endpoint', endpoint].concat([
        '--data-dir',
        join(home.folder, 'kubelet'),
        '--tls-cert-file',
        join(api, 'pki', 'kubelet-server.crt'),
        '--tls-private-key-file',
        join(api, 'pki', 'kubelet-server.key'),
      ]),
    proxy: () => ['--kubeconfig', join(api, 'proxy.conf')],
  };

  async function start(name: string): Promise<void> {
    const child = home.machine.start(program, [name, ...(words[name]?.() ?? [])], { env: { HOME: home.folder } });
    said.set(name, '');
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => said.set(name, (said.get(name) ?? '') + text));
    running.set(name, child);
    await eventually(20_000, async () => assert.match(said.get(name) ?? '', /"message":"started"/));
  }

  async function kill(name: string): Promise<void> {
    const lines = await home.machine.processes();
    const pids = lines.filter((line) => line.includes(`kutter.ts ${name} `)).map((line) => line.split(/\s+/)[0] ?? '');
    assert.equal(pids.length, 1, lines.join('\n'));
    const ended = new Promise((resolve) => running.get(name)?.once('close', resolve));
    await home.machine.command('kill', ['-9', ...pids]);
    await ended;
  }

  async function kubectl(...args: string[]): Promise<string> {
    const env = { KUBECONFIG: join(api, 'admin.conf'), HOME: home.folder };
    const { stdout, stderr, code } = await home.machine.run(programPath('kubectl-1.35'), args, { env });
    assert.equal(
      code,
      0,
      `${stderr}${stdout}\n${[...said].map(([name, text]) => `${name}: ${text.slice(-1500)}`).join('\n')}`,
    );
    return stdout.trim();
  }

  const containers = (): Promise<string> =>
    kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.containerStatuses[0].containerID}');

  async function page(): Promise<string> {
    const ip = await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
    return home.machine.command('curl', ['-sS', '--fail', '--max-time', '5', `http://${ip}/`]);
  }

  test('they find each other, and the node becomes ready', async () => {
    mkdirSync(join(home.folder, 'kubelet'), { recursive: true });
    await start('apiserver');
    assert.match(readFileSync(join(api, 'admin.conf'), 'utf8'), /https:\/\/127\.0\.0\.1:6443/);
    for (const name of ['controller-manager', 'scheduler', 'kubelet', 'proxy']) await start(name);
    assert.ok(existsSync(join(api, 'kubelet.conf')));
    await eventually(30_000, () =>
      kubectl('wait', '--for=condition=Ready', 'node/life', '--timeout=1s').then(() => undefined),
    );
  });

  test('a Deployment runs and is reached', async () => {
    await kubectl('apply', '-f', sample);
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=50s');
    await eventually(10_000, async () => assert.match(await page(), /Welcome to nginx/));
    assert.match(await kubectl('logs', 'deployment/web', '--tail=5'), /nginx|GET \/|start worker/);
    assert.equal(await kubectl('exec', 'deployment/web', '--', 'sh', '-c', 'echo $((20+3))'), '23');
  });

  for (const name of ['apiserver', 'controller-manager', 'scheduler', 'kubelet', 'proxy']) {
    test(`${name} killed and started again`, async () => {
      const before = await containers();
      await kill(name);
      await start(name);
      const label = `after=${name}`;
      await kubectl(
        'label',
        'configmap',
        '-n',
        'kube-system',
        'extension-apiserver-authentication',
        label,
        '--overwrite',
      );
      assert.equal(await containers(), before);
      await kubectl('scale', 'deployment/web', '--replicas=3');
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=50s');
      await kubectl('scale', 'deployment/web', '--replicas=2');
      await eventually(50_000, async () => assert.equal((await containers()).split(' ').length, 2));
      await eventually(10_000, async () => assert.match(await page(), /Welcome to nginx/));
    });
  }
});
