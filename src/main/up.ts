/**
 * `kutter up`: makes the cluster if there is none, starts its process in the background, waits until it is ready and tells
 * how to use it. With --foreground this process is the cluster.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { HostError } from '../base/mod.ts';
import { UsageError, type Invocation, type Progress } from '../cli/mod.ts';
import { installPackages, missingPackages } from '../host/containerd/mod.ts';
import { systemClock } from '../host/system.ts';
import { usualConfig } from '../machinery/mod.ts';
import { bridgeName } from '../network/mod.ts';
import { authFlags } from './auth.ts';
import { requestFlags } from './requests.ts';
import { addContext, contextName } from './kubeconfig-file.ts';
import { checkNetworks, freeNetworks, knownNetworks, readRoutes } from './networks.ts';
import { runningProcess } from './process-file.ts';
import {
  checkName,
  clusterPaths,
  clustersDirectory,
  dataDirOf,
  defaultNodeName,
  readSettings,
  writeSettings,
  type ClusterPaths,
  type ClusterSettings,
} from './settings.ts';
import { checkStore } from './stores.ts';
import { terminalProgress } from './terminal.ts';

const readyTimeoutMs = 120_000;
const firstPort = 6443;
const portsTriedMax = 100;

/** What the cluster's process tells the one that started it. */
export type DaemonMessage =
  | { readonly kind: 'begin' | 'done' | 'failed'; readonly title: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'fatal'; readonly message: string };

export async function run(invocation: Invocation): Promise<void> {
  const progress = terminalProgress();
  const paths = clusterPaths(dataDirOf(invocation.string('name') ?? '', invocation.string('data-dir')));
  const kept = await readSettings(paths);
  const running = await runningProcess(paths.pid);
  const settings = kept === undefined ? await newSettings(invocation) : changedSettings(kept, invocation);
  if (running !== undefined && kept !== undefined)
    return stayUp(settings, kept, { invocation, paths, progress, running });
  if (settings.nodes > 0) await checkMachine(settings);
  await makeDirectory(paths);
  await writeSettings(paths, settings);
  if (invocation.flag('foreground')) {
    if (process.send === undefined) await packages(settings, invocation, progress);
    const { runCluster } = await import('./daemon.ts');
    const onUp = async (): Promise<void> => {
      const file = await addContext(settings, paths, invocation.string('kubeconfig'));
      progress.say(
        `Cluster "${settings.name}" is up; kubectl uses it (context ${contextName(settings.name)} in ${file}). Ctrl-C ends it.`,
      );
    };
    return runCluster({ settings, paths, progress, logLevel: invocation.string('log-level') ?? 'info', onUp });
  }
  progress.say(`Bringing up cluster "${settings.name}"`);
  await packages(settings, invocation, progress);
  await startDaemon(paths, progress);
  await sayReady(settings, paths, { invocation, progress });
}

interface Said {
  readonly invocation: Invocation;
  readonly progress: Progress;
}

/** A cluster that runs is left as it is, and named in the kubeconfig again. */
async function stayUp(
  settings: ClusterSettings,
  kept: ClusterSettings,
  { invocation, paths, progress, running }: Said & { readonly paths: ClusterPaths; readonly running: number },
): Promise<void> {
  if (!isDeepStrictEqual(settings, kept))
    throw new UsageError(
      `cluster "${kept.name}" is up already (process ${running}) with other options; kutter down first`,
    );
  if (invocation.flag('foreground'))
    throw new HostError('Running', `cluster "${kept.name}" is up already (process ${running}); kutter down ends it`);
  const file = await addContext(settings, paths, invocation.string('kubeconfig'));
  progress.say(
    `Cluster "${settings.name}" is up already (process ${running}); kubectl uses it (context ${contextName(settings.name)} in ${file}).`,
  );
}

async function sayReady(settings: ClusterSettings, paths: ClusterPaths, { invocation, progress }: Said): Promise<void> {
  const file = await addContext(settings, paths, invocation.string('kubeconfig'));
  const given = (['name', 'data-dir'] as const).flatMap((option) => {
    const value = invocation.string(option);
    return value === undefined || (option === 'name' && value === 'kutter') ? [] : [` --${option} ${value}`];
  });
  progress.say(
    [
      '',
      `The cluster is up. kubectl uses it now (context ${contextName(settings.name)} in ${file}):`,
      '',
      '  kubectl get nodes',
      `  kutter status${given.join('')}`,
      `  kutter down${given.join('')}`,
      '',
    ].join('\n'),
  );
}

