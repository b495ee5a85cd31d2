/** projected: several sources in one volume, the service account's token among them, which is renewed in time. */
import { HostError } from '../../base/mod.ts';
import type { VolumeProjection } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import type { VolumeFile } from '../host-ports.ts';
import type { ObjectReference } from '../env.ts';
import { configMapFiles, downwardFiles, merged, secretFiles } from './payload.ts';
import { defineVolume, fsGroupOf, type VolumeTarget, type VolumeWorld } from './plugin.ts';

export const projected = defineVolume({
  name: 'kubernetes.io/projected',
  inMemory: true,
  handles: (volume) => volume.projected !== undefined,

  references: (volume) =>
    (volume.projected?.sources ?? []).flatMap(({ configMap, secret }): ObjectReference[] => [
      ...(configMap === undefined ? [] : [{ kind: 'ConfigMap' as const, name: configMap.name ?? '' }]),
      ...(secret === undefined ? [] : [{ kind: 'Secret' as const, name: secret.name ?? '' }]),
    ]),

  async setUp(target, world) {
    const { sources = [], defaultMode = 0o644 } = target.volume.projected ?? {};
    const parts = await Promise.all(sources.map((source) => filesOf(source, defaultMode, target, world)));
    const { directory, pod } = target;
    await world.files.makeDirectory(directory, { mode: 0o777 });
    await world.files.writeVolume(directory, merged(parts.flatMap(({ files }) => files)), fsGroupOf(pod));
    const renewals = parts.flatMap(({ renewAtMs }) => (renewAtMs === undefined ? [] : [renewAtMs]));
    return { path: directory, ...(renewals.length === 0 ? {} : { renewAtMs: Math.min(...renewals) }) };
  },
});

interface Part {
  readonly files: readonly VolumeFile[];
  readonly renewAtMs?: number;
}

async function filesOf(
  source: DeepReadonly<VolumeProjection>,
  defaultMode: number,
  { pod }: VolumeTarget,
  world: VolumeWorld,
): Promise<Part> {
  const namespace = pod.metadata.namespace ?? '';
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) {
    const { name = '', items, optional } = configMap;
    const found = await world.configMap(namespace, name);
    if (found === undefined && optional !== true) throw new HostError('NotFound', `configmap "${name}" not found`);
    return { files: found === undefined ? [] : configMapFiles(found, { items, optional, defaultMode }) };
  }
  if (secret !== undefined) {
    const { name = '', items, optional } = secret;
    const found = await world.secret(namespace, name);
    if (found === undefined && optional !== true) throw new HostError('NotFound', `secret "${name}" not found`);
    return { files: found === undefined ? [] : secretFiles(found, { items, optional, defaultMode }) };
  }
  if (downwardAPI !== undefined) {
    const { addresses, allocatable } = world;
    return { files: downwardFiles(downwardAPI.items ?? [], { pod, addresses, allocatable, defaultMode }) };
  }
  if (serviceAccountToken !== undefined) {
    const { audience, expirationSeconds = 3600, path } = serviceAccountToken;
    const audiences = audience === undefined || audience === '' ? [] : [audience];
    const { token, renewAtMs } = await world.token(pod, { audiences, expirationSeconds });
    const uid = tokenOwner(pod);
    const mode = uid === undefined ? (fsGroupOf(pod) === undefined ? defaultMode : 0o640) : 0o600;
    return {
      files: [{ path, content: new TextEncoder().encode(token), mode, ...(uid === undefined ? {} : { uid }) }],
      renewAtMs,
    };
  }
  throw new HostError('Unsupported', 'this kind of projected volume source is not supported');
}

/** The one user that all containers of the pod run as: then the token is that user's alone. */
function tokenOwner(pod: VolumeTarget['pod']): number | undefined {
  if (fsGroupOf(pod) !== undefined) return undefined;
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const users = new Set(
    containers.map(({ securityContext }) => securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser),
  );
  const [user] = users;
  return users.size === 1 ? user : undefined;
}
