/**
 * A real kubectl runs exec, attach and port-forward against our end of the streams, over WebSocket and over SPDY, served
 * here and carried on through a second hop. `KUTTER_TEST_KUBECTL` names the kubectl; without it the one in PATH is taken.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import {
  exitStatus,
  pipeBytes,
  type PortForwardSession,
  type RemoteCommandOptions,
  type RemoteCommandStreams,
} from '../../src/base/mod.ts';
import { HttpUpgrade } from '../../src/host/mod.ts';

const KUBECTL = process.env['KUTTER_TEST_KUBECTL'] ?? 'kubectl';
const MEGABYTE = 1024 * 1024;
const TEST_MS = 60_000;

const POD = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'p', namespace: 'default', uid: 'u', resourceVersion: '1' },
  spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', stdin: true, tty: false }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

const verbs = ['create', 'get', 'list'];
const ANSWERS: Record<string, unknown> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs, shortNames: ['po'] },
      { name: 'pods/exec', singularName: '', namespaced: true, kind: 'PodExecOptions', verbs },
    ],
  },
  '/api/v1/namespaces/default/pods/p': POD,
};

const COMMANDS: Record<string, (streams: RemoteCommandStreams) => Promise<number>> = {
  async hello({ stdout, stderr }) {
    await stdout?.write(Buffer.from('out\n'));
    await stderr?.write(Buffer.from('err\n'));
    return 7;
  },
  async cat({ stdin, stdout }) {
    if (stdin && stdout) await pipeBytes(stdin, stdout);
    return 0;
  },
  async flood({ stdout }) {
    const chunk = Buffer.alloc(MEGABYTE, 'x');
    for (let index = 0; index < 10; index++) await stdout?.write(chunk);
    return 0;
  },
  async deaf() {
    return 3;
  },
  async size({ resize, stdout }) {
    for await (const { Width, Height } of resize ?? []) {
      await stdout?.write(Buffer.from(`size ${Width}x${Height}\r\n`));
      break;
    }
    return 0;
  },
};

function answer(req: IncomingMessage, res: ServerResponse): void {
  const body = ANSWERS[new URL(req.url ?? '/', 'http://x').pathname];
  res.writeHead(body ? 200 : 404, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(body ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
}

function optionsOf(url: URL): RemoteCommandOptions {
  const has = (name: string): boolean => url.searchParams.get(name) === 'true';
  return { stdin: has('stdin'), stdout: has('stdout'), stderr: has('stderr'), tty: has('tty') };
}

interface FakeServer extends AsyncDisposable {
  readonly url: string;
  readonly transports: string[];
}

async function startServer(next?: FakeServer): Promise<FakeServer> {
  const server = createServer(answer);
  const transports: string[] = [];
  const serve = async (upgrade: HttpUpgrade, url: URL): Promise<void> => {
    transports.push(upgrade.transport);
    const name = url.searchParams.get('command') ?? 'cat';
    if (name === 'secret') {
      const message = 'pods "p" is forbidden: not for you';
      const status = {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        reason: 'Forbidden',
        message,
      };
      return upgrade.refuse({ ...status, code: 403 });
    }
    const forwarding = url.pathname.endsWith('/portforward');
    if (next) {
      const target = { url: next.url + url.pathname + url.search };
      if (forwarding) return upgrade.forward(target, { kind: 'port-forward' });
      return upgrade.forward(target, { kind: 'remote-command', options: optionsOf(url) });
    }
    if (forwarding) return servePorts(await upgrade.acceptPortForward());
    const streams = await upgrade.acceptRemoteCommand(optionsOf(url));
    const command = COMMANDS[name];
    assert.ok(command, `no command ${name}`);
    await streams.finish(exitStatus(await command(streams)));
  };
  server.on('upgrade', (req, socket, head) => {
    const url = new URL(req.url ?? '/', 'http://x');
    serve(new HttpUpgrade(req, socket, head), url).catch((error: unknown) => socket.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    transports,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Port 80 echoes, port 81 cannot be reached. */