/** What the command line says of a cluster; what it does not say is not there. */
function givenSettings(invocation: Invocation): Partial<ClusterSettings> {
  const nodes = invocation.integer('nodes');
  if (nodes !== undefined && nodes > 1)
    throw new UsageError(
      `--nodes ${nodes}: more than one real node on a machine is not supported yet; --simulated-nodes ${nodes - 1} adds nodes without containers`,
    );
  const store = invocation.string('store');
  const auth = authFlags(invocation);
  const requests = requestFlags(invocation);
  return {
    ...(store === undefined ? {} : { store: checkStore(store) }),
    ...optional('nodes', nodes),
    ...optional('simulatedNodes', invocation.integer('simulated-nodes')),
    ...optional('apiPort', invocation.integer('api-port')),
    ...optional('runtimeEndpoint', invocation.string('runtime-endpoint')),
    ...optional('registryMirror', invocation.string('registry-mirror')),
    ...optional('auth', Object.keys(auth).length === 0 ? undefined : auth),
    ...optional('requests', Object.keys(requests).length === 0 ? undefined : requests),
  };
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, T>>);
}

async function newSettings(invocation: Invocation): Promise<ClusterSettings> {
  const name = checkName(invocation.string('name') ?? '');
  const given = givenSettings(invocation);
  const routes = await readRoutes();
  const taken = [...routes.map(({ cidr }) => cidr), ...(await knownNetworks(clustersDirectory))];
  return {
    name,
    ...freeNetworks(taken),
    clusterDomain: usualConfig.clusterDomain,
    nodeName: defaultNodeName(),
    store: 'embedded',
    nodes: 1,
    simulatedNodes: 0,
    ...given,
    apiPort: given.apiPort ?? (await freePort()),
  };
}

/** What the cluster was made with stays; the rest is as the command line says, or as it was. Throws UsageError. */
function changedSettings(kept: ClusterSettings, invocation: Invocation): ClusterSettings {
  const given = givenSettings(invocation);
  const fixed = [
    { option: '--api-port', now: given.apiPort, before: kept.apiPort, why: 'which its certificates and clients know' },
    { option: '--store', now: given.store, before: kept.store, why: 'where its objects are' },
  ];
  for (const { option, now, before, why } of fixed)
    if (now !== undefined && now !== before)
      throw new UsageError(
        `${option} ${now}: this cluster was made with ${before}, ${why}; kutter down --purge forgets the cluster`,
      );
  const name = invocation.string('name');
  if (name !== 'kutter' && name !== kept.name)
    throw new UsageError(`--name ${name ?? ''}: the data directory holds cluster "${kept.name}"`);
  return { ...kept, ...given };
}

async function checkMachine(settings: ClusterSettings): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new HostError(
      'Permission',
      'real containers need root: run as root, or use --nodes 0 with --simulated-nodes N',
    );
  checkNetworks(settings, await readRoutes(), bridgeName(settings.name));
}

async function makeDirectory({ dataDir }: ClusterPaths): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new HostError('DataDir', `the data directory ${dataDir} cannot be made; choose one with --data-dir`, {
      cause,
    });
  }
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

async function packages(settings: ClusterSettings, invocation: Invocation, progress: Progress): Promise<void> {
  if (settings.nodes === 0 || settings.runtimeEndpoint !== undefined) return;
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
  const stop = (): void => {
    child.kill('SIGTERM');
    process.exit(130);
  };
  process.once('SIGINT', stop);
  try {
    await new DaemonStart(child, progress).ready(`see ${paths.log}`);
  } finally {
    process.off('SIGINT', stop);
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
      const timer = systemClock.after(readyTimeoutMs, () =>
        reject(new HostError('Timeout', `the cluster is not ready after ${readyTimeoutMs / 1000} s; ${hint}`)),
      );
      const settle = (done: () => void): void => {
        timer[Symbol.dispose]();
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
