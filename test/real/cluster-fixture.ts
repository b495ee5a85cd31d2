/**
 * A real cluster for one test file: `bin/kutter up` on a machine of its own, images from a real registry that answers for
 * every registry host, real kubectls. Disposal is `kutter down --purge`, and fails when anything at all is left.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../../tools/images/registry.ts';
import { programPath } from '../../tools/programs.ts';
import { eventually } from '../until.ts';
import { endGroup, Machine, type MachineOptions, type Ran, type RunOptions } from './machine.ts';

/** The newest and a very old one. */
export type KubectlVersion = '1.35' | '1.20';

export interface RealClusterOptions extends Omit<MachineOptions, 'ownFolders'> {
  /** Recipes whose images the registry has. */
  readonly images: readonly string[];
}

const repository = join(import.meta.dirname, '..', '..');
const kutter = join(repository, 'bin', 'kutter');
const mirrorPort = 5000;
const upTimeoutMs = 120_000;
const rowTimeoutMs = 60_000;

/** What a kubectl has printed so far. */
export class RunningKubectl {
  readonly #child: ChildProcess;
  readonly ended: Promise<unknown>;
  output = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = once(child, 'close');
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /** Waits until it has printed this. */
  prints(pattern: RegExp, timeoutMs = rowTimeoutMs): Promise<void> {
    return eventually(timeoutMs, () => assert.match(this.output, pattern));
  }

  async stop(): Promise<void> {
    endGroup(this.#child);
    await this.ended;
  }
}

export class RealCluster implements AsyncDisposable {
  readonly machine: Machine;
  readonly name: string;
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly #mountsBefore: readonly string[];
  readonly #stack: AsyncDisposableStack;

  constructor(machine: Machine, mountsBefore: readonly string[], folder: string, stack: AsyncDisposableStack) {
    this.machine = machine;
    // The real machine's are there too.
    this.#mountsBefore = mountsBefore;
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

  /** A kubectl that goes on, until it is stopped or ends by itself. */
  startKubectl(version: KubectlVersion, ...args: readonly string[]): RunningKubectl {
    const child = this.machine.start(programPath(`kubectl-${version}`), args, {
      env: { KUBECONFIG: this.kubeconfig, HOME: this.dataDir },
    });
    this.#stack.defer(() => endGroup(child));
    return new RunningKubectl(child);
  }

  /** `create`, `apply` or `delete` of one of the manifests beside this file, as it stands. */
  async withManifest(version: KubectlVersion, verb: string, name: string, ...args: readonly string[]): Promise<string> {
    return this.kubectl(version, verb, '-f', manifestPath(name), ...args);
  }

  /** A manifest beside this file with some of its text changed. */
  async applyChanged(version: KubectlVersion, name: string, changes: Readonly<Record<string, string>>): Promise<Ran> {
    let input = await readFile(manifestPath(name), 'utf8');
    for (const [from, to] of Object.entries(changes)) {
      assert.ok(input.includes(from), `${name} contains ${from}`);
      input = input.replaceAll(from, to);
    }
    return this.tryKubectl(version, ['apply', '-f', '-'], { input });
  }

  /** What a jsonpath expression gives for an object. */
  field(namespace: string, object: string, path: string): Promise<string> {
    return this.kubectl('1.35', '-n', namespace, 'get', object, '-o', `jsonpath={${path}}`);
  }

  /** Waits until a line of `kubectl get` begins like this. */
  async row(version: KubectlVersion, args: string, pattern: RegExp, timeoutMs = rowTimeoutMs): Promise<void> {
    await eventually(timeoutMs, async () => {
      const table = await this.kubectl(version, ...args.split(' '));
      const rows = table.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '));
      assert.ok(
        rows.some((line) => pattern.test(line)),
        `${String(pattern)} in\n${table}`,
      );
    });
  }

  /** What curl on the machine gets. */
  curl(url: string): Promise<string> {
    return this.machine.command('curl', ['-sS', '--fail', '--max-time', '10', url]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
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
    const mounts = await mountPoints(machine);
    assert.deepEqual(
      // The folder of named network namespaces is the machine's, whoever mounts it first.
      mounts.filter((path) => path !== '/run/netns' && !this.#mountsBefore.includes(path)),
      [],
      'mounts',
    );
    assert.deepEqual(await lines('find', '/sys/fs/cgroup', '-name', `*${this.name}*`), [], 'cgroups');
    assert.ok(!existsSync(this.dataDir), `${this.dataDir} is left`);
    assert.doesNotMatch(await readFile(this.kubeconfig, 'utf8'), new RegExp(this.name), 'its context');
  }
}

async function mountPoints(machine: Machine): Promise<string[]> {
  const mounts = await machine.command('cat', ['/proc/self/mounts']);
  return mounts.split('\n').map((line) => line.split(' ')[1] ?? '');
}

export function manifestPath(name: string): string {
  return join(import.meta.dirname, 'manifests', `${name}.yaml`);
}

/** The cluster is up and its node is ready. */
export async function startRealCluster(options: RealClusterOptions): Promise<RealCluster> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'kutter-cluster-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startRegistry());
  const ownFolders = ['/run', '/opt', '/var/lib/kutter', '/tmp/loap'];
  const [machine] = await Promise.all([Machine.start({ ...options, ownFolders }), registry.push(...options.images)]);
  stack.use(machine);
  await mirrorRegistry(machine, registry.url, join(folder, 'registry.sock'), stack);
  const cluster = new RealCluster(machine, await mountPoints(machine), folder, stack.move());
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
  stack.defer(() => endGroup(relay));
  await once(relay.stdout ?? relay, 'data');
}
