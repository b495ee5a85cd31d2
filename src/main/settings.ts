/**
 * What a cluster was made with, kept in its data directory, so that every later command finds it again by name alone.
 * Networks and the port are fixed at the first `up`: certificates and objects depend on them.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../base/mod.ts';
import { UsageError } from '../cli/mod.ts';
import type { ClusterNetworks } from './networks.ts';

export interface ClusterSettings extends ClusterNetworks {
  readonly name: string;
  readonly apiPort: number;
  readonly clusterDomain: string;
  readonly nodeName: string;
  /** 1: this machine is a node with real containers. */
  readonly nodes: number;
  readonly simulatedNodes: number;
  readonly store: string;
  readonly runtimeEndpoint?: string;
  readonly registryMirror?: string;
  /** Upstream's flags for authentication and authorization, as they were given. */
  readonly auth?: Readonly<Record<string, string | undefined>>;
  /** Those for auditing, encryption at rest and the number of requests. */
  readonly requests?: Readonly<Record<string, string | undefined>>;
}

export interface ClusterPaths {
  readonly dataDir: string;
  readonly settings: string;
  readonly pki: string;
  readonly store: string;
  readonly pid: string;
  readonly log: string;
  readonly kubelet: string;
  readonly containerd: string;
}

export function clusterPaths(dataDir: string): ClusterPaths {
  const at = (...parts: string[]): string => join(dataDir, ...parts);
  return {
    dataDir,
    settings: at('cluster.json'),
    pki: at('pki'),
    store: at('store'),
    pid: at('kutter.pid'),
    log: at('kutter.log'),
    kubelet: at('kubelet'),
    containerd: at('containerd'),
  };
}

/** Where clusters are kept that were not told otherwise. */
export const clustersDirectory = '/var/lib/kutter';

/** Names become names of interfaces, tables and cgroups. Throws UsageError. */
export function checkName(name: string): string {
  if (!/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name))
    throw new UsageError(`--name "${name}": lower case letters, digits and '-', at most 32, beginning with a letter`);
  return name;
}

export function dataDirOf(name: string, given: string | undefined): string {
  return given ?? join(clustersDirectory, checkName(name));
}

/** Undefined when there is no such cluster yet. */
export async function readSettings(paths: ClusterPaths): Promise<ClusterSettings | undefined> {
  let text: string;
  try {
    text = await readFile(paths.settings, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new HostError('Settings', `cannot read ${paths.settings}`, { cause });
  }
  try {
    return JSON.parse(text) as ClusterSettings;
  } catch (cause) {
    throw new HostError(
      'Settings',
      `${paths.settings} is no JSON: restore it, or remove ${paths.dataDir} to begin anew`,
      { cause },
    );
  }
}

/** Whole or not at all: a crash leaves the old file or the new one. */
export async function writeSettings(paths: ClusterPaths, settings: ClusterSettings): Promise<void> {
  await mkdir(paths.dataDir, { recursive: true, mode: 0o700 });
  await writeFile(`${paths.settings}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  await rename(`${paths.settings}.new`, paths.settings);
}

/** The host's name as a node may be called. */
export function defaultNodeName(): string {
  return hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-');
}
