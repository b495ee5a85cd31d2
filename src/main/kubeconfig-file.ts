/** The user's kubeconfig on disk: our context goes in and out, whole or not at all. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { HostError } from '../base/mod.ts';
import { withContext, withoutContext } from '../cli/mod.ts';
import { apiServerNames, Pki, requests } from '../host/pki/mod.ts';
import { systemClock } from '../host/system.ts';
import { primaryAddress } from './addresses.ts';
import { clusterAddresses } from './networks.ts';
import type { ClusterPaths, ClusterSettings } from './settings.ts';

/** Where kubectl would write: the first file of $KUBECONFIG, or the one in the home. */
export function kubeconfigPath(given: string | undefined): string {
  const [first] = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return given ?? first ?? join(homedir(), '.kube', 'config');
}

export function contextName(clusterName: string): string {
  return `kutter-${clusterName}`;
}

export function openPki(settings: ClusterSettings, paths: ClusterPaths): Promise<Pki> {
  const { serviceIp, gateway } = clusterAddresses(settings);
  const more = [settings.nodeName, primaryAddress() ?? ''].filter((name) => name !== '');
  return Pki.open({
    keep: { directory: paths.pki },
    clock: systemClock,
    names: apiServerNames({ clusterDomain: settings.clusterDomain, serviceIp, more: [...more, gateway] }),
  });
}

/** Puts the cluster's context into the file and makes it current; returns the file. */
export async function addContext(
  settings: ClusterSettings,
  paths: ClusterPaths,
  given: string | undefined,
): Promise<string> {
  const pki = await openPki(settings, paths);
  const admin = await pki.credential('super-admin', requests.superAdmin);
  const entry = {
    name: contextName(settings.name),
    server: `https://127.0.0.1:${settings.apiPort}`,
    certificateAuthority: pki.ca,
    clientCertificate: admin.certificate,
    clientKey: admin.key,
  };
  return change(kubeconfigPath(given), (text) => withContext(text, entry));
}

export async function removeContext(clusterName: string, given: string | undefined): Promise<void> {
  const path = kubeconfigPath(given);
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  await change(path, (text) => withoutContext(text, contextName(clusterName)));
}

async function change(path: string, edit: (text: string) => string): Promise<string> {
  const before = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw new HostError('Kubeconfig', `cannot read ${path}`, { cause });
  });
  const after = edit(before);
  if (after === before) return path;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.kutter-new`, after, { mode: 0o600 });
  await rename(`${path}.kutter-new`, path);
  return path;
}
