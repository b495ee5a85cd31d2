/**
 * Pods' directories, volumes and mounts on Linux. What always holds: a volume's content changes in one step; a symbolic
 * link that a pod may have planted is never followed out of its volume; no mount is removed but by unmounting it.
 */
import { constants, type Dirent } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { HostError } from '../../base/mod.ts';
import type { DirectoryOptions, FileType, PodFiles, VolumeFile } from '../../kubelet/ports.ts';
import { runTool } from '../tool.ts';
import { hostError, isMissing } from './errors.ts';
import { mountsBelow } from './mounts.ts';

/** Linux' O_PATH, which Node does not name: a handle for a place, without reading it. */
const O_PATH = 0o10000000;
const setgid = 0o2000;

export const linuxFiles: PodFiles = {
  makeDirectory: (path, options) => guarded(() => makeDirectory(path, options)),
  writeFile: (path, content, mode) => guarded(() => writeWithMode(path, content, mode)),
  readTail: (path, bytesMax) => guarded(() => readTail(path, bytesMax)),
  typeOf: (path) => guarded(() => typeOf(path)),
  list: (path) => guarded(() => list(path)),
  usedBytes: (path) => guarded(() => usedBytes(path)),
  writeVolume: (directory, files, gid) => guarded(() => writeVolume(directory, files, gid)),
  shareWithGroup: (path, gid, onlyIfRootDiffers) => guarded(() => shareWithGroup(path, gid, onlyIfRootDiffers)),
  mountTmpfs: (path, options) => guarded(() => mountTmpfs(path, options)),
  bindSubpath: (volume, subpath, target) => guarded(() => bindSubpath(volume, subpath, target)),
  removeTree: (path) => guarded(() => removeTree(path)),
};

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw hostError(error);
  }
}

async function makeDirectory(path: string, { mode, gid }: DirectoryOptions = {}): Promise<void> {
  await mkdir(path, { recursive: true });
  if (mode !== undefined) await chmod(path, mode);
  if (gid !== undefined) await chown(path, -1, gid);
}

async function writeWithMode(path: string, content: string, mode: number): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    await writeFile(path, content);
  }
  await chmod(path, mode);
}

