/** hostPath: a path of the node, checked or made as its type says. */
import { HostError } from '../../base/mod.ts';
import type { FileType } from '../host-ports.ts';
import { defineVolume } from './plugin.ts';

const wanted: Readonly<Record<string, { readonly type: FileType; readonly text: string }>> = {
  Directory: { type: 'directory', text: 'a directory' },
  File: { type: 'file', text: 'a file' },
  Socket: { type: 'socket', text: 'a socket file' },
  CharDevice: { type: 'characterDevice', text: 'a character device' },
  BlockDevice: { type: 'blockDevice', text: 'a block device' },
};

export const hostPath = defineVolume({
  name: 'kubernetes.io/host-path',
  handles: (volume) => volume.hostPath !== undefined,

  async setUp({ volume }, { files }) {
    const { path = '', type = '' } = volume.hostPath ?? {};
    const found = type === '' ? undefined : await files.typeOf(path);
    const create = type === 'DirectoryOrCreate' || type === 'FileOrCreate';
    const expected = wanted[type.replace('OrCreate', '')];
    if (found === undefined && create) {
      if (type === 'DirectoryOrCreate') await files.makeDirectory(path, { mode: 0o755 });
      else await files.writeFile(path, '', 0o644);
    } else if (expected !== undefined && found !== expected.type) {
      throw new HostError('InvalidVolume', `hostPath type check failed: ${path} is not ${expected.text}`);
    }
    return { path };
  },
});
