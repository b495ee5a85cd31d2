/**
 * Whole sessions over loopback, the same expectations for every protocol and for every way through: served here, passed
 * on byte for byte, and translated from WebSocket to SPDY.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import {
  type ByteSource,
  exitCodeOf,
  exitStatus,
  pipeBytes,
  type PortForwardSession,
  type RemoteCommandConnection,
  type RemoteCommandOptions,
  type RemoteCommandStreams,
  type TerminalSize,
} from '../../base/mod.ts';
import { connectPortForward, connectRemoteCommand, UpgradeRefusedError } from './connect.ts';
import { HttpUpgrade } from './upgrade.ts';

const MEGABYTE = 1024 * 1024;
const ALL: RemoteCommandOptions = { stdin: true, stdout: true, stderr: true, tty: false };

/** What a container would run, by name. */
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
  async count({ stdin, stdout }) {
    let sizeBytes = 0;
    for await (const chunk of stdin ?? []) sizeBytes += chunk.byteLength;
    await stdout?.write(Buffer.from(String(sizeBytes)));
    return 0;
  },
  async flood({ stdout }) {
    const chunk = pattern(MEGABYTE);
    for (let index = 0; index < 10; index++) await stdout?.write(chunk);
    return 0;
  },
  async deaf() {
    return 3;
  },
  async sizes({ resize, stdout }) {
    let left = 2;
    for await (const { Width, Height } of resize ?? []) {
      await stdout?.write(Buffer.from(`${Width}x${Height};`));
      if (--left === 0) break;
    }
    return 0;
  },
  async wait({ signal }) {
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  },
};

function pattern(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let index = 0; index < sizeBytes; index++) bytes[index] = (index * 31) & 0xff;
  return bytes;
}

interface World extends AsyncDisposable {
  readonly url: string;
  readonly sessions: RemoteCommandStreams[];
  readonly sockets: Set<Socket>;
  readonly errors: unknown[];
}

type Handler = (upgrade: HttpUpgrade, url: URL, world: { errors: unknown[] }) => Promise<void>;

