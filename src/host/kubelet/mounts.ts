/** The mounts of this process's mount namespace. */
import { readFile } from 'node:fs/promises';
import { parseMountinfo } from '../containerd/environment.ts';

/** The mount points at and below a path, a mount before those below it. */
export async function mountsBelow(path: string): Promise<string[]> {
  const mounts = parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
  return mounts
    .map((mount) => mount.path)
    .filter((mount) => mount === path || mount.startsWith(`${path}/`))
    .sort((a, b) => a.length - b.length);
}
