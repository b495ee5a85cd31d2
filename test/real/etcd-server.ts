/** An etcd of its own for a test, on loopback, and a TCP proxy in front of it that can cut the connections. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { errorText, HostError } from '../../src/base/mod.ts';
import { GrpcEtcdClient } from '../../src/host/etcd/mod.ts';
import { programPath } from '../../tools/programs.ts';

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export class EtcdServer {
  readonly directory = mkdtempSync(path.join(os.tmpdir(), 'etcd-test-'));
  readonly endpoint: string;
  readonly #peer: string;
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, peerPort: number, more: readonly string[]) {
    const scheme = more.includes('--client-cert-auth') ? 'https' : 'http';
    this.endpoint = `${scheme}://127.0.0.1:${port}`;
    this.#peer = `http://127.0.0.1:${peerPort}`;
    this.#arguments = more;
  }

  static async start(more: readonly string[] = []): Promise<EtcdServer> {
    const server = new EtcdServer(await freePort(), await freePort(), more);
    await server.start();
    return server;
  }

  get port(): number {
    return Number(new URL(this.endpoint).port);
  }

  async start(): Promise<void> {
    const urls = ['--listen-client-urls', this.endpoint, '--advertise-client-urls', this.endpoint];
    const peers = [
      '--listen-peer-urls',
      this.#peer,
      '--initial-advertise-peer-urls',
      this.#peer,
      '--initial-cluster',
      `default=${this.#peer}`,
    ];
    this.#process = spawn(
      programPath('etcd'),
      ['--data-dir', this.directory, '--log-level', 'error', ...urls, ...peers, ...this.#arguments],
      {
        stdio: 'ignore',
      },
    );
    for (let attempt = 1; !(await answers(this.port)); attempt++) {
      if (attempt > 100) throw new HostError('Timeout', 'etcd did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Waits until etcd serves, not merely listens; a fresh one elects its leader first. */
export async function serving(endpoint: string): Promise<void> {
  const client = new GrpcEtcdClient({ endpoints: [endpoint], timeoutMs: 1000 });
  try {
    for (let attempt = 1; ; attempt++) {
      const failure = await client.range({ from: '/', to: '0', limit: 1 }).then(
        () => undefined,
        (error: unknown) => errorText(error),
      );
      if (failure === undefined) return;
      if (attempt > 100) throw new HostError('Timeout', `etcd does not serve: ${failure}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    client.close();
  }
}

export class CuttableProxy {
  readonly #target: number;
  readonly #sockets = new Set<net.Socket>();
  readonly #server = net.createServer((client) => this.#join(client));
  #mode: 'open' | 'refuse' | 'silent' = 'open';
  port = 0;

  constructor(target: number) {
    this.#target = target;
  }

  async listen(host = '127.0.0.1'): Promise<this> {
    this.#server.listen(0, host);
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as net.AddressInfo).port;
    return this;
  }

  /** Resets what is connected and refuses what comes. */
  cut(): void {
    this.#mode = 'refuse';
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Lets every byte vanish, as a pulled cable does. */
  silence(): void {
    this.#mode = 'silent';
  }

  heal(): void {
    this.#mode = 'open';
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #join(client: net.Socket): void {
    if (this.#mode === 'refuse') return void client.resetAndDestroy();
    const server = net.connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes) => void (this.#mode === 'open' && to.write(bytes)));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#server.close();
  }
}
