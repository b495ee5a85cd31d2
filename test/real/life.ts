/**
 * What the tests of a cluster's life share: `bin/kutter` on a machine of its own, a look at everything that is on that
 * machine, and the ways to end a process that nobody asks.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupSetup } from '../../src/host/containerd/mod.ts';
import { programPath } from '../../tools/programs.ts';
import { Machine, type Ran, type RunOptions } from './machine.ts';

export const repository = join(import.meta.dirname, '..', '..');
export const program = join(repository, 'bin', 'kutter');
const commandTimeoutMs = 150_000;
const hostName = 'life';

/** A machine with a folder for clusters; both end with the test. */
export class Home implements AsyncDisposable {
  readonly machine: Machine;
  readonly folder: string;
  readonly kubeconfig: string;

  private constructor(machine: Machine, folder: string) {
    this.machine = machine;
    this.folder = folder;
    this.kubeconfig = join(folder, 'home', '.kube', 'config');
  }

  static async start(): Promise<Home> {
    const folder = await mkdtemp(join(tmpdir(), 'kutter-life-'));
    const ownFolders = ['/run', '/opt', '/var/lib/kutter', '/var/lib/cni'];
    return new Home(await Machine.start({ hostName, addresses: ['172.21.52.10'], ownFolders }), folder);
  }

  cluster(): LifeCluster {
    return new LifeCluster(this, `l${randomBytes(3).toString('hex')}`);
  }

  kutter(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const env = { HOME: join(this.folder, 'home'), KUBECONFIG: '', ...options.env };
    return this.machine.run(program, words, { timeoutMs: commandTimeoutMs, ...options, env });
  }

  /** Everything on the machine that a cluster could leave behind, by kind; cgroups and mounts by the names of clusters. */
  async state(): Promise<Record<string, string[]>> {
    const lines = async (command: string): Promise<string[]> =>
      (await this.machine.command('sh', ['-c', command])).split('\n').filter((line) => line !== '');
    return {
      processes: (await this.machine.processes()).filter((line) => !/ (sh -c|ps) /.test(line)),
      links: (await lines('ip -o link')).map((line) => line.split(': ')[1] ?? ''),
      // The kernel adds its own link-local addresses a while after a link comes up.
      routes: (await lines('ip route show table all')).filter((line) => !line.includes('fe80:')),
      nftables: await lines('nft list ruleset'),
      run: await lines("find /run -mindepth 1 '!' -type d"),
      netns: await lines('ls -A /run/netns 2>/dev/null || true'),
      mounts: (await lines('cat /proc/self/mounts'))
        .map((line) => line.split(' ')[1] ?? '')
        .filter((path) => path.startsWith(this.folder) || /^\/run\/(kutter\/l[0-9a-f]{6}|netns)\//.test(path)),
      cni: await lines('find /var/lib/cni -type f'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine[Symbol.asyncDispose]();
    // A kubelet by itself leaves the cgroups of its node, as upstream's does.
    for (const mount of (await cgroupSetup()).mounts)
      spawnSync('find', [join(mount, `kutter-${hostName}`), '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';']);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** One cluster of a home. */
export class LifeCluster {
  readonly home: Home;
  readonly name: string;
  readonly dataDir: string;

  constructor(home: Home, name: string) {
    this.home = home;
    this.name = name;
    this.dataDir = join(home.folder, name);
  }

  /** `kutter COMMAND` for this cluster, whatever comes of it. */
  tryKutter(command: string, ...options: readonly string[]): Promise<Ran> {
    return this.home.kutter([...command.split(' '), '--name', this.name, '--data-dir', this.dataDir, ...options]);
  }

  async kutter(command: string, ...options: readonly string[]): Promise<string> {
    const { stdout, stderr, code } = await this.tryKutter(command, ...options);
    assert.equal(code, 0, `kutter ${command} ${options.join(' ')}: ${stderr}${stdout}${this.log()}`);
    return stdout;
  }

  log(): string {
    const path = join(this.dataDir, 'kutter.log');
    return existsSync(path) ? readFileSync(path, 'utf8').slice(-2000) : '';
  }

  tryKubectl(...args: readonly string[]): Promise<Ran> {
    const env = { KUBECONFIG: this.home.kubeconfig, HOME: this.home.folder };
    return this.home.machine.run(programPath('kubectl-1.35'), ['--context', `kutter-${this.name}`, ...args], { env });
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const { stdout, stderr, code } = await this.tryKubectl(...args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  async json(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.kubectl(...args, '-o', 'json')) as unknown;
  }

  /** The process id of the daemon as the machine's namespace counts. */
  daemon(): number {
    return (JSON.parse(readFileSync(join(this.dataDir, 'kutter.pid'), 'utf8')) as { pid: number }).pid;
  }

  /** kill -9, by numbers of the machine's own namespace. */
  async kill(...pids: readonly (number | string)[]): Promise<void> {
    await this.home.machine.command('kill', ['-9', ...pids.map(String)]);
  }

  /** Ids of the machine's processes whose command line holds all of these words. */
  async processes(...words: readonly string[]): Promise<string[]> {
    const lines = await this.home.machine.processes();
    return lines.filter((line) => words.every((word) => line.includes(word))).map((line) => line.split(/\s+/)[0] ?? '');
  }
}
