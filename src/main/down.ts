/** `kutter down`: ends the cluster's process and takes away all that runs for it. What it knows stays, unless --purge. */
import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostError, silentLog } from '../base/mod.ts';
import type { Invocation } from '../cli/mod.ts';
import { removeContainerd, unmountBelow } from '../host/containerd/mod.ts';
import { IpTool } from '../host/network.ts';
import { NftTool } from '../host/nftables.ts';
import { PodNetwork } from '../network/mod.ts';
import { proxyRemovalScript } from '../proxy/mod.ts';
import { removeContext } from './kubeconfig-file.ts';
import { clusterAddresses } from './networks.ts';
import { podNetworkOptions } from './pod-network.ts';
import { endProcess, runningProcess } from './process-file.ts';
import { removalOptions, runDirectory } from './runtime.ts';
import {
  clusterPaths,
  clustersDirectory,
  dataDirOf,
  readSettings,
  type ClusterPaths,
  type ClusterSettings,
} from './settings.ts';
import { terminalProgress } from './terminal.ts';

const patienceMs = 15_000;

export async function run(invocation: Invocation): Promise<void> {
  const progress = terminalProgress();
  const paths = clusterPaths(dataDirOf(invocation.string('name') ?? '', invocation.string('data-dir')));
  const settings = await readSettings(paths);
  if (settings === undefined) throw new HostError('NotFound', `there is no cluster in ${paths.dataDir}`);
  const purge = invocation.flag('purge');
  progress.say(`Taking down cluster "${settings.name}"`);
  const pid = await runningProcess(paths.pid);
  if (pid !== undefined) await progress.step('Stop the control plane', () => endProcess(paths.pid, pid, patienceMs));
  // Whatever the settings say now: containers may be left from when they said otherwise.
  if (settings.nodes > 0 || existsSync(paths.containerd)) {
    await progress.step('Remove containers', () => removeContainers(settings, paths, purge));
    await progress.step('Remove networks', () => removeNetworks(settings, paths));
    await unmountBelow([paths.kubelet]);
    await rm(`${paths.kubelet}/pods`, { recursive: true, force: true });
  }
  // What all clusters share goes with the last of them.
  await rmdir(dirname(runDirectory(settings))).catch(() => undefined);
  if (!purge) return;
  await removeContext(settings.name, invocation.string('kubeconfig'));
  await rm(paths.dataDir, { recursive: true, force: true });
  await rmdir(clustersDirectory).catch(() => undefined);
}

async function removeContainers(settings: ClusterSettings, paths: ClusterPaths, purge: boolean): Promise<void> {
  if (settings.runtimeEndpoint !== undefined) return;
  await removeContainerd(removalOptions(settings, paths, silentLog, purge));
}

async function removeNetworks(settings: ClusterSettings, paths: ClusterPaths): Promise<void> {
  await new NftTool().run(proxyRemovalScript(settings.name));
  await new PodNetwork(
    { host: new IpTool(), log: silentLog },
    podNetworkOptions(settings, paths, clusterAddresses(settings).firstNodeCidr),
  ).remove();
}