async function readTail(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { size } = await file.stat();
    const length = Math.min(size, bytesMax);
    const buffer = new Uint8Array(length);
    const { bytesRead } = await file.read(buffer, 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function typeOf(path: string): Promise<FileType | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'directory';
    if (found.isFile()) return 'file';
    if (found.isSocket()) return 'socket';
    if (found.isCharacterDevice()) return 'characterDevice';
    return found.isBlockDevice() ? 'blockDevice' : 'other';
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function list(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const blockBytes = 512;

async function usedBytes(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  let sum = 0;
  for (const entry of entries) {
    // What is removed meanwhile takes nothing any more.
    const found = await lstat(join(path, entry)).catch(() => undefined);
    sum += (found?.blocks ?? 0) * blockBytes;
  }
  return sum;
}

const dataLink = '..data';

async function writeVolume(directory: string, files: readonly VolumeFile[], gid: number | undefined): Promise<boolean> {
  const old = await currentData(directory);
  if (old !== undefined && (await holds(join(directory, old), files))) return false;
  const fresh = `..${new Date().toISOString().replace(/[-:T]/g, '_').replace(/\..*$/, '')}.${process.hrtime.bigint() % 1_000_000_000n}`;
  await mkdir(join(directory, fresh));
  await chmod(join(directory, fresh), gid === undefined ? 0o755 : 0o755 | setgid);
  if (gid !== undefined) await chown(join(directory, fresh), 0, gid);
  for (const file of files) await writePayload(join(directory, fresh), file, gid);
  const trial = join(directory, '..data_tmp');
  await rm(trial, { force: true });
  await symlink(fresh, trial);
  await rename(trial, join(directory, dataLink));
  await linkNames(directory, new Set(files.map(({ path }) => path.split('/')[0] ?? path)));
  if (old !== undefined) await rm(join(directory, old), { recursive: true, force: true });
  return true;
}

async function currentData(directory: string): Promise<string | undefined> {
  try {
    return await readlink(join(directory, dataLink));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function writePayload(
  root: string,
  { path, content, mode, uid }: VolumeFile,
  gid: number | undefined,
): Promise<void> {
  const full = join(root, path);
  if (dirname(path) !== '.') await mkdir(dirname(full), { recursive: true, mode: 0o755 });
  await writeFile(full, content);
  await chmod(full, gid === undefined ? mode : mode | 0o440);
  if (uid !== undefined || gid !== undefined) await chown(full, uid ?? 0, gid ?? 0);
}

/** Whether the directory has exactly these files already. */
async function holds(directory: string, files: readonly VolumeFile[]): Promise<boolean> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((): Dirent[] => []);
  const there = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  if (there.length !== files.length) return false;
  const wanted = new Map(files.map((file) => [file.path, file]));
  for (const path of there) {
    const file = wanted.get(path);
    if (file === undefined || !(await readFile(join(directory, path))).equals(file.content)) return false;
  }
  return true;
}

/** Every name of the volume is a link through `..data`, so that one rename changes them all. */
async function linkNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  const there = await readdir(directory);
  for (const name of there) if (!name.startsWith('..') && !names.has(name)) await unlink(join(directory, name));
  for (const name of names) if (!there.includes(name)) await symlink(`${dataLink}/${name}`, join(directory, name));
}

async function shareWithGroup(path: string, gid: number, onlyIfRootDiffers: boolean): Promise<void> {
  const root = await lstat(path);
  if (onlyIfRootDiffers && root.gid === gid && (root.mode & setgid) !== 0) return;
  await share(path, gid, root.mode, true);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const full = join(entry.parentPath, entry.name);
    await share(full, gid, (await lstat(full)).mode, entry.isDirectory());
  }
}

async function share(path: string, gid: number, mode: number, directory: boolean): Promise<void> {
  await chown(path, -1, gid);
  await chmod(path, (mode & 0o7777) | 0o660 | (directory ? setgid | 0o110 : 0));
}

async function mountTmpfs(
  path: string,
  { sizeBytes, mode }: { readonly sizeBytes?: number; readonly mode: number },
): Promise<void> {
  await mkdir(path, { recursive: true });
  if ((await stat(path)).dev !== (await stat(dirname(path))).dev) return;
  const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
  await runTool('mount', ['-t', 'tmpfs', '-o', [`mode=${mode.toString(8)}`, ...size].join(','), 'tmpfs', path]);
}

/**
 * Resolves the path first, so that links inside of the volume work, and then opens it part by part without following any:
 * a link put there in between makes it fail. What is mounted is the open handle, not a name.
 */
async function bindSubpath(volume: string, subpath: string, target: string): Promise<string> {
  const root = await realpath(volume);
  const wanted = await resolveInside(root, join(root, subpath));
  const handle = await openInside(
    root,
    relative(root, wanted)
      .split('/')
      .filter((part) => part !== ''),
  );
  try {
    const directory = (await handle.stat()).isDirectory();
    await unmount(target);
    await mkdir(directory ? target : dirname(target), { recursive: true, mode: 0o750 });
    if (!directory) await writeFile(target, '', { flag: 'a' });
    await runTool('mount', ['--no-canonicalize', '--bind', `/proc/${process.pid}/fd/${handle.fd}`, target]);
    return target;
  } finally {
    await handle.close();
  }
}

/** The path with all links resolved; missing directories at its end are made. */
async function resolveInside(root: string, path: string): Promise<string> {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    let real: string;
    try {
      real = await realpath(at);
    } catch (error) {
      if (!isMissing(error) || at === root || at === '/') throw error;
      missing.unshift(relative(dirname(at), at));
      continue;
    }
    const inside = real === root || real.startsWith(`${root}/`);
    if (!inside || missing.includes('..'))
      throw new HostError('InvalidPath', `subpath ${path} not within volume path ${root}`);
    return join(real, ...missing);
  }
}

async function openInside(root: string, parts: readonly string[]): Promise<Awaited<ReturnType<typeof open>>> {
  let handle = await open(root, O_PATH | constants.O_DIRECTORY);
  const { mode } = await handle.stat();
  for (const part of parts) {
    const at = `/proc/self/fd/${handle.fd}/${part}`;
    const parent = handle;
    try {
      handle = await open(at, O_PATH | constants.O_NOFOLLOW).catch(async (error: unknown) => {
        if (!isMissing(error)) throw error;
        await mkdir(at, { mode: mode & 0o777 });
        await chmod(at, mode & 0o777);
        return await open(at, O_PATH | constants.O_NOFOLLOW);
      });
    } finally {
      await parent.close();
    }
    if ((await handle.stat()).isSymbolicLink()) {
      await handle.close();
      throw new HostError('InvalidPath', `unexpected symlink ${part} in a subpath of ${root}`);
    }
  }
  return handle;
}

async function unmount(path: string): Promise<void> {
  const mounts = await mountsBelow(path);
  // The deepest first: a mount below keeps the one above busy.
  for (const mount of mounts.toReversed()) await runTool('umount', ['-l', mount]);
}

async function removeTree(path: string): Promise<void> {
  if ((await typeOf(path)) === undefined) return;
  await unmount(path);
  const left = await mountsBelow(path);
  if (left.length > 0) throw new HostError('EBUSY', `${left[0]} is still mounted`);
  await rm(path, { recursive: true, force: true });
}
