/**
 * A machine of its own for a cluster in a test: process, network, mount and host-name namespaces on this one. Ports,
 * addresses, nftables, `/run` and `/opt` are its own, so that clusters on the real machine neither see nor disturb it, and
 * so that what a cluster leaves behind is counted exactly. Whatever still runs in it ends with the test's process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rmdir } from 'node:fs/promises';
import { HostError } from '../../src/base/mod.ts';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 when a signal ended it. */
  readonly code: number;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface MachineOptions {
  readonly hostName: string;
  /** On its one interface; the first is the machine's primary address. */
  readonly addresses: readonly string[];
  /** Empty folders that hide the real machine's. */
  readonly ownFolders: readonly string[];
}

const commandTimeoutMs = 150_000;
/** The first process of a namespace is every orphan's parent: a shell that waits reaps them. It ends with the test. */
const firstProcess = 'echo ready; cat; exit 0';

/** Ends what `Machine.start` has started. */
export function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
}

export class Machine implements AsyncDisposable {
  readonly #holder: ChildProcess;
  readonly #pid: string;
  /** On the real machine, to mount on. */
  readonly #madeFolders: readonly string[];

  private constructor(holder: ChildProcess, pid: string, madeFolders: readonly string[]) {
    this.#holder = holder;
    this.#pid = pid;
    this.#madeFolders = madeFolders;
  }

  static async start({ hostName, addresses, ownFolders }: MachineOptions): Promise<Machine> {
    const namespaces = ['--net', '--uts', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child=SIGKILL'];
    const holder = spawn('unshare', [...namespaces, 'sh', '-c', firstProcess], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const kill = (): void => void holder.kill('SIGKILL');
    process.once('exit', kill);
    holder.once('exit', () => process.off('exit', kill));
    await once(holder.stdout ?? holder, 'data');
    const child = (await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8')).trim();
    const machine = new Machine(
      holder,
      child,
      ownFolders.filter((folder) => !existsSync(folder)),
    );
    const script = [
      `hostname ${hostName}`,
      'ip link set lo up',
      'ip link add eth0 type veth peer name wire',
      'ip link set wire up',
      'ip link set eth0 up',
      ...addresses.map((address) => `ip addr add ${address}/24 dev eth0`),
      'ip route add default dev eth0',
      ...ownFolders.flatMap((folder) => [`mkdir -p ${folder}`, `mount -t tmpfs tmpfs ${folder}`]),
    ];
    try {
      await machine.command('sh', ['-ec', script.join('\n')]);
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
    return machine;
  }

  /** Starts a program on the machine. */
  start(program: string, args: readonly string[], options: RunOptions = {}): ChildProcess {
    const { env = {} } = options;
    return spawn('nsenter', ['-t', this.#pid, '-n', '-u', '-m', '-p', '--wd=/', '--', program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: nsenter stands before the program, and passes no signals on.
      detached: true,
      env: { ...process.env, ...env, LC_ALL: 'C' },
    });
  }

  /** Runs a program on the machine to its end, whatever end that is. */
  run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const child = this.start(program, args, options);
    const timer = setTimeout(() => endGroup(child), options.timeoutMs ?? commandTimeoutMs);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ stdout, stderr, code: code ?? -1 });
      });
    });
  }

  /** What a program prints that must succeed. */
  async command(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { stdout, stderr, code } = await this.run(program, args, options);
    if (code === 0) return stdout;
    throw new HostError('EXIT', `${program} ${args.join(' ')}: exit code ${code}: ${stderr}${stdout}`);
  }

  /** Command lines of all that runs on it, without the machine's own. */
  async processes(): Promise<string[]> {
    const list = await this.command('ps', ['-eo', 'pid=,ppid=,args=']);
    return list
      .split('\n')
      .filter((line) => line !== '' && !/^ *1 |^ *\d+ +1 cat$| ps -eo /.test(line))
      .map((line) => line.trim());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const gone = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await gone;
    // Somebody else may use it by now.
    for (const folder of this.#madeFolders) await rmdir(folder).catch(() => undefined);
  }
}
