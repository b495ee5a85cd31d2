/**
 * Our own containerd: started detached, so that it and the containers outlive us; found again by its process id file.
 *
 * What always holds: at most one containerd runs for a layout, and a process is ours only if its command line names our
 * configuration file, whatever number a file says. Replacing containerd leaves running containers alone: each has a shim
 * of its own, which the next containerd takes over.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText, HostError, type Log } from '../../base/mod.ts';
import { CriRuntime } from '../cri/runtime.ts';
import { containerdConfigText, hostsText, registryFolder, type RegistryMirror } from './config.ts';
import { chooseSnapshotter, findCniBinDir, findProgram, hasSysResource } from './environment.ts';
import { containerdLayout, type ContainerdDirs, type ContainerdLayout } from './layout.ts';

export interface ContainerdOptions extends ContainerdDirs {
  readonly sandboxImage: string;
  readonly registryMirrors?: readonly RegistryMirror[];
  readonly log: Log;
}

export interface RunningContainerd {
  readonly layout: ContainerdLayout;
  readonly pid: number;
  /** What loaded images are unpacked with. */
  readonly snapshotter: 'overlayfs' | 'native';
  /** False when one that was running already is used. */
  readonly started: boolean;
}

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;
const logBytesMax = 16 * 1024 * 1024;
/** A unix socket's path, with the ttrpc socket's suffix counted in. */
const socketBytesMax = 107 - '.ttrpc'.length;

/** Writes the configuration and makes sure that a containerd with it runs and answers. */
export async function startContainerd(options: ContainerdOptions): Promise<RunningContainerd> {
  const layout = containerdLayout(options);
  if (Buffer.byteLength(layout.socket) > socketBytesMax) {
    throw new HostError('InvalidPath', `${layout.socket}: longer than the ${socketBytesMax} bytes a socket may have`);
  }
  for (const path of [layout.root, layout.state, layout.cniConfDir, layout.registryDir]) {
    await mkdir(path, { recursive: true, mode: 0o711 });
  }
  await writeMirrors(layout, options.registryMirrors ?? []);
  const program = await findProgram('containerd');
  const runcPath = await findProgram('runc');
  if (program === undefined || runcPath === undefined) {
    throw new HostError('NotInstalled', `${program === undefined ? 'containerd' : 'runc'} is not installed`);
  }
  const snapshotter = await chosenSnapshotter(layout);
  const text = containerdConfigText({
    layout,
    runcPath,
    sandboxImage: options.sandboxImage,
    cniBinDir: (await findCniBinDir()) ?? '/opt/cni/bin',
    restrictOomScoreAdj: !(await hasSysResource()),
    snapshotter,
  });
  const running = await findContainerd(layout);
  const unchanged = (await readFile(layout.configFile, 'utf8').catch(() => '')) === text;
  if (running !== undefined) {
    if (unchanged && (await answers(layout, options.log))) return { layout, pid: running, snapshotter, started: false };
    await killContainerd(layout);
  }
  await writeFile(layout.configFile, text);
  const pid = await spawnContainerd(program, layout);
  try {
    await waitUntilReady(layout, pid, options.log);
  } catch (error) {
    await killContainerd(layout);
    throw error;
  }
  return { layout, pid, snapshotter, started: true };
}

/** The process id of the containerd that runs for this layout, or undefined. */
export async function findContainerd(layout: ContainerdLayout): Promise<number | undefined> {
  const pid = Number((await readFile(layout.pidFile, 'utf8').catch(() => '')).trim());
  return Number.isInteger(pid) && pid > 1 && (await isOurs(pid, layout)) ? pid : undefined;
}

/** Ends containerd alone. Containers go on. */
export async function killContainerd(layout: ContainerdLayout): Promise<void> {
  const pid = await findContainerd(layout);
  if (pid !== undefined) {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      kill(pid, signal);
      const giveUpAt = performance.now() + stopTimeoutMs;
      while ((await isOurs(pid, layout)) && performance.now() < giveUpAt) await delay(10);
    }
    if (await isOurs(pid, layout)) throw new HostError('Stuck', `containerd (process ${pid}) does not end`);
  }
  for (const path of [layout.pidFile, layout.socket, layout.ttrpcSocket]) await rm(path, { force: true });
}

