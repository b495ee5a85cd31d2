/**
 * Taking a containerd away with all that it made: pods, processes, mounts, network namespaces, cgroups, CNI's leavings and
 * its own folders. First politely, through the runtime, which undoes the network of each pod; then what is left by force,
 * as after a crash. Only what carries our paths and names is touched, so a host's own runtime never is.
 */
import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText, HostError } from '../../base/mod.ts';
import { CriRuntime } from '../cri/runtime.ts';
import { runTool } from '../tool.ts';
import { findContainerd, killContainerd, startContainerd, type ContainerdOptions } from './daemon.ts';
import { cgroupSetup, findProgram, parseMountinfo } from './environment.ts';
import { containerdLayout, type ContainerdLayout } from './layout.ts';

export interface RemovalOptions extends ContainerdOptions {
  /** All pods' cgroups are below it: `/kutter-NAME`. */
  readonly cgroupParent: string;
  /** The name in our CNI configuration. */
  readonly cniNetwork: string;
  /** Links that our CNI configuration makes on the host. */
  readonly bridges: readonly string[];
  /** host-local's folder of assigned addresses. */
  readonly ipamDir?: string;
  /** False keeps images, so that the next start need not load them. */
  readonly removeData: boolean;
}

const podsAtOnce = 8;
const processWaitMs = 10_000;
/** Where libcni keeps results; it cannot be told otherwise by containerd. */
const cniCacheDir = '/var/lib/cni/results';
const shimName = 'containerd-shim';

/** Resolves when nothing is left. What could not be removed is an error that names it. */
export async function removeContainerd(options: RemovalOptions): Promise<void> {
  const { log, cgroupParent } = options;
  if (!/^\/[\w.-]+(\/[\w.-]+)*$/.test(cgroupParent)) {
    throw new HostError('InvalidPath', `the cgroup parent "${cgroupParent}" is not a path below the root`);
  }
  const layout = containerdLayout(options);
  // Asked now: a containerd that starts forgets the shims that it finds dead.
  const shimSockets = await findShimSockets(layout);
  try {
    await removePods(options);
  } catch (error) {
    log.warn('pods could not be removed through the runtime; what they left is removed by force', {
      error: errorText(error),
    });
  }
  await killContainerd(layout);
  await killProcesses(layout, cgroupParent);
  await unmountBelow([layout.runDir, layout.dataDir]);
  await removeCgroups(cgroupParent);
  await removeNetwork(options);
  for (const socket of shimSockets) await rm(socket, { force: true });
  await rm(layout.runDir, { recursive: true, force: true });
  if (options.removeData) await rm(layout.dataDir, { recursive: true, force: true });
}

/** A containerd that has crashed is started again for this: only it can undo its pods' networks. */
async function removePods(options: RemovalOptions): Promise<void> {
  const layout = containerdLayout(options);
  const pods = await readdir(join(layout.state, 'io.containerd.runtime.v2.task', 'k8s.io')).catch(() => []);
  const sandboxes = await readdir(join(layout.root, 'io.containerd.grpc.v1.cri', 'sandboxes')).catch(() => []);
  if (pods.length === 0 && sandboxes.length === 0) return;
  if ((await findContainerd(layout)) === undefined) await startContainerd(options);
  const runtime = new CriRuntime({ endpoint: layout.endpoint, log: options.log });
  try {
    await inParallel(await runtime.listPodSandboxes(), async ({ id }) => {
      await runtime.stopPodSandbox(id);
      await runtime.removePodSandbox(id);
    });
  } finally {
    runtime.close();
  }
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const item of rest) await run(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: podsAtOnce }, worker));
  if (failures.length > 0) throw failures[0];
}

/** A shim listens in a folder that all containerds share; its address stands in its container's bundle. */
async function findShimSockets(layout: ContainerdLayout): Promise<string[]> {
  const tasks = join(layout.state, 'io.containerd.runtime.v2.task', 'k8s.io');
  const sockets: string[] = [];
  for (const id of await readdir(tasks).catch(() => [])) {
    const address = await readFile(join(tasks, id, 'address'), 'utf8').catch(() => '');
    const path = address.trim().replace(/^unix:\/\//, '');
    if (path.startsWith('/run/containerd/s/')) sockets.push(path);
  }
  return sockets;
}

/** Shims by the address of our containerd, containers by their cgroup. */
async function killProcesses(layout: ContainerdLayout, cgroupParent: string): Promise<void> {
  const giveUpAt = performance.now() + processWaitMs;
  for (;;) {
    const left: number[] = [];
    for (const entry of await readdir('/proc')) {
      const pid = Number(entry);
      if (!Number.isInteger(pid) || pid === process.pid) continue;
      if ((await isShim(pid, layout)) || (await isBelow(pid, cgroupParent))) left.push(pid);
    }
    if (left.length === 0) return;
    if (performance.now() > giveUpAt) {
      throw new HostError('Stuck', `processes of removed pods do not end: ${left.join(', ')}`);
    }
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended since.
      }
    }
    await delay(20);
  }
}

async function isShim(pid: number, layout: ContainerdLayout): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const args = commandLine.split('\0');
  return basename(args[0] ?? '').startsWith(shimName) && args.includes(layout.socket);
}

