/** emptyDir: a directory that lives as long as its pod, on disk or in memory. */
import { parseQuantity } from '../../machinery/mod.ts';
import { defineVolume, fsGroupOf } from './plugin.ts';

export const emptyDir = defineVolume({
  name: 'kubernetes.io/empty-dir',
  handles: (volume) => volume.emptyDir !== undefined,

  async setUp({ pod, volume, directory }, { files }) {
    const { medium = '', sizeLimit } = volume.emptyDir ?? {};
    // Everybody may write: the containers' users are not known here.
    await files.makeDirectory(directory, { mode: 0o777 });
    if (medium === 'Memory') {
      const sizeBytes = sizeLimit === undefined ? undefined : parseQuantity(sizeLimit).value();
      await files.mountTmpfs(directory, {
        mode: 0o777,
        ...(sizeBytes === undefined || sizeBytes === 0 ? {} : { sizeBytes }),
      });
    }
    const gid = fsGroupOf(pod);
    if (gid !== undefined)
      await files.shareWithGroup(directory, gid, pod.spec?.securityContext?.fsGroupChangePolicy === 'OnRootMismatch');
    return { path: directory };
  },
});
