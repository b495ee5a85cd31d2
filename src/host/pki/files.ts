/**
 * Where keys and certificates are kept: a directory, or memory for clusters that live in a test. What always holds of a
 * directory: files are 0600 and folders 0700, a file has its old or its new content and nothing in between, and what was
 * written is on disk before anything is built on it.
 */
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HostError } from '../../base/mod.ts';

export interface PkiFiles {
  /** Undefined: there is none. Throws HostError for one that cannot be read. */
  read(name: string): string | undefined;
  write(name: string, content: string): void;
}

export function memoryFiles(): PkiFiles {
  const files = new Map<string, string>();
  return { read: (name) => files.get(name), write: (name, content) => void files.set(name, content) };
}

export function directoryFiles(directory: string): PkiFiles {
  return {
    read(name) {
      try {
        return readFileSync(join(directory, name), 'utf8');
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new HostError('Read', `cannot read ${join(directory, name)}`, { cause });
      }
    },
    write(name, content) {
      const path = join(directory, name);
      try {
        makeFolder(dirname(path));
        writeWhole(path, content);
      } catch (cause) {
        throw new HostError('Write', `cannot write ${path}`, { cause });
      }
    },
  };
}

function makeFolder(path: string): void {
  const made = mkdirSync(path, { recursive: true, mode: 0o700 });
  // A folder that was there, more open than it should be, keeps nobody out.
  if (made === undefined) chmodSync(path, 0o700);
}

function writeWhole(path: string, content: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  // A draft that a crash left behind keeps the mode that it was made with.
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
