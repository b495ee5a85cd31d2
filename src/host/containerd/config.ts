/**
 * containerd's configuration: written from scratch at every start, in version 2, which containerd 1.5 to 2.x read. Equal
 * settings give equal text, so that a running containerd is kept exactly when its text is still right.
 */
import type { ContainerdLayout } from './layout.ts';

export interface RegistryMirror {
  /** A registry's host as it stands in image names (`docker.io`, `10.0.0.1:5000`), or `_default` for all others. */
  readonly registry: string;
  /** Asked in this order, before the registry itself. Plain http is accepted. */
  readonly endpoints: readonly string[];
}

export interface ContainerdConfig {
  readonly layout: ContainerdLayout;
  readonly sandboxImage: string;
  readonly snapshotter: 'overlayfs' | 'native';
  readonly cniBinDir: string;
  /** Where the process may not raise oom_score_adj, containers could not be started otherwise. */
  readonly restrictOomScoreAdj: boolean;
  readonly runcPath: string;
}

/** Snapshotters and stores that are never used; each costs time at start. */
const disabledPlugins = [
  'io.containerd.snapshotter.v1.aufs',
  'io.containerd.snapshotter.v1.btrfs',
  'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.zfs',
  'io.containerd.internal.v1.tracing',
  'io.containerd.tracing.processor.v1.otlp',
];

type TomlValue = string | number | boolean | readonly string[];
type TomlSection = Readonly<Record<string, TomlValue>>;

export function containerdConfigText(config: ContainerdConfig): string {
  const { layout } = config;
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const runc = `${cri}.containerd.runtimes.runc`;
  const top: TomlSection = {
    version: 2,
    root: layout.root,
    state: layout.state,
    oom_score: 0,
    disabled_plugins: disabledPlugins,
  };
  const sections: Readonly<Record<string, TomlSection>> = {
    grpc: { address: layout.socket },
    ttrpc: { address: layout.ttrpcSocket },
    'plugins."io.containerd.internal.v1.opt"': { path: `${layout.dataDir}/opt` },
    [cri]: {
      sandbox_image: config.sandboxImage,
      restrict_oom_score_adj: config.restrictOomScoreAdj,
      // So that a network namespace of ours can be told from others by its path.
      netns_mounts_under_state_dir: true,
      stream_server_address: '127.0.0.1',
      stream_server_port: '0',
      enable_unprivileged_ports: true,
      enable_unprivileged_icmp: true,
    },
    [`${cri}.cni`]: { bin_dir: config.cniBinDir, conf_dir: layout.cniConfDir, max_conf_num: 1 },
    [`${cri}.registry`]: { config_path: layout.registryDir },
    [`${cri}.containerd`]: { snapshotter: config.snapshotter, default_runtime_name: 'runc' },
    [runc]: { runtime_type: 'io.containerd.runc.v2' },
    [`${runc}.options`]: { BinaryName: config.runcPath, Root: layout.runcRoot, SystemdCgroup: false },
  };
  const texts = Object.entries(sections).map(([name, section]) => `[${name}]\n${sectionText(section)}`);
  return `# Written by kutter at every start.\n${sectionText(top)}\n${texts.join('\n')}`;
}

/** A mirror's `hosts.toml`. https://github.com/containerd/containerd/blob/main/docs/hosts.md */
export function hostsText(endpoints: readonly string[]): string {
  const hosts = endpoints.map((url) => {
    const section: TomlSection = { capabilities: ['pull', 'resolve'] };
    return `[host.${JSON.stringify(url)}]\n${sectionText(section)}`;
  });
  return hosts.join('\n');
}

/** A registry's folder name: containerd looks for `host_port_`, since `:` is not for file names everywhere. */
export function registryFolder(registry: string): string {
  return registry.replace(/:(\d+)$/, '_$1_');
}

function sectionText(section: TomlSection): string {
  return Object.entries(section)
    .map(([key, value]) => `${key} = ${tomlText(value)}\n`)
    .join('');
}

/** JSON's strings are valid basic strings of TOML. */
function tomlText(value: TomlValue): string {
  return Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]` : JSON.stringify(value);
}