/** Starts containerd again whenever it has ended, and keeps its log bounded, until disposed. */
export function superviseContainerd(options: ContainerdOptions): AsyncDisposable {
  const { log } = options;
  const layout = containerdLayout(options);
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    let pauseMs = 1000;
    while (!stop.signal.aborted) {
      await delay(pauseMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
      if (stop.signal.aborted) return;
      try {
        await boundLog(layout);
        if ((await findContainerd(layout)) === undefined) {
          const { pid } = await startContainerd(options);
          log.warn('containerd had ended and was started again', { pid });
        }
        pauseMs = 1000;
      } catch (error) {
        log.error('containerd cannot be kept running', { error: errorText(error) });
        pauseMs = Math.min(2 * pauseMs, 30_000);
      }
    }
  };
  const done = loop();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

async function isOurs(pid: number, layout: ContainerdLayout): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(layout.configFile);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw new HostError('Kill', `process ${pid} cannot be ended`, { cause });
    }
  }
}

/** The choice is kept: snapshots that exist are not readable with another snapshotter. */
async function chosenSnapshotter(layout: ContainerdLayout): Promise<'overlayfs' | 'native'> {
  const file = join(layout.dataDir, 'snapshotter');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept === 'overlayfs' || kept === 'native') return kept;
  const chosen = await chooseSnapshotter(layout.dataDir);
  await writeFile(file, `${chosen}\n`);
  return chosen;
}

async function writeMirrors(layout: ContainerdLayout, mirrors: readonly RegistryMirror[]): Promise<void> {
  await rm(layout.registryDir, { recursive: true, force: true });
  await mkdir(layout.registryDir);
  for (const { registry, endpoints } of mirrors) {
    const folder = join(layout.registryDir, registryFolder(registry));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'hosts.toml'), hostsText(endpoints));
  }
}

async function spawnContainerd(program: string, layout: ContainerdLayout): Promise<number> {
  await boundLog(layout);
  await rm(layout.socket, { force: true });
  const log = await open(layout.logFile, 'a', 0o600);
  try {
    const child = spawn(program, ['--config', layout.configFile, '--log-level', 'warn'], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      cwd: layout.dataDir,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(new HostError('Spawn', `${program} cannot be started`, { cause })));
    });
    child.unref();
    const { pid } = child;
    if (pid === undefined) throw new HostError('Spawn', `${program} was started without a process id`);
    const draft = `${layout.pidFile}.${pid}`;
    await writeFile(draft, `${pid}\n`);
    await rename(draft, layout.pidFile);
    return pid;
  } finally {
    await log.close();
  }
}

async function answers(layout: ContainerdLayout, log: Log): Promise<boolean> {
  const runtime = new CriRuntime({ endpoint: layout.endpoint, log });
  try {
    await runtime.status({ timeoutMs: 5000 });
    return true;
  } catch {
    return false;
  } finally {
    runtime.close();
  }
}

async function waitUntilReady(layout: ContainerdLayout, pid: number, log: Log): Promise<void> {
  const giveUpAt = performance.now() + readyTimeoutMs;
  while (performance.now() < giveUpAt) {
    if (await exists(layout.socket)) break;
    if (!(await isOurs(pid, layout))) throw await failedStart(layout, 'it ended');
    await delay(5);
  }
  const runtime = new CriRuntime({ endpoint: layout.endpoint, log });
  try {
    while (performance.now() < giveUpAt) {
      try {
        await runtime.version({ timeoutMs: 5000 });
        return;
      } catch (error) {
        const lacksCri = error instanceof HostError && error.code === 'Unimplemented';
        if (lacksCri || !(await isOurs(pid, layout))) throw await failedStart(layout, errorText(error));
        await delay(10);
      }
    }
  } finally {
    runtime.close();
  }
  throw await failedStart(layout, `it does not answer after ${readyTimeoutMs} ms`);
}

async function failedStart(layout: ContainerdLayout, why: string): Promise<HostError> {
  const text = await readFile(layout.logFile, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => /level=(error|fatal)|^containerd:|v1\.cri/.test(line));
  return new HostError('NotReady', `containerd did not start: ${why}\n${lines.slice(-5).join('\n')}`.trim());
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** containerd appends to its log, so the file may be cut under it. */
async function boundLog(layout: ContainerdLayout): Promise<void> {
  const size = (await stat(layout.logFile).catch(() => undefined))?.size ?? 0;
  if (size > logBytesMax) await writeFile(layout.logFile, '');
}
