/** downwardAPI: fields of the pod as files, which follow its labels and annotations. */
import { downwardFiles, merged } from './payload.ts';
import { defineVolume, fsGroupOf } from './plugin.ts';

export const downwardApi = defineVolume({
  name: 'kubernetes.io/downward-api',
  handles: (volume) => volume.downwardAPI !== undefined,

  async setUp({ pod, volume, directory }, world) {
    const { items = [], defaultMode = 0o644 } = volume.downwardAPI ?? {};
    await world.files.makeDirectory(directory, { mode: 0o777 });
    const { addresses, allocatable } = world;
    await world.files.writeVolume(
      directory,
      merged(downwardFiles(items, { pod, addresses, allocatable, defaultMode })),
      fsGroupOf(pod),
    );
    return { path: directory };
  },
});
