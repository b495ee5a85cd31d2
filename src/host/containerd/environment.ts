/** What this machine offers to a container runtime, found out by looking. Reading changes nothing. */
import { constants } from 'node:fs';
import { access, mkdtemp, readFile, rm, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HostError } from '../../base/mod.ts';
import { runTool } from '../tool.ts';

export interface CgroupSetup {
  /** `hybrid`: controllers in v1 and an empty v2 tree beside them, which is v1 to a container runtime. */
  readonly mode: 'v1' | 'hybrid' | 'v2';
  /** The folder of every hierarchy that has controllers (and of v1's named ones), deduplicated. */
  readonly mounts: readonly string[];
}

/** A program that is needed and the Debian package that brings it. */
const needed = [
  { program: 'containerd', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: 'nft', package: 'nftables' },
  { program: 'ip', package: 'iproute2' },
  { program: 'iptables', package: 'iptables' },
  { program: 'conntrack', package: 'conntrack' },
  { program: 'mount', package: 'mount' },
] as const;

const cniPackage = 'containernetworking-plugins';
const cniBinDirs = ['/usr/lib/cni', '/opt/cni/bin'];
/** The PATH of a service or of an ordinary user leaves these out. */
const extraPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The full path of a program, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = new Set([...(process.env['PATH'] ?? '').split(delimiter), ...extraPath]);
  for (const folder of folders) {
    if (!folder.startsWith('/')) continue;
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The folder of the CNI plugins, or undefined. */
export async function findCniBinDir(): Promise<string | undefined> {
  for (const folder of cniBinDirs) if (await isExecutable(join(folder, 'bridge'))) return folder;
  return undefined;
}

/** The Debian packages without which pods do not run here, in the order of their names. */
export async function missingPackages(): Promise<string[]> {
  const found = await Promise.all(needed.map(({ program }) => findProgram(program)));
  const missing: string[] = needed.filter((_, i) => found[i] === undefined).map((need) => need.package);
  if ((await findCniBinDir()) === undefined) missing.push(cniPackage);
  return missing.toSorted();
}

/** Installs packages with apt-get, and says so when that is not how this machine installs. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  if (packages.length === 0) return;
  const apt = await findProgram('apt-get');
  if (apt === undefined) {
    throw new HostError('NotInstalled', `apt-get is not here to install ${packages.join(', ')}: install them by hand`);
  }
  const env = ['DEBIAN_FRONTEND=noninteractive', apt];
  const args = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages];
  try {
    await runTool('env', [...env, ...args], { timeoutMs: 600_000 });
  } catch {
    // The list of packages may be missing or stale: fetch it and try once more.
    await runTool('env', [...env, 'update'], { timeoutMs: 300_000 });
    await runTool('env', [...env, ...args], { timeoutMs: 600_000 });
  }
}

export async function cgroupSetup(): Promise<CgroupSetup> {
  return parseCgroupMounts(await readFile('/proc/self/mountinfo', 'utf8'));
}

export function parseCgroupMounts(mountinfo: string): CgroupSetup {
  const mounts = parseMountinfo(mountinfo).filter(({ type }) => type === 'cgroup' || type === 'cgroup2');
  const v1 = mounts.some(({ type }) => type === 'cgroup');
  const v2 = mounts.some(({ type }) => type === 'cgroup2');
  const mode = v1 ? (v2 ? 'hybrid' : 'v1') : 'v2';
  return { mode, mounts: [...new Set(mounts.map(({ path }) => path))] };
}

export interface MountEntry {
  readonly path: string;
  readonly type: string;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
export function parseMountinfo(text: string): MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-');
    const path = fields[4];
    const type = fields[dash + 1];
    if (dash < 0 || path === undefined || type === undefined) continue;
    const octal = (_: string, digits: string): string => String.fromCharCode(Number.parseInt(digits, 8));
    entries.push({ path: path.replace(/\\([0-7]{3})/g, octal), type });
  }
  return entries;
}

const capSysResource = 24n;

/** True when this process may lower oom_score_adj and raise limits: CAP_SYS_RESOURCE is in its effective set. */
export async function hasSysResource(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> capSysResource) & 1n) === 1n;
}

/** `overlayfs` where a mount of it in that folder succeeds; inside another overlay, for one, it does not. */
export async function chooseSnapshotter(folder: string): Promise<'overlayfs' | 'native'> {
  await mkdir(folder, { recursive: true });
  const trial = await mkdtemp(join(folder, 'overlay-'));
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(trial, name));
  try {
    for (const path of [lower, upper, work, merged]) await mkdir(path as string);
    const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    await runTool('mount', ['-t', 'overlay', 'overlay', '-o', layers, merged as string]);
    await runTool('umount', ['-l', merged as string]);
    return 'overlayfs';
  } catch {
    return 'native';
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