async function startServer(handle: Handler): Promise<World> {
  const server: Server = createServer();
  const sockets = new Set<Socket>();
  const world = { sessions: [] as RemoteCommandStreams[], sockets, errors: [] as unknown[] };
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (req, socket, head) => {
    const upgrade = new HttpUpgrade(req, socket, head);
    handle(upgrade, new URL(req.url ?? '/', 'http://kubelet'), world).catch((error) => world.errors.push(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...world,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function startRuntime(started?: (streams: RemoteCommandStreams) => void): Promise<World> {
  return startServer(async (upgrade, url) => {
    if (url.pathname === '/forbidden') return upgrade.refuse({ ...FORBIDDEN });
    if (url.pathname === '/portforward') {
      return serveTcp(await upgrade.acceptPortForward(url.searchParams.getAll('ports').map(Number)));
    }
    const streams = await upgrade.acceptRemoteCommand(optionsOf(url));
    started?.(streams);
    const command = COMMANDS[url.searchParams.get('command') ?? ''];
    assert.ok(command);
    await streams.finish(exitStatus(await command(streams)));
  });
}

/** A kubelet or API server in the middle: everything goes on to the runtime. */
function startMiddle(runtime: World): Promise<World> {
  return startServer(async (upgrade, url) => {
    const target = { url: runtime.url + url.pathname + url.search };
    const ports = url.searchParams.getAll('ports').map(Number);
    if (url.pathname === '/portforward') return upgrade.forward(target, { kind: 'port-forward', ports });
    return upgrade.forward(target, { kind: 'remote-command', options: optionsOf(url) });
  });
}

const FORBIDDEN = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'Forbidden',
  message: 'no!',
  code: 403,
};

function optionsOf(url: URL): RemoteCommandOptions {
  const has = (name: string): boolean => url.searchParams.get(name) === 'true';
  return { stdin: has('stdin'), stdout: has('stdout'), stderr: has('stderr'), tty: has('tty') };
}

function commandUrl(world: World, command: string, options: RemoteCommandOptions): string {
  return `${world.url}/exec?command=${command}&${Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')}`;
}

async function serveTcp(session: PortForwardSession): Promise<void> {
  for await (const stream of session) {
    void (async () => {
      const socket = connectTcp({ port: stream.port, host: '127.0.0.1', allowHalfOpen: true });
      try {
        await once(socket, 'connect');
        const inward = (async () => {
          for await (const chunk of stream.input) if (!socket.write(chunk)) await once(socket, 'drain');
          socket.end();
        })();
        inward.catch(() => socket.destroy());
        for await (const chunk of socket as AsyncIterable<Buffer>) await stream.output.write(chunk);
        await inward;
        await stream.finish();
      } catch (error) {
        await stream.finish(`error forwarding port ${stream.port}: ${String(error)}`).catch(() => undefined);
      }
    })();
  }
}

async function readAll(source: ByteSource | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const PROTOCOLS: Record<string, 'spdy' | string[]> = {
  SPDY: 'spdy',
  'WebSocket v5': ['v5.channel.k8s.io'],
  'WebSocket v4': ['v4.channel.k8s.io'],
  'WebSocket v4 base64': ['v4.base64.channel.k8s.io'],
};

for (const way of ['direct', 'forwarded']) {
  for (const [name, protocols] of Object.entries(PROTOCOLS)) {
    describe(`command over ${name}, ${way}`, () => {
      const halfClose = protocols === 'spdy' || protocols[0] === 'v5.channel.k8s.io';

      async function run(
        command: string,
        options: RemoteCommandOptions,
        use: (connection: RemoteCommandConnection, world: World, streams: () => RemoteCommandStreams) => Promise<void>,
      ): Promise<void> {
        let streams: RemoteCommandStreams | undefined;
        await using runtime = await startRuntime((started) => (streams = started));
        await using middle = await startMiddle(runtime);
        const world = way === 'direct' ? runtime : middle;
        const connection = await connectRemoteCommand({ url: commandUrl(world, command, options) }, options, protocols);
        await use(connection, runtime, () => {
          assert.ok(streams);
          return streams;
        });
        connection.close();
      }

      test('output, errors and the exit code arrive', async () => {
        await run('hello', { ...ALL, stdin: false }, async ({ stdout, stderr, result }) => {
          const [out, err] = await Promise.all([readAll(stdout), readAll(stderr)]);
          assert.equal(out.toString(), 'out\n');
          assert.equal(err.toString(), 'err\n');
          assert.equal(exitCodeOf(await result), 7);
        });
      });

      test('10 MB of output arrive whole', async () => {
        await run('flood', { ...ALL, stdin: false }, async ({ stdout, result }) => {
          const out = await readAll(stdout);
          assert.equal(out.byteLength, 10 * MEGABYTE);
          assert.ok(out.subarray(9 * MEGABYTE).equals(pattern(MEGABYTE)));
          assert.equal(exitCodeOf(await result), 0);
        });
      });

      test('the end of stdin arrives after 3 MB', { skip: !halfClose }, async () => {
        await run('count', ALL, async ({ stdin, stdout, result }) => {
          await stdin?.write(pattern(3 * MEGABYTE));
          await stdin?.end();
          assert.equal((await readAll(stdout)).toString(), String(3 * MEGABYTE));
          assert.equal(exitCodeOf(await result), 0);
        });
      });

      test('without a half-close, the end of stdin is refused', { skip: halfClose }, async () => {
        await run('wait', ALL, async ({ stdin }) => {
          await stdin?.write(Buffer.from('x'));
          await assert.rejects(async () => stdin?.end(), /half-close/);
        });
      });

      test('a command that reads nothing ends all the same', async () => {
        await run('deaf', ALL, async ({ stdin, stdout, result }) => {
          const writing = stdin?.write(pattern(3 * MEGABYTE)).catch(() => undefined);
          assert.equal(exitCodeOf(await result), 3);
          await readAll(stdout);
          await writing;
        });
      });

      test('the size of the terminal is passed on', async () => {
        const options = { stdin: true, stdout: true, stderr: true, tty: true };
        await run('sizes', options, async ({ resize, stderr, stdout, result }) => {
          assert.equal(stderr, undefined);
          const sizes: TerminalSize[] = [
            { Width: 80, Height: 24 },
            { Width: 200, Height: 50 },
          ];
          for (const size of sizes) await resize?.(size);
          assert.equal((await readAll(stdout)).toString(), '80x24;200x50;');
          assert.equal(exitCodeOf(await result), 0);
        });
      });

      test('the command learns that its client has left', async () => {
        await run('wait', ALL, async ({ stdin, close }, _world, streams) => {
          await stdin?.write(Buffer.from('x'));
          for await (const chunk of streams().stdin ?? []) {
            assert.equal(Buffer.from(chunk).toString(), 'x');
            break;
          }
          close();
          const { signal } = streams();
          if (!signal.aborted) await once(signal, 'abort');
        });
      });

      test('the client learns that the session was cut', async () => {
        await run('wait', ALL, async ({ stdin, stdout, result }, runtime, streams) => {
          await stdin?.write(Buffer.from('x'));
          for await (const _chunk of streams().stdin ?? []) break;
          for (const socket of runtime.sockets) socket.resetAndDestroy();
          if (way === 'direct') {
            await assert.rejects(readAll(stdout));
            await assert.rejects(result);
          } else {
            // Whoever is in the middle still has a session with the client, in which it can say so.
            await readAll(stdout).catch(() => undefined);
            const status = await result.catch(() => undefined);
            assert.notEqual(status?.status, 'Success');
          }
        });
      });

      test('a reader that stops, stops the command', async () => {
        await run('flood', { ...ALL, stdin: false }, async ({ stdout, result }, _runtime, streams) => {
          const first = await stdout?.[Symbol.asyncIterator]().next();
          assert.ok(first?.value);
          // The kernel's buffers on the way hold a few megabytes, never all ten of them.
          let settled = false;
          result.then(
            () => (settled = true),
            () => undefined,
          );
          await new Promise((resolve) => setTimeout(resolve, 300));
          assert.equal(settled, false);
          assert.equal(streams().signal.aborted, false);
        });
      });
    });
  }
}

async function startEcho(): Promise<AsyncDisposable & { port: number }> {
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

for (const way of ['direct', 'forwarded']) {
  for (const transport of ['spdy', 'tunnel'] as const) {
    test(`port-forward over ${transport}, ${way}: several connections at once, a refused one, the end`, async () => {
      await using echo = await startEcho();
      await using runtime = await startRuntime();
      await using middle = await startMiddle(runtime);
      const world = way === 'direct' ? runtime : middle;
      const session = await connectPortForward({ url: `${world.url}/portforward` }, transport);
      const talk = async (index: number): Promise<void> => {
        const connection = await session.open(echo.port);
        const sent = pattern(200_000 + index);
        const received = readAll(connection.input);
        await connection.output.write(sent);
        await connection.output.end();
        assert.ok((await received).equals(sent));
        assert.equal(await connection.error, undefined);
      };
      await Promise.all(Array.from({ length: 20 }, (_, index) => talk(index)));
      const refused = await session.open(1);
      assert.equal((await readAll(refused.input)).byteLength, 0);
      assert.match((await refused.error) ?? '', /error forwarding port 1:.*ECONNREFUSED/);
      await talk(99);
      for (const socket of world.sockets) socket.destroy();
      if (!session.signal.aborted) await once(session.signal, 'abort');
      await assert.rejects(session.open(echo.port));
    });
  }

  test(`port-forward over plain WebSocket channels, ${way}`, async () => {
    await using echo = await startEcho();
    await using runtime = await startRuntime();
    await using middle = await startMiddle(runtime);
    const world = way === 'direct' ? runtime : middle;
    const url = `${world.url}/portforward?ports=${echo.port}&ports=1`.replace('http', 'ws');
    const webSocket = new WebSocket(url, ['v4.channel.k8s.io']);
    const channels = new Map<number, Buffer>();
    const done = Promise.withResolvers<void>();
    webSocket.on('message', (data: Buffer) => {
      const channel = data[0] ?? 0;
      channels.set(channel, Buffer.concat([channels.get(channel) ?? Buffer.alloc(0), data.subarray(1)]));
      if ((channels.get(0)?.byteLength ?? 0) === 7 && (channels.get(3)?.byteLength ?? 0) > 2) done.resolve();
    });
    await once(webSocket, 'open');
    webSocket.send(Buffer.from('\0hello'));
    await done.promise;
    assert.equal(channels.get(0)?.readUInt16LE(0), echo.port);
    assert.equal(channels.get(0)?.subarray(2).toString(), 'hello');
    assert.equal(channels.get(1)?.readUInt16LE(0), echo.port);
    assert.match(channels.get(3)?.subarray(2).toString() ?? '', /error forwarding port 1/);
    webSocket.close();
    await once(webSocket, 'close');
  });

  test(`a refusal is an HTTP error with a Status, ${way}`, async () => {
    await using runtime = await startRuntime();
    await using middle = await startMiddle(runtime);
    const target = { url: `${(way === 'direct' ? runtime : middle).url}/forbidden` };
    for (const protocols of Object.values(PROTOCOLS)) {
      await assert.rejects(connectRemoteCommand(target, ALL, protocols), (error) => {
        assert.ok(error instanceof UpgradeRefusedError);
        assert.equal(error.statusCode, 403);
        assert.deepEqual(JSON.parse(error.body), FORBIDDEN);
        return true;
      });
    }
  });
}

test('a client and a server without a protocol in common part with 403', async () => {
  await using runtime = await startRuntime();
  const socket = connectTcp(Number(new URL(runtime.url).port), '127.0.0.1');
  socket.end(
    'POST /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n' +
      'X-Stream-Protocol-Version: v9.channel.k8s.io\r\nX-Stream-Protocol-Version: v8.channel.k8s.io\r\n\r\n',
  );
  const answer = (await readAll(socket)).toString();
  assert.match(answer, /^HTTP\/1.1 403 Forbidden\r\n/);
  assert.match(answer, /X-Accepted-Stream-Protocol-Versions: v4.channel.k8s.io\r\n/);
  assert.match(answer, /client supports \[v9.channel.k8s.io v8.channel.k8s.io\], server accepts \[v5/);
});

test('a target that cannot be reached is an internal error', async () => {
  await using middle = await startServer((upgrade) =>
    upgrade.forward({ url: 'http://127.0.0.1:1/' }, { kind: 'remote-command', options: ALL }),
  );
  for (const protocols of Object.values(PROTOCOLS)) {
    await assert.rejects(
      connectRemoteCommand({ url: middle.url }, ALL, protocols),
      /error dialing backend.*ECONNREFUSED/,
    );
  }
});
