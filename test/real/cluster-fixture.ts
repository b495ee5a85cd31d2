/**
 * A real cluster for one test file: `bin/kutter up` on a machine of its own, images from a real registry that answers for
 * every registry host, real kubectls. Disposal is `kutter down --purge`, and fails when anything at all is left.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../../tools/images/registry.ts';
import { programPath } from '../../tools/programs.ts';
import { Machine, type Ran, type RunOptions } from './machine.ts';

/** The newest and a very old one. */
export type KubectlVersion = '1.35' | '1.20';

export interface RealClusterOptions {
  readonly hostName: string;
  readonly addresses: readonly string[];
  /** Recipes whose images the registry has. */
  readonly images: readonly string[];
}

const repository = join(import.meta.dirname, '..', '..');
const kutter = join(repository, 'bin', 'kutter');
const mirrorPort = 5000;
const upTimeoutMs = 120_000;
const pollMs = 50;

export class RealCluster implements AsyncDisposable {
  readonly machine: Machine;
  readonly name: string;
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly #stack: AsyncDisposableStack;

  constructor(machine: Machine, folder: string, stack: AsyncDisposableStack) {
    this.machine = machine;
    this.name = `s${randomBytes(3).toString('hex')}`;
    this.dataDir = join(folder, 'data');
    this.kubeconfig = join(folder, 'kubeconfig');
    this.#stack = stack;
  }

  /** `kutter COMMAND`, for this cluster. */
  kutter(command: string, ...options: readonly string[]): Promise<string> {
    const own = ['--name', this.name, '--data-dir', this.dataDir];
    const kubeconfig = command === 'status' ? [] : ['--kubeconfig', this.kubeconfig];
    return this.machine.command(kutter, [command, ...own, ...kubeconfig, ...options], { timeoutMs: upTimeoutMs });
  }

  up(): Promise<string> {
    return this.kutter('up', '--registry-mirror', `http://127.0.0.1:${mirrorPort}`);
  }

  /** What kubectl prints, errors and warnings too; fails when kubectl does. */
  async kubectl(version: KubectlVersion, ...args: readonly string[]): Promise<string> {
    const { stdout, stderr, code } = await this.tryKubectl(version, args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  tryKubectl(version: KubectlVersion, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const env = { KUBECONFIG: this.kubeconfig, HOME: this.dataDir, ...options.env };
    return this.machine.run(programPath(`kubectl-${version}`), args, { ...options, env });
  }

  /** Asks until the answer is right; the failure shows the last one. */
  async eventually(timeoutMs: number, check: () => Promise<void>): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      try {
        return await check();
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const network = await this.machine.command('ip', ['-o', 'link']);
      assert.match(network, /veth/, 'a cluster with pods has links');
      await this.kutter('down', '--purge');
      await this.#nothingIsLeft();
    } finally {
      await this.#stack.disposeAsync();
    }
  }

  async #nothingIsLeft(): Promise<void> {
    const { machine } = this;
    const lines = async (program: string, ...args: string[]): Promise<string[]> =>
      (await machine.command(program, args)).split('\n').filter((line) => line !== '');
    const processes = (await machine.processes()).filter((line) => !line.includes('tcp-relay.ts'));
    assert.deepEqual(processes, [], 'processes');
    const links = (await lines('ip', '-o', 'link')).map((line) => line.split(': ')[1]);
    assert.deepEqual(links, ['lo', 'wire@eth0', 'eth0@wire'], 'links');
    assert.deepEqual(await lines('nft', 'list', 'ruleset'), [], 'nftables');
    assert.deepEqual(await lines('find', '/run', '-mindepth', '1', '!', '-type', 'd'), [], 'files in /run');
    const mounts = (await lines('cat', '/proc/self/mounts')).map((line) => line.split(' ')[1] ?? '');
    assert.deepEqual(
      mounts.filter((path) => path.startsWith(this.dataDir) || path.startsWith('/run/')),
      [],
      'mounts',
    );
    assert.deepEqual(await lines('find', '/sys/fs/cgroup', '-name', `*${this.name}*`), [], 'cgroups');
    assert.ok(!existsSync(this.dataDir), `${this.dataDir} is left`);
    assert.doesNotMatch(await readFile(this.kubeconfig, 'utf8'), new RegExp(this.name), 'its context');
  }
}

/** The cluster is up and its node is ready. */
export async function startRealCluster(options: RealClusterOptions): Promise<RealCluster> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'kutter-cluster-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startRegistry());
  const ownFolders = ['/run', '/opt', '/tmp/loap'];
  const [machine] = await Promise.all([
    Machine.start({ hostName: options.hostName, addresses: options.addresses, ownFolders }),
    registry.push(...options.images),
  ]);
  stack.use(machine);
  await mirrorRegistry(machine, registry.url, join(folder, 'registry.sock'), stack);
  const cluster = new RealCluster(machine, folder, stack.move());
  try {
    await cluster.up();
    await cluster.kubectl('1.35', 'wait', '--for=condition=Ready', 'node', '--all', '--timeout=30s');
  } catch (error) {
    await cluster[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
  return cluster;
}

/** The registry listens on this machine's loopback; the cluster finds it on the loopback of its own. */
async function mirrorRegistry(
  machine: Machine,
  url: string,
  socket: string,
  stack: AsyncDisposableStack,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const server: Server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const end of [near, far]) {
      end.on('error', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(socket);
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const relay = machine.start(process.execPath, [join(import.meta.dirname, 'tcp-relay.ts'), `${mirrorPort}`, socket]);
  stack.defer(() => void relay.kill('SIGKILL'));
  await once(relay.stdout ?? relay, 'data');
}
