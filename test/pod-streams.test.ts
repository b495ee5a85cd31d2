/**
 * Logs, commands, terminals and ports of pods through a whole cluster in this process: kubectl and a WebSocket client reach
 * the kubelet of a simulated node by way of the API server's HTTPS endpoint.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { pods } from '../src/api/mod.ts';
import { startCluster, type TestCluster } from '../src/main/testing.ts';
import { programPath } from '../tools/programs.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

interface World extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly kubectl: Program;
}

/** A pod `web` that has said `hello`. */
async function start(program: string): Promise<World> {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await startCluster({ https: true, behaviour: { log: 'hello\n' } }));
  const kubectl = stack.use(new Program(programPath(program), cluster));
  await cluster.client.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'web', image: 'web', stdin: true, tty: false }] },
  });
  const key = { namespace: 'default', name: 'web' };
  await until(async () => (await cluster.client.get(pods, key)).status?.phase === 'Running', 'the pod does not run');
  return { cluster, kubectl, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

for (const program of ['kubectl-1.35', 'kubectl-1.20'])
  test(`${program} reads logs, runs commands and attaches`, { timeout: 120_000 }, async () => {
    await using world = await start(program);
    const { kubectl } = world;
    await kubectl.prints('logs web', 'hello');
    await kubectl.prints('logs web --tail=0', '');
    await kubectl.fails('logs web -c other', /container other is not valid for pod web/);
    await kubectl.fails('logs web -p', /previous terminated container "web" in pod "web" not found/);
    await kubectl.prints('exec web -- date -u', 'date -u');
    await kubectl.prints('exec -i web -- cat', 'cat\nover\nand out', 'over\nand out');
    const failing = ['exec', 'web', '--', 'simulate', '{"stdout":"out","stderr":"err","exitCode":7}'];
    const { out, err, code } = await kubectl.run(failing);
    assert.deepEqual([out, err, code], ['out', 'errcommand terminated with exit code 7\n', 7]);
    const large = 'x'.repeat(3_000_000);
    const back = await kubectl.does('exec -i web -- cat', large);
    assert.equal(back, `cat\n${large}`);
    await kubectl.matches('attach -i web', /^hello\n[^]*typed$/, 'typed');
    await kubectl.fails('exec web -c other -- date', /container other is not valid for pod web/);
    await kubectl.fails('exec gone -- date', /pods "gone" not found/);
  });

for (const program of ['kubectl-1.35', 'kubectl-1.20'])
  test(`${program} forwards ports`, { timeout: 60_000 }, async () => {
    await using world = await start(program);
    const { kubectl } = world;
    const child = spawn(kubectl.path, ['port-forward', 'web', ':80'], { env: kubectl.environment, cwd: kubectl.home });
    try {
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (said += chunk));
      await until(
        () => /127\.0\.0\.1:(\d+) -> 80/.test(said),
        () => `no port is forwarded: ${said}`,
      );
      const port = Number(/127\.0\.0\.1:(\d+) -> 80/.exec(said)?.[1]);
      for (const text of ['first', 'x'.repeat(500_000)]) assert.equal(await echoed(port, text), text);
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    }
  });

function echoed(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let back = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    socket.setEncoding('utf8').on('data', (chunk: string) => void (back += chunk));
    socket.on('error', reject).on('close', () => resolve(back));
  });
}

test('a WebSocket client runs a command, with a channel for each stream', { timeout: 60_000 }, async () => {
  await using world = await start('kubectl-1.35');
  const { endpoint } = world.cluster;
  const { certificate: cert, key } = endpoint.admin;
  const query = 'command=cat&stdin=1&stdout=1&stderr=1&container=web';
  const url = `wss://127.0.0.1:${endpoint.port}/api/v1/namespaces/default/pods/web/exec?${query}`;
  const socket = new WebSocket(url, ['v5.channel.k8s.io'], { ca: endpoint.ca, cert, key });
  const channels = new Map<number, string>();
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('close', () => resolve());
    socket.on('open', () => {
      socket.send(Buffer.from('\0typed'));
      // The fifth version can say that there is no more input.
      socket.send(Buffer.from([255, 0]));
    });
    socket.on('message', (data: Buffer) => {
      const [channel = -1] = data;
      channels.set(channel, (channels.get(channel) ?? '') + data.subarray(1).toString());
    });
  });
  assert.equal(socket.protocol, 'v5.channel.k8s.io');
  assert.equal(channels.get(1), 'cat\ntyped');
  assert.deepEqual(JSON.parse(channels.get(3) ?? ''), { metadata: {}, status: 'Success' });
});