async function isBelow(pid: number, cgroupParent: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  const below = text.split('\n').some((line) => {
    const path = line.split(':').slice(2).join(':');
    return path === cgroupParent || path.startsWith(`${cgroupParent}/`);
  });
  // A zombie keeps its cgroup until its parent looks; it can neither be killed nor does it hold anything.
  return below && (await readlink(`/proc/${pid}/exe`).catch(() => undefined)) !== undefined;
}

export async function unmountBelow(folders: readonly string[]): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const mounts = parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
    const ours = mounts
      .map(({ path }) => path)
      .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
    if (ours.length === 0) return;
    // Later mounts may lie on earlier ones.
    await runTool('umount', ['-l', ...ours.toReversed()]).catch(() => undefined);
  }
}

async function removeCgroups(cgroupParent: string): Promise<void> {
  const { mounts } = await cgroupSetup();
  for (const mount of mounts) await removeCgroupTree(join(mount, cgroupParent));
}

/** The kernel gives a cgroup up a moment after its last process has gone. */
async function removeCgroupTree(folder: string): Promise<void> {
  const children = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const child of children) if (child.isDirectory()) await removeCgroupTree(join(folder, child.name));
  for (let pauseMs = 1; ; pauseMs *= 2) {
    try {
      await rmdir(folder);
      return;
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || pauseMs > 1000) throw new HostError('Cgroup', `${folder} cannot be removed`, { cause });
      await delay(pauseMs);
    }
  }
}

async function removeNetwork({ cniNetwork, bridges, ipamDir }: RemovalOptions): Promise<void> {
  for (const bridge of bridges) {
    await runTool('ip', ['link', 'delete', bridge]).catch((error: unknown) => {
      if (!/Cannot find device/.test(errorText(error))) throw error;
    });
  }
  if (ipamDir !== undefined) await rm(ipamDir, { recursive: true, force: true });
  for (const name of await readdir(cniCacheDir).catch(() => [])) {
    if (name.startsWith(`${cniNetwork}-`)) await rm(join(cniCacheDir, name), { force: true });
  }
  if ((await findProgram('iptables-save')) === undefined) return;
  for (const version of ['', '6']) await removeCniChains(version, cniNetwork);
}

/**
 * CNI plugins put the network's name into the comment of each rule that leads to a chain of one container. The portmap
 * plugin's shared chains go with the last container that needs them.
 */
async function removeCniChains(version: string, cniNetwork: string): Promise<void> {
  const save = async (): Promise<string> => runTool(`ip${version}tables-save`, ['-t', 'nat']);
  const restore = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    await runTool(`ip${version}tables-restore`, ['--noflush'], { input: ['*nat', ...lines, 'COMMIT', ''].join('\n') });
  };
  await restore(cniCleanup(await save(), cniNetwork));
  // Another cluster may take the chains into use right now: the kernel then refuses the whole of it.
  await restore(portmapCleanup(await save())).catch(() => undefined);
  await removeEmptyTable(`ip${version}`);
}

/** What to feed to iptables-restore, so that the rules and chains of a network's containers are gone. */
export function cniCleanup(saved: string, cniNetwork: string): string[] {
  const deletions: string[] = [];
  const chains = new Set<string>();
  for (const line of saved.split('\n')) {
    const jump = /^-A (\S+) .*-j (CNI-[0-9a-f]+|CNI-DN-\w+|CNI-SN-\w+)$/.exec(line);
    if (!line.includes(`name: \\"${cniNetwork}\\"`) || jump?.[2] === undefined) continue;
    deletions.push(line.replace(/^-A/, '-D'));
    chains.add(jump[2]);
  }
  return [...deletions, ...[...chains].map((chain) => `-F ${chain}`), ...[...chains].map((chain) => `-X ${chain}`)];
}

/** The same for the portmap plugin's shared chains; nothing while a container's chain hangs on them. */
export function portmapCleanup(saved: string): string[] {
  const lines = saved.split('\n');
  if (lines.some((line) => line.startsWith('-A CNI-HOSTPORT-DNAT '))) return [];
  const chains = lines.flatMap((line) => /^:(CNI-HOSTPORT-\w+) /.exec(line)?.[1] ?? []);
  const jumps = lines.filter((line) => /^-A (?!CNI-HOSTPORT-).* -j CNI-HOSTPORT-\w+$/.test(line));
  // The first is not flushed: a rule that has come since must keep its chain.
  const shared = chains.filter((chain) => chain !== 'CNI-HOSTPORT-DNAT');
  return [
    ...jumps.map((line) => line.replace(/^-A/, '-D')),
    ...shared.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
  ];
}

interface NftListing {
  readonly nftables: readonly {
    readonly chain?: { readonly name: string };
    readonly rule?: object;
    readonly set?: object;
  }[];
}

/** iptables makes the table when it is first asked about it. A chain with rules is refused by the kernel, and stays. */
async function removeEmptyTable(family: string): Promise<void> {
  try {
    const { nftables } = JSON.parse(await runTool('nft', ['-j', 'list', 'table', family, 'nat'])) as NftListing;
    if (nftables.some(({ rule, set }) => rule !== undefined || set !== undefined)) return;
    for (const { chain } of nftables) {
      if (chain !== undefined) await runTool('nft', ['delete', 'chain', family, 'nat', chain.name]);
    }
    await runTool('nft', ['delete', 'table', family, 'nat']);
  } catch {
    // There is none, or it is in use.
  }
}
