/**
 * `kutter up`: makes the cluster if there is none, starts its process in the background, waits until it is ready and tells
 * how to use it. With --foreground this process is the cluster.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { HostError } from '../base/mod.ts';
import { consoleProgress, UsageError, type Invocation, type Progress } from '../cli/mod.ts';
import { installPackages, missingPackages } from '../host/containerd/mod.ts';
import { addContext } from './kubeconfig-file.ts';
import { runningProcess } from './process-file.ts';
import {
  checkName,
  clusterPaths,
  dataDirOf,
  defaultNodeName,
  podCidr,
  readSettings,
  serviceCidr,
  writeSettings,
  type ClusterPaths,
  type ClusterSettings,
} from './settings.ts';
import { checkStore } from './stores.ts';

const readyTimeoutMs = 120_000;
const firstPort = 6443;
const portsTriedMax = 100;

/** What the cluster's process tells the one that started it. */
export type DaemonMessage =
  | { readonly kind: 'begin' | 'done' | 'failed'; readonly title: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'fatal'; readonly message: string };

export async function run(invocation: Invocation): Promise<void> {
  const progress = consoleProgress(
    (text) => void process.stdout.write(text),
    () => performance.now(),
    process.stdout.isTTY,
  );
  const paths = clusterPaths(dataDirOf(invocation.string('name') ?? '', invocation.string('data-dir')));
  const settings = await settingsOf(invocation, paths);
  const { runCluster } = await import('./daemon.ts');
  if (invocation.flag('foreground'))
    return runCluster({ settings, paths, progress, logLevel: invocation.string('log-level') ?? 'info' });
  const running = await runningProcess(paths.pid);
  if (running !== undefined) {
    progress.say(`Cluster "${settings.name}" is up already (process ${running}).`);
    return;
  }
  progress.say(`Bringing up cluster "${settings.name}"`);
  if (settings.nodes > 0) await packages(invocation, progress);
  await startDaemon(paths, progress);
  const file = await addContext(settings, paths, invocation.string('kubeconfig'));
  progress.say(
    [
      '',
      `The cluster is up. kubectl uses it now (context kutter-${settings.name} in ${file}):`,
      '',
      '  kubectl get nodes',
      '  kutter status',
      '  kutter down',
      '',
    ].join('\n'),
  );
}

async function settingsOf(invocation: Invocation, paths: ClusterPaths): Promise<ClusterSettings> {
  const name = checkName(invocation.string('name') ?? '');
  const nodes = invocation.integer('nodes') ?? 1;
  if (nodes > 1)
    throw new UsageError(
      `--nodes ${nodes}: more than one real node on a machine is not supported yet; --simulated-nodes ${nodes - 1} adds nodes without containers`,
    );
  const wanted = {
    store: checkStore(invocation.string('store') ?? 'embedded'),
    nodes,
    simulatedNodes: invocation.integer('simulated-nodes') ?? 0,
    ...optional('runtimeEndpoint', invocation.string('runtime-endpoint')),
    ...optional('registryMirror', invocation.string('registry-mirror')),
  };
  const kept = await readSettings(paths);
  const port = invocation.integer('api-port');
  if (kept !== undefined && port !== undefined && port !== kept.apiPort)
    throw new UsageError(
      `--api-port ${port}: this cluster was made with port ${kept.apiPort}, which its certificates and clients know`,
    );
  const settings: ClusterSettings =
    kept === undefined
      ? {
          name,
          apiPort: port ?? (await freePort()),
          serviceCidr,
          podCidr,
          clusterDomain: 'cluster.local',
          nodeName: defaultNodeName(),
          ...wanted,
        }
      : { ...kept, ...wanted };
  await mkdir(paths.dataDir, { recursive: true, mode: 0o700 });
  await writeSettings(paths, settings);
  return settings;
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}

/** The usual port, or the first one behind it that nobody has. */
async function freePort(): Promise<number> {
  for (let port = firstPort; port < firstPort + portsTriedMax; port++) if (await isFree(port)) return port;
  throw new HostError('AddressInUse', `no port from ${firstPort} on is free; choose one with --api-port`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '0.0.0.0', () => probe.close(() => resolve(true)));
  });
}

async function packages(invocation: Invocation, progress: Progress): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new HostError(
      'Permission',
      'real containers need root: run as root, or use --nodes 0 with --simulated-nodes N',
    );
  if (invocation.string('runtime-endpoint') !== undefined) return;
  const missing = await missingPackages();
  if (missing.length === 0) return;
  if (!invocation.flag('install'))
    throw new HostError(
      'NotInstalled',
      `these Debian packages are missing: ${missing.join(' ')}. Install them with apt-get, or let kutter do it: kutter up --install`,
    );
  await progress.step(`Install ${missing.join(', ')}`, () => installPackages(missing));
}

/** Starts this program again, detached, and shows its progress until it is ready. */
async function startDaemon(paths: ClusterPaths, progress: Progress): Promise<void> {
  const log = await open(paths.log, 'a', 0o600);
  const [node = '', script = ''] = process.argv;
  const words = process.argv.slice(2).filter((word) => word !== '--install');
  const child = spawn(node, [...process.execArgv, script, ...words, '--foreground'], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    cwd: '/',
  });
  try {
    await new DaemonStart(child, progress).ready(`see ${paths.log}`);
  } finally {
    await log.close();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

class DaemonStart {
  readonly #child: ChildProcess;
  readonly #progress: Progress;
  readonly #steps = new Map<string, { readonly resolve: () => void; readonly reject: (error: Error) => void }>();

  constructor(child: ChildProcess, progress: Progress) {
    this.#child = child;
    this.#progress = progress;
  }

  ready(hint: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new HostError('Timeout', `the cluster is not ready after ${readyTimeoutMs / 1000} s; ${hint}`)),
        readyTimeoutMs,
      );
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        done();
      };
      this.#child.on('message', (message: DaemonMessage) => {
        if (message.kind === 'ready') settle(resolve);
        else if (message.kind === 'fatal') settle(() => reject(new HostError('Start', message.message)));
        else this.#step(message.kind, message.title);
      });
      this.#child.once('error', (cause) =>
        settle(() => reject(new HostError('Start', 'cannot start the cluster process', { cause }))),
      );
      this.#child.once('exit', (code, signal) =>
        settle(() =>
          reject(new HostError('Start', `the cluster process ended (${signal ?? `exit code ${code ?? 0}`}); ${hint}`)),
        ),
      );
    });
  }

  #step(kind: 'begin' | 'done' | 'failed', title: string): void {
    if (kind === 'begin') {
      const work = new Promise<void>((resolve, reject) => this.#steps.set(title, { resolve, reject }));
      // The failure itself arrives as `fatal`; here it only marks the line.
      this.#progress.step(title, () => work).catch(() => undefined);
      return;
    }
    const step = this.#steps.get(title);
    this.#steps.delete(title);
    if (kind === 'done') step?.resolve();
    else step?.reject(new HostError('Start', title));
  }
}
