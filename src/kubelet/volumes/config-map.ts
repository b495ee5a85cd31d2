/** configMap: the keys of a ConfigMap as files, which follow its changes. */
import { HostError } from '../../base/mod.ts';
import { configMapFiles, merged } from './payload.ts';
import { defineVolume, fsGroupOf } from './plugin.ts';

export const configMap = defineVolume({
  name: 'kubernetes.io/configmap',
  handles: (volume) => volume.configMap !== undefined,
  references: ({ configMap: source }) => [{ kind: 'ConfigMap', name: source?.name ?? '' }],

  async setUp({ pod, volume, directory }, world) {
    const { name = '', items, optional, defaultMode = 0o644 } = volume.configMap ?? {};
    const found = await world.configMap(pod.metadata.namespace ?? '', name);
    if (found === undefined && optional !== true) throw new HostError('NotFound', `configmap "${name}" not found`);
    const files = found === undefined ? [] : configMapFiles(found, { items, optional, defaultMode });
    await world.files.makeDirectory(directory, { mode: 0o777 });
    await world.files.writeVolume(directory, merged(files), fsGroupOf(pod));
    return { path: directory };
  },
});
