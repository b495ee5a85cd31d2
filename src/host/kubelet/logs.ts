/** Container logs as files. */
import { watch } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LogFiles } from '../../kubelet/ports.ts';
import { hostError, isMissing } from './errors.ts';

export const linuxLogs: LogFiles = {
  async stat(path) {
    try {
      const { size, ino, dev } = await stat(path);
      return { sizeBytes: size, identity: `${dev}:${ino}` };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw hostError(error);
    }
  },

  async read(path, offset, length) {
    try {
      await using file = await open(path);
      const buffer = new Uint8Array(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw hostError(error);
    }
  },

  async list(directory) {
    return await readdir(directory).catch((): string[] => []);
  },

  async rename(from, to) {
    await rename(from, to).catch((error: unknown) => {
      throw hostError(error);
    });
  },

  async remove(path) {
    await rm(path, { force: true });
  },

  watch(path, onChange) {
    try {
      // The directory, so that a file which takes the place of this one is noticed.
      const watcher = watch(dirname(path), { persistent: false }, onChange);
      watcher.on('error', onChange);
      return { [Symbol.dispose]: () => watcher.close() };
    } catch {
      // No more watches, or the directory is gone: readers look from time to time anyway.
      return { [Symbol.dispose]: () => undefined };
    }
  },
};
