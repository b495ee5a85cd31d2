/** A machine that is not there, beside the simulated runtime: files in memory, no cgroups, a network of simulated pods. */
import { HostError, type Clock } from '../../base/mod.ts';
import type { FileType, KubeletHost, LogFiles, MachineFacts, NodeFacts, PodFiles, ProbeDialer } from '../ports.ts';
import type { SimulatedRuntime } from './runtime.ts';

export interface SimulatedHostOptions {
  readonly runtime: SimulatedRuntime;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly nodeIP: string;
  readonly cpus?: number;
  readonly memoryBytes?: number;
}

export interface SimulatedHost extends KubeletHost {
  /** The content of a file, for tests. */
  fileText(path: string): string | undefined;
}

export function simulatedHost(options: SimulatedHostOptions): SimulatedHost {
  const contents = new Map<string, string>();
  return {
    files: memoryFiles(contents, options.runtime),
    cgroups: { ensure: async () => undefined, remove: async () => undefined },
    node: nodeFacts(options),
    dialer: dialer(options.runtime),
    logs: logs(options.runtime),
    fileText: (path) => contents.get(path),
  };
}

const directory = '\0directory';

function memoryFiles(contents: Map<string, string>, runtime: SimulatedRuntime): PodFiles {
  const below = (path: string): string[] =>
    [...contents.keys()].filter((key) => key === path || key.startsWith(`${path}/`));
  return {
    makeDirectory: async (path) => void contents.set(path, directory),
    writeFile: async (path, content) => void contents.set(path, content),
    readTail: async (path, bytesMax) => {
      const text = runtime.runAt(path)?.behaviour.terminationMessage ?? contents.get(path);
      return text === undefined ? undefined : new TextEncoder().encode(text).slice(-bytesMax);
    },
    typeOf: async (path): Promise<FileType | undefined> => {
      const content = contents.get(path);
      return content === undefined ? undefined : content === directory ? 'directory' : 'file';
    },
    list: async (path) => [
      ...new Set(below(path).flatMap((key) => (key === path ? [] : [key.slice(path.length + 1).split('/')[0] ?? '']))),
    ],
    usedBytes: async (path) => below(path).reduce((sum, key) => sum + (contents.get(key) ?? '').length, 0),
    writeVolume: async (path, files) => {
      const wanted = new Map(files.map((file) => [`${path}/${file.path}`, new TextDecoder().decode(file.content)]));
      const old = below(path).filter((key) => key !== path);
      const same = old.length === wanted.size && old.every((key) => contents.get(key) === wanted.get(key));
      if (same) return false;
      for (const key of old) contents.delete(key);
      for (const [key, text] of wanted) contents.set(key, text);
      return true;
    },
    shareWithGroup: async () => undefined,
    mountTmpfs: async (path) => void contents.set(path, directory),
    bindSubpath: async (volume, subpath) => {
      if (subpath.split('/').includes('..')) throw new HostError('InvalidPath', `subpath ${subpath} leaves the volume`);
      return `${volume}/${subpath}`;
    },
    removeTree: async (path) => {
      for (const key of below(path)) contents.delete(key);
    },
  };
}

function nodeFacts({ nodeName, nodeIP, cpus = 4, memoryBytes = 16 * 1024 ** 3 }: SimulatedHostOptions): NodeFacts {
  const machine: MachineFacts = {
    hostname: nodeName,
    machineID: nodeName,
    systemUUID: nodeName,
    bootID: nodeName,
    kernelVersion: '6.1.0',
    osImage: 'Simulated Linux',
    operatingSystem: 'linux',
    architecture: 'amd64',
    cpus,
    memoryBytes,
    swapBytes: 0,
    addresses: [nodeIP],
    pidsMax: 32_768,
    oomScoreAdjMin: -1000,
  };
  const bytes = 100 * 1024 ** 3;
  return {
    machine: async () => machine,
    usage: async () => ({
      memoryAvailableBytes: memoryBytes,
      memoryWorkingSetBytes: 0,
      memoryRssBytes: 0,
      cpuUsageNanos: 0,
      filesystem: { capacityBytes: bytes, availableBytes: bytes, inodes: 1_000_000, inodesFree: 1_000_000 },
      pids: 100,
    }),
    resolvConf: async () => 'nameserver 127.0.0.1\n',
    hostsFile: async () => '127.0.0.1\tlocalhost\n',
  };
}

function dialer(runtime: SimulatedRuntime): ProbeDialer {
  const refuse = (host: string, port: number | string): HostError =>
    new HostError('ECONNREFUSED', `dial tcp ${host}:${port}: connect: connection refused`);
  return {
    http: async ({ url }) => {
      const { hostname, port } = new URL(url);
      const found = runtime.answering(hostname);
      if (found === undefined) throw new HostError('ECONNREFUSED', `Get "${url}": ${refuse(hostname, port).message}`);
      return found.ready ? { status: 200, body: 'ok' } : { status: 503, body: '' };
    },
    tcp: async (host, port) => {
      if (runtime.answering(host)?.ready !== true) throw refuse(host, port);
    },
    grpc: async (host) => (runtime.answering(host)?.ready === true ? 'SERVING' : 'NOT_SERVING'),
  };
}

function logs(runtime: SimulatedRuntime): LogFiles {
  const bytesOf = (path: string): Uint8Array | undefined => {
    const run = runtime.runAt(path);
    if (run === undefined) return undefined;
    const { behaviour, status } = run;
    const stamp = new Date(status.startedAtMs).toISOString().replace('Z', '000000Z');
    const lines = behaviour.log.split('\n').filter((line) => line !== '');
    return new TextEncoder().encode(lines.map((line) => `${stamp} stdout F ${line}\n`).join(''));
  };
  return {
    stat: async (path) => {
      const bytes = bytesOf(path);
      return bytes === undefined ? undefined : { sizeBytes: bytes.length, identity: path };
    },
    read: async (path, offset, length) => (bytesOf(path) ?? new Uint8Array()).slice(offset, offset + length),
    list: async () => [],
    rename: async () => undefined,
    remove: async () => undefined,
    watch: () => ({ [Symbol.dispose]: () => undefined }),
  };
}
