/**
 * Where our containerd keeps everything: two folders and nothing else, so that what is ours can be told from a host's
 * containerd, Docker or another cluster by its path alone. `dataDir` survives a reboot, `runDir` need not.
 */
import { join } from 'node:path';

export interface ContainerdDirs {
  /** Images, snapshots and metadata. Absolute. */
  readonly dataDir: string;
  /** Sockets, process ids, running containers. Absolute and short: a socket's path has 107 bytes at most. */
  readonly runDir: string;
}

export interface ContainerdLayout extends ContainerdDirs {
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly ttrpcSocket: string;
  readonly endpoint: string;
  readonly pidFile: string;
  readonly configFile: string;
  readonly logFile: string;
  /** hosts.toml files, one folder a registry. */
  readonly registryDir: string;
  /** The runtime reads its network from here; the kubelet's network part writes it. */
  readonly cniConfDir: string;
  readonly runcRoot: string;
}

export function containerdLayout({ dataDir, runDir }: ContainerdDirs): ContainerdLayout {
  const socket = join(runDir, 'containerd.sock');
  return {
    dataDir,
    runDir,
    root: join(dataDir, 'root'),
    state: join(runDir, 'state'),
    socket,
    ttrpcSocket: `${socket}.ttrpc`,
    endpoint: `unix://${socket}`,
    pidFile: join(runDir, 'containerd.pid'),
    configFile: join(dataDir, 'config.toml'),
    logFile: join(dataDir, 'containerd.log'),
    registryDir: join(dataDir, 'registries'),
    cniConfDir: join(dataDir, 'cni'),
    runcRoot: join(runDir, 'runc'),
  };
}
