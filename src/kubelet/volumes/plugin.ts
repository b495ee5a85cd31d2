/**
 * What a volume plugin is. What always holds: `setUp` may be called again for what is set up already, then it brings the
 * content up to date; what it made lies below the pod's directory (but for hostPath), so removing that takes all away.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import type { ConfigMap, Secret, Volume } from '../../api/mod.ts';
import type { PodAddresses } from '../downward-api.ts';
import type { ObjectReference } from '../env.ts';
import type { PodFiles } from '../host-ports.ts';
import type { PodView } from '../pod.ts';

export type VolumeView = DeepReadonly<Volume>;

export interface TokenAsk {
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

/** What a volume may ask for while it is set up. */
export interface VolumeWorld {
  readonly files: PodFiles;
  /** Undefined: there is no such object. Rejects when nobody can tell. */
  configMap(namespace: string, name: string): Promise<DeepReadonly<ConfigMap> | undefined>;
  secret(namespace: string, name: string): Promise<DeepReadonly<Secret> | undefined>;
  /** A token of the pod's service account, kept until it is due for renewal; then `renewAtMs` has come. */
  token(pod: PodView, ask: TokenAsk): Promise<{ readonly token: string; readonly renewAtMs: number }>;
  readonly addresses: PodAddresses;
  readonly allocatable: Readonly<Record<string, string>>;
}

export interface VolumeTarget {
  readonly pod: PodView;
  readonly volume: VolumeView;
  /** The volume's own directory. */
  readonly directory: string;
}

export interface MountedVolume {
  /** What containers mount. */
  readonly path: string;
  /** When `setUp` has to be called again though nothing changed. */
  readonly renewAtMs?: number;
}

export interface VolumePlugin {
  /** `kubernetes.io/empty-dir`: part of the volume's path. */
  readonly name: string;
  /** The content may never reach a disk: its directory is in the kubelet's memory file system. */
  readonly inMemory?: true;
  handles(volume: VolumeView): boolean;
  /** The objects whose change brings new content. */
  references?(volume: VolumeView): readonly ObjectReference[];
  setUp(target: VolumeTarget, world: VolumeWorld): Promise<MountedVolume>;
}

export function defineVolume(plugin: VolumePlugin): VolumePlugin {
  return plugin;
}

/** The group that owns the pod's volumes, if the pod asks for one. */
export function fsGroupOf(pod: PodView): number | undefined {
  return pod.spec?.securityContext?.fsGroup;
}
