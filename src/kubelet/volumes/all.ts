/** Every volume plugin, in the order in which they are asked whether a volume is theirs. */
import { configMap } from './config-map.ts';
import { downwardApi } from './downward-api.ts';
import { emptyDir } from './empty-dir.ts';
import { hostPath } from './host-path.ts';
import { projected } from './projected.ts';
import { secret } from './secret.ts';
import type { VolumePlugin, VolumeView } from './plugin.ts';

const plugins: readonly VolumePlugin[] = [emptyDir, configMap, secret, projected, hostPath, downwardApi];

export function pluginFor(volume: VolumeView): VolumePlugin | undefined {
  return plugins.find((plugin) => plugin.handles(volume));
}
