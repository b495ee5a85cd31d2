/** What this machine is and what it uses, from /proc, /sys and /etc. */
import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, hostname, networkInterfaces, release } from 'node:os';
import type { MachineFacts, NodeFacts, NodeUsage } from '../../kubelet/ports.ts';
import { hasSysResource } from '../containerd/environment.ts';
import { hostError } from './errors.ts';

export interface NodeFactsOptions {
  /** The file system with images and pods: its size is the node's storage. */
  readonly directory: string;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
/** Where systemd-resolved keeps the real servers; /etc/resolv.conf then names an address that pods cannot reach. */
const resolvConfPaths = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'] as const;
const nanosPerTick = 10_000_000;

export function linuxNodeFacts({ directory }: NodeFactsOptions): NodeFacts {
  return {
    machine,
    usage: () => usage(directory),
    resolvConf,
    hostsFile: () => readOr('/etc/hosts', ''),
  };
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return otherwise;
  }
}

async function machine(): Promise<MachineFacts> {
  const [machineId, uuid, boot, os, memory, pids, ownAdj, privileged] = await Promise.all([
    readOr('/etc/machine-id', ''),
    readOr('/sys/class/dmi/id/product_uuid', ''),
    readOr('/proc/sys/kernel/random/boot_id', ''),
    readOr('/etc/os-release', ''),
    readOr('/proc/meminfo', ''),
    readOr('/proc/sys/kernel/pid_max', '32768'),
    readOr('/proc/self/oom_score_adj', '0'),
    hasSysResource(),
  ]);
  const machineID = machineId.trim() || hostname();
  return {
    hostname: hostname(),
    machineID,
    systemUUID: uuid.trim() || machineID,
    bootID: boot.trim(),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?/m.exec(os)?.[1] ?? 'Linux',
    operatingSystem: 'linux',
    architecture: architectures[arch()] ?? arch(),
    cpus: availableParallelism(),
    memoryBytes: meminfo(memory, 'MemTotal'),
    swapBytes: meminfo(memory, 'SwapTotal'),
    addresses: await addresses(),
    pidsMax: Number(pids.trim()),
    oomScoreAdjMin: privileged ? -1000 : Number(ownAdj.trim()),
  };
}

function meminfo(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

/** Those of the default route's interface first; never loopback or link-local ones. */
async function addresses(): Promise<string[]> {
  const routes = await readOr('/proc/net/route', '');
  const main = routes
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, destination]) => destination === '00000000')?.[0];
  const found = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list.map((entry) => ({ name, ...entry })),
  );
  const usable = found.filter(
    ({ internal, address }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'),
  );
  usable.sort(
    (a, b) =>
      Number(b.name === main) - Number(a.name === main) || Number(b.family === 'IPv4') - Number(a.family === 'IPv4'),
  );
  return usable.length > 0 ? usable.map(({ address }) => address) : ['127.0.0.1'];
}

async function usage(directory: string): Promise<NodeUsage> {
  try {
    const [memory, stat, load, files] = await Promise.all([
      readFile('/proc/meminfo', 'utf8'),
      readFile('/proc/stat', 'utf8'),
      readFile('/proc/loadavg', 'utf8'),
      statfs(directory),
    ]);
    const [total, available] = [meminfo(memory, 'MemTotal'), meminfo(memory, 'MemAvailable')];
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (stat.split('\n')[0] ?? '')
      .split(/\s+/)
      .map(Number);
    return {
      memoryAvailableBytes: available,
      memoryWorkingSetBytes: total - available,
      memoryRssBytes: meminfo(memory, 'AnonPages'),
      cpuUsageNanos: (user + nice + system + irq + softirq + steal) * nanosPerTick,
      filesystem: {
        capacityBytes: files.blocks * files.bsize,
        availableBytes: files.bavail * files.bsize,
        inodes: files.files,
        inodesFree: files.ffree,
      },
      pids: Number(/\/(\d+) /.exec(load)?.[1] ?? 0),
    };
  } catch (error) {
    throw hostError(error);
  }
}

async function resolvConf(): Promise<string> {
  const [own, behind] = await Promise.all(resolvConfPaths.map((path) => readOr(path, '')));
  const onlyStub = /^nameserver\s+127\.0\.0\.53\s*$/m.test(own ?? '');
  return onlyStub && behind !== '' ? (behind ?? '') : (own ?? '');
}
