/**
 * The volumes of the pods on this node: set up before the first container, kept up to date, taken down at the end. What
 * always holds: the same pod is worked on once at a time; what failed is told in an event and tried again later.
 */
import { errorText, HostError } from '../base/mod.ts';
import { goQuote } from '../machinery/mod.ts';
import type { ConfigObjects } from './config-objects.ts';
import type { PodAddresses } from './downward-api.ts';
import { expandStrictly } from './expansion.ts';
import { memoryPodDirectory, podDirectory, subpathsDirectory, volumeDirectory } from './paths.ts';
import { uidOf, type PodContainer, type PodView } from './pod.ts';
import type { KeyValue, Mount } from './ports.ts';
import type { Tokens } from './tokens.ts';
import { pluginFor } from './volumes/all.ts';
import type { MountedVolume, VolumeView, VolumeWorld } from './volumes/plugin.ts';
import type { KubeletWorld } from './world.ts';

interface Mounted {
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  readonly renewAtMs: number | undefined;
}

export interface VolumeSources {
  readonly objects: ConfigObjects;
  readonly tokens: Tokens;
}

export class PodVolumes {
  readonly #world: Pick<KubeletWorld, 'host' | 'config'>;
  readonly #sources: VolumeSources;
  readonly #mounted = new Map<string, Mounted>();

  constructor(world: Pick<KubeletWorld, 'host' | 'config'>, sources: VolumeSources) {
    this.#world = world;
    this.#sources = sources;
  }

  /** Sets up all volumes of the pod, or brings them up to date. */
  async setUp(pod: PodView, addresses: PodAddresses, allocatable: Readonly<Record<string, string>>): Promise<void> {
    const volumes = pod.spec?.volumes ?? [];
    const world: VolumeWorld = {
      files: this.#world.host.files,
      configMap: (namespace, name) => this.#sources.objects.configMap(namespace, name),
      secret: (namespace, name) => this.#sources.objects.secret(namespace, name),
      token: (owner, ask) => this.#sources.tokens.get(owner, ask),
      addresses,
      allocatable,
    };
    this.#watch(pod);
    const done = await Promise.all(volumes.map((volume) => this.#setUpOne(pod, volume, world)));
    const renewals = done.flatMap(([, { renewAtMs }]) => (renewAtMs === undefined ? [] : [renewAtMs]));
    this.#mounted.set(uidOf(pod), {
      volumes: new Map(done),
      renewAtMs: renewals.length === 0 ? undefined : Math.min(...renewals),
    });
  }

  async #setUpOne(pod: PodView, volume: VolumeView, world: VolumeWorld): Promise<[string, MountedVolume]> {
    const { name } = volume;
    const plugin = pluginFor(volume);
    if (plugin === undefined)
      throw new HostError(
        'FailedMount',
        `MountVolume.SetUp failed for volume ${goQuote(name)} : no volume plugin matched`,
      );
    const { config } = this.#world;
    const root = plugin.inMemory === true ? memoryPodDirectory(config, uidOf(pod)) : podDirectory(config, uidOf(pod));
    try {
      return [name, await plugin.setUp({ pod, volume, directory: volumeDirectory(root, plugin.name, name) }, world)];
    } catch (error) {
      throw new HostError('FailedMount', `MountVolume.SetUp failed for volume ${goQuote(name)} : ${errorText(error)}`);
    }
  }

  #watch(pod: PodView): void {
    const references = (pod.spec?.volumes ?? []).flatMap((volume) => pluginFor(volume)?.references?.(volume) ?? []);
    this.#sources.objects.watch(uidOf(pod), pod.metadata.namespace ?? '', references);
  }

  /** When the pod's volumes have to be set up again though nothing changed. */
  renewAtMs(uid: string): number | undefined {
    return this.#mounted.get(uid)?.renewAtMs;
  }

  /** Whether labels, annotations or addresses appear in a volume: then a change of the pod is one of the volume. */
  static followsPod(pod: PodView): boolean {
    return (pod.spec?.volumes ?? []).some(
      ({ downwardAPI, projected }) =>
        downwardAPI !== undefined || projected?.sources?.some((source) => source.downwardAPI !== undefined) === true,
    );
  }

  /** What the container mounts, once the volumes are set up. */
  async mounts(pod: PodView, { container }: PodContainer, env: readonly KeyValue[]): Promise<Mount[]> {
    const volumes = this.#mounted.get(uidOf(pod))?.volumes;
    const mounts: Mount[] = [];
    const values = new Map(env.map(({ key, value }) => [key, value]));
    for (const [i, { name, mountPath, readOnly, subPath = '', subPathExpr = '', mountPropagation }] of (
      container.volumeMounts ?? []
    ).entries()) {
      const volume = volumes?.get(name);
      if (volume === undefined)
        throw new HostError(
          'CreateContainerConfigError',
          `cannot find volume ${goQuote(name)} to mount into container ${goQuote(container.name)}`,
        );
      const expanded = subPathExpr === '' ? { text: subPath } : expandStrictly(subPathExpr, (key) => values.get(key));
      if (expanded.missing !== undefined)
        throw new HostError('CreateContainerConfigError', `missing value for ${goQuote(expanded.missing)}`);
      mounts.push({
        containerPath: mountPath.startsWith('/') ? mountPath : `/${mountPath}`,
        hostPath:
          expanded.text === ''
            ? volume.path
            : await this.#subpath(pod, { volume, name, container: container.name, index: i, subpath: expanded.text }),
        readonly: readOnly === true,
        propagation: propagation(mountPropagation),
      });
    }
    return mounts;
  }

  async #subpath(
    pod: PodView,
    at: { volume: MountedVolume; name: string; container: string; index: number; subpath: string },
  ): Promise<string> {
    const target = `${subpathsDirectory(this.#world.config, uidOf(pod))}/${at.name}/${at.container}/${at.index}`;
    try {
      return await this.#world.host.files.bindSubpath(at.volume.path, at.subpath, target);
    } catch (error) {
      throw new HostError(
        'CreateContainerConfigError',
        `failed to prepare subPath for volumeMount ${goQuote(at.name)} of container ${goQuote(at.container)}`,
        { cause: error },
      );
    }
  }

  /** Removes everything that the pod has on this node but its logs. */
  async tearDown(uid: string): Promise<void> {
    const { host, config } = this.#world;
    await Promise.all([
      host.files.removeTree(memoryPodDirectory(config, uid)),
      host.files.removeTree(podDirectory(config, uid)),
    ]);
    this.#mounted.delete(uid);
    this.#sources.objects.forgetPod(uid);
    this.#sources.tokens.forgetPod(uid);
  }
}

function propagation(mode: string | undefined): NonNullable<Mount['propagation']> {
  if (mode === 'Bidirectional') return 'PROPAGATION_BIDIRECTIONAL';
  return mode === 'HostToContainer' ? 'PROPAGATION_HOST_TO_CONTAINER' : 'PROPAGATION_PRIVATE';
}
