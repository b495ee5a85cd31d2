/** secret: the keys of a Secret as files in memory, which follow its changes. */
import { HostError } from '../../base/mod.ts';
import { merged, secretFiles } from './payload.ts';
import { defineVolume, fsGroupOf } from './plugin.ts';

export const secret = defineVolume({
  name: 'kubernetes.io/secret',
  inMemory: true,
  handles: (volume) => volume.secret !== undefined,
  references: ({ secret: source }) => [{ kind: 'Secret', name: source?.secretName ?? '' }],

  async setUp({ pod, volume, directory }, world) {
    const { secretName = '', items, optional, defaultMode = 0o644 } = volume.secret ?? {};
    const found = await world.secret(pod.metadata.namespace ?? '', secretName);
    if (found === undefined && optional !== true) throw new HostError('NotFound', `secret "${secretName}" not found`);
    const files = found === undefined ? [] : secretFiles(found, { items, optional, defaultMode });
    await world.files.makeDirectory(directory, { mode: 0o777 });
    await world.files.writeVolume(directory, merged(files), fsGroupOf(pod));
    return { path: directory };
  },
});