async function servePorts(session: PortForwardSession): Promise<void> {
  for await (const stream of session) {
    if (stream.port === 80) void pipeBytes(stream.input, stream.output).then(() => stream.finish());
    else void stream.finish(`error forwarding port ${stream.port} to pod p, uid u: connection refused`);
  }
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function startKubectl(server: FakeServer, transport: string, args: readonly string[]) {
  const home = await mkdtemp(join(tmpdir(), 'kutter-kubectl-'));
  const spdy = transport === 'spdy' ? 'false' : 'true';
  const env = {
    ...process.env,
    HOME: home,
    KUBECONFIG: '/dev/null',
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: spdy,
    KUBECTL_PORT_FORWARD_WEBSOCKETS: spdy,
  };
  const [program = KUBECTL, ...rest] = args[0] === 'script' ? args : [KUBECTL, `--server=${server.url}`, ...args];
  const child = spawn(program, rest, { env, stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => undefined);
  const outcome = once(child, 'close').then(async ([code]): Promise<Outcome> => {
    await rm(home, { recursive: true, force: true });
    return {
      code: code as number | null,
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
    };
  });
  return { child, outcome };
}

async function kubectl(server: FakeServer, transport: string, args: readonly string[], input = ''): Promise<Outcome> {
  const { child, outcome } = await startKubectl(server, transport, args);
  child.stdin.end(input);
  return outcome;
}

for (const transport of ['websocket', 'spdy']) {
  for (const hops of [1, 2]) {
    describe(`kubectl over ${transport}, ${hops} hop(s)`, { timeout: TEST_MS, concurrency: false }, () => {
      async function run(args: readonly string[], input?: string): Promise<Outcome> {
        await using last = await startServer();
        await using first = await startServer(last);
        const server = hops === 1 ? last : first;
        const outcome = await kubectl(server, transport, args, input);
        assert.deepEqual(new Set(server.transports), new Set([transport]), outcome.stderr);
        return outcome;
      }

      test('exec: output, errors and exit code', async () => {
        const { code, stdout, stderr } = await run(['exec', 'p', '--', 'hello']);
        assert.equal(stdout, 'out\n');
        assert.equal(stderr, 'err\ncommand terminated with exit code 7\n');
        assert.equal(code, 7);
      });

      test('exec: 10 MB of output', async () => {
        const { code, stdout, stderr } = await run(['exec', 'p', '--', 'flood']);
        assert.equal(stdout.length, 10 * MEGABYTE);
        assert.equal(stderr, '');
        assert.equal(code, 0);
      });

      test('exec -i: 3 MB in, through the command and back, and the end of stdin', async () => {
        const input = 'abc'.repeat(MEGABYTE);
        const { code, stdout } = await run(['exec', '-i', 'p', '--', 'cat'], input);
        assert.ok(stdout === input, `${stdout.length} bytes came back`);
        assert.equal(code, 0);
      });

      test('exec -i: a command that leaves its stdin unread', async () => {
        const { code } = await run(['exec', '-i', 'p', '--', 'deaf'], 'abc'.repeat(MEGABYTE));
        assert.equal(code, 3);
      });

      test('attach -i', async () => {
        const { code, stdout } = await run(['attach', '-i', 'p'], 'hello\n');
        assert.equal(stdout, 'hello\n');
        assert.equal(code, 0);
      });

      test('exec -it: the size of the terminal', async () => {
        await using last = await startServer();
        await using first = await startServer(last);
        const server = hops === 1 ? last : first;
        const command = `stty cols 101 rows 37; exec '${KUBECTL}' --server=${server.url} exec -it p -- size`;
        const { child, outcome } = await startKubectl(server, transport, ['script', '-qec', command, '/dev/null']);
        const { code, stdout } = await outcome;
        child.stdin.end();
        assert.match(stdout, /size 101x37/);
        assert.equal(code, 0);
      });

      test('port-forward: several connections, then one that is refused', async () => {
        await using last = await startServer();
        await using first = await startServer(last);
        const server = hops === 1 ? last : first;
        const args = ['port-forward', '--address=127.0.0.1', 'p', ':80', ':81'];
        const { child, outcome } = await startKubectl(server, transport, args);
        const ports = await localPorts(child.stdout);
        const sent = 'abcdefgh'.repeat(50_000);
        const echoes = await Promise.all(Array.from({ length: 5 }, () => talk(ports.get(80) ?? 0, sent)));
        for (const echo of echoes) assert.ok(echo === sent, `${echo.length} bytes came back`);
        // kubectl may close it before it has read what was sent, which resets the connection.
        await talk(ports.get(81) ?? 0, 'x').catch(() => undefined);
        child.kill('SIGTERM');
        const { stderr } = await outcome;
        assert.match(stderr, /an error occurred forwarding \d+ -> 81.*connection refused/);
        assert.deepEqual(server.transports, [transport === 'spdy' ? 'spdy' : 'tunnel']);
      });
    });
  }
}

/** The local port behind each forwarded one, from what kubectl prints; its output goes on being read. */
function localPorts(output: Readable): Promise<Map<number, number>> {
  const ports = new Map<number, number>();
  let text = '';
  return new Promise((resolve, reject) => {
    output.once('end', () => reject(new Error(`kubectl ended: ${text}`)));
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const [, local, remote] of text.matchAll(/^Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)\n/gm)) {
        ports.set(Number(remote), Number(local));
      }
      if (ports.size === 2) resolve(ports);
    });
  });
}

async function talk(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.end(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('kubectl shows the reason of a refusal', { timeout: TEST_MS }, async () => {
  for (const transport of ['websocket', 'spdy']) {
    await using server = await startServer();
    const { code, stderr } = await kubectl(server, transport, ['exec', 'p', '--', 'secret']);
    assert.equal(code, 1);
    assert.match(stderr, /Error from server \(Forbidden\): pods "p" is forbidden: not for you/);
  }
});
