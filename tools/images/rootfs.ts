/**
 * Root file systems from Debian packages, without a registry and without installing anything on this machine: apt resolves
 * and fetches a package with all it depends on, against an empty list of installed packages, and dpkg unpacks it. No
 * maintainer script runs; a recipe does by hand what little they would do.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { HostError } from '../../src/base/mod.ts';

export interface RootfsSource {
  /** Debian packages; what they depend on comes along, what they recommend does not. */
  readonly packages: readonly string[];
  /** Packages that are not unpacked although something depends on them: for maintainer scripts, service starts, .... */
  readonly without?: readonly string[];
  /** Folders and files that are not needed. Documentation, translations and manual pages never are. */
  readonly remove?: readonly string[];
}

const neverNeeded = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/lintian',
  'usr/share/bash-completion',
];
/** Only to configure packages, which is not done here. */
const neverUnpacked = [
  'debconf',
  'adduser',
  'init-system-helpers',
  'lsb-base',
  'sysvinit-utils',
  'perl',
  'systemd',
  'dpkg',
  'tar',
];
const runTimeoutMs = 900_000;

/** Runs a program of this machine; its output is returned. */
export function run(program: string, args: readonly string[], cwd?: string): string {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: runTimeoutMs,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    ...(cwd !== undefined && { cwd }),
  });
  if (result.error) throw new HostError('Command', `${program} cannot be run`, { cause: result.error });
  if (result.status !== 0) {
    throw new HostError(
      'Command',
      `${program} ${args.join(' ')}: exit code ${result.status}: ${(result.stderr + result.stdout).slice(-2000)}`,
    );
  }
  return result.stdout;
}

/** Makes `folder` anew with the packages in it. Packages are kept in `cacheDir` and fetched once. */
export async function makeRootfs(folder: string, cacheDir: string, source: RootfsSource): Promise<void> {
  const archives = join(
    cacheDir,
    'debs',
    createHash('sha256').update(source.packages.join(' ')).digest('hex').slice(0, 16),
  );
  if (!existsSync(join(archives, 'complete'))) await fetchPackages(archives, source.packages);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await mergeUsr(folder);
  const left = new Set([...neverUnpacked, ...(source.without ?? [])]);
  for (const file of (await readdir(archives)).toSorted()) {
    const name = file.slice(0, file.indexOf('_'));
    if (!file.endsWith('.deb') || left.has(name)) continue;
    // Through a pipe to tar, since dpkg-deb -x would replace the links of the merged /usr by folders.
    const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"';
    run('sh', ['-ec', unpack, 'sh', join(archives, file), folder]);
  }
  for (const path of [...neverNeeded, ...(source.remove ?? [])]) {
    await rm(join(folder, path), { recursive: true, force: true });
  }
}

async function fetchPackages(archives: string, packages: readonly string[]): Promise<void> {
  await mkdir(join(archives, 'partial'), { recursive: true });
  const status = join(archives, 'status');
  await writeFile(status, '');
  const options = [`Dir::State::status=${status}`, `Dir::Cache::archives=${archives}`, 'APT::Sandbox::User=root'];
  const args = ['install', '--download-only', '--no-install-recommends', '-y', '-qq'];
  const settings = options.flatMap((option) => ['-o', option]);
  try {
    run('apt-get', [...settings, ...args, ...packages]);
  } catch {
    run('apt-get', ['update', '-qq']);
    run('apt-get', [...settings, ...args, ...packages]);
  }
  await writeFile(join(archives, 'complete'), '');
}

/** Debian 12's layout: /bin, /lib and /sbin are links into /usr. */
async function mergeUsr(folder: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(folder, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(folder, name));
  }
  for (const name of ['etc', 'proc', 'sys', 'dev', 'root', 'run', 'var/log', 'var/tmp', 'home', 'opt', 'mnt']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await mkdir(join(folder, 'tmp'));
  await chmod(join(folder, 'tmp'), 0o1777);
}

export interface TextFile {
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

export async function writeFiles(folder: string, files: readonly TextFile[]): Promise<void> {
  for (const { path, text, mode = 0o644 } of files) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), text);
    await chmod(join(folder, path), mode);
  }
}

/** /etc/passwd and /etc/group with root, nobody and these users, each with a group of its own. */
export function userFiles(users: readonly { readonly name: string; readonly id: number }[]): TextFile[] {
  const all = [{ name: 'root', id: 0 }, ...users, { name: 'nobody', id: 65534 }];
  const passwd = all.map(
    ({ name, id }) => `${name}:x:${id}:${id}::${id === 0 ? '/root:/bin/sh' : '/:/usr/sbin/nologin'}\n`,
  );
  const group = all.map(({ name, id }) => `${name === 'nobody' ? 'nogroup' : name}:x:${id}:\n`);
  return [
    { path: 'etc/passwd', text: passwd.join('') },
    { path: 'etc/group', text: group.join('') },
  ];
}

/** busybox under all its names, where no program of that name is yet. */
export async function linkApplets(folder: string): Promise<void> {
  const busybox = ['bin/busybox', 'usr/bin/busybox'].find((path) => existsSync(join(folder, path)));
  if (busybox === undefined) throw new HostError('Recipe', 'the package busybox-static is not in the root file system');
  for (const applet of run(join(folder, busybox), ['--list']).split('\n')) {
    const path = join(folder, 'usr/bin', applet);
    const taken = applet === '' || (await lstat(path).catch(() => undefined)) !== undefined;
    if (!taken && !existsSync(join(folder, 'usr/sbin', applet))) await symlink('/bin/busybox', path);
  }
}
