/**
 * The files of configMap, secret, downwardAPI and projected volumes. Pure. What always holds: a path stays inside of the
 * volume, and an item that is named must be there unless the source is optional.
 */
import { HostError, type DeepReadonly } from '../../base/mod.ts';
import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Secret } from '../../api/mod.ts';
import { podField, resourceField, type PodAddresses } from '../downward-api.ts';
import type { VolumeFile } from '../host-ports.ts';
import type { PodView } from '../pod.ts';

export interface ItemsSource {
  readonly items?: readonly DeepReadonly<KeyToPath>[] | undefined;
  readonly optional?: boolean | undefined;
  readonly defaultMode: number;
}

export function configMapFiles(configMap: DeepReadonly<ConfigMap>, source: ItemsSource): VolumeFile[] {
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(configMap.data ?? {})) data.set(key, new TextEncoder().encode(text));
  for (const [key, base64] of Object.entries(configMap.binaryData ?? {})) data.set(key, Uint8Array.fromBase64(base64));
  return files(data, source, 'configmap');
}

export function secretFiles(secret: DeepReadonly<Secret>, source: ItemsSource): VolumeFile[] {
  const data = new Map(Object.entries(secret.data ?? {}).map(([key, base64]) => [key, Uint8Array.fromBase64(base64)]));
  return files(data, source, 'secret');
}

function files(
  data: ReadonlyMap<string, Uint8Array>,
  { items, optional, defaultMode }: ItemsSource,
  what: string,
): VolumeFile[] {
  if (items === undefined || items.length === 0)
    return [...data].map(([path, content]) => ({ path, content, mode: defaultMode }));
  const out: VolumeFile[] = [];
  for (const { key, path, mode } of items) {
    const content = data.get(key);
    if (content !== undefined) out.push({ path, content, mode: mode ?? defaultMode });
    else if (optional !== true)
      throw new HostError(
        'InvalidVolume',
        `${what} references non-existent ${what === 'secret' ? 'secret key' : 'config key'}: ${key}`,
      );
  }
  return out;
}

export interface DownwardSource {
  readonly pod: PodView;
  readonly addresses: PodAddresses;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly defaultMode: number;
}

export function downwardFiles(
  items: readonly DeepReadonly<DownwardAPIVolumeFile>[],
  { pod, addresses, allocatable, defaultMode }: DownwardSource,
): VolumeFile[] {
  return items.map(({ path, fieldRef, resourceFieldRef, mode }) => {
    let text: string | undefined;
    if (fieldRef !== undefined) text = podField(pod, fieldRef.fieldPath, addresses);
    else if (resourceFieldRef !== undefined) {
      const result = resourceField(pod, resourceFieldRef, '', allocatable);
      if ('problem' in result) throw new HostError('InvalidVolume', result.problem);
      text = result.value;
    }
    if (text === undefined) throw new HostError('InvalidVolume', `unsupported fieldPath: ${fieldRef?.fieldPath ?? ''}`);
    return { path, content: new TextEncoder().encode(text), mode: mode ?? defaultMode };
  });
}

/** Later sources win over earlier ones with the same path. Rejects paths that would leave the volume. */
export function merged(all: readonly VolumeFile[]): VolumeFile[] {
  const byPath = new Map<string, VolumeFile>();
  for (const file of all) {
    const path = file.path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
    if (path === '' || path.split('/').includes('..') || path.startsWith('..')) {
      throw new HostError('InvalidVolume', `invalid path: must not be empty, absolute or contain "..": ${file.path}`);
    }
    byPath.set(path, { ...file, path });
  }
  return [...byPath.values()];
}
